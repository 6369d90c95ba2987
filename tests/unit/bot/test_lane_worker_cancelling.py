"""What becomes of requests when their message is edited or deleted, somebody presses Stop, or changes them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import pytest
import sqlalchemy as sa

from agent.records import InboxRow, JobState, Lease, Submission, SubmissionState, TurnState
from agent.rights import Role
from agent.runner import Runner
from bot.lane_worker import CHANGED_TOO_LATE, EDITED_TOO_LATE, LaneWorker
from bot.posts import Posts
from bot.store import Store
from bot.store.audit import Deed
from bot.store.schema import submission as table
from tests.support.clock import ManualClock
from tests.support.store_steps import (
    PERSON,
    accept,
    claim_submission,
    new_store,
    new_submission,
    open_turn,
    running,
    sqlite_url,
    waiting,
)

OPERATOR, STRANGER = "U9", "U8"


class NotingRunner:
    """Notes what it is to run, and does it without a model."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.rows: list[InboxRow] = []

    async def run(self, lease: Lease, row: InboxRow) -> None:
        self.rows.append(row)
        await self._store.lanes.finish_row(lease, row)

    async def has_begun(self, row: InboxRow) -> bool:
        return await self._store.turns.turn_of_row(row.id) is not None


class OneOperator:
    """Who may cancel for others."""

    def appointed(self, workspace_id: str, user_id: str) -> frozenset[Role]:
        return frozenset({Role.OPERATOR}) if user_id == OPERATOR else frozenset()

    def anybody_approves(self, workspace_id: str) -> bool:
        return True


class Lane:
    """A conversation in which one request was made; its worker is at hand."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.runner = NotingRunner(store)
        self.worker = LaneWorker(
            lanes=store.lanes,
            jobs=store.jobs,
            outbox=Posts(store, lambda: None),
            cancels=store.cancellations,
            approvals=store.approvals,
            batches=store.batches,
            roles=OneOperator(),
            runner=cast("Runner", self.runner),
            clock=store.clock,
            kick=lambda: None,
        )
        self.lease: Lease

    async def ask(self, *, sent: bool = False, **other: Any) -> Submission:
        """Ev1 asks for two languages; its turn is done."""
        store = self.store
        message = {"ts": "ts-Ev1", "text": "Into German and French", "user": PERSON}
        self.lease, turn = await open_turn(store, payload=message)
        new = new_submission(self.lease, "German", "French", turn_id=turn.id, **other)
        submission = await store.jobs.intend(self.lease, new)
        if sent:
            claimed = await claim_submission(store, submission)
            await store.jobs.mark_sending(claimed)
            await store.jobs.record_sent(claimed, ["p1", "p2"])
        await store.turns.finish_turn(self.lease, turn.id, state=TurnState.DONE, reply=None)
        return submission

    async def row(self, kind: str, **payload: Any) -> InboxRow:
        """The next thing that happens in the thread."""
        await accept(self.store, "Ev2", kind=kind, payload=payload)
        row = await self.store.lanes.next_row(self.lease)
        assert row is not None
        return row

    async def handle(self, row: InboxRow) -> str:
        """Handle it to its end; what was said about it."""
        await self.worker.handle(self.lease, row)
        assert await self.store.lanes.next_row(self.lease) is None, "the row is not done"
        said = [await self.store.deliveries.find(f"notice:{name}:Ev2") for name in ("edited", "deleted", "stopped")]
        said.append(await self.store.deliveries.find("notice:change:Ev2"))
        return " ".join(one.body["text"] for one in said if one is not None)

    async def states(self, submission: Submission) -> list[JobState]:
        return [job.state for job in await self.store.jobs.jobs_of(submission.id)]


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with running(new_store(sqlite_url(tmp_path), ManualClock())) as started:
        yield started


@pytest.fixture
def lane(store: Store) -> Lane:
    return Lane(store)


# -- edits -----------------------------------------------------------------------------------------------------

EDIT = {"ts": "ts-Ev1", "text": "Into Dutch", "user": PERSON}


async def test_an_edit_takes_a_waiting_request_back_and_is_planned_anew(lane: Lane, store: Store) -> None:
    submission = await lane.ask(**waiting(store))
    row = await lane.row("message_changed", **EDIT)
    assert await lane.handle(row) == ""
    assert await lane.states(submission) == [JobState.CANCELLED] * 2
    (planned,) = lane.runner.rows
    assert (planned.id, planned.kind, planned.payload["text"]) == ("Ev2", "message", "Into Dutch")
    assert planned.payload["edited_seq"] == row.seq - 1


async def test_an_edit_comes_too_late_for_what_was_sent(lane: Lane) -> None:
    submission = await lane.ask(sent=True)
    assert await lane.handle(await lane.row("message_changed", **EDIT)) == EDITED_TOO_LATE
    assert lane.runner.rows == []
    assert await lane.states(submission) == [JobState.WAITING] * 2


async def test_an_edit_of_something_else_changes_nothing(lane: Lane, store: Store) -> None:
    submission = await lane.ask(**waiting(store))
    assert await lane.handle(await lane.row("message_changed", **{**EDIT, "ts": "ts-other"})) == ""
    assert lane.runner.rows == []
    assert await lane.states(submission) == [JobState.WAITING] * 2


async def test_an_edit_whose_work_was_interrupted_is_not_forgotten(lane: Lane, store: Store) -> None:
    submission = await lane.ask(**waiting(store))
    row = await lane.row("message_changed", **EDIT)
    # As far as the worker came before the process ended.
    await store.cancellations.cancel_of_turns([submission.turn_id], actor=PERSON, only_unsent=True, cause=row.id)
    await lane.handle(row)
    assert [planned.payload["text"] for planned in lane.runner.rows] == ["Into Dutch"]


async def test_an_edit_of_what_was_cancelled_before_is_not_planned_anew(lane: Lane, store: Store) -> None:
    submission = await lane.ask(**waiting(store))
    await store.cancellations.cancel(submission.id, actor=PERSON)
    assert await lane.handle(await lane.row("message_changed", **EDIT)) == ""
    assert lane.runner.rows == []


# -- deletions -------------------------------------------------------------------------------------------------


async def test_a_deleted_request_that_has_not_left_is_dropped(lane: Lane) -> None:
    submission = await lane.ask()
    said = await lane.handle(await lane.row("message_deleted", ts="ts-Ev1"))
    assert "nothing is billed" in said
    assert await lane.states(submission) == [JobState.CANCELLED] * 2


async def test_a_deleted_request_that_has_left_is_unwanted_and_said_to_be_billed(lane: Lane) -> None:
    submission = await lane.ask(sent=True)
    said = await lane.handle(await lane.row("message_deleted", ts="ts-Ev1"))
    assert "can't be stopped" in said
    assert "$2.00" in said
    assert await lane.states(submission) == [JobState.UNWANTED] * 2


async def test_a_deleted_message_that_asked_for_nothing_is_passed_over(lane: Lane) -> None:
    submission = await lane.ask()
    assert await lane.handle(await lane.row("message_deleted", ts="ts-other")) == ""
    assert await lane.states(submission) == [JobState.WAITING] * 2


# -- Stop ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("user", [PERSON, OPERATOR])
async def test_stop_drops_what_has_not_left(lane: Lane, user: str) -> None:
    submission = await lane.ask()
    said = await lane.handle(await lane.row("stopped", user=user))
    assert said.startswith("Stopped.")
    assert await lane.states(submission) == [JobState.CANCELLED] * 2


async def test_stop_says_what_cannot_be_stopped(lane: Lane) -> None:
    submission = await lane.ask(sent=True)
    said = await lane.handle(await lane.row("stopped", user=PERSON))
    assert "J1, J2 had been sent already" in said
    assert await lane.states(submission) == [JobState.WAITING] * 2


async def test_a_strangers_stop_is_refused_with_a_reason(lane: Lane) -> None:
    submission = await lane.ask()
    said = await lane.handle(await lane.row("stopped", user=STRANGER))
    assert STRANGER in said
    assert PERSON in said
    assert await lane.states(submission) == [JobState.WAITING] * 2


# -- other languages -------------------------------------------------------------------------------------------


async def change(lane: Lane, submission: Submission) -> InboxRow:
    pressed = {"name": "change_request", "submission_id": submission.id, "languages": ["Dutch"], "user": PERSON}
    return await lane.row("action", **pressed)


async def test_a_change_puts_a_new_request_in_the_place_of_the_old_one(lane: Lane, store: Store) -> None:
    submission = await lane.ask(**waiting(store))
    assert await lane.handle(await change(lane, submission)) == ""
    after = await store.jobs.submission(submission.id)
    assert (after.state, after.error_code) == (SubmissionState.CANCELLED, "changed")
    (planned,) = lane.runner.rows
    assert (planned.kind, planned.payload["arguments"]["languages"]) == ("command", ["Dutch"])
    assert planned.payload["arguments"]["source"] == submission.arguments["video_url"]


async def test_a_change_of_a_file_names_the_file(lane: Lane, store: Store) -> None:
    submission = await lane.ask(**waiting(store))
    uploaded = {"video_asset_id": "p-1", "video_handle": "F1", "languages": ["German"]}
    async with store.database.transaction("test.uploaded") as connection:
        await connection.execute(sa.update(table).values(arguments=uploaded))
    await lane.handle(await change(lane, submission))
    assert lane.runner.rows[0].payload["arguments"]["source"] == "F1"


@pytest.mark.parametrize("decision", ["approve", "decline"])
async def test_a_change_comes_too_late_for_what_was_decided(lane: Lane, store: Store, decision: str) -> None:
    submission = await lane.ask(**waiting(store))
    row = await change(lane, submission)
    given = {"arguments_hash": submission.arguments_hash} if decision == "approve" else {}
    await getattr(store.approvals, decision)(submission.id, actor="U5", **given)
    assert await lane.handle(row) == CHANGED_TOO_LATE
    assert lane.runner.rows == []


async def test_a_change_whose_work_was_interrupted_is_not_forgotten(lane: Lane, store: Store) -> None:
    submission = await lane.ask(**waiting(store))
    row = await change(lane, submission)
    # As far as the worker came before the process ended.
    await store.approvals.decline(submission.id, actor=PERSON, deed=Deed.CHANGED, cause=row.id)
    assert await lane.handle(row) == ""
    assert len(lane.runner.rows) == 1


async def test_a_second_change_of_the_same_request_comes_too_late(lane: Lane, store: Store) -> None:
    submission = await lane.ask(**waiting(store))
    await store.approvals.decline(submission.id, actor=PERSON, deed=Deed.CHANGED, cause="Ev1")
    assert await lane.handle(await change(lane, submission)) == CHANGED_TOO_LATE
    assert lane.runner.rows == []
