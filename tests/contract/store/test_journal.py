"""A conversation's journal holds what its rows do, on both databases, and can be played."""

from __future__ import annotations

import sqlalchemy as sa

from agent.conversation import function_call, user_message
from agent.records import JobState, ModelCall, Source, TurnState
from agent.replay.journal import Called
from agent.replay.play import play, same
from agent.tool_calls import Failed, output_item, to_checkpoint
from agent.toolbox import Toolbox
from bot.store import Store
from bot.store.journal import journal_of, links_of, newest_conversations
from bot.store.origins import Origin, origins_in
from bot.store.overview import Filter, Kind
from bot.store.schema import turn
from tests.support.store_steps import PERSON, end_jobs, open_turn, run_jobs

CALL = ModelCall("m", "resp", "req", 10, 5, 0)
UNKNOWN = Failed("unknown_tool", "There is no tool 'dance'.", "The tools are: .")


async def test_a_journal_is_the_conversations_rows_and_can_be_played(store: Store) -> None:
    lease, begun_turn = await open_turn(store)
    call, answer = function_call("call_1", "dance", {}), {"type": "message", "role": "assistant"}
    said = answer | {"content": [{"type": "output_text", "text": "I cannot dance."}]}
    await store.turns.record_model_call(lease, begun_turn.id, [call], CALL)
    outcome = to_checkpoint(UNKNOWN)
    await store.turns.record_outcome(lease, begun_turn.id, call_id="call_1", name="dance", outcome=outcome)
    await store.turns.append_outputs(lease, begun_turn.id, [output_item("call_1", UNKNOWN)])
    end = {"state": TurnState.DONE, "reply": "I cannot dance.", "items": [(Source.MODEL, said)], "call": CALL}
    await store.turns.finish_turn(lease, begun_turn.id, **end)  # type: ignore[arg-type]  # by their names
    journal = await journal_of(store.database, begun_turn.conversation_id, "now")
    (played,) = journal.turns
    assert (played.id, played.state, played.reply, played.requester) == (
        begun_turn.id,
        "done",
        "I cannot dance.",
        PERSON,
    )
    assert played.tools == (Called("call_1", "dance", outcome),)
    assert [one.model for one in played.calls] == ["m", "m"]
    assert [entry.body for entry in journal.log][-3:] == [call, output_item("call_1", UNKNOWN), said]
    assert journal.log[0].body == user_message("Hello")
    results = await play(journal, Toolbox([]))
    assert same(results), results


async def test_jobs_and_links_are_in_it_and_conversations_are_found_newest_first(store: Store) -> None:
    _, other = await open_turn(store, "Ev0", thread_ts="0.5")
    await begun(store, other.id, at=1.0)
    (made,) = await run_jobs(store, "German")
    await end_jobs(store, [JobState.SUCCEEDED])
    found = await newest_conversations(store.database, None, 10)
    assert found == [made.conversation_id, other.conversation_id]
    assert await newest_conversations(store.database, "nobody", 10) == []
    journal = await journal_of(store.database, found[0], "now")
    (job,) = journal.jobs
    assert (job.label, job.state, job.linked) == ("German", JobState.SUCCEEDED, True)
    assert list((await links_of(store.database, found[0])).values()) == [job.handle]


async def begun(store: Store, turn_id: str, at: float) -> None:
    """The turn began then."""
    async with store.database.transaction("test.begun") as connection:
        await connection.execute(sa.update(turn).where(turn.c.id == turn_id).values(created_at=at))


async def test_a_post_knows_which_turn_it_has_come_from(store: Store) -> None:
    await run_jobs(store, "German")
    find = origins_in(store.database)
    (turn_id,) = [row["id"] for row in await rows(store, "turn")]
    (submission,) = await rows(store, "submission")
    (job,) = await rows(store, "job")
    tool = Origin(turn_id, f"tool:{turn_id}:{submission['call_id']}")
    assert await find(submission["id"]) == await find(job["id"]) == tool
    assert await find(turn_id) == Origin(turn_id, f"event:{turn_id}")
    assert await find("live_1") is None


async def rows(store: Store, kind: str) -> list[dict[str, str]]:
    """All rows of a kind."""
    return await store.overview.list(Kind(kind), Filter())
