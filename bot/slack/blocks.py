"""What every post is made of: plain text with blocks, within Slack's limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from slack_sdk.models.blocks import Block, ContextBlock, MarkdownTextObject, SectionBlock

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


def sections(lines: Sequence[Line]) -> list[Block]:
    """Lines in as few paragraphs as Slack allows; what does not fit is folded."""
    return [section(text) for text in budgeted(lines, SECTION_LIMIT)]


def context(text: str) -> Block:
    """A small grey line."""
    return ContextBlock(elements=[MarkdownTextObject(text=text)])


def fallback(text: str) -> str:
    """`text` as the plain text of a message."""
    return text if len(text) <= TEXT_LIMIT else text[: TEXT_LIMIT - 1] + "…"
