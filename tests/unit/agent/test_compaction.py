"""A long thread is summed up once for each budget's worth of it, and a summary that fails costs nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from agent.compaction import LONGEST, Digest, Digested, Summaries, boundary
from agent.conversation import message_text, user_message
from agent.errors import ModelError
from agent.model import Completed
from agent.recall import Recall
from agent.records import Item, Lease, ModelCall, Source, TurnRecord, TurnState
from agent.trimming import total
from tests.support.agent_fakes import ScriptedModel
from tests.support.agent_rows import message
from tests.support.agent_world import World
from tests.unit.agent.test_conversation import answer, log

BUDGET = 4_000
CALL = ModelCall("m", "resp", None, 10, 5, 0)


class FakeDigests:
    """Rows in memory."""

    def __init__(self) -> None:
        self.rows: dict[int, str] = {}

    async def digested(self, conversation_id: str) -> Digested:
        made = [Digest(through, text) for through, text in sorted(self.rows.items()) if text]
        return Digested(made[-1] if made else None, max(self.rows, default=0))

    async def begin(self, lease: Lease, through: int) -> bool:
        new = through not in self.rows
        self.rows.setdefault(through, "")
        return new

    async def finish(self, lease: Lease, turn_id: str, digest: Digest, call: ModelCall) -> None:
        self.rows[digest.through] = digest.text


def thread(turns: int, size: int = 1_500) -> list[Item]:
    """Questions and answers of about `size` characters together."""
    entries = []
    for number in range(turns):
        entries.append((f"t{number}", Source.USER, user_message(f"question {number} {'q' * (size // 2)}")))
        entries.append((f"t{number}", Source.MODEL, answer("a" * (size // 2))))
    return log(*entries)


def summary(text: str) -> list[Any]:
    """A step of the scripted model."""
    return [Completed((answer(text),), CALL)]


def test_a_summary_is_due_once_more_than_the_budget_has_come() -> None:
    items = thread(20)
    assert boundary(items[:12], 0, BUDGET) is None
    through = boundary(items, 0, BUDGET)
    assert through
    rest = [item for item in items if item.seq > through]
    assert rest[0].source is Source.USER
    assert total(item.body for item in rest) <= BUDGET // 2
    assert boundary(items, through, BUDGET) is None


def test_the_newest_turn_is_never_summed_up() -> None:
    assert boundary(thread(1, size=100_000), 0, BUDGET) is None
    assert boundary(thread(2, size=100_000), 0, BUDGET) == 2


@pytest.fixture
def long(world: World) -> World:
    """A thread that has grown beyond the budget."""
    for number in range(20):
        world.turns.add(Source.USER, user_message(f"question {number} {'q' * 1_500}"), f"old{number}")
    return world


def recalled(world: World, model: ScriptedModel, digests: FakeDigests) -> World:
    summaries = Summaries(model=model, digests=digests, budget=BUDGET)
    world.recall = Recall(budget=BUDGET, compaction=summaries)
    return world


async def test_the_summary_stands_in_front_and_is_made_once(long: World) -> None:
    small, digests = ScriptedModel(), FakeDigests()
    small.steps = [summary("They wanted French.")]
    world = recalled(long, small, digests)
    world.model.steps = [[Completed((answer("one"),), CALL)], [Completed((answer("two"),), CALL)]]
    await world.run(message("go"))
    await world.run(message("and?", "row2"))
    assert len(small.requests) == 1
    first, second = (list(asked.input) for asked in world.model.requests)
    assert "They wanted French." in message_text(first[0])
    assert first[0] == second[0]
    assert first[0]["role"] == "user"
    assert total(first[:-1]) <= BUDGET
    assert "question 19" in json.dumps(first)
    assert "question 1 " not in json.dumps(first)
    told = json.loads(message_text(small.requests[0].input[0]))
    assert "question 1 " in told["conversation"]
    assert small.requests[0].tools == ()


@pytest.mark.parametrize(
    "step", [[ModelError("server", retryable=True)], [ModelError("quota", retryable=False)], summary("  ")], ids=str
)
async def test_a_summary_that_fails_is_not_tried_again_and_the_oldest_turns_go(step: Any, long: World) -> None:
    small, digests = ScriptedModel(), FakeDigests()
    small.steps = [step]
    world = recalled(long, small, digests)
    world.model.steps = [[Completed((answer("one"),), CALL)], [Completed((answer("two"),), CALL)]]
    await world.run(message("go"))
    await world.run(message("and?", "row2"))
    assert len(small.requests) == 1
    told = list(world.model.requests[-1].input)
    assert total(told[:-1]) <= BUDGET
    assert "question 19" in json.dumps(told)
    assert {turn.state for turn in world.turns.turns.values()} == {TurnState.DONE}


async def test_the_next_summary_goes_on_from_the_last() -> None:
    model, digests = ScriptedModel(), FakeDigests()
    model.steps = [summary("First."), summary("x" * 50_000)]
    summaries = Summaries(model=model, digests=digests, budget=BUDGET)
    turn = TurnRecord("t1", "W1", "C1", "row1", "message", "U1", None, TurnState.RUNNING, 0.0)
    items, lease = thread(40), Lease("C1", "w", 1)
    first = await summaries.digest(lease, turn, items[:30], "person")
    again = await summaries.digest(lease, turn, items[:30], "person")
    second = await summaries.digest(lease, turn, items, "person")
    assert first
    assert second
    assert first == again == Digest(first.through, "First.")
    assert second.through > first.through
    assert len(second.text) <= min(LONGEST, BUDGET // 4)
    told = json.loads(message_text(model.requests[1].input[0]))
    assert told["summed_up_so_far"] == "First."
    assert "question 0 " not in told["conversation"]
