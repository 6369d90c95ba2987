"""Short ways to bring a live session's rows into the situation a test is about."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from agent.live.ports import NewLine
from agent.live.records import (
    CommandKind,
    LiveAccess,
    LiveEnd,
    LiveLine,
    LiveSession,
    LiveState,
    Manner,
    NewLiveSession,
    Speaker,
)
from agent.records import Lease
from bot.store import Store
from bot.store.schema import delivery, inbox, lane, ledger
from tests.support.store_steps import PERSON, WORKSPACE, accept

LIVE_ACCOUNT = f"{WORKSPACE}-liveavatar"
CALL, OFFER = 60.0, 900.0
MINUTE = 120_000  # its price
MAXIMUM = 600  # seconds
MOST = 10 * MINUTE
ACCESS = LiveAccess("wss://provider.example/in?secret=SOCKETSECRET", "wss://room.example", "ROOMSECRET")
OPERATOR, REQUESTER = "U7", PERSON


async def thread(store: Store, name: str = "Ev1") -> str:
    """A conversation of its own for each name, in which nothing waits."""
    conversation_id = await accept(store, name, thread_ts=f"{name}.0")
    async with store.database.transaction("test.thread") as connection:
        done = sa.update(inbox).where(inbox.c.conversation_id == conversation_id)
        await connection.execute(done.values(done_at=store.clock.now()))
        await connection.execute(sa.update(lane).where(lane.c.id == conversation_id).values(ready_at=None))
    return conversation_id


def new_session(conversation_id: str, **other: Any) -> NewLiveSession:
    """An escalation that is offered at once, ten minutes at most."""
    given: dict[str, Any] = {
        "key": f"key-{conversation_id}",
        "workspace_id": WORKSPACE,
        "account_id": LIVE_ACCOUNT,
        "requester": REQUESTER,
        "reason": "I would like to talk to somebody.",
        "max_seconds": MAXIMUM,
        "price_per_minute": MINUTE,
        "call_seconds": None,
        "offer_seconds": OFFER,
    }
    return NewLiveSession(conversation_id=conversation_id, **(given | other))


async def offer(store: Store, name: str = "Ev1", **other: Any) -> LiveSession:
    """A session that somebody may join."""
    return await store.live.open(new_session(await thread(store, name), **other))


async def call(store: Store, name: str = "Ev1", **other: Any) -> LiveSession:
    """A session for which operators are called."""
    return await offer(store, name, call_seconds=CALL, **other)


async def join(store: Store, session: LiveSession) -> Lease:
    """The requester is on the page."""
    joined = await store.live.join(session.id, session.requester)
    assert joined is not None
    return joined[0]


async def joined(store: Store, name: str = "Ev1", **other: Any) -> Lease:
    """A session with its requester on the page."""
    return await join(store, await offer(store, name, **other))


async def started(store: Store, name: str = "Ev1", **other: Any) -> Lease:
    """A session that is being started."""
    lease = await joined(store, name, **other)
    await store.live.starting(lease, f"p-{lease.id}")
    return lease


async def running(store: Store, name: str = "Ev1", **other: Any) -> Lease:
    """A session that talks."""
    lease = await started(store, name, **other)
    await store.live.live(lease, ACCESS, usable_seconds=float(MAXIMUM))
    return lease


async def closing(store: Store, name: str = "Ev1", **other: Any) -> Lease:
    """A session whose stop is not confirmed."""
    lease = await running(store, name, **other)
    await store.live.closing(lease, LiveEnd.VISITOR, ended_by=REQUESTER)
    return lease


async def take_over(store: Store, lease: Lease, operator: str = OPERATOR) -> LiveSession:
    """An operator speaks through the avatar."""
    return await store.live.set_mode(lease, LiveState.HUMAN_TAKEOVER, taken_by=operator, muted=False)


def line(text: str, speaker: Speaker = Speaker.VISITOR, manner: Manner = Manner.VOICE, **other: Any) -> NewLine:
    """Something that is said."""
    return NewLine(at=1_800_000_000.0, speaker=speaker, manner=manner, text=text, **other)


async def say(store: Store, lease: Lease, *texts: str) -> list[LiveLine]:
    """The visitor says these."""
    return await store.live.add_lines(lease, [line(text) for text in texts])


async def ask(store: Store, session_id: str, text: str = "What does it cost?", **other: Any) -> bool:
    """The requester asks from the thread."""
    given: dict[str, Any] = {"kind": CommandKind.ASK, "actor": REQUESTER, "message_ts": "5.0", "key": "ask-1"} | other
    return await store.live.command(session_id, given.pop("kind"), text=text, **given)


async def booked(store: Store, session_id: str) -> list[tuple[str, int]]:
    """What the ledger has about a session: kind and amount of each line."""
    select = sa.select(ledger.c.kind, ledger.c.amount).where(ledger.c.job_id == session_id)
    async with store.database.reading() as connection:
        return [(row.kind, row.amount) for row in await connection.execute(select.order_by(ledger.c.seq))]


async def keys(store: Store, session_id: str) -> list[str]:
    """The keys of the posts about a session, in order, without the session's id."""
    select = sa.select(delivery.c.key).where(delivery.c.subject_id == session_id).order_by(delivery.c.seq)
    async with store.database.reading() as connection:
        found = list(await connection.scalars(select))
    return [key.replace(session_id, "*") for key in found]
