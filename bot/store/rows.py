"""From a row to the record of the same columns."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Record = TypeVar("Record", bound="DataclassInstance")


def record(kind: type[Record], row: sa.RowMapping, **other: Any) -> Record:
    """A `kind` whose fields are the row's columns of the same names, except those given in `other`."""
    names = (field.name for field in dataclasses.fields(kind) if field.name not in other)
    return kind(**{name: row[name] for name in names}, **other)


async def first(
    connection: AsyncConnection, select: sa.Select[Any], named: Mapping[str, object] | None = None
) -> sa.RowMapping | None:
    """The first row of `select`, None where there is none; `named` are the values of its parameters."""
    row: sa.RowMapping | None = (await connection.execute(select, named)).mappings().first()
    return row


async def one(connection: AsyncConnection, select: sa.Select[Any], what: str) -> sa.RowMapping:
    """The first row of `select`; `KeyError` with `what` where there is none."""
    row = await first(connection, select)
    if row is None:
        raise KeyError(what)
    return row
