"""What programs have called: where a call stands, and how many of a token wait."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from agent.records import Json
from bot.store.database import Database
from bot.store.inbox import by_token
from bot.store.schema import inbox, outcome, program, turn


@dataclass(frozen=True, slots=True)
class CallState:
    """One call: its outcome once there is one, and whether nothing more will be done about it."""

    turn_id: str | None
    outcome: Json | None
    over: bool


class Programs:
    """Reads for programs; nothing here writes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def conversation(self, workspace_id: str, name: str) -> str | None:
        """The conversation of a token, if it has one."""
        async with self._database.reading() as connection:
            found: str | None = await connection.scalar(by_token(workspace_id, name))
        return found

    async def call(self, workspace_id: str, name: str, call: str) -> CallState | None:
        """A call of a token; None for one that is not its own."""
        mine = sa.and_(program.c.workspace_id == workspace_id, program.c.name == name)
        select = (
            sa.select(turn.c.id, turn.c.finished_at, inbox.c.done_at, outcome.c.body)
            .select_from(inbox)
            .join(program, program.c.conversation_id == inbox.c.conversation_id)
            .outerjoin(turn, turn.c.inbox_id == inbox.c.id)
            .outerjoin(outcome, outcome.c.turn_id == turn.c.id)
            .where(inbox.c.id == call, mine)
        )
        async with self._database.reading() as connection:
            row = (await connection.execute(select.limit(1))).first()
        if row is None:
            return None
        return CallState(row.id, row.body, row.done_at is not None or row.finished_at is not None)

    async def waiting(self, workspace_id: str, name: str) -> int:
        """How many calls of a token are not done."""
        mine = sa.and_(program.c.workspace_id == workspace_id, program.c.name == name)
        select = (
            sa.select(sa.func.count())
            .select_from(inbox)
            .join(program, program.c.conversation_id == inbox.c.conversation_id)
            .where(mine, inbox.c.done_at.is_(None))
        )
        async with self._database.reading() as connection:
            return int(await connection.scalar(select) or 0)
