"""A turn from its message to its reply: the calls it makes, what people see, and its bounds."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent.answer import final_text
from agent.conversation import developer_message, message_text, user_message
from agent.errors import SourceRefused
from agent.model import TextDelta
from agent.records import JobState, Lease, Source, TurnState
from agent.toolbox import call_key
from heygen import HeyGenError
from tests.support.agent_heygen import SmallHeyGen, refusal
from tests.support.agent_job_store import FakeJobStore
from tests.support.agent_rows import command, message, new_submission
from tests.support.agent_world import World, answered, called, said

# -- what a turn costs


async def test_an_answer_costs_one_model_call(world: World) -> None:
    world.model.steps = [answered(said("Hello."))]
    assert await world.run() is None
    assert (world.state, world.text) == (TurnState.DONE, "Hello.")


async def test_one_tool_call_costs_two_model_calls(world: World) -> None:
    world.model.steps = [answered(called("a")), answered(said("Noted."))]
    await world.run()
    assert (len(world.model.requests), world.text) == (2, "Noted.")
    assert world.outputs() == [{"ok": True, "word": "a"}]


async def test_parallel_calls_cost_no_more(world: World) -> None:
    world.model.steps = [answered(*[called(name) for name in "abcdef"]), answered(said("Noted."))]
    await world.run()
    assert dict(world.tools.runs) == dict.fromkeys("abcdef", 1)
    assert [output["word"] for output in world.outputs()] == list("abcdef")
    world.check_log()


async def test_a_command_makes_no_model_call(world: World) -> None:
    await world.run(command("work", {"word": "x"}))
    assert (world.state, world.text) == (TurnState.DONE, '{"word": "x"}')
    assert not world.model.requests


async def test_a_command_that_fails_says_what_is_wrong_without_the_models_hint(world: World) -> None:
    await world.run(command("fail", {"word": "x"}))
    assert world.text == "That did not work."


async def test_each_call_has_its_own_stable_key(world: World) -> None:
    world.model.steps = [answered(called("a"), called("b")), answered(said("Noted."))]
    await world.run()
    assert sorted(world.tools.keys) == sorted([call_key("turn_row1", "a"), call_key("turn_row1", "b")])


async def test_tokens_and_calls_are_counted(world: World) -> None:
    world.model.steps = [answered(called("a"), tokens=7), answered(said("Noted."), tokens=5)]
    await world.run()
    turn = world.turns.turns["turn_row1"]
    assert (turn.model_calls, turn.tokens) == (2, 12)


# -- what the model is given


async def test_the_model_gets_the_history_and_then_the_facts(world: World) -> None:
    world.turns.add(Source.USER, user_message("before"), "old")
    world.model.steps = [answered(said("Hello."))]
    await world.run(message("now"))
    (asked,) = world.model.requests
    assert [message_text(body) for body in asked.input[:2]] == ["before", "now"]
    assert message_text(asked.input[-1]).startswith("Facts of this moment")


async def test_the_person_is_a_hash_that_differs_by_person(world: World) -> None:
    world.model.steps = [answered(said("Hello.")), answered(said("Hello."))]
    await world.run(message("go", "row1", user="U-ADA"))
    await world.run(message("go", "row2", user="U-BOB"))
    first, second = (asked.person for asked in world.model.requests)
    assert first != second
    assert "U-ADA" not in str(world.model.requests[0])


async def test_the_cache_key_is_the_same_for_all_calls_of_a_workspace(world: World) -> None:
    world.model.steps = [answered(called("a")), answered(said("Noted."))]
    await world.run()
    assert len({asked.cache_key for asked in world.model.requests}) == 1


# -- what people see


async def test_text_is_shown_while_it_comes(world: World) -> None:
    world.model.steps = [answered(said("One. Two."), deltas=("One. ", "Two."))]
    await world.run()
    assert world.reply.texts("append") == ["One. "]
    assert world.reply.done[-1] == ("settle", "One. Two.")


async def test_commentary_is_not_shown(world: World) -> None:
    step = answered(said("Let me see.", "commentary"), said("Noted."))
    world.model.steps = [[TextDelta("Let me see. ", final=False), *step]]
    await world.run()
    assert (world.reply.texts("append"), world.text) == ([], "Noted.")


async def test_what_was_shown_before_a_tool_call_is_void(world: World) -> None:
    world.model.steps = [answered(said("I will. "), called("a"), deltas=("I will. ",)), answered(said("Noted."))]
    await world.run()
    kinds = [kind for kind, _ in world.reply.done if kind != "status"]
    assert (kinds, world.text) == (["append", "restart", "settle"], "Noted.")


async def test_links_the_model_made_up_are_dropped_and_typed_ones_kept(world: World) -> None:
    world.model.steps = [answered(said("See https://typed.example/a or https://made.up/b."))]
    await world.run(message("look at https://typed.example/a"))
    assert "https://typed.example/a" in world.text
    assert "made.up" not in world.text


async def test_the_reply_ends_with_the_true_state_of_open_jobs(world: World, jobs: FakeJobStore) -> None:
    await jobs.intend(Lease("C1", "worker", 1), new_submission("French (France)"))
    jobs.jobs["job1"] = replace(jobs.jobs["job1"], state=JobState.RUNNING)
    world.model.steps = [answered(said("Let us wait for it."))]
    await world.run()
    said_by_model, _, line = world.text.partition("\n\n")
    assert said_by_model == "Let us wait for it."
    assert "J1 French" in line
    assert "running" in line.lower()


async def test_a_finished_job_is_shown_with_our_link(world: World, jobs: FakeJobStore) -> None:
    await jobs.intend(Lease("C1", "worker", 1), new_submission("French (France)"))
    jobs.jobs["job1"] = replace(jobs.jobs["job1"], state=JobState.SUCCEEDED)
    world.model.steps = [answered(said("Here: {{job:J1}}."))]
    await world.run()
    assert "https://green.room/v/J1" in world.text


async def test_an_empty_answer_still_says_something(world: World) -> None:
    world.model.steps = [answered(said(""))]
    await world.run()
    assert world.text == "I have nothing to add."


@pytest.mark.parametrize(
    ("items", "text"),
    [
        ([said("a"), said("b")], "a\n\nb"),
        ([said("hm", "commentary"), said("b")], "b"),
        ([said("hm", "commentary")], "hm"),
        ([{"type": "reasoning"}], ""),
    ],
)
def test_final_text(items: list[dict[str, object]], text: str) -> None:
    assert final_text(items) == text


# -- tool calls that go wrong


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (called("a", "dance"), "unknown_tool"),
        ({**called("a"), "arguments": "{bad"}, "invalid_arguments"),
        (called("a", word="x", extra=1), "invalid_arguments"),
    ],
)
async def test_an_unusable_call_is_answered_without_running_anything(
    call: dict[str, object], code: str, world: World
) -> None:
    world.model.steps = [answered(call), answered(said("Sorry."))]
    await world.run()
    assert [output["error"]["code"] for output in world.outputs()] == [code]
    assert not world.tools.runs


async def test_a_refused_source_is_told_in_its_own_words(world: World) -> None:
    world.tools.error = SourceRefused("private_address", "That link leads into a private network.")
    world.model.steps = [answered(called("a", "raise")), answered(said("Sorry."))]
    await world.run()
    (output,) = world.outputs()
    assert output["error"]["message"] == "That link leads into a private network."


async def test_heygens_failure_is_told_in_a_sentence(world: World, heygen: SmallHeyGen) -> None:
    heygen.fail(".*", refusal(401))
    with pytest.raises(HeyGenError) as raised:
        await heygen.client().get_balance()
    world.tools.error = raised.value
    world.model.steps = [answered(called("a", "raise")), answered(said("Sorry."))]
    await world.run()
    (output,) = world.outputs()
    assert (output["error"]["code"], "API key" in output["error"]["message"]) == ("unauthorized", True)


async def test_a_fault_of_ours_stops_the_attempt_and_keeps_the_turn(world: World) -> None:
    world.tools.error = ZeroDivisionError()
    world.model.steps = [answered(called("a", "raise"))]
    with pytest.raises(ZeroDivisionError):
        await world.run()
    assert (world.state, world.outputs()) == (TurnState.RUNNING, [])


async def test_the_same_call_failing_twice_ends_tool_use(world: World) -> None:
    calls = [answered(called(call_id, "fail", word="same")) for call_id in "ab"]
    world.model.steps = [*calls, answered(said("I give up."))]
    await world.run()
    assert [asked.use_tools for asked in world.model.requests] == [True, True, False]
    assert world.text == "I give up."


# -- bounds


async def test_at_the_bound_one_last_call_is_made_without_tools(world: World) -> None:
    world.model.steps = [*[answered(called(call_id)) for call_id in "abc"], answered(said("That is all."))]
    await world.run()
    assert [asked.use_tools for asked in world.model.requests] == [True, True, True, False]
    assert all(asked.tools == world.model.requests[0].tools for asked in world.model.requests)


async def test_a_model_that_calls_on_is_stopped(world: World) -> None:
    world.model.steps = [answered(called(call_id)) for call_id in "abcd"]
    await world.run()
    assert (world.state, world.error) == (TurnState.FAILED, "too_many_steps")
    assert world.text.endswith("(reference turn_row1)")
    assert world.tools.runs.total() == 3  # the call that came although tools were off is not carried out


async def test_too_many_tokens_end_the_turn(world: World) -> None:
    world.model.steps = [answered(called("a"), tokens=1_001)]
    await world.run()
    assert (world.state, world.error) == (TurnState.FAILED, "too_many_tokens")
    world.check_log()


async def test_a_turn_that_takes_too_long_ends(world: World) -> None:
    world.model.steps = [answered(called("a"))]
    world.tools.hook = lambda _: world.clock.advance(601)
    await world.run()
    assert (world.state, world.error) == (TurnState.FAILED, "too_long")


# -- abandoned


async def test_an_abandoned_turn_ends_with_a_word_and_answered_calls(world: World) -> None:
    world.model.steps = [answered(called("a"))]
    world.turns.crash("record_outcome")
    with pytest.raises(Exception, match="record_outcome"):
        await world.run()
    assert await world.runner.abandon(world.turns.lease(), message("go"))
    assert (world.state, "our side" in world.text) == (TurnState.FAILED, True)
    world.check_log()


async def test_a_row_whose_turn_never_began_is_abandoned_too(world: World) -> None:
    assert await world.runner.abandon(world.turns.lease(), message("go"))
    assert world.state is TurnState.FAILED


async def test_a_row_that_asks_for_nothing_has_no_turn_to_abandon(world: World) -> None:
    row = replace(message("go"), kind="message_deleted")
    assert not await world.runner.abandon(world.turns.lease(), row)


async def test_has_begun(world: World) -> None:
    world.model.steps = [answered(said("Hello."))]
    assert not await world.runner.has_begun(message("go"))
    await world.run()
    assert await world.runner.has_begun(message("go"))


async def test_news_during_a_turn_does_not_disturb_it(world: World) -> None:
    world.model.steps = [answered(called("a")), answered(said("Noted."))]
    world.tools.hook = lambda _: world.turns.add(Source.RUNTIME, developer_message("J1 failed"))
    await world.run()
    kinds = [body["type"] for body in world.model.requests[-1].input]
    assert kinds == ["message", "function_call", "function_call_output", "message", "message"]
