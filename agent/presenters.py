"""Who speaks in a video: an avatar's look and a voice, by the name a person gave, or the ones that are usual here."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar, cast

import structlog

from agent.foreign import is_name
from agent.ports import Accounts, Clock
from agent.records import Json, TurnRecord
from agent.tool_calls import Failed, TryAgain
from heygen import Client, NotFound, Page
from heygen.catalogue.avatars import GET_LOOK, LIST_LOOKS
from heygen.catalogue.voices import GET_VOICE, LIST_VOICES
from heygen.records import AvatarLook, Voice

log = structlog.get_logger(__name__)

FRESH_SECONDS = 3_600.0
PAGES = 10
LOOKS_PAGE, VOICES_PAGE = 50, 100
READY = frozenset({None, "completed", "complete"})
ENGINE = "avatar_iv"  # what HeyGen makes where a request names no engine
ALONE = "starfish"  # the engine of the voices that can be had as sound alone
OPTIONS = 8
T = TypeVar("T", AvatarLook, Voice)


@dataclass(frozen=True, slots=True)
class Usual:
    """Who speaks where nobody is named, by ids and by names for people; None where nobody has chosen."""

    avatar_id: str | None = None
    avatar: str | None = None
    voice_id: str | None = None
    voice: str | None = None

    def over(self, other: Usual) -> Usual:
        """This choice, and `other` in what it leaves open. A voice goes with the avatar that it was chosen for."""
        if self.avatar_id is not None:
            return self
        if self.voice_id is None:
            return other
        return Usual(other.avatar_id, other.avatar, self.voice_id, self.voice)

    def fact(self) -> Json:
        """For the model: names alone, and only such as are no sentences."""
        named = {"avatar": self.avatar, "voice": self.voice}
        return {what: name for what, name in named.items() if name is not None and is_name(name)}


class Habits(Protocol):
    """What people have chosen for where nobody is named."""

    async def usual(self, workspace_id: str, user_id: str) -> Usual:
        """Who speaks for a person; their own choice goes before the workspace's."""
        ...


@dataclass(frozen=True, slots=True)
class Presenter:
    """Whom HeyGen is asked for, by ids, and the names for people. Without `voice_id` the avatar's own voice speaks."""

    avatar_id: str
    avatar: str
    voice_id: str | None = None
    voice: str | None = None

    def arguments(self) -> Json:
        """Its part of a video's arguments."""
        found: Json = {"avatar_id": self.avatar_id, "avatar": self.avatar}
        return found if self.voice_id is None else {**found, "voice_id": self.voice_id, "voice": self.voice}


@dataclass(frozen=True, slots=True)
class Speaker:
    """A voice that speaks alone: its id, and the name for people."""

    voice_id: str
    voice: str

    def arguments(self) -> Json:
        """Its part of the arguments of speech."""
        return {"voice_id": self.voice_id, "voice": self.voice}


@dataclass(slots=True)
class Known:
    """What an account offers, and when that was read."""

    at: float
    looks: list[AvatarLook] = field(default_factory=list)
    voices: list[Voice] = field(default_factory=list)
    speakers: list[Voice] | None = None  # the voices that speak without a face; read when somebody wants one


class Presenters(Protocol):
    """Finds who speaks."""

    async def choose(
        self, account_id: str, avatar: str | None, voice: str | None, turn: TurnRecord | None = None
    ) -> Presenter | TryAgain | Failed:
        """The presenter that is meant, for None the usual one of whoever asks; or what is unclear.

        `HeyGenError` passes through.
        """
        ...

    async def speaker(
        self, account_id: str, voice: str | None, turn: TurnRecord | None = None
    ) -> Speaker | TryAgain | Failed:
        """The voice that is meant, of those that speak without a face; the usual one for None. Else as `choose`."""
        ...


class AccountPresenters:
    """`Presenters` from what HeyGen lists, read once an hour. The defaults are ids, None: the first that is usable.

    What somebody has chosen (`habits`) goes before them.
    """

    def __init__(
        self,
        *,
        accounts: Accounts,
        clock: Clock,
        avatar_id: str | None = None,
        voice_id: str | None = None,
        habits: Habits | None = None,
    ) -> None:
        self._habits = habits
        self._accounts = accounts
        self._clock = clock
        self._avatar_id = avatar_id
        self._voice_id = voice_id
        self._known: dict[str, Known] = {}

    async def choose(
        self, account_id: str, avatar: str | None, voice: str | None, turn: TurnRecord | None = None
    ) -> Presenter | TryAgain | Failed:
        """See `Presenters.choose`."""
        client = await self._accounts.client(account_id)
        known = await self._list(account_id, client)
        usual = await self._usual(turn)
        look = await self._look(client, known, avatar, usual)
        if not isinstance(look, AvatarLook):
            return look
        chosen = usual.voice_id if avatar is None else None
        named = avatar is not None or look.id == usual.avatar_id
        spoken = await self._voice(client, known, look, voice, named=named, chosen=chosen)
        if isinstance(spoken, TryAgain):
            return spoken
        if spoken is None:
            return Failed("no_voice", "This HeyGen account has no voice that could speak.", "An admin has to look.")
        return Presenter(look.id, _shown(look.name, "the avatar"), spoken.id, _shown(spoken.name, "its voice"))

    async def speaker(
        self, account_id: str, voice: str | None, turn: TurnRecord | None = None
    ) -> Speaker | TryAgain | Failed:
        """See `Presenters.speaker`."""
        client = await self._accounts.client(account_id)
        known = await self._list(account_id, client)
        if known.speakers is None:
            found = [await _voices(client, whose, engine=ALONE) for whose in ("private", "public")]
            known.speakers = [one for voices in found for one in voices if one.status_word in READY]
        if voice is not None:
            named = _named(voice, known.speakers, "voice")
            return named if isinstance(named, TryAgain) else Speaker(named.id, _shown(named.name, "that voice"))
        if not known.speakers:
            return Failed("no_voice", "This HeyGen account has no voice for sound alone.", "An admin has to look.")
        ids = ((await self._usual(turn)).voice_id, self._voice_id)
        by_id = {one.id: one for one in known.speakers}
        usual = next((by_id[one] for one in ids if one in by_id), known.speakers[0])
        return Speaker(usual.id, _shown(usual.name, "the usual voice"))

    async def known(self, account_id: str) -> Known:
        """What the account can use. `HeyGenError` passes through."""
        return await self._list(account_id, await self._accounts.client(account_id))

    async def _usual(self, turn: TurnRecord | None) -> Usual:
        if self._habits is None or turn is None:
            return Usual()
        return await self._habits.usual(turn.workspace_id, turn.requester)

    async def _look(
        self, client: Client, known: Known, wanted: str | None, usual: Usual
    ) -> AvatarLook | TryAgain | Failed:
        if wanted is not None:
            return _named(wanted, known.looks, "avatar")
        if chosen := next((one for one in known.looks if one.id == usual.avatar_id), None):
            return chosen  # one that is gone is passed over
        if self._avatar_id is not None:
            return await client.call(GET_LOOK, {"look_id": self._avatar_id})
        if not known.looks:
            return Failed("no_avatar", "This HeyGen account has no avatar that could speak.", "An admin has to look.")
        return known.looks[0]

    async def _voice(
        self,
        client: Client,
        known: Known,
        look: AvatarLook,
        wanted: str | None,
        *,
        named: bool,
        chosen: str | None = None,
    ) -> Voice | TryAgain | None:
        """The voice that was asked for; else that of the installation, the avatar's own, or the first there is.

        A person who names an avatar, or has chosen one (`named`), gets the voice that belongs to it, unless they have
        `chosen` another.
        """
        if wanted is not None:
            found = _named(wanted, known.voices, "voice")
            return found
        ids = [look.default_voice_id, self._voice_id] if named else [self._voice_id, look.default_voice_id]
        for voice_id in filter(None, [chosen, *ids]):
            try:
                return await client.call(GET_VOICE, {"voice_id": voice_id})
            except NotFound:
                log.warning("voice_not_found", default=voice_id == self._voice_id)
        return known.voices[0] if known.voices else None

    async def _list(self, account_id: str, client: Client) -> Known:
        """What the account can use, its own before HeyGen's."""
        known = self._known.get(account_id)
        if known is None or known.at < self._clock.now() - FRESH_SECONDS:
            known = Known(self._clock.now())
            for whose in ("private", "public"):
                known.looks += [look for look in await _looks(client, whose) if _usable(look)]
                known.voices += [voice for voice in await _voices(client, whose) if voice.status_word in READY]
            self._known[account_id] = known
        return known


async def _looks(client: Client, whose: str) -> list[AvatarLook]:
    async def page(token: str | None) -> tuple[Sequence[AvatarLook], str | None]:
        answer = await client.call(LIST_LOOKS, _query(LOOKS_PAGE, token, ownership=whose))
        found = cast("Page[AvatarLook]", answer)
        return found.items, found.next_token

    return await _all(page)


async def _voices(client: Client, whose: str, **more: str) -> list[Voice]:
    async def page(token: str | None) -> tuple[Sequence[Voice], str | None]:
        answer = await client.call(LIST_VOICES, _query(VOICES_PAGE, token, type=whose, **more))
        found = cast("Page[Voice]", answer)
        return found.items, found.next_token

    return await _all(page)


async def _all(page: Callable[[str | None], Awaitable[tuple[Sequence[T], str | None]]]) -> list[T]:
    """The items of the first pages: enough to find a name in, and bounded."""
    items, token = await page(None)
    found = list(items)
    for _ in range(PAGES - 1):
        if token is None:
            break
        items, token = await page(token)
        found += items
    return found


def _query(limit: int, token: str | None, **more: str) -> Json:
    return {"limit": limit, **more} if token is None else {"limit": limit, "token": token, **more}


def _usable(look: AvatarLook) -> bool:
    return look.status_word in READY and look.error is None and (not look.engines or ENGINE in look.engines)


def _named(wanted: str, known: Sequence[T], what: str) -> T | TryAgain:
    """The one that is called so: by its whole name or id, else by words that no other has."""
    plain = _plain(wanted)
    whole = [one for one in known if wanted == one.id or _plain(one.name) == plain]
    part = whole or [one for one in known if plain and set(plain.split()) <= set(_plain(one.name).split())]
    if len(part) == 1 or whole:
        return part[0]
    names = list(dict.fromkeys(one.name for one in part or known if is_name(one.name)))[:OPTIONS]
    message = f"Which {what}?" if part else f"There is no {what} called {wanted[:60]!r}."
    return TryAgain(f"{'ambiguous' if part else 'unknown'}_{what}", message, "Ask the person which one.", names)


def _plain(name: str) -> str:
    return " ".join(re.findall(r"\w+", name.casefold()))


def _shown(name: str, otherwise: str) -> str:
    return name if name and is_name(name) else otherwise
