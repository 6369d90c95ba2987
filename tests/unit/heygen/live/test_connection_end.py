"""LiveConnection: how it breaks, comes back and ends, against a real server and a clock that tests move."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import Any

import pytest

from heygen.live import (
    Ended,
    EndReason,
    LiveConnection,
    Outcome,
    Over,
    Ready,
    SessionState,
    Spoken,
)

from .conftest import pcm
from .station import ONCE, Station, WatchedClock, connection, everything, until

# Breaking


async def test_a_broken_connection_is_reopened_and_nothing_is_replayed(
    live: LiveConnection, station: Station, clock: WatchedClock
) -> None:
    first = await station.visit()
    async with live.speech() as speech:
        await speech.say(pcm(9.0))
        await first.came("agent.speak", 3)
        first.drop()
        assert (await anext(live)).outcome is Outcome.LOST
        assert await speech.say(pcm(1.0)) is False
    await clock.pass_by(0.5)
    second = await station.visit(2)

    assert await anext(live) == Ready(again=True)
    async with live.speech() as answer:
        await answer.say(pcm(0.4))
    await second.came("agent.speak_end")
    assert {frame["event_id"] for frame in second.frames} == {answer.id}


@pytest.mark.parametrize("code", [1001, 1011, 1012])
async def test_a_close_that_may_be_a_mishap_is_reopened(live: Any, station: Any, clock: Any, code: int) -> None:
    await (await station.visit()).socket.close(code)
    await clock.pass_by(0.5)

    assert await anext(live) == Ready(again=True)


@pytest.mark.parametrize("may", [True, False])
async def test_a_broken_connection_is_reopened_only_by_whoever_may(
    station: Station, clock: WatchedClock, may: bool
) -> None:
    asked: list[int] = []

    async def may_reopen() -> bool:
        asked.append(len(station.visits))
        return may

    async with connection(station, clock, may_reopen=may_reopen) as live:
        assert await anext(live) == Ready(again=False)
        (await station.visit()).drop()
        await clock.pass_by(0.5)
        if may:
            assert await anext(live) == Ready(again=True)
        else:
            assert (await live.wait_ended()).reason is EndReason.NOT_OURS

    assert asked == [1]


async def test_a_reopened_session_that_says_nothing_is_taken_as_ready(
    live: LiveConnection, station: Station, clock: WatchedClock
) -> None:
    station.greets = False
    (await station.visit()).drop()
    await clock.pass_by(0.5)
    second = await station.visit(2)
    async with live.speech() as speech:
        await speech.say(pcm(0.4))
    await until(lambda: 2.0 in clock.naps)
    assert second.frames == []
    clock.advance(2.0)

    await second.came("agent.speak_end")


async def test_a_connection_that_cannot_be_made_again_is_lost(
    live: LiveConnection, station: Station, clock: WatchedClock
) -> None:
    station.refusals = [503, 503]
    (await station.visit()).drop()
    for wait in (0.5, 1.0):
        await clock.pass_by(wait)

    assert (await live.wait_ended()).reason is EndReason.LOST
    assert station.asked == 3


async def test_breaking_again_and_again_is_given_up_but_a_steady_while_forgives(
    live: LiveConnection, station: Station, clock: WatchedClock
) -> None:
    for number, wait in enumerate((0.5, 1.0), start=1):
        (await station.visit(number)).drop()
        await clock.pass_by(wait)
    assert await anext(live) == Ready(again=True)
    assert await anext(live) == Ready(again=True)
    await clock.pass_by(30.0)
    (await station.visit(3)).drop()
    await clock.pass_by(0.5)
    assert await anext(live) == Ready(again=True)
    assert live.ended is None


async def test_a_refusal_after_a_break_is_the_end(live: LiveConnection, station: Station, clock: WatchedClock) -> None:
    station.refusals = [404]
    (await station.visit()).drop()
    await clock.pass_by(0.5)

    assert await live.wait_ended() == Ended(reason=EndReason.REFUSED, code=404)


async def test_a_server_that_answers_no_ping_for_a_minute_is_left(
    live: LiveConnection, station: Station, clock: WatchedClock
) -> None:
    (await station.visit()).socket.transport.pause_reading()  # type: ignore[attr-defined]
    await clock.pass_by(30.0)
    await until(lambda: 61.0 in clock.naps)
    clock.advance(60.0)
    assert live.state is SessionState.CONNECTED
    clock.advance(1.0)
    for wait in (3.0, 0.5):  # the farewell, the pause before the next
        await clock.pass_by(wait)

    assert await anext(live) == Ready(again=True)


async def test_a_server_that_reads_nothing_does_not_hold_us(station: Station, clock: WatchedClock) -> None:
    async with connection(station, clock, bounds=dataclasses.replace(ONCE, pulse=1e9)) as live:
        (await station.visit()).socket.transport.pause_reading()  # type: ignore[attr-defined]
        async with live.speech() as speech:
            saying = asyncio.ensure_future(speech.say(pcm(600.0)))
            while live.ended is None:
                clock.advance(1.0)
                await asyncio.sleep(0)
            assert await saying is False

    assert live.ended == Ended(reason=EndReason.LOST, word="stalled")


# Ending


@pytest.mark.parametrize("word", ["closing", "closed", "disconnected"])
async def test_the_session_ends_over_there(live: LiveConnection, station: Station, word: str) -> None:
    visit = await station.visit()
    await visit.tell("session.state_updated", state=word)

    assert await everything(live) == [Over(word=word)]
    assert live.ended == Ended(reason=EndReason.ENDED_THERE, word=word)
    await until(lambda: visit.over)


@pytest.mark.parametrize(("code", "reason", "word"), [(1000, "", None), (1008, "x y", None), (4003, "limit", "limit")])
async def test_a_close_that_is_meant_is_the_end(live: Any, station: Any, code: int, reason: str, word: Any) -> None:
    await (await station.visit()).socket.close(code, reason)

    assert await live.wait_ended() == Ended(reason=EndReason.ENDED_THERE, code=code, word=word)
    assert station.asked == 1


async def test_leaving_the_block_says_goodbye_and_loses_what_was_under_way(station: Station, clock: Any) -> None:
    async with connection(station, clock) as live:
        visit = await station.visit()
        async with live.speech() as speech:
            await speech.say(pcm(9.0))
        await visit.came("agent.speak", 3)

    assert visit.socket.close_code == 1000
    assert live.ended == Ended(reason=EndReason.CLOSED)
    assert [type(one) for one in await everything(live)] == [Ready, Spoken]
    assert clock.naps == []


async def test_after_the_end_nothing_is_accepted_and_nothing_waits(live: LiveConnection) -> None:
    assert await live.close() == Ended(reason=EndReason.CLOSED)

    assert not live.listen(True)
    live.interrupt()
    async with live.speech() as speech:
        assert await speech.say(pcm(90.0)) is False
    assert [one.outcome async for one in live] == [Outcome.LOST]


async def test_closing_twice_keeps_the_first_reason(live: LiveConnection, station: Station) -> None:
    await (await station.visit()).tell("session.state_updated", state="closed")
    await live.wait_ended()

    assert (await live.close()).reason is EndReason.ENDED_THERE


async def test_closing_while_it_waits_to_reopen(live: LiveConnection, station: Station, clock: WatchedClock) -> None:
    (await station.visit()).drop()
    await until(lambda: 0.5 in clock.naps)

    assert await live.close() == Ended(reason=EndReason.CLOSED)
    assert station.asked == 1


async def test_a_farewell_that_is_not_answered_is_cut_short(station: Station, clock: WatchedClock) -> None:
    station.deaf = True
    live = await connection(station, clock).__aenter__()
    (await station.visit()).socket.transport.pause_reading()  # type: ignore[attr-defined]
    closing = asyncio.ensure_future(live.close())
    await clock.pass_by(3.0)

    assert await closing == Ended(reason=EndReason.CLOSED)


async def test_a_cancelled_owner_leaves_nothing_behind(station: Station, clock: WatchedClock) -> None:
    inside = asyncio.Event()

    async def own() -> None:
        async with connection(station, clock):
            inside.set()
            await asyncio.Future()

    owner = asyncio.ensure_future(own())
    await inside.wait()
    owner.cancel()

    with pytest.raises(asyncio.CancelledError):
        await owner
    await until(lambda: station.visits[0].over)
    assert clock.naps == []


async def test_an_owner_cancelled_twice_does_not_wait_for_the_farewell(station: Station, clock: WatchedClock) -> None:
    station.deaf = True
    inside = asyncio.Event()

    async def own() -> None:
        async with connection(station, clock):
            (await station.visit()).socket.transport.pause_reading()  # type: ignore[attr-defined]
            inside.set()
            await asyncio.Future()

    owner = asyncio.ensure_future(own())
    await inside.wait()
    owner.cancel()
    await until(lambda: 3.0 in clock.naps)
    owner.cancel()

    with pytest.raises(asyncio.CancelledError):
        await owner
    assert clock.naps == []


async def test_waiting_for_the_end_of_what_never_began(station: Station, clock: WatchedClock) -> None:
    with pytest.raises(RuntimeError, match="entered"):
        await connection(station, clock).wait_ended()
