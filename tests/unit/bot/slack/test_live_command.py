"""`/heygen live`: offering a session in a thread of its own, and ending one's own."""

from __future__ import annotations

import pytest

from agent.live.records import CommandKind, LiveEnd, LiveState
from bot.slack.live_command import NOTHING_OPEN, LiveCommand, go_live
from bot.slack.router import Interaction
from bot.slack.router import parse as read
from bot.store import Store
from tests.support import live_rows
from tests.support.live_rows import REQUESTER
from tests.support.store_steps import WORKSPACE
from tests.unit.bot.slack.memory import Wakes


def interaction(user: str = REQUESTER, channel: str = "C1") -> Interaction:
    body = {"command": "/heygen", "text": "live", "user_id": user, "channel_id": channel, "team_id": WORKSPACE}
    return read("command", body | {"trigger_id": "t"})


@pytest.fixture
def command(store: Store, wakes: Wakes) -> LiveCommand:
    return LiveCommand(live=store.live, kick=wakes)


async def end(command: LiveCommand, user: str = REQUESTER) -> str:
    return (await command.end(interaction(user))).text or ""


@pytest.mark.parametrize(("channel", "kind"), [("C1", "channel"), ("D1", "im")])
def test_an_offer_opens_a_conversation_whose_root_is_to_be_posted(channel: str, kind: str) -> None:
    answer = go_live(interaction(channel=channel), "my <intro> has no sound")
    event = answer.event
    assert event is not None
    assert (event.kind, event.opens, event.thread_ts, event.channel_type) == ("command", True, None, kind)
    assert event.payload == {
        "name": "start_live_avatar",
        "arguments": {},
        "user": REQUESTER,
        "text": "/heygen live my <intro> has no sound",
    }
    assert "my &lt;intro&gt; has no sound" in str(answer.text)


def test_an_offer_needs_no_reason() -> None:
    event = go_live(interaction(), "").event
    assert event is not None
    assert event.payload["text"] == "/heygen live"


async def test_without_a_session_there_is_nothing_to_end(command: LiveCommand) -> None:
    assert await end(command) == NOTHING_OPEN


async def test_an_offer_is_withdrawn(command: LiveCommand, store: Store) -> None:
    session = await live_rows.offer(store)
    assert await end(command) == "The offer is withdrawn. Nothing was billed."
    assert (await store.live.session(session.id)).end is LiveEnd.DECLINED
    assert await end(command) == NOTHING_OPEN


async def test_what_runs_is_told_to_end_once(command: LiveCommand, store: Store, wakes: Wakes) -> None:
    lease = await live_rows.running(store)
    for _ in range(2):
        assert "is being ended" in await end(command)
    assert [(one.kind, one.actor) for one in await store.live.commands(lease)] == [(CommandKind.END, REQUESTER)]
    assert wakes.count == 2


async def test_nobody_elses_session_is_touched(command: LiveCommand, store: Store) -> None:
    lease = await live_rows.running(store)
    other = await live_rows.offer(store, "Ev2")
    assert await end(command, "UBOB") == NOTHING_OPEN
    assert await store.live.commands(lease) == []
    assert (await store.live.session(other.id)).state is LiveState.OFFERED
