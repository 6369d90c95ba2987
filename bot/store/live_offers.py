"""Live sessions before anybody is in them: opened, answered by people, offered, withdrawn. Nothing here costs money."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from agent.live.records import WAITING_STATES, LiveEnd, LiveSession, LiveState, NewLiveSession
from agent.records import DeliveryKind
from bot.store.approvals import Verdict
from bot.store.audit import RUNTIME, Deed
from bot.store.live_rows import LiveRows, call_key, columns, forgotten, session_record
from bot.store.log import lock_conversation
from bot.store.rows import first
from bot.store.schema import live_session, workspace

AT_ONCE = 50
LIST_LIMIT = 500
REMIND_SHARE = 3  # the last third of an offer's time begins with a reminder
OFFERED = (
    "<@{requester}>, nobody of the team is free right now. A live avatar can talk with you: the card here says how."
)
UNANSWERED = "<@{requester}>, nobody of the team could answer in time."
CLAIMED = "<@{requester}> <@{operator}> has this conversation now and goes on here. Nothing is billed."
APPROVED = "<@{requester}>, your live session was approved: press Join on its card."
REMINDER = (
    "<@{requester}>, the live avatar still waits for you. In {minutes} min the offer is withdrawn; it costs nothing."
)


@dataclass(frozen=True, slots=True)
class Decision:
    """What a click came to, and the session as it is now. `DECIDED`: somebody or something else was faster."""

    verdict: Verdict
    session: LiveSession


class LiveOffers(LiveRows):
    """Opens sessions and takes what people decide about them. The caller has checked that `actor` may."""

    async def open(self, new: NewLiveSession) -> LiveSession:
        """Write a session down with its card; the one that has its key, or the conversation's open one, if any.

        With `call_seconds` operators are called first, also by a card where they are.
        """
        if new.max_seconds < 0 or new.price_per_minute < 0:
            raise ValueError("a live session cannot last or cost less than nothing")
        async with self._database.transaction("live.open") as connection:
            held = sa.select(workspace.c.workspace_id).where(workspace.c.workspace_id == new.workspace_id)
            await connection.execute(self._database.locked(held))  # `tell` needs it, and it comes first
            await lock_conversation(self._database, connection, new.conversation_id)
            same = sa.or_(live_session.c.key == new.key, _open_in(new.conversation_id))
            by_key = sa.case((live_session.c.key == new.key, 0), else_=1)
            existing = await first(connection, sa.select(live_session).where(same).order_by(by_key).limit(1))
            return session_record(existing) if existing is not None else await self._insert(connection, new)

    async def _insert(self, connection: AsyncConnection, new: NewLiveSession) -> LiveSession:
        now = await self._database.now(connection)
        mine = live_session.c.conversation_id == new.conversation_id
        number = (await connection.scalar(sa.select(sa.func.max(live_session.c.number)).where(mine)) or 0) + 1
        values: dict[str, Any] = columns(new) | {"id": self._ids.new("live"), "number": number, "handle": f"L{number}"}
        call_seconds = values.pop("call_seconds")
        if call_seconds is None:
            begun = {"state": LiveState.OFFERED, "offer_until": now + new.offer_seconds}
        else:
            begun = {"state": LiveState.CALLING, "call_until": now + call_seconds}
        insert = sa.insert(live_session).values(**values, **begun, created_at=now).returning(*live_session.c)
        session = session_record((await connection.execute(insert)).mappings().one())
        await self._post(connection, session, DeliveryKind.LIVE_CARD, "")
        if session.state is LiveState.CALLING:
            await self._call_operators(connection, session)
        return session

    async def _call_operators(self, connection: AsyncConnection, session: LiveSession) -> None:
        if self._ops_channel is not None:
            place = (session.workspace_id, self._ops_channel, call_key(session.id))
            await self._outbox.tell(connection, *place, subject_id=session.id, kind=DeliveryKind.LIVE_CALL)

    # -- reading ---------------------------------------------------------------------------------------------------

    async def open_session(self, conversation_id: str) -> LiveSession | None:
        """The conversation's session that has not ended."""
        async with self._database.reading() as connection:
            row = await first(connection, sa.select(live_session).where(_open_in(conversation_id)))
        return None if row is None else session_record(row)

    async def sessions(self, workspace_id: str, limit: int = 20) -> list[LiveSession]:
        """Sessions of a workspace, newest first (at most 500)."""
        newest = [live_session.c.created_at.desc(), live_session.c.id.desc()]
        select = sa.select(live_session).where(live_session.c.workspace_id == workspace_id).order_by(*newest)
        async with self._database.reading() as connection:
            rows = await connection.execute(select.limit(max(1, min(limit, LIST_LIMIT))))
            return [session_record(row) for row in rows.mappings()]

    # -- deciding --------------------------------------------------------------------------------------------------

    async def claim(self, session_id: str, actor: str) -> Decision:
        """A teammate takes the conversation, so that no avatar comes; `KeyError` when there is no such session."""
        async with self._database.transaction("live.claim", urgent=True) as connection:
            row = await self._locked(connection, session_id)
            if row["state"] not in WAITING_STATES:
                return _decided(row, mine=row["end"] is LiveEnd.CLAIMED and row["claimed_by"] == actor)
            await self._audit.add(connection, row["workspace_id"], actor, Deed.CLAIMED, session_id)
            claimed = await self._end(connection, row, LiveEnd.CLAIMED, actor, claimed_by=actor)
            if not forgotten(claimed):
                text = CLAIMED.format(requester=claimed.requester, operator=actor)
                whose = {
                    "text": text,
                    "user": claimed.requester,
                }  # who is called back: a card that changes rings nowhere
                await self._post(connection, claimed, DeliveryKind.NOTICE, "claimed", **whose)
            return Decision(Verdict.DONE, claimed)

    async def decline(self, session_id: str, actor: str) -> Decision:
        """Nobody wants it; `KeyError` when there is no such session."""
        async with self._database.transaction("live.decline", urgent=True) as connection:
            row = await self._locked(connection, session_id)
            if row["state"] not in WAITING_STATES:
                return _decided(row, mine=row["end"] is LiveEnd.DECLINED and row["ended_by"] == actor)
            await self._audit.add(connection, row["workspace_id"], actor, Deed.DECLINED, session_id)
            return Decision(Verdict.DONE, await self._end(connection, row, LiveEnd.DECLINED, actor))

    async def approve(self, session_id: str, actor: str) -> Decision:
        """It may cost what it may cost. The offer's time begins anew: before, nobody could join.

        `KeyError` when there is no such session.
        """
        async with self._database.transaction("live.approve", urgent=True) as connection:
            row = await self._locked(connection, session_id)
            needed = row["needs_approval"] and row["approved_by"] is None
            if row["state"] not in WAITING_STATES or not needed:
                return _decided(row, mine=row["approved_by"] == actor)
            amount = session_record(row).price_at_most
            await self._audit.add(connection, row["workspace_id"], actor, Deed.APPROVED, session_id, amount=amount)
            anew: dict[str, Any] = {}
            if row["state"] is LiveState.OFFERED:
                now = await self._database.now(connection)
                anew = {"offer_until": now + row["offer_seconds"], "reminded_at": None}
            session = await self._change(connection, session_id, approved_by=actor, **anew)
            if anew:
                await self._say(connection, session, "approved", APPROVED)
            return Decision(Verdict.DONE, session)

    # -- what time does --------------------------------------------------------------------------------------------

    async def run_due(self) -> int:
        """Offer what nobody answered, remind of offers once, withdraw the late ones; how many changed."""
        async with self._database.reading() as connection:
            now = await self._database.now(connection)
            due = sa.select(live_session.c.id).where(_due(now)).order_by(live_session.c.created_at).limit(AT_ONCE)
            ids = list(await connection.scalars(due))
        return sum([await self._pass_time(session_id) for session_id in ids])

    async def _pass_time(self, session_id: str) -> bool:
        async with self._database.transaction("live.time") as connection:
            now = await self._database.now(connection)
            still = sa.select(live_session).where(live_session.c.id == session_id, _due(now))
            row = await first(connection, self._database.claimable(still))
            if row is None:  # somebody has just decided, or is about to
                return False
            if row["state"] is LiveState.CALLING:
                await self._unanswered(connection, row, now)
            elif row["offer_until"] <= now:
                await self._expire(connection, row)
            else:
                await self._remind(connection, row, now)
            return True

    async def _unanswered(self, connection: AsyncConnection, row: sa.RowMapping, now: float) -> None:
        """Nobody of the team came: the avatar is offered, where there is one to offer."""
        if not row["max_seconds"] or not row["offer_seconds"]:
            await self._say(connection, session_record(row), "unanswered", UNANSWERED)
            await self._expire(connection, row)
            return
        offer = {"state": LiveState.OFFERED, "offer_until": now + row["offer_seconds"]}
        session = await self._change(connection, row["id"], **offer)
        await self._say(connection, session, "offered", OFFERED)

    async def _expire(self, connection: AsyncConnection, row: sa.RowMapping) -> None:
        await self._audit.add(connection, row["workspace_id"], RUNTIME, Deed.EXPIRED, row["id"])
        await self._end(connection, row, LiveEnd.EXPIRED, None)

    async def _remind(self, connection: AsyncConnection, row: sa.RowMapping, now: float) -> None:
        session = await self._change(connection, row["id"], reminded_at=now)
        minutes = max(round((row["offer_until"] - now) / 60), 1)
        await self._say(connection, session, "reminder", REMINDER, minutes=minutes)

    async def _say(
        self, connection: AsyncConnection, session: LiveSession, what: str, text: str, **values: object
    ) -> None:
        """A post of its own, which rings: nobody notices that a card has changed."""
        said = text.format(requester=session.requester, **values)
        await self._post(connection, session, DeliveryKind.REPLY, what, text=said)


def _open_in(conversation_id: str) -> sa.ColumnElement[bool]:
    return sa.and_(live_session.c.conversation_id == conversation_id, live_session.c.state != LiveState.ENDED)


def _decided(row: sa.RowMapping, *, mine: bool) -> Decision:
    """The click came late, unless it is the one that decided: then it was only interrupted."""
    return Decision(Verdict.DONE if mine else Verdict.DECIDED, session_record(row))


def _due(now: float) -> sa.ColumnElement[bool]:
    """Time changes something about the session now. Whoever cannot join yet is not reminded."""
    column = live_session.c
    unanswered = sa.and_(column.state == LiveState.CALLING, column.call_until <= now)
    agreed = sa.or_(sa.not_(column.needs_approval), column.approved_by.is_not(None))
    soon = column.offer_until - column.offer_seconds / REMIND_SHARE <= now
    late = sa.or_(column.offer_until <= now, sa.and_(column.reminded_at.is_(None), agreed, soon))
    return sa.or_(unanswered, sa.and_(column.state == LiveState.OFFERED, late))
