"""The lists of avatars and voices in a dialog, and what is shown of the one that was picked. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from slack_sdk.models.blocks import Block, ImageBlock, Option, PlainTextObject

from agent.foreign import is_name
from agent.records import Json
from bot.slack.blocks import context
from bot.slack.catalogue_posts import PreviewLink
from bot.slack.text import safe
from heygen.records import AvatarLook, Voice

MOST = 100  # options that Slack takes
TEXT_LIMIT = 75
VALUE_LIMIT = 150
NAME_LIMIT = 60
AVATAR, VOICE = "pick_avatar", "pick_voice"
Offer = TypeVar("Offer", AvatarLook, Voice)


def options(known: Sequence[Offer], query: str) -> list[Json]:
    """Those whose name, gender or language holds each word of what was typed, in the account's order."""
    words = query.casefold().split()
    fitting = [one for one in known if _can_be_shown(one) and all(word in _told(one).casefold() for word in words)]
    return [_option(one) for one in fitting[:MOST]]


def picked(known: Sequence[Offer], value: str | None) -> Offer | None:
    """What an option stands for."""
    return next((one for one in known if value and one.id == value), None)


def called(known: Sequence[Offer], one: Offer) -> str:
    """By what a tool finds it: its name where that means no other, for models see what tools are asked for."""
    same = [other for other in known if other.name.casefold() == one.name.casefold()]
    return one.name if same[:1] == [one] else one.id


def preview(account_id: str, look: AvatarLook | None, voice: Voice | None, link: PreviewLink) -> list[Block]:
    """A picture of the avatar and a link to hear the voice, as far as there are some and we have an address."""
    blocks: list[Block] = []
    if look is not None and look.preview_image_url and (picture := link("look", account_id, look.id)):
        blocks.append(ImageBlock(image_url=picture, alt_text=look.name[:NAME_LIMIT] or "The avatar"))
    if voice is not None and voice.preview_audio_url and (sound := link("voice", account_id, voice.id)):
        blocks.append(context(f"<{sound}|Listen to {safe(voice.name, NAME_LIMIT)}>"))
    return blocks


def _can_be_shown(one: AvatarLook | Voice) -> bool:
    return bool(one.name) and is_name(one.name) and len(one.id) <= VALUE_LIMIT


def _told(one: AvatarLook | Voice) -> str:
    more = [one.gender, one.language] if isinstance(one, Voice) else [one.gender, one.orientation]
    return " · ".join([one.name, *filter(None, more)])


def _option(one: AvatarLook | Voice) -> Json:
    text = _told(one)
    shown = text if len(text) <= TEXT_LIMIT else text[: TEXT_LIMIT - 1] + "…"
    return Option(value=one.id, text=PlainTextObject(text=shown, emoji=False)).to_dict("block")
