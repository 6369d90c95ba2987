"""Who can speak in a video: avatars with their pictures and voices to listen to, found by words and shown to people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeVar

from pydantic import Field

from agent.foreign import is_name
from agent.ports import Accounts
from agent.presenters import Known
from agent.records import Json
from agent.tool_calls import Outcome, TryAgain, Value
from agent.toolbox import Arguments, CallContext, Effect, ToolSpec
from heygen.records import AvatarLook, Voice

SHOWN = 6
NAMES = "create_video takes them by these names."
POSTED = f"They were posted in the thread. {NAMES}"
Gender = Literal["female", "male"]
T = TypeVar("T", AvatarLook, Voice)


class AvatarArguments(Arguments):
    """Arguments of `find_avatars`."""

    words: str | None = Field(default=None, max_length=100, description="What its name contains; null for any.")
    gender: Gender | None = Field(default=None, description="Null for both.")
    orientation: Literal["portrait", "landscape", "square"] | None = Field(default=None, description="Null for any.")


class VoiceArguments(Arguments):
    """Arguments of `find_voices`."""

    words: str | None = Field(default=None, max_length=100, description="What its name contains; null for any.")
    language: str | None = Field(default=None, max_length=60, description="In English, such as French; null for any.")
    gender: Gender | None = Field(default=None, description="Null for both.")


@dataclass(frozen=True, slots=True)
class Card:
    """One of what was found, for people. `preview`: there is a picture of it or something to listen to."""

    kind: Literal["look", "voice"]
    account_id: str
    id: str
    name: str
    details: tuple[str, ...]
    preview: bool


class Gallery(Protocol):
    """Where pictures and voices are put before people."""

    async def show(self, context: CallContext, title: str, cards: Sequence[Card]) -> None:
        """Post them in the conversation; once for each call."""
        ...


class Offers(Protocol):
    """What an account can use, its own before HeyGen's."""

    async def known(self, account_id: str) -> Known:
        """Its looks and voices. `HeyGenError` passes through."""
        ...


class Casting:
    """The tools that look for who speaks. One per process."""

    def __init__(self, *, accounts: Accounts, offers: Offers, gallery: Gallery) -> None:
        self._accounts = accounts
        self._offers = offers
        self._gallery = gallery

    def tools(self) -> list[ToolSpec]:
        """The tool specifications."""
        return [
            ToolSpec(
                "find_avatars",
                "Look for avatars that can speak in a video. Posts their pictures in the thread.",
                AvatarArguments,
                Effect.READ,
                self.avatars,
                taints=True,
            ),
            ToolSpec(
                "find_voices",
                "Look for voices a video can be spoken in. Posts links to listen to them in the thread.",
                VoiceArguments,
                Effect.READ,
                self.voices,
                taints=True,
            ),
        ]

    async def avatars(self, context: CallContext, arguments: AvatarArguments) -> Outcome:
        """Looks by name, gender and orientation."""
        account_id = await self._accounts.account_id(context.turn.workspace_id)
        found = [
            look
            for look in _called(arguments.words, (await self._offers.known(account_id)).looks)
            if _is(arguments.gender, look.gender) and _is(arguments.orientation, look.orientation)
        ]
        return await self._tell(context, "Avatars", [_look_card(account_id, look) for look in found])

    async def voices(self, context: CallContext, arguments: VoiceArguments) -> Outcome:
        """Voices by name, language and gender."""
        account_id = await self._accounts.account_id(context.turn.workspace_id)
        found = [
            voice
            for voice in _called(arguments.words, (await self._offers.known(account_id)).voices)
            if _is(arguments.gender, voice.gender) and _speaks(arguments.language, voice.language)
        ]
        return await self._tell(context, "Voices", [_voice_card(account_id, voice) for voice in found])

    async def _tell(self, context: CallContext, title: str, cards: Sequence[Card]) -> Outcome:
        if not cards:
            return TryAgain("nothing_found", f"There are no {title.lower()} like that.", "Ask with fewer conditions.")
        shown = cards[:SHOWN]
        watched = context.turn.origin != "mcp"  # a program has no use for pictures in a thread
        if watched:
            await self._gallery.show(context, title, shown)
        told: list[Json] = [{"name": card.name, "is": ", ".join(card.details)} for card in shown]
        more = {"not_shown": len(cards) - len(shown)} if len(cards) > len(shown) else {}
        return Value({title.lower(): told, **more, "note": POSTED if watched else NAMES})


def _called(words: str | None, known: Sequence[T]) -> list[T]:
    """Those with a name that people can be shown and that holds all of `words`."""
    wanted = set((words or "").casefold().split())
    return [one for one in known if is_name(one.name) and one.name and wanted <= set(one.name.casefold().split())]


def _is(wanted: str | None, is_: str | None) -> bool:
    return wanted is None or (is_ or "").casefold() == wanted


def _speaks(wanted: str | None, language: str | None) -> bool:
    return wanted is None or wanted.casefold() in (language or "").casefold()


def _look_card(account_id: str, look: AvatarLook) -> Card:
    details = _plain(look.gender, look.orientation, *look.tags[:2])
    return Card("look", account_id, look.id, look.name, details, look.preview_image_url is not None)


def _voice_card(account_id: str, voice: Voice) -> Card:
    details = _plain(voice.language, voice.gender)
    return Card("voice", account_id, voice.id, voice.name, details, voice.preview_audio_url is not None)


def _plain(*details: str | None) -> tuple[str, ...]:
    return tuple(one for one in details if one and is_name(one))
