"""Crashes, lost leases and a failing model: a turn goes on from its last checkpoint and repeats nothing."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.conversation import HISTORY_TOKENS
from agent.errors import LeaseLost, ModelError
from agent.model import TextDelta
from agent.records import Source, TurnState
from agent.runner import RETRY_CAP, RETRY_WINDOW, Parked, retry_wait
from agent.trimming import total
from tests.support.agent_rows import command, message
from tests.support.agent_stores import Crash
from tests.support.agent_world import World, answered, called, said

BUSY = ModelError("rate_limited", retryable=True)
CUT = ModelError("stream_incomplete", retryable=True)

# -- crashes


@pytest.mark.parametrize(
    ("step", "after", "model_calls", "runs"),
    [
        ("begin_turn", False, 2, 1),
        ("begin_turn", True, 2, 1),
        ("record_model_call", False, 3, 1),
        ("record_model_call", True, 2, 1),
        ("record_outcome", False, 2, 2),
        ("record_outcome", True, 2, 1),
        ("append_outputs", False, 2, 1),
        ("append_outputs", True, 2, 1),
        ("finish_turn", False, 3, 1),
    ],
)
async def test_a_turn_goes_on_from_its_last_checkpoint(
    step: str, after: bool, model_calls: int, runs: int, world: World
) -> None:
    first = [answered(called("a"))] * (2 if (step, after) == ("record_model_call", False) else 1)
    last = [answered(said("Noted."))] * (2 if step == "finish_turn" else 1)
    world.model.steps = [*first, *last]
    world.turns.crash(step, after=after)
    with pytest.raises(Crash):
        await world.run()
    assert await world.run() is None
    assert (world.text, world.tools.runs["a"], len(world.model.requests)) == ("Noted.", runs, model_calls)
    assert len(set(world.tools.keys)) == 1
    world.check_log()


@pytest.mark.parametrize("step", ["begin_turn", "record_outcome", "append_outputs", "finish_turn"])
async def test_a_command_goes_on_from_its_last_checkpoint(step: str, world: World) -> None:
    world.turns.crash(step)
    row = command("work", {"word": "x"})
    with pytest.raises(Crash):
        await world.run(row)
    await world.run(row)
    assert world.text == '{"word": "x"}'
    world.check_log()


async def test_of_parallel_calls_only_the_unfinished_one_runs_again(world: World) -> None:
    world.model.steps = [answered(called("a"), called("b", "raise", word="b")), answered(said("Noted."))]
    world.tools.error, world.tools.gate = ZeroDivisionError(), asyncio.Event()
    world.turns.on("record_outcome", world.tools.gate.set, after=True)
    with pytest.raises(ZeroDivisionError):
        await world.run()
    world.tools.error = None
    await world.run()
    assert dict(world.tools.runs) == {"a": 1, "b": 2}
    assert [output["word"] for output in world.outputs()] == ["a", "b"]
    world.check_log()


async def test_a_stored_answer_is_not_asked_for_again(world: World) -> None:
    world.turns.crash("begin_turn", after=True)
    with pytest.raises(Crash):
        await world.run()
    world.turns.add(Source.MODEL, said("Stored."), "turn_row1")
    await world.run()
    assert (world.text, world.state) == ("Stored.", TurnState.DONE)


# -- lost leases


@pytest.mark.parametrize("step", ["begin_turn", "record_model_call", "record_outcome", "append_outputs", "finish_turn"])
async def test_a_lost_lease_stops_without_another_effect(step: str, world: World) -> None:
    world.model.steps = [answered(called("a")), answered(said("Noted."))]
    world.turns.on(step, world.turns.take_over)
    with pytest.raises(LeaseLost):
        await world.run()
    assert not world.turns.replies
    assert all("settle" not in dict(reply.done) for reply in world.replies.opened)
    world.model.steps = []


async def test_a_lost_lease_outweighs_another_failure(world: World) -> None:
    """Both calls are stopped; the one that matters to the caller is raised."""
    world.model.steps = [answered(called("a", "raise"), called("b", "raise"))]
    world.tools.error = ZeroDivisionError()

    def lose(word: str) -> None:
        if word == "b":
            raise LeaseLost("intend")

    world.tools.hook = lose
    with pytest.raises(LeaseLost):
        await world.run()


async def test_a_tool_that_loses_the_lease_stops_the_turn(world: World) -> None:
    world.model.steps = [answered(called("a", "raise"))]
    world.tools.error = LeaseLost("intend")
    with pytest.raises(LeaseLost):
        await world.run()
    assert not world.outputs()


# -- the model fails


async def test_a_failing_model_parks_the_turn(world: World) -> None:
    world.model.steps = [[BUSY], answered(said("Hello."))]
    parked = await world.run()
    assert isinstance(parked, Parked)
    assert 0.5 <= parked.not_before - world.clock.now() <= 2.0
    assert not world.turns.replies
    world.clock.advance(2.0)
    assert await world.run() is None
    assert world.text == "Hello."


async def test_a_parked_turn_stays_parked_until_its_time(world: World) -> None:
    world.model.steps = [[BUSY]]
    parked = await world.run()
    assert await world.run() == parked
    assert len(world.model.requests) == 1


async def test_the_server_says_how_long(world: World) -> None:
    world.model.steps = [[ModelError("rate_limited", retryable=True, retry_after=42.0)]]
    assert await world.run() == Parked(world.clock.now() + 42.0)


async def test_attempts_are_bounded_and_end_with_a_sentence(world: World) -> None:
    world.model.steps = [[BUSY]] * 3
    while await world.run():
        world.clock.advance(60)
    assert (world.state, world.error) == (TurnState.FAILED, "rate_limited")
    assert world.text.endswith("(reference turn_row1)")


async def test_an_old_turn_is_not_tried_again(world: World) -> None:
    world.model.steps = [[BUSY], [BUSY]]
    await world.run()
    world.clock.advance(RETRY_WINDOW)
    assert await world.run() is None
    assert world.error == "rate_limited"


async def test_what_cannot_get_better_is_not_tried_again(world: World) -> None:
    world.model.steps = [[ModelError("quota", retryable=False)]]
    assert await world.run() is None
    assert (world.state, "credit" in world.text) == (TurnState.FAILED, True)


async def test_a_failure_after_a_tool_call_repeats_no_tool(world: World) -> None:
    world.model.steps = [answered(called("a")), [BUSY], answered(said("Noted."))]
    await world.run()
    world.clock.advance(2)
    await world.run()
    assert (world.tools.runs["a"], world.text) == (1, "Noted.")


@pytest.mark.parametrize("step", [[TextDelta("Half an. ", final=True)], [TextDelta("Half an. ", final=True), CUT]])
async def test_a_cut_stream_is_void_and_repeated(step: list[TextDelta | Exception], world: World) -> None:
    world.model.steps = [step, answered(said("A whole answer."))]
    assert isinstance(await world.run(), Parked)
    assert [kind for kind, _ in world.reply.done if kind != "status"] == ["append", "restart"]
    world.clock.advance(2)
    await world.run()
    assert world.text == "A whole answer."


async def test_calls_of_a_cut_stream_never_run(world: World) -> None:
    world.model.steps = [[CUT], answered(said("Hello."))]
    await world.run()
    assert not world.tools.runs
    world.clock.advance(2)
    await world.run()


async def test_too_long_a_history_is_cut_shorter_once(world: World) -> None:
    for number in range(40):
        world.turns.add(Source.USER, said("x" * 5_000), f"old{number}")
    too_long = ModelError("context_length", retryable=False)
    world.model.steps = [[too_long], answered(said("Hello."))]
    assert await world.run() is None
    first, second = (total(asked.input) for asked in world.model.requests)
    assert HISTORY_TOKENS // 3 < first < HISTORY_TOKENS + 1_000
    assert second < HISTORY_TOKENS // 3 + 1_000
    assert world.text == "Hello."


async def test_a_history_that_is_too_long_even_then_ends_the_turn(world: World) -> None:
    world.model.steps = [[ModelError("context_length", retryable=False)]] * 2
    assert await world.run() is None
    assert (world.state, "start a new one" in world.text) == (TurnState.FAILED, True)


async def test_a_lost_lease_while_parking_raises(world: World) -> None:
    world.model.steps = [[BUSY]]
    world.turns.on("defer_turn", world.turns.take_over)
    with pytest.raises(LeaseLost):
        await world.run(message("go"))


@given(st.integers(1, 50), st.none() | st.floats(0, 1e6))
def test_waits_are_within_bounds(attempt: int, asked: float | None) -> None:
    wait = retry_wait(attempt, asked)
    assert 0.5 <= wait <= RETRY_CAP if asked is None else wait == min(asked, RETRY_WINDOW)
