"""What SQLAlchemy has compiled is shared by all engines of a process.

The product has one set of engines in its life; a run of the tests has thousands, and each would compile the same few
hundred statements again, which is a fifth of what a scenario costs. What is compiled, and what the database is sent,
stays the same.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.util import LRUCache

STATEMENTS = 5_000

_compiled: LRUCache[Any, Any] = LRUCache(STATEMENTS)


def share_compiled() -> None:
    """From now on, and irrevocably: dialects of one kind count as the same, and engines keep nothing of their own."""
    DefaultDialect.__hash__ = _hash  # type: ignore[method-assign, assignment]
    DefaultDialect.__eq__ = _same  # type: ignore[method-assign, assignment]
    shared = property(lambda _: _compiled, lambda _, own: None)
    sa.engine.Engine._compiled_cache = shared  # type: ignore[assignment]


def _kind(dialect: DefaultDialect) -> tuple[Any, ...]:
    return type(dialect), dialect.paramstyle


def _hash(one: DefaultDialect) -> int:
    return hash(_kind(one))


def _same(one: DefaultDialect, other: object) -> bool:
    return isinstance(other, DefaultDialect) and _kind(one) == _kind(other)
