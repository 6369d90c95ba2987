"""The wallet beside the ledger: what HeyGen says is left, what should be left, and the difference as an entry."""

from __future__ import annotations

from dataclasses import dataclass, replace

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from agent.money import Entry, drift
from bot.store.database import Database
from bot.store.rows import first
from bot.store.schema import account, ledger, wallet_reading


@dataclass(frozen=True, slots=True)
class Reading:
    """What a look at the wallet showed, in micro-dollars; `drift` is what the ledger could not explain."""

    balance: int
    drift: int
    held: int


@dataclass(frozen=True, slots=True)
class LastLook:
    """The newest reading of a wallet, and the newest difference that was booked (`drift_at` None: never)."""

    read_at: float
    balance: int
    drift: int = 0
    drift_at: float | None = None


@dataclass(frozen=True, slots=True)
class _Totals:
    """The ledger of an account: how many lines, and what they come to in micro-dollars."""

    lines: int
    held: int
    charged: int


class Wallet:
    """Readings of the wallets. HeyGen is asked by the caller."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def mark(self, account_id: str) -> int:
        """How many lines the account's ledger has: what `record` takes to notice that money moved meanwhile."""
        async with self._database.reading() as connection:
            return (await _totals(connection, account_id)).lines

    async def record(self, account_id: str, balance: int, *, since: int) -> Reading | None:
        """Keep a reading and book what it cannot explain; None when the ledger has moved since the mark `since`.

        The first reading of an account is where its reckoning begins.
        """
        async with self._database.transaction("wallet.record") as connection:
            select = sa.select(account.c.workspace_id).where(account.c.id == account_id)
            workspace_id = await connection.scalar(self._database.locked(select))
            totals = await _totals(connection, account_id)
            if workspace_id is None or totals.lines != since:
                return None
            now = await self._database.now(connection)
            expected = await self._expected(connection, account_id, balance, totals.charged)
            difference = drift(expected, totals.held, balance)
            whose = {"workspace_id": workspace_id, "account_id": account_id}
            if difference:
                entry = {"kind": Entry.DRIFT, "amount": difference, "booked_at": now, "created_at": now, "number": 0}
                await connection.execute(sa.insert(ledger).values(**whose, **entry))
            values = {"read_at": now, "balance": balance, "expected": expected - difference}
            await connection.execute(sa.insert(wallet_reading).values(**whose, **values, charged=totals.charged))
            return Reading(balance, difference, totals.held)

    async def last(self, account_id: str) -> LastLook | None:
        """What the last look showed; None when nobody has looked yet, or the wallet is not in dollars."""
        readings = sa.select(wallet_reading).where(wallet_reading.c.account_id == account_id)
        drifts = sa.select(ledger).where(ledger.c.account_id == account_id, ledger.c.kind == Entry.DRIFT)
        async with self._database.reading() as connection:
            reading = await first(connection, readings.order_by(wallet_reading.c.seq.desc()).limit(1))
            drifted = await first(connection, drifts.order_by(ledger.c.seq.desc()).limit(1))
        if reading is None:
            return None
        look = LastLook(reading["read_at"], reading["balance"])
        return look if drifted is None else replace(look, drift=drifted["amount"], drift_at=drifted["created_at"])

    async def _expected(self, connection: AsyncConnection, account_id: str, balance: int, charged: int) -> int:
        mine = sa.select(wallet_reading).where(wallet_reading.c.account_id == account_id)
        last = await first(connection, mine.order_by(wallet_reading.c.seq.desc()).limit(1))
        return balance if last is None else int(last["expected"]) - (charged - int(last["charged"]))


async def _totals(connection: AsyncConnection, account_id: str) -> _Totals:
    """One statement, so that all three are of one moment.

    Totals, not what comes after some line: of two transactions at once the one with the later lines may end first.
    """
    held = sa.case((ledger.c.kind.in_((Entry.HOLD, Entry.RELEASE)), ledger.c.amount), else_=0)
    charged = sa.case((ledger.c.kind == Entry.CHARGE, ledger.c.amount), else_=0)
    sums = (sa.func.coalesce(sa.func.sum(part), 0) for part in (held, charged))
    select = sa.select(sa.func.count(), *sums).where(ledger.c.account_id == account_id)
    return _Totals(*(int(total) for total in (await connection.execute(select)).one()))
