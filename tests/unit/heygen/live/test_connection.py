"""LiveConnection, opening, speaking and reading, against a real server on loopback and a clock that tests move."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest

from heygen.live import (
    Ended,
    EndReason,
    LiveConnection,
    Outcome,
    Over,
    SessionState,
    Speaking,
    Spoken,
    Unreadable,
)

from .conftest import pcm, seconds_in
from .station import ONCE, Station, WatchedClock, connection, everything, unavailable, until

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
    await visit.tell("session.state_updated", state="closed")
    for number in (1, 2):
        async with live.speech() as speech:
            await speech.say(pcm(0.4))
        await visit.came("agent.speak_end", number)
    assert live.state is SessionState.CONNECTED

    assert [(await anext(live)).event_id for _ in range(1_500)] == [str(number) for number in range(1_500)]
    assert (await live.wait_ended()).reason is EndReason.ENDED_THERE
