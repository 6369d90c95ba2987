"""The outbox: every post of ours, in order for each conversation, and what became of it.

A delivery without `ts` is not visible yet. Such first posts go out one after the other in each conversation, its root
before everything else; what is visible already may be updated at any time.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from agent.records import Conversation, Delivery, DeliveryKind, DeliveryState, Lease
from bot.store.claims import RELEASED, Claims
from bot.store.database import Database
from bot.store.outbox import ASIDE, OPS, ROOTS, UNFINISHED, NewDelivery, Outbox, topic_of
from bot.store.rows import first, one, record
from bot.store.schema import conversation, delivery, lane, thread

Claimed = tuple[Lease, Delivery, Conversation]

WAITING = (DeliveryState.PENDING, DeliveryState.UNKNOWN)


class Deliveries:
    """Hands out what is to be posted and records what happened to it."""

    def __init__(self, database: Database, claims: Claims, outbox: Outbox) -> None:
        self._database = database
        self._claims = claims
        self._outbox = outbox

    async def enqueue(self, new: NewDelivery) -> str:
        """Queue `new`, or leave the one that has its key; returns the delivery's id."""
        async with self._database.transaction("delivery.enqueue") as connection:
            return await self._outbox.add(connection, new)

    async def announce(self, workspace_id: str, channel_id: str, key: str, text: str) -> None:
        """Queue a message of its own in a channel, once per key."""
        async with self._database.transaction("delivery.announce") as connection:
            await self._outbox.tell(connection, workspace_id, channel_id, key, text=text)

    async def refresh(self, key: str) -> None:
        """What this delivery shows has changed: have it rendered again. Nothing happens where there is none."""
        async with self._database.transaction("delivery.refresh") as connection:
            await self._outbox.change(connection, key)

    async def get(self, delivery_id: str) -> Delivery:
        """One delivery; `KeyError` when there is none."""
        async with self._database.reading() as connection:
            return await _get(connection, delivery_id)

    async def find(self, key: str) -> Delivery | None:
        """The delivery with this key."""
        async with self._database.reading() as connection:
            row = await first(connection, sa.select(delivery).where(delivery.c.key == key))
        return None if row is None else record(Delivery, row)

    async def held(self, delivery_id: str) -> Claimed | None:
        """A delivery that this process has held since it was queued; None when somebody has to claim it first."""
        async with self._database.reading() as connection:
            row = await one(connection, sa.select(delivery).where(delivery.c.id == delivery_id), delivery_id)
            if row["owner"] != self._database.owner:
                return None
            lease = Lease(delivery_id, row["owner"], row["epoch"])
            return lease, record(Delivery, row), await _conversation(connection, row["conversation_id"])

    async def claim_due(self, limit: int, *, files: bool | None = None) -> list[Claimed]:
        """Claim what may be posted or updated now: at most one first post of each conversation, in order.

        `files`: only results that are shared as files, or everything else; None: all of it.

        One that comes as `unknown` may be visible without our knowing: look for its key before posting it.
        """
        async with self._database.transaction("delivery.claim") as connection:
            now = await self._database.now(connection)
            await _doubt_interrupted(self._database, connection, delivery.c.lease_until <= now)
            due = sa.and_(delivery.c.state.in_(WAITING), delivery.c.not_before <= now, _in_turn())
            if files is not None:
                due = sa.and_(due, (delivery.c.kind == DeliveryKind.JOB_FILE) == files)
            order = [delivery.c.created_at, delivery.c.conversation_id, delivery.c.seq]
            claimed = await self._claims.take(connection, delivery, due, order_by=order, limit=limit)
            return [
                (lease, record(Delivery, row), await _conversation(connection, row["conversation_id"]))
                for lease, row in claimed
            ]

    def assure(self, lease: Lease) -> None:
        """`LeaseLost` when another process may have the delivery by now: ask right before each request."""
        self._claims.assure(delivery, lease)

    async def mark_sending(self, lease: Lease) -> Delivery:
        """The next step is the request; returns the delivery as it is now, to be rendered in this version."""
        async with self._database.transaction("delivery.sending") as connection:
            row = await self._claims.holds(connection, delivery, lease)
            attempt = {"attempts": row["attempts"] + 1, "sent_version": row["version"]}
            await _update(connection, lease.id, state=DeliveryState.SENDING, **attempt)
            return await _get(connection, lease.id)

    async def mark_posted(self, lease: Lease, ts: str, version: int) -> None:
        """It stands at `ts` and shows `version`; pending again if it has changed since. Releases the lease."""
        async with self._database.transaction("delivery.posted") as connection:
            row = await self._claims.holds(connection, delivery, lease)
            await _post(self._database, connection, row, ts, version)
            await _update(connection, lease.id, **RELEASED)

    async def mark_unknown(self, lease: Lease) -> None:
        """It may or may not have been posted. Releases the lease; an update is simply repeated."""
        async with self._database.transaction("delivery.unknown") as connection:
            row = await self._claims.holds(connection, delivery, lease)
            state = DeliveryState.UNKNOWN if row["ts"] is None else DeliveryState.PENDING
            await _update(connection, lease.id, state=state, **RELEASED)
            self._database.announce(connection, topic_of(row["kind"]))

    async def postpone(self, lease: Lease, not_before: float, error: str) -> None:
        """Certainly not done yet; try again at `not_before` (unix seconds). Releases the lease.

        One that was unknown and has not been sent again stays unknown.
        """
        async with self._database.transaction("delivery.postpone") as connection:
            row = await self._claims.holds(connection, delivery, lease)
            state = DeliveryState.PENDING if row["state"] is DeliveryState.SENDING else row["state"]
            await _update(connection, lease.id, state=state, not_before=not_before, error=error, **RELEASED)
            if not_before <= await self._database.now(connection):
                self._database.announce(connection, topic_of(row["kind"]))

    async def mark_dead(self, lease: Lease, error: str) -> None:
        """Given up. Releases the lease and lets later posts of the conversation pass."""
        async with self._database.transaction("delivery.dead") as connection:
            row = await self._claims.holds(connection, delivery, lease)
            await _update(connection, lease.id, state=DeliveryState.DEAD, error=error, **RELEASED)
            if row["kind"] in ROOTS:
                await _wake_lane(self._database, connection, row["conversation_id"])
            self._database.announce(connection, "deliveries", "files")

    async def replace_ts(self, lease: Lease, ts: str | None) -> None:
        """It stands at `ts` now; None: what was visible is gone, so that it has to be posted anew."""
        async with self._database.transaction("delivery.replace_ts") as connection:
            await self._claims.holds(connection, delivery, lease)
            gone = {"state": DeliveryState.PENDING, "posted_version": 0, "sent_version": 0} if ts is None else {}
            await _update(connection, lease.id, ts=ts, **gone)

    async def record_echo(self, workspace_id: str, channel_id: str, key: str, ts: str) -> bool:
        """Slack showed us our own message: a delivery nobody was sure about is posted. Returns whether one was.

        Whoever is still sending it keeps the lease and may finish; whoever was about to repeat it loses it.
        """
        async with self._database.transaction("delivery.echo", urgent=True) as connection:
            row = await first(connection, self._database.locked(_sent_but_unseen(workspace_id, channel_id, key)))
            if row is None:
                return False
            await _post(self._database, connection, row, ts, row["sent_version"])
            if row["state"] is not DeliveryState.SENDING:
                await _update(connection, row["id"], **RELEASED)
            return True


async def doubt_all_interrupted(database: Database, connection: AsyncConnection) -> None:
    """After a restart nobody is sending: what was being sent may have arrived."""
    await _doubt_interrupted(database, connection, sa.true())


async def _doubt_interrupted(
    database: Database, connection: AsyncConnection, condition: sa.ColumnElement[bool]
) -> None:
    interrupted = sa.select(delivery.c.id).where(delivery.c.state == DeliveryState.SENDING, condition)
    ids = list(await connection.scalars(database.claimable(interrupted)))
    if not ids:
        return
    doubtful = sa.case((delivery.c.ts.is_(None), DeliveryState.UNKNOWN.value), else_=DeliveryState.PENDING.value)
    await connection.execute(sa.update(delivery).where(delivery.c.id.in_(ids)).values(state=doubtful, **RELEASED))


def _in_turn() -> sa.ColumnElement[bool]:
    """Visible already, or the first of its conversation's first posts; without a thread only the root.

    A reaction stands on what somebody else has posted: it waits for nothing, and nothing waits for it. Nor does
    anything wait for a result that is being shared as a file, which may take minutes.
    """
    earlier = delivery.alias("earlier")
    root, earlier_root = delivery.c.kind.in_(ROOTS), earlier.c.kind.in_(ROOTS)
    blocked = sa.exists().where(
        earlier.c.conversation_id == delivery.c.conversation_id,
        earlier.c.ts.is_(None),
        earlier.c.kind.not_in(ASIDE),
        earlier.c.state.in_(UNFINISHED),
        sa.or_(
            sa.and_(earlier_root, sa.not_(root)),
            sa.and_(earlier_root == root, earlier.c.seq < delivery.c.seq),
        ),
    )
    has_thread = sa.exists().where(
        conversation.c.id == delivery.c.conversation_id, conversation.c.thread_ts.is_not(None)
    )
    anytime = sa.or_(delivery.c.ts.is_not(None), delivery.c.kind == DeliveryKind.REACTION)
    return sa.or_(anytime, sa.and_(sa.not_(blocked), sa.or_(root, has_thread)))


def _sent_but_unseen(workspace_id: str, channel_id: str, key: str) -> sa.Select[Any]:
    here = sa.select(conversation.c.id).where(
        conversation.c.workspace_id == workspace_id, conversation.c.channel_id == channel_id
    )
    return sa.select(delivery).where(
        delivery.c.key == key,
        delivery.c.conversation_id.in_(here),
        delivery.c.ts.is_(None),
        delivery.c.sent_version > 0,
        delivery.c.state.in_(UNFINISHED),
    )


async def _post(database: Database, connection: AsyncConnection, row: sa.RowMapping, ts: str, version: int) -> None:
    state = DeliveryState.POSTED if version >= row["version"] else DeliveryState.PENDING
    await _update(connection, row["id"], ts=ts, posted_version=version, state=state, attempts=0, error=None)
    if row["kind"] in ROOTS:
        await _settle_thread(database, connection, row["conversation_id"], ts)
    if row["ts"] is None:  # what waits behind it may go
        database.announce(connection, "deliveries", "files")
    elif state is DeliveryState.PENDING:
        database.announce(connection, topic_of(row["kind"]))


async def _settle_thread(database: Database, connection: AsyncConnection, conversation_id: str, ts: str) -> None:
    """The root stands at `ts`: what is said there belongs to its conversation from now on.

    Below what we only tell the operators nothing is said to us.
    """
    await _wake_lane(database, connection, conversation_id)
    row = await one(connection, sa.select(conversation).where(conversation.c.id == conversation_id), conversation_id)
    update = sa.update(conversation).where(conversation.c.id == conversation_id)
    await connection.execute(update.values(thread_ts=ts))
    if row["channel_type"] == OPS:
        return
    place = {"workspace_id": row["workspace_id"], "channel_id": row["channel_id"], "thread_ts": ts}
    ours = {"conversation_id": conversation_id}
    insert = database.insert(thread).values(**place, **ours)
    await connection.execute(insert.on_conflict_do_update(index_elements=list(place), set_=ours))


async def _wake_lane(database: Database, connection: AsyncConnection, conversation_id: str) -> None:
    """What waited for its root need not wait any longer. A lane in use is passed over: who has it looks again."""
    asleep = sa.and_(lane.c.id == conversation_id, lane.c.ready_at.is_not(None), lane.c.owner.is_(None))
    if await connection.scalar(database.claimable(sa.select(lane.c.id).where(asleep))) is not None:
        now = await database.now(connection)
        await connection.execute(sa.update(lane).where(lane.c.id == conversation_id).values(ready_at=now))
        database.announce(connection, "lanes")


async def _update(connection: AsyncConnection, delivery_id: str, **values: Any) -> None:
    await connection.execute(sa.update(delivery).where(delivery.c.id == delivery_id).values(**values))


async def _get(connection: AsyncConnection, delivery_id: str) -> Delivery:
    row = await one(connection, sa.select(delivery).where(delivery.c.id == delivery_id), delivery_id)
    return record(Delivery, row)


async def _conversation(connection: AsyncConnection, conversation_id: str) -> Conversation:
    row = await one(connection, sa.select(conversation).where(conversation.c.id == conversation_id), conversation_id)
    return record(Conversation, row)
