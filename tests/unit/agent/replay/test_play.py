"""A turn that was recorded is played again: the same where the code is the same, and told where it is not."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable

import pytest

from agent.errors import ModelError
from agent.records import Interruption, Json, TurnState
from agent.replay.journal import Called, Entry, Journal, JournalError, PlayedTurn, from_json, to_json
from agent.replay.play import Result, play, same
from agent.toolbox import Arguments, Effect, Toolbox, ToolSpec
from agent.turn import Bounds
from tests.support.agent_rows import message
from tests.support.agent_world import BOUNDS, Tools, World, answered, called, said

WORDS = "The word was found."


def journal_of(world: World, *, words: bool = True) -> Journal:
    """What the rows of a world hold, written down."""
    turns = []
    for turn in world.turns.turns.values():
        outcomes = world.turns._outcomes.get(turn.id, {})
        names = {item.body["call_id"]: item.body["name"] for item in world.turns.log if "name" in item.body}
        turns.append(
            PlayedTurn(
                id=turn.id,
                origin=turn.origin,
                requester=turn.requester,
                state=turn.state,
                error=turn.error,
                created_at=turn.created_at,
                tainted=turn.tainted,
                calls=tuple(world.turns.calls),
                tools=tuple(Called(call_id, names[call_id], body) for call_id, body in outcomes.items()),
                reply=next((text for turn_id, text in world.turns.replies if turn_id == turn.id), None),
            )
        )
    log = [Entry(item.seq, item.turn_id, item.source, world.clock.now(), item.body) for item in world.turns.log]
    return Journal("C1", "W1", words, tuple(turns), tuple(log), made_by="then")


async def played(world: World, toolbox: Toolbox | None = None, *, words: bool = True) -> Result:
    """The one turn of a world, played from its journal as it would be from a file."""
    kept = from_json(json.loads(json.dumps(to_json(journal_of(world, words=words)))))
    (result,) = await play(kept, toolbox or Tools().toolbox(), bounds=BOUNDS)
    return result


async def asked_and_answered(world: World, *calls: Json) -> None:
    """A turn with these calls and an answer."""
    world.model.steps = [answered(*(calls or (called("a"),))), answered(said(WORDS))]
    await world.run()
    assert world.state is TurnState.DONE


async def test_the_same_code_does_the_same(world: World) -> None:
    await asked_and_answered(world, called("a"), called("b", "fail"))
    result = await played(world)
    assert (result.differences, result.note) == ((), "")
    assert [step.sentence.split(" (")[0] for step in result.steps] == [
        "model: calls work, calls fail",
        "tools: work → value, fail → try_again nope",
        f"model: a message of {len(WORDS)} characters",
        "end: done, with a reply",
    ]
    assert "tools" in result.steps[0].note


async def test_nothing_is_carried_out_when_it_is_played(world: World) -> None:
    await asked_and_answered(world)
    tools = Tools()
    await played(world, tools.toolbox())
    assert not tools.runs


async def fails_for_want_of_credit(world: World) -> None:
    world.model.steps = [answered(called("a")), [ModelError("quota", retryable=False)]]
    await world.run()


async def takes_too_many_steps(world: World) -> None:
    world.model.steps = [answered(called(name)) for name in "abcd"]
    await world.run()


async def is_stopped(world: World) -> None:
    world.model.steps = [answered(called("a"), called("b"))]
    world.turns.on("append_outputs", lambda: world.turns.interrupt(Interruption.STOPPED), after=True)
    await world.run()


async def is_stopped_before_it_says_anything(world: World) -> None:
    world.model.steps = [answered(called("a"))]
    world.turns.on("record_model_call", lambda: world.turns.interrupt(Interruption.EDITED), after=True)
    await world.run()


async def is_a_command(world: World) -> None:
    payload = {"user": "U1", "text": "/heygen x", "name": "work", "arguments": {"word": "x"}}
    await world.run(dataclasses.replace(message("go"), kind="command", payload=payload))


@pytest.mark.parametrize(
    ("happens", "end"),
    [
        (fails_for_want_of_credit, "end: failed, quota, with a reply"),
        (takes_too_many_steps, "end: failed, too_many_steps, with a reply"),
        (is_stopped, "end: cancelled, stopped, without a reply"),
        (is_stopped_before_it_says_anything, "end: cancelled, edited, without a reply"),
        (is_a_command, "end: done, with a reply"),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
async def test_every_end_is_played(world: World, happens: Callable[[World], object], end: str) -> None:
    await happens(world)  # type: ignore[misc]
    result = await played(world)
    assert result.differences == ()
    assert result.steps[-1].sentence == end


async def test_a_fault_of_ours_is_not_played_and_said_to_be_so(world: World) -> None:
    world.model.steps = [answered(called("a"))]
    world.turns.crash("append_outputs")
    with pytest.raises(Exception, match="append_outputs"):
        await world.run()
    await world.runner.abandon(world.turns.lease(), message("go"))
    assert world.error == "internal"
    result = await played(world)
    assert result.differences == ()
    assert "internal" in result.note


# -- other code


def tools_but(**changed: object) -> Toolbox:
    """Today's tools, with `work` another than it was; None: there is none any more."""
    specs = [spec for spec in Tools().specs() if spec.name != "work"]
    work = next(spec for spec in Tools().specs() if spec.name == "work")
    return Toolbox(specs if changed.get("gone") else [*specs, dataclasses.replace(work, **changed)])  # type: ignore[arg-type]


class Number(Arguments):
    """Other arguments than they were."""

    number: int


async def test_a_tool_that_is_gone(world: World) -> None:
    await asked_and_answered(world)
    result = await played(world, tools_but(gone=True))
    (first, *_) = result.differences
    assert (first.what, first.then) == ("step 2", "tools: work → value")
    assert first.now == "tools: work → failed unknown_tool"


async def test_arguments_that_are_not_taken_any_more(world: World) -> None:
    await asked_and_answered(world)
    result = await played(world, tools_but(arguments=Number))
    assert "work → try_again invalid_arguments" in result.differences[0].now


async def test_what_was_refused_and_would_be_carried_out(world: World) -> None:
    await asked_and_answered(world, called("a", "juggle", word="x"))
    specs = [
        *Tools().specs(),
        ToolSpec("juggle", "To juggle.", Tools().specs()[0].arguments, Effect.READ, Tools().work),
    ]
    result = await played(world, Toolbox(specs))
    assert not same([result])
    assert "carries out juggle, which was refused then (unknown_tool)" in result.differences[0].now


async def test_a_step_more(world: World) -> None:
    await takes_too_many_steps(world)
    (result,) = await play(journal_of(world), Tools().toolbox(), bounds=Bounds(model_calls=30))
    assert [(each.then, each.now) for each in result.differences] == [
        ("tools: work → not carried out", "carries out work")
    ]


async def test_a_step_less(world: World) -> None:
    await asked_and_answered(world)
    (result,) = await play(journal_of(world), Tools().toolbox(), bounds=Bounds(model_calls=0))
    assert result.differences[0].now.startswith("tools: work → not carried out")


async def test_code_that_fails_is_told(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await asked_and_answered(world)

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("agent.runner.facts_block", broken)
    (difference,) = (await played(world)).differences
    assert (difference.what, difference.now) == ("step 1", "fails with ZeroDivisionError")


async def test_another_reply_is_told_where_there_are_words_to_compare(world: World) -> None:
    await asked_and_answered(world)
    ((turn_id, text),) = world.turns.replies
    world.turns.replies = [(turn_id, f"{text} And more.")]
    (difference,) = (await played(world)).differences
    assert (difference.what, difference.words) == ("step 4, end", True)
    assert (difference.then, difference.now) == (f"{WORDS} And more.", WORDS)
    assert (await played(world, words=False)).differences == ()


# -- files


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ([], "not a journal"),
        ({"turns": []}, "not a journal"),
        ({"conversation_id": "c", "turns": [], "version": 2}, "of version 2"),
        ({"conversation_id": "c", "turns": [], "version": 1}, "cannot be read"),
    ],
)
def test_what_is_no_journal_says_why(data: object, why: str) -> None:
    with pytest.raises(JournalError, match=why):
        from_json(data)
