"""Our client of LiveAvatar against the stand-in for its servers, which shares no code with it."""

from __future__ import annotations

import asyncio
import itertools
import ssl
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx2
import pytest

from emulators.liveavatar import DIALECTS, LiveAvatarEmulator
from emulators.liveavatar.catalogue import ALEX
from heygen import InsufficientCredit, NotFound, UnexpectedReply
from heygen.live import (
    Ended,
    EndReason,
    LiveClient,
    LiveConnection,
    Outcome,
    Ready,
    SessionLimitReached,
    SessionOptions,
    Speaking,
    Spoken,
    StartedSession,
    live_transport,
)
from tests.support.clock import ManualClock

OPTIONS = SessionOptions(avatar_id=ALEX, max_seconds=600)
# Loopback needs no certificates; loading them would be most of a test's time.
NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
STEP = 0.1
dialects = pytest.mark.parametrize("dialect", sorted(DIALECTS))


class World:
    """The emulator, our client, and one clock for both."""

    def __init__(self, emulator: LiveAvatarEmulator, live: LiveClient) -> None:
        self.emulator = emulator
        self.live = live
        self.clock = ManualClock()
        self.happened: list[Any] = []

    async def until(self, met: Callable[[], bool], step: float = STEP) -> None:
        """Let time pass for both sides until `met()`."""
        async with asyncio.timeout(10):
            while not met():
                self.emulator.advance(step)
                self.clock.advance(step)
                await asyncio.sleep(0.002)

    async def while_still(self, met: Callable[[], bool]) -> None:
        """Wait until `met()` on clocks that stand still."""
        await self.until(met, step=0.0)

    async def start(self) -> StartedSession:
        """A session somebody watches."""
        started = await self.live.start_session(await self.live.create_session(OPTIONS))
        self.emulator.join_viewer()
        return started

    def connection(self, started: StartedSession) -> LiveConnection:
        numbers = itertools.count(1)
        return LiveConnection(
            started.socket_url, clock=self.clock, new_id=lambda: f"greenroom-{next(numbers)}", proxy=None
        )

    @property
    def outcomes(self) -> list[tuple[str, Outcome]]:
        return [(one.utterance_id, one.outcome) for one in self.happened if isinstance(one, Spoken)]

    @property
    def findings(self) -> list[str]:
        return [finding.code for finding in self.emulator.findings]


@pytest.fixture(scope="module")
async def running() -> AsyncIterator[LiveAvatarEmulator]:
    emulator = LiveAvatarEmulator(rate=0)
    await emulator.start()
    yield emulator
    await emulator.stop()


@pytest.fixture
async def world(running: LiveAvatarEmulator) -> AsyncIterator[World]:
    running.reset()
    async with httpx2.AsyncClient(verify=NO_CERTIFICATES) as http:
        yield World(running, LiveClient(live_transport(running.url, "la-key-1", http, "greenroom/1")))


@pytest.fixture
async def talk(world: World) -> AsyncIterator[LiveConnection]:
    """A websocket whose happenings are collected as they come."""
    async with world.connection(await world.start()) as connection:
        happened: list[Any] = world.happened

        async def collect() -> None:
            async for happening in connection:
                happened.append(happening)  # noqa: PERF401 - they are looked at while they come

        collecting = asyncio.create_task(collect())
        yield connection
    await collecting


async def say(connection: LiveConnection, seconds: float) -> str:
    async with connection.speech() as speech:
        await speech.say(b"\x01\x00" * round(seconds * 24_000))
    return speech.id


@dialects
async def test_utterances_are_followed_to_their_end(world: World, talk: LiveConnection, dialect: str) -> None:
    world.emulator.speak_dialect(dialect)
    first = await say(talk, 1.5)
    await world.while_still(lambda: world.emulator.session().audio_bytes == 72_000)
    await world.until(lambda: len(world.outcomes) == 1)
    second = await say(talk, 1.0)
    await world.while_still(lambda: world.emulator.session().audio_bytes == 120_000)
    await world.until(lambda: len(world.outcomes) == 2)

    assert world.outcomes == [(first, Outcome.COMPLETED), (second, Outcome.COMPLETED)]
    assert [one.utterance_id for one in world.happened if isinstance(one, Speaking)] == [first, second]
    assert world.findings == []


@dialects
async def test_barging_in_silences_it_and_the_answer_is_heard(world: World, talk: LiveConnection, dialect: str) -> None:
    world.emulator.speak_dialect(dialect)
    async with talk.speech() as speech:
        await speech.say(b"\x01\x00" * 24_000 * 9)
        await world.while_still(lambda: world.emulator.session().audio_bytes == 115_200)
        await world.until(lambda: any(isinstance(one, Speaking) for one in world.happened))
        talk.interrupt()
        assert not await speech.say(b"\x01\x00" * 24_000)
    answer = await say(talk, 1.0)
    sent = world.emulator.session().audio_bytes
    await world.while_still(lambda: world.emulator.session().audio_bytes >= sent + 48_000)
    await world.until(lambda: len(world.outcomes) == 2)

    assert world.outcomes == [(speech.id, Outcome.INTERRUPTED), (answer, Outcome.COMPLETED)]
    assert [interruption.stale_bytes for interruption in world.emulator.session().interruptions] == [0]
    assert world.findings == []


async def test_a_dropped_websocket_is_reopened(world: World, talk: LiveConnection) -> None:
    world.emulator.drop_websocket()
    await world.until(lambda: Ready(again=True) in world.happened)
    utterance = await say(talk, 1.0)
    await world.while_still(lambda: world.emulator.session().audio_bytes == 48_000)
    await world.until(lambda: bool(world.outcomes))

    assert world.outcomes == [(utterance, Outcome.COMPLETED)]
    assert world.findings == []


async def test_the_service_ends_the_session(world: World, talk: LiveConnection) -> None:
    world.emulator.end_session(reason="NO_CREDITS")
    await world.until(lambda: talk.ended is not None)

    assert talk.ended is not None
    assert talk.ended.reason is EndReason.ENDED_THERE


async def test_an_address_of_a_session_that_is_over_is_refused(world: World) -> None:
    started = await world.start()
    await world.live.stop_session(started.session_id)
    connection = world.connection(started)

    async def enter() -> Ended:
        async with connection:
            return await connection.wait_ended()

    entered = asyncio.ensure_future(asyncio.wait_for(asyncio.gather(enter(), return_exceptions=True), 10))
    await world.until(entered.done)

    assert connection.ended is not None
    assert connection.ended.reason in (EndReason.REFUSED, EndReason.ENDED_THERE)


async def test_keeping_alive_outlives_the_idle_timeout(world: World, talk: LiveConnection) -> None:
    for _ in range(7):
        # Were time let pass before it sleeps until its next sign, it would sleep that long from then.
        await world.while_still(lambda: any(seconds > 55 for seconds in world.clock.waits))
        before = world.emulator.session().kept_alive
        world.emulator.advance(60)
        world.clock.advance(60)
        await world.while_still(lambda before=before: world.emulator.session().kept_alive > before)  # type: ignore[misc]

    assert talk.ended is None
    assert world.emulator.session().open


async def test_stopping_is_done_once_and_harmless_after(world: World) -> None:
    started = await world.start()
    await world.live.keep_alive(started.session_id)

    assert await world.live.stop_session(started.session_id) is True
    await world.live.stop_session(started.session_id)
    record = await world.live.get_session(started.session_id)
    assert record.over
    assert record.credits == 1


async def test_stopping_what_never_was(world: World) -> None:
    never = "00000000-0000-4000-8000-000000000000"

    assert await world.live.stop_session(never) is False
    with pytest.raises(NotFound):
        await world.live.get_session(never)


async def test_one_session_too_many(world: World) -> None:
    await world.start()

    with pytest.raises(SessionLimitReached):
        await world.start()
    assert len((await world.live.list_sessions("active")).items) == 1


async def test_no_credits(world: World) -> None:
    world.emulator.account().credits = 0.0

    with pytest.raises(InsufficientCredit):
        await world.start()


async def test_a_start_that_cannot_be_used_is_stopped(world: World) -> None:
    world.emulator.switches.omit_from_start = frozenset({"ws_url"})

    with pytest.raises(UnexpectedReply):
        await world.start()
    assert not world.emulator.session().open
    assert len((await world.live.list_sessions("historic")).items) == 1


async def test_what_there_is_to_choose_from(world: World) -> None:
    assert (await world.live.get_avatar(ALEX)).usable
    assert any(not avatar.usable for avatar in (await world.live.list_avatars()).items)
    assert (await world.live.list_avatars(public=True)).items
    assert (await world.live.list_voices()).items
    assert await world.live.credits_left() == 100
