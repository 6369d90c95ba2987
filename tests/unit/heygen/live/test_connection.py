"""LiveConnection against a real websocket server on loopback, on a clock that the tests move."""

from __future__ import annotations

import asyncio
import dataclasses
import itertools
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest

from heygen.live import (
    Bounds,
    Ended,
    EndReason,
    LiveConnection,
    Outcome,
    Over,
    Ready,
    SessionState,
    SessionUnavailable,
    Speaking,
    Spoken,
    Unreadable,
)

from .conftest import pcm, seconds_in
from .station import Station, WatchedClock, until

# Each of its own, so that a test can tell who sleeps.
BOUNDS = Bounds(open=11.0, ready=12.0, send=13.0, pulse_lost=61.0)
ONCE = dataclasses.replace(BOUNDS, reopens=0)


@pytest.fixture
async def station() -> AsyncIterator[Station]:
    async with Station().running() as running:
        yield running


@pytest.fixture
def clock() -> WatchedClock:
    return WatchedClock()


def connection(station: Station, clock: WatchedClock, **options: Any) -> LiveConnection:
    numbers = itertools.count(1)
    arguments: dict[str, Any] = {"proxy": None, "random": lambda: 0.5, "bounds": BOUNDS, **options}
    return LiveConnection(station.url, clock=clock, new_id=lambda: f"id-{next(numbers)}", **arguments)


@pytest.fixture
async def live(station: Station, clock: WatchedClock) -> AsyncIterator[LiveConnection]:
    """An open connection whose first word has been read."""
    async with connection(station, clock) as opened:
        assert await anext(opened) == Ready(again=False)
        yield opened


async def unavailable(opening: LiveConnection) -> Ended:
    with pytest.raises(SessionUnavailable) as caught:
        await opening.__aenter__()
    assert "secret" not in str(caught.value) + repr(caught.value) + repr(opening)
    return caught.value.ended


async def everything(live: LiveConnection) -> list[Any]:
    return [happening async for happening in live]


# Opening


async def test_entering_waits_for_the_word_that_commands_are_accepted(station: Station, clock: WatchedClock) -> None:
    station.greets = False
    opening = connection(station, clock)
    entered = asyncio.ensure_future(opening.__aenter__())
    visit = await station.visit()
    await visit.tell("session.state_updated", state="connecting")
    await until(lambda: 12.0 in clock.naps)
    assert not entered.done()
    await visit.tell("session.state_updated", state="connected")

    assert await entered is opening
    assert opening.state is SessionState.CONNECTED
    assert await opening.close() == Ended(reason=EndReason.CLOSED)


async def test_without_that_word_it_is_not_ready(station: Station, clock: WatchedClock) -> None:
    station.greets = False
    entered = asyncio.ensure_future(unavailable(connection(station, clock)))
    visit = await station.visit()
    await clock.pass_by(12.0)

    assert await entered == Ended(reason=EndReason.NOT_READY)
    await until(lambda: visit.over)


@pytest.mark.parametrize("status", [401, 403, 404, 410, 302])
async def test_a_refusal_is_final_and_no_redirect_is_followed(station: Any, clock: Any, status: int) -> None:
    station.refusals = [status]

    assert await unavailable(connection(station, clock)) == Ended(reason=EndReason.REFUSED, code=status)
    assert station.asked == 1


async def test_trouble_over_there_is_tried_again_twice(station: Station, clock: WatchedClock) -> None:
    station.refusals = [503, 429, 500]
    entered = asyncio.ensure_future(unavailable(connection(station, clock)))
    for wait in (0.5, 1.0):
        await clock.pass_by(wait)

    assert await entered == Ended(reason=EndReason.LOST, word="unreachable")
    assert station.asked == 3


async def test_nobody_listens(clock: WatchedClock) -> None:
    nowhere = Station()
    async with nowhere.running():
        pass
    entered = asyncio.ensure_future(unavailable(connection(nowhere, clock, bounds=ONCE)))

    assert (await entered).reason is EndReason.LOST


async def test_a_proxy_that_is_none_is_shown_nowhere(station: Station, clock: WatchedClock) -> None:
    opening = connection(station, clock, proxy="secret-2@nowhere")

    assert await unavailable(opening) == Ended(reason=EndReason.REFUSED)


async def test_a_handshake_that_hangs_is_given_up(clock: WatchedClock) -> None:
    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    silent = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    async with silent:
        station = Station()
        station.url = f"ws://127.0.0.1:{silent.sockets[0].getsockname()[1]}/"
        entered = asyncio.ensure_future(unavailable(connection(station, clock, bounds=ONCE)))
        await clock.pass_by(11.0)

        assert await entered == Ended(reason=EndReason.LOST, word="unreachable")


async def test_cancelling_the_opening_leaves_nothing_behind(station: Station, clock: WatchedClock) -> None:
    station.greets = False
    entered = asyncio.ensure_future(connection(station, clock).__aenter__())
    visit = await station.visit()
    entered.cancel()

    with pytest.raises(asyncio.CancelledError):
        await entered
    await until(lambda: visit.over)
    assert clock.naps == []


@pytest.mark.parametrize("url", ["https://live.example/secret-1", "secret-1", "ws://", "ws://h:port/secret-1"])
def test_an_address_that_is_no_websockets_is_refused_without_showing_it(url: str, clock: WatchedClock) -> None:
    with pytest.raises(ValueError, match="websocket") as caught:
        LiveConnection(url, clock=clock, new_id=str)
    assert "secret" not in str(caught.value)
    assert caught.value.__context__ is None


async def test_nothing_is_logged(station: Station, clock: WatchedClock, caplog: Any) -> None:
    with caplog.at_level(logging.DEBUG):
        async with connection(station, clock) as live:
            async with live.speech() as speech:
                await speech.say(pcm(0.4))
            await (await station.visit()).came("agent.speak_end")
    told = [record for record in caplog.records if not record.name.startswith(("websockets.server", "asyncio"))]

    assert told == []


# Speaking


async def test_an_utterance_arrives_and_its_life_is_told(live: LiveConnection, station: Station) -> None:
    visit = await station.visit()
    async with live.speech() as speech:
        assert await speech.say(pcm(1.0))
        assert await speech.say(pcm(0.5))
    await visit.came("agent.speak_end")
    await visit.tell("agent.speak_started", event_id="fresh", source_event_id=speech.id)
    assert await anext(live) == Speaking(utterance_id=speech.id)
    assert live.speaking
    await visit.tell("agent.speak_ended", event_id="fresh-2", source_event_id=speech.id)

    expected = Spoken(utterance_id=speech.id, outcome=Outcome.COMPLETED, sent_seconds=1.5, heard_seconds=1.5)
    assert await anext(live) == expected
    assert seconds_in(visit.frames) == 1.5
    assert {frame["event_id"] for frame in visit.frames} == {speech.id}


async def test_an_utterance_is_completed_although_its_voice_failed(live: LiveConnection, station: Station) -> None:
    async def fail() -> None:
        async with live.speech() as speech:
            await speech.say(pcm(0.4))
            raise ArithmeticError

    with pytest.raises(ArithmeticError):
        await fail()
    await (await station.visit()).came("agent.speak_end")


async def test_the_pace_is_that_of_the_clock(live: LiveConnection, station: Station, clock: WatchedClock) -> None:
    visit = await station.visit()
    async with live.speech() as speech:
        await speech.say(pcm(6.0))
        await visit.came("agent.speak", 3)
        await until(lambda: 0.4 in clock.naps)
        assert seconds_in(visit.frames) == pytest.approx(2.4)
        clock.advance(0.4)
        await visit.came("agent.speak", 4)
        await clock.pass_by(1.0)
        await visit.came("agent.speak", 5)

    assert seconds_in(visit.frames) == pytest.approx(4.4)


async def test_a_voice_that_is_far_ahead_waits(live: LiveConnection, station: Station, clock: WatchedClock) -> None:
    async with live.speech() as speech:
        saying = asyncio.ensure_future(speech.say(pcm(40.0)))
        await clock.pass_by(0.4)
        for _ in range(5):
            assert not saying.done()
            await clock.pass_by(1.0)
        for _ in range(5):
            await clock.pass_by(1.0)

        assert await saying is True


async def test_an_interrupt_ends_the_voice_and_no_sound_follows_it(live: LiveConnection, station: Station) -> None:
    async with live.speech() as speech:
        saying = asyncio.ensure_future(speech.say(pcm(60.0)))
        visit = await station.visit()
        await visit.came("agent.speak", 3)
        live.interrupt()

        assert await saying is False
        assert await speech.say(pcm(1.0)) is False
    assert live.listen(True)
    await visit.came("agent.start_listening")
    assert visit.types()[-2:] == ["agent.interrupt", "agent.start_listening"]
    assert (await anext(live)).outcome is Outcome.INTERRUPTED


async def test_a_pose_waits_for_silence(live: LiveConnection) -> None:
    async with live.speech():
        assert not live.listen(True)


async def test_a_quiet_minute_is_kept_alive(live: LiveConnection, station: Station, clock: WatchedClock) -> None:
    visit = await station.visit()
    await clock.pass_by(60.0)

    await visit.came("session.keep_alive")


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
    async with connection(station, clock, bounds=dataclasses.replace(ONCE, pulse=10_000.0)) as live:
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


# Reading


async def test_noise_is_survived(live: LiveConnection, station: Station) -> None:
    visit = await station.visit()
    await visit.socket.send(b"\xff\x00")
    await visit.socket.send("{")
    await visit.tell("session.state_updated", state="closed")

    assert await everything(live) == [
        Unreadable(reason="not JSON"),
        Unreadable(reason="not JSON"),
        Over(word="closed"),
    ]


async def test_text_that_is_no_text_is_survived(live: LiveConnection, station: Station) -> None:
    await (await station.visit()).socket.send(b"\xff\x00", text=True)

    assert await anext(live) == Unreadable(reason="not JSON")


async def test_a_frame_of_megabytes_breaks_the_connection_not_us(live: Any, station: Any, clock: Any) -> None:
    await (await station.visit()).socket.send("x" * (2**20 + 1))
    await until(lambda: 0.5 in clock.naps)

    assert live.state is SessionState.CONNECTING


async def test_a_reader_who_does_not_read_slows_the_other_side_but_not_us(
    live: LiveConnection, station: Station
) -> None:
    visit = await station.visit()
    for number in range(1_500):
        await visit.tell("agent.new_thing", event_id=str(number))
    async with live.speech() as speech:
        await speech.say(pcm(0.4))
    await visit.came("agent.speak_end")

    assert [(await anext(live)).event_id for _ in range(1_500)] == [str(number) for number in range(1_500)]
