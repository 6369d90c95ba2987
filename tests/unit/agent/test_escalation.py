"""Calling a person, offering an avatar, ending it: with the truth as the answer, and nothing that costs by itself."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.conversation import user_message
from agent.escalation import (
    NO_REASON,
    REASON_LIMIT,
    Escalation,
    LiveTerms,
    live_account_id,
    minutes_left,
    reason_of,
    standing_words,
)
from agent.live.records import CommandKind, LiveEnd, LiveSession, LiveState, NewLiveSession
from agent.records import Source, TurnRecord
from agent.rights import Role
from agent.tool_calls import ADDED, Failed, Outcome, Value
from agent.toolbox import ALL_EFFECTS, READ_ONLY, CallContext, Planned, Toolbox
from tests.support.agent_fakes import FakeBudget, FakeRoles, FakeUsed
from tests.support.agent_rows import message
from tests.support.agent_stores import FakeTurnStore

PRICE = 120_000
TERMS = LiveTerms(
    price_per_minute=PRICE,
    max_minutes=15,
    auto_approve_max=10_000_000,
    call_seconds=60,
    offer_seconds=900,
)


class Door:
    """`agent.escalation.LiveDoor` for one conversation."""

    def __init__(self) -> None:
        self.session: LiveSession | None = None
        self.opened: list[NewLiveSession] = []
        self.commands: list[tuple[CommandKind, str, str]] = []

    async def open(self, new: NewLiveSession) -> LiveSession:
        self.opened.append(new)
        fields = {field.name: getattr(new, field.name) for field in dataclasses.fields(new)}
        call_seconds = fields.pop("call_seconds")
        state = LiveState.OFFERED if call_seconds is None else LiveState.CALLING
        call_until = None if call_seconds is None else 1_000.0 + call_seconds
        more = {"id": "live_1", "handle": "L1", "state": state, "created_at": 1_000.0, "call_until": call_until}
        self.session = LiveSession(**fields, **more)
        return self.session

    async def open_session(self, conversation_id: str) -> LiveSession | None:
        return self.session

    async def decline(self, session_id: str, actor: str) -> None:
        assert self.session is not None
        ended = {"state": LiveState.ENDED, "end": LiveEnd.DECLINED, "ended_by": actor}
        self.session = dataclasses.replace(self.session, **ended)

    async def command(
        self, session_id: str, kind: CommandKind, *, actor: str, text: str, message_ts: str | None, key: str
    ) -> bool:
        self.commands.append((kind, actor, key))
        return True

    def become(self, state: LiveState) -> None:
        assert self.session is not None
        self.session = dataclasses.replace(self.session, state=state)


class Desk:
    """The tools with everything around them. `call` makes one call as a turn of `user` would."""

    def __init__(self, turns: FakeTurnStore) -> None:
        self.turns, self.door, self.roles, self.budget = turns, Door(), FakeRoles(), FakeBudget()
        self.operators = False
        self.terms = TERMS
        self.account: str | None = live_account_id("W1")
        self.kicks = 0

    async def current(self, workspace_id: str) -> str | None:
        """Which LiveAvatar account the workspace has."""
        return self.account

    def kick(self) -> None:
        self.kicks += 1

    @property
    def toolbox(self) -> Toolbox:
        escalation = Escalation(
            turns=self.turns,
            live=self.door,
            budget=self.budget,
            roles=self.roles,
            terms=self.terms,
            accounts=self,
            called=lambda _: self.operators,
            kick=self.kick,
        )
        return Toolbox(escalation.tools())

    async def turn(self, said: str, user: str = "U1", tainted: bool = False) -> TurnRecord:
        row = message(said, f"row-{user}", user=user)
        items = [(Source.USER, user_message(said))]
        return await self.turns.begin_turn(
            self.turns.lease(), row, origin="message", requester=user, items=items, tainted=tainted
        )

    async def call(
        self, name: str, user: str = "U1", tainted: bool = False, said: str = "get me a person", key: str = "gr-1"
    ) -> Outcome:
        plan = self.toolbox.plan(name, "{}")
        assert isinstance(plan, Planned)
        context = CallContext(self.turns.lease(), await self.turn(said, user, tainted), "call_1", key)
        return await plan.spec.run(context, plan.arguments)

    async def added(self, name: str, **options: Any) -> str:
        outcome = await self.call(name, **options)
        assert isinstance(outcome, Value), outcome
        return str(outcome.data[ADDED])

    async def failed(self, name: str, **options: Any) -> Failed:
        outcome = await self.call(name, **options)
        assert isinstance(outcome, Failed), outcome
        return outcome


@pytest.fixture
def desk(turns: FakeTurnStore) -> Desk:
    return Desk(turns)


def test_what_no_person_asked_for_has_none_of_these_tools(desk: Desk) -> None:
    assert desk.toolbox.definitions(READ_ONLY) == []
    names = {tool["name"] for tool in desk.toolbox.definitions(ALL_EFFECTS)}
    assert names == {"ask_for_human", "start_live_avatar", "end_live_avatar"}


# -- asking for a person


async def test_operators_are_called_first(desk: Desk) -> None:
    desk.operators = True
    said = await desk.added("ask_for_human")
    assert said == "I have called the team. If nobody takes this within 60 s, I offer a live avatar here."
    (new,) = desk.door.opened
    assert (new.call_seconds, new.offer_seconds, new.account_id) == (60, 900, live_account_id("W1"))
    assert desk.kicks == 1


async def test_without_operators_the_avatar_is_offered_at_once(desk: Desk) -> None:
    said = await desk.added("ask_for_human")
    assert "$0.12 a minute, at most 15 min, so at most $1.80" in said
    assert "Nothing is billed until you join." in said
    assert desk.door.opened[0].call_seconds is None


async def test_operators_can_be_called_where_there_is_no_avatar(desk: Desk) -> None:
    desk.operators, desk.account = True, None
    assert "the card here says so" in await desk.added("ask_for_human")
    assert (desk.door.opened[0].max_seconds, desk.door.opened[0].offer_seconds) == (0, 0.0)


async def test_without_operators_and_avatar_nothing_is_opened(desk: Desk) -> None:
    desk.account = None
    assert "nobody is appointed" in (await desk.failed("ask_for_human")).message
    assert desk.door.opened == []


async def test_after_reading_what_others_wrote_an_approver_looks_first(desk: Desk) -> None:
    assert "has to approve it first" in await desk.added("ask_for_human", tainted=True)
    assert desk.door.opened[0].needs_approval


async def test_the_reason_is_what_the_person_wrote_and_not_what_they_quoted(desk: Desk) -> None:
    await desk.call("ask_for_human", said="> refund everybody\nmy video is <broken> https://example.com/x")
    assert desk.door.opened[0].reason == "my video is broken"


# -- offering the avatar


async def test_the_avatar_is_offered_although_there_are_operators(desk: Desk) -> None:
    desk.operators = True
    assert "is offered" in await desk.added("start_live_avatar")
    assert desk.door.opened[0].call_seconds is None


async def test_without_an_avatar_the_person_hears_of_the_team(desk: Desk) -> None:
    desk.operators, desk.account = True, None
    outcome = await desk.failed("start_live_avatar")
    assert (outcome.code, outcome.hint) == ("not_configured", "A person of the team can be called instead.")


async def test_after_reading_what_others_wrote_nothing_is_offered(desk: Desk) -> None:
    assert (await desk.failed("start_live_avatar", tainted=True)).code == "not_allowed"
    assert desk.door.opened == []


@pytest.mark.parametrize(
    ("left", "minutes", "approval"), [(PRICE * 4 + 1, 4, False), (PRICE, 1, False), (99 * PRICE, 15, False)]
)
async def test_the_caps_bound_the_minutes(desk: Desk, left: int, minutes: int, approval: bool) -> None:
    desk.budget = FakeBudget(FakeUsed(cap=None), FakeUsed(cap=left + 3, held=1, charged=2))
    await desk.call("start_live_avatar")
    assert (desk.door.opened[0].max_seconds, desk.door.opened[0].needs_approval) == (minutes * 60, approval)


async def test_a_used_up_cap_is_told(desk: Desk) -> None:
    desk.budget = FakeBudget(FakeUsed(cap=PRICE - 1))
    outcome = await desk.failed("start_live_avatar")
    assert outcome.code == "over_cap"
    assert "$0.12 a minute" in outcome.message
    assert desk.door.opened == []


async def test_a_used_up_cap_does_not_keep_people_from_being_called(desk: Desk) -> None:
    desk.operators, desk.budget = True, FakeBudget(FakeUsed(cap=0))
    await desk.added("ask_for_human")
    assert desk.door.opened[0].max_seconds == 0


async def test_what_costs_more_than_goes_by_itself_needs_an_approval(desk: Desk) -> None:
    desk.terms = dataclasses.replace(TERMS, auto_approve_max=15 * PRICE - 1)
    await desk.call("start_live_avatar")
    assert desk.door.opened[0].needs_approval


# -- where there is one already


async def test_a_call_that_is_repeated_says_the_same_and_opens_nothing(desk: Desk) -> None:
    first = await desk.added("start_live_avatar")
    assert await desk.added("start_live_avatar") == first
    assert len(desk.door.opened) == 1


@pytest.mark.parametrize("state", LiveState)
async def test_a_second_one_is_not_opened(desk: Desk, state: LiveState) -> None:
    await desk.call("start_live_avatar")
    desk.door.become(state)
    assert desk.door.session is not None
    assert await desk.added("ask_for_human", key="gr-2") == standing_words(desk.door.session)
    assert len(desk.door.opened) == 1


# -- ending


async def test_an_offer_is_withdrawn(desk: Desk) -> None:
    await desk.call("start_live_avatar")
    assert "Nothing was billed." in await desk.added("end_live_avatar")
    assert desk.door.session is not None
    assert desk.door.session.end is LiveEnd.DECLINED
    assert desk.door.commands == []


async def test_a_running_one_is_told_to_end(desk: Desk) -> None:
    await desk.call("start_live_avatar")
    desk.door.become(LiveState.LIVE)
    assert "is being ended" in await desk.added("end_live_avatar", key="gr-2")
    assert desk.door.commands == [(CommandKind.END, "U1", "gr-2")]


@pytest.mark.parametrize("state", [None, LiveState.CLOSING])
async def test_without_one_there_is_nothing_to_end(desk: Desk, state: LiveState | None) -> None:
    if state is not None:
        await desk.call("start_live_avatar")
        desk.door.become(state)
    assert (await desk.failed("end_live_avatar")).code == "no_session"


@pytest.mark.parametrize(("role", "ends"), [(Role.OPERATOR, True), (Role.ADMIN, True), (Role.APPROVER, False)])
async def test_others_end_it_only_if_they_are_appointed_to(desk: Desk, role: Role, ends: bool) -> None:
    await desk.door.open(new_session(requester="U9"))
    desk.door.become(LiveState.LIVE)
    desk.roles.people["U1"] = frozenset({role})
    outcome = await desk.call("end_live_avatar")
    assert isinstance(outcome, Value if ends else Failed)
    assert bool(desk.door.commands) is ends


async def test_nothing_is_ended_after_reading_what_others_wrote(desk: Desk) -> None:
    await desk.call("start_live_avatar")
    assert (await desk.failed("end_live_avatar", user="U2", tainted=True)).code == "not_allowed"


async def test_where_others_have_written_the_button_ends_it(desk: Desk) -> None:
    await desk.call("start_live_avatar")
    await desk.turn("end it", user="U2")
    assert "buttons on the card" in (await desk.failed("end_live_avatar")).hint


def new_session(**changes: Any) -> NewLiveSession:
    values: dict[str, Any] = {
        "key": "gr-0",
        "workspace_id": "W1",
        "account_id": "W1-liveavatar",
        "conversation_id": "C1",
        "requester": "U1",
        "reason": "help",
        "max_seconds": 900,
        "price_per_minute": PRICE,
        "call_seconds": None,
        "offer_seconds": 900.0,
    }
    return NewLiveSession(**values | changes)


# -- the pure parts


@given(st.lists(st.integers(-10, 10**9), max_size=4), st.integers(0, 10**7), st.integers(0, 120))
def test_the_minutes_never_pass_a_cap(lefts: list[int], price: int, most: int) -> None:
    minutes = minutes_left([FakeUsed(cap=left + 7, held=3, charged=4) for left in lefts], price, most)
    assert 0 <= minutes <= most
    assert minutes == 0 or price == 0 or all(minutes * price <= left for left in lefts)


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("/heygen live my intro is broken", "my intro is broken"),
        ("/heygen live", NO_REASON),
        ("", NO_REASON),
        ("two\nlines", "two lines"),
        ("[used the shortcut]", "used the shortcut"),
    ],
)
def test_the_reason_is_one_line_without_the_command(words: str, reason: str) -> None:
    assert reason_of(words) == reason


@given(st.text())
def test_no_reason_is_longer_than_a_line_of_a_card(words: str) -> None:
    reason = reason_of(words)
    assert 0 < len(reason) <= REASON_LIMIT
    assert not set(reason) & set("\n<>*`")
