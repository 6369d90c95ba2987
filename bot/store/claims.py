"""Leases: who works on a row, until when, and the fence that stops a worker which lost it.

Lanes, submissions, jobs, deliveries and live sessions are claimed alike through the columns `owner`, `lease_until` and
`epoch`. Each claim raises the epoch, and whoever writes under a lease reads owner and epoch again in the same
transaction.

A process remembers what it has claimed (`Held`). Its heartbeat extends only that, only while the row is still its own,
and only for so long: work that hangs loses its row. What failed is given back at once (`Claims.work`).
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextvars import ContextVar
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from agent.errors import LeaseLost
from agent.records import Lease
from bot.store.database import Database
from bot.store.rows import first
from bot.store.schema import LEASED, Closed, lane, live_session

log = structlog.get_logger(__name__)

LEASE_SECONDS = 30.0
CLAIM_LIMIT = 500
LONGEST_LANE = 1_800.0  # seconds a lane is kept alive; a turn's own bounds are tighter
LONGEST_LIVE = 600.0  # without a sign that somebody still works on it, such as a look for commands
LONGEST_OTHER = 300.0
LONGEST = {lane.name: LONGEST_LANE, live_session.name: LONGEST_LIVE}
REST_SECONDS = 1.0  # what failed is left alone for a moment, so that nobody fails at it in circles

RELEASED: dict[str, Any] = {"owner": None, "lease_until": 0.0}


@dataclasses.dataclass(slots=True)
class Held:
    """A row this process has claimed: since when, and until when nobody else can have it (its own clock)."""

    table: sa.Table
    lease: Lease
    since: float
    until: float
    beaten: bool = False  # a heartbeat has passed it, so its claim is committed or void

    def expired(self, now: float) -> bool:
        """Whether it has been held for longer than any honest work takes."""
        return now - self.since > LONGEST.get(self.table.name, LONGEST_OTHER)


Taken = list[Held]

# Inherited by the tasks that a piece of work starts, so that what they claim is part of it.
_working: ContextVar[Taken | None] = ContextVar("working", default=None)


class Claims:
    """Takes, checks, extends and releases leases of `seconds` each for the database's owner."""

    def __init__(self, database: Database, seconds: float = LEASE_SECONDS) -> None:
        self._database = database
        self._seconds = seconds
        self._held: dict[tuple[str, str], Held] = {}

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
        """Claim up to `limit` free rows that meet `condition`, setting `values`; in order, as they are afterwards.

        Rows with a word that this version does not know are left to newer ones.
        """
        here, now = self._database.local_now(), await self._database.now(connection)
        free = sa.select(table.c.id).where(condition, table.c.lease_until <= now, *known(table)).order_by(*order_by)
        chosen = self._database.claimable(free.limit(min(limit, CLAIM_LIMIT)))
        ids = list(await connection.scalars(chosen))
        if not ids:
            return []
        claim = sa.update(table).where(table.c.id.in_(ids)).values(**self._until(now, table.c.epoch + 1), **values)
        rows = {row["id"]: row for row in (await connection.execute(claim.returning(*table.c))).mappings()}
        claimed = [(_lease(rows[row_id]), rows[row_id]) for row_id in ids]
        for lease, _ in claimed:
            self._remember(table, lease, here)
        return claimed

    async def seize(
        self, connection: AsyncConnection, table: sa.Table, row_id: str, **values: Any
    ) -> tuple[Lease, sa.RowMapping]:
        """Claim a row whoever holds it, setting `values`; the caller has locked it and knows that this is wanted.

        The one who held it finds out with the next write or the next look.
        """
        here, now = self._database.local_now(), await self._database.now(connection)
        claim = sa.update(table).where(table.c.id == row_id).values(**self._until(now, table.c.epoch + 1), **values)
        row = (await connection.execute(claim.returning(*table.c))).mappings().one()
        self._remember(table, _lease(row), here)
        return _lease(row), row

    def hold_new(self, table: sa.Table, row_id: str, now: float) -> dict[str, Any]:
        """The column values of a new row that this process holds from `now` (the database's clock) on."""
        self._remember(table, Lease(row_id, self._database.owner, 1), self._database.local_now())
        return self._until(now, 1)

    def progress(self, table: sa.Table, lease: Lease) -> None:
        """The holder has finished something and begins the next thing: what follows may take long again."""
        if (held := self._find(table, lease)) is not None:
            held.since = self._database.local_now()

    def _until(self, now: float, epoch: Any) -> dict[str, Any]:
        return {"owner": self._database.owner, "lease_until": now + self._seconds, "epoch": epoch}

    def _remember(self, table: sa.Table, lease: Lease, here: float) -> None:
        held = Held(table, lease, here, here + self._seconds)
        self._held[table.name, lease.id] = held
        if (taken := _working.get()) is not None:
            taken.append(held)

    async def holds(self, connection: AsyncConnection, table: sa.Table, lease: Lease) -> sa.RowMapping:
        """The leased row, kept from others until the transaction ends; `LeaseLost` when it is not ours any more."""
        row = await first(connection, self._database.locked(sa.select(table).where(_ours(table, lease))))
        if row is None:
            raise LeaseLost(f"{table.name} {lease.id!r} is no longer held in epoch {lease.epoch}")
        return row

    def assure(self, table: sa.Table, lease: Lease) -> None:
        """`LeaseLost` unless nobody else can have the row right now: to be asked before an effect outside.

        It knows without the database, by this process's own clock: a process that stood still for longer than its
        lease finds out before it does anything, not after. The row is not extended any more: it may still be ours,
        but its work ends here.
        """
        held = self._find(table, lease)
        if held is not None and self._database.local_now() < held.until:
            return
        if held is not None:
            self._forget(held)
        raise LeaseLost(f"{table.name} {lease.id!r} may be somebody else's by now")

    async def release(self, connection: AsyncConnection, table: sa.Table, lease: Lease, **values: Any) -> None:
        """Give the row back, setting `values`; `LeaseLost` when it was not ours any more."""
        await self.holds(connection, table, lease)
        await connection.execute(sa.update(table).where(table.c.id == lease.id).values(**RELEASED, **values))

    async def release_all(self, connection: AsyncConnection) -> None:
        """Free every row: right only where no other process can be alive."""
        for table in LEASED:
            await connection.execute(sa.update(table).where(table.c.owner.is_not(None)).values(**RELEASED))

    # -- work that fails ---------------------------------------------------------------------------------------

    @contextlib.asynccontextmanager
    async def work(self, *leases: tuple[sa.Table, Lease], hand_on: bool = False) -> AsyncIterator[None]:
        """A piece of work: when it raises, `leases` and all that was claimed in it is given back.

        Claims of tasks it starts count as its own. Whatever it has not released when it ends well is no longer
        extended, for nobody works on it; with `hand_on` somebody else does.
        """
        taken = [held for table, lease in leases if (held := self._find(table, lease))]
        before = _working.set(taken)
        try:
            yield
        except Exception:
            await self._give_back(taken, REST_SECONDS)
            raise
        except BaseException:  # the process is stopping: another one may go on at once
            await self._give_back(taken, 0.0)
            raise
        else:
            for held in () if hand_on else taken:
                self._forget(held)
        finally:
            _working.reset(before)

    async def _give_back(self, taken: Taken, rest: float) -> None:
        """Release what is still ours of `taken`. Where the database is the trouble, the leases just run out."""
        for held in taken:
            self._forget(held)
        if not taken:
            return
        try:
            async with self._database.transaction("claims.give_back") as connection:
                free_at = await self._database.now(connection) + rest
                for table, leases in _by_table(taken).items():
                    ids = await self._lock(connection, table, leases)
                    update = sa.update(table).where(table.c.id.in_(ids))
                    await connection.execute(update.values(owner=None, lease_until=free_at))
        except sa.exc.SQLAlchemyError as error:
            log.warning("leases_run_out", rows=len(taken), error=type(error).__name__)

    # -- the heartbeat -----------------------------------------------------------------------------------------

    async def extend(self) -> int:
        """Keep what this process works on for another lease; returns how many rows that were.

        What has been given back, was taken over, or is held for too long is forgotten and not extended.
        """
        now = self._database.local_now()
        for held in [held for held in self._held.values() if held.expired(now)]:
            log.warning("held_too_long", table=held.table.name, row=held.lease.id)
            self._forget(held)
        extended = 0
        for table, leases in _by_table(self._held.values()).items():
            extended += await self._extend(table, leases)
        return extended

    async def _extend(self, table: sa.Table, leases: Mapping[str, Lease]) -> int:
        here = self._database.local_now()
        async with self._database.transaction("claims.extend", pulse=True) as connection:
            select = sa.select(table.c.id, table.c.owner, table.c.epoch).where(table.c.id.in_(leases))
            rows = (await connection.execute(select)).all()
            ours = {row.id for row in rows if (row.owner, row.epoch) == (leases[row.id].owner, leases[row.id].epoch)}
            until = await self._database.now(connection) + self._seconds
            kept = await self._lock(connection, table, {row_id: leases[row_id] for row_id in ours})
            await connection.execute(sa.update(table).where(table.c.id.in_(kept)).values(lease_until=until))
        self._note(table, leases, ours, kept, here)
        return len(kept)

    async def _lock(self, connection: AsyncConnection, table: sa.Table, leases: Mapping[str, Lease]) -> list[str]:
        """Lock the rows that are still ours, passing over those in use: they are extended with the next beat.

        Nothing here ever waits for a row, so it cannot be part of a deadlock.
        """
        same = sa.tuple_(table.c.id, table.c.owner, table.c.epoch)
        ours = [(lease.id, lease.owner, lease.epoch) for lease in leases.values()]
        if not ours:
            return []
        return list(await connection.scalars(self._database.claimable(sa.select(table.c.id).where(same.in_(ours)))))

    def _note(
        self, table: sa.Table, leases: Mapping[str, Lease], ours: set[str], kept: Collection[str], here: float
    ) -> None:
        """Remember what a heartbeat found. A claim may be committed after it looked, so one doubt is allowed."""
        for row_id, lease in leases.items():
            if (held := self._find(table, lease)) is None:
                continue
            if row_id in kept:
                held.until = here + self._seconds
            elif row_id not in ours and held.beaten:
                self._forget(held)
            held.beaten = True

    def _find(self, table: sa.Table, lease: Lease) -> Held | None:
        held = self._held.get((table.name, lease.id))
        return held if held is not None and held.lease == lease else None

    def _forget(self, held: Held) -> None:
        key = held.table.name, held.lease.id
        if self._held.get(key) is held:
            del self._held[key]


def known(table: sa.Table) -> list[sa.ColumnElement[bool]]:
    """That every closed set of a row holds a word that this version knows."""
    closed = [(column, column.type) for column in table.columns if isinstance(column.type, Closed)]
    known = [(column, column.in_(list(kind.members))) for column, kind in closed]
    return [sa.or_(column.is_(None), ours) if column.nullable else ours for column, ours in known]


def _by_table(taken: Collection[Held]) -> dict[sa.Table, dict[str, Lease]]:
    tables: dict[sa.Table, dict[str, Lease]] = defaultdict(dict)
    for held in taken:
        tables[held.table][held.lease.id] = held.lease
    return tables


def _ours(table: sa.Table, lease: Lease) -> sa.ColumnElement[bool]:
    return sa.and_(table.c.id == lease.id, table.c.owner == lease.owner, table.c.epoch == lease.epoch)


def _lease(row: sa.RowMapping) -> Lease:
    return Lease(id=row["id"], owner=row["owner"], epoch=row["epoch"])
