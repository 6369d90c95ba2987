"""The desk when a session is to be started and cannot be: nothing is left running, and nobody pays for nothing."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import Any

import pytest

from agent.errors import OverCap
from agent.live.records import LiveEnd, LiveState
from agent.money import Cap, Period, Scope
from emulators.liveavatar.catalogue import ALEX
from heygen.live import SessionOptions
from tests.support.live_world import LiveWorld, Visitor

START, STOP, TOKEN = "/v1/sessions/start", "/v1/sessions/stop", "/v1/sessions/token"
pytestmark = [pytest.mark.full, pytest.mark.timeout(60)]


async def refused(world: LiveWorld, **hello: Any) -> Visitor:
    """Somebody comes, and it does not start."""
    world.store.offer()
    visitor = world.visit(**hello)
    await world.until(lambda: visitor.page.closed, still=True)
    await world.until(lambda: world.ended, still=True)
    return visitor


async def test_one_that_cannot_be_made_costs_nothing(world: LiveWorld) -> None:
    world.avatars.fail("before", TOKEN, status=400)
    visitor = await refused(world)
    assert world.ended is LiveEnd.NOT_STARTED
    assert world.session.charged == 0
    assert visitor.page.notices == ["not_started"]
    assert visitor.page.closed == (4000, "the session has ended")
    assert world.posts(START) == world.posts(STOP) == 0


@pytest.mark.parametrize("fault", ["drop_reply", "drop_before", "before"])
async def test_making_one_is_tried_twice_since_it_costs_nothing(world: LiveWorld, fault: Any) -> None:
    world.avatars.fail(fault, TOKEN, status=503)
    world.store.offer()
    world.visit()
    await world.until(lambda: world.session.state is LiveState.LIVE)
    assert world.posts(START) == 1


async def test_too_many_sessions_of_others(world: LiveWorld) -> None:
    world.avatars.account().cap = 1
    other = await world.live.start_session(
        await world.live.create_session(SessionOptions(avatar_id=ALEX, max_seconds=60))
    )
    visitor = await refused(world)
    assert world.ended is LiveEnd.NOT_STARTED
    assert world.session.charged == 0
    assert visitor.page.notices == ["not_started"]
    assert world.open_sessions == 1  # the others' own
    await world.live.stop_session(other.session_id)


async def test_too_many_sessions_of_which_one_was_ours_to_stop(world: LiveWorld) -> None:
    world.avatars.account().cap = 1
    left = await world.live.start_session(
        await world.live.create_session(SessionOptions(avatar_id=ALEX, max_seconds=60))
    )
    closing = {"state": LiveState.CLOSING, "end": LiveEnd.VISITOR, "started_at": world.clock.now()}
    world.store.offer("live_0", **closing, provider_session_id=left.session_id)
    world.store.offer()
    world.visit()
    await world.until(lambda: world.session.state is LiveState.LIVE, still=True)
    old = world.store.rows["live_0"].session
    assert (old.state, old.end) == (LiveState.ENDED, LiveEnd.VISITOR)
    assert world.open_sessions == 1


async def test_no_credits(world: LiveWorld) -> None:
    world.avatars.account().credits = 0.0
    await refused(world)
    assert world.ended is LiveEnd.NOT_STARTED
    assert world.session.charged == 0
    assert world.open_sessions == 0


async def test_no_room_under_a_cap(world: LiveWorld) -> None:
    world.store.over_cap = OverCap(Cap(Scope.PERSON, Period.DAY, 5_000_000), 4_500_000, 1_200_000)
    visitor = await refused(world)
    assert world.ended is LiveEnd.BUDGET
    assert "$0.50 of your $5.00" in visitor.page.of("notice")[-1]["text"]
    assert world.posts(START) == 0


@pytest.mark.parametrize("stops_failing", [0, 2, 4])
async def test_a_start_whose_answer_is_lost_is_stopped(world: LiveWorld, stops_failing: int) -> None:
    world.avatars.fail("drop_reply", START)
    world.avatars.fail("before", STOP, status=500, times=stops_failing)
    world.store.offer()
    world.visit()
    await world.until(lambda: world.ended)
    assert world.ended is LiveEnd.NOT_STARTED
    assert world.open_sessions == 0
    assert world.session.charged == world.session.price_per_minute  # LiveAvatar has begun a minute
    assert sum(charge.credits for charge in world.avatars.charges) == 1


async def test_a_start_that_cannot_be_used_is_stopped(world: LiveWorld) -> None:
    world.avatars.switches.omit_from_start = frozenset({"ws_url"})
    await refused(world)
    assert world.ended is LiveEnd.NOT_STARTED
    assert world.open_sessions == 0


async def test_a_websocket_that_never_gets_ready(world: LiveWorld) -> None:
    world.avatars.switches.connect_seconds = 1_000.0
    world.store.offer()
    visitor = world.visit()
    await world.until(lambda: world.ended)
    assert world.ended is LiveEnd.PROVIDER
    assert world.open_sessions == 0
    assert "provider" in visitor.page.notices


async def test_who_leaves_before_it_starts_is_offered_it_again(world: LiveWorld) -> None:
    world.store.offer()
    visitor = world.visit()
    visitor.page.leave()
    await world.until(lambda: visitor.attending is not None and visitor.attending.done(), still=True)
    await world.until(lambda: world.desk.sessions == 0, still=True)
    assert world.session.state is LiveState.OFFERED
    assert world.avatars.journal.select("POST") == []


async def test_who_presses_end_before_it_starts_pays_nothing(world: LiveWorld) -> None:
    world.store.offer()
    visitor = world.visit()
    hold = asyncio.Event()
    world.store.stuck = hold
    await asyncio.sleep(0)
    visitor.ends()
    world.store.stuck = None
    hold.set()
    await world.until(lambda: world.ended, still=True)
    assert world.ended is LiveEnd.VISITOR
    assert world.posts(START) == 0 or world.session.charged == world.session.price_per_minute


async def test_who_leaves_while_it_starts_is_waited_for(world: LiveWorld) -> None:
    world.store.offer()
    visitor = world.visit()
    world.store.on("starting", visitor.page.leave)
    await world.until(lambda: world.session.state is LiveState.LIVE, still=True)
    assert world.open_sessions == 1
    await world.until(lambda: world.ended, seconds=25.0)
    assert world.ended is LiveEnd.LEFT


async def test_somebody_else_takes_it_over_just_when_it_was_started(world: LiveWorld) -> None:
    world.store.offer()
    world.visit()
    world.store.on("live", world.store.seize)
    await world.until(lambda: world.posts(START) == 1, still=True)
    await world.until(lambda: world.desk.sessions == 0, still=True)
    await world.until(lambda: world.open_sessions == 0, still=True)  # nobody else could have got in
    assert world.session.state is LiveState.STARTING  # the row is the other's


async def test_one_that_another_process_left_in_the_middle_of_its_start_is_stopped(world: LiveWorld) -> None:
    token = await world.live.create_session(SessionOptions(avatar_id=ALEX, max_seconds=60))
    await world.live.start_session(token)
    begun = {"state": LiveState.STARTING, "started_at": world.clock.now(), "provider_session_id": token.session_id}
    world.store.offer(**begun)
    visitor = world.visit()
    await world.until(lambda: world.ended, still=True)
    assert world.ended is LiveEnd.NOT_STARTED
    assert world.open_sessions == 0
    assert visitor.page.notices == ["not_started"]


async def test_a_database_that_fails_at_the_row_of_the_start(world: LiveWorld) -> None:
    world.store.broken = {"live"}
    await refused(world)
    assert world.ended is LiveEnd.NOT_STARTED
    assert world.open_sessions == 0


async def test_a_database_that_fails_before_the_start(world: LiveWorld) -> None:
    world.store.broken = {"starting"}
    visitor = await refused(world)
    assert world.ended is LiveEnd.NOT_STARTED
    assert world.posts(START) == 0
    assert "trouble" in visitor.page.notices


async def test_a_process_has_only_so_many(world: LiveWorld) -> None:
    world.new_desk(limit=1)
    await world.opened()
    world.store.offer("live_2")
    second = world.visit("live_2")
    await world.until(lambda: second.page.closed, still=True)
    assert second.page.closed == (4010, "busy")
    assert second.page.notices == ["busy"]
    assert world.store.rows["live_2"].session.state is LiveState.OFFERED


@pytest.mark.parametrize(
    ("fields", "user_id", "closed"),
    [
        ({}, "U2", (4003, "not_allowed")),
        ({"state": LiveState.CALLING}, "U1", (4003, "not_allowed")),
        ({"state": LiveState.ENDED}, "U1", (4000, "over")),
        ({"state": LiveState.CLOSING}, "U1", (4000, "over")),
    ],
)
async def test_who_may_not_join_is_told_why(
    world: LiveWorld, fields: dict[str, Any], user_id: str, closed: tuple[int, str]
) -> None:
    world.store.offer(**fields)
    visitor = world.visit(user_id=user_id)
    await world.until(lambda: visitor.page.closed, still=True)
    assert visitor.page.closed == closed
    assert world.avatars.journal.select("POST") == []
    world.store.rows["live_1"].session = dataclasses.replace(world.session, state=LiveState.ENDED)


async def test_a_database_that_is_away_turns_people_away_for_a_moment(world: LiveWorld) -> None:
    world.store.offer()
    world.store.broken = {"join"}
    visitor = world.visit()
    await world.until(lambda: visitor.page.closed, still=True)
    assert visitor.page.closed == (4010, "trouble")
