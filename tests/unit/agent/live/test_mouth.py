"""Pieces of text become sound in their order, the next one is asked for early, and nothing comes after a stop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from agent.live.errors import VoiceError
from agent.live.mouth import AGAIN_SECONDS, AHEAD, DRY_SECONDS, Mouth
from agent.live.utterance import Source, Utterance
from tests.support.clock import ManualClock

SECOND = b"\x01\x00" * 24_000


class FakeVoice:
    """Each text sounds when it is let (`let`), for a second unless `sounds` says otherwise; `errors` come after it."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.closed: list[str] = []
        self.sounds: dict[str, list[bytes]] = {}
        self.errors: dict[str, list[VoiceError]] = {}
        self._gates: dict[str, asyncio.Event] = {}

    def gate(self, text: str) -> asyncio.Event:
        return self._gates.setdefault(text, asyncio.Event())

    def let(self, *texts: str) -> None:
        for text in texts:
            self.gate(text).set()

    async def speak(self, text: str) -> AsyncGenerator[bytes, None]:
        self.asked.append(text)
        try:
            await self.gate(text).wait()
            errors = self.errors.get(text, [])
            for pcm in self.sounds.get(text, [] if errors else [SECOND]):
                yield pcm
            if errors:
                raise errors.pop(0)
        finally:
            self.closed.append(text)


class FakeSpeech:
    def __init__(self, live: FakeLive, number: int) -> None:
        self.id = f"part-{number}"
        self._live = live

    async def say(self, pcm: bytes) -> bool:
        await self._live.has_room.wait()
        if self._live.silent:
            return False
        self._live.sent.append((self.id, len(pcm)))
        return True


class FakeLive:
    """Takes sound until it is `silent`."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, int]] = []
        self.opened = 0
        self.completed = 0
        self.silent = False
        self.has_room = asyncio.Event()
        self.has_room.set()

    @asynccontextmanager
    async def speech(self) -> AsyncIterator[FakeSpeech]:
        self.opened += 1
        try:
            yield FakeSpeech(self, self.opened)
        finally:
            self.completed += 1


class Told:
    """A `mouth.Told` that notes everything."""

    def __init__(self) -> None:
        self.told: list[tuple[Any, ...]] = []

    def part_begins(self, utterance: Utterance, part_id: str) -> None:
        self.told.append(("part", part_id))

    def sound(self, utterance: Utterance, seconds: float) -> None:
        self.told.append(("sound", seconds))

    def piece_ends(self, utterance: Utterance) -> None:
        self.told.append(("piece",))

    def voiced(self, utterance: Utterance) -> None:
        self.told.append(("voiced",))

    def voice_fails(self, utterance: Utterance, again_in: float | None) -> None:
        self.told.append(("fails", again_in))

    def voice_byte(self, utterance: Utterance) -> None:
        self.told.append(("byte",))

    def count(self, name: str) -> int:
        return sum(one[0] == name for one in self.told)


class World:
    def __init__(self) -> None:
        self.clock = ManualClock()
        self.voice = FakeVoice()
        self.live = FakeLive()
        self.told = Told()
        self.mouth = Mouth(self.voice, self.live, self.told, self.clock)  # type: ignore[arg-type]

    def begin(self, *texts: str, complete: bool = True) -> Utterance:
        utterance = Utterance("line_1", Source.MODEL)
        self.mouth.begin(utterance)
        for text in texts:
            self.mouth.add(text)
        if complete:
            self.mouth.complete()
        return utterance

    async def until(self, met: Callable[[], Any]) -> None:
        async with asyncio.timeout(5):
            while not met():  # noqa: ASYNC110 - everything here is done in a few turns of the loop
                await asyncio.sleep(0)

    async def rest(self) -> None:
        """Let everything happen that can."""
        for _ in range(30):
            await asyncio.sleep(0)


@pytest.fixture
async def world() -> AsyncIterator[World]:
    made = World()
    yield made
    await made.mouth.close()


async def test_pieces_are_handed_over_in_their_order_whichever_sounds_first(world: World) -> None:
    world.begin("one", "two")
    await world.until(lambda: world.voice.asked == ["one"])
    world.voice.sounds = {"one": [SECOND, SECOND[:1000]], "two": [SECOND[:500]]}
    world.voice.let("two", "one")
    await world.until(lambda: world.told.count("voiced"))
    assert [size for _, size in world.live.sent] == [48_000, 1_000, 500]
    assert world.told.told == [
        *[("byte",), ("part", "part-1"), ("sound", 1.0), ("sound", 1_000 / 48_000), ("piece",)],
        *[("sound", 500 / 48_000), ("piece",), ("voiced",)],
    ]
    assert (world.live.opened, world.live.completed) == (1, 1)


async def test_the_next_piece_is_asked_for_when_the_one_before_has_begun_to_sound(world: World) -> None:
    world.begin("one", "two", "three")
    await world.rest()
    assert world.voice.asked == ["one"]
    world.voice.let("one")
    await world.until(lambda: len(world.voice.asked) == 2)
    await world.rest()
    assert world.voice.asked == ["one", "two"]


async def test_only_so_many_pieces_are_voiced_ahead(world: World) -> None:
    texts = [f"piece {number}" for number in range(8)]
    going_on = asyncio.Event()

    world.live.has_room = going_on
    world.voice.let(*texts)
    world.begin(*texts)
    await world.rest()
    assert len(world.voice.asked) == 1 + AHEAD
    going_on.set()
    await world.until(lambda: world.told.count("voiced"))
    assert world.voice.asked == texts


async def test_after_a_stop_not_a_byte_more(world: World) -> None:
    world.voice.sounds = {"one": [SECOND] * 3}
    world.begin("one", "two", "three")
    world.voice.let("one")
    await world.until(lambda: len(world.voice.asked) >= 2)
    world.mouth.stop()
    sent = len(world.live.sent)
    world.voice.let("two", "three")
    await world.mouth.close()
    assert len(world.live.sent) == sent
    assert sorted(world.voice.closed) == sorted(world.voice.asked)
    assert world.told.count("voiced") == 0
    assert world.live.completed == world.live.opened


async def test_a_new_utterance_puts_an_end_to_the_old_one(world: World) -> None:
    world.begin("old")
    await world.rest()
    world.begin("new")
    world.voice.let("old", "new")
    await world.until(lambda: world.told.count("voiced"))
    assert world.told.count("byte") == 1
    assert world.voice.closed == ["old", "new"]


async def test_what_nobody_hears_any_more_is_not_voiced_to_its_end(world: World) -> None:
    world.voice.sounds = {"one": [SECOND] * 3}
    world.begin("one", "two", "three")
    world.live.silent = True
    world.voice.let("one")
    await world.until(lambda: len(world.voice.closed) == len(world.voice.asked) > 0)
    await world.rest()
    assert world.live.sent == []
    assert world.told.count("voiced") == 0
    assert world.live.completed == 1


async def test_an_utterance_that_runs_dry_is_closed_and_goes_on_as_another_one(world: World) -> None:
    world.voice.let("one", "two")
    world.begin("one", complete=False)
    await world.until(lambda: world.told.count("piece"))
    await world.rest()
    world.clock.advance(1.0 + DRY_SECONDS - 0.01)
    await world.rest()
    assert world.live.completed == 0
    world.clock.advance(0.02)
    await world.until(lambda: world.live.completed)
    world.mouth.add("two")
    world.mouth.complete()
    await world.until(lambda: world.told.count("voiced"))
    assert [part for part, _ in world.live.sent] == ["part-1", "part-2"]


async def test_an_utterance_without_a_word_makes_no_sound(world: World) -> None:
    world.begin()
    await world.until(lambda: world.told.count("voiced"))
    assert world.live.opened == 0


# -- when the voice fails -------------------------------------------------------------------------------------------


def failure(code: str = "server", *, retryable: bool = True) -> VoiceError:
    return VoiceError(code, retryable=retryable, status=500)


async def test_a_failure_that_passes_is_not_noticed(world: World) -> None:
    world.voice.errors = {"one": [failure()]}
    world.voice.let("one")
    world.begin("one")
    await world.until(lambda: len(world.voice.asked) == 2)
    await world.until(lambda: world.told.count("voiced"))
    assert world.told.count("fails") == 0
    assert world.live.sent == [("part-1", 48_000)]


@pytest.mark.parametrize(
    ("errors", "again", "tries"),
    [
        ([failure(), failure()], AGAIN_SECONDS, 2),
        ([failure("unauthorized", retryable=False)], None, 1),
    ],
)
async def test_a_failure_that_stays_is_told_after_what_sounded(
    world: World, errors: list[VoiceError], again: float | None, tries: int
) -> None:
    world.voice.errors = {"two": errors}
    world.voice.let("one", "two")
    world.begin("one", "two", "three")
    await world.until(lambda: world.told.count("fails"))
    assert world.told.told[-2:] == [("piece",), ("fails", again)]
    assert world.voice.asked.count("two") == tries
    assert world.live.sent == [("part-1", 48_000)]
    assert world.live.completed == 1


async def test_what_sounded_in_part_is_not_said_again(world: World) -> None:
    world.voice.sounds = {"one": [SECOND]}
    world.voice.errors = {"one": [failure()]}
    world.voice.let("one")
    world.begin("one")
    await world.until(lambda: world.told.count("fails"))
    assert world.voice.asked == ["one"]
    assert world.live.sent == [("part-1", 48_000)]


@pytest.mark.parametrize("code", ["mismatch", "too_long", "cut"])
async def test_a_piece_that_cannot_be_said_does_not_take_the_voice_away(world: World, code: str) -> None:
    world.voice.errors = {"one": [failure(code, retryable=False)]}
    world.voice.let("one", "two")
    world.begin("one", "two")
    await world.until(lambda: world.told.count("voiced"))
    assert world.told.count("fails") == 0
    assert world.live.sent == [("part-1", 48_000)]


async def test_a_fault_of_ours_is_told_as_a_voice_that_is_gone(world: World) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    world.told.sound = broken  # type: ignore[method-assign, assignment]
    world.voice.let("one")
    world.begin("one")
    await world.until(lambda: world.told.count("fails"))
    assert world.told.told[-1] == ("fails", None)
