"""What comes by a program's token is one conversation, and its calls are told to it alone."""

from __future__ import annotations

import asyncio
import dataclasses

from agent.conversation import function_call, user_message
from agent.money import Scope
from agent.records import Source, TurnState
from bot.store import Store
from bot.store.inbox import Accepted, NewEvent
from tests.support.store_steps import CHANNEL, PERSON, WORKSPACE


def call(name: str, via: str = "robot", channel: str = CHANNEL) -> NewEvent:
    return NewEvent(
        id=name,
        dedup_key=None,
        workspace_id=WORKSPACE,
        channel_id=channel,
        channel_type="channel",
        thread_ts=None,
        opens=True,
        kind="mcp",
        payload={"name": "list_jobs", "arguments": {}, "user": PERSON, "text": "[called]"},
        via=via,
    )


async def accepted(store: Store, event: NewEvent) -> str:
    found = await store.lanes.accept(event)
    assert isinstance(found, Accepted)
    return found.conversation_id


async def test_first_calls_at_once_share_a_conversation(store: Store) -> None:
    found = await asyncio.gather(*(accepted(store, call(f"mcp-{number}")) for number in range(8)))

    assert len(set(found)) == 1
    assert await accepted(store, call("mcp-x", via="other")) not in found
    assert await store.programs.conversation(WORKSPACE, "robot") == found[0]
    assert await store.programs.conversation("T2", "robot") is None
    assert (await store.programs.waiting(WORKSPACE, "robot"), await store.programs.waiting("T2", "robot")) == (8, 0)


async def test_a_thread_that_is_not_open_yet_is_left_for_another_channel(store: Store) -> None:
    first = await accepted(store, call("mcp-1"))
    assert await accepted(store, call("mcp-2", channel="C9")) != first


async def test_a_call_is_told_to_its_token_alone(store: Store) -> None:
    conversation_id = await accepted(store, call("mcp-1"))
    waiting = await store.programs.call(WORKSPACE, "robot", "mcp-1")
    assert waiting is not None
    assert (waiting.outcome, waiting.over) == (None, False)
    for workspace, name in ((WORKSPACE, "other"), ("T2", "robot")):
        assert await store.programs.call(workspace, name, "mcp-1") is None

    [lease] = await store.lanes.claim(5)
    row = await store.lanes.next_row(lease)
    assert row is not None
    items = ((Source.USER, user_message("[called]")), (Source.COMMAND, function_call("c1", "list_jobs", {})))
    turn = await store.turns.begin_turn(lease, row, origin="mcp", requester=PERSON, items=items)
    assert turn.exact
    await store.turns.record_outcome(lease, turn.id, call_id="c1", name="list_jobs", outcome={"outcome": "value"})
    told = await store.programs.call(WORKSPACE, "robot", "mcp-1")
    assert told is not None
    assert dataclasses.astuple(told) == (turn.id, {"outcome": "value"}, False)
    await store.turns.finish_turn(lease, turn.id, state=TurnState.DONE, reply=None)
    assert await store.programs.waiting(WORKSPACE, "robot") == 0

    scopes = {one.scope for one in await store.ledger.used(WORKSPACE, conversation_id, PERSON)}
    assert Scope.TOKEN in scopes
