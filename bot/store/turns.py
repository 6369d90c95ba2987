"""Turns, their checkpoints and the item log: `agent.ports.TurnStore`."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from agent.errors import LeaseLost
from agent.live.records import LiveState
from agent.records import (
    Conversation,
    DeliveryKind,
    InboxRow,
    Interruption,
    Item,
    Json,
    Lease,
    ModelCall,
    Source,
    TurnRecord,
    TurnState,
)
from agent.rights import Right, Role, may, roles_towards
from bot.store import sources
from bot.store.claims import Claims
from bot.store.database import Database
from bot.store.inbox import finish_row
from bot.store.log import append_items, begin_work, end_work
from bot.store.outbox import NewDelivery, Outbox
from bot.store.rows import first, one, record
from bot.store.schema import (
    conversation,
    erasure,
    inbox,
    item,
    lane,
    live_session,
    model_call,
    outcome,
    role_member,
    turn,
)

STOPPED = "stopped"
INTERRUPTING = {"message_deleted": Interruption.DELETED, "message_changed": Interruption.EDITED}
FINAL = frozenset({TurnState.DONE, TurnState.FAILED, TurnState.CANCELLED})


class Turns:
    """Turns under the lease of their conversation's lane."""

    def __init__(self, database: Database, claims: Claims, outbox: Outbox) -> None:
        self._database = database
        self._claims = claims
        self._outbox = outbox

    def assure(self, lease: Lease) -> None:
        """`LeaseLost` when another process may have the lane by now: ask before something becomes visible."""
        self._claims.assure(lane, lease)

    async def conversation(self, conversation_id: str) -> Conversation:
        """The conversation; `KeyError` when there is none."""
        async with self._database.reading() as connection:
            select = sa.select(conversation).where(conversation.c.id == conversation_id)
            return record(Conversation, await one(connection, select, conversation_id))

    async def items(self, conversation_id: str) -> list[Item]:
        """The whole log of a conversation in order."""
        async with self._database.reading() as connection:
            select = sa.select(item).where(item.c.conversation_id == conversation_id).order_by(item.c.seq)
            rows = (await connection.execute(select)).mappings().all()
        return [record(Item, row) for row in rows]

    async def turn_of_row(self, inbox_id: str) -> TurnRecord | None:
        """The turn of an inbox row, None while it has none."""
        async with self._database.reading() as connection:
            row = await first(connection, sa.select(turn).where(turn.c.inbox_id == inbox_id))
        return None if row is None else record(TurnRecord, row)

    async def begin_turn(
        self,
        lease: Lease,
        row: InboxRow,
        *,
        origin: str,
        requester: str,
        items: Sequence[tuple[Source, Json]],
        tainted: bool = False,
    ) -> TurnRecord:
        """Create the turn of an inbox row with its first items and state running, or return the one it has.

        Edits of the message that `row` has taken in already (up to `edited_seq`) are done with.
        """
        if row.conversation_id != lease.id:
            raise ValueError(f"inbox row {row.id!r} is not of lane {lease.id!r}")
        async with self._database.transaction("turn.begin") as connection:
            await self._claims.holds(connection, lane, lease)
            await begin_work(connection, lease.id)
            existing = await first(connection, sa.select(turn).where(turn.c.inbox_id == row.id))
            if existing is not None:
                return await _resumed(connection, record(TurnRecord, existing))
            begun = TurnRecord(
                id=turn_id_of(row.id),
                workspace_id=row.workspace_id,
                conversation_id=row.conversation_id,
                inbox_id=row.id,
                origin=origin,
                requester=requester,
                message_ts=row.payload.get("ts"),
                state=TurnState.RUNNING,
                created_at=await self._database.now(connection),
                tainted=tainted,
            )
            await connection.execute(sa.insert(turn).values(_new_turn(begun)))
            await _take_in(connection, row, begun.created_at)
            await append_items(self._database, connection, lease.id, items, turn_id=begun.id)
            return begun

    async def record_model_call(self, lease: Lease, turn_id: str, items: Sequence[Json], call: ModelCall) -> None:
        """Append what the model answered (source model) and count the call."""
        async with self._database.transaction("turn.model_call") as connection:
            row = await self._turn(connection, lease, turn_id)
            answered = [(Source.MODEL, body) for body in items]
            await append_items(self._database, connection, lease.id, answered, turn_id=turn_id)
            await self._count(connection, row, call)

    async def outcomes(self, turn_id: str) -> dict[str, Json]:
        """All finished tool calls of a turn, oldest first: call id → outcome."""
        select = sa.select(outcome.c.call_id, outcome.c.body).where(outcome.c.turn_id == turn_id)
        async with self._database.reading() as connection:
            return {row.call_id: row.body for row in await connection.execute(select.order_by(outcome.c.seq))}

    async def recent_outcomes(self, conversation_id: str, limit: int) -> list[Json]:
        """The newest finished tool calls of all turns of a conversation, newest first."""
        mine = sa.select(outcome.c.body).join(turn, turn.c.id == outcome.c.turn_id)
        select = mine.where(turn.c.conversation_id == conversation_id)
        async with self._database.reading() as connection:
            return list(await connection.scalars(select.order_by(outcome.c.seq.desc()).limit(limit)))

    async def record_outcome(
        self, lease: Lease, turn_id: str, *, call_id: str, name: str, outcome: Json, taints: bool = False
    ) -> None:
        """Checkpoint one finished tool call; the first outcome of a call stays. `taints`: others wrote parts of it."""
        async with self._database.transaction("turn.outcome") as connection:
            row = await self._turn(connection, lease, turn_id)
            if taints:
                await _update(connection, turn_id, tainted=True)
            await self._keep_outcome(connection, row, call_id=call_id, name=name, body=outcome)

    async def append_outputs(self, lease: Lease, turn_id: str, outputs: Sequence[Json]) -> None:
        """Append the outputs of all open calls at once (source tool)."""
        async with self._database.transaction("turn.outputs") as connection:
            await self._turn(connection, lease, turn_id)
            answers = [(Source.TOOL, body) for body in outputs]
            await append_items(self._database, connection, lease.id, answers, turn_id=turn_id)

    async def finish_turn(
        self,
        lease: Lease,
        turn_id: str,
        *,
        state: TurnState,
        reply: str | None,
        items: Sequence[tuple[Source, Json]] = (),
        call: ModelCall | None = None,
        error: str | None = None,
    ) -> str | None:
        """End the turn and its inbox row, append `items`, count `call`, and queue `reply` as a delivery.

        Returns the delivery's id, None without a reply. The delivery is leased by this process; one that cannot be
        posted yet, since its conversation has no thread, is left to the outbox. Finishing again changes nothing.
        """
        if state not in FINAL:
            raise ValueError(f"a turn cannot end as {state.value}")
        async with self._database.transaction("turn.finish") as connection:
            row = await self._turn(connection, lease, turn_id)
            if row["state"] in FINAL:
                return await self._outbox.find(connection, reply_key(turn_id))
            await append_items(self._database, connection, lease.id, items, turn_id=turn_id)
            if call is not None:
                await self._count(connection, row, call)
            await self._end(connection, row, state=state, error=error)
            return None if reply is None else await self._queue(connection, row, reply, state)

    async def defer_turn(self, lease: Lease, turn_id: str, *, not_before: float, error: str) -> None:
        """Leave the turn running but not before `not_before`; counts an attempt."""
        async with self._database.transaction("turn.defer") as connection:
            row = await self._turn(connection, lease, turn_id)
            if row["state"] in FINAL:
                return
            later = {"not_before": not_before, "error": error, "attempts": row["attempts"] + 1}
            await _update(connection, turn_id, **later)

    async def set_reply_ts(self, lease: Lease, turn_id: str, ts: str | None) -> None:
        """Where the reply has begun to be visible; None forgets it.

        When the turn has ended meanwhile, its delivery stands there; `LeaseLost` when that was sent elsewhere before.
        """
        async with self._database.transaction("turn.reply_ts") as connection:
            row = await self._turn(connection, lease, turn_id)
            await _update(connection, turn_id, reply_ts=ts)
            if row["state"] in FINAL and not await self._outbox.place(connection, reply_key(turn_id), ts):
                raise LeaseLost(f"the reply of turn {turn_id!r} is not to be shown at another place any more")

    async def unposted(self, conversation_id: str) -> bool:
        """Whether a post of the conversation is still to become visible: what begins now would stand before it."""
        async with self._database.reading() as connection:
            return await self._outbox.waiting(connection, conversation_id)

    async def tainted(self, turn_id: str) -> bool:
        """Whether something that others wrote has entered the turn so far."""
        async with self._database.reading() as connection:
            return bool(await connection.scalar(sa.select(turn.c.tainted).where(turn.c.id == turn_id)))

    async def mixed(self, turn_id: str) -> bool:
        """Whether others' words stand in the conversation: of other people, or read by a tool in any turn.

        So do those of a live session: its transcript is in the log once it has ended.
        """
        own = turn.alias("own")
        here = sa.and_(turn.c.conversation_id == own.c.conversation_id, own.c.id == turn_id)
        foreign = sa.or_(turn.c.tainted, turn.c.requester != own.c.requester)
        held = sa.and_(live_session.c.conversation_id == turn.c.conversation_id, turn.c.id == turn_id)
        told = sa.and_(live_session.c.state == LiveState.ENDED, live_session.c.lines > 0)
        either = sa.or_(sa.exists().where(here, foreign), sa.exists().where(held, told))
        async with self._database.reading() as connection:
            return bool(await connection.scalar(sa.select(either)))

    async def interruption(self, turn_id: str) -> Interruption | None:
        """Why the turn has to end now: its message was deleted or edited since it began, or somebody may and did stop.

        A stop is for the turns that were there when it was pressed.
        """
        own = inbox.alias("own")
        later = sa.and_(inbox.c.conversation_id == turn.c.conversation_id, inbox.c.seq > own.c.seq)
        about_it = sa.and_(inbox.c.kind.in_(INTERRUPTING), inbox.c.ts == turn.c.message_ts)
        open_row = sa.and_(later, inbox.c.done_at.is_(None), sa.or_(about_it, inbox.c.kind == STOPPED))
        columns = (inbox.c.kind, inbox.c.payload, turn.c.requester, turn.c.workspace_id)
        of_turn = sa.and_(turn.c.id == turn_id, own.c.id == turn.c.inbox_id)
        select = sa.select(*columns).where(of_turn, open_row).order_by(inbox.c.seq)
        async with self._database.reading() as connection:
            if await connection.scalar(_forgetting(turn_id)) is not None:
                return Interruption.STOPPED
            for row in (await connection.execute(select)).all():
                if row.kind != STOPPED:
                    return INTERRUPTING[row.kind]
                if await _may_stop(connection, row.workspace_id, row.requester, row.payload.get("user")):
                    return Interruption.STOPPED
        return None

    async def name_source(self, conversation_id: str, kind: str, value: str) -> str:
        """The conversation's handle for `value` (`kind` `V` for a URL, `F` for a Slack file); made when new."""
        async with self._database.transaction("turn.name_source") as connection:
            return await sources.name(self._database, connection, conversation_id, kind, value)

    async def resolve_source(self, conversation_id: str, handle: str) -> str | None:
        """What a handle stands for."""
        async with self._database.reading() as connection:
            return await sources.resolve(connection, conversation_id, handle)

    async def _turn(self, connection: AsyncConnection, lease: Lease, turn_id: str) -> sa.RowMapping:
        await self._claims.holds(connection, lane, lease)
        return await one(
            connection, sa.select(turn).where(turn.c.id == turn_id, turn.c.conversation_id == lease.id), turn_id
        )

    async def _count(self, connection: AsyncConnection, row: sa.RowMapping, call: ModelCall) -> None:
        await connection.execute(
            sa.insert(model_call).values(
                workspace_id=row["workspace_id"],
                turn_id=row["id"],
                created_at=await self._database.now(connection),
                model=call.model,
                response_id=call.response_id,
                request_id=call.request_id,
                input_tokens=call.input_tokens,
                output_tokens=call.output_tokens,
                cached_tokens=call.cached_tokens,
            )
        )
        tokens = row["tokens"] + call.input_tokens + call.output_tokens
        await _update(connection, row["id"], model_calls=row["model_calls"] + 1, tokens=tokens)

    async def _keep_outcome(
        self, connection: AsyncConnection, row: sa.RowMapping, *, call_id: str, name: str, body: Json
    ) -> None:
        insert = self._database.insert(outcome).values(
            turn_id=row["id"],
            call_id=call_id,
            workspace_id=row["workspace_id"],
            name=name,
            body=body,
            created_at=await self._database.now(connection),
        )
        await connection.execute(insert.on_conflict_do_nothing(index_elements=["turn_id", "call_id"]))

    async def _end(self, connection: AsyncConnection, row: sa.RowMapping, **values: Any) -> None:
        now = await self._database.now(connection)
        await _update(connection, row["id"], finished_at=now, **values)
        await finish_row(connection, row["conversation_id"], row["inbox_id"], now)
        await end_work(connection, row["conversation_id"])

    async def _queue(self, connection: AsyncConnection, row: sa.RowMapping, reply: str, state: TurnState) -> str:
        select = sa.select(conversation.c.thread_ts).where(conversation.c.id == row["conversation_id"])
        has_thread = await connection.scalar(select) is not None
        new = NewDelivery(
            conversation_id=row["conversation_id"],
            kind=DeliveryKind.REPLY,
            key=reply_key(row["id"]),
            subject_id=row["id"],
            body={"text": reply, **({"rate": True} if _answers(row, state) else {})},
            ts=row["reply_ts"],
        )
        return await self._outbox.add(connection, new, held=has_thread)


def _answers(row: sa.RowMapping, state: TurnState) -> bool:
    """Whether a turn has ended with an answer of the model's, of which people can say what they think."""
    return state is TurnState.DONE and row["origin"] == "message"


async def _take_in(connection: AsyncConnection, row: InboxRow, now: float) -> None:
    seen = row.payload.get("edited_seq")
    if seen is None:
        return
    edits = sa.and_(inbox.c.kind == "message_changed", inbox.c.ts == row.payload.get("ts"), inbox.c.seq <= seen)
    mine = sa.and_(inbox.c.conversation_id == row.conversation_id, inbox.c.done_at.is_(None))
    await connection.execute(sa.update(inbox).where(mine, edits).values(done_at=now))


def _forgetting(turn_id: str) -> sa.Select[str]:
    """The deletion that the turn's requester has asked for, if there is one."""
    theirs = sa.and_(erasure.c.workspace_id == turn.c.workspace_id, erasure.c.user_id == turn.c.requester)
    return sa.select(erasure.c.id).join(turn, theirs).where(turn.c.id == turn_id)


async def _may_stop(connection: AsyncConnection, workspace_id: str, requester: str, user: str | None) -> bool:
    roles = sa.select(role_member.c.role).where(
        role_member.c.workspace_id == workspace_id, role_member.c.user_id == user
    )
    appointed = {Role(role) for role in await connection.scalars(roles)}
    return may(Right.CANCEL, roles_towards(requester, user or "", appointed, anybody_approves=False))


def turn_id_of(inbox_id: str) -> str:
    """The id of an inbox row's turn: always the same one, so that what is keyed by it survives a restart."""
    return f"turn_{hashlib.sha256(inbox_id.encode()).hexdigest()[:24]}"


def reply_key(turn_id: str) -> str:
    """The delivery key of a turn's reply."""
    return f"reply:{turn_id}"


def _new_turn(begun: TurnRecord) -> dict[str, Any]:
    return {column.name: getattr(begun, column.name) for column in turn.c if hasattr(begun, column.name)}


async def _resumed(connection: AsyncConnection, existing: TurnRecord) -> TurnRecord:
    """The turn as it is worked on: one that an operator has queued again is running now."""
    if existing.state is not TurnState.QUEUED:
        return existing
    await _update(connection, existing.id, state=TurnState.RUNNING)
    return dataclasses.replace(existing, state=TurnState.RUNNING)


async def _update(connection: AsyncConnection, turn_id: str, **values: Any) -> None:
    await connection.execute(sa.update(turn).where(turn.c.id == turn_id).values(**values))
