"""The rows the product remembers, as plain records, and the closed sets of their states.

Times are unix seconds, ids are opaque text. Nothing here does I/O: stores build these, rules read them.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import Any

from agent.money import Quote, Reason

Json = dict[str, Any]
EXACT = frozenset({"command", "mcp"})  # origins of turns that are a call already


class TurnState(enum.StrEnum):
    """Where a turn stands; the last three are final."""

    QUEUED = "queued"
    RUNNING = "running"
    WAITING_APPROVAL = "waiting_approval"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class SubmissionState(enum.StrEnum):
    """Where one paid request stands.

    `HELD`: agreed to and paid for, but not to be sent before the sample of its batch was seen. `UNKNOWN`: it may have
    been carried out and we cannot tell any more. `CANCELLED`: it never left; `error_code` says whether it was declined,
    expired, changed or cancelled.
    """

    INTENDED = "intended"
    WAITING_APPROVAL = "waiting_approval"
    HELD = "held"
    SENDING = "sending"
    SENT = "sent"
    UNKNOWN = "unknown"
    REFUSED = "refused"
    CANCELLED = "cancelled"


class JobState(enum.StrEnum):
    """Where one piece of remote work stands.

    `WAITING` is ours: the job is promised on the card but its request has not been accepted yet, or the provider's
    id for it has not been recognised yet. The others but `RUNNING` are final, though `UNKNOWN` may still turn out well
    and an `UNWANTED` one is watched until HeyGen is done with it (`finished_at`): HeyGen cannot be stopped, so it is
    still paid for and still offered. `CANCELLED` never reached HeyGen and costs nothing.
    """

    WAITING = "waiting"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    UNWANTED = "unwanted"
    UNKNOWN = "unknown"
    CANCELLED = "cancelled"


OPEN_JOB_STATES = frozenset({JobState.WAITING, JobState.RUNNING})


class DeliveryState(enum.StrEnum):
    """Where one outgoing post stands. `UNKNOWN`: it was interrupted, so look for it before repeating it."""

    PENDING = "pending"
    SENDING = "sending"
    POSTED = "posted"
    UNKNOWN = "unknown"
    DEAD = "dead"


class DeliveryKind(enum.StrEnum):
    """What a post is. Cards and closings are rendered from rows when they are sent; the others carry their text.

    Those of batches have the batch as their subject: its card, the copy of it for the operators, the sample that waits
    for a word, the closing, and the list of results as a file. `JOB_FILE`: what a job has made, as a file. Those of
    live sessions have the session. `LIVE_CALL`: the card for the operators. `LIVE_LINES`: what was said, from line
    `first` to `last`; `told` are those the thread has not seen yet. `REACTION`: the emoji `name` on the message `ts`.
    """

    ROOT = "root"
    REPLY = "reply"
    CARD = "card"
    CLOSING = "closing"
    NOTICE = "notice"
    BATCH_CARD = "batch_card"
    BATCH_CALL = "batch_call"
    BATCH_SAMPLE = "batch_sample"
    BATCH_CLOSING = "batch_closing"
    BATCH_RESULTS = "batch_results"
    JOB_FILE = "job_file"
    LIVE_CARD = "live_card"
    LIVE_CALL = "live_call"
    LIVE_LINES = "live_lines"
    LIVE_CLOSING = "live_closing"
    LIVE_FILE = "live_file"
    LIVE_SUMMARY = "live_summary"
    AGENT = "agent"
    SCHEDULE = "schedule"
    REACTION = "reaction"


class Interruption(enum.StrEnum):
    """Why a turn has to end before it has an answer."""

    DELETED = "deleted"
    EDITED = "edited"
    STOPPED = "stopped"


class Source(enum.StrEnum):
    """Who put an item into the log."""

    USER = "user"
    MODEL = "model"
    TOOL = "tool"
    RUNTIME = "runtime"
    COMMAND = "command"


class JobKind(enum.StrEnum):
    """What kind of remote work a job is."""

    TRANSLATION = "translation"
    VIDEO = "video"
    AGENT = "agent"
    LIPSYNC = "lipsync"
    TEMPLATE = "template"
    PROOFREAD = "proofread"
    PROOFREAD_VIDEO = "proofread_video"
    BACKGROUND = "background"
    SPEECH = "speech"
    CLIPS = "clips"


@dataclass(frozen=True, slots=True)
class Lease:
    """A worker's time-limited claim on a row; `epoch` fences writes of a worker that lost it."""

    id: str
    owner: str
    epoch: int


@dataclass(frozen=True, slots=True)
class Conversation:
    """One thread. `thread_ts` is None while its root message has not been posted yet (slash commands)."""

    id: str
    workspace_id: str
    channel_id: str
    channel_type: str
    thread_ts: str | None


@dataclass(frozen=True, slots=True)
class InboxRow:
    """One thing that happened in Slack, waiting in the lane of its conversation."""

    seq: int
    id: str
    conversation_id: str
    workspace_id: str
    kind: str
    payload: Json


@dataclass(frozen=True, slots=True)
class TurnRecord:
    """One request to one final reply. `origin` is `message`, `command` or `mcp` (a program called a tool).

    `tainted`: something that neither the requester nor we have written has entered it.
    """

    id: str
    workspace_id: str
    conversation_id: str
    inbox_id: str
    origin: str
    requester: str
    message_ts: str | None
    state: TurnState
    created_at: float
    model_calls: int = 0
    tokens: int = 0
    attempts: int = 0
    not_before: float = 0.0
    reply_ts: str | None = None
    error: str | None = None
    tainted: bool = False

    @property
    def exact(self) -> bool:
        """Whether it came as the very call that is carried out, so that no model of ours has made anything up."""
        return self.origin in EXACT


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of a conversation's log: a Responses-API item exactly as it goes over the wire."""

    seq: int
    turn_id: str | None
    source: Source
    body: Json


@dataclass(frozen=True, slots=True)
class ModelCall:
    """One finished model call, for the operator's eyes."""

    model: str
    response_id: str
    request_id: str | None
    input_tokens: int
    output_tokens: int
    cached_tokens: int


@dataclass(frozen=True, slots=True)
class NewSubmission:
    """A paid request as it is first written down. `labels`: one job each, in the order the person named them.

    `needs` says why somebody has to approve it, until `expires_at`; None lets it go at once.
    """

    key: str
    workspace_id: str
    account_id: str
    conversation_id: str
    turn_id: str
    call_id: str
    requester: str
    kind: JobKind
    arguments: Json
    arguments_hash: str
    labels: tuple[str, ...]
    title: str
    quote: Quote
    needs: Reason | None = None
    expires_at: float | None = None
    retry_of: str | None = None


@dataclass(frozen=True, slots=True)
class Submission:
    """One paid request. `key` is its idempotency key; `provider_ids` what the provider answered, in its order.

    `quote_*` are what it was expected to cost when it was quoted at `quoted_at` (micro-dollars; `quote_rate` a second
    and job). `needs` says why somebody had to approve it; `approved_hash` is the hash of the arguments that were
    approved, by `decided_by` or, without a click, by the rule.
    """

    id: str
    key: str
    workspace_id: str
    account_id: str
    conversation_id: str
    turn_id: str
    call_id: str
    requester: str
    kind: JobKind
    arguments: Json
    arguments_hash: str
    title: str
    state: SubmissionState
    created_at: float
    sent_at: float | None = None
    attempts: int = 0
    not_before: float = 0.0
    provider_ids: tuple[str, ...] = ()
    error_code: str | None = None
    error: str | None = None
    retry_of: str | None = None
    quote_low: int = 0
    quote_high: int = 0
    quote_rate: int | None = None
    quote_basis: str = ""
    quoted_at: float = 0.0
    needs: Reason | None = None
    expires_at: float | None = None
    decided_by: str | None = None
    decided_at: float | None = None
    approved_hash: str | None = None
    batch_id: str | None = None

    def quote(self, pieces: int) -> Quote:
        """The quote, for `pieces` jobs."""
        return Quote(self.quote_low, self.quote_high, self.quote_basis, pieces, self.quote_rate)


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of remote work that a submission promised. `label` is what tells it apart (a language, a lead).

    `price` is the most it was expected to cost, in micro-dollars.
    """

    id: str
    workspace_id: str
    account_id: str
    submission_id: str
    conversation_id: str
    handle: str
    kind: JobKind
    label: str
    state: JobState
    created_at: float
    provider_id: str | None = None
    status_word: str | None = None
    due_at: float = 0.0
    polls: int = 0
    finished_at: float | None = None
    failure: str | None = None
    duration: float | None = None
    link_id: str | None = None
    price: int = 0
    batch_id: str | None = None


@dataclass(frozen=True, slots=True)
class JobUpdate:
    """What a read of the provider tells about a job. `due_at` says when to look again while it runs.

    `failure` is why it failed; of one that succeeded, what looks doubtful about it.
    """

    state: JobState
    status_word: str | None
    due_at: float
    failure: str | None = None
    duration: float | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """One outgoing post. `version` is what should be visible, `posted_version` what is; `ts` where it is."""

    id: str
    workspace_id: str
    conversation_id: str
    seq: int
    kind: DeliveryKind
    key: str
    state: DeliveryState
    subject_id: str | None
    body: Json = field(default_factory=dict)
    version: int = 1
    posted_version: int = 0
    ts: str | None = None
    attempts: int = 0
    not_before: float = 0.0
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """A link we gave out: it leads to a job's result, re-read at each click."""

    id: str
    workspace_id: str
    account_id: str
    job_id: str
    created_at: float
    expires_at: float
    revoked_at: float | None = None
