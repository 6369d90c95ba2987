"""A live session with somebody in it: from join to bill, and what each step leaves behind."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
import sqlalchemy as sa

from agent.errors import LeaseLost, NotApproved, OverCap
from agent.live.records import LiveAccess, LiveEnd, LiveSession, LiveState
from agent.money import Cap, Entry, Period, Scope
from agent.records import DeliveryKind, Lease
from bot.sealing import Sealer
from bot.store import Store
from bot.store.ledger import Spender
from bot.store.live import LiveUnavailable
from bot.store.live_owned import AGAIN_SECONDS
from bot.store.schema import live_session
from tests.support.clock import ManualClock
from tests.support.ids import CountingIds
from tests.support.live_rows import (
    ACCESS,
    LIVE_ACCOUNT,
    MAXIMUM,
    MINUTE,
    MOST,
    OFFER,
    OPERATOR,
    REQUESTER,
    booked,
    call,
    closing,
    join,
    joined,
    keys,
    offer,
    running,
    say,
    started,
    take_over,
)
from tests.support.store_steps import (
    CHANNEL,
    LEASE,
    LINK_SECONDS,
    WORKSPACE,
    HandSetDatabase,
    claiming_as,
    everything,
    log_texts,
    new_store,
)
from tests.support.store_steps import running as up


async def stop(store: Store, lease: Lease, seconds: float | None = 61.0) -> LiveSession:
    return await store.live.stopped(lease, credits=Decimal("2.5"), seconds=seconds)


async def version(store: Store, session_id: str) -> int:
    card = await store.deliveries.find(f"live:{session_id}")
    assert card is not None
    return card.version


# -- joining ---------------------------------------------------------------------------------------------------------


async def test_who_asked_for_it_joins(store: Store) -> None:
    session = await offer(store)
    found = await store.live.join(session.id, REQUESTER)
    assert found is not None
    lease, in_it, access = found
    assert (in_it.state, in_it.viewer, access) == (LiveState.JOINED, REQUESTER, None)
    assert (lease.id, lease.owner, lease.epoch) == (session.id, "first", 1)
    assert await version(store, session.id) == 2
    assert await booked(store, session.id) == []


async def test_nobody_else_joins(store: Store) -> None:
    session = await offer(store)
    assert await store.live.join(session.id, OPERATOR) is None
    assert await store.live.join("nothing", REQUESTER) is None
    lease = await join(store, session)
    assert await store.live.join(session.id, OPERATOR) is None
    await store.live.viewer_left(lease)


async def test_nobody_joins_while_people_are_called_or_after_the_end(store: Store) -> None:
    assert await store.live.join((await call(store, "a")).id, REQUESTER) is None
    lease = await closing(store, "b")
    assert await store.live.join(lease.id, REQUESTER) is None
    await stop(store, lease)
    assert await store.live.join(lease.id, REQUESTER) is None


async def test_the_ways_in_come_along_for_whoever_takes_it_over(store: Store) -> None:
    lease = await running(store)
    with claiming_as(store, "second"):
        found = await store.live.join(lease.id, REQUESTER)
    assert found is not None
    assert (found[0].owner, found[0].epoch, found[2]) == ("second", lease.epoch + 1, ACCESS)
    assert found[1].state is LiveState.LIVE


async def test_what_an_operator_set_is_kept_over_a_takeover(store: Store) -> None:
    lease = await running(store)
    await take_over(store, lease)
    found = await store.live.join(lease.id, REQUESTER)
    assert found is not None
    assert (found[1].state, found[1].taken_by) == (LiveState.HUMAN_TAKEOVER, OPERATOR)


async def test_the_ways_in_are_stored_unreadable_and_forgotten_at_the_end(store: Store) -> None:
    lease = await running(store)
    stored = str((await everything(store))["live_session"])
    for secret in ("SOCKETSECRET", "ROOMSECRET", "provider.example", "room.example"):
        assert secret not in stored
    assert "SECRET" not in repr(ACCESS)
    await store.live.closing(lease, LiveEnd.VISITOR)
    await stop(store, lease)
    (row,) = (await everything(store))["live_session"]
    assert row.access is None


@pytest.mark.full
async def test_ways_in_that_cannot_be_read_are_not_there(store: Store) -> None:
    lease = await running(store, "a")
    other = await running(store, "b")
    async with store.database.transaction("test") as connection:
        of_other = sa.select(live_session.c.access).where(live_session.c.id == other.id).scalar_subquery()
        await connection.execute(sa.update(live_session).where(live_session.c.id == lease.id).values(access=of_other))
    found = await store.live.join(lease.id, REQUESTER)
    assert found is not None
    assert found[2] is None
    junk = Sealer("x" * 40, "live").seal(json.dumps({"session": lease.id}))
    async with store.database.transaction("test") as connection:
        await connection.execute(sa.update(live_session).where(live_session.c.id == lease.id).values(access=junk))
    found = await store.live.join(lease.id, REQUESTER)
    assert found is not None
    assert found[2] is None


async def test_without_a_key_to_seal_with_nobody_joins_and_it_says_why(database_url: str, clock: ManualClock) -> None:
    plain = Store(HandSetDatabase(database_url, clock, "first"), clock, CountingIds(), LINK_SECONDS)
    async with up(plain):
        session = await offer(plain)
        with pytest.raises(LiveUnavailable, match="SECRET_KEY"):
            await plain.live.join(session.id, REQUESTER)
        await plain.live.decline(session.id, REQUESTER)


# -- starting --------------------------------------------------------------------------------------------------------


async def test_the_most_it_may_cost_is_set_aside_before_it_starts(store: Store, clock: ManualClock) -> None:
    lease = await joined(store)
    session = await store.live.starting(lease, "p1")
    assert (session.state, session.provider_session_id) == (LiveState.STARTING, "p1")
    assert (session.held, session.started_at) == (MOST, clock.now())
    assert await booked(store, lease.id) == [(Entry.HOLD, MOST)]


async def test_the_ledger_says_whose_it_is(store: Store) -> None:
    lease = await started(store)
    (row,) = (await everything(store))["ledger"]
    assert (row.workspace_id, row.account_id, row.channel_id, row.requester) == (
        WORKSPACE,
        LIVE_ACCOUNT,
        CHANNEL,
        REQUESTER,
    )
    assert (row.job_id, row.submission_id, row.number) == (lease.id, None, 0)


async def test_starting_again_with_the_same_id_changes_nothing(store: Store) -> None:
    lease = await started(store)
    before = await everything(store)
    again = await store.live.starting(lease, f"p-{lease.id}")
    assert again == await store.live.session(lease.id)
    assert await everything(store) == before


@pytest.mark.full
@pytest.mark.parametrize("begin", [started, running, closing])
async def test_it_is_started_once(store: Store, begin: type) -> None:
    lease: Lease = await begin(store)
    before = await everything(store)
    with pytest.raises(ValueError, match="cannot be started"):
        await store.live.starting(lease, "another")
    assert await everything(store) == before


async def test_what_nobody_approved_is_not_started(store: Store) -> None:
    lease = await joined(store)
    async with store.database.transaction("test") as connection:
        await connection.execute(sa.update(live_session).values(needs_approval=True))
    with pytest.raises(NotApproved):
        await store.live.starting(lease, "p1")
    assert await booked(store, lease.id) == []


async def test_what_no_cap_has_room_for_is_not_started(database_url: str, clock: ManualClock) -> None:
    caps = [Cap(Scope.WORKSPACE, Period.DAY, 2 * MOST - 1)]
    async with up(new_store(database_url, clock, caps=caps)) as store:
        await started(store, "a")
        lease = await joined(store, "b")
        before = await everything(store)
        with pytest.raises(OverCap) as caught:
            await store.live.starting(lease, "p2")
        assert (caught.value.used, caught.value.asked) == (MOST, MOST)
        assert await everything(store) == before
        ended = await store.live.closing(lease, LiveEnd.BUDGET)
        assert (ended.state, ended.end, ended.charged) == (LiveState.ENDED, LiveEnd.BUDGET, 0)
        assert "live:*:closing" in await keys(store, lease.id)


async def test_it_runs_until_the_time_it_may(store: Store, clock: ManualClock) -> None:
    lease = await started(store, "a")
    begun = clock.now()
    clock.advance(3)
    session = await store.live.live(lease, ACCESS, usable_seconds=300.0)
    assert (session.state, session.started_at, session.usable_until) == (LiveState.LIVE, begun, begun + 300)
    other = await started(store, "b")
    longest = await store.live.live(other, ACCESS, usable_seconds=9_999.0)
    assert longest.usable_until == clock.now() + MAXIMUM


async def test_one_that_nobody_starts_does_not_run(store: Store) -> None:
    lease = await joined(store)
    with pytest.raises(ValueError, match="not being started"):
        await store.live.live(lease, ACCESS, usable_seconds=60.0)


async def test_one_that_was_closed_while_it_started_stays_closed(store: Store) -> None:
    lease = await started(store)
    await store.live.closing(lease, LiveEnd.VISITOR)
    session = await store.live.live(lease, ACCESS, usable_seconds=60.0)
    assert (session.state, session.usable_until) == (LiveState.CLOSING, None)


async def test_telling_again_that_it_runs_keeps_the_mode(store: Store) -> None:
    lease = await running(store)
    await take_over(store, lease)
    other = LiveAccess("wss://new.example", "wss://room.example", "new")
    assert (await store.live.live(lease, other, usable_seconds=60.0)).state is LiveState.HUMAN_TAKEOVER
    found = await store.live.join(lease.id, REQUESTER)
    assert found is not None
    assert found[2] == other


# -- modes -----------------------------------------------------------------------------------------------------------


async def test_an_operator_takes_over_and_hands_back(store: Store) -> None:
    lease = await running(store)
    shown = await version(store, lease.id)
    taken = await take_over(store, lease)
    assert (taken.state, taken.taken_by, taken.muted) == (LiveState.HUMAN_TAKEOVER, OPERATOR, False)
    assert await version(store, lease.id) == shown + 1
    muted = await store.live.set_mode(lease, LiveState.HUMAN_TAKEOVER, taken_by=OPERATOR, muted=True)
    assert muted.muted
    back = await store.live.set_mode(lease, LiveState.LIVE, taken_by=None, muted=False)
    assert (back.state, back.taken_by) == (LiveState.LIVE, None)
    deeds = [(line.actor, line.deed) for line in reversed(await store.audit.recent(WORKSPACE))]
    assert deeds == [(OPERATOR, "taken over"), (OPERATOR, "handed back")]


@pytest.mark.full
@pytest.mark.parametrize(
    ("state", "taken_by"),
    [(LiveState.LIVE, OPERATOR), (LiveState.HUMAN_TAKEOVER, None), (LiveState.CLOSING, None), (LiveState.JOINED, None)],
)
async def test_a_mode_that_is_none_is_refused(store: Store, state: LiveState, taken_by: str | None) -> None:
    lease = await running(store)
    with pytest.raises(ValueError, match="a live session is not"):
        await store.live.set_mode(lease, state, taken_by=taken_by, muted=False)


@pytest.mark.full
@pytest.mark.parametrize("begin", [joined, started, closing])
async def test_what_does_not_talk_has_no_mode(store: Store, begin: type) -> None:
    lease: Lease = await begin(store)
    before = await everything(store)
    session = await take_over(store, lease)
    assert session == await store.live.session(lease.id)
    assert await everything(store) == before


# -- leaving ---------------------------------------------------------------------------------------------------------


async def test_who_leaves_before_anything_began_is_offered_it_again(store: Store, clock: ManualClock) -> None:
    lease = await joined(store)
    clock.advance(60)
    session = await store.live.viewer_left(lease)
    assert (session.state, session.viewer) == (LiveState.OFFERED, None)
    assert await store.live.run_due() == 0
    with pytest.raises(LeaseLost):
        await store.live.starting(lease, "p1")
    assert (await join(store, session)).epoch == lease.epoch + 1


async def test_who_comes_back_late_still_has_a_moment(store: Store, clock: ManualClock) -> None:
    lease = await joined(store)
    clock.advance(OFFER + 60)
    session = await store.live.viewer_left(lease)
    assert session.offer_until == clock.now() + AGAIN_SECONDS
    assert await store.live.run_due() == 0  # no reminder either: they were here
    clock.advance(AGAIN_SECONDS)
    assert await store.live.run_due() == 1
    assert (await store.live.session(lease.id)).end is LiveEnd.EXPIRED


@pytest.mark.full
@pytest.mark.parametrize("begin", [started, running, closing])
async def test_who_leaves_later_leaves_it_with_its_owner(store: Store, begin: type) -> None:
    lease: Lease = await begin(store)
    before = await store.live.session(lease.id)
    session = await store.live.viewer_left(lease)
    assert (session.state, session.viewer) == (before.state, None)
    assert await store.live.commands(lease) == []


# -- the end ---------------------------------------------------------------------------------------------------------


async def test_what_was_not_started_is_over_at_once_and_costs_nothing(store: Store) -> None:
    lease = await joined(store)
    ended = await store.live.closing(lease, LiveEnd.VISITOR, ended_by=REQUESTER)
    assert (ended.state, ended.end, ended.ended_by, ended.charged) == (
        LiveState.ENDED,
        LiveEnd.VISITOR,
        REQUESTER,
        0,
    )
    assert await booked(store, lease.id) == []
    assert await keys(store, lease.id) == ["live:*"]
    with pytest.raises(LeaseLost):
        await stop(store, lease)


async def test_what_could_not_be_started_is_told(store: Store) -> None:
    lease = await joined(store)
    await store.live.closing(lease, LiveEnd.NOT_STARTED)
    assert await keys(store, lease.id) == ["live:*", "live:*:closing"]


async def test_the_first_reason_stays(store: Store) -> None:
    lease = await running(store)
    closed = await store.live.closing(lease, LiveEnd.OPERATOR, ended_by=OPERATOR)
    assert (closed.state, closed.end, closed.ended_by) == (LiveState.CLOSING, LiveEnd.OPERATOR, OPERATOR)
    before = await everything(store)
    assert await store.live.closing(lease, LiveEnd.IDLE) == closed
    assert await everything(store) == before
    assert (await stop(store, lease)).end is LiveEnd.OPERATOR


async def test_an_operator_who_spoke_speaks_no_more_when_it_closes(store: Store) -> None:
    lease = await running(store)
    await store.live.set_mode(lease, LiveState.HUMAN_TAKEOVER, taken_by=OPERATOR, muted=True)
    closed = await store.live.closing(lease, LiveEnd.MAXIMUM)
    assert (closed.taken_by, closed.muted) == (None, False)


async def test_a_confirmed_stop_is_the_bill(store: Store, clock: ManualClock) -> None:
    lease = await closing(store)
    begun = clock.now()
    clock.advance(300)
    ended = await stop(store, lease, 61.0)
    assert (ended.state, ended.charged, ended.held) == (LiveState.ENDED, 2 * MINUTE, 0)
    assert (ended.credits, ended.started_at, ended.stopped_at) == (Decimal("2.5"), begun, begun + 61)
    assert (ended.ended_at, ended.viewer, ended.taken_by) == (clock.now(), None, None)
    assert await booked(store, lease.id) == [(Entry.HOLD, MOST), (Entry.RELEASE, -MOST), (Entry.CHARGE, 2 * MINUTE)]
    assert await keys(store, lease.id) == ["live:*", "live:*:closing"]
    assert await store.live.session(lease.id) == ended


@pytest.mark.full
@pytest.mark.parametrize(
    ("seconds", "minutes"), [(0.0, 0), (0.1, 1), (59.9, 1), (60.0, 1), (60.1, 2), (600.0, 10), (615.0, 11), (-5.0, 0)]
)
async def test_each_minute_that_begins_is_paid(store: Store, seconds: float, minutes: int) -> None:
    ended = await stop(store, await closing(store), seconds)
    assert ended.charged == minutes * MINUTE
    charges = [amount for kind, amount in await booked(store, ended.id) if kind is Entry.CHARGE]
    assert charges == ([minutes * MINUTE] if minutes else [])


@pytest.mark.parametrize(("after", "minutes"), [(30.0, 1), (61.0, 2), (3 * 3_600.0, 10)])
async def test_where_liveavatar_does_not_tell_our_own_time_counts_as_far_as_it_could_run(
    store: Store, clock: ManualClock, after: float, minutes: int
) -> None:
    lease = await closing(store)
    clock.advance(after)
    ended = await stop(store, lease, None)
    assert ended.charged == minutes * MINUTE
    assert ended.stopped_at == (ended.started_at or 0) + min(after, MAXIMUM)


async def test_a_start_that_was_refused_costs_nothing(store: Store, clock: ManualClock) -> None:
    lease = await started(store)
    await store.live.closing(lease, LiveEnd.NOT_STARTED)
    clock.advance(30)
    ended = await stop(store, lease, None)
    assert (ended.charged, await booked(store, lease.id)) == (0, [(Entry.HOLD, MOST), (Entry.RELEASE, -MOST)])


async def test_a_start_that_was_lost_but_happened_is_paid(store: Store) -> None:
    lease = await started(store)
    await store.live.closing(lease, LiveEnd.NOT_STARTED)
    assert (await stop(store, lease, 12.0)).charged == MINUTE


async def test_one_that_stops_by_itself_was_ended_by_liveavatar(store: Store) -> None:
    assert (await stop(store, await running(store))).end is LiveEnd.PROVIDER


async def test_one_that_is_stopped_without_a_start_costs_nothing(store: Store) -> None:
    lease = await joined(store)
    ended = await stop(store, lease, 500.0)
    assert (ended.end, ended.charged, ended.stopped_at) == (LiveEnd.NOT_STARTED, 0, None)
    assert await booked(store, lease.id) == []


async def test_what_is_told_in_doubt_cannot_break_the_row(store: Store) -> None:
    lease = await closing(store)
    ended = await store.live.stopped(lease, credits=Decimal("1E+300"), seconds=1e300)
    assert ended.charged == 1440 * MINUTE
    assert (await store.live.session(lease.id)).credits == Decimal("1E+300")


async def test_the_end_tells_the_model_and_the_thread(store: Store) -> None:
    lease = await running(store)
    await say(store, lease, "What does it cost?", "Thanks, bye")
    await store.live.closing(lease, LiveEnd.GOODBYE)
    ended = await stop(store, lease, 61.0)
    (told,) = await log_texts(store, ended.conversation_id)
    assert told.splitlines()[0] == "[runtime] live session L1 ended: they said goodbye; 1 min 1 s."
    assert told.splitlines()[2:] == ['[1] visitor: "What does it cost?"', '[2] visitor: "Thanks, bye"']
    assert await keys(store, lease.id) == ["live:*", "live:*:lines:1", "live:*:closing", "live:*:file"]
    file = await store.deliveries.find(f"live:{lease.id}:file")
    assert file is not None
    assert (file.kind, file.subject_id) == (DeliveryKind.LIVE_FILE, lease.id)


async def test_what_a_session_holds_counts_against_the_caps_until_it_is_settled(store: Store) -> None:
    spender = Spender(WORKSPACE, CHANNEL, REQUESTER)

    async def used() -> set[tuple[int, int]]:
        return {(one.held, one.charged) for one in await store.ledger.usage(spender)}

    lease = await running(store)
    assert await used() == {(MOST, 0)}
    await store.live.closing(lease, LiveEnd.VISITOR)
    assert await used() == {(MOST, 0)}
    await stop(store, lease, 61.0)
    assert await used() == {(0, 2 * MINUTE)}


# -- the summary -----------------------------------------------------------------------------------------------------


async def test_a_summary_is_kept_and_told_once(store: Store) -> None:
    lease = await running(store)
    await say(store, lease, "Hello")
    await stop(store, lease)
    await store.live.summarised(lease.id, "They greeted [1].")
    before = await everything(store)
    await store.live.summarised(lease.id, "Another one.")
    assert await everything(store) == before
    assert (await store.live.session(lease.id)).summary == "They greeted [1]."
    post = await store.deliveries.find(f"live:{lease.id}:summary")
    assert post is not None
    assert post.kind is DeliveryKind.LIVE_SUMMARY
    assert len(await log_texts(store, post.conversation_id)) == 1  # the whole transcript is there already
    with pytest.raises(KeyError):
        await store.live.summarised("nothing", "text")


@pytest.mark.full
async def test_the_summary_of_a_long_session_is_remembered_too(store: Store) -> None:
    lease = await running(store)
    await say(store, lease, *("x" * 490 for _ in range(40)))
    ended = await stop(store, lease)
    await store.live.summarised(lease.id, "They said x.")
    assert "left out" in (await log_texts(store, ended.conversation_id))[0]
    assert 'summary: "They said x."' in (await log_texts(store, ended.conversation_id))[1]


async def test_a_lease_that_may_have_run_out_is_noticed_without_asking(store: Store, clock: ManualClock) -> None:
    lease = await running(store)
    clock.advance(LEASE - 1)
    store.live.assure(lease)
    clock.advance(1)
    with pytest.raises(LeaseLost):
        store.live.assure(lease)
