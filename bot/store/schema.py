"""The tables. Times are unix seconds; closed sets are stored as their words; every row has its workspace."""

from __future__ import annotations

import enum
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from agent.assets import AssetState, Origin
from agent.batches import BatchState
from agent.formats import NewerWord
from agent.live.records import CommandKind, LineState, LiveEnd, LiveState, Manner, Speaker
from agent.money import Entry, Reason
from agent.records import DeliveryKind, DeliveryState, JobKind, JobState, Source, SubmissionState, TurnState
from agent.schedules import ScheduleState
from agent.video_agents.records import AgentEnd, AgentMode, AgentState, AnswerState, Asks
from bot.talk import Policy, Reach

metadata = sa.MetaData()

ID = sa.String(400)
SEQUENCE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")  # SQLite numbers rows only in an INTEGER key


class Words(sa.TypeDecorator[str]):
    """Text from outside. PostgreSQL refuses NUL and lone surrogates, and one such text must not stop a result."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> str | None:
        """`value` with a stand-in for each character that cannot be stored."""
        if value is None:
            return None
        return value.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()


class Exact(sa.TypeDecorator[Decimal]):
    """A decimal number to its last digit, which SQLite has no type for."""

    impl = sa.String(40)
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: sa.Dialect) -> str | None:
        """`value` in digits."""
        return None if value is None else str(value)

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> Decimal | None:
        """The number that was stored."""
        return None if value is None else Decimal(value)


class Closed(sa.TypeDecorator[enum.StrEnum]):
    """A word of a closed set. One that is not in it was written by a newer version: `NewerWord`."""

    impl = sa.String(32)
    cache_ok = True

    def __init__(self, members: type[enum.StrEnum]) -> None:
        super().__init__()
        self.members = members

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> str | None:
        """The word."""
        return None if value is None else self.members(value).value

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> enum.StrEnum | None:
        """The member of the set."""
        if value is None:
            return None
        try:
            return self.members(value)
        except ValueError as error:
            raise NewerWord(f"this version has no {self.members.__name__} {value!r}") from error


def _closed(members: type[enum.StrEnum]) -> Closed:
    return Closed(members)


def _column(name: str, kind: Any, *constraints: Any, **options: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, *constraints, nullable=False, **options)


def _added(name: str, kind: Any, **options: Any) -> sa.Column[Any]:
    """A column that a later version added: the database itself knows what it is in older rows."""
    return sa.Column(name, kind, nullable=False, **options)


def _maybe(name: str, kind: Any, **options: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=True, **options)


def _format() -> sa.Column[Any]:
    return _added("format", sa.Integer, server_default="1", default=1)


def _key(name: str = "id") -> sa.Column[Any]:
    return sa.Column(name, ID, primary_key=True)


def _workspace() -> sa.Column[Any]:
    return _column("workspace_id", ID)


def _conversation() -> sa.Column[Any]:
    return _column("conversation_id", ID, sa.ForeignKey("conversation.id"))


def _lease() -> tuple[sa.Column[Any], ...]:
    """Who works on the row, until when, and how often it has been claimed."""
    return (
        _maybe("owner", ID),
        _column("lease_until", sa.Double, default=0.0),
        _column("epoch", sa.Integer, default=0),
    )


workspace = sa.Table(
    "workspace",
    metadata,
    _key("workspace_id"),
    _column("name", Words),
    _column("created_at", sa.Double),
    _maybe("enterprise_id", ID),  # of the organisation whose installation serves it
)

account = sa.Table(
    "account",
    metadata,
    _key(),
    _workspace(),
    _column("backend", ID),
    _column("webhook_path_token", ID, unique=True),
    _column("created_at", sa.Double),
    sa.Index("account_workspace", "workspace_id"),
)

conversation = sa.Table(
    "conversation",
    metadata,
    _key(),
    _workspace(),
    _column("channel_id", ID),
    _column("channel_type", ID),
    _maybe("thread_ts", ID),
    _column("created_at", sa.Double),
)

# Conversations of programs that call tools: all that comes by the token `name` is one of them.
program = sa.Table(
    "program",
    metadata,
    sa.Column("conversation_id", ID, sa.ForeignKey("conversation.id"), primary_key=True),
    _workspace(),
    _column("name", ID),
    _column("created_at", sa.Double),
    sa.Index("program_name", "workspace_id", "name"),
)

# Which conversation answers in a thread. Not a unique key of `conversation`: when somebody is faster in a thread than
# our own root's timestamp, two conversations share it, both finish what they began, and the root's one goes on.
thread = sa.Table(
    "thread",
    metadata,
    _key("workspace_id"),
    _key("channel_id"),
    _key("thread_ts"),
    _conversation(),
)

lane = sa.Table(
    "lane",
    metadata,
    sa.Column("id", ID, sa.ForeignKey("conversation.id"), primary_key=True),
    _workspace(),
    _maybe("ready_at", sa.Double),
    _format(),  # what is needed to work on it: see `agent.formats`
    *_lease(),
    sa.Index("lane_ready", "ready_at", "lease_until"),
    sa.Index("lane_owner", "owner"),
)

inbox = sa.Table(
    "inbox",
    metadata,
    sa.Column("seq", SEQUENCE, primary_key=True, autoincrement=True),
    _column("id", ID, unique=True),
    _maybe("dedup_key", ID, unique=True),
    _workspace(),
    _conversation(),
    _column("kind", ID),
    _maybe("ts", ID),
    _column("payload", sa.JSON),
    _column("created_at", sa.Double),
    _maybe("done_at", sa.Double),
    _format(),
    sa.Index("inbox_next", "conversation_id", "done_at", "seq"),
    sa.Index("inbox_message", "conversation_id", "ts"),
    sqlite_autoincrement=True,  # a number is never used twice, also after old rows were deleted
)

turn = sa.Table(
    "turn",
    metadata,
    _key(),
    _workspace(),
    _conversation(),
    _column("inbox_id", ID, unique=True),
    _column("origin", ID),
    _column("requester", ID),
    _maybe("message_ts", ID),
    _column("state", _closed(TurnState)),
    _column("created_at", sa.Double),
    _maybe("finished_at", sa.Double),
    _column("model_calls", sa.Integer, default=0),
    _column("tokens", sa.BigInteger, default=0),
    _column("attempts", sa.Integer, default=0),
    _column("not_before", sa.Double, default=0.0),
    _maybe("reply_ts", ID),
    _maybe("error", Words),
    _added("tainted", sa.Boolean, server_default=sa.false(), default=False),
    sa.Index("turn_conversation", "conversation_id"),
)

item = sa.Table(
    "item",
    metadata,
    sa.Column("conversation_id", ID, sa.ForeignKey("conversation.id"), primary_key=True),
    sa.Column("seq", sa.Integer, primary_key=True),
    _workspace(),
    _maybe("turn_id", ID),
    _column("source", _closed(Source)),
    _column("body", sa.JSON),
    _column("created_at", sa.Double),
    _format(),
)

outcome = sa.Table(
    "outcome",
    metadata,
    sa.Column("seq", SEQUENCE, primary_key=True, autoincrement=True),
    _workspace(),
    _column("turn_id", ID),
    _column("call_id", ID),
    _column("name", ID),
    _column("body", sa.JSON),
    _column("created_at", sa.Double),
    sa.UniqueConstraint("turn_id", "call_id", name="outcome_once"),
)

model_call = sa.Table(
    "model_call",
    metadata,
    sa.Column("seq", SEQUENCE, primary_key=True, autoincrement=True),
    _workspace(),
    _column("turn_id", ID),
    _column("model", Words),
    _column("response_id", ID),
    _maybe("request_id", ID),
    _column("input_tokens", sa.Integer),
    _column("output_tokens", sa.Integer),
    _column("cached_tokens", sa.Integer),
    _column("created_at", sa.Double),
    sa.Index("model_call_turn", "turn_id"),
)

source = sa.Table(
    "source",
    metadata,
    sa.Column("conversation_id", ID, sa.ForeignKey("conversation.id"), primary_key=True),
    _key("handle"),
    _workspace(),
    _column("kind", ID),
    _column("number", sa.Integer),
    _column("value", Words),
    _column("value_hash", ID),  # values may be longer than an index takes
    sa.UniqueConstraint("conversation_id", "kind", "value_hash", name="source_value"),
)

submission = sa.Table(
    "submission",
    metadata,
    _key(),
    _column("key", ID, unique=True),
    _workspace(),
    _column("account_id", ID),
    _conversation(),
    _column("turn_id", ID),
    _column("call_id", ID),
    _column("requester", ID),
    _column("kind", _closed(JobKind)),
    _column("arguments", sa.JSON),
    _column("arguments_hash", ID),
    _column("title", Words),
    _column("state", _closed(SubmissionState)),
    _column("created_at", sa.Double),
    _maybe("sent_at", sa.Double),
    _column("attempts", sa.Integer, default=0),
    _column("not_before", sa.Double, default=0.0),
    _column("provider_ids", sa.JSON, default=list),
    _maybe("error_code", ID),
    _maybe("error", Words),
    _maybe("retry_of", ID),
    _added("quote_low", sa.BigInteger, server_default="0"),
    _added("quote_high", sa.BigInteger, server_default="0"),
    _maybe("quote_rate", sa.BigInteger),
    _added("quote_basis", Words, server_default=""),
    _added("quoted_at", sa.Double, server_default="0"),
    _maybe("needs", _closed(Reason)),
    _maybe("expires_at", sa.Double),
    _maybe("decided_by", ID),
    _maybe("decided_at", sa.Double),
    _maybe("approved_hash", ID),
    _maybe("batch_id", ID),
    *_lease(),
    sa.Index("submission_due", "state", "not_before"),
    sa.Index("submission_account", "account_id", "state"),
    sa.Index("submission_owner", "owner"),
    sa.Index("submission_conversation", "conversation_id"),
)

job = sa.Table(
    "job",
    metadata,
    _key(),
    _workspace(),
    _column("account_id", ID),
    _column("submission_id", ID, sa.ForeignKey("submission.id")),
    _conversation(),
    _column("requester", ID),
    _column("number", sa.Integer),
    _column("handle", ID),
    _column("kind", _closed(JobKind)),
    _column("label", Words),
    _column("state", _closed(JobState)),
    _column("created_at", sa.Double),
    _maybe("provider_id", ID),
    _maybe("status_word", Words),
    _column("due_at", sa.Double, default=0.0),
    _column("touched", sa.Boolean, default=False),  # hinted at while somebody holds the row
    _column("polls", sa.Integer, default=0),
    _maybe("finished_at", sa.Double),
    _maybe("failure", Words),
    _maybe("duration", sa.Double),
    _maybe("link_id", ID),
    _added("price", sa.BigInteger, server_default="0"),
    _maybe("batch_id", ID),
    *_lease(),
    sa.UniqueConstraint("account_id", "kind", "provider_id", name="job_provider"),
    sa.UniqueConstraint("conversation_id", "number", name="job_number"),
    sa.Index("job_due", "state", "due_at"),
    sa.Index("job_submission", "submission_id"),
    sa.Index("job_recent", "workspace_id", "created_at"),
    sa.Index("job_owner", "owner"),
)

# What several requests have in common that were asked for together: the approval, the card, the closing. They name it
# in `batch_id`, and are looked for by their conversation, for which there are indexes.
batch = sa.Table(
    "batch",
    metadata,
    _key(),
    _column("key", ID, unique=True),
    _workspace(),
    _column("account_id", ID),
    _conversation(),
    _column("turn_id", ID),
    _column("requester", ID),
    _column("kind", _closed(JobKind)),
    _column("title", Words),
    _column("arguments", sa.JSON),
    _column("arguments_hash", ID),
    _column("state", _closed(BatchState)),
    _column("created_at", sa.Double),
    _column("basis", Words),
    _column("patience", sa.Double),
    _maybe("sample_id", ID),
    _maybe("needs", _closed(Reason)),
    _maybe("expires_at", sa.Double),
    _maybe("decided_by", ID),
    _maybe("decided_at", sa.Double),
    _maybe("approved_hash", ID),
    _maybe("error_code", ID),
    _maybe("error", Words),
    _maybe("retry_of", ID),
    sa.Index("batch_state", "state"),
    sa.Index("batch_conversation", "conversation_id"),
    sa.Index("batch_recent", "workspace_id", "created_at"),
)

delivery = sa.Table(
    "delivery",
    metadata,
    _key(),
    _workspace(),
    _conversation(),
    _column("seq", sa.Integer),
    _column("kind", _closed(DeliveryKind)),
    _column("key", ID, unique=True),
    _column("state", _closed(DeliveryState)),
    _maybe("subject_id", ID),
    _column("body", sa.JSON),
    _column("version", sa.Integer, default=1),
    _column("sent_version", sa.Integer, default=0),  # what the latest attempt carried
    _column("posted_version", sa.Integer, default=0),
    _maybe("ts", ID),
    _column("attempts", sa.Integer, default=0),
    _column("not_before", sa.Double, default=0.0),
    _maybe("error", Words),
    _column("created_at", sa.Double),
    *_lease(),
    sa.UniqueConstraint("conversation_id", "seq", name="delivery_order"),
    sa.Index("delivery_due", "state", "not_before"),
    sa.Index("delivery_owner", "owner"),
)

link = sa.Table(
    "link",
    metadata,
    _key(),
    _workspace(),
    _column("account_id", ID),
    _column("job_id", ID, sa.ForeignKey("job.id")),
    _column("created_at", sa.Double),
    _column("expires_at", sa.Double),
    _maybe("revoked_at", sa.Double),
    sa.Index("link_job", "job_id"),
)

webhook_event = sa.Table(
    "webhook_event",
    metadata,
    sa.Column("seq", SEQUENCE, primary_key=True, autoincrement=True),
    _workspace(),
    _column("account_id", ID, sa.ForeignKey("account.id")),
    _column("event_id", ID),
    _column("type", ID),
    _column("payload", sa.JSON),
    _column("received_at", sa.Double),
    _maybe("handled_at", sa.Double),
    sa.UniqueConstraint("account_id", "event_id", name="webhook_event_once"),
    sa.Index("webhook_event_open", "handled_at", "seq"),
)

webhook_cursor = sa.Table(
    "webhook_cursor",
    metadata,
    sa.Column("account_id", ID, sa.ForeignKey("account.id"), primary_key=True),
    _workspace(),
    _column("created_at", sa.Double),
    _maybe("token", Words),
)

# `access` leads into a session that runs, sealed. `held` is what the ledger has set aside for it right now.
live_session = sa.Table(
    "live_session",
    metadata,
    _key(),
    _column("key", ID, unique=True),
    _workspace(),
    _column("account_id", ID),
    _conversation(),
    _column("number", sa.Integer),
    _column("handle", ID),
    _column("requester", ID),
    _column("reason", Words),
    _column("state", _closed(LiveState)),
    _column("created_at", sa.Double),
    _column("max_seconds", sa.Integer),
    _column("price_per_minute", sa.BigInteger),
    _maybe("call_until", sa.Double),
    _column("offer_seconds", sa.Double),
    _maybe("offer_until", sa.Double),
    _maybe("reminded_at", sa.Double),
    _column("needs_approval", sa.Boolean),
    _maybe("approved_by", ID),
    _maybe("claimed_by", ID),
    _maybe("provider_session_id", ID),
    _maybe("started_at", sa.Double),
    _maybe("usable_until", sa.Double),
    _maybe("stopped_at", sa.Double),
    _maybe("ended_at", sa.Double),
    _maybe("end", _closed(LiveEnd)),
    _maybe("ended_by", ID),
    _maybe("credits", Exact),
    _maybe("charged", sa.BigInteger),
    _column("held", sa.BigInteger, default=0),
    _maybe("viewer", ID),
    _maybe("taken_by", ID),
    _column("muted", sa.Boolean, default=False),
    _column("lines", sa.Integer, default=0),
    _maybe("summary", Words),
    _maybe("access", Words),
    *_lease(),
    sa.UniqueConstraint("conversation_id", "number", name="live_session_number"),
    sa.Index("live_session_state", "state", "lease_until"),
    sa.Index("live_session_recent", "workspace_id", "created_at"),
    sa.Index("live_session_owner", "owner"),
)
# The rule that a conversation has one session at a time, kept by the table itself.
sa.Index(
    "live_session_open",
    live_session.c.conversation_id,
    unique=True,
    sqlite_where=live_session.c.state != LiveState.ENDED,
    postgresql_where=live_session.c.state != LiveState.ENDED,
)


def _live_session() -> sa.Column[Any]:
    return _column("session_id", ID, sa.ForeignKey("live_session.id"))


live_line = sa.Table(
    "live_line",
    metadata,
    sa.Column("session_id", ID, sa.ForeignKey("live_session.id"), primary_key=True),
    sa.Column("seq", sa.Integer, primary_key=True),
    _workspace(),
    _conversation(),
    _column("at", sa.Double),
    _column("speaker", _closed(Speaker)),
    _column("manner", _closed(Manner)),
    _column("text", Words),
    _column("state", _closed(LineState)),
    _maybe("actor", ID),
    sa.Index("live_line_conversation", "conversation_id"),
)

live_command = sa.Table(
    "live_command",
    metadata,
    _key(),
    _column("key", ID, unique=True),
    _workspace(),
    _conversation(),
    _live_session(),
    _column("seq", sa.Integer),
    _column("kind", _closed(CommandKind)),
    _column("actor", ID),
    _column("text", Words),
    _maybe("message_ts", ID),
    _column("created_at", sa.Double),
    _maybe("done_at", sa.Double),
    sa.UniqueConstraint("session_id", "seq", name="live_command_order"),
    sa.Index("live_command_conversation", "conversation_id"),
)

live_pass = sa.Table(
    "live_pass",
    metadata,
    _key(),
    _workspace(),
    _conversation(),
    _live_session(),
    _column("user_id", ID),
    _column("created_at", sa.Double),
    _column("expires_at", sa.Double),
    _maybe("opened_at", sa.Double),
    sa.Index("live_pass_session", "session_id", "created_at"),
    sa.Index("live_pass_conversation", "conversation_id"),
)

# Append-only. What becomes of a hold is booked at the time of the hold, so that a day's sum is what that day has
# agreed to spend. `job_id` is that of a job or of a live session. `number` counts its holds: a request may be approved
# anew at another price.
ledger = sa.Table(
    "ledger",
    metadata,
    sa.Column("seq", SEQUENCE, primary_key=True, autoincrement=True),
    _workspace(),
    _column("account_id", ID),
    _column("kind", _closed(Entry)),
    _column("amount", sa.BigInteger),
    _column("booked_at", sa.Double),
    _column("created_at", sa.Double),
    _maybe("submission_id", ID),
    _maybe("job_id", ID),
    _column("number", sa.Integer, default=0),
    _maybe("requester", ID),
    _maybe("channel_id", ID),
    _maybe("via", ID),  # the token by which a program has spent it
    sa.UniqueConstraint("job_id", "kind", "number", name="ledger_once"),
    sa.Index("ledger_booked", "workspace_id", "booked_at"),
    sa.Index("ledger_account", "account_id", "seq"),
    sqlite_autoincrement=True,
)

# Files on their way to HeyGen, and those it has. `source_key` tells them apart, `number` counts the keys of one.
# `awaited`: a turn still waits for it; otherwise its conversation is told.
asset = sa.Table(
    "asset",
    metadata,
    _key(),
    _workspace(),
    _column("account_id", ID),
    _conversation(),
    _column("requester", ID),
    _column("origin", _closed(Origin)),
    _column("place", Words),
    _column("source_key", ID, unique=True),
    _column("call_key", ID),
    _column("state", _closed(AssetState)),
    _column("created_at", sa.Double),
    _column("number", sa.Integer, default=1),
    _maybe("keyed_at", sa.Double),
    _column("attempts", sa.Integer, default=0),
    _column("not_before", sa.Double, default=0.0),
    _maybe("provider_id", ID),
    _column("name", Words, default=""),
    _maybe("content_type", ID),
    _maybe("size", sa.BigInteger),
    _maybe("checksum", ID),
    _maybe("duration", sa.Double),
    _maybe("processing_since", sa.Double),
    _maybe("error_code", ID),
    _maybe("error", Words),
    _column("awaited", sa.Boolean, default=True),
    *_lease(),
    sa.Index("asset_due", "state", "not_before"),
    sa.Index("asset_owner", "owner"),
    sa.Index("asset_conversation", "conversation_id"),
)

# Sessions with HeyGen's video agents. `job_id` and `submission_id` are those of the latest run; `seen` holds hashes of
# messages, never words.
# A summary of a conversation's log up to `through`; without `text` it is an attempt that came to nothing.
digest = sa.Table(
    "digest",
    metadata,
    _conversation(),
    _column("through", sa.Integer),
    _workspace(),
    _column("text", Words, default=""),
    _column("created_at", sa.Double),
    sa.PrimaryKeyConstraint("conversation_id", "through"),
)

# What somebody asked to keep: in one conversation, or (without one) in the whole workspace.
fact = sa.Table(
    "fact",
    metadata,
    sa.Column("seq", SEQUENCE, primary_key=True, autoincrement=True),
    _workspace(),
    sa.Column("conversation_id", ID, sa.ForeignKey("conversation.id"), nullable=True),
    _column("user_id", ID),
    _column("text", Words),
    _column("call_key", ID, unique=True),
    _column("created_at", sa.Double),
    sa.Index("ix_fact_workspace", "workspace_id", "conversation_id"),
    sqlite_autoincrement=True,  # people call facts by their numbers: none is used twice
)

agent_session = sa.Table(
    "agent_session",
    metadata,
    _key(),
    _workspace(),
    _column("account_id", ID),
    _conversation(),
    _column("submission_id", ID, sa.ForeignKey("submission.id")),
    _column("job_id", ID, sa.ForeignKey("job.id")),
    _column("requester", ID),
    _column("provider_session_id", ID),
    _column("mode", _closed(AgentMode)),
    _column("state", _closed(AgentState)),
    _column("created_at", sa.Double),
    _column("changed_at", sa.Double),
    _maybe("asks", _closed(Asks)),
    _column("round", sa.Integer, default=0),
    _column("answers", sa.Integer, default=0),
    _maybe("answered_at", sa.Double),
    _column("seen", sa.JSON, default=list),
    _column("seen_count", sa.Integer, default=0),
    _column("video_ids", sa.JSON, default=list),
    _maybe("status_word", ID),
    _column("progress", ID, default=""),
    _column("missing", sa.Integer, default=0),
    _maybe("stop_sent_at", sa.Double),
    _maybe("end", _closed(AgentEnd)),
    _maybe("ended_at", sa.Double),
    _column("due_at", sa.Double, default=0.0),
    *_lease(),
    sa.UniqueConstraint("account_id", "provider_session_id", name="agent_session_provider"),
    sa.Index("agent_session_due", "state", "due_at"),
    sa.Index("agent_session_conversation", "conversation_id"),
    sa.Index("agent_session_owner", "owner"),
)

agent_answer = sa.Table(
    "agent_answer",
    metadata,
    _key(),
    _column("key", ID, unique=True),
    _workspace(),
    _conversation(),
    _column("session_id", ID, sa.ForeignKey("agent_session.id")),
    _column("seq", sa.Integer),
    _column("actor", ID),
    _column("text", Words),
    _maybe("message_ts", ID),
    _column("state", _closed(AnswerState)),
    _column("attempts", sa.Integer, default=0),
    _column("created_at", sa.Double),
    _maybe("done_at", sa.Double),
    sa.UniqueConstraint("session_id", "seq", name="agent_answer_order"),
    sa.Index("agent_answer_conversation", "conversation_id"),
)

# Requests that become due later. `next_at` is the next time, None once it is over; amounts are micro-dollars.
schedule = sa.Table(
    "schedule",
    metadata,
    _key(),
    _column("key", ID, unique=True),
    _workspace(),
    _conversation(),
    _column("turn_id", ID),
    _column("number", sa.Integer),
    _column("requester", ID),
    _column("text", Words),
    _column("words", ID),
    _column("zone", ID),
    _maybe("rule", ID),
    _maybe("anchor", ID),
    _column("state", _closed(ScheduleState)),
    _column("created_at", sa.Double),
    _maybe("next_at", sa.Double),
    _maybe("last_at", sa.Double),
    _column("runs", sa.Integer, default=0),
    _maybe("offer_run", sa.BigInteger),
    _maybe("offer_month", sa.BigInteger),
    _maybe("per_run", sa.BigInteger),
    _maybe("per_month", sa.BigInteger),
    sa.UniqueConstraint("workspace_id", "number", name="schedule_number"),
    sa.Index("schedule_due", "state", "next_at"),
    sa.Index("schedule_conversation", "conversation_id"),
    sa.Index("schedule_turn", "turn_id"),
)

wallet_reading = sa.Table(
    "wallet_reading",
    metadata,
    sa.Column("seq", SEQUENCE, primary_key=True, autoincrement=True),
    _workspace(),
    _column("account_id", ID),
    _column("read_at", sa.Double),
    _column("balance", sa.BigInteger),
    _column("expected", sa.BigInteger),
    _column("charged", sa.BigInteger),  # all that the ledger had charged by then
    sa.Index("wallet_reading_account", "account_id", "seq"),
)

audit = sa.Table(
    "audit",
    metadata,
    sa.Column("seq", SEQUENCE, primary_key=True, autoincrement=True),
    _workspace(),
    _column("created_at", sa.Double),
    _column("actor", ID),
    _column("deed", ID),
    _maybe("subject_id", ID),
    _column("details", sa.JSON, default=dict),
    sa.Index("audit_workspace", "workspace_id", "seq"),
    sqlite_autoincrement=True,
)

role_member = sa.Table(
    "role_member",
    metadata,
    _key("workspace_id"),
    _key("role"),
    _key("user_id"),
    _column("created_at", sa.Double),
)

# Deletions that were asked for and are not finished yet. `user_id` None: the whole workspace. The row goes with the
# last trace, so that nothing says any more who the pseudonym was.
erasure = sa.Table(
    "erasure",
    metadata,
    _key(),
    _workspace(),
    _maybe("user_id", ID),
    _column("pseudonym", ID),
    _column("actor", ID),
    _column("created_at", sa.Double),
)

# Where the app is installed; `workspace_id` is the team's id or the organisation's. Tokens are sealed, and gone when
# Slack has taken us out. Whoever asks Slack about it holds it until `busy_until`, in its `epoch`.
# Who speaks where nobody is named. Without a person (an empty `user_id`) it is the workspace's choice.
usual_speaker = sa.Table(
    "usual_speaker",
    metadata,
    _key("workspace_id"),
    _key("user_id"),
    _column("account_id", ID),
    _maybe("avatar_id", ID),
    _maybe("avatar", Words),
    _maybe("voice_id", ID),
    _maybe("voice", Words),
)

# LiveAvatar accounts that workspaces have connected; see `bot.store.live_accounts` for why they are not credentials.
live_account = sa.Table(
    "live_account",
    metadata,
    _key("account_id"),
    _workspace(),
    _column("avatar_id", ID),
    _column("mark", ID),
    _column("sealed", Words),
    _column("connected_at", sa.Double),
    _maybe("ended_at", sa.Double),
    sa.Index("live_account_workspace", "workspace_id"),
)

installation = sa.Table(
    "installation",
    metadata,
    _key(),
    _workspace(),
    _maybe("enterprise_id", ID),
    _maybe("team_id", ID),
    _column("name", Words),
    _column("app_id", ID),
    _column("bot_user_id", ID),
    _column("bot_id", ID),
    _column("scopes", Words),
    _column("sealed_token", Words),
    _maybe("sealed_refresh", Words),
    _maybe("expires_at", sa.Double),
    _column("installed_at", sa.Double),
    _maybe("doubted_at", sa.Double),
    _maybe("gone_at", sa.Double),
    _column("busy_until", sa.Double, default=0.0),
    _column("epoch", sa.Integer, default=0),
)

# What workspaces have connected: sealed. `mark` tells whether two are the same without opening either. One that was
# replaced (`ended_at`) or `removed` stays for what needs it.
credential = sa.Table(
    "credential",
    metadata,
    _key("account_id"),
    _workspace(),
    _column("kind", ID),
    _column("mark", ID),
    _column("sealed", Words),
    _column("connected_at", sa.Double),
    _maybe("ended_at", sa.Double),
    _column("removed", sa.Boolean, default=False),
    sa.Index("credential_workspace", "workspace_id"),
)

# Installations that have been begun in some browser; nobody knows yet in which workspace.
oauth_state = sa.Table(
    "oauth_state",
    metadata,
    _key("hash"),
    _column("expires_at", sa.Double),
)

# How a workspace wants us to talk. `channels` and `people` are all of them where they are empty.
talk_setting = sa.Table(
    "talk_setting",
    metadata,
    _key("workspace_id"),
    _column("policy", _closed(Policy)),
    _column("channels", sa.JSON),
    _column("people", sa.JSON),
    _column("guests", _closed(Reach)),
    _column("strangers", _closed(Reach)),
)

channel_policy = sa.Table(
    "channel_policy",
    metadata,
    _key("workspace_id"),
    _key("channel_id"),
    _column("policy", _closed(Policy)),
)

# Threads that are quiet, and whoever in them was asked something by somebody else.
thread_talk = sa.Table(
    "thread_talk",
    metadata,
    sa.Column("conversation_id", ID, sa.ForeignKey("conversation.id"), primary_key=True),
    _workspace(),
    _maybe("muted_at", sa.Double),
    _maybe("awaited", ID),
    _maybe("awaited_at", sa.Double),
)

# What people thought of answers: one row a person and answer.
feedback = sa.Table(
    "feedback",
    metadata,
    _key(),
    _workspace(),
    _conversation(),
    _column("turn_id", ID),
    _column("user_id", ID),
    _column("good", sa.Boolean),
    _maybe("words", Words),
    _column("created_at", sa.Double),
    _column("changed_at", sa.Double),
    sa.UniqueConstraint("turn_id", "user_id", name="feedback_of_person"),
    sa.Index("feedback_conversation", "conversation_id"),
)

migration = sa.Table(
    "migration",
    metadata,
    _key("name"),
    _column("applied_at", sa.Double),
)

LEASED = (lane, submission, job, delivery, live_session, asset, agent_session)
