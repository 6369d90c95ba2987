"""What live sessions need from the edge: rows, the account, the viewer's browser. And what the edge asks of them.

Every store method is one transaction. A method that takes a lease raises `LeaseLost` when the session is somebody
else's by now: its caller then stops without another effect and leaves LiveAvatar's session alone.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

from agent.live.records import (
    LineState,
    LiveAccess,
    LiveCommand,
    LiveEnd,
    LiveLine,
    LiveSession,
    LiveState,
    Manner,
    Speaker,
)
from agent.records import Lease
from heygen.live import LiveClient


class LiveStore(Protocol):
    """The rows of live sessions, as far as the process that owns one needs them."""

    async def session(self, session_id: str) -> LiveSession:
        """One session; `KeyError` when there is none."""
        ...

    async def join(self, session_id: str, user_id: str) -> tuple[Lease, LiveSession, LiveAccess | None] | None:
        """A viewer is here: `OFFERED` becomes `JOINED`, a running session is taken over from whoever has it.

        The lease's epoch rises either way. None when it cannot be joined any more (or not by this person). The access
        is there when it has been started.
        """
        ...

    async def starting(self, lease: Lease, provider_session_id: str) -> LiveSession:
        """LiveAvatar has made the session and it is started next: `STARTING`, the most it may cost is set aside.

        `OverCap` when a cap has no room for it.
        """
        ...

    async def live(self, lease: Lease, access: LiveAccess, *, usable_seconds: float) -> LiveSession:
        """It runs: `LIVE`, billed since `starting`, to end after `usable_seconds` of running at the latest."""
        ...

    async def set_mode(self, lease: Lease, state: LiveState, *, taken_by: str | None, muted: bool) -> LiveSession:
        """`LIVE` or `HUMAN_TAKEOVER`, by whom, and whether the avatar is muted; the card shows it."""
        ...

    async def viewer_left(self, lease: Lease) -> LiveSession:
        """Nobody is on the page any more; `JOINED` becomes `OFFERED` again."""
        ...

    async def hand_over(self, lease: Lease) -> None:
        """Nobody holds it any more, and it goes on: whoever has the page next takes it."""
        ...

    async def add_lines(self, lease: Lease, lines: Sequence[NewLine]) -> list[LiveLine]:
        """Append to the transcript and queue what of it the thread is to be told, in one post."""
        ...

    async def transcript(self, session_id: str) -> list[LiveLine]:
        """All lines in order."""
        ...

    async def commands(self, lease: Lease) -> list[LiveCommand]:
        """What waits to be done, oldest first."""
        ...

    async def command_done(self, lease: Lease, command: LiveCommand, *, reaction: str | None = None) -> None:
        """A command needs nothing more; `reaction` (an emoji's name) is put on the message it came with."""
        ...

    async def closing(self, lease: Lease, end: LiveEnd, *, ended_by: str | None = None) -> LiveSession:
        """It is over for people: `CLOSING`, unless it already was; nothing started yet means `ENDED` at once."""
        ...

    async def stopped(self, lease: Lease, *, credits: Decimal | None, seconds: float | None) -> LiveSession:
        """LiveAvatar has confirmed the end: `ENDED`, what was set aside becomes what it cost; closing and file queued.

        `seconds` is LiveAvatar's own count, None where it does not tell. The lease is released.
        """
        ...

    async def summarised(self, session_id: str, summary: str) -> None:
        """A summary was made; the thread is told."""
        ...

    async def orphans(self, limit: int) -> list[tuple[Lease, LiveSession]]:
        """Claim sessions that cost money, or wait for their stop to be confirmed, and have no living owner."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLine:
    """A line to append; `at` in unix seconds."""

    at: float
    speaker: Speaker
    manner: Manner
    text: str
    state: LineState = LineState.SAID
    actor: str | None = None


class LiveAccounts(Protocol):
    """How to talk to the LiveAvatar account of a session. Credentials never leave the edge."""

    async def client(self, account_id: str) -> LiveClient:
        """A client that acts for the account."""
        ...


class HumanCalls(Protocol):
    """Calls a teammate into a running session."""

    async def call(self, session: LiveSession, reason: str) -> bool:
        """Ask in the thread that somebody takes over; `reason` is the model's. False when it was asked just before."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello:
    """What the viewer's page says first. Without `consent` nothing is started. `language`: ISO 639-1, None unknown."""

    consent: bool
    microphone: bool
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Sound:
    """From the microphone: s16le, 24 kHz, one channel, whole samples."""

    pcm: bytes


@dataclass(frozen=True, slots=True)
class Typed:
    """Written into the page's text box."""

    text: str


@dataclass(frozen=True, slots=True)
class RoomReady:
    """The page has joined the room and plays it."""


@dataclass(frozen=True, slots=True)
class Muted:
    """The person has switched the microphone off or on."""

    muted: bool


@dataclass(frozen=True, slots=True)
class EndPressed:
    """The person has pressed End."""


ViewerInput = Sound | Typed | RoomReady | Muted | EndPressed


class Viewer(Protocol):
    """One person's page, connected. Its websocket's JSON is in docs/lifecycle-live.md."""

    @property
    def user_id(self) -> str:
        """Who it is: the pass says so."""
        ...

    def show(self, message: dict[str, Any]) -> None:
        """Have the page show something. Never waits: a page that reads too slowly loses its connection instead."""
        ...

    def inputs(self) -> AsyncIterator[ViewerInput]:
        """What the person does, until the page goes away. For one reader; sound that is not read in time is dropped."""
        ...

    async def close(self, code: int, reason: str) -> None:
        """Close the page's connection, within a bound; the codes are in docs/lifecycle-live.md."""
        ...


class LiveDesk(Protocol):
    """What the edge asks of live sessions. One per process."""

    async def attend(self, session_id: str, viewer: Viewer, hello: Hello) -> None:
        """Serve a viewer until the page goes away or the session ends; raises nothing but cancellation."""
        ...

    async def run_due(self) -> int:
        """Do what waits for this process: commands of the sessions it owns, takeovers by others, orphans to stop."""
        ...

    async def drain(self, seconds: float, *, hand_over: bool = False) -> None:
        """The process stops: let sessions end within the bound, then end them with a word.

        With `hand_over` those whose page is there are left to the process that the page comes to next.
        """
        ...
