"""Files on their way to HeyGen (`agent.uploading.AssetStore`): a row before each effect, a row of what came of it.

A file is known by its `source_key`, so whoever wants the same one again gets the row that is there.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from agent.assets import FINAL, Again, Asset, AssetState, NewAsset
from agent.ports import Ids
from agent.records import DeliveryKind, Lease
from bot.store.claims import RELEASED, Claims
from bot.store.database import Database
from bot.store.outbox import NewDelivery, Outbox
from bot.store.rows import first, one, record
from bot.store.schema import asset, lane

WAITS_FOR_HEYGEN = "processing"  # the code of a wait that is no failure
ARRIVED = "The file is at HeyGen now. Ask me again for what you wanted to have done with it."
NOT_ARRIVED = "The file did not get to HeyGen. {why}"
ANEW: dict[str, Any] = {
    "state": AssetState.WAITING,
    "awaited": True,
    "keyed_at": None,
    "attempts": 0,
    "not_before": 0.0,
    "provider_id": None,
    "size": None,
    "checksum": None,
    "processing_since": None,
    "error_code": None,
    "error": None,
}


class Assets:
    """Writes files down, hands them out to be uploaded, and records how far they have come."""

    def __init__(self, database: Database, claims: Claims, ids: Ids, outbox: Outbox) -> None:
        self._database = database
        self._claims = claims
        self._ids = ids
        self._outbox = outbox

    async def want(self, lease: Lease, new: NewAsset) -> Asset:
        """Write a file down that a turn wants, or return the one that is there.

        One that has failed begins anew, unless it failed for this very call.
        """
        if new.conversation_id != lease.id:
            raise ValueError(f"the file is not of lane {lease.id!r}")
        async with self._database.transaction("asset.want") as connection:
            await self._claims.holds(connection, lane, lease)
            row = await self._written(connection, new)
            if row["state"] is AssetState.FAILED and row["call_key"] != new.call_key:
                row = await self._begun_anew(connection, row, call_key=new.call_key)
            self._database.announce(connection, "assets")
            return _record(row)

    async def _written(self, connection: AsyncConnection, new: NewAsset) -> sa.RowMapping:
        """The row with this source; two turns that want the same file at once get the same one."""
        known = {name: getattr(new, name) for name in NewAsset.__slots__}
        now = await self._database.now(connection)
        insert = self._database.insert(asset).values(id=self._ids.new("asset"), created_at=now, **{**known, **ANEW})
        await connection.execute(insert.on_conflict_do_nothing(index_elements=["source_key"]))
        same = sa.select(asset).where(asset.c.source_key == new.source_key)
        return await one(connection, self._database.locked(same), new.source_key)

    async def _begun_anew(self, connection: AsyncConnection, row: sa.RowMapping, **more: Any) -> sa.RowMapping:
        anew = {**ANEW, "number": row["number"] + 1, **more}
        update = sa.update(asset).where(asset.c.id == row["id"]).values(**anew).returning(*asset.c)
        return (await connection.execute(update)).mappings().one()

    async def asset(self, asset_id: str) -> Asset | None:
        """One file; None where it is gone."""
        async with self._database.reading() as connection:
            row = await first(connection, sa.select(asset).where(asset.c.id == asset_id))
        return None if row is None else _record(row)

    async def uploaded(self, workspace_id: str, provider_id: str) -> Asset | None:
        """The file with HeyGen's id."""
        mine = sa.and_(asset.c.workspace_id == workspace_id, asset.c.provider_id == provider_id)
        async with self._database.reading() as connection:
            row = await first(connection, sa.select(asset).where(mine).order_by(asset.c.created_at.desc()))
        return None if row is None else _record(row)

    async def again(self, asset_id: str) -> Asset | None:
        """HeyGen does not have a finished one any more: it begins anew, under another key."""
        async with self._database.transaction("asset.again") as connection:
            row = await first(connection, self._database.locked(sa.select(asset).where(asset.c.id == asset_id)))
            if row is not None and row["state"] is AssetState.READY:
                row = await self._begun_anew(connection, row)
                self._database.announce(connection, "assets")
            return None if row is None else _record(row)

    async def tell_later(self, asset_id: str, conversation_id: str) -> None:
        """Nobody waits any more: its conversation is told when it is final, be it already."""
        async with self._database.transaction("asset.tell_later") as connection:
            mine = sa.and_(asset.c.id == asset_id, asset.c.conversation_id == conversation_id)
            row = await first(connection, self._database.locked(sa.select(asset).where(mine)))
            if row is None:
                return
            await connection.execute(sa.update(asset).where(mine).values(awaited=False))
            if row["state"] in FINAL:
                await self._tell(connection, row)

    async def claim_due(self, limit: int) -> Sequence[tuple[Lease, Asset]]:
        """Claim files that are not final, that nobody holds and whose time has come; oldest first."""
        async with self._database.transaction("asset.claim") as connection:
            now = await self._database.now(connection)
            due = sa.and_(asset.c.state.not_in(FINAL), asset.c.not_before <= now)
            order = [asset.c.created_at, asset.c.id]
            claimed = await self._claims.take(connection, asset, due, order_by=order, limit=limit)
        return [(lease, _record(row)) for lease, row in claimed]

    async def advance(self, lease: Lease, state: AssetState, **known: Any) -> Asset:
        """It has come to `state`; `known` are columns. A final state releases the lease and tells who is to be told."""
        async with self._database.transaction(f"asset.{state}") as connection:
            row = await self._claims.holds(connection, asset, lease)
            values: dict[str, Any] = {"state": state, **known}
            if state in (AssetState.SENDING, AssetState.RESERVING) and row["keyed_at"] is None:
                values["keyed_at"] = await self._database.now(connection)
            if state in FINAL:
                values |= RELEASED
            update = sa.update(asset).where(asset.c.id == lease.id).values(**values).returning(*asset.c)
            row = (await connection.execute(update)).mappings().one()
            if state in FINAL and not row["awaited"]:
                await self._tell(connection, row)
            return _record(row)

    async def _tell(self, connection: AsyncConnection, row: sa.RowMapping) -> None:
        text = ARRIVED if row["state"] is AssetState.READY else NOT_ARRIVED.format(why=row["error"] or "")
        key = f"notice:asset:{row['id']}:{row['number']}"
        body = {"text": f"<@{row['requester']}> {text}"}
        new = NewDelivery(row["conversation_id"], DeliveryKind.REPLY, key, body=body)
        await self._outbox.add(connection, new)

    async def postpone(self, lease: Lease, again: Again) -> None:
        """Try again later; released. All but waiting for HeyGen to look at it counts as an attempt."""
        async with self._database.transaction("asset.postpone") as connection:
            row = await self._claims.holds(connection, asset, lease)
            values: dict[str, Any] = {"state": again.state, "error_code": again.code, **RELEASED}
            values["not_before"] = await self._database.now(connection) + again.seconds
            values["attempts"] = row["attempts"] + (again.code != WAITS_FOR_HEYGEN)
            if again.fresh:
                values |= {"number": row["number"] + 1, "keyed_at": None, "provider_id": None}
            await connection.execute(sa.update(asset).where(asset.c.id == lease.id).values(**values))

    def work(self, lease: Lease) -> AbstractAsyncContextManager[None]:
        """The work on a file; when it raises, the file is given back."""
        return self._claims.work((asset, lease))

    def assure(self, lease: Lease) -> None:
        """`LeaseLost` unless nobody else can have the file right now."""
        self._claims.assure(asset, lease)

    def progress(self, lease: Lease) -> None:
        """Bytes are moving: what follows may take long again."""
        self._claims.progress(asset, lease)


def _record(row: sa.RowMapping) -> Asset:
    return record(Asset, row)
