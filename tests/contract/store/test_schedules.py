"""Schedules: made once, due once whoever looks, late ones once, ended for good, and what they may spend."""

from __future__ import annotations

import asyncio
import dataclasses
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from agent.money import Quote, Reason
from agent.records import DeliveryKind, Lease, Source, TurnRecord, TurnState
from agent.request import opening
from agent.schedules import MOST, SCHEDULED, NewSchedule, Offer, Schedule, ScheduleState, Timing
from bot.scheduling import DueWork
from bot.sealing import Sealer
from bot.slack.people import SlackPerson
from bot.store import Store
from bot.store.audit import Deed
from bot.store.installations import Installations
from bot.store.schedules import card_key, event_id
from bot.store.schema import delivery, inbox
from tests.contract.store.test_installations import TEAM
from tests.support.clock import ManualClock
from tests.support.store_steps import APPROVER, PERSON, RATE, WORKSPACE, claim_lane, new_submission, open_row, user_item

WEEK = 7 * 86_400.0
RULE = "FREQ=DAILY;INTERVAL=1;BYHOUR=9;BYMINUTE=0;BYSECOND=0"


async def begun(store: Store, name: str = "Ev1", **options: Any) -> tuple[Lease, TurnRecord]:
    """A turn of the person, in a lane that is held."""
    lease, row = await open_row(store, name, **options)
    turn = await store.turns.begin_turn(
        lease, row, origin="message", requester=PERSON, items=[user_item("every day at nine, do it")]
    )
    return lease, turn


def new(turn: TurnRecord, at: float, key: str = "k1", **other: Any) -> NewSchedule:
    again: dict[str, Any] = {"rule": RULE, "anchor": datetime.fromtimestamp(at - WEEK, UTC).date().isoformat()}
    given: dict[str, Any] = {
        "timing": Timing(zone="UTC", words="every day at 09:00", next_at=at, **again),
        "offer": Offer(run=2_000_000, month=3_000_000),
    }
    return NewSchedule(
        key=key,
        workspace_id=WORKSPACE,
        conversation_id=turn.conversation_id,
        turn_id=turn.id,
        requester=PERSON,
        text="do it",
        **(given | other),
    )


async def made(store: Store, clock: ManualClock, ahead: float = 60.0, **other: Any) -> Schedule:
    lease, turn = await begun(store)
    one = await store.schedules.make(lease, new(turn, clock.now() + ahead, **other))
    assert one is not None
    await store.turns.finish_turn(lease, turn.id, state=TurnState.DONE, reply=None)
    await store.lanes.next_row(lease)
    return one


class Everybody:
    """People as the test says."""

    def __init__(self, **facts: bool) -> None:
        self.found = SlackPerson("UTC", **facts)

    async def person(self, workspace_id: str, user_id: str) -> SlackPerson:
        return self.found


def due_work(store: Store, clock: ManualClock, **facts: bool) -> DueWork:
    return DueWork(schedules=store.schedules, people=Everybody(**facts), clock=clock, kick=lambda: None)


async def events(store: Store) -> list[Any]:
    async with store.database.reading() as connection:
        select = sa.select(inbox).where(inbox.c.kind == SCHEDULED).order_by(inbox.c.seq)
        return list((await connection.execute(select)).mappings())


async def posts(store: Store, prefix: str) -> list[str]:
    async with store.database.reading() as connection:
        select = sa.select(delivery.c.body).where(delivery.c.key.startswith(prefix)).order_by(delivery.c.seq)
        return [str(body.get("text")) for body in await connection.scalars(select)]


async def test_it_is_made_once_with_its_card_and_listed_for_its_person(store: Store, clock: ManualClock) -> None:
    lease, turn = await begun(store)
    one = await store.schedules.make(lease, new(turn, clock.now() + 60))
    assert one is not None
    assert await store.schedules.make(lease, new(turn, clock.now() + 99)) == one == await store.schedules.made("k1")
    assert (one.handle, one.state, one.per_run) == ("S1", ScheduleState.ACTIVE, None)
    assert await store.schedules.of_person(WORKSPACE, PERSON) == [one]
    assert await store.schedules.of_person(WORKSPACE, APPROVER) == []
    async with store.database.reading() as connection:
        card = await connection.scalar(sa.select(delivery.c.kind).where(delivery.c.key == card_key(one.id)))
    assert card is DeliveryKind.SCHEDULE


async def test_nobody_has_more_than_a_few(store: Store, clock: ManualClock) -> None:
    lease, turn = await begun(store)
    for number in range(MOST):
        assert await store.schedules.make(lease, new(turn, clock.now() + 60, f"k{number}")) is not None
    assert await store.schedules.make(lease, new(turn, clock.now() + 60, "more")) is None
    assert await store.schedules.cancel((await store.schedules.of_person(WORKSPACE, PERSON))[0].id, actor=PERSON)
    again = await store.schedules.make(lease, new(turn, clock.now() + 60, "more"))
    assert again is not None
    assert again.handle == f"S{MOST + 1}"


async def test_where_the_app_was_taken_out_it_waits_for_the_next_installation(store: Store, clock: ManualClock) -> None:
    await made(store, clock)
    kept = Installations(store.database, Sealer("k" * 40, "slack tokens"))
    team = dataclasses.replace(TEAM, expires_at=None)
    await kept.put(team)
    await kept.doubt(team.id)
    [claim] = await kept.claim_doubted()
    await kept.gone(claim)
    clock.advance(61)
    assert await due_work(store, clock).run_due() == 0
    await kept.put(team)
    assert await due_work(store, clock).run_due() == 1


async def test_two_processes_that_look_at_once_make_one_event(store: Store, second: Store, clock: ManualClock) -> None:
    one = await made(store, clock)
    assert await due_work(store, clock).run_due() == 0
    clock.advance(61)
    looks = [due_work(each, clock).run_due() for each in (store, second, store, second)]
    assert sum(await asyncio.gather(*looks)) == 1
    [event] = await events(store)
    assert event["id"] == event_id(one.id, one.next_at or 0)
    after = await store.schedules.get(one.id)
    assert (after.runs, after.last_at) == (1, one.next_at)
    assert after.next_at is not None
    assert clock.now() < after.next_at <= clock.now() + 86_400
    assert len(await posts(store, "notice:due:")) == 1


async def test_what_was_missed_runs_once_and_says_that_it_is_late(store: Store, clock: ManualClock) -> None:
    one = await made(store, clock)
    clock.advance(3 * 86_400 + 120)
    assert await due_work(store, clock).run_due() == 1
    assert await due_work(store, clock).run_due() == 0
    assert len(await events(store)) == 1
    [told] = await posts(store, "notice:due:")
    assert "It is late" in told
    assert "3 more times were missed" in told
    assert ((await store.schedules.get(one.id)).next_at or 0) > clock.now()


async def test_what_is_due_once_is_done_then(store: Store, clock: ManualClock) -> None:
    once = Timing(zone="UTC", words="once", next_at=clock.now() + 60)
    one = await made(store, clock, timing=once)
    clock.advance(61)
    assert await due_work(store, clock).run_due() == 1
    after = await store.schedules.get(one.id)
    assert (after.state, after.next_at) == (ScheduleState.DONE, None)
    assert "late" not in (await posts(store, "notice:due:"))[0]


async def test_the_event_becomes_a_turn_of_its_person(store: Store, clock: ManualClock) -> None:
    await made(store, clock)
    clock.advance(61)
    await due_work(store, clock).run_due()
    row = await store.lanes.next_row(await claim_lane(store))
    assert row is not None
    start = await opening(store.turns, row)
    assert (start.origin, start.requester) == (SCHEDULED, PERSON)
    assert [source for source, _ in start.items] == [Source.USER, Source.RUNTIME]
    assert start.items[0][1]["content"][0]["text"] == "do it"


async def test_whoever_has_left_is_not_served_and_whom_slack_does_not_tell_about_waits(
    store: Store, clock: ManualClock
) -> None:
    one = await made(store, clock)
    clock.advance(61)
    assert await due_work(store, clock, unsure=True).run_due() == 0
    assert (await store.schedules.get(one.id)).state is ScheduleState.ACTIVE
    assert await due_work(store, clock, gone=True).run_due() == 1
    assert (await store.schedules.get(one.id)).state is ScheduleState.LEFT
    assert await events(store) == []
    assert "not in this workspace any more" in (await posts(store, "notice:left:"))[0]


async def test_a_cancelled_one_is_never_due(store: Store, clock: ManualClock) -> None:
    one = await made(store, clock)
    assert await store.schedules.cancel(one.id, actor=APPROVER)
    assert not await store.schedules.cancel(one.id, actor=PERSON)
    clock.advance(61)
    assert await due_work(store, clock).run_due() == 0
    assert not await store.schedules.fire(one, next_at=None, payload={}, notice="")
    assert [line.actor for line in await store.audit.recent() if line.deed == Deed.CANCELLED] == [APPROVER]


async def test_what_a_withdrawn_message_has_put_off_is_cancelled_and_known_as_its_doing(
    store: Store, clock: ManualClock
) -> None:
    one = await made(store, clock)
    turns = [one.turn_id]
    assert not await store.schedules.withdraw(["another"], actor=PERSON, cause="edit")
    assert await store.schedules.withdraw(turns, actor=PERSON, cause="edit")
    assert await store.schedules.withdraw(turns, actor=PERSON, cause="edit")
    assert not await store.schedules.withdraw(turns, actor=PERSON, cause="later")
    assert (await store.schedules.get(one.id)).state is ScheduleState.CANCELLED


async def test_only_its_person_allows_it_and_only_what_the_card_offered(store: Store, clock: ManualClock) -> None:
    one = await made(store, clock)
    offered = {"run": 2_000_000, "month": 3_000_000}
    assert not await store.schedules.allow(one.id, actor=APPROVER, **offered)
    assert not await store.schedules.allow(one.id, actor=PERSON, run=9_000_000, month=9_000_000)
    assert await store.schedules.allow(one.id, actor=PERSON, **offered)
    assert (await store.schedules.get(one.id)).per_month == 3_000_000
    assert await store.schedules.ask(one.id, actor=PERSON)
    assert not await store.schedules.ask(one.id, actor=PERSON)
    assert (await store.schedules.get(one.id)).per_run is None
    lines = [line for line in await store.audit.recent() if line.deed == Deed.BUDGET_SET]
    assert [(line.actor, line.subject_id) for line in lines] == [(PERSON, one.id)] * 2
    assert [line.details for line in lines] == [{"run": 0, "month": 0}, offered]


async def run(store: Store, clock: ManualClock) -> tuple[Lease, TurnRecord]:
    """The turn of a schedule that has become due."""
    await due_work(store, clock).run_due()
    lease = await claim_lane(store)
    row = await store.lanes.next_row(lease)
    assert row is not None
    start = await opening(store.turns, row)
    turn = await store.turns.begin_turn(lease, row, origin=start.origin, requester=PERSON, items=start.items)
    return lease, turn


async def spend(store: Store, lease: Lease, turn: TurnRecord, key: str, amount: int, needs: Reason | None) -> None:
    waits = {"needs": needs, "expires_at": 9e12} if needs else {}
    quote = Quote(amount, amount, "", 1, RATE)
    await store.jobs.intend(lease, new_submission(lease, "French", key=key, turn_id=turn.id, quote=quote, **waits))


async def test_a_run_and_a_month_have_their_limits_and_a_click_counts_for_neither(
    store: Store, clock: ManualClock
) -> None:
    one = await made(store, clock)
    clock.advance(61)
    lease, turn = await run(store, clock)
    assert await store.schedules.left(turn) == 0
    await store.schedules.allow(one.id, actor=PERSON, run=2_000_000, month=3_000_000)
    assert await store.schedules.left(turn) == 2_000_000
    await spend(store, lease, turn, "gr-1", 1_500_000, None)
    await spend(store, lease, turn, "gr-2", 9_000_000, Reason.TOO_DEAR)
    assert await store.schedules.left(turn) == 500_000
    await store.turns.finish_turn(lease, turn.id, state=TurnState.DONE, reply=None)
    await store.lanes.next_row(lease)
    clock.advance(86_400)
    _, later = await run(store, clock)
    assert await store.schedules.left(later) == 1_500_000
