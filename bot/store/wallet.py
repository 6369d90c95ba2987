"""The wallet beside the ledger: what HeyGen says is left, what should be left, and the difference as an entry."""

from __future__ import annotations

from dataclasses import dataclass

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


class Wallet:
    """Readings of the wallets. HeyGen is asked by the caller."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def mark(self, account_id: str) -> int:
        """The newest line of the account's ledger: what `record` takes to notice that money moved meanwhile."""
        async with self._database.reading() as connection:
            return await _newest(connection, account_id)

    async def record(self, account_id: str, balance: int, *, since: int) -> Reading | None:
        """Keep a reading and book what it cannot explain; None when the ledger has moved since the mark `since`.

        The first reading of an account is where its reckoning begins.
        """
        async with self._database.transaction("wallet.record") as connection:
            select = sa.select(account.c.workspace_id).where(account.c.id == account_id)
            workspace_id = await connection.scalar(self._database.locked(select))
            if workspace_id is None or await _newest(connection, account_id) != since:
                return None
            now = await self._database.now(connection)
            held = await _sum(connection, account_id, (Entry.HOLD, Entry.RELEASE))
            expected = await self._expected(connection, account_id, balance)
            difference = drift(expected, held, balance)
            whose = {"workspace_id": workspace_id, "account_id": account_id}
            if difference:
                entry = {"kind": Entry.DRIFT, "amount": difference, "booked_at": now, "created_at": now, "number": 0}
                await connection.execute(sa.insert(ledger).values(**whose, **entry))
            values = {"read_at": now, "balance": balance, "expected": expected - difference}
            newest = await _newest(connection, account_id)
            await connection.execute(sa.insert(wallet_reading).values(**whose, **values, ledger_seq=newest))
            return Reading(balance, difference, held)

    async def _expected(self, connection: AsyncConnection, account_id: str, balance: int) -> int:
        mine = sa.select(wallet_reading).where(wallet_reading.c.account_id == account_id)
        last = await first(connection, mine.order_by(wallet_reading.c.seq.desc()).limit(1))
        if last is None:
            return balance
        spent = await _sum(connection, account_id, (Entry.CHARGE,), after=last["ledger_seq"])
        return int(last["expected"]) - spent


async def _newest(connection: AsyncConnection, account_id: str) -> int:
    select = sa.select(sa.func.max(ledger.c.seq)).where(ledger.c.account_id == account_id)
    return await connection.scalar(select) or 0


async def _sum(connection: AsyncConnection, account_id: str, kinds: tuple[Entry, ...], *, after: int = 0) -> int:
    amounts = sa.select(sa.func.coalesce(sa.func.sum(ledger.c.amount), 0)).where(
        ledger.c.account_id == account_id, ledger.c.kind.in_(kinds), ledger.c.seq > after
    )
    return int(await connection.scalar(amounts) or 0)
