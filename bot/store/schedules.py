"""Schedules: `agent.schedules.Schedules`, and the one transaction in which one that is due becomes an event.

Nobody claims a schedule. Entering the event and moving on to the next time are one transaction, and the event's id is
made of the schedule and its due time: whoever is second, or comes back after a crash, finds it moved on.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from agent.money import Period, period_start
from agent.ports import Ids
from agent.records import DeliveryKind, Json, Lease, SubmissionState, TurnRecord
from agent.schedules import MOST, SCHEDULED, NewSchedule, Schedule, ScheduleState
from bot.store.audit import RUNTIME, Audit, Deed
from bot.store.claims import Claims
from bot.store.database import Database
from bot.store.outbox import NewDelivery, Outbox
from bot.store.rows import first, one, record
from bot.store.schema import batch, inbox, installation, lane, schedule, submission, turn, workspace

UNSPENT = (SubmissionState.REFUSED, SubmissionState.CANCELLED)
PREFIX = "schedule:"


def event_id(schedule_id: str, due: float) -> str:
    """The id of the event that a schedule makes at a due time."""
    return f"{PREFIX}{schedule_id}:{due:.0f}"


def card_key(schedule_id: str) -> str:
    """The key of a schedule's card."""
    return f"card:{schedule_id}"


class Schedules:
    """The rows of schedules."""

    def __init__(self, database: Database, claims: Claims, ids: Ids, outbox: Outbox, audit: Audit) -> None:
        self._database = database
        self._claims = claims
        self._ids = ids
        self._outbox = outbox
        self._audit = audit

    # -- making and reading --------------------------------------------------------------------------------------

    async def make(self, lease: Lease, new: NewSchedule) -> Schedule | None:
        """Write it down with its card, once per key; None when the person has as many as one may have."""
        async with self._database.transaction("schedule.make") as connection:
            await self._claims.holds(connection, lane, lease)
            if (row := await first(connection, sa.select(schedule).where(schedule.c.key == new.key))) is not None:
                return record(Schedule, row)
            held = sa.select(workspace.c.workspace_id).where(workspace.c.workspace_id == new.workspace_id)
            await connection.execute(self._database.locked(held))  # numbers and the limit are counted one by one
            count = sa.select(sa.func.count()).where(_active_of(new.workspace_id, new.requester))
            if (await connection.scalar(count) or 0) >= MOST:
                return None
            return await self._write(connection, new)

    async def _write(self, connection: AsyncConnection, new: NewSchedule) -> Schedule:
        mine = schedule.c.workspace_id == new.workspace_id
        last = await connection.scalar(sa.select(sa.func.max(schedule.c.number)).where(mine)) or 0
        due = new.timing
        values = {
            "id": self._ids.new("schedule"),
            "key": new.key,
            "workspace_id": new.workspace_id,
            "conversation_id": new.conversation_id,
            "turn_id": new.turn_id,
            "number": last + 1,
            "requester": new.requester,
            "text": new.text,
            "words": due.words,
            "zone": due.zone,
            "rule": due.rule,
            "anchor": due.anchor,
            "next_at": due.next_at,
            "state": ScheduleState.ACTIVE,
            "created_at": await self._database.now(connection),
            "offer_run": new.offer.run if new.offer else None,
            "offer_month": new.offer.month if new.offer else None,
        }
        row = (await connection.execute(sa.insert(schedule).values(values).returning(*schedule.c))).mappings().one()
        key, body = card_key(row["id"]), {"user": new.requester}
        card = NewDelivery(new.conversation_id, DeliveryKind.SCHEDULE, key, row["id"], body)
        await self._outbox.add(connection, card)
        return record(Schedule, row)

    async def made(self, key: str) -> Schedule | None:
        """The schedule of this key."""
        async with self._database.reading() as connection:
            row = await first(connection, sa.select(schedule).where(schedule.c.key == key))
        return None if row is None else record(Schedule, row)

    async def get(self, schedule_id: str) -> Schedule:
        """One schedule; `KeyError` when there is none."""
        async with self._database.reading() as connection:
            select = sa.select(schedule).where(schedule.c.id == schedule_id)
            return record(Schedule, await one(connection, select, schedule_id))

    async def find(self, workspace_id: str, number: int) -> Schedule | None:
        """The one with this number, whatever its state."""
        same = sa.and_(schedule.c.workspace_id == workspace_id, schedule.c.number == number)
        async with self._database.reading() as connection:
            row = await first(connection, sa.select(schedule).where(same))
        return None if row is None else record(Schedule, row)

    async def of_person(self, workspace_id: str, requester: str) -> list[Schedule]:
        """The person's active ones, the next to be due first."""
        select = sa.select(schedule).where(_active_of(workspace_id, requester))
        return await self._all(select.order_by(schedule.c.next_at, schedule.c.number))

    async def due(self, limit: int) -> list[Schedule]:
        """Those whose time has come, the longest overdue first. Where we were taken out they wait for the next time."""
        async with self._database.reading() as connection:
            now = await self._database.now(connection)
            come = sa.and_(schedule.c.state == ScheduleState.ACTIVE, schedule.c.next_at <= now, sa.not_(_taken_out()))
            select = sa.select(schedule).where(come).order_by(schedule.c.next_at, schedule.c.number).limit(limit)
            return [record(Schedule, row) for row in (await connection.execute(select)).mappings()]

    async def _all(self, select: sa.Select[tuple[object, ...]]) -> list[Schedule]:
        async with self._database.reading() as connection:
            return [record(Schedule, row) for row in (await connection.execute(select)).mappings()]

    # -- becoming due --------------------------------------------------------------------------------------------

    async def fire(self, due: Schedule, *, next_at: float | None, payload: Json, notice: str) -> bool:
        """Enter what is due as an event of its conversation, tell the thread, and go on to `next_at`.

        False when somebody else has done so, or it was cancelled: then nothing has happened.
        """
        async with self._database.transaction("schedule.fire") as connection:
            at = await self._take(connection, due)
            if at is None:
                return False
            event = event_id(due.id, at)
            await self._enter(connection, due, event, payload)
            over = {} if next_at is not None else {"state": ScheduleState.DONE}
            moved = {"next_at": next_at, "last_at": at, "runs": schedule.c.runs + 1, **over}
            await connection.execute(sa.update(schedule).where(schedule.c.id == due.id).values(**moved))
            body = {"text": notice, "user": due.requester}
            key = f"notice:due:{event}"
            await self._outbox.add(connection, NewDelivery(due.conversation_id, DeliveryKind.REPLY, key, body=body))
            await self._outbox.change(connection, card_key(due.id))
            return True

    async def leave(self, due: Schedule, notice: str) -> bool:
        """Whoever made it is not there any more: it ends without a run. False when it was over before."""
        async with self._database.transaction("schedule.leave") as connection:
            if await self._take(connection, due) is None:
                return False
            await self._end(connection, due.id, ScheduleState.LEFT)
            await self._audit.add(connection, due.workspace_id, RUNTIME, Deed.CANCELLED, due.id)
            key = f"notice:left:{event_id(due.id, due.next_at or 0.0)}"
            post = NewDelivery(due.conversation_id, DeliveryKind.REPLY, key, body={"text": notice})
            await self._outbox.add(connection, post)
            return True

    async def _take(self, connection: AsyncConnection, due: Schedule) -> float | None:
        """The due time, with lane and schedule kept to this transaction; None when it has changed or is being taken."""
        held = sa.select(lane.c.id).where(lane.c.id == due.conversation_id)
        await connection.execute(self._database.locked(held))
        same = sa.and_(schedule.c.id == due.id, schedule.c.state == ScheduleState.ACTIVE)
        chosen = sa.select(schedule.c.id).where(same, schedule.c.next_at == due.next_at)
        found = await connection.scalar(self._database.claimable(chosen))
        return due.next_at if found is not None else None

    async def _enter(self, connection: AsyncConnection, due: Schedule, event: str, payload: Json) -> None:
        """Put the event into its lane, which exists since the schedule was made in it."""
        now = await self._database.now(connection)
        sooner = sa.case((lane.c.ready_at < now, lane.c.ready_at), else_=now)
        await connection.execute(sa.update(lane).where(lane.c.id == due.conversation_id).values(ready_at=sooner))
        place = {"workspace_id": due.workspace_id, "conversation_id": due.conversation_id}
        row = {"id": event, **place, "kind": SCHEDULED, "payload": payload, "created_at": now}
        await connection.execute(self._database.insert(inbox).values(row).on_conflict_do_nothing())
        self._database.announce(connection, "lanes")

    # -- ending and allowing -------------------------------------------------------------------------------------

    async def cancel(self, schedule_id: str, *, actor: str) -> bool:
        """End it; False when it was over before. A run that has begun goes on."""
        async with self._database.transaction("schedule.cancel", urgent=True) as connection:
            return await self._cancel(connection, schedule_id, actor, None)

    async def _cancel(self, connection: AsyncConnection, schedule_id: str, actor: str, cause: str | None) -> bool:
        active = sa.and_(schedule.c.id == schedule_id, schedule.c.state == ScheduleState.ACTIVE)
        row = await first(connection, self._database.locked(sa.select(schedule).where(active)))
        if row is None:
            return False
        await self._end(connection, schedule_id, ScheduleState.CANCELLED)
        details = {} if cause is None else {"cause": cause}
        await self._audit.add(connection, row["workspace_id"], actor, Deed.CANCELLED, schedule_id, **details)
        return True

    async def _end(self, connection: AsyncConnection, schedule_id: str, state: ScheduleState) -> None:
        update = sa.update(schedule).where(schedule.c.id == schedule_id)
        await connection.execute(update.values(state=state, next_at=None))
        await self._outbox.change(connection, card_key(schedule_id))

    async def withdraw(self, turn_ids: Sequence[str], *, actor: str, cause: str) -> bool:
        """Cancel what these turns have scheduled; whether `cause` has cancelled something of theirs, now or before."""
        async with self._database.transaction("schedule.withdraw") as connection:
            mine = sa.select(schedule.c.id).where(schedule.c.turn_id.in_(turn_ids)).order_by(schedule.c.id)
            ids = list(await connection.scalars(mine))
            for one_id in ids:
                await self._cancel(connection, one_id, actor, cause)
            causes = [await self._audit.causes(connection, one_id, Deed.CANCELLED) for one_id in ids]
        return any(cause in known for known in causes)

    async def allow(self, schedule_id: str, *, actor: str, run: int, month: int) -> bool:
        """Its own person lets it spend what the card has offered; False when that is not what it offers any more."""
        offered = sa.and_(schedule.c.offer_run == run, schedule.c.offer_month == month)
        theirs = sa.and_(schedule.c.state == ScheduleState.ACTIVE, schedule.c.requester == actor)
        return await self._change(schedule_id, sa.and_(offered, theirs), actor, run, month)

    async def ask(self, schedule_id: str, *, actor: str) -> bool:
        """Every run asks again before it spends; False when its person did not allow it anything."""
        theirs = sa.and_(schedule.c.requester == actor, schedule.c.per_run.is_not(None))
        return await self._change(schedule_id, theirs, actor, None, None)

    async def _change(
        self, schedule_id: str, condition: sa.ColumnElement[bool], actor: str, run: int | None, month: int | None
    ) -> bool:
        async with self._database.transaction("schedule.allow", urgent=True) as connection:
            update = sa.update(schedule).where(schedule.c.id == schedule_id, condition)
            changed = update.values(per_run=run, per_month=month).returning(schedule.c.workspace_id)
            workspace_id = await connection.scalar(changed)
            if workspace_id is None:
                return False
            amounts = {"run": run or 0, "month": month or 0}
            await self._audit.add(connection, workspace_id, actor, Deed.BUDGET_SET, schedule_id, **amounts)
            await self._outbox.change(connection, card_key(schedule_id))
            return True

    # -- money ---------------------------------------------------------------------------------------------------

    async def left(self, scheduled: TurnRecord) -> int:
        """Micro-dollars that a scheduled turn may still spend by itself; 0 where nobody has allowed it.

        What went without a click counts as it was quoted, in this run and in this month, unless it never left.
        """
        schedule_id = schedule_of(scheduled.inbox_id)
        async with self._database.reading() as connection:
            row = await first(connection, sa.select(schedule).where(schedule.c.id == schedule_id))
            if row is None or row["per_run"] is None or row["requester"] != scheduled.requester:
                return 0
            begun = period_start(Period.MONTH, await self._database.now(connection))
            this_run = await _spent(connection, turn.c.id == scheduled.id)
            runs = turn.c.inbox_id.startswith(f"{PREFIX}{schedule_id}:", autoescape=True)
            here = turn.c.conversation_id == row["conversation_id"]
            this_month = await _spent(connection, sa.and_(here, runs, turn.c.created_at >= begun))
        left: int = min(row["per_run"] - this_run, row["per_month"] - this_month)
        return max(left, 0)


def schedule_of(inbox_id: str) -> str:
    """The id of the schedule that has made an event."""
    return inbox_id.removeprefix(PREFIX).rpartition(":")[0]


async def _spent(connection: AsyncConnection, condition: sa.ColumnElement[bool]) -> int:
    """What the turns that meet `condition` have asked for without a click, in micro-dollars."""
    clicked = sa.or_(submission.c.needs.is_not(None), batch.c.needs.is_not(None))
    left = sa.and_(condition, submission.c.state.not_in(UNSPENT), sa.not_(clicked))
    joined = sa.join(submission, turn, turn.c.id == submission.c.turn_id)
    every = joined.outerjoin(batch, batch.c.id == submission.c.batch_id)
    total = sa.select(sa.func.coalesce(sa.func.sum(submission.c.quote_high), 0)).select_from(every)
    return int(await connection.scalar(total.where(left)) or 0)


def _taken_out() -> sa.ColumnElement[bool]:
    """There is nobody to report to: the installations that served the schedule's workspace are all over."""
    place = sa.select(workspace.c.enterprise_id).where(workspace.c.workspace_id == schedule.c.workspace_id)
    served = installation.c.id.in_([schedule.c.workspace_id, place.scalar_subquery()])
    over = sa.exists().where(served, installation.c.gone_at.is_not(None))
    return sa.and_(over, sa.not_(sa.exists().where(served, installation.c.gone_at.is_(None))))


def _active_of(workspace_id: str, requester: str) -> sa.ColumnElement[bool]:
    whose = sa.and_(schedule.c.workspace_id == workspace_id, schedule.c.requester == requester)
    return sa.and_(whose, schedule.c.state == ScheduleState.ACTIVE)
