"""What the agent needs from the edge. The edge implements these; nothing here knows how.

Every store method is one transaction. A method that takes a lease raises `LeaseLost` when the lease is no longer
the caller's; the caller then stops without another effect.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from agent.batches import Batch, Member, NewBatch
from agent.cancelling import Cancelled
from agent.money import Period, Quote, Scope
from agent.records import (
    Conversation,
    InboxRow,
    Interruption,
    Item,
    Job,
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
from agent.rights import Role
from agent.steps import Step
from heygen import Client


class Clock(Protocol):
    """Time, injected so that tests can move it."""

    def now(self) -> float:
        """Unix seconds."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait `seconds` of this clock."""
        ...


class Ids(Protocol):
    """Fresh opaque ids."""

    def new(self, prefix: str) -> str:
        """An id nobody has seen, starting with `prefix`."""
        ...


class TurnStore(Protocol):
    """Turns and the item log of their conversations."""

    async def conversation(self, conversation_id: str) -> Conversation:
        """The conversation; `KeyError` when there is none."""
        ...

    async def items(self, conversation_id: str) -> list[Item]:
        """The whole log of a conversation in order."""
        ...

    async def begin_turn(
        self,
        lease: Lease,
        row: InboxRow,
        *,
        origin: str,
        requester: str,
        items: Sequence[tuple[Source, Json]],
        tainted: bool = False,
    ) -> TurnRecord:
        """Create the turn of an inbox row with its first items and state running, or return the one it has."""
        ...

    async def turn_of_row(self, inbox_id: str) -> TurnRecord | None:
        """The turn of an inbox row, if it has begun."""
        ...

    async def record_model_call(self, lease: Lease, turn_id: str, items: Sequence[Json], call: ModelCall) -> None:
        """Append what the model answered (source model) and count the call."""
        ...

    async def outcomes(self, turn_id: str) -> dict[str, Json]:
        """All finished tool calls of a turn, oldest first: call id → outcome."""
        ...

    async def recent_outcomes(self, conversation_id: str, limit: int) -> list[Json]:
        """The newest finished tool calls of all turns of a conversation, newest first."""
        ...

    async def record_outcome(
        self, lease: Lease, turn_id: str, *, call_id: str, name: str, outcome: Json, taints: bool = False
    ) -> None:
        """Checkpoint one finished tool call; `taints`: what it answered was written by others."""
        ...

    async def tainted(self, turn_id: str) -> bool:
        """Whether something that others wrote has entered the turn so far."""
        ...

    async def mixed(self, turn_id: str) -> bool:
        """Whether others' words stand in the conversation: of other people, or read by a tool in any turn."""
        ...

    async def append_outputs(self, lease: Lease, turn_id: str, outputs: Sequence[Json]) -> None:
        """Append the outputs of all open calls at once (source tool)."""
        ...

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
        """End the turn and its inbox row, append `items`, count `call`, and queue `reply` as a delivery.

        The delivery is already claimed by the lease's owner, who may settle it at once; its id is returned (None
        without a reply). It takes over the turn's `reply_ts`, so a streamed reply is completed, never doubled.
        """
        ...

    async def defer_turn(self, lease: Lease, turn_id: str, *, not_before: float, error: str) -> None:
        """Leave the turn running but not before `not_before`; counts an attempt."""
        ...

    async def interruption(self, turn_id: str) -> Interruption | None:
        """Why the turn has to end now: its message was deleted or edited since, or somebody pressed Stop."""
        ...

    async def name_source(self, conversation_id: str, kind: str, value: str) -> str:
        """The conversation's handle for `value` (`kind` `V` for a URL, `F` for a Slack file); made when new."""
        ...

    async def resolve_source(self, conversation_id: str, handle: str) -> str | None:
        """What a handle stands for."""
        ...


class JobStore(Protocol):
    """Submissions and their jobs. Every change that a person should see also marks the card for an update."""

    async def intend(self, lease: Lease, new: NewSubmission) -> Submission:
        """Write the submission, its jobs (waiting) and its card; the existing one if the key exists.

        Intended, and its price set aside, if it needs no approval, else waiting for one. `OverCap` when a cap has no
        room for it.
        """
        ...

    async def submission(self, submission_id: str) -> Submission:
        """One submission; `KeyError` when there is none."""
        ...

    async def job(self, job_id: str) -> Job:
        """One job; `KeyError` when there is none."""
        ...

    async def claim_submission(self, submission_id: str) -> tuple[Lease, Submission] | None:
        """Claim an intended or sending submission that nobody holds and whose time has come."""
        ...

    async def claim_due_submissions(self, limit: int) -> list[tuple[Lease, Submission]]:
        """Claim those that are due, oldest first."""
        ...

    async def mark_sending(self, lease: Lease, *, settles_after: float = 0.0) -> Submission | None:
        """State sending, count the attempt, set `sent_at` if it is the first: the next step is the request.

        Should nothing be recorded after it, it is not due again before `settles_after` seconds have passed.
        None when nobody wants it any more: it has been ended instead. `NotApproved` when it is not what was approved.
        """
        ...

    async def ask_again(self, lease: Lease, quote: Quote, *, expires_at: float) -> None:
        """It costs more than was approved: back to waiting for an approval, nothing set aside; released."""
        ...

    async def record_sent(self, lease: Lease, provider_ids: Sequence[str]) -> None:
        """The provider accepted: state sent. Its jobs stay waiting until `attach`; lease released."""
        ...

    async def record_refused(self, lease: Lease, *, code: str, sentence: str) -> None:
        """The provider refused: state refused, all its jobs failed with `sentence`, closing queued; released."""
        ...

    async def record_unsure(self, lease: Lease, *, code: str, sentence: str) -> None:
        """Nobody can tell any more: state unknown, all its open jobs unknown, closing queued; released."""
        ...

    async def postpone(self, lease: Lease, *, not_before: float, code: str, sentence: str, doubtful: bool) -> None:
        """Try again at `not_before`; the lease is released and the card says why it waits.

        It stays `sending` when an attempt may have been carried out (`doubtful`), else it is `intended` again.
        """
        ...

    async def submission_of(self, key: str) -> Submission | None:
        """The submission with this key, if it has been written down."""
        ...

    async def claim_due_jobs(self, limit: int) -> list[tuple[Lease, Job]]:
        """Claim jobs to look at: running ones that are due, and waiting ones of sent submissions."""
        ...

    async def attach(self, lease: Lease, *, provider_id: str, update: JobUpdate) -> None:
        """Give a waiting job the provider's id that was recognised as its own, and apply `update`.

        `IdTaken` when another job has that id: nothing is changed, and the lease still held.
        """
        ...

    async def record_update(self, lease: Lease, update: JobUpdate) -> None:
        """Apply what was read; a final state also queues the runtime item and, after the last job, the closing."""
        ...

    async def look_later(self, looks: Sequence[tuple[Lease, JobUpdate]]) -> Collection[str]:
        """Apply many updates of running jobs that only say when to look again, and release their leases.

        Returns the ids of those for which that was all; for any other, `record_update` has the answer.
        """
        ...

    async def jobs_of(self, submission_id: str) -> list[Job]:
        """A submission's jobs in the order they were asked for."""
        ...

    async def conversation_jobs(self, conversation_id: str) -> list[Job]:
        """The jobs of a conversation, oldest first; of more than 2,000 the newest."""
        ...

    async def unsent(self, conversation_id: str) -> Mapping[str, SubmissionState]:
        """The submissions of a conversation that wait for an approval or for a word on a sample: id → which."""
        ...

    async def touch(self, account_id: str, provider_ids: Sequence[str]) -> int:
        """Make these jobs due now (a webhook hinted); returns how many are ours."""
        ...


class BatchStore(Protocol):
    """Batches: many requests that were asked for together, see `agent.batches`."""

    async def intend_batch(self, lease: Lease, new: NewBatch) -> Batch:
        """Write the batch, its requests, their jobs and its card; the existing one if the key exists.

        `OverCap` when a cap has no room for it.
        """
        ...

    async def batch(self, batch_id: str) -> Batch:
        """One batch; `KeyError` when there is none."""
        ...

    async def batch_of(self, key: str) -> Batch | None:
        """The batch with this key, if it has been written down."""
        ...

    async def members(self, batch_id: str) -> Sequence[Member]:
        """Its requests, each with its job, in the order of their rows."""
        ...


class Cancels(Protocol):
    """Ends requests that nobody wants any more."""

    async def cancel(self, submission_id: str, *, actor: str, handles: Collection[str] | None = None) -> Cancelled:
        """Cancel a request, or only its jobs with `handles`; `KeyError` when there is none."""
        ...

    async def cancel_batch(self, batch_id: str, *, actor: str) -> Cancelled:
        """Cancel all requests of a batch; `KeyError` when there is none."""
        ...

    async def cancel_of_turns(self, turn_ids: Sequence[str], *, actor: str) -> Cancelled:
        """Cancel everything that these turns have asked for."""
        ...


class Roles(Protocol):
    """Who has been appointed to what. Asked before acks, so it never uses the network."""

    def appointed(self, workspace_id: str, user_id: str) -> frozenset[Role]:
        """The roles of a person."""
        ...

    def anybody_approves(self, workspace_id: str) -> bool:
        """Whether nobody has been appointed to approve, so that requesters agree to their own spending."""
        ...


class Budget(Protocol):
    """What has been spent, and what caps leave."""

    async def used(self, workspace_id: str, conversation_id: str, requester: str) -> Sequence[Used]:
        """For workspace, channel and person, today and this month."""
        ...


class Used(Protocol):
    """What a scope has used in a period, in micro-dollars."""

    @property
    def scope(self) -> Scope:
        """Whose spending."""
        ...

    @property
    def period(self) -> Period:
        """Since when."""
        ...

    @property
    def held(self) -> int:
        """Promised."""
        ...

    @property
    def charged(self) -> int:
        """Spent."""
        ...

    @property
    def cap(self) -> int | None:
        """The most it may be, None where there is no cap."""
        ...


class Reply(Protocol):
    """The visible side of one turn while it runs. Best effort: the outbox guarantees the final text."""

    async def status(self, text: str) -> None:
        """Say what is going on (“is thinking…”)."""
        ...

    async def append(self, text: str) -> None:
        """Show more of the answer. The text has passed the outgoing filter."""
        ...

    async def steps(self, steps: Sequence[Step]) -> None:
        """Show how far these tool calls have come, each in the place of what was shown of it before."""
        ...

    async def settle(self, delivery_id: str | None, text: str | None) -> None:
        """The turn is committed: complete what is visible and settle the delivery, or leave it to the outbox."""
        ...

    async def restart(self) -> None:
        """The attempt failed and will be repeated: what was shown so far is void."""
        ...


class Replies(Protocol):
    """Opens the visible side of a turn."""

    def open(self, lease: Lease, turn: TurnRecord, conversation: Conversation) -> Reply:
        """The reply of `turn` in its thread."""
        ...


class JobLinks(Protocol):
    """Makes our links to results."""

    def link(self, job: Job) -> str | None:
        """Our link to a job's result; None where there is none to give."""
        ...


class Accounts(Protocol):
    """Which HeyGen account a workspace uses, and how to talk to it. Credentials never leave the edge."""

    async def account_id(self, workspace_id: str) -> str:
        """The account of a workspace."""
        ...

    async def client(self, account_id: str) -> Client:
        """A client that acts for the account."""
        ...

    async def callback(self, account_id: str, key: str, *, needed: bool = False) -> str | None:
        """Where the provider may send an unsigned hint about the request `key`; None where it cannot reach us.

        None as well where signed webhooks tell the same, unless it is `needed`.
        """
        ...


class SourceFacts(Protocol):
    """What a probe learnt."""

    @property
    def content_type(self) -> str:
        """Such as `video/mp4`."""
        ...

    @property
    def duration(self) -> float | None:
        """Seconds, None where the headers do not tell."""
        ...

    @property
    def size(self) -> int | None:
        """Bytes, None where the server does not tell."""
        ...


class SourceProbe(Protocol):
    """Looks at a source video before anybody pays for it."""

    async def probe(self, url: str) -> SourceFacts:
        """Type and length from a bounded, SSRF-safe read; `SourceRefused` with a sentence for the person."""
        ...


class SoundProbe(Protocol):
    """Looks at a recording before anybody pays for what is made from it."""

    async def probe_sound(self, url: str) -> SourceFacts:
        """Type and length from a bounded, SSRF-safe read; `SourceRefused` with a sentence for the person."""
        ...


class IncomingFile(Protocol):
    """A file that somebody sent, while it is being fetched."""

    @property
    def name(self) -> str:
        """As its sender called it: others' words."""
        ...

    @property
    def content_type(self) -> str:
        """As the server says, such as `text/csv`."""
        ...

    @property
    def size(self) -> int | None:
        """Bytes, None where nobody says."""
        ...

    def chunks(self) -> AsyncIterator[bytes]:
        """The content, piece by piece, once. `SourceRefused` when it turns out to be something else or too much."""
        ...


class Files(Protocol):
    """Fetches files that people have attached."""

    def open(self, workspace_id: str, file_id: str, *, largest: int) -> AbstractAsyncContextManager[IncomingFile]:
        """A workspace's file of at most `largest` bytes; `SourceRefused` with a sentence for the person."""
        ...
