"""Files that come without a word: what can be done with each, and the tool that asks."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from pydantic import Field

from agent.foreign import harmless
from agent.request import OFFER
from agent.tool_calls import ADDED, Failed, Outcome, Value
from agent.toolbox import Arguments, CallContext, Effect, ToolSpec

NAME_LIMIT = 80
PRESS = "Press a button above, or say in words what I shall do with it."
SUBTITLES = (
    "These are subtitles: attach them again and say *finish J1*, with the handle of the proofread they belong to."
)
UNUSABLE = Failed(
    "unusable_file",
    "I can't do anything with this kind of file.",
    "I work with videos (MP4, WebM), recordings, pictures (PNG, JPEG), lists (CSV) and subtitles (SRT).",
)


class Deed(enum.StrEnum):
    """What can be done with a file."""

    TRANSLATE = "translate"
    SPEAK = "speak"
    VIDEOS = "videos"
    UPLOAD = "upload"


class AttachedFile(Arguments):
    """A file of this thread."""

    handle: str = Field(description="Its handle, such as F1.")
    name: str = Field(description="What it is called.")
    type: str = Field(description="Its media type, such as video/mp4.")


class OfferArguments(Arguments):
    """Arguments of `offer_for_files`."""

    files: list[AttachedFile] = Field(description="The files that were attached.", min_length=1, max_length=20)


@dataclass(frozen=True, slots=True)
class Offered:
    """A file, and what can be done with it."""

    handle: str
    name: str
    deeds: tuple[Deed, ...]


class Offers(Protocol):
    """Where people are asked."""

    async def ask(self, context: CallContext, files: Sequence[Offered]) -> None:
        """Post a button for each deed in the conversation; once for each call."""
        ...


class Offering:
    """The tool. One per process."""

    def __init__(self, *, offers: Offers) -> None:
        self._offers = offers

    def tools(self) -> list[ToolSpec]:
        """The tool specifications."""
        return [
            ToolSpec(
                OFFER,
                "Post buttons for what can be done with files that somebody has attached without saying what for.",
                OfferArguments,
                Effect.READ,
                self.offer,
            )
        ]

    async def offer(self, context: CallContext, arguments: OfferArguments) -> Outcome:
        """Ask by buttons where there is something to choose from."""
        files = [
            Offered(file.handle, harmless(file.name, NAME_LIMIT), deeds(file.type, file.name))
            for file in arguments.files
        ]
        usable = [file for file in files if file.deeds]
        if usable:
            await self._offers.ask(context, usable)
            return Value({ADDED: PRESS})
        return Value({ADDED: SUBTITLES}) if any(map(_is_srt, arguments.files)) else UNUSABLE


def deeds(media_type: str, name: str) -> tuple[Deed, ...]:
    """What can be done with a file of this type; nothing where that takes words, or where we know nothing.

    A voice clip of Slack's is sound, whatever it is wrapped in.
    """
    ending = name.lower().rpartition(".")[2]
    if media_type.startswith("audio/") or name.startswith("audio_message"):
        return (Deed.SPEAK, Deed.UPLOAD)
    if media_type.startswith("video/"):
        return (Deed.TRANSLATE, Deed.UPLOAD)
    if media_type.startswith("image/"):
        return (Deed.UPLOAD,)
    return (Deed.VIDEOS,) if media_type == "text/csv" or ending in ("csv", "tsv") else ()


def _is_srt(file: AttachedFile) -> bool:
    return file.name.lower().endswith(".srt")
