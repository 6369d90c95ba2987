"""LiveAvatar accounts that workspaces have connected: a key, sealed, and the face that speaks for them.

A table of its own and not rows of `credential`: a version that knows no such kind would take them for HeyGen's. The
one before stays until the last session that was opened with it has ended: whatever runs has to be stopped with the key
that started it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import sqlalchemy as sa

from agent.live.records import LiveState
from agent.ports import Ids
from bot.sealing import Sealer
from bot.store import connected
from bot.store.audit import Audit, Deed
from bot.store.database import Database
from bot.store.rows import first
from bot.store.schema import live_account, live_session

KIND = "liveavatar"  # in the audit log


@dataclass(frozen=True, slots=True)
class LiveAccount:
    """What one LiveAvatar account is reached with."""

    account_id: str
    workspace_id: str
    avatar_id: str
    key: str = field(repr=False)


class LiveAccountRows:
    """The rows. `SealBroken` passes through where `SECRET_KEY` is another one than they were sealed with."""

    def __init__(self, database: Database, ids: Ids, audit: Audit, sealer: Sealer, secret: str) -> None:
        self._database = database
        self._ids = ids
        self._audit = audit
        self._sealer = sealer
        self._pepper = secret.encode()

    async def connect(self, workspace_id: str, key: str, avatar_id: str, *, actor: str) -> LiveAccount | None:
        """Connect an account in the place of the one before; None where another workspace has this very one."""
        mark = connected.mark_of(self._pepper, KIND, key)
        async with self._database.transaction("live_account.connect", urgent=True) as connection:
            if await connected.is_taken(self._database, connection, live_account, mark, workspace_id):
                return None
            now = await self._database.now(connection)
            await connected.end(connection, live_account, [workspace_id], now)
            new = LiveAccount(self._ids.new("account"), workspace_id, avatar_id, key)
            row = {"account_id": new.account_id, "workspace_id": workspace_id, "avatar_id": avatar_id, "mark": mark}
            sealed = {"sealed": self._sealer.seal(key), "connected_at": now}
            await connection.execute(sa.insert(live_account).values(**row, **sealed))
            deed = Deed.ACCOUNT_CONNECTED
            await self._audit.add(connection, workspace_id, actor, deed, new.account_id, kind=KIND)
        return new

    async def remove(self, workspace_id: str, *, actor: str) -> bool:
        """Take the account away; whether there was one. Sessions that have not ended keep it."""
        async with self._database.transaction("live_account.remove", urgent=True) as connection:
            ended = await connected.end(connection, live_account, [workspace_id], await self._database.now(connection))
            for account_id in ended:
                await self._audit.add(connection, workspace_id, actor, Deed.ACCOUNT_REMOVED, account_id, kind=KIND)
        return bool(ended)

    async def current(self, workspace_id: str) -> str | None:
        """The account that a workspace has connected."""
        return await connected.current(self._database, live_account, workspace_id)

    async def find(self, account_id: str) -> LiveAccount | None:
        """What an account is reached with; None where nobody connected it or it has gone."""
        async with self._database.reading() as connection:
            row = await first(connection, sa.select(live_account).where(live_account.c.account_id == account_id))
        if row is None:
            return None
        return LiveAccount(account_id, row["workspace_id"], row["avatar_id"], self._sealer.unseal(row["sealed"]))

    async def forget_ended(self) -> int:
        """Delete those that no session needs any more; returns how many."""
        mine = live_session.c.account_id == live_account.c.account_id
        needed = sa.exists().where(mine, live_session.c.state != LiveState.ENDED)
        async with self._database.transaction("live_account.forget") as connection:
            unneeded = sa.and_(live_account.c.ended_at.is_not(None), sa.not_(needed))
            return (await connection.execute(sa.delete(live_account).where(unneeded))).rowcount
