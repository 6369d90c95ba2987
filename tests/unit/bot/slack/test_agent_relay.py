"""Which messages in a thread are answers for a video agent, and what is pressed under its questions."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from agent.records import InboxRow, JobState
from agent.rights import Role
from bot.slack.agent_actions import NOT_ASKED, PASSED_ON, UNKNOWN, AgentActions
from bot.slack.agent_posts import ANSWER, APPROVE, STOP, value_of
from bot.slack.agent_relay import AgentRelay, Relays
from bot.slack.router import Interaction, parse
from bot.store import Store
from bot.store.schema import delivery
from tests.support.agent_sessions import asking
from tests.support.store_steps import PERSON, WORKSPACE
from tests.unit.bot.slack.memory import MemoryRoles, Wakes

OPERATOR = "U7"


def row(conversation_id: str, text: str, user: str = PERSON, name: str = "Ev9", **other: Any) -> InboxRow:
    payload = {"user": user, "text": text, "ts": "9.0", "mentioned": False, "files": [], **other}
    return InboxRow(9, name, conversation_id, WORKSPACE, "message", payload)


def press(name: str, value: str, user: str = PERSON, team: str = WORKSPACE, at: str = "1.0") -> Interaction:
    action = {"type": "button", "action_id": name, "block_id": "b", "value": value, "action_ts": at}
    body = {"user": {"id": user}, "team": {"id": team}, "channel": {"id": "C1"}, "actions": [action]}
    return parse("action", {**body, "container": {"message_ts": "2.0", "thread_ts": "1.0"}, "trigger_id": "t"})


def sent(value: str, text: str | None, user: str = PERSON) -> Interaction:
    state = {"values": {"words": {"words": {"type": "plain_text_input", "value": text}}}}
    view = {"id": "V1", "hash": "h", "callback_id": ANSWER, "state": state, "private_metadata": value}
    body = {"type": "view_submission", "team": {"id": WORKSPACE}, "user": {"id": user}, "view": view}
    return parse("view", body)


@pytest.fixture
def relay(store: Store) -> AgentRelay:
    return AgentRelay(agents=store.agents, cancels=store.cancellations, notices=store.deliveries, kick=Wakes())


@pytest.fixture
def actions(store: Store) -> AgentActions:
    roles = MemoryRoles(**{OPERATOR: {Role.OPERATOR}})
    return AgentActions(agents=store.agents, cancels=store.cancellations, roles=roles, kick=Wakes())


async def waiting(store: Store) -> list[str]:
    """What sessions are to be told."""
    return [answer.text for _, _, _, answers in await store.agents.claim_due(9) for answer in answers]


async def test_the_requesters_reply_is_the_answer_once(store: Store, relay: AgentRelay) -> None:
    session = await asking(store)
    reply = row(session.conversation_id, " For customers ")
    assert await relay.take(reply)
    assert await relay.take(reply)  # after a crash
    assert not await relay.take(row(session.conversation_id, "And more", name="Ev10"))  # it asks no more: for us
    assert await waiting(store) == ["For customers"]


@pytest.mark.parametrize("other", [{"user": "U2"}, {"mentioned": True}])
async def test_others_and_those_who_mention_us_are_not_passed_on(
    store: Store, relay: AgentRelay, other: dict[str, Any]
) -> None:
    session = await asking(store)
    assert not await relay.take(row(session.conversation_id, "Hello", **other))
    assert await store.agents.asking(session.conversation_id) is not None


async def test_without_a_question_a_message_is_for_us(store: Store, relay: AgentRelay) -> None:
    assert not await relay.take(row("nowhere", "Hello"))


async def test_stop_stops(store: Store, relay: AgentRelay) -> None:
    session = await asking(store)
    assert await relay.take(row(session.conversation_id, "Please stop it."))
    assert (await store.jobs.job(session.job_id)).state is JobState.UNWANTED
    assert await waiting(store) == []


@pytest.mark.parametrize(("text", "files"), [("x" * 10_001, []), ("", [{"name": "a.png"}])])
async def test_what_cannot_be_passed_on_is_said(
    store: Store, relay: AgentRelay, text: str, files: list[dict[str, str]]
) -> None:
    session = await asking(store)
    assert await relay.take(row(session.conversation_id, text, files=files))
    assert await store.agents.asking(session.conversation_id) is not None
    async with store.database.reading() as connection:
        bodies = list(await connection.scalars(sa.select(delivery.c.body).where(delivery.c.key.like("agent-%"))))
    assert all("not passed on" in body["text"] for body in bodies)
    assert bodies


async def test_the_first_that_takes_it_has_it(relay: AgentRelay) -> None:
    class Taker:
        taken = 0

        async def take(self, row: InboxRow) -> bool:
            self.taken += 1
            return True

    first, second = Taker(), Taker()
    assert await Relays([first, second]).take(row("c", "Hello"))
    assert (first.taken, second.taken) == (1, 0)
    assert not await Relays([]).take(row("c", "Hello"))


# -- presses ---------------------------------------------------------------------------------------------------


async def test_yes_is_said_once(store: Store, actions: AgentActions) -> None:
    session = await asking(store)
    value = value_of(session)
    assert (await actions.approve(press(APPROVE, value))).text == PASSED_ON
    assert (await actions.approve(press(APPROVE, value, at="2.0"))).text == NOT_ASKED
    assert len(await waiting(store)) == 1


async def test_a_dialog_is_opened_and_its_words_are_passed_on(store: Store, actions: AgentActions) -> None:
    session = await asking(store)
    value = value_of(session)
    assert (await actions.ask_words(press(ANSWER, value))).open_view is not None
    assert (await actions.words(sent(value, "  "))).errors
    assert (await actions.words(sent(value, "For all"))).text == PASSED_ON
    assert (await actions.words(sent(value, "For none"))).errors
    assert await waiting(store) == ["For all"]


@pytest.mark.parametrize("name", [ANSWER, APPROVE, STOP])
async def test_others_are_told_who_may(store: Store, actions: AgentActions, name: str) -> None:
    session = await asking(store)
    handler = {ANSWER: actions.ask_words, APPROVE: actions.approve, STOP: actions.stop}[name]
    assert f"Only <@{PERSON}>" in str((await handler(press(name, value_of(session), "U2"))).text)
    assert (await handler(press(name, "agent-x:1"))).text == UNKNOWN
    assert (await handler(press(name, "nonsense"))).text == UNKNOWN
    assert (await handler(press(name, value_of(session), team="T2"))).text == UNKNOWN
    assert (await store.jobs.job(session.job_id)).state is JobState.RUNNING


async def test_an_operator_may_stop_it_and_not_answer(store: Store, actions: AgentActions) -> None:
    session = await asking(store)
    assert "Only <@" in str((await actions.approve(press(APPROVE, value_of(session), OPERATOR))).text)
    assert "having HeyGen stop" in str((await actions.stop(press(STOP, value_of(session), OPERATOR))).text)
    assert "being told to stop" in str((await actions.stop(press(STOP, value_of(session), OPERATOR))).text)
