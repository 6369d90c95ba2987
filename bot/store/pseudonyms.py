"""A pseudonym in the place of a person's id, wherever it stands: in every text and JSON column of a workspace."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.database import Database
from bot.store.schema import Closed, erasure, metadata
from bot.store.wording import PREFIX, Substitute, rewritten

BATCH = 200


def new_pseudonym() -> str:
    """`deleted-` and eight random hexadecimal digits: nobody can compute whose it was."""
    return f"{PREFIX}{secrets.token_hex(4)}"


def renaming(user_id: str, pseudonym: str) -> Substitute:
    """Text with the pseudonym for the id, where that is not a part of a longer one."""
    pattern = re.compile(rf"(?<![A-Za-z0-9]){re.escape(user_id)}(?![A-Za-z0-9])")
    return lambda text: pattern.sub(pseudonym, text)


def text_columns(table: sa.Table) -> list[sa.Column[Any]]:
    """The columns in which words or ids may stand: text and JSON, but no closed set."""
    return [column for column in table.columns if not isinstance(column.type, Closed) and _is_textual(column.type)]


def _is_textual(kind: Any) -> bool:
    return isinstance(kind.impl if isinstance(kind, sa.TypeDecorator) else kind, sa.String | sa.JSON)


def holds(column: sa.ColumnElement[Any], text: str) -> sa.ColumnElement[bool]:
    """Whether a text or JSON column may contain `text`, which is ASCII."""
    return sa.cast(column, sa.Text).contains(text, autoescape=True)


class Renaming:
    """Replaces a person's id in a whole workspace, batch by batch."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def everywhere(self, workspace_id: str, user_id: str, pseudonym: str) -> int:
        """Returns how many rows still held the id. Keys of rows are left as they are: none is made of an id."""
        substitute = renaming(user_id, pseudonym)
        changed = 0
        for table in _searched():
            ours = sa.and_(table.c.workspace_id == workspace_id, _mentions(table, user_id))
            changed += await self._table(table, ours, substitute)
        return changed

    async def _table(self, table: sa.Table, ours: sa.ColumnElement[bool], substitute: Substitute) -> int:
        changed, after = 0, None
        while True:
            async with self._database.transaction("erasure.rename") as connection:
                rows = await self._batch(connection, table, ours, after)
                for row in rows:
                    changed += await _rewrite(connection, table, row, substitute)
            if len(rows) < BATCH:
                return changed
            after = tuple(rows[-1][column.name] for column in table.primary_key)

    async def _batch(
        self, connection: AsyncConnection, table: sa.Table, ours: sa.ColumnElement[bool], after: tuple[Any, ...] | None
    ) -> list[sa.RowMapping]:
        key = list(table.primary_key)
        select = sa.select(*key, *_changeable(table)).where(ours).order_by(*key).limit(BATCH)
        if after is not None:
            select = select.where(sa.tuple_(*key) > sa.tuple_(*after))
        return list((await connection.execute(self._database.locked(select))).mappings())


def _searched() -> Iterator[sa.Table]:
    """Deletions under way keep the id until they are done."""
    return (table for table in metadata.sorted_tables if "workspace_id" in table.c and table is not erasure)


def _changeable(table: sa.Table) -> list[sa.Column[Any]]:
    return [column for column in text_columns(table) if not column.primary_key]


def _mentions(table: sa.Table, user_id: str) -> sa.ColumnElement[bool]:
    return sa.or_(sa.false(), *(holds(column, user_id) for column in _changeable(table)))


async def _rewrite(connection: AsyncConnection, table: sa.Table, row: sa.RowMapping, substitute: Substitute) -> bool:
    values = {column.name: rewritten(row[column.name], substitute) for column in _changeable(table)}
    changed = {name: value for name, value in values.items() if value != row[name]}
    if changed:
        same = [column == row[column.name] for column in table.primary_key]
        await connection.execute(sa.update(table).where(*same).values(**changed))
    return bool(changed)
