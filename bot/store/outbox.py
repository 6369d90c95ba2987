"""Queueing posts inside somebody else's transaction, so that a change and the post that tells of it are one."""

from __future__ import annotations

from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from agent.ports import Ids
from agent.records import DeliveryKind, DeliveryState, Json
from bot.store.claims import Claims
from bot.store.database import Database, Topic
from bot.store.log import lock_conversation
from bot.store.schema import conversation, delivery, workspace

OPS = "ops"  # the channel type of a conversation that is only told things
ROOTS = (DeliveryKind.ROOT, DeliveryKind.BATCH_CALL, DeliveryKind.LIVE_CALL)  # first messages: a thread begins there
ASIDE = (DeliveryKind.REACTION, DeliveryKind.JOB_FILE)  # what nothing waits for
UNFINISHED = (DeliveryState.PENDING, DeliveryState.SENDING, DeliveryState.UNKNOWN)


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """A post to make once. `key` names it for ever; `ts` is where it already stands, if part of it is visible."""

    conversation_id: str
    kind: DeliveryKind
    key: str
    subject_id: str | None = None
    body: Json = field(default_factory=dict)
    ts: str | None = None


class Outbox:
    """Connection-level writes to the deliveries."""

    def __init__(self, database: Database, claims: Claims, ids: Ids) -> None:
        self._database = database
        self._claims = claims
        self._ids = ids
        self.told: str | None = None  # the one workspace whose operators have a channel; None: whichever it is

    async def add(self, connection: AsyncConnection, new: NewDelivery, *, held: bool = False) -> str:
        """Queue `new` behind what its conversation has, or leave the one with its key; returns the delivery's id.

        `held`: a new one is leased by this process from the start.
        """
        workspace_id = await lock_conversation(self._database, connection, new.conversation_id)
        if (existing := await self.find(connection, new.key)) is not None:
            return existing
        now = await self._database.now(connection)
        values = {
            "id": self._ids.new("delivery"),
            "workspace_id": workspace_id,
            "conversation_id": new.conversation_id,
            "seq": await _next_seq(connection, new.conversation_id),
            "kind": new.kind,
            "key": new.key,
            "state": DeliveryState.PENDING,
            "subject_id": new.subject_id,
            "body": new.body,
            "ts": new.ts,
            "created_at": now,
        }
        delivery_id = str(values["id"])
        lease = self._claims.hold_new(delivery, delivery_id, now) if held else {}
        await connection.execute(sa.insert(delivery).values(**values, **lease))
        self._database.announce(connection, topic_of(new.kind))
        return delivery_id

    async def tell(
        self,
        connection: AsyncConnection,
        workspace_id: str,
        channel_id: str,
        key: str,
        *,
        subject_id: str | None = None,
        text: str = "",
        kind: DeliveryKind = DeliveryKind.ROOT,
    ) -> None:
        """Queue a message of its own in a channel, once per key. What is said below it is not said to us."""
        if self.told is not None and self.told != workspace_id:
            return  # the settings name a channel of another workspace
        locked = sa.select(workspace.c.workspace_id).where(workspace.c.workspace_id == workspace_id)
        await connection.execute(self._database.locked(locked))  # two processes may have the same to tell
        if await self.find(connection, key) is not None:
            return
        place = {"id": self._ids.new("conversation"), "workspace_id": workspace_id, "channel_id": channel_id}
        now = await self._database.now(connection)
        unthreaded = {"channel_type": OPS, "thread_ts": None, "created_at": now}
        await connection.execute(sa.insert(conversation).values(**place, **unthreaded))
        body: Json = {"text": text} if text else {}
        await self.add(connection, NewDelivery(place["id"], kind, key, subject_id=subject_id, body=body))

    async def find(self, connection: AsyncConnection, key: str) -> str | None:
        """The id of the delivery with this key."""
        found: str | None = await connection.scalar(sa.select(delivery.c.id).where(delivery.c.key == key))
        return found

    async def waiting(self, connection: AsyncConnection, conversation_id: str) -> bool:
        """Whether a post of the conversation is neither visible nor given up."""
        posts = delivery.c.kind.not_in(ASIDE)
        mine = sa.and_(delivery.c.conversation_id == conversation_id, delivery.c.ts.is_(None), posts)
        select = sa.select(delivery.c.id).where(mine, delivery.c.state.in_(UNFINISHED))
        return await connection.scalar(select.limit(1)) is not None

    async def place(self, connection: AsyncConnection, key: str, ts: str | None) -> bool:
        """A delivery that nobody has begun to send stands at `ts`; returns whether there was such a one."""
        unsent = sa.and_(delivery.c.ts.is_(None), delivery.c.sent_version == 0)
        update = sa.update(delivery).where(delivery.c.key == key, delivery.c.state == DeliveryState.PENDING, unsent)
        return (await connection.execute(update.values(ts=ts))).rowcount > 0

    async def change(self, connection: AsyncConnection, key: str) -> None:
        """What this delivery shows has changed: a posted one becomes pending again, others carry it when they go."""
        again = sa.case((delivery.c.state == DeliveryState.POSTED, DeliveryState.PENDING.value), else_=delivery.c.state)
        update = sa.update(delivery).where(delivery.c.key == key)
        await connection.execute(update.values(version=delivery.c.version + 1, state=again))
        self._database.announce(connection, "deliveries")


def topic_of(kind: DeliveryKind) -> Topic:
    """The loop that delivers posts of this kind."""
    return "files" if kind is DeliveryKind.JOB_FILE else "deliveries"


async def _next_seq(connection: AsyncConnection, conversation_id: str) -> int:
    select = sa.select(sa.func.max(delivery.c.seq)).where(delivery.c.conversation_id == conversation_id)
    return (await connection.scalar(select) or 0) + 1
