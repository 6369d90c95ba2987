"""Short ways to bring a store into the situation a test is about."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from agent.hashing import arguments_hash
from agent.money import Cap, Entry, Quote, Reason
from agent.ports import Ids
from agent.records import (
    InboxRow,
    Job,
    JobKind,
    JobState,
    JobUpdate,
    Lease,
    NewSubmission,
    Source,
    Submission,
    TurnRecord,
)
from bot.sealing import Sealer
from bot.store import Store
from bot.store.approvals import Decision
from bot.store.database import Database
from bot.store.directory import Account, Workspace
from bot.store.inbox import Accepted, NewEvent
from bot.store.schema import ledger, metadata
from tests.support.clock import ManualClock
from tests.support.ids import CountingIds

LEASE = 30.0
PLACES = 10
LINK_SECONDS = 3600.0
APPROVAL = 3600.0
RATE, SECONDS = 50_000, 20.0
PRICE = 1_000_000  # of one job: SECONDS at RATE
WORKSPACE, CHANNEL, ACCOUNT, PERSON, APPROVER = "T1", "C1", "A1", "U1", "U5"


def sqlite_url(folder: Path) -> str:
    """A file of its own in `folder`."""
    return f"sqlite:///{folder / 'greenroom.db'}"


class HandSetDatabase(Database):
    """Takes the time from the test also where the product takes it from the database.

    A file that is not there yet begins with tables that stand: making them takes longer than most tests.
    """

    def __init__(self, url: str, clock: ManualClock, owner: str) -> None:
        super().__init__(url, clock, owner)
        self._hand = clock

    async def start(self) -> None:
        """As the product's."""
        if self.single_process and self.url.database and not (file := Path(self.url.database)).exists():
            await put_tables(file)
        await super().start()

    async def now(self, connection: AsyncConnection) -> float:
        """The test's time."""
        return self._hand.now()


_tables: list[bytes] = []  # a migrated file, made once for each process


async def put_tables(file: Path) -> None:
    """Have a migrated and otherwise empty database at `file`."""
    if not _tables:
        with tempfile.TemporaryDirectory() as folder:
            made = Database(sqlite_url(Path(folder)), ManualClock(), "tables")
            await made.start()
            await made.stop()
            _tables.append((Path(folder) / "greenroom.db").read_bytes())
    _write(file, _tables[0])


def _write(file: Path, data: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch(0o600)
    file.write_bytes(data)


def new_store(
    url: str,
    clock: ManualClock,
    ids: Ids | None = None,
    owner: str = "first",
    places: int = PLACES,
    *,
    caps: Sequence[Cap] = (),
    ops_channel: str | None = None,
) -> Store:
    """A store that has not been started."""
    database = HandSetDatabase(url, clock, owner)
    money = {"caps": caps, "ops_channel": ops_channel}
    sealer = Sealer("s" * 40, "live")
    ids = ids or CountingIds()
    return Store(database, clock, ids, LINK_SECONDS, lease_seconds=LEASE, places=places, sealer=sealer, **money)


@contextlib.asynccontextmanager
async def running(store: Store) -> AsyncIterator[Store]:
    """`store`, started and with one workspace that has one account."""
    await store.start()
    try:
        await store.directory.put_workspace(Workspace(WORKSPACE, "Studio"))
        await store.directory.put_account(Account(ACCOUNT, WORKSPACE, "direct", "path-token"))
        yield store
    finally:
        await store.stop()


@contextlib.contextmanager
def claiming_as(store: Store, owner: str) -> Iterator[None]:
    """Claims in this block are made in the name of another process."""
    before, store.database.owner = store.database.owner, owner
    try:
        yield
    finally:
        store.database.owner = before


async def everything(store: Store) -> dict[str, list[Any]]:
    """All rows of all tables in the order of their keys, to compare before and after."""
    async with store.database.reading() as connection:
        return {t.name: list(await connection.execute(_in_order(t))) for t in metadata.sorted_tables}


def _in_order(table: sa.Table) -> sa.Select[Any]:
    """A database gives rows in whatever order it likes."""
    return sa.select(table).order_by(*table.primary_key.columns)


def event(name: str = "Ev1", *, thread_ts: str | None = "1.0", opens: bool = True, **other: Any) -> NewEvent:
    """A message in thread `thread_ts`; its own timestamp is `ts-` and its name."""
    given: dict[str, Any] = {
        "dedup_key": None,
        "channel_id": CHANNEL,
        "kind": "message",
        "payload": {"ts": f"ts-{name}"},
    }
    given.update(other)
    return NewEvent(id=name, workspace_id=WORKSPACE, channel_type="channel", thread_ts=thread_ts, opens=opens, **given)


async def accept(store: Store, *names: str, **options: Any) -> str:
    """Accept one event for each name; returns the conversation of the last."""
    conversation_id = ""
    for name in names:
        accepted = await store.lanes.accept(event(name, **options))
        assert isinstance(accepted, Accepted)
        conversation_id = accepted.conversation_id
    return conversation_id


async def claim_lane(store: Store) -> Lease:
    """The lease of the only lane that is ready."""
    (lease,) = await store.lanes.claim(10)
    return lease


async def open_row(store: Store, name: str = "Ev1", **options: Any) -> tuple[Lease, InboxRow]:
    """Accept an event and take it from its lane."""
    await accept(store, name, **options)
    lease = await claim_lane(store)
    row = await store.lanes.next_row(lease)
    assert row is not None
    return lease, row


def user_item(text: str) -> tuple[Source, dict[str, Any]]:
    """What a person said, as the log has it."""
    return Source.USER, {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}


async def open_turn(store: Store, name: str = "Ev1", **options: Any) -> tuple[Lease, TurnRecord]:
    """Accept an event and begin its turn."""
    lease, row = await open_row(store, name, **options)
    turn = await store.turns.begin_turn(lease, row, origin="message", requester=PERSON, items=[user_item("Hello")])
    return lease, turn


def quote(pieces: int = 1, price: int = PRICE) -> Quote:
    """What `pieces` jobs of `SECONDS` each will cost; a `price` other than the usual one is a fixed one."""
    rate = RATE if price == PRICE else None
    return Quote(pieces * price, pieces * price, "20 s", pieces, rate)


def new_submission(
    lease: Lease, *labels: str, key: str = "key-1", turn_id: str = "turn-1", **other: Any
) -> NewSubmission:
    """A translation into the languages `labels`, which needs nobody's approval."""
    arguments = {"video_url": "https://video.example/a.mp4", "languages": list(labels)}
    given: dict[str, Any] = {"requester": PERSON, "quote": quote(len(labels))}
    given.update(other)
    return NewSubmission(
        key=key,
        workspace_id=WORKSPACE,
        account_id=ACCOUNT,
        conversation_id=lease.id,
        turn_id=turn_id,
        call_id="call-1",
        kind=JobKind.TRANSLATION,
        arguments=arguments,
        arguments_hash=arguments_hash(arguments),
        labels=labels,
        title="A translation",
        **given,
    )


async def intend(store: Store, *labels: str, name: str = "Ev1", channel: str = CHANNEL, **other: Any) -> Submission:
    """A submission with one job for each label, in a conversation of its own for each `name`."""
    lease, turn = await open_turn(store, name, thread_ts=f"{name}.0", channel_id=channel)
    keyed = {"key": f"key-{name}", "turn_id": turn.id, **other}
    return await store.jobs.intend(lease, new_submission(lease, *(labels or ("German",)), **keyed))


def waiting(store: Store, reason: Reason = Reason.TOO_DEAR) -> dict[str, Any]:
    """What makes a new submission wait for an approval."""
    return {"needs": reason, "expires_at": store.clock.now() + APPROVAL}


async def ask(store: Store, *labels: str, **other: Any) -> Submission:
    """A submission that waits for an approval."""
    return await intend(store, *labels, **waiting(store), **other)


async def approve(store: Store, submission: Submission, actor: str = APPROVER) -> Decision:
    """Approve what is on the card."""
    return await store.approvals.approve(submission.id, arguments_hash=submission.arguments_hash, actor=actor)


async def claim_submission(store: Store, submission: Submission) -> Lease:
    """The lease of a submission that is due."""
    claimed = await store.jobs.claim_submission(submission.id)
    assert claimed is not None
    return claimed[0]


async def send(store: Store, *labels: str, **other: Any) -> Submission:
    """A submission that the provider accepted with ids `p1`, `p2`, …"""
    submission = await intend(store, *labels, **other)
    lease = await claim_submission(store, submission)
    await store.jobs.mark_sending(lease)
    await store.jobs.record_sent(lease, [f"p{n}" for n, _ in enumerate(labels or ("German",), 1)])
    return await store.jobs.submission(submission.id)


def update(state: JobState, *, due_at: float = 0.0, **other: Any) -> JobUpdate:
    """What a read of the provider told."""
    return JobUpdate(state, other.pop("word", state.value), due_at, **other)


async def run_jobs(store: Store, *labels: str, **other: Any) -> list[Job]:
    """Jobs that run at the provider as `p1`, `p2`, …, all due now."""
    submission = await send(store, *labels, **other)
    for number, (lease, _) in enumerate(await store.jobs.claim_due_jobs(10), 1):
        await store.jobs.attach(lease, provider_id=f"p{number}", update=update(JobState.RUNNING))
    return await store.jobs.jobs_of(submission.id)


async def end_jobs(store: Store, states: Sequence[JobState], **other: Any) -> None:
    """Record a final state for each of the next due jobs."""
    for state, (lease, _) in zip(states, await store.jobs.claim_due_jobs(len(states)), strict=True):
        await store.jobs.record_update(lease, update(state, **other))


async def log_texts(store: Store, conversation_id: str) -> list[str]:
    """The texts of the runtime's items in a log."""
    items = await store.turns.items(conversation_id)
    return [item.body["content"][0]["text"] for item in items if item.source is Source.RUNTIME]


async def book(store: Store, submission_id: str) -> list[tuple[str, int, int]]:
    """What the ledger has about a submission: kind, amount and number of each line."""
    select = sa.select(ledger.c.kind, ledger.c.amount, ledger.c.number).where(ledger.c.submission_id == submission_id)
    async with store.database.reading() as connection:
        return [(row.kind, row.amount, row.number) for row in await connection.execute(select.order_by(ledger.c.seq))]


async def set_aside(store: Store, submission_id: str) -> int:
    """What is set aside for a submission right now."""
    return sum(amount for kind, amount, _ in await book(store, submission_id) if kind in (Entry.HOLD, Entry.RELEASE))
