"""Who speaks where nobody is named: what people have chosen for themselves, and a workspace for everybody.

A choice is of one HeyGen account: ids of another would be somebody else's, or nobody's. A person's own goes before the
workspace's, avatar and voice each by itself.
"""

from __future__ import annotations

import dataclasses

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from agent.presenters import Usual
from bot.store.database import Database
from bot.store.rows import first
from bot.store.schema import usual_speaker

EVERYBODY = ""
"""In the place of a person: the workspace's own choice."""


class UsualSpeakers:
    """The rows."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def chosen(self, workspace_id: str, user_id: str, account_id: str) -> Usual:
        """What somebody has chosen, or everybody's (`EVERYBODY`); empty where nothing was."""
        async with self._database.reading() as connection:
            return await _chosen(connection, workspace_id, user_id, account_id)

    async def usual(self, workspace_id: str, user_id: str, account_id: str) -> Usual:
        """Who speaks for a person: what they have chosen, else what the workspace has."""
        async with self._database.reading() as connection:
            own = await _chosen(connection, workspace_id, user_id, account_id)
            everybodys = await _chosen(connection, workspace_id, EVERYBODY, account_id)
        return own.over(everybodys)

    async def choose(self, workspace_id: str, user_id: str, account_id: str, usual: Usual) -> None:
        """Keep a choice in the place of the one before; an empty one is none."""
        async with self._database.transaction("usual.choose", urgent=True) as connection:
            mine = sa.and_(usual_speaker.c.workspace_id == workspace_id, usual_speaker.c.user_id == user_id)
            await connection.execute(sa.delete(usual_speaker).where(mine))
            if usual != Usual():
                row = {"workspace_id": workspace_id, "user_id": user_id, "account_id": account_id}
                insert = self._database.insert(usual_speaker).values(**row, **dataclasses.asdict(usual))
                await connection.execute(insert.on_conflict_do_nothing())  # two at once: either will do


async def _chosen(connection: AsyncConnection, workspace_id: str, user_id: str, account_id: str) -> Usual:
    column = usual_speaker.c
    mine = sa.and_(column.workspace_id == workspace_id, column.user_id == user_id, column.account_id == account_id)
    row = await first(connection, sa.select(usual_speaker).where(mine))
    return Usual() if row is None else Usual(**{field.name: row[field.name] for field in dataclasses.fields(Usual)})
