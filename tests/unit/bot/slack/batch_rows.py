"""Batches as these tests need them, with everything that does not matter filled in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from agent.batches import Batch, BatchState, Member
from agent.records import Job, JobKind, JobState, SubmissionState
from bot.slack.batch_cards import Shown
from tests.unit.bot.slack.posts import link_for
from tests.unit.bot.slack.rows import NOW, job, submission

COMMON = {"template": "Hi {name}, hello from us.", "avatar": "Ava", "voice": "Emma"}
SENT_AS = {JobState.WAITING: SubmissionState.HELD, JobState.CANCELLED: SubmissionState.CANCELLED}


def batch(state: BatchState = BatchState.GOING, **changes: Any) -> Batch:
    values: dict[str, Any] = {
        "id": "batch_0123456789abcdef",
        "key": "key",
        "workspace_id": "T1",
        "account_id": "acc",
        "conversation_id": "conversation_1",
        "turn_id": "turn_1",
        "requester": "UALICE",
        "kind": JobKind.VIDEO,
        "title": "Intros",
        "arguments": COMMON,
        "arguments_hash": "hash",
        "state": state,
        "created_at": NOW,
        "basis": "each 4 to 8 s to say",
        "patience": 3600.0,
    }
    return Batch(**values | changes)


def member(state: JobState, name: str = "Sarah", company: str = "Acme", row: int = 1, **changes: Any) -> Member:
    values = {"name": name, "company": company}
    asked = {"script": f"Hi {name}", "row": row, "values": values}
    sent = SENT_AS.get(state, SubmissionState.SENT)
    of_batch = {"kind": JobKind.VIDEO, "batch_id": "batch_0123456789abcdef"}
    label = f"{name} ({company})"
    request = submission(
        id=f"sub_{row}", state=sent, arguments=asked, quote_low=400_000, quote_high=800_000, title=label, **of_batch
    )
    ended = {} if state in (JobState.WAITING, JobState.RUNNING) else {"finished_at": NOW + 61, "link_id": "link"}
    given: dict[str, Any] = {"handle": f"J{row}", "price": 800_000, **ended, **of_batch, **changes}
    return Member(request, job(state, label=label, submission_id=request.id, **given))


def members(*states: JobState) -> list[Member]:
    return [member(state, f"Lead {row}", row=row) for row, state in enumerate(states, start=1)]


def shown(asked: Batch, of: Sequence[Member], *, cost: int | None = None) -> Shown:
    return Shown(asked, of, NOW + 90, only_ready, cost)


def only_ready(ended: Job) -> str | None:
    return link_for(ended) if ended.state is JobState.SUCCEEDED else None
