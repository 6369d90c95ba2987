"""A conversation's journal, read from its rows with all that people wrote: to be masked before it is kept."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from agent.records import Json, ModelCall
from agent.replay.journal import Called, Entry, Journal, PlayedJob, PlayedTurn
from agent.sentences import NOT_FOR_OUTSIDERS, ONLY_LOOKING
from agent.toolbox import READ_ONLY
from bot.store.database import Database
from bot.store.rows import one
from bot.store.schema import conversation, delivery, item, job, link, model_call, outcome, turn
from bot.store.turns import reply_key

Rows = Sequence[sa.RowMapping]


async def journal_of(database: Database, conversation_id: str, made_by: str) -> Journal:
    """The whole conversation as it stands; `KeyError` when there is none."""
    async with database.reading() as connection:
        place = await one(
            connection, sa.select(conversation).where(conversation.c.id == conversation_id), conversation_id
        )
        turns = await _rows(connection, sa.select(turn).where(_here(turn, conversation_id)).order_by(turn.c.created_at))
        ids = [row["id"] for row in turns]
        calls = await _by_turn(connection, model_call, ids)
        tools = await _by_turn(connection, outcome, ids)
        replies = await _replies(connection, ids)
        log = await _rows(connection, sa.select(item).where(_here(item, conversation_id)).order_by(item.c.seq))
        jobs = await _rows(connection, sa.select(job).where(_here(job, conversation_id)).order_by(job.c.number))
        linked = set(await connection.scalars(sa.select(link.c.job_id).join(job).where(_here(job, conversation_id))))
    return Journal(
        conversation_id=conversation_id,
        workspace_id=place["workspace_id"],
        words=True,
        turns=tuple(_turn(row, calls[row["id"]], tools[row["id"]], replies.get(row["id"])) for row in turns),
        log=tuple(Entry(row["seq"], row["turn_id"], row["source"], row["created_at"], row["body"]) for row in log),
        jobs=tuple(_job(row, linked) for row in jobs),
        made_by=made_by,
    )


async def newest_conversations(database: Database, workspace_id: str | None, limit: int) -> list[str]:
    """The conversations in which turns have begun last, newest first."""
    newest = sa.func.max(turn.c.created_at)
    order = (newest.desc(), turn.c.conversation_id)
    select = sa.select(turn.c.conversation_id).group_by(turn.c.conversation_id).order_by(*order).limit(limit)
    if workspace_id is not None:
        select = select.where(turn.c.workspace_id == workspace_id)
    async with database.reading() as connection:
        return list(await connection.scalars(select))


async def links_of(database: Database, conversation_id: str) -> dict[str, str]:
    """The ids of the links to a conversation's results, and the handles of their jobs."""
    select = sa.select(link.c.id, job.c.handle).join(job, job.c.id == link.c.job_id)
    async with database.reading() as connection:
        rows = (await connection.execute(select.where(_here(job, conversation_id)))).all()
    return {row.id: row.handle for row in rows}


def _here(table: sa.Table, conversation_id: str) -> sa.ColumnElement[bool]:
    return table.c.conversation_id == conversation_id


async def _rows(connection: AsyncConnection, select: sa.Select[Any]) -> Rows:
    found: Rows = (await connection.execute(select)).mappings().all()
    return found


async def _by_turn(connection: AsyncConnection, table: sa.Table, ids: Sequence[str]) -> defaultdict[str, list[Any]]:
    found: defaultdict[str, list[Any]] = defaultdict(list)
    for row in await _rows(connection, sa.select(table).where(table.c.turn_id.in_(ids)).order_by(table.c.seq)):
        found[row["turn_id"]].append(row)
    return found


async def _replies(connection: AsyncConnection, ids: Sequence[str]) -> dict[str, str]:
    by_key = {reply_key(turn_id): turn_id for turn_id in ids}
    select = sa.select(delivery.c.key, delivery.c.body).where(delivery.c.key.in_(by_key))
    return {by_key[row["key"]]: str(row["body"].get("text", "")) for row in await _rows(connection, select)}


def _turn(row: sa.RowMapping, calls: Rows, tools: Rows, reply: str | None) -> PlayedTurn:
    called = tuple(Called(each["call_id"], each["name"], each["body"]) for each in tools)
    return PlayedTurn(
        id=row["id"],
        origin=row["origin"],
        requester=row["requester"],
        state=row["state"],
        error=row["error"],
        created_at=row["created_at"],
        tainted=row["tainted"],
        calls=tuple(map(_call, calls)),
        tools=called,
        reply=reply,
        allowed=_allowed(called, reply),
    )


def _call(row: sa.RowMapping) -> ModelCall:
    fields = ("model", "response_id", "request_id", "input_tokens", "output_tokens", "cached_tokens")
    return ModelCall(**{name: row[name] for name in fields})


def _allowed(called: Sequence[Called], reply: str | None) -> frozenset[str] | None:
    """What was left to the requester. It is in no row, but was said."""
    if reply == NOT_FOR_OUTSIDERS:
        return frozenset()
    looking = any(each.outcome.get("message") == ONLY_LOOKING for each in called)
    return frozenset(effect.value for effect in READ_ONLY) if looking else None


def _job(row: sa.RowMapping, linked: set[str]) -> PlayedJob:
    names: Json = {name: row[name] for name in ("handle", "kind", "label", "state", "created_at", "finished_at")}
    return PlayedJob(**names, linked=row["id"] in linked)
