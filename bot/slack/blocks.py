"""What every post is made of: plain text with blocks, within Slack's limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from slack_sdk.models.blocks import Block, ContextBlock, ImageElement, MarkdownTextObject, SectionBlock

from agent.records import Json
from bot.slack.lines import Line, budgeted

TITLE_LIMIT = 150
SECTION_LIMIT = 2900
TEXT_LIMIT = 3500  # `chat.update` refuses a text of more than 4,000 characters


@dataclass(frozen=True, slots=True)
class Post:
    """A message: what notifications and screen readers get, and the blocks.

    `markdown` is what to send where Slack takes no blocks and the text would be too short.
    """

    text: str
    blocks: list[Json]
    markdown: str | None = None


def post(text: str, blocks: Sequence[Block]) -> Post:
    """A post of `blocks`; `text` is cut to what Slack takes."""
    return Post(text=fallback(text), blocks=[block.to_dict() for block in blocks])


def section(text: str) -> Block:
    """A paragraph of mrkdwn."""
    return SectionBlock(text=MarkdownTextObject(text=text))


def pictured(text: str, picture: str, alt: str) -> Block:
    """A paragraph of mrkdwn with a picture beside it; `picture` is its address."""
    image: Any = ImageElement(image_url=picture, alt_text=alt)
    return SectionBlock(text=MarkdownTextObject(text=text), accessory=image)


def without_pictures(post: Post) -> Post | None:
    """The same without the pictures, for where Slack cannot fetch one; None where there are none."""
    bare = [{key: value for key, value in block.items() if not _is_picture(key, value)} for block in post.blocks]
    return None if bare == post.blocks else replace(post, blocks=bare)


def _is_picture(key: str, value: Any) -> bool:
    return key == "accessory" and isinstance(value, dict) and value.get("type") == "image"


def sections(lines: Sequence[Line]) -> list[Block]:
    """Lines in as few paragraphs as Slack allows; what does not fit is folded."""
    return [section(text) for text in budgeted(lines, SECTION_LIMIT)]


def context(text: str) -> Block:
    """A small grey line."""
    return ContextBlock(elements=[MarkdownTextObject(text=text)])


def fallback(text: str) -> str:
    """`text` as the plain text of a message."""
    return text if len(text) <= TEXT_LIMIT else text[: TEXT_LIMIT - 1] + "…"
