"""Batches: many paid requests that were asked for together, agreed to together, shown and closed together.

Each video of a batch is a submission of its own, with its own key; why, is in docs/lifecycle-job.md. No I/O.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass

from agent.hashing import arguments_hash
from agent.money import Quote, Reason
from agent.records import Job, JobKind, Json, Submission

LARGEST = 500  # videos
SAMPLE_FAILED = "sample_failed"
"""The `error_code` of a batch whose sample could not be made, so that nothing else was."""


class BatchState(enum.StrEnum):
    """What the requests of a batch may do. Which of its jobs are over, the jobs know.

    `SAMPLING`: agreed to, and one is made first; the others are held back until the requester has seen it.
    `CANCELLED`: what had not left by then never will; `error_code` says why.
    """

    WAITING_APPROVAL = "waiting_approval"
    SAMPLING = "sampling"
    GOING = "going"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class NewMember:
    """One request of a batch as it is first written down: one job, whose `label` tells it apart."""

    label: str
    title: str
    arguments: Json
    quote: Quote


@dataclass(frozen=True, slots=True)
class NewBatch:
    """A batch as it is first written down. `key` is what its requests' keys begin with.

    `arguments` are what all have in common, for people. `basis` says how the price of all comes about. `sampled`: the
    first is made before the others may go. `needs` says why somebody has to approve it. A decision, of whichever kind,
    is waited for `patience` seconds.
    """

    key: str
    workspace_id: str
    account_id: str
    conversation_id: str
    turn_id: str
    call_id: str
    requester: str
    kind: JobKind
    title: str
    arguments: Json
    members: tuple[NewMember, ...]
    basis: str
    sampled: bool
    patience: float
    needs: Reason | None = None
    retry_of: str | None = None

    @property
    def quote(self) -> Quote:
        """For all together."""
        low, high = sum(one.quote.low for one in self.members), sum(one.quote.high for one in self.members)
        return Quote(low, high, self.basis, len(self.members))

    @property
    def arguments_hash(self) -> str:
        """One hash for all that is asked for, so that an approval can be bound to it."""
        return arguments_hash({"common": self.arguments, "each": [one.arguments for one in self.members]})

    def key_of(self, number: int) -> str:
        """The idempotency key of its `number`-th request, from 1: the same whoever writes it down and how often."""
        return f"{self.key}-{number}"


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch. `sample_id` is the submission that is made first, None where none is.

    `expires_at` is until when a decision may be made, None while none is asked for.
    """

    id: str
    key: str
    workspace_id: str
    account_id: str
    conversation_id: str
    turn_id: str
    requester: str
    kind: JobKind
    title: str
    arguments: Json
    arguments_hash: str
    state: BatchState
    created_at: float
    basis: str
    patience: float
    sample_id: str | None = None
    needs: Reason | None = None
    expires_at: float | None = None
    decided_by: str | None = None
    decided_at: float | None = None
    approved_hash: str | None = None
    error_code: str | None = None
    error: str | None = None
    retry_of: str | None = None


@dataclass(frozen=True, slots=True)
class Member:
    """One request of a batch with its job."""

    submission: Submission
    job: Job

    @property
    def quote(self) -> Quote:
        """What it is expected to cost."""
        return self.submission.quote(1)


def total(batch: Batch, members: Sequence[Member]) -> Quote:
    """What these requests of a batch are expected to cost together."""
    low, high = sum(one.quote.low for one in members), sum(one.quote.high for one in members)
    _, times, rest = batch.basis.partition(" × ")
    basis = f"{len(members)}{times}{rest}" if times else batch.basis
    return Quote(low, high, basis, len(members))
