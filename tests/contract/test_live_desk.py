"""The real desk between the emulated LiveAvatar and OpenAI: how a session goes, as seen from their journals."""

from __future__ import annotations

import asyncio

import pytest

from agent.live.phrases import ENGLISH
from agent.live.records import CommandKind, LineState, LiveEnd, LiveState, Speaker
from agent.live.stage import Bounds
from emulators.liveavatar import CURRENT, DIALECTS
from emulators.openai import Call, Say, Stall
from tests.support.live_store import OPERATOR, REQUESTER
from tests.support.live_world import LiveWorld

QUESTION = "What can you do for me?"
OTHER = "How much does that cost?"
LONG = (
    "There is a lot to tell about that. First we look at what was asked for and by whom. Then we look at what is being "
    "made at the moment. After that we go through every language, one by one, and compare them with each other."
)
WORDS = "Hello, this is Carol. I am looking at it myself now."
pytestmark = pytest.mark.timeout(60)  # minutes of a conversation pass in seconds, but not on every machine
dialects = pytest.mark.parametrize(
    "dialect",
    [pytest.param(name, marks=[] if name == CURRENT.name else pytest.mark.full) for name in sorted(DIALECTS)],
)


@dialects
async def test_an_introduction_a_question_an_answer_and_the_end(world: LiveWorld, dialect: str) -> None:
    world.avatars.speak_dialect(dialect)
    visitor = await world.opened()
    assert visitor.page.of("room")[0]["url"]
    await visitor.says(QUESTION)
    await world.until(lambda: len(world.said) == 2)
    visitor.types("Please end this session.")
    await world.until(lambda: visitor.page.closed)

    assert world.lines[:2] == [
        (Speaker.AVATAR, ENGLISH.greeting, LineState.SAID),
        (Speaker.VISITOR, QUESTION, LineState.SAID),
    ]
    assert world.ended is LiveEnd.GOODBYE
    assert world.voiced[0].startswith("Hello, I am Greenroom's avatar.")
    assert [one.outcome for one in world.utterances] == ["ended"] * len(world.utterances)
    assert world.findings == []
    assert world.session.charged == world.session.price_per_minute
    assert visitor.page.closed == (4000, "the session has ended")
    assert world.avatars.session().end_reason == "AGENT_HANG_UP"


@dialects
async def test_after_an_interruption_not_a_byte_of_what_was_interrupted(world: LiveWorld, dialect: str) -> None:
    world.avatars.speak_dialect(dialect)
    visitor = await world.opened()
    world.openai.script([[Say(LONG)]])
    visitor.types(QUESTION)
    await world.until(lambda: len(world.voiced) > 2)
    await world.passes(3.0)
    await visitor.says(OTHER)
    await world.until(lambda: [state for _, _, state in world.lines].count(LineState.INTERRUPTED) == 1)
    await world.until(lambda: len(world.said) >= 3)

    assert world.commands("agent.interrupt") == 1
    assert [one.stale_bytes for one in world.avatars.session().interruptions] == [0]
    cut = next(text for _, text, state in world.lines if state is LineState.INTERRUPTED)
    assert cut
    assert LONG.startswith(cut.rstrip())
    assert len(cut) < len(LONG)
    assert world.findings == []
    told = [str(item["content"]) for item in world.openai.calls[-1].asked.items if item.get("role") == "assistant"]
    assert told[-1] == cut  # the model knows how much was heard of it


@pytest.mark.full
async def test_partial_words_are_shown_and_interrupt_at_once(world: LiveWorld) -> None:
    world.realtime_ears()
    visitor = await world.opened()
    world.openai.script([[Say(LONG)]])
    visitor.types(QUESTION)
    await world.until(lambda: len(world.voiced) > 2)
    await world.passes(3.0)
    await visitor.says(OTHER)
    await world.until(lambda: OTHER in visitor.page.read("you"))
    await world.until(lambda: len(world.said) >= 3)
    assert world.commands("agent.interrupt") == 1
    assert world.findings == []


async def test_nothing_is_started_before_somebody_agrees(world: LiveWorld) -> None:
    world.store.offer()
    visitor = world.visit(consent=False)
    await world.until(lambda: visitor.page.closed, still=True)
    assert visitor.page.closed == (4003, "no_consent")
    assert world.session.state is LiveState.OFFERED
    assert world.avatars.journal.select("POST") == []


@pytest.mark.full
async def test_the_greeting_waits_for_the_page_but_not_for_ever(world: LiveWorld) -> None:
    world.store.offer()
    visitor = world.visit()
    visitor.page.on_show = lambda message: None  # never says that it is ready
    await world.until(lambda: world.session.state is LiveState.LIVE)
    await world.passes(8.0)
    assert world.voiced == []
    await world.until(lambda: world.voiced, seconds=5.0)


@pytest.mark.full
async def test_the_row_comes_before_the_start_and_the_stop_before_everything_else(world: LiveWorld) -> None:
    states: list[tuple[str, LiveState]] = []
    world.store.on("live", lambda: states.append(("started", world.session.state)))
    world.store.on("stopped", lambda: states.append((str(world.open_sessions), world.session.state)))
    visitor = await world.opened()
    visitor.page.do(*[])
    world.store.order(CommandKind.END, actor=REQUESTER)
    await world.until(lambda: world.ended)
    assert states == [("started", LiveState.STARTING), ("0", LiveState.CLOSING)]
    assert world.ended is LiveEnd.VISITOR


# -- tools ----------------------------------------------------------------------------------------------------------


@pytest.mark.full
async def test_a_tool_is_asked_and_its_answer_is_spoken(world: LiveWorld) -> None:
    visitor = await world.opened()
    await visitor.says("What is running at the moment?")
    await world.until(lambda: len(world.said) == 2)
    assert "no jobs" in world.said[-1]
    assert [call.output[-1]["type"] for call in world.openai.calls] == ["function_call", "message"]


@pytest.mark.full
async def test_a_person_is_called_into_the_session(world: LiveWorld) -> None:
    visitor = await world.opened()
    await visitor.says("I want to talk to a real person.")
    await world.until(lambda: len(world.said) == 2)
    assert [session_id for session_id, _ in world.humans.calls] == ["live_1"]
    assert world.ended is None


@pytest.mark.full
async def test_saying_goodbye_ends_it(world: LiveWorld) -> None:
    visitor = await world.opened()
    await visitor.says("Thank you and goodbye.")
    await world.until(lambda: world.ended)
    assert world.ended is LiveEnd.GOODBYE
    assert "Goodbye" in world.said[-1]


@pytest.mark.full
async def test_slow_tools_are_excused(world: LiveWorld) -> None:
    visitor = await world.opened()
    world.openai.script([[Call("ask_for_human", {"reason": "slow"})], [Stall(0.0), Say("A teammate was asked.")]])
    calling = world.humans.call

    async def slow(session: object, reason: str) -> bool:
        await world.clock.sleep(4.0)
        return await calling(session, reason)  # type: ignore[arg-type]

    world.humans.call = slow  # type: ignore[method-assign, assignment]
    visitor.types("Get me somebody.")
    await world.until(lambda: "A teammate was asked." in world.said)
    assert ENGLISH.waiting in world.voiced
    assert world.findings == []


# -- from Slack -----------------------------------------------------------------------------------------------------


async def test_an_operator_takes_over_speaks_whispers_and_hands_back(world: LiveWorld) -> None:
    visitor = await world.opened()
    world.store.order(CommandKind.TAKE_OVER)
    await world.until(lambda: world.session.taken_by == OPERATOR)
    calls = len(world.openai.calls)
    world.store.order(CommandKind.SAY, WORDS)
    await world.until(lambda: (WORDS, "white_check_mark") in world.row.reactions)
    visitor.types("Who is this?")
    world.store.order(CommandKind.WHISPER, "She is a journalist.")
    await world.until(lambda: (Speaker.VISITOR, "Who is this?", LineState.SAID) in world.lines)
    await world.passes(3.0)
    assert len(world.openai.calls) == calls
    world.store.order(CommandKind.HAND_BACK)
    await world.until(lambda: len(world.openai.calls) > calls)
    await world.until(lambda: len(world.said) == 2)

    assert (Speaker.TEAMMATE, WORDS, LineState.SAID) in world.lines
    assert WORDS in visitor.page.read("teammate")
    assert "She is a journalist." in str(world.openai.calls[-1].request["input"])
    assert "journalist" not in str(visitor.page.shown) + str(world.voiced) + str(world.lines)
    assert world.findings == []


@pytest.mark.full
async def test_an_operators_words_interrupt_the_avatar(world: LiveWorld) -> None:
    visitor = await world.opened()
    world.openai.script([[Say(LONG)]])
    visitor.types(QUESTION)
    await world.until(lambda: len(world.voiced) > 2)
    await world.passes(2.0)
    world.store.order(CommandKind.SAY, WORDS)
    await world.until(lambda: (Speaker.TEAMMATE, WORDS, LineState.SAID) in world.lines)
    assert [state for _, _, state in world.lines][-2:] == [LineState.INTERRUPTED, LineState.SAID]
    assert [one.stale_bytes for one in world.avatars.session().interruptions] == [0]
    assert world.findings == []


@pytest.mark.full
async def test_a_muted_avatar_is_silent_and_goes_on_listening(world: LiveWorld) -> None:
    visitor = await world.opened()
    world.store.order(CommandKind.MUTE)
    await world.until(lambda: world.session.muted)
    voiced = len(world.voiced)
    await visitor.says(OTHER)
    await world.until(lambda: (Speaker.VISITOR, OTHER, LineState.SAID) in world.lines)
    await world.passes(3.0)
    assert len(world.voiced) == voiced
    assert visitor.page.state["muted"] is True
    world.store.order(CommandKind.UNMUTE)
    await world.until(lambda: len(world.said) == 2)


@pytest.mark.full
async def test_a_command_is_done_once(world: LiveWorld) -> None:
    await world.opened()
    world.store.order(CommandKind.SAY, WORDS)
    await world.passes(2.0)
    await world.until(lambda: (WORDS, "white_check_mark") in world.row.reactions)
    await world.passes(2.0)
    assert world.voiced.count(WORDS) + sum(WORDS.startswith(text) for text in world.voiced if text != WORDS) == 1


# -- the ends -------------------------------------------------------------------------------------------------------


@pytest.mark.full
@pytest.mark.parametrize(
    ("kind", "actor", "end", "reason"),
    [
        (CommandKind.END, OPERATOR, LiveEnd.OPERATOR, "AGENT_HANG_UP"),
        (CommandKind.HAND_OVER, OPERATOR, LiveEnd.HANDED_OVER, "AGENT_HANG_UP"),
    ],
)
async def test_an_operator_ends_it_with_a_word(
    world: LiveWorld,
    kind: CommandKind,
    actor: str,
    end: LiveEnd,
    reason: str,
) -> None:
    visitor = await world.opened()
    world.store.order(kind, actor=actor)
    await world.until(lambda: world.ended)
    assert world.ended is end
    assert world.session.ended_by == actor
    assert world.said[-1] == ENGLISH.farewells[end]
    assert world.avatars.session().end_reason == reason
    assert visitor.page.state["reason"] == end.value
    assert world.utterances[-1].outcome == "ended"


@pytest.mark.full
async def test_silence_ends_it(world: LiveWorld) -> None:
    world.new_desk(bounds=Bounds(idle=20.0, no_answer=15.0))
    await world.opened()
    await world.until(lambda: ENGLISH.idle in world.said)
    await world.until(lambda: world.ended)
    assert world.ended is LiveEnd.IDLE
    assert world.said[-1] == ENGLISH.farewells[LiveEnd.IDLE]
    assert world.session.charged == world.session.price_per_minute


async def test_a_page_that_stays_away_ends_it(world: LiveWorld) -> None:
    visitor = await world.opened()
    await visitor.leaves()
    await world.until(lambda: world.ended, seconds=25.0)
    assert world.ended is LiveEnd.LEFT
    assert world.avatars.session().end_reason == "USER_DISCONNECTED"


@pytest.mark.full
async def test_the_maximum_is_announced_and_kept_with_a_margin(world: LiveWorld) -> None:
    visitor = await world.opened(max_seconds=60)
    await world.until(lambda: ENGLISH.warning in world.said)
    visitor.types("Already?")
    await world.until(lambda: world.ended)
    assert world.ended is LiveEnd.MAXIMUM
    assert world.said[-1] == ENGLISH.farewells[LiveEnd.MAXIMUM]
    assert world.avatars.session().billed_seconds(0) <= 60
    assert world.session.charged == world.session.price_per_minute
    assert world.findings == []


@pytest.mark.full
async def test_liveavatar_ends_it(world: LiveWorld) -> None:
    visitor = await world.opened()
    world.avatars.end_session(reason="NO_CREDITS")
    await world.until(lambda: world.ended)
    assert world.ended is LiveEnd.PROVIDER
    assert "provider" in visitor.page.notices


@pytest.mark.full
async def test_a_process_that_stops_says_so(world: LiveWorld) -> None:
    visitor = await world.opened()
    draining = asyncio.create_task(world.desk.drain(20.0))
    await world.until(lambda: draining.done())
    assert world.ended is LiveEnd.DRAINED
    assert world.said[-1] == ENGLISH.farewells[LiveEnd.DRAINED]
    assert world.utterances[-1].outcome == "ended"
    late = world.visit("live_2")
    await world.until(lambda: late.page.closed, still=True)
    assert late.page.closed == (4010, "stopping")
    assert visitor.page.closed == (4000, "the session has ended")


@pytest.mark.full
async def test_a_session_moves_to_another_process_when_its_own_stops(world: LiveWorld) -> None:
    here, there = world.new_desk(), world.new_desk(store=world.store.beside("there"))
    visitor = await world.opened()
    draining = asyncio.create_task(here.drain(20.0, hand_over=True))
    await world.until(lambda: draining.done())
    assert visitor.page.closed == (4010, "the session moves")
    assert (world.ended, world.open_sessions) == (None, 1)
    said = len(world.said)
    back = world.visit(desk=there)
    await world.until(lambda: any(one["type"] == "room" for one in back.page.shown))
    back.types("Are you still there?")
    await world.until(lambda: len(world.said) > said)
    back.ends()
    await world.until(lambda: world.ended)
    assert world.ended is LiveEnd.VISITOR
    assert world.findings == []


# -- afterwards -----------------------------------------------------------------------------------------------------


@pytest.mark.full
async def test_the_summary_stands_on_lines(world: LiveWorld) -> None:
    visitor = await world.opened()
    await visitor.says("Which languages do you know?")
    await world.until(lambda: len(world.said) == 2)
    visitor.types("Please end this session.")
    await world.until(lambda: world.session.summary)
    assert "[2]" in str(world.session.summary)
    assert all(line.startswith("• ") and line.endswith("]") for line in str(world.session.summary).splitlines())


@pytest.mark.full
async def test_lines_come_in_batches_and_all_of_them_before_the_end(world: LiveWorld) -> None:
    visitor = await world.opened()
    for number in range(6):
        visitor.types(f"Number {number}.")
    await world.until(lambda: len(world.lines) >= 7)
    assert world.row.batches[1] >= 6
    visitor.types("And one more thing.")
    world.store.order(CommandKind.END, actor=REQUESTER)
    await world.until(lambda: world.ended)
    assert "And one more thing." in [text for _, text, _ in world.lines]


@pytest.mark.full
async def test_the_times_of_a_turn_are_told(world: LiveWorld) -> None:
    visitor = await world.opened()
    await visitor.says(QUESTION)
    await world.until(lambda: len(world.said) == 2)
    names = [name for session, turn, name, _ in world.marks if (session, turn) == ("live_1", 1)]
    assert names == [
        *("speech_end", "turn_committed", "first_token", "first_fragment", "first_voice_byte", "first_speak_sent")
    ]
    times = [at for *_, at in world.marks]
    assert times == sorted(times)
