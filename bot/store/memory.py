"""What is remembered beside the log: summaries of long threads, and facts that people asked to keep."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from agent.compaction import Digest, Digested
from agent.memory import MOST_IN_THREAD, MOST_IN_WORKSPACE, Fact
from agent.records import Lease, ModelCall, TurnRecord
from bot.store.claims import Claims
from bot.store.database import Database
from bot.store.rows import one, record
from bot.store.schema import conversation, digest, fact, lane, model_call, turn, workspace

LISTED = 100


class Summed:
    """`agent.compaction.Digests` under the lease of the conversation's lane."""

    def __init__(self, database: Database, claims: Claims) -> None:
        self._database = database
        self._claims = claims

    async def digested(self, conversation_id: str) -> Digested:
        """See `Digests.digested`."""
        mine = sa.select(digest).where(digest.c.conversation_id == conversation_id).order_by(digest.c.through.desc())
        async with self._database.reading() as connection:
            rows = (await connection.execute(mine)).mappings().all()
        made = next((Digest(row["through"], row["text"]) for row in rows if row["text"]), None)
        return Digested(made, rows[0]["through"] if rows else 0)

    async def begin(self, lease: Lease, through: int) -> bool:
        """See `Digests.begin`."""
        async with self._database.transaction("memory.begin_digest") as connection:
            await self._claims.holds(connection, lane, lease)
            mine = sa.select(conversation.c.workspace_id).where(conversation.c.id == lease.id)
            values = {
                "conversation_id": lease.id,
                "through": through,
                "workspace_id": await connection.scalar(mine),
                "created_at": await self._database.now(connection),
            }
            insert = self._database.insert(digest).values(values)
            keys = ["conversation_id", "through"]
            once = insert.on_conflict_do_nothing(index_elements=keys).returning(digest.c.through)
            return await connection.scalar(once) is not None

    async def finish(self, lease: Lease, turn_id: str, digest_: Digest, call: ModelCall) -> None:
        """See `Digests.finish`."""
        async with self._database.transaction("memory.finish_digest") as connection:
            await self._claims.holds(connection, lane, lease)
            row = await one(connection, sa.select(turn).where(turn.c.id == turn_id), turn_id)
            mine = sa.and_(digest.c.conversation_id == lease.id, digest.c.through == digest_.through)
            await connection.execute(sa.update(digest).where(mine).values(text=digest_.text))
            await self._count(connection, row, call)

    async def _count(self, connection: AsyncConnection, row: sa.RowMapping, call: ModelCall) -> None:
        """The call costs the turn tokens, but is none of its steps."""
        values = {column: getattr(call, column) for column in ("model", "response_id", "request_id")}
        values |= {column: getattr(call, column) for column in ("input_tokens", "output_tokens", "cached_tokens")}
        now = await self._database.now(connection)
        insert = sa.insert(model_call).values(
            workspace_id=row["workspace_id"], turn_id=row["id"], created_at=now, **values
        )
        await connection.execute(insert)
        used = row["tokens"] + call.input_tokens + call.output_tokens
        await connection.execute(sa.update(turn).where(turn.c.id == row["id"]).values(tokens=used))


class Facts:
    """`agent.memory.Facts`, and what a person sees and deletes of it."""

    def __init__(self, database: Database, claims: Claims) -> None:
        self._database = database
        self._claims = claims

    async def of(self, workspace_id: str, conversation_id: str) -> list[Fact]:
        """See `Facts.of`."""
        here = sa.or_(fact.c.conversation_id.is_(None), fact.c.conversation_id == conversation_id)
        return await self._listed(fact.c.workspace_id == workspace_id, here)

    async def add(self, lease: Lease, turn_: TurnRecord, text: str, *, key: str, everywhere: bool) -> Fact | None:
        """See `Facts.add`."""
        async with self._database.transaction("memory.remember") as connection:
            await self._claims.holds(connection, lane, lease)
            known = sa.select(*_SHOWN).select_from(_PLACED).where(fact.c.call_key == key)
            if (row := (await connection.execute(known)).mappings().first()) is not None:
                return record(Fact, row)
            # Everybody of a workspace takes turns here: the bound would not hold otherwise.
            of_all = sa.select(workspace.c.workspace_id).where(workspace.c.workspace_id == turn_.workspace_id)
            await connection.execute(self._database.locked(of_all))
            place = None if everywhere else lease.id
            same = sa.and_(
                fact.c.workspace_id == turn_.workspace_id, fact.c.conversation_id.is_not_distinct_from(place)
            )
            count = await connection.scalar(sa.select(sa.func.count()).where(same)) or 0
            if count >= (MOST_IN_WORKSPACE if everywhere else MOST_IN_THREAD):
                return None
            values = {
                "workspace_id": turn_.workspace_id,
                "conversation_id": place,
                "user_id": turn_.requester,
                "text": text,
                "call_key": key,
                "created_at": await self._database.now(connection),
            }
            number = await connection.scalar(sa.insert(fact).values(values).returning(fact.c.seq))
            return Fact(int(number or 0), text, turn_.requester, everywhere=everywhere)

    async def shown(self, workspace_id: str, user_id: str, channel_id: str) -> list[Fact]:
        """What a person sees: what counts everywhere, what is kept in the channel's threads, and their own."""
        seen = sa.or_(
            fact.c.conversation_id.is_(None), conversation.c.channel_id == channel_id, fact.c.user_id == user_id
        )
        return await self._listed(fact.c.workspace_id == workspace_id, seen)

    async def forget(self, workspace_id: str, numbers: Collection[int]) -> int:
        """Delete facts by number; returns how many there were."""
        async with self._database.transaction("memory.forget") as connection:
            mine = sa.and_(fact.c.workspace_id == workspace_id, fact.c.seq.in_(list(numbers)))
            return (await connection.execute(sa.delete(fact).where(mine))).rowcount

    async def _listed(self, *conditions: sa.ColumnElement[bool]) -> list[Fact]:
        select = sa.select(*_SHOWN).select_from(_PLACED).where(*conditions).order_by(fact.c.seq).limit(LISTED)
        async with self._database.reading() as connection:
            rows: Sequence[sa.RowMapping] = (await connection.execute(select)).mappings().all()
        return [record(Fact, row) for row in rows]


_PLACED = fact.outerjoin(conversation, conversation.c.id == fact.c.conversation_id)
_SHOWN = (
    fact.c.seq.label("number"),
    fact.c.text,
    fact.c.user_id.label("told_by"),
    fact.c.conversation_id.is_(None).label("everywhere"),
    conversation.c.channel_id,
)
