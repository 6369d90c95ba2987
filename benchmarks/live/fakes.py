"""The providers that all systems share: OpenAI with fixed delays and the emulated LiveAvatar, on one clock."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from benchmarks.live.fixed import Delays, FixedOpenAI
from emulators.liveavatar import LiveAvatarEmulator, Session

LOOK_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened at a provider, in unix seconds; marks of one call have its number."""

    at: float
    kind: str
    call: int = 0


class Avatar(LiveAvatarEmulator):
    """The emulated LiveAvatar; its answer names an agent's token too, without which Pipecat's client gives up."""

    def addresses(self, session: Session) -> dict[str, Any]:
        """See `LiveAvatarEmulator.addresses`."""
        return super().addresses(session) | {"livekit_agent_token": session.viewer_token}


class Fakes:
    """Both providers, and what has happened at them since `forget`."""

    def __init__(self, delays: Delays, answer: Callable[[str], str]) -> None:
        self.openai = FixedOpenAI(delays, self._note, answer)
        self.avatar = Avatar(cap=3, credits=10_000.0)
        self._marks: list[Mark] = []

    async def start(self) -> None:
        """Listen."""
        await self.openai.start()
        await self.avatar.start()

    async def stop(self) -> None:
        """Stop listening."""
        await self.avatar.stop()
        await self.openai.stop()

    def forget(self) -> None:
        """Begin a new round."""
        self._marks.clear()
        self.avatar.reset()
        self.openai.reset()

    def marks(self) -> list[Mark]:
        """Everything, in order of time; commands to the avatar under their own names, its events after `avatar:`."""
        return sorted([*self._marks, *self._frames()], key=lambda mark: mark.at)

    async def first(self, kind: str, after: float, seconds: float = 10.0) -> Mark | None:
        """The first thing of this kind after a moment; None when it does not come in time."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while True:
                    found = next((mark for mark in self.marks() if mark.kind == kind and mark.at >= after), None)
                    if found:
                        return found
                    await asyncio.sleep(LOOK_SECONDS)
        return None

    async def quiet(self, seconds: float, limit: float = 20.0) -> bool:
        """Wait until the avatar has not been talking for so long; False when it does not stop."""
        with suppress(TimeoutError):
            async with asyncio.timeout(limit):
                since = time.time()
                while time.time() - since < seconds:
                    if self._talking():
                        since = time.time()
                    await asyncio.sleep(LOOK_SECONDS)
                return True
        return False

    def _talking(self) -> bool:
        poses = [mark.kind for mark in self._frames() if mark.kind.startswith("avatar:pose")]
        return bool(poses) and poses[-1].endswith("talking")

    def _frames(self) -> Iterator[Mark]:
        for session in self.avatar.state.sessions.values():
            for frame in session.frames:
                if frame.direction == "in":
                    yield Mark(frame.at, frame.type)
                elif frame.type == "agent.state_updated":
                    yield Mark(frame.at, f"avatar:pose {frame.content.get('new_state')}")
                else:
                    yield Mark(frame.at, f"avatar:{frame.type}")

    def _note(self, kind: str, call: int) -> None:
        self._marks.append(Mark(time.time(), kind, call))
