"""Leases: who works on a row, until when, and the fence that stops a worker which lost it.

Lanes, submissions, jobs and deliveries are claimed alike through the columns `owner`, `lease_until` and `epoch`. Each
claim raises the epoch, and whoever writes under a lease reads owner and epoch again in the same transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from agent.errors import LeaseLost
from agent.records import Lease
from bot.store.database import Database
from bot.store.rows import first
from bot.store.schema import LEASED

LEASE_SECONDS = 30.0
CLAIM_LIMIT = 500

RELEASED: dict[str, Any] = {"owner": None, "lease_until": 0.0}


class Claims:
    """Takes, checks, extends and releases leases of `seconds` each for the database's owner."""

    def __init__(self, database: Database, seconds: float = LEASE_SECONDS) -> None:
        self._database = database
        self._seconds = seconds

    async def take(
        self,
        connection: AsyncConnection,
        table: sa.Table,
        condition: sa.ColumnElement[bool],
        *,
        order_by: Sequence[sa.ColumnElement[Any]],
        limit: int,
        **values: Any,
    ) -> list[tuple[Lease, sa.RowMapping]]:
        """Claim up to `limit` free rows that meet `condition`, setting `values`; in order, as they are afterwards."""
        now = await self._database.now(connection)
        free = sa.select(table.c.id).where(condition, table.c.lease_until <= now).order_by(*order_by)
        chosen = self._database.claimable(free.limit(min(limit, CLAIM_LIMIT)))
        ids = list(await connection.scalars(chosen))
        if not ids:
            return []
        claim = sa.update(table).where(table.c.id.in_(ids)).values(**self.held(now, table.c.epoch + 1), **values)
        rows = {row["id"]: row for row in (await connection.execute(claim.returning(*table.c))).mappings()}
        return [(_lease(rows[row_id]), rows[row_id]) for row_id in ids]

    def held(self, now: float, epoch: Any) -> dict[str, Any]:
        """The column values of a row that this process holds from `now` on."""
        return {"owner": self._database.owner, "lease_until": now + self._seconds, "epoch": epoch}

    async def holds(self, connection: AsyncConnection, table: sa.Table, lease: Lease) -> sa.RowMapping:
        """The leased row, kept from others until the transaction ends; `LeaseLost` when it is not ours any more."""
        row = await first(connection, self._database.locked(sa.select(table).where(_ours(table, lease))))
        if row is None:
            raise LeaseLost(f"{table.name} {lease.id!r} is no longer held in epoch {lease.epoch}")
        return row

    async def release(self, connection: AsyncConnection, table: sa.Table, lease: Lease, **values: Any) -> None:
        """Give the row back, setting `values`; `LeaseLost` when it was not ours any more."""
        await self.holds(connection, table, lease)
        await connection.execute(sa.update(table).where(table.c.id == lease.id).values(**RELEASED, **values))

    async def release_all(self, connection: AsyncConnection) -> None:
        """Free every row: right only where no other process can be alive."""
        for table in LEASED:
            await connection.execute(sa.update(table).where(table.c.owner.is_not(None)).values(**RELEASED))

    async def extend_all(self, owner: str, seconds: float) -> int:
        """Keep everything `owner` holds for `seconds` from now; returns how many rows that were."""
        extended = 0
        async with self._database.transaction("claims.extend") as connection:
            until = await self._database.now(connection) + seconds
            for table in LEASED:
                update = sa.update(table).where(table.c.owner == owner).values(lease_until=until)
                extended += (await connection.execute(update)).rowcount
        return extended


def _ours(table: sa.Table, lease: Lease) -> sa.ColumnElement[bool]:
    return sa.and_(table.c.id == lease.id, table.c.owner == lease.owner, table.c.epoch == lease.epoch)


def _lease(row: sa.RowMapping) -> Lease:
    return Lease(id=row["id"], owner=row["owner"], epoch=row["epoch"])
