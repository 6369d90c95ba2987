"""Ears for one person: opened when there is sound, again when they fail, and given up in the end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from agent.live.ears import Ears, Final, Heard, SpeechStarted
from agent.live.errors import EarsError
from agent.live.listener import LONGEST_FRAME, WAITS, Listening
from agent.live.listening import Outlet
from tests.support.clock import ManualClock

LOST = EarsError("server", retryable=True)
GONE = EarsError("unauthorized", retryable=False)


class FakeEars:
    """Hears what is put into its outlet."""

    def __init__(self) -> None:
        self.outlet = Outlet()
        self.fed: list[bytes] = []
        self.closed = False

    async def feed(self, pcm: bytes) -> None:
        self.fed.append(pcm)

    def heard(self) -> AsyncIterator[Heard]:
        return self.outlet.read()

    async def close(self) -> None:
        self.closed = True
        self.outlet.close()


class World:
    """Makes ears, each time what is next in `opens`; notes what is told."""

    def __init__(self, *opens: EarsError | None) -> None:
        self.clock = ManualClock()
        self.opens = list(opens)
        self.ears: list[FakeEars] = []
        self.told: list[Any] = []
        self.asked: list[tuple[str | None, str]] = []
        self.listening = Listening(self, self, self.clock, language="de", person="hash")

    async def open(self, *, language: str | None, person: str) -> Ears:
        self.asked.append((language, person))
        error = self.opens.pop(0) if self.opens else None
        if error is not None:
            raise error
        self.ears.append(FakeEars())
        return self.ears[-1]

    def heard(self, heard: Heard) -> None:
        self.told.append(heard)

    def not_heard(self) -> None:
        self.told.append("not heard")

    def ears_up(self) -> None:
        self.told.append("up")

    def ears_down(self) -> None:
        self.told.append("down")

    async def wait(self, seconds: float = 0.0) -> None:
        for step in (0.0, seconds):
            self.clock.advance(step)
            for _ in range(10):
                await asyncio.sleep(0)

    async def put(self, *heard: Heard | EarsError) -> None:
        for one in heard:
            self.ears[-1].outlet.put(one)
        await self.wait()


async def made(*opens: EarsError | None) -> World:
    world = World(*opens)
    await world.listening.feed(bytes(960))
    await world.wait()
    return world


async def test_they_are_opened_by_the_first_sound_and_once() -> None:
    world = World()
    await world.wait()
    assert world.asked == []
    await world.listening.feed(bytes(960))
    await world.wait()
    await world.listening.feed(bytes(960))
    assert world.asked == [("de", "hash")]
    assert world.ears[0].fed == [bytes(960)]
    await world.listening.close()
    assert world.ears[0].closed


@pytest.mark.parametrize(
    ("frame", "fed"),
    [(b"", []), (b"\x01", []), (b"\x01\x02\x03", [b"\x01\x02"]), (bytes(LONGEST_FRAME + 2), [])],
)
async def test_only_whole_samples_of_a_proper_frame_are_heard(frame: bytes, fed: list[bytes]) -> None:
    world = await made()
    await world.listening.feed(frame)
    assert world.ears[0].fed == fed
    await world.listening.close()


async def test_what_is_heard_is_handed_on_and_what_is_lost_is_said() -> None:
    world = await made()
    await world.put(SpeechStarted(1.0), LOST, Final("Hello.", 2))
    assert world.told == ["up", SpeechStarted(1.0), "not heard", Final("Hello.", 2)]
    await world.listening.close()


async def test_two_losses_in_a_row_are_ears_that_are_down_until_something_is_made_out() -> None:
    world = await made()
    await world.put(LOST)
    await world.put(LOST)
    await world.put(LOST)
    await world.put(Final("Hello.", 4))
    assert world.told == ["up", "not heard", "down", "up", Final("Hello.", 4)]
    await world.listening.close()


async def test_ears_at_their_end_are_opened_again_after_a_while() -> None:
    world = await made()
    await world.put(GONE)
    assert world.told == ["up", "down"]
    assert world.ears[0].closed
    await world.wait(WAITS[1])
    assert world.told == ["up", "down", "up"]
    await world.listening.close()


async def test_ears_that_never_open_are_given_up() -> None:
    world = await made(*[LOST] * 10)
    for wait in WAITS:
        await world.wait(wait)
    await world.wait(1_000.0)
    assert len(world.asked) == len(WAITS)
    assert set(world.told) == {"down"}
    await world.listening.feed(bytes(960))
    await world.listening.close()


async def test_ears_that_may_not_be_opened_are_not_tried_again() -> None:
    world = await made(GONE)
    await world.wait(1_000.0)
    assert (len(world.asked), world.told) == (1, ["down"])
    await world.listening.close()


async def test_closing_what_was_never_opened() -> None:
    await World().listening.close()
