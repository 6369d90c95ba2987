"""Live sessions with somebody in them: under the lease of the process that has the viewer's page, from join to bill.

Each step before money is a row first. Whoever lost the lease changes nothing any more.
"""

from __future__ import annotations

import json
from decimal import Decimal

import sqlalchemy as sa
import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from agent.errors import NotApproved
from agent.live.records import (
    PAID_STATES,
    RUNNING_STATES,
    TALKING_STATES,
    LiveAccess,
    LiveEnd,
    LiveSession,
    LiveState,
)
from agent.records import DeliveryKind, Lease
from bot.sealing import SealBroken
from bot.store.audit import Deed
from bot.store.claims import RELEASED
from bot.store.ledger import spender_of
from bot.store.live_memory import last_lines, summarised
from bot.store.live_rows import GONE_FROM_PAGE, LiveRows, card_key, forgotten, lines_of, session_record
from bot.store.rows import first
from bot.store.schema import live_session

log = structlog.get_logger(__name__)

AGAIN_SECONDS = 120.0  # for somebody whose page went away before anything was started
DAY = 86_400.0  # no session lasts longer, whatever is told of it
OVERDUE_SECONDS = 120.0  # past the time a session has to end: whoever still holds it does not get on


class LiveOwned(LiveRows):
    """The methods of `agent.live.ports.LiveStore` that begin, run and end a session."""

    async def join(self, session_id: str, user_id: str) -> tuple[Lease, LiveSession, LiveAccess | None] | None:
        """A viewer is here: `OFFERED` becomes `JOINED`, a running session is taken over from whoever has it.

        The lease's epoch rises either way. None when it cannot be joined any more, not yet, or not by this person.
        The access is there when it has been started and can be read. `LiveUnavailable` without a key to seal with.
        """
        _ = self._sealer
        async with self._database.transaction("live.join", urgent=True) as connection:
            select = self._database.locked(sa.select(live_session).where(live_session.c.id == session_id))
            row = await first(connection, select)
            now = await self._database.now(connection)
            if row is None or row["requester"] != user_id or not _joinable(row, now):
                return None
            state = LiveState.JOINED if row["state"] is LiveState.OFFERED else row["state"]
            here = {"state": state, "viewer": user_id}
            lease, joined = await self._claims.seize(connection, live_session, session_id, **here)
            await self._show(connection, session_id)
            self._database.announce(connection, "live")  # whoever had it looks, and lets go
            return lease, session_record(joined), self._access(joined)

    def _access(self, row: sa.RowMapping) -> LiveAccess | None:
        if row["access"] is None:
            return None
        try:
            held = json.loads(self._sealer.unseal(row["access"]))
        except SealBroken:
            log.error("live_access_unreadable", session=row["id"])  # noqa: TRY400 - nothing to trace
            return None
        return LiveAccess(held["socket"], held["room"], held["token"]) if held["session"] == row["id"] else None

    async def starting(self, lease: Lease, provider_session_id: str) -> LiveSession:
        """LiveAvatar has made the session and it is started next: `STARTING`, the most it may cost is set aside.

        `OverCap` when a cap has no room for it, `NotApproved` when nobody has agreed to its price. Once more with the
        same id changes nothing; `ValueError` in any other state.
        """
        async with self._database.transaction("live.starting", urgent=True) as connection:
            row = await self._held(connection, lease)
            session = session_record(row)
            if session.state is LiveState.STARTING and session.provider_session_id == provider_session_id:
                return session
            if session.state is not LiveState.JOINED:
                raise ValueError(f"live session {lease.id!r} cannot be started: it is {session.state}")
            if session.needs_approval and session.approved_by is None:
                raise NotApproved(f"nobody has approved the price of live session {lease.id!r}")
            whose = (session.workspace_id, session.conversation_id, session.requester)
            spender = await spender_of(connection, *whose)
            await self._ledger.ensure_room(connection, spender, session.price_at_most)
            await self._ledger.hold_live(connection, session, spender)
            money = {"started_at": await self._database.now(connection), "held": session.price_at_most}
            begun = {"state": LiveState.STARTING, "provider_session_id": provider_session_id}
            return await self._change(connection, lease.id, **begun, **money)

    async def live(self, lease: Lease, access: LiveAccess, *, usable_seconds: float) -> LiveSession:
        """It runs: `LIVE`, billed since `starting`, to end after `usable_seconds` of running at the latest.

        One that was closed meanwhile stays closed; `ValueError` for one that was not being started.
        """
        ways = {"session": lease.id, "socket": access.socket_url, "room": access.room_url, "token": access.room_token}
        sealed = self._sealer.seal(json.dumps(ways))
        async with self._database.transaction("live.live", urgent=True) as connection:
            row = await self._held(connection, lease)
            if row["state"] is LiveState.CLOSING:
                return session_record(row)
            if row["started_at"] is None:
                raise ValueError(f"live session {lease.id!r} was not being started: it is {row['state']}")
            state = row["state"] if row["state"] in TALKING_STATES else LiveState.LIVE
            until = row["started_at"] + max(min(usable_seconds, float(row["max_seconds"])), 0.0)
            return await self._change(connection, lease.id, state=state, access=sealed, usable_until=until)

    async def set_mode(self, lease: Lease, state: LiveState, *, taken_by: str | None, muted: bool) -> LiveSession:
        """`LIVE` or `HUMAN_TAKEOVER`, by whom, and whether the avatar is muted; the card shows it.

        Nothing changes for a session that is not talking (any more). `ValueError` for another state.
        """
        if state not in TALKING_STATES or (state is LiveState.HUMAN_TAKEOVER) != (taken_by is not None):
            raise ValueError(f"a live session is not {state} by {taken_by!r}")
        async with self._database.transaction("live.mode") as connection:
            row = await self._held(connection, lease)
            if row["state"] not in TALKING_STATES:
                return session_record(row)
            await self._audit_mode(connection, row, taken_by)
            return await self._change(connection, lease.id, state=state, taken_by=taken_by, muted=muted)

    async def _audit_mode(self, connection: AsyncConnection, row: sa.RowMapping, taken_by: str | None) -> None:
        before = row["taken_by"]
        if taken_by is not None and taken_by != before:
            await self._audit.add(connection, row["workspace_id"], taken_by, Deed.TAKEN_OVER, row["id"])
        elif taken_by is None and before is not None:
            await self._audit.add(connection, row["workspace_id"], before, Deed.HANDED_BACK, row["id"])

    async def show_running(self) -> int:
        """Have the cards of what runs in this process rendered again: time and cost go on. Returns 0, for a loop."""
        own = sa.and_(live_session.c.owner == self._database.owner, live_session.c.state.in_(TALKING_STATES))
        async with self._database.reading() as connection:
            ids = list(await connection.scalars(sa.select(live_session.c.id).where(own)))
        if ids:
            async with self._database.transaction("live.show") as connection:
                for session_id in sorted(ids):
                    await self._outbox.change(connection, card_key(session_id))
        return 0

    async def viewer_left(self, lease: Lease) -> LiveSession:
        """Nobody is on the page any more; `JOINED` becomes `OFFERED` again, which nobody holds."""
        async with self._database.transaction("live.left") as connection:
            row = await self._held(connection, lease)
            if row["state"] is LiveState.JOINED:
                return await self._offer_again(connection, row)
            return await self._change(connection, lease.id, viewer=None)

    async def _offer_again(self, connection: AsyncConnection, row: sa.RowMapping) -> LiveSession:
        """Whoever was here a moment ago needs no reminder, but time to come back."""
        now = await self._database.now(connection)
        until = max(row["offer_until"] or now, now + AGAIN_SECONDS)
        offer = {"state": LiveState.OFFERED, "offer_until": until, "reminded_at": row["reminded_at"] or now}
        return await self._change(connection, row["id"], **offer, **GONE_FROM_PAGE, **RELEASED)

    async def hand_over(self, lease: Lease) -> None:
        """Nobody holds it any more, and it goes on: whoever has the page next takes it."""
        async with self._database.transaction("live.hand_over", urgent=True) as connection:
            await self._held(connection, lease)
            await self._change(connection, lease.id, viewer=None, **RELEASED)

    async def closing(self, lease: Lease, end: LiveEnd, *, ended_by: str | None = None) -> LiveSession:
        """It is over for people: `CLOSING`, unless it already was; nothing started yet means `ENDED` at once."""
        async with self._database.transaction("live.closing", urgent=True) as connection:
            row = await self._held(connection, lease)
            if row["state"] is LiveState.CLOSING:
                return session_record(row)
            if row["started_at"] is None:
                return await self._end(connection, row, end, ended_by, charged=0)
            over = {"state": LiveState.CLOSING, "end": end, "ended_by": ended_by, "taken_by": None, "muted": False}
            return await self._change(connection, lease.id, **over)

    async def stopped(self, lease: Lease, *, credits: Decimal | None, seconds: float | None) -> LiveSession:
        """LiveAvatar has confirmed the end: `ENDED`, what was set aside becomes what it cost; closing and file queued.

        `seconds` is LiveAvatar's own count; without one it is ours, and nothing where the start was refused. Each
        minute that has begun is charged. The lease is released.
        """
        async with self._database.transaction("live.stopped") as connection:
            row = await self._held(connection, lease)
            end = row["end"] or (LiveEnd.NOT_STARTED if row["started_at"] is None else LiveEnd.PROVIDER)
            ran = _seconds(row, end, seconds, await self._database.now(connection))
            charged = cost(row["price_per_minute"], ran)
            await self._ledger.settle_live(connection, lease.id, charged)
            stopped_at = None if row["started_at"] is None else row["started_at"] + ran
            bill = {"credits": credits, "charged": charged, "stopped_at": stopped_at}
            return await self._end(connection, row, end, row["ended_by"], **bill)

    async def summarised(self, session_id: str, summary: str) -> None:
        """A summary was made; the thread is told. The first one stays, and so does the lack of one after a deletion.

        `KeyError` when there is no such session.
        """
        async with self._database.transaction("live.summarised") as connection:
            row = await self._locked(connection, session_id)
            if row["summary"] is not None or forgotten(session_record(row)):
                return
            session = await self._change(connection, session_id, summary=summary)
            await self._post(connection, session, DeliveryKind.LIVE_SUMMARY, "summary")
            lines = await lines_of(connection, session_id)
            if len(last_lines(lines)) < len(lines):
                await self._endings.note(connection, session.conversation_id, summarised(session.handle, summary))

    async def orphans(self, limit: int) -> list[tuple[Lease, LiveSession]]:
        """Claim sessions that cost money, or wait for their stop to be confirmed, and have no living owner.

        That counts those that should have ended long ago, too. Who had only joined is offered it again.
        """
        async with self._database.transaction("live.orphans") as connection:
            now = await self._database.now(connection)
            await self._take_from_stuck(connection, now)
            joined = sa.and_(live_session.c.state == LiveState.JOINED, live_session.c.lease_until <= now)
            free = self._database.claimable(sa.select(live_session).where(joined).limit(limit))
            for row in (await connection.execute(free)).mappings().all():
                await self._offer_again(connection, row)
            paid = live_session.c.state.in_(PAID_STATES)
            order = [live_session.c.started_at, live_session.c.id]
            claimed = await self._claims.take(connection, live_session, paid, order_by=order, limit=limit)
            return [(lease, session_record(row)) for lease, row in claimed]

    async def _take_from_stuck(self, connection: AsyncConnection, now: float) -> None:
        """Whoever keeps a session alive past its time and does not end it loses it: it may still cost money."""
        column = live_session.c
        until = sa.func.coalesce(column.usable_until, column.started_at + column.max_seconds)
        unstopped = column.state.in_(PAID_STATES - {LiveState.CLOSING})  # who stops it may need its time for that
        stuck = sa.and_(unstopped, column.lease_until > now, until + OVERDUE_SECONDS <= now)
        ids = list(await connection.scalars(self._database.claimable(sa.select(column.id).where(stuck))))
        if ids:
            free = sa.update(live_session).where(column.id.in_(ids))
            await connection.execute(free.values(epoch=column.epoch + 1, **RELEASED))


def _joinable(row: sa.RowMapping, now: float) -> bool:
    if row["state"] is not LiveState.OFFERED:
        return row["state"] in RUNNING_STATES
    agreed = not row["needs_approval"] or row["approved_by"] is not None
    return bool(agreed and row["max_seconds"] > 0 and row["offer_until"] > now)


def _seconds(row: sa.RowMapping, end: LiveEnd, told: float | None, now: float) -> float:
    """How long it ran: as LiveAvatar tells, else since it was started, for no longer than it could.

    One that was refused when it was to be started has not run.
    """
    if row["started_at"] is None:
        return 0.0
    if told is not None:
        return min(max(told, 0.0), DAY)
    if end is LiveEnd.NOT_STARTED and row["usable_until"] is None:
        return 0.0
    since: float = now - row["started_at"]
    return max(min(since, float(row["max_seconds"])), 0.0)


def cost(price_per_minute: int, seconds: float) -> int:
    """What `seconds` cost in micro-dollars: each minute that has begun is paid."""
    return int(price_per_minute * -(-seconds // 60))
