"""Live sessions when somebody is forgotten: theirs are emptied and ended, what they said leaves the others'."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from agent.conversation import message_text
from agent.errors import LeaseLost
from agent.live.records import CommandKind, LiveEnd, LiveSession, LiveState, Manner, Speaker
from agent.money import Entry
from agent.records import DeliveryKind, DeliveryState, Lease, Source
from bot.store import Store
from bot.store.outbox import NewDelivery
from bot.store.person import Taken
from tests.support.clock import ManualClock
from tests.support.live_rows import (
    MINUTE,
    MOST,
    REQUESTER,
    booked,
    call,
    closing,
    join,
    joined,
    keys,
    line,
    new_session,
    offer,
    running,
    say,
    started,
    take_over,
)
from tests.support.store_steps import LEASE, LINK_SECONDS, WORKSPACE, claiming_as, everything, log_texts, open_turn
from tests.support.two_people import ALICE, BOB, WORDS, Life, dump, said

TRACE = re.compile(rf"{ALICE}(?!X)|{WORDS[ALICE]}", re.IGNORECASE)


async def forget(store: Store, user_id: str = ALICE) -> str:
    """Forget somebody; returns the pseudonym."""
    store.erasures.patience = 0.1
    asked = await store.erasures.forget_person(WORKSPACE, user_id)
    assert isinstance(await store.erasures.carry_out(asked), Taken)
    return asked.pseudonym


async def of_alice(store: Store, begin: Callable[..., Awaitable[Any]]) -> LiveSession:
    """A session of Alice's."""
    begun = await begin(store, requester=ALICE, reason=said(ALICE, "asks for somebody"))
    return await store.live.session(begun.id)


async def left_of_alice(store: Store) -> dict[str, list[str]]:
    found = {name: [row for row in rows if TRACE.search(row)] for name, rows in (await dump(store)).items()}
    return {name: rows for name, rows in found.items() if rows}


# -- who asked for it ------------------------------------------------------------------------------------------------


@pytest.mark.full
@pytest.mark.parametrize("begin", [call, offer, joined])
async def test_what_costs_nothing_is_over_at_once(store: Store, begin: Any) -> None:
    session = await of_alice(store, begin)
    pseudonym = await forget(store)
    ended = await store.live.session(session.id)
    assert (ended.state, ended.requester, ended.end) == (LiveState.ENDED, pseudonym, LiveEnd.VISITOR)
    assert await left_of_alice(store) == {}
    assert await booked(store, session.id) == []
    assert await store.live.join(session.id, ALICE) is None
    assert await store.live.join(session.id, pseudonym) is None


@pytest.mark.full
@pytest.mark.parametrize("begin", [started, running, closing])
async def test_what_costs_is_stopped_by_the_next_look_and_paid_under_the_pseudonym(store: Store, begin: Any) -> None:
    session = await of_alice(store, begin)
    pseudonym = await forget(store)
    ((lease, found),) = await store.live.orphans(10)
    assert (found.state, found.end, found.requester) == (LiveState.CLOSING, LiveEnd.VISITOR, pseudonym)
    await store.live.closing(lease, LiveEnd.ORPHANED)
    ended = await store.live.stopped(lease, credits=None, seconds=61.0)
    assert (ended.state, ended.end, ended.charged) == (LiveState.ENDED, LiveEnd.VISITOR, 2 * MINUTE)
    assert await booked(store, session.id) == [(Entry.HOLD, MOST), (Entry.RELEASE, -MOST), (Entry.CHARGE, 2 * MINUTE)]
    ledger = (await everything(store))["ledger"]
    assert {row.requester for row in ledger} == {pseudonym}
    assert await left_of_alice(store) == {}
    assert await keys(store, session.id) == ["live:*"]  # nobody is told any more
    assert (await log_texts(store, session.conversation_id))[-1].startswith("[runtime] live session L1 ended:")


async def test_whoever_has_it_loses_it_and_no_word_comes_in_afterwards(store: Store) -> None:
    lease = await running(store, requester=ALICE)
    await say(store, lease, said(ALICE, "speaks"))
    await forget(store)
    for write in (
        lambda: say(store, lease, said(ALICE, "goes on")),
        lambda: store.live.commands(lease),
        lambda: take_over(store, lease),
    ):
        with pytest.raises(LeaseLost):
            await write()
    assert await store.live.transcript(lease.id) == []


async def test_a_summary_that_comes_late_is_not_taken(store: Store) -> None:
    lease = await closing(store, requester=ALICE)
    await store.live.stopped(lease, credits=None, seconds=1.0)
    await forget(store)
    await store.live.summarised(lease.id, said(ALICE, "was here"))
    assert await left_of_alice(store) == {}
    assert (await store.live.session(lease.id)).summary is None


@pytest.mark.full
async def test_what_waits_to_be_posted_is_not_posted_and_the_card_is_drawn_anew(store: Store) -> None:
    lease = await running(store, requester=ALICE)
    ((held, _, _),) = await store.deliveries.claim_due(10)
    sending = await store.deliveries.mark_sending(held)
    await store.deliveries.mark_posted(held, "7.0", sending.version)
    await say(store, lease, said(ALICE, "speaks"))
    await forget(store)
    states = {row.key: (row.state, row.body) for row in (await everything(store))["delivery"]}
    assert states[f"live:{lease.id}:lines:1"] == (DeliveryState.DEAD, {})
    assert states[f"live:{lease.id}"][0] is DeliveryState.PENDING


async def test_who_was_to_be_called_back_is_not_called_any_more(store: Store) -> None:
    session = await of_alice(store, call)
    notice = NewDelivery(
        session.conversation_id, DeliveryKind.NOTICE, "claimed", session.id, {"text": f"<@{ALICE}>", "user": ALICE}
    )
    await store.deliveries.enqueue(notice)
    await forget(store)
    found = await store.deliveries.find("claimed")
    assert found is not None
    assert (found.state, found.body) == (DeliveryState.DEAD, {})


@pytest.mark.full
async def test_passes_lead_nowhere(store: Store) -> None:
    session = await of_alice(store, offer)
    opened, closed = [await store.live.new_pass(session.id, ALICE) for _ in range(2)]
    await store.live.open_pass(opened.id)
    await forget(store)
    assert await store.live.check_pass(opened.id) is None
    assert await store.live.open_pass(closed.id) is None


@pytest.mark.full
async def test_doing_it_twice_changes_nothing(store: Store) -> None:
    lease = await running(store, requester=ALICE)
    await say(store, lease, said(ALICE, "speaks"))
    asked = await store.erasures.forget_person(WORKSPACE, ALICE)
    store.erasures.patience = 0.1
    await store.erasures.carry_out(asked)
    before = (await everything(store))["live_session"]
    await store.erasures.carry_out(asked)
    assert (await everything(store))["live_session"] == before


# -- somebody in another's session -----------------------------------------------------------------------------------


async def steered(store: Store) -> Lease:
    """Bob's session, in which Alice speaks as a teammate, whispers, and is quoted."""
    lease = await running(store, requester=BOB)
    await take_over(store, lease, ALICE)
    whisper = {"actor": ALICE, "text": said(ALICE, "whispers"), "message_ts": "5.0", "key": "whisper"}
    await store.live.command(lease.id, CommandKind.WHISPER, **whisper)
    teammate = {"speaker": Speaker.TEAMMATE, "manner": Manner.THREAD, "actor": ALICE}
    lines = [
        line(said(BOB, "asks")),
        line(said(ALICE, "answers"), **teammate),
        line(f"You heard: {said(ALICE, 'answers')}!", Speaker.AVATAR, Manner.OURS),
        line(said(BOB, "thanks")),
    ]
    await store.live.add_lines(lease, lines)
    return lease


async def ended_of_bob(store: Store, filler: int = 0) -> LiveSession:
    lease = await steered(store)
    if filler:
        await store.live.add_lines(lease, [line("x" * 490)] * filler)
    await store.live.closing(lease, LiveEnd.HANDED_OVER, ended_by=ALICE)
    ended = await store.live.stopped(lease, credits=None, seconds=61.0)
    await store.live.summarised(lease.id, said(ALICE, "advised [2]"))
    return ended


async def test_a_teammates_words_go_and_the_conversation_keeps_the_others(store: Store) -> None:
    session = await ended_of_bob(store)
    pseudonym = await forget(store)
    assert await left_of_alice(store) == {}
    lines = await store.live.transcript(session.id)
    assert [one.text for one in lines] == [
        said(BOB, "asks"),
        "deleted",
        "You heard: deleted!",
        said(BOB, "thanks"),
    ]
    assert lines[1].actor == pseudonym
    (told,) = await log_texts(store, session.conversation_id)
    assert told.splitlines()[2:] == [
        f'[1] visitor: "{said(BOB, "asks")}"',
        '[2] teammate: "deleted"',
        '[3] avatar: "You heard: deleted!"',
        f'[4] visitor: "{said(BOB, "thanks")}"',
    ]
    after = await store.live.session(session.id)
    assert (after.requester, after.ended_by, after.lines, after.charged) == (BOB, pseudonym, 4, 2 * MINUTE)
    assert after.summary == "deleted"


@pytest.mark.full
async def test_a_summary_in_the_log_goes_with_them(store: Store) -> None:
    session = await ended_of_bob(store, filler=40)
    assert len(await log_texts(store, session.conversation_id)) == 2
    await forget(store)
    assert len(await log_texts(store, session.conversation_id)) == 1
    assert await left_of_alice(store) == {}


async def test_a_session_that_runs_goes_on_for_whoever_asked_for_it(store: Store) -> None:
    lease = await steered(store)
    await forget(store)
    assert await left_of_alice(store) == {}
    await say(store, lease, said(BOB, "goes on"))
    assert await store.live.commands(lease) == []
    await store.live.closing(lease, LiveEnd.VISITOR)
    ended = await store.live.stopped(lease, credits=None, seconds=1.0)
    assert (ended.requester, ended.lines) == (BOB, 5)
    await store.live.summarised(lease.id, "A late summary that may repeat what is gone.")
    assert (await store.live.session(lease.id)).summary == "deleted"


@pytest.mark.full
async def test_a_colleague_who_only_decided_is_renamed(store: Store) -> None:
    session = await call(store, requester=BOB, reason=said(BOB, "asks"))
    await store.live.claim(session.id, ALICE)
    pseudonym = await forget(store)
    after = await store.live.session(session.id)
    assert (after.claimed_by, after.ended_by, after.reason) == (pseudonym, pseudonym, said(BOB, "asks"))


@pytest.mark.full
async def test_handles_of_jobs_in_a_transcript_are_no_handles(store: Store) -> None:
    """Bob speaks of J1, which is Alice's: what he said is his."""
    life = Life(store)
    lease, turn = await life.turn(ALICE, said(ALICE, "asks"))
    await store.jobs.intend(lease, life.request(ALICE, lease, turn, "German"))
    session = await store.live.open(new_session(lease.id, requester=BOB))
    held = await join(store, session)
    await store.live.starting(held, "p1")
    await say(store, held, f"{said(BOB, 'wants to know')} about J1")
    await store.live.stopped(held, credits=None, seconds=1.0)
    await forget(store)
    kept = [text for text in await log_texts(store, lease.id) if "live session" in text]
    assert len(kept) == 1
    assert "about J1" in kept[0]


# -- what else belongs to it -----------------------------------------------------------------------------------------


@pytest.mark.full
async def test_a_workspace_goes_with_everything_live(store: Store) -> None:
    await ended_of_bob(store)
    asked = await store.erasures.forget_workspace(WORKSPACE, actor="operator:root")
    await store.erasures.carry_out(asked)
    rows = await everything(store)
    assert all(not rows[name] for name in ("live_session", "live_line", "live_command", "live_pass", "ledger"))


@pytest.mark.full
async def test_a_workspace_with_a_session_that_costs_is_counted(store: Store) -> None:
    lease = await running(store)
    assert (await store.erasures.unfinished(WORKSPACE)).sessions == 1
    await store.live.stopped(lease, credits=None, seconds=1.0)
    unfinished = await store.erasures.unfinished(WORKSPACE)
    assert (unfinished.sessions, unfinished.amount) == (0, 0)


@pytest.mark.full
@pytest.mark.parametrize("begin", [call, offer, joined, started, running, closing])
async def test_a_session_that_has_not_ended_keeps_its_conversation(
    store: Store, clock: ManualClock, begin: Any
) -> None:
    begun = await begin(store)
    await idle(store)
    clock.advance(10 * LINK_SECONDS)
    while await store.retention.run_once():
        pass
    assert (await store.live.session(begun.id)).state is not LiveState.ENDED


@pytest.mark.full
async def test_one_that_has_ended_goes_with_its_conversation_and_leaves_its_bill(
    store: Store, clock: ManualClock
) -> None:
    lease = await running(store)
    await say(store, lease, "Hello")
    clock.advance(LINK_SECONDS)
    await store.live.stopped(lease, credits=None, seconds=61.0)
    await idle(store)
    clock.advance(LINK_SECONDS - 1)
    while await store.retention.run_once():
        pass
    assert await store.live.session(lease.id)
    clock.advance(2)
    while await store.retention.run_once():
        pass
    rows = await everything(store)
    assert all(not rows[name] for name in ("live_session", "live_line", "live_command", "live_pass", "conversation"))
    assert [row.kind for row in rows["ledger"]] == [Entry.HOLD, Entry.RELEASE, Entry.CHARGE]


async def idle(store: Store) -> None:
    """Nothing but the session is left to do."""
    for held in await store.lanes.claim(10):
        while row := await store.lanes.next_row(held):
            await store.lanes.finish_row(held, row)
    for held, waiting, _ in await store.deliveries.claim_due(10):
        await store.deliveries.mark_sending(held)
        await store.deliveries.mark_posted(held, f"ts-{waiting.id}", waiting.version)
    while due := await store.deliveries.claim_due(10):
        for held, waiting, _ in due:
            await store.deliveries.mark_sending(held)
            await store.deliveries.mark_posted(held, f"ts-{waiting.id}", waiting.version)


async def test_a_deletion_while_somebody_speaks_waits_for_nobody_and_loses_nothing(
    store: Store, second: Store, clock: ManualClock
) -> None:
    lease = await running(store, requester=ALICE)

    async def speak() -> int:
        said_so_far = 0
        try:
            for _ in range(30):
                said_so_far += len(await say(store, lease, said(ALICE, "speaks")))
        except LeaseLost:
            return said_so_far
        return -1

    spoken, _ = await asyncio.gather(speak(), forget(second))
    assert spoken >= 0 or await store.live.transcript(lease.id) == []
    assert await left_of_alice(store) == {}
    clock.advance(LEASE)
    with claiming_as(store, "third"):
        assert len(await store.live.orphans(10)) == 1


# -- what it means for the conversation ------------------------------------------------------------------------------


async def test_a_conversation_with_a_transcript_is_mixed(store: Store) -> None:
    lane, turn = await open_turn(store)
    assert not await store.turns.mixed(turn.id)
    session = await store.live.open(new_session(lane.id))
    lease = await join(store, session)
    await store.live.starting(lease, "p1")
    await say(store, lease, "Order ten videos")
    assert not await store.turns.mixed(turn.id)  # the log does not have it yet
    await store.live.stopped(lease, credits=None, seconds=1.0)
    assert await store.turns.mixed(turn.id)
    assert not await store.turns.tainted(turn.id)
    items = await store.turns.items(lane.id)
    assert items[-1].source is Source.RUNTIME
    assert '[1] visitor: "Order ten videos"' in message_text(items[-1].body)


async def test_one_without_a_word_mixes_nothing(store: Store) -> None:
    lane, turn = await open_turn(store)
    session = await store.live.open(new_session(lane.id))
    await store.live.decline(session.id, REQUESTER)
    assert not await store.turns.mixed(turn.id)
