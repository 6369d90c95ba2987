"""What workspaces have connected: for each of their HeyGen accounts the sealed key, or the account's id at Truto.

A workspace has one at a time. The one before stays for what was asked for with it: jobs under way are watched with the
key that they were made with, and links to results work, until the last of them has gone. One that was taken away goes
as soon as nothing is under way.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from agent.ports import Ids
from agent.records import SubmissionState
from bot.sealing import Sealer
from bot.store import connected
from bot.store.audit import Audit, Deed
from bot.store.bulk import UNSENT
from bot.store.database import Database
from bot.store.rows import first
from bot.store.schema import account, credential, job, submission

ON_THE_WAY = (*UNSENT, SubmissionState.SENDING, SubmissionState.UNKNOWN)


class Kind(enum.StrEnum):
    """How an account is reached."""

    KEY = "direct"
    TRUTO = "truto"


@dataclass(frozen=True, slots=True)
class Credential:
    """What one account is reached with: an API key, or the id of an integrated account at Truto."""

    account_id: str
    workspace_id: str
    kind: Kind
    secret: str = field(repr=False)


class Credentials:
    """The rows. `SealBroken` passes through where `SECRET_KEY` is another one than they were sealed with."""

    def __init__(self, database: Database, ids: Ids, audit: Audit, sealer: Sealer, secret: str) -> None:
        self._database = database
        self._ids = ids
        self._audit = audit
        self._sealer = sealer
        self._pepper = secret.encode()

    async def connect(self, workspace_id: str, kind: Kind, secret: str, *, actor: str) -> Credential | None:
        """Connect an account in the place of the one before; None where another workspace has this very one."""
        mark = connected.mark_of(self._pepper, f"credential:{kind}", secret)
        async with self._database.transaction("credential.connect", urgent=True) as connection:
            if await connected.is_taken(self._database, connection, credential, mark, workspace_id):
                return None
            now = await self._database.now(connection)
            await connected.end(connection, credential, [workspace_id], now, removed=False)
            new = Credential(self._ids.new("account"), workspace_id, kind, secret)
            row = {"account_id": new.account_id, "workspace_id": workspace_id, "kind": kind, "mark": mark}
            sealed = {"sealed": self._sealer.seal(secret), "connected_at": now}
            path = {"id": new.account_id, "workspace_id": workspace_id, "backend": kind, "created_at": now}
            await connection.execute(sa.insert(account).values(**path, webhook_path_token=new.account_id))
            await connection.execute(sa.insert(credential).values(**row, **sealed))
            deed = Deed.ACCOUNT_CONNECTED
            await self._audit.add(connection, workspace_id, actor, deed, new.account_id, kind=kind.value)
        return new

    async def remove(self, workspace_id: str, *, actor: str) -> bool:
        """Take the account away; whether there was one. What it was used for and is under way keeps it."""
        async with self._database.transaction("credential.remove", urgent=True) as connection:
            now = await self._database.now(connection)
            ended = await connected.end(connection, credential, [workspace_id], now, removed=True)
            for account_id in ended:
                await self._audit.add(connection, workspace_id, actor, Deed.ACCOUNT_REMOVED, account_id)
        return bool(ended)

    async def current(self, workspace_id: str) -> str | None:
        """The account that a workspace has connected."""
        return await connected.current(self._database, credential, workspace_id)

    async def find(self, account_id: str) -> Credential | None:
        """What an account is reached with; None where nobody connected it or it has gone."""
        async with self._database.reading() as connection:
            row = await first(connection, sa.select(credential).where(credential.c.account_id == account_id))
        if row is None:
            return None
        secret = self._sealer.unseal(row["sealed"])
        return Credential(account_id, row["workspace_id"], Kind(row["kind"]), secret)

    async def known(self) -> set[str]:
        """The accounts that can be reached."""
        async with self._database.reading() as connection:
            return set(await connection.scalars(sa.select(credential.c.account_id)))

    async def forget_ended(self) -> int:
        """Delete those that nothing needs any more; returns how many."""
        async with self._database.transaction("credential.forget") as connection:
            unneeded = sa.and_(credential.c.ended_at.is_not(None), sa.not_(_needed()))
            return (await connection.execute(sa.delete(credential).where(unneeded))).rowcount


def _needed() -> sa.ColumnElement[Any]:
    mine = job.c.account_id == credential.c.account_id
    working = sa.exists().where(mine, job.c.finished_at.is_(None))
    known = sa.exists().where(mine)
    leaving = sa.exists().where(submission.c.account_id == credential.c.account_id, submission.c.state.in_(ON_THE_WAY))
    return sa.or_(working, leaving, sa.and_(sa.not_(credential.c.removed), known))
