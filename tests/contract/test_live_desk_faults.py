"""The desk when something breaks in a running session: it goes on where it can, and stops paying where it cannot."""

from __future__ import annotations

import asyncio

import pytest

from agent.live.phrases import ENGLISH
from agent.live.realtime_ears import RealtimeEarsMaker
from agent.live.records import CommandKind, LineState, LiveEnd, LiveState, Speaker
from emulators.openai import HttpError, Say, sound
from tests.support.live_store import REQUESTER
from tests.support.live_world import LiveWorld

STOP = "/v1/sessions/stop"
SPEECH, HEARING = "/v1/audio/speech", "/v1/audio/transcriptions"
QUESTION = "What can you do for me?"
LONG = (
    "There is a lot to tell about that. First we look at what was asked for and by whom. Then we look at what is being "
    "made at the moment. After that we go through every language, one by one, and compare them with each other."
)
pytestmark = [pytest.mark.full, pytest.mark.timeout(60)]


async def telling(world: LiveWorld) -> None:
    """The avatar is in the middle of something long."""
    world.openai.script([[Say(LONG)]])
    world.visitors[0].types(QUESTION)
    await world.until(lambda: len(world.voiced) > 3)
    await world.passes(2.0)


# -- the avatar's websocket -----------------------------------------------------------------------------------------


async def test_a_dropped_websocket_is_reopened_and_the_conversation_goes_on(world: LiveWorld) -> None:
    visitor = await world.opened()
    await telling(world)
    world.avatars.drop_websocket()
    await world.until(lambda: world.lines[-1][2] is LineState.LOST)
    assert LONG.startswith(world.lines[-1][1])
    visitor.types("Are you still there?")
    await world.until(lambda: world.lines[-1][2] is LineState.SAID and world.lines[-1][0] is Speaker.AVATAR)
    assert world.avatars.channel().connections == 2
    assert ENGLISH.greeting not in world.said[1:]
    assert world.findings == []


async def test_a_websocket_that_cannot_be_reopened_ends_it_and_is_stopped(world: LiveWorld) -> None:
    await world.opened()
    world.avatars.fail("before", "/v1/realtime/.*", status=500, times=10)
    world.avatars.drop_websocket()
    await world.until(lambda: world.ended)
    assert world.ended is LiveEnd.PROVIDER
    assert world.open_sessions == 0
    assert world.avatars.session().end_reason == "SERVER_ERROR"


async def test_liveavatar_ends_it_in_the_middle_of_a_sentence(world: LiveWorld) -> None:
    visitor = await world.opened()
    await telling(world)
    world.avatars.end_session()
    await world.until(lambda: world.ended)
    assert world.ended is LiveEnd.PROVIDER
    assert world.lines[-1][2] is LineState.LOST
    await world.until(lambda: visitor.page.closed, still=True)
    assert visitor.page.closed == (4000, "the session has ended")


# -- ears, voice, model ---------------------------------------------------------------------------------------------


async def test_ears_that_fail_say_so_and_typing_goes_on(world: LiveWorld) -> None:
    visitor = await world.opened()
    world.openai.fail("before", HEARING, status=500, times=4)
    await visitor.says(QUESTION)
    await world.until(lambda: "not_heard" in visitor.page.notices)
    await visitor.says(QUESTION)
    await world.until(lambda: "ears_down" in visitor.page.notices)
    visitor.types(QUESTION)
    await world.until(lambda: len(world.said) == 2)
    await visitor.says("How much does that cost?")
    await world.until(lambda: len(world.said) == 3)  # they hear again, and the notice is taken back
    assert visitor.page.of("notice")[-1] == {"type": "notice", "code": "ears_down", "text": None}


async def test_ears_that_cannot_be_opened_say_so(world: LiveWorld) -> None:
    world.ears = RealtimeEarsMaker(world.client.with_options(api_key="sk-of-nobody"), "emulated-ears")
    visitor = await world.opened()
    assert visitor.page.notices == ["ears_down"]
    visitor.types(QUESTION)
    await world.until(lambda: len(world.said) == 2)


async def test_a_voice_that_fails_leaves_captions_and_lines_that_were_not_spoken(world: LiveWorld) -> None:
    visitor = await world.opened()
    world.openai.fail("before", SPEECH, status=500, times=2)
    visitor.types(QUESTION)
    await world.until(lambda: len(world.said) == 2)
    assert visitor.page.notices == ["voice_down"]
    assert world.lines[-1][2] is LineState.SILENT
    assert visitor.page.read("avatar")[-1] == world.said[-1]
    world.store.order(CommandKind.SAY, "Hello, this is Carol.")
    await world.until(lambda: ("Hello, this is Carol.", "mute") in world.row.reactions)
    await world.passes(31.0)
    visitor.types("And now?")
    await world.until(lambda: world.lines[-1][2] is LineState.SAID and len(world.said) == 3)
    assert visitor.page.of("notice")[-1]["text"] is None
    assert world.findings == []


async def test_without_ears_and_without_a_voice_it_goes_on_by_text(world: LiveWorld) -> None:
    world.ears = world.voice = None
    world.store.offer()
    visitor = world.visit()
    await world.until(lambda: ENGLISH.greeting in world.said)
    assert visitor.page.notices == ["voice_down", "ears_down"]
    await visitor.says(QUESTION)
    visitor.types(QUESTION)
    await world.until(lambda: len(world.said) == 2)
    assert {state for _, _, state in world.lines if state is not LineState.SAID} == {LineState.SILENT}
    assert world.voiced == []
    assert world.commands("agent.speak") == 0


async def test_a_model_that_fails_says_so(world: LiveWorld) -> None:
    visitor = await world.opened()
    world.openai.script([[HttpError(500)], [HttpError(500)]])
    visitor.types(QUESTION)
    await world.until(lambda: world.said[-1] == ENGLISH.no_model)
    visitor.types(QUESTION)
    await world.until(lambda: len(world.said) == 3)


async def test_sound_that_is_none_changes_nothing(world: LiveWorld) -> None:
    visitor = await world.opened()
    pcm = world.openai.sounds.register(QUESTION)
    for odd in (b"", b"\x01", b"\xff" * 70_000, b"RIFF" + bytes(41)):
        await visitor.sounds_at_once(odd)
    await visitor.sounds(sound.silence(0.5))
    odd = [pcm[at : at + 1_919] for at in range(0, 1_919 * 3, 1_919)]
    for frame in odd:
        await visitor.sounds_at_once(frame)
    await visitor.sounds(sound.silence(1.5))
    await visitor.says(QUESTION)
    await world.until(lambda: (Speaker.VISITOR, QUESTION, LineState.SAID) in world.lines)
    assert world.findings == []


async def test_a_muted_page_and_one_without_a_microphone_are_welcome(world: LiveWorld) -> None:
    world.store.offer()
    visitor = world.visit(microphone=False)
    await world.until(lambda: ENGLISH.greeting in world.said)
    visitor.mutes()
    assert "ears_down" not in visitor.page.notices
    await visitor.says(QUESTION)  # the microphone was turned on later
    await visitor.says(QUESTION)
    await world.until(lambda: len(world.said) >= 2)


# -- pages ----------------------------------------------------------------------------------------------------------


async def test_a_reload_goes_on_where_it_was(world: LiveWorld) -> None:
    visitor = await world.opened()
    await visitor.leaves()
    await world.passes(5.0)
    again = world.visit()
    await world.until(lambda: again.page.of("room"))
    again.types(QUESTION)
    await world.until(lambda: len(world.said) == 2)
    assert again.page.read("avatar")[0] == ENGLISH.greeting  # what was said is shown again
    assert world.voiced.count(world.voiced[0]) == 1
    await world.passes(30.0)
    assert world.ended is None


async def test_the_same_person_on_two_pages_the_newer_one_has_it(world: LiveWorld) -> None:
    older = await world.opened()
    newer = world.visit()
    await world.until(lambda: older.page.closed, still=True)
    assert older.page.closed == (4001, "opened elsewhere")
    newer.types(QUESTION)
    await world.until(lambda: len(world.said) == 2)
    await world.passes(25.0)
    assert world.ended is None
    assert world.posts("/v1/sessions/start") == 1


async def test_somebody_else_is_turned_away_and_nothing_is_disturbed(world: LiveWorld) -> None:
    visitor = await world.opened()
    other = world.visit(user_id="U2")
    await world.until(lambda: other.page.closed, still=True)
    assert other.page.closed == (4003, "not_allowed")
    visitor.types(QUESTION)
    await world.until(lambda: len(world.said) == 2)


async def test_an_attendance_that_is_cancelled_is_a_page_that_left(world: LiveWorld) -> None:
    visitor = await world.opened()
    assert visitor.attending is not None
    visitor.attending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await visitor.attending
    visitor.attending = None
    await world.until(lambda: world.ended, seconds=25.0)
    assert world.ended is LiveEnd.LEFT
    assert world.open_sessions == 0


async def test_a_link_after_the_end(world: LiveWorld) -> None:
    await world.opened()
    world.store.order(CommandKind.END, actor=REQUESTER)
    await world.until(lambda: world.ended)
    late = world.visit()
    await world.until(lambda: late.page.closed, still=True)
    assert late.page.closed == (4000, "over")


# -- the stop -------------------------------------------------------------------------------------------------------


async def test_a_stop_that_fails_twice_is_repeated(world: LiveWorld) -> None:
    visitor = await world.opened()
    world.avatars.fail("before", STOP, status=500, times=2)
    world.store.order(CommandKind.END, actor=REQUESTER)
    await world.until(lambda: world.ended)
    assert world.open_sessions == 0
    await world.until(lambda: visitor.page.closed, still=True)
    assert visitor.page.closed == (4000, "the session has ended")


async def test_a_stop_that_fails_for_long_leaves_the_row_closing_until_it_is_confirmed(world: LiveWorld) -> None:
    await world.opened()
    fault = world.avatars.fail("before", STOP, status=500, times=1_000)
    world.store.order(CommandKind.END, actor=REQUESTER)
    await world.until(lambda: world.desk.sessions == 0)
    await world.passes(20.0)
    assert world.session.state is LiveState.CLOSING
    fault.times = 0
    await world.until(lambda: world.ended, seconds=45.0)
    assert world.ended is LiveEnd.VISITOR
    assert world.open_sessions == 0


async def test_the_stop_does_not_wait_for_its_row(world: LiveWorld) -> None:
    await world.opened()
    world.store.broken = {"closing", "stopped", "add_lines"}
    world.store.order(CommandKind.END, actor=REQUESTER)
    await world.until(lambda: world.open_sessions == 0)
    world.store.broken = set()
    await world.until(lambda: world.ended)


async def test_a_process_that_is_in_a_hurry_stops_everything(world: LiveWorld) -> None:
    await world.opened()
    await telling(world)
    draining = asyncio.create_task(world.desk.drain(0.0))
    await world.until(lambda: draining.done(), still=True)
    assert world.open_sessions == 0
    assert world.ended is LiveEnd.DRAINED


# -- rows -----------------------------------------------------------------------------------------------------------


async def test_a_database_that_is_away_for_a_while_loses_nothing(world: LiveWorld) -> None:
    visitor = await world.opened()
    world.store.broken = {"add_lines", "command_done", "set_mode"}
    world.store.order(CommandKind.TAKE_OVER)
    visitor.types("One.")
    await world.passes(3.0)
    visitor.types("Two.")
    await world.passes(3.0)
    assert world.lines == [(Speaker.AVATAR, ENGLISH.greeting, LineState.SAID)]
    world.store.broken = set()
    await world.until(lambda: len(world.lines) == 3)
    await world.until(lambda: world.session.state is LiveState.HUMAN_TAKEOVER)
    assert [text for _, text, _ in world.lines[1:]] == ["One.", "Two."]


# -- other processes ------------------------------------------------------------------------------------------------


async def test_who_has_lost_it_in_the_middle_of_a_sentence_lets_go_and_stops_nothing(world: LiveWorld) -> None:
    visitor = await world.opened()
    await telling(world)
    world.store.seize()
    await world.until(lambda: world.desk.sessions == 0)
    await world.until(lambda: visitor.page.closed, still=True)
    assert visitor.page.closed == (4001, "opened elsewhere")
    assert world.posts(STOP) == 0
    assert world.open_sessions == 1
    sent = world.avatars.session().audio_bytes
    await world.passes(3.0)
    assert world.avatars.session().audio_bytes == sent
    world.store.abandon()  # the other process dies too: the sweep is what is left
    await world.until(lambda: world.ended)
    assert world.ended is LiveEnd.ORPHANED


async def test_a_viewer_who_comes_back_to_another_process_takes_the_session_along(world: LiveWorld) -> None:
    here = world.new_desk()
    there = world.new_desk(store=world.store.beside("there"))
    visitor = await world.opened()
    await visitor.leaves()
    again = world.visit(desk=there)
    await world.until(lambda: here.sessions == 0)
    again.types(QUESTION)
    await world.until(lambda: len(world.said) == 2)
    await world.passes(5.0)

    assert (here.sessions, there.sessions) == (0, 1)
    assert world.avatars.channel().connections == 2  # neither process has taken it back
    assert world.posts("/v1/sessions/start") == 1
    assert world.posts(STOP) == 0
    assert world.said.count(ENGLISH.greeting) == 1
    assert world.findings == []
    world.store.order(CommandKind.END, actor=REQUESTER)
    await world.until(lambda: world.ended)
    assert world.open_sessions == 0


async def test_an_orphan_is_stopped_after_a_moment_of_grace(world: LiveWorld) -> None:
    there = world.new_desk()
    world.new_desk(store=world.store.beside("there"))
    await world.opened()
    there.run_due = _nothing  # type: ignore[method-assign]
    world.store.abandon()
    await world.passes(5.5)
    assert world.open_sessions == 1
    await world.until(lambda: world.ended, seconds=20.0)
    assert world.ended is LiveEnd.ORPHANED
    assert world.open_sessions == 0
    assert world.avatars.session().end_reason == "ZOMBIE_SESSION_REAP"


async def test_an_orphan_whose_viewer_comes_back_lives_on(world: LiveWorld) -> None:
    dead = world.new_desk()
    alive = world.new_desk(store=world.store.beside("there"))
    visitor = await world.opened()
    await visitor.leaves()
    dead.run_due = _nothing  # type: ignore[method-assign]
    world.store.abandon()
    await world.passes(6.0)
    again = world.visit(desk=alive)
    await world.until(lambda: again.page.of("room"))
    await world.passes(25.0)
    assert world.ended is None
    assert alive.sessions == 1


async def _nothing() -> int:
    return 0
