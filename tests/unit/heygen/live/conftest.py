"""A channel on a table, its clock a number and its frames collected; and a real server for the shell around it."""

from __future__ import annotations

import base64
import itertools
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from heygen.live import Channel, LiveConnection, Ready, Speaking, Spoken

from .station import Station, WatchedClock, connection


class Desk:
    """Drives a `Channel` as its shell would, and reads what came out."""

    def __init__(self) -> None:
        numbers = itertools.count(1)
        self.channel = Channel(lambda: f"id-{next(numbers)}")
        self.now = 1_000.0
        self.sent: list[dict[str, Any]] = []
        self.happened: list[Any] = []

    def pump(self) -> list[dict[str, Any]]:
        """Everything that may leave now."""
        out = []
        while (frame := self.channel.next_frame(self.now)) is not None:
            out.append(json.loads(frame))
        self.sent += out
        self.happened += self.channel.take_happenings()
        return out

    def run(self, seconds: float) -> list[dict[str, Any]]:
        """Let time pass, stopping whenever the channel has something to do."""
        end = self.now + seconds
        out = self.pump()
        while (due := self.channel.next_due(self.now)) is not None and due <= end:
            assert due > self.now or self.channel.next_frame(self.now) is None, "due, yet nothing to do"
            self.now = max(self.now, due)
            out += self.pump()
        self.now = end
        return out + self.pump()

    def hear(self, name: str, **fields: Any) -> None:
        self.channel.receive(json.dumps({"type": name, **fields}), self.now)
        self.happened += self.channel.take_happenings()

    def connect(self) -> None:
        self.hear("session.state_updated", state="connected")

    def say(self, seconds: float, *, complete: bool = True) -> str:
        """Begin an utterance of so many seconds."""
        utterance = self.channel.begin(self.now)
        self.channel.add(utterance, pcm(seconds), self.now)
        if complete:
            self.channel.complete(utterance)
        return utterance

    @property
    def endings(self) -> list[Spoken]:
        return [one for one in self.happened if isinstance(one, Spoken)]

    @property
    def beginnings(self) -> list[str]:
        return [one.utterance_id for one in self.happened if isinstance(one, Speaking)]


def pcm(seconds: float) -> bytes:
    return b"\x01\x02" * round(seconds * 24_000)


def seconds_in(frames: list[dict[str, Any]]) -> float:
    return sum(len(base64.b64decode(frame["audio"])) for frame in frames if "audio" in frame) / 48_000


@pytest.fixture
def desk() -> Desk:
    """A connected one."""
    made = Desk()
    made.connect()
    made.happened.clear()
    return made


@pytest.fixture
async def station() -> AsyncIterator[Station]:
    async with Station().running() as running:
        yield running


@pytest.fixture
def clock() -> WatchedClock:
    return WatchedClock()


@pytest.fixture
async def live(station: Station, clock: WatchedClock) -> AsyncIterator[LiveConnection]:
    """An open connection whose first word has been read."""
    async with connection(station, clock) as opened:
        assert await anext(opened) == Ready(again=False)
        yield opened
