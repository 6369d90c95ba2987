"""Credits by the minute, and every way in which a session ends by itself."""

from __future__ import annotations

import random
import uuid

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulators.base import Clock
from emulators.liveavatar import LiveAvatarEmulator, Session
from emulators.liveavatar.catalogue import ALEX, WAYNE
from emulators.liveavatar.models import LiteToken
from emulators.liveavatar.sessions import Sessions
from emulators.liveavatar.state import Account, RatedClock, State

KEY = {"X-API-KEY": "la-key-1"}
PERSONA = {"context_id": "00000000-0000-4000-8000-000000000007"}
ALWAYS = 10_000_000.0


def watched(liveavatar: LiveAvatarEmulator) -> Session:
    """The newest session, which somebody watches and whose client keeps it alive."""
    liveavatar.join_viewer()
    liveavatar.switches.idle_seconds = ALWAYS
    return liveavatar.session()


async def test_every_begun_minute_costs_a_credit(liveavatar: LiveAvatarEmulator, begin) -> None:
    await begin()
    watched(liveavatar)
    paid = []
    for seconds in (0, 59, 2, 58, 2):
        liveavatar.advance(seconds)
        paid.append(100 - liveavatar.account().credits)

    assert paid == [1, 1, 2, 2, 3]


async def test_with_the_vendors_brain_it_costs_double(liveavatar: LiveAvatarEmulator, begin) -> None:
    await begin(mode="FULL", avatar_persona=PERSONA)
    watched(liveavatar)
    liveavatar.advance(61)

    assert liveavatar.account().credits == 96


async def test_seconds_can_be_settled_exactly(liveavatar: LiveAvatarEmulator, begin) -> None:
    liveavatar.switches.rounding = "second"
    await begin()
    session = watched(liveavatar)
    liveavatar.advance(90)
    liveavatar.end_session(reason="USER_CLOSED")

    assert liveavatar.account().credits == pytest.approx(98.5, abs=1e-4)
    assert session.credits == pytest.approx(1.5, abs=1e-4)


async def test_a_session_ends_when_the_next_minute_cannot_be_paid(liveavatar: LiveAvatarEmulator, begin) -> None:
    liveavatar.account().credits = 2
    await begin()
    session = watched(liveavatar)
    liveavatar.advance(500)

    assert session.end_reason == "NO_CREDITS"
    assert session.billed_seconds(0) == pytest.approx(120)
    assert liveavatar.account().credits == 0


async def test_overage_goes_below_zero(liveavatar: LiveAvatarEmulator, begin) -> None:
    liveavatar.switches.overage = True
    liveavatar.account().credits = 1
    await begin()
    watched(liveavatar)
    liveavatar.advance(61)

    assert liveavatar.session().open
    assert liveavatar.account().credits == -1


async def test_the_sandbox_is_free_and_lasts_a_minute(liveavatar: LiveAvatarEmulator, begin) -> None:
    limit = (await begin(is_sandbox=True, avatar_id=WAYNE)).json()["data"]["max_session_duration"]
    session = watched(liveavatar)
    liveavatar.advance(61)

    assert (limit, session.end_reason, session.billed_seconds(0)) == (60, "MAX_DURATION_REACHED", pytest.approx(60))
    assert liveavatar.charges == []


async def test_without_a_keep_alive_a_session_ends_after_five_minutes(
    liveavatar: LiveAvatarEmulator, api: httpx2.AsyncClient, begin
) -> None:
    body = {"session_id": (await begin()).json()["data"]["session_id"]}
    liveavatar.join_viewer()
    liveavatar.advance(299)
    assert (await api.post("/v1/sessions/keep-alive", json=body, headers=KEY)).status_code == 200
    liveavatar.advance(299)
    assert liveavatar.session().open
    liveavatar.advance(2)

    assert liveavatar.session().end_reason == "IDLE_TIMEOUT"
    assert [finding.code for finding in liveavatar.findings] == ["not_stopped"]
    assert (await api.post("/v1/sessions/keep-alive", json=body, headers=KEY)).status_code == 404


async def test_a_viewer_who_never_joins_ends_the_session_too(liveavatar: LiveAvatarEmulator, begin) -> None:
    liveavatar.switches.idle_seconds = ALWAYS
    await begin()
    liveavatar.advance(301)

    assert liveavatar.session().end_reason == "IDLE_TIMEOUT"


async def test_a_viewer_who_left_has_five_minutes_to_come_back(liveavatar: LiveAvatarEmulator, begin) -> None:
    await begin()
    session = watched(liveavatar)
    liveavatar.advance(400)
    liveavatar.leave_viewer()
    liveavatar.advance(299)
    liveavatar.join_viewer()
    liveavatar.advance(100)
    assert session.open
    liveavatar.leave_viewer()
    liveavatar.advance(301)

    assert session.end_reason == "IDLE_TIMEOUT"


async def test_a_client_that_vanished_is_paid_for_until_it_is_reaped(liveavatar: LiveAvatarEmulator, line) -> None:
    await line.connection.close()
    await liveavatar.journal.wait_for(lambda: liveavatar.session().socket_gone_since)
    liveavatar.advance(600)

    assert liveavatar.session().end_reason == "ZOMBIE_SESSION_REAP"
    assert liveavatar.session().credits == 4


async def test_while_somebody_watches_a_session_is_not_reaped(liveavatar: LiveAvatarEmulator, line) -> None:
    session = watched(liveavatar)
    await line.connection.close()
    await liveavatar.journal.wait_for(lambda: session.socket_gone_since)
    liveavatar.advance(600)
    assert session.open
    liveavatar.leave_viewer()
    liveavatar.advance(1)

    assert session.end_reason == "ZOMBIE_SESSION_REAP"


async def test_a_session_has_a_longest_duration(liveavatar: LiveAvatarEmulator, begin) -> None:
    await begin(max_session_duration=90)
    session = watched(liveavatar)
    liveavatar.advance(1000)

    assert (session.end_reason, session.billed_seconds(0)) == ("MAX_DURATION_REACHED", pytest.approx(90))
    assert session.credits == 2


@given(
    balance=st.integers(0, 12),
    limit=st.integers(1, 1200),
    steps=st.lists(st.floats(0, 400), max_size=12),
    stop=st.booleans(),
)
def test_credits_are_neither_made_nor_lost(balance: int, limit: int, steps: list[float], stop: bool) -> None:
    state, clock = State(), RatedClock(0)
    account = Account("a", "k", float(balance), 1, 1200)
    state.accounts["a"] = account
    ended: list[Session] = []
    sessions = Sessions(state, clock, random.Random(1), ended.append)  # noqa: S311 - repeatable on purpose
    session = sessions.create(account, LiteToken(mode="LITE", avatar_id=uuid.UUID(ALEX), max_session_duration=limit))
    if balance >= 1:
        sessions.start(session)
        run(sessions, session, clock, steps)
        if stop and session.open:
            sessions.stop(session, "USER_CLOSED")

    paid = sum(charge.credits for charge in state.charges)
    assert account.credits == balance - paid == balance - session.credits >= 0
    assert ended == ([session] if session.ended is not None else [])
    assert session.billed_seconds(clock.now()) <= min(limit, 60 * paid) + 1e-3


def run(sessions: Sessions, session: Session, clock: Clock, steps: list[float]) -> None:
    for seconds in steps:
        clock.advance(seconds)
        sessions.tick()
        if session.open:
            sessions.keep_alive(session)


@pytest.mark.parametrize("reason", ["MAX_DURATION_REACHED", "IDLE_TIMEOUT", "ZOMBIE_SESSION_REAP"])
async def test_whatever_reason_a_client_gives_it_did_stop_the_session(
    liveavatar: LiveAvatarEmulator, api: httpx2.AsyncClient, begin, reason: str
) -> None:
    body = {"session_id": (await begin()).json()["data"]["session_id"], "reason": reason}
    assert (await api.post("/v1/sessions/stop", json=body, headers=KEY)).status_code == 200
    assert liveavatar.session().end_reason == reason
    assert liveavatar.findings == []
