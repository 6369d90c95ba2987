"""The agent's stores in memory, as their ports describe them.

A store can be told to crash at a named step (`crash`) and to give a lease away (`take_over`), so that a test can
stop a turn at any checkpoint and go on with a new runner over the same rows.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from agent.errors import LeaseLost
from agent.ports import Clock
from agent.records import (
    OPEN_JOB_STATES,
    Conversation,
    InboxRow,
    Item,
    Job,
    JobState,
    JobUpdate,
    Json,
    Lease,
    ModelCall,
    NewSubmission,
    Source,
    Submission,
    SubmissionState,
    TurnRecord,
    TurnState,
)

OWNER = "worker"
CONVERSATION = Conversation("C1", "W1", "CH1", "channel", "1700000000.000100")


class Crash(Exception):
    """The process died here."""


class Steps:
    """What a test arranges for a store's next write of a name: `crash("append_outputs")`, or anything with `on`.

    Things happen before the write, or with `after=True` once it is committed; each of them once.
    """

    def __init__(self) -> None:
        self._arranged: dict[tuple[str, bool], Callable[[], object]] = {}

    def crash(self, step: str, *, after: bool = False) -> None:
        """The process dies at `step`."""

        def die() -> None:
            raise Crash(step)

        self.on(step, die, after=after)

    def on(self, step: str, action: Callable[[], object], *, after: bool = False) -> None:
        """`action` happens at `step`."""
        self._arranged[step, after] = action

    def before(self, step: str) -> None:
        """Called as a step begins."""
        self._arranged.pop((step, False), bool)()

    def after(self, step: str) -> None:
        """Called once a step is committed."""
        self._arranged.pop((step, True), bool)()


class FakeTurnStore(Steps):
    """`agent.ports.TurnStore` over dictionaries. `replies` are the queued deliveries: (turn id, text)."""

    def __init__(self, clock: Clock, conversation: Conversation = CONVERSATION) -> None:
        super().__init__()
        self._clock = clock
        self._conversation = conversation
        self._epoch = 1
        self._outcomes: dict[str, dict[str, Json]] = {}
        self._sources: dict[str, str] = {}
        self.log: list[Item] = []
        self.turns: dict[str, TurnRecord] = {}
        self.replies: list[tuple[str, str]] = []
        self.calls: list[ModelCall] = []
        self.deleted: set[str] = set()

    def lease(self) -> Lease:
        """A fresh claim on the conversation's lane; whoever held it before has lost it."""
        self._epoch += 1
        return Lease(self._conversation.id, OWNER, self._epoch)

    take_over = lease

    def add(self, source: Source, body: Json, turn_id: str | None = None) -> None:
        """Append one item to the log."""
        self.log.append(Item(len(self.log) + 1, turn_id, source, body))

    async def conversation(self, conversation_id: str) -> Conversation:
        if conversation_id != self._conversation.id:
            raise KeyError(conversation_id)
        return self._conversation

    async def items(self, conversation_id: str) -> list[Item]:
        return list(self.log)

    async def turn_of_row(self, inbox_id: str) -> TurnRecord | None:
        return next((turn for turn in self.turns.values() if turn.inbox_id == inbox_id), None)

    async def begin_turn(
        self, lease: Lease, row: InboxRow, *, origin: str, requester: str, items: Sequence[tuple[Source, Json]]
    ) -> TurnRecord:
        self._enter("begin_turn", lease)
        if existing := await self.turn_of_row(row.id):
            return existing
        turn = TurnRecord(
            id=f"turn_{row.id}",
            workspace_id=row.workspace_id,
            conversation_id=row.conversation_id,
            inbox_id=row.id,
            origin=origin,
            requester=requester,
            message_ts=row.payload.get("ts"),
            state=TurnState.RUNNING,
            created_at=self._clock.now(),
        )
        self.turns[turn.id] = turn
        self._append(turn.id, items)
        self.after("begin_turn")
        return turn

    async def record_model_call(self, lease: Lease, turn_id: str, items: Sequence[Json], call: ModelCall) -> None:
        self._enter("record_model_call", lease)
        self._append(turn_id, [(Source.MODEL, body) for body in items])
        self._count(turn_id, call)
        self.after("record_model_call")

    async def outcomes(self, turn_id: str) -> dict[str, Json]:
        return dict(self._outcomes.get(turn_id, {}))

    async def record_outcome(self, lease: Lease, turn_id: str, *, call_id: str, name: str, outcome: Json) -> None:
        self._enter("record_outcome", lease)
        self._outcomes.setdefault(turn_id, {}).setdefault(call_id, outcome)
        self.after("record_outcome")

    async def append_outputs(self, lease: Lease, turn_id: str, outputs: Sequence[Json]) -> None:
        self._enter("append_outputs", lease)
        self._append(turn_id, [(Source.TOOL, body) for body in outputs])
        self.after("append_outputs")

    async def finish_turn(
        self,
        lease: Lease,
        turn_id: str,
        *,
        state: TurnState,
        reply: str | None,
        items: Sequence[tuple[Source, Json]] = (),
        call: ModelCall | None = None,
        error: str | None = None,
    ) -> str | None:
        self._enter("finish_turn", lease)
        self._append(turn_id, items)
        if call is not None:
            self._count(turn_id, call)
        self._change(turn_id, state=state, error=error)
        if reply is not None:
            self.replies.append((turn_id, reply))
        self.after("finish_turn")
        return None if reply is None else f"delivery_{turn_id}"

    async def defer_turn(self, lease: Lease, turn_id: str, *, not_before: float, error: str) -> None:
        self._enter("defer_turn", lease)
        self._change(turn_id, attempts=self.turns[turn_id].attempts + 1, not_before=not_before, error=error)

    async def withdrawn(self, turn_id: str) -> bool:
        return self.turns[turn_id].message_ts in self.deleted

    async def name_source(self, conversation_id: str, kind: str, value: str) -> str:
        known = [handle for handle, named in self._sources.items() if named == value and handle[0] == kind]
        handle = known[0] if known else f"{kind}{1 + sum(name[0] == kind for name in self._sources)}"
        self._sources[handle] = value
        return handle

    async def resolve_source(self, conversation_id: str, handle: str) -> str | None:
        return self._sources.get(handle)

    def _enter(self, step: str, lease: Lease) -> None:
        self.before(step)
        if lease.epoch != self._epoch:
            raise LeaseLost(step)

    def _append(self, turn_id: str, items: Sequence[tuple[Source, Json]]) -> None:
        for source, body in items:
            self.add(source, body, turn_id)

    def _count(self, turn_id: str, call: ModelCall) -> None:
        self.calls.append(call)
        turn = self.turns[turn_id]
        tokens = turn.tokens + call.input_tokens + call.output_tokens
        self._change(turn_id, model_calls=turn.model_calls + 1, tokens=tokens)

    def _change(self, turn_id: str, **values: Any) -> None:
        self.turns[turn_id] = dataclasses.replace(self.turns[turn_id], **values)


class FakeJobStore(Steps):
    """`agent.ports.JobStore` over dictionaries: a lease ends with the write that settles what it was for."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock
        self._held: dict[str, int] = {}
        self._epochs: Counter[str] = Counter()
        self.submissions: dict[str, Submission] = {}
        self.jobs: dict[str, Job] = {}

    def take_over(self, row_id: str) -> None:
        """Somebody else claims the row."""
        self._claim(row_id)

    def free(self) -> None:
        """All leases have run out."""
        self._held.clear()

    async def intend(self, lease: Lease, new: NewSubmission) -> Submission:
        self.before("intend")
        for known in self.submissions.values():
            if known.key == new.key:
                return known
        fields = dataclasses.asdict(new)
        labels = fields.pop("labels")
        submission = Submission(
            id=f"S{len(self.submissions) + 1}",
            state=SubmissionState.INTENDED,
            created_at=self._clock.now(),
            **{**fields, "kind": new.kind},
        )
        self.submissions[submission.id] = submission
        for label in labels:
            self._promise(submission, label)
        self.after("intend")
        return submission

    def _promise(self, submission: Submission, label: str) -> None:
        number = len(self.jobs) + 1
        self.jobs[f"job{number}"] = Job(
            id=f"job{number}",
            workspace_id=submission.workspace_id,
            account_id=submission.account_id,
            submission_id=submission.id,
            conversation_id=submission.conversation_id,
            handle=f"J{number}",
            kind=submission.kind,
            label=label,
            state=JobState.WAITING,
            created_at=self._clock.now(),
        )

    async def submission(self, submission_id: str) -> Submission:
        return self.submissions[submission_id]

    async def submission_of(self, key: str) -> Submission | None:
        return next((one for one in self.submissions.values() if one.key == key), None)

    async def claim_submission(self, submission_id: str) -> tuple[Lease, Submission] | None:
        due = [submission for submission in self._due_submissions() if submission.id == submission_id]
        return (self._claim(submission_id), due[0]) if due else None

    async def claim_due_submissions(self, limit: int) -> list[tuple[Lease, Submission]]:
        return [(self._claim(submission.id), submission) for submission in self._due_submissions()[:limit]]

    async def mark_sending(self, lease: Lease) -> Submission:
        old = self._held_submission("mark_sending", lease)
        sent_at = self._clock.now() if old.sent_at is None else old.sent_at
        changed = self._settle(
            lease, keep=True, state=SubmissionState.SENDING, attempts=old.attempts + 1, sent_at=sent_at
        )
        self.after("mark_sending")
        return changed

    async def record_sent(self, lease: Lease, provider_ids: Sequence[str]) -> None:
        self._held_submission("record_sent", lease)
        ids = tuple(provider_ids)
        self._settle(lease, state=SubmissionState.SENT, provider_ids=ids, error_code=None, error=None)

    async def record_refused(self, lease: Lease, *, code: str, sentence: str) -> None:
        self._held_submission("record_refused", lease)
        self._settle(lease, state=SubmissionState.REFUSED, error_code=code, error=sentence)
        self._end_jobs(lease.id, JobState.FAILED, sentence)

    async def record_unsure(self, lease: Lease, *, code: str, sentence: str) -> None:
        self._held_submission("record_unsure", lease)
        self._settle(lease, state=SubmissionState.UNKNOWN, error_code=code, error=sentence)
        self._end_jobs(lease.id, JobState.UNKNOWN, sentence)

    async def postpone(self, lease: Lease, *, not_before: float, code: str, sentence: str, doubtful: bool) -> None:
        self._held_submission("postpone", lease)
        state = SubmissionState.SENDING if doubtful else SubmissionState.INTENDED
        self._settle(lease, state=state, not_before=not_before, error_code=code, error=sentence)

    async def claim_due_jobs(self, limit: int) -> list[tuple[Lease, Job]]:
        due = [job for job in self.jobs.values() if self._is_due(job) and job.id not in self._held]
        return [(self._claim(job.id), job) for job in due[:limit]]

    async def attach(self, lease: Lease, *, provider_id: str, update: JobUpdate) -> None:
        self._held_row("attach", lease)
        if any(job.provider_id == provider_id for job in self.jobs.values()):
            raise ValueError(f"another job has {provider_id!r}")
        self.jobs[lease.id] = dataclasses.replace(self.jobs[lease.id], provider_id=provider_id)
        self._apply(lease, update)

    async def record_update(self, lease: Lease, update: JobUpdate) -> None:
        self._held_row("record_update", lease)
        job = self.jobs[lease.id]
        if job.state is JobState.WAITING and update.state is JobState.RUNNING:
            raise ValueError(f"{job.id} has no provider id yet")
        self._apply(lease, update)

    async def jobs_of(self, submission_id: str) -> list[Job]:
        return [job for job in self.jobs.values() if job.submission_id == submission_id]

    async def conversation_jobs(self, conversation_id: str) -> list[Job]:
        return [job for job in self.jobs.values() if job.conversation_id == conversation_id][:500]

    async def touch(self, account_id: str, provider_ids: Sequence[str]) -> int:
        hinted = [job for job in self.jobs.values() if job.account_id == account_id and job.provider_id in provider_ids]
        for job in hinted:
            self.jobs[job.id] = dataclasses.replace(job, due_at=0.0)
        return len(hinted)

    def _due_submissions(self) -> list[Submission]:
        unsent, now = (SubmissionState.INTENDED, SubmissionState.SENDING), self._clock.now()
        rows = [row for row in self.submissions.values() if row.state in unsent and row.id not in self._held]
        return sorted((row for row in rows if row.not_before <= now), key=lambda row: row.created_at)

    def _is_due(self, job: Job) -> bool:
        sent = self.submissions[job.submission_id].state is SubmissionState.SENT
        watched = job.state is JobState.RUNNING or (job.state is JobState.WAITING and sent)
        return watched and job.due_at <= self._clock.now()

    def _claim(self, row_id: str) -> Lease:
        self._epochs[row_id] += 1
        self._held[row_id] = self._epochs[row_id]
        return Lease(row_id, OWNER, self._epochs[row_id])

    def _held_row(self, step: str, lease: Lease) -> None:
        self.before(step)
        if self._held.get(lease.id) != lease.epoch:
            raise LeaseLost(step)

    def _held_submission(self, step: str, lease: Lease) -> Submission:
        self._held_row(step, lease)
        return self.submissions[lease.id]

    def _settle(self, lease: Lease, *, keep: bool = False, **values: Any) -> Submission:
        self.submissions[lease.id] = dataclasses.replace(self.submissions[lease.id], **values)
        if not keep:
            del self._held[lease.id]
        return self.submissions[lease.id]

    def _end_jobs(self, submission_id: str, state: JobState, sentence: str) -> None:
        for job in self.jobs.values():
            if job.submission_id == submission_id and job.state in OPEN_JOB_STATES:
                self.jobs[job.id] = dataclasses.replace(job, state=state, failure=sentence)

    def _apply(self, lease: Lease, update: JobUpdate) -> None:
        job = self.jobs[lease.id]
        self.jobs[lease.id] = dataclasses.replace(
            job,
            state=update.state,
            status_word=update.status_word or job.status_word,
            due_at=update.due_at,
            failure=update.failure,
            duration=update.duration,
            polls=job.polls + 1,
        )
        del self._held[lease.id]
