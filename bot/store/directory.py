"""Who we work for: the workspaces that installed us and their accounts with the provider."""

from __future__ import annotations

from dataclasses import dataclass, field

import sqlalchemy as sa

from bot.store.database import Database
from bot.store.rows import first, record
from bot.store.schema import account, workspace


@dataclass(frozen=True, slots=True)
class Workspace:
    """One Slack workspace; `workspace_id` is Slack's team id."""

    workspace_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Account:
    """One account with the provider. `backend` is `direct` or `truto`; the token makes its webhook path secret."""

    id: str
    workspace_id: str
    backend: str
    webhook_path_token: str = field(repr=False)


class Directory:
    """Workspaces and accounts. Credentials are kept elsewhere."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put_workspace(self, new: Workspace) -> None:
        """Add a workspace or update the one with its id."""
        changed = {"name": new.name}
        async with self._database.transaction("directory.workspace") as connection:
            now = await self._database.now(connection)
            insert = self._database.insert(workspace).values(workspace_id=new.workspace_id, created_at=now, **changed)
            await connection.execute(insert.on_conflict_do_update(index_elements=["workspace_id"], set_=changed))

    async def put_account(self, new: Account) -> None:
        """Add an account or update the one with its id; it never moves to another workspace."""
        changed = {"backend": new.backend, "webhook_path_token": new.webhook_path_token}
        fixed = {"id": new.id, "workspace_id": new.workspace_id}
        async with self._database.transaction("directory.account") as connection:
            now = await self._database.now(connection)
            insert = self._database.insert(account).values(**fixed, **changed, created_at=now)
            await connection.execute(insert.on_conflict_do_update(index_elements=["id"], set_=changed))

    async def workspace(self, workspace_id: str) -> Workspace | None:
        """A workspace by Slack's team id."""
        async with self._database.reading() as connection:
            row = await first(connection, sa.select(workspace).where(workspace.c.workspace_id == workspace_id))
        return None if row is None else record(Workspace, row)

    async def account(self, account_id: str) -> Account | None:
        """An account by its id."""
        return await self._account(account.c.id == account_id)

    async def account_by_token(self, webhook_path_token: str) -> Account | None:
        """The account whose webhook path holds this token."""
        return await self._account(account.c.webhook_path_token == webhook_path_token)

    async def accounts(self, workspace_id: str | None = None) -> list[Account]:
        """The accounts of a workspace, or all of them, in the order they were added."""
        select = sa.select(account).order_by(account.c.created_at, account.c.id)
        if workspace_id is not None:
            select = select.where(account.c.workspace_id == workspace_id)
        async with self._database.reading() as connection:
            return [record(Account, row) for row in (await connection.execute(select)).mappings()]

    async def _account(self, condition: sa.ColumnElement[bool]) -> Account | None:
        async with self._database.reading() as connection:
            row = await first(connection, sa.select(account).where(condition))
        return None if row is None else record(Account, row)
