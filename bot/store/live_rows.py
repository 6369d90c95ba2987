"""The rows of live sessions: reading, holding and ending them. What the parts of `LiveSessions` have in common.

Locks: the session's row comes first (after a lane's), then the workspace's, the conversation's and the deliveries'.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from agent.live.records import LiveEnd, LiveLine, LiveSession, LiveState
from agent.ports import Ids
from agent.records import DeliveryKind, Lease
from bot.sealing import Sealer
from bot.store.audit import Audit
from bot.store.claims import RELEASED, Claims
from bot.store.database import Database
from bot.store.endings import Endings
from bot.store.ledger import Ledger
from bot.store.live_memory import ended as remembered
from bot.store.outbox import NewDelivery, Outbox
from bot.store.rows import one, record
from bot.store.schema import live_command, live_line, live_session
from bot.store.wording import PREFIX

# Ends that the card tells well enough, where nothing had been started.
QUIET = frozenset({LiveEnd.CLAIMED, LiveEnd.DECLINED, LiveEnd.EXPIRED, LiveEnd.VISITOR, LiveEnd.LEFT})
NOT_PASSED = "x"  # on a message that the session ended before
GONE_FROM_PAGE: dict[str, Any] = {"viewer": None, "taken_by": None, "muted": False}


class LiveUnavailable(Exception):
    """Live sessions cannot be held: the text says what is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveParts:
    """What the rows of live sessions are made with. Without a `sealer` none can be started."""

    database: Database
    claims: Claims
    ids: Ids
    outbox: Outbox
    endings: Endings
    ledger: Ledger
    audit: Audit
    ops_channel: str | None = None
    sealer: Sealer | None = None


class LiveRows:
    """Connection-level reads and writes."""

    def __init__(self, parts: LiveParts) -> None:
        self._database = parts.database
        self._claims = parts.claims
        self._ids = parts.ids
        self._outbox = parts.outbox
        self._endings = parts.endings
        self._ledger = parts.ledger
        self._audit = parts.audit
        self._ops_channel = parts.ops_channel
        self._key = parts.sealer

    @property
    def _sealer(self) -> Sealer:
        if self._key is None:
            raise LiveUnavailable("Live sessions need SECRET_KEY: what leads into a running one is stored sealed.")
        return self._key

    async def session(self, session_id: str) -> LiveSession:
        """One session; `KeyError` when there is none."""
        async with self._database.reading() as connection:
            select = sa.select(live_session).where(live_session.c.id == session_id)
            return session_record(await one(connection, select, session_id))

    async def transcript(self, session_id: str) -> list[LiveLine]:
        """All lines in order."""
        async with self._database.reading() as connection:
            return await lines_of(connection, session_id)

    def assure(self, lease: Lease) -> None:
        """`LeaseLost` when another process may have the session by now, without asking the database."""
        self._claims.assure(live_session, lease)

    async def _locked(self, connection: AsyncConnection, session_id: str) -> sa.RowMapping:
        """A session, kept to this transaction whoever holds its lease; `KeyError` when there is none."""
        select = self._database.locked(sa.select(live_session).where(live_session.c.id == session_id))
        return await one(connection, select, session_id)

    async def _held(self, connection: AsyncConnection, lease: Lease) -> sa.RowMapping:
        """The leased session, kept to this transaction; `LeaseLost` when it is somebody else's."""
        row = await self._claims.holds(connection, live_session, lease)
        self._claims.progress(live_session, lease)
        return row

    async def _write(self, connection: AsyncConnection, session_id: str, **values: Any) -> LiveSession:
        update = sa.update(live_session).where(live_session.c.id == session_id).values(**values)
        row = (await connection.execute(update.returning(*live_session.c))).mappings().one()
        return session_record(row)

    async def _change(self, connection: AsyncConnection, session_id: str, **values: Any) -> LiveSession:
        """Write what people should see: the cards are rendered again."""
        session = await self._write(connection, session_id, **values)
        await self._show(connection, session_id)
        return session

    async def _show(self, connection: AsyncConnection, session_id: str) -> None:
        await self._outbox.change(connection, card_key(session_id))
        await self._outbox.change(connection, call_key(session_id))

    async def _end(
        self, connection: AsyncConnection, row: sa.RowMapping, end: LiveEnd, ended_by: str | None, **values: Any
    ) -> LiveSession:
        """It is over: nobody holds it, nothing leads into it, no command waits; the log and the thread are told.

        The caller has settled its money.
        """
        now = await self._database.now(connection)
        over = {"state": LiveState.ENDED, "end": end, "ended_by": ended_by, "ended_at": now, "access": None, "held": 0}
        session = await self._change(connection, row["id"], **over, **GONE_FROM_PAGE, **RELEASED, **values)
        await self._drop_commands(connection, session, now)
        lines = await lines_of(connection, session.id)
        await self._endings.note(connection, session.conversation_id, remembered(session, lines))
        if not forgotten(session):
            await self._tell_end(connection, session, bool(lines))
        self._database.announce(connection, "live")
        return session

    async def _drop_commands(self, connection: AsyncConnection, session: LiveSession, now: float) -> None:
        """Nobody will get to what waits; the messages it came with get a sign that says so."""
        waiting = sa.and_(live_command.c.session_id == session.id, live_command.c.done_at.is_(None))
        select = sa.select(live_command.c.seq, live_command.c.message_ts).where(waiting)
        for undone in (await connection.execute(select.order_by(live_command.c.seq))).all():
            if undone.message_ts is not None:
                sign = {"ts": undone.message_ts, "name": NOT_PASSED}
                await self._post(connection, session, DeliveryKind.REACTION, f"reaction:{undone.seq}", **sign)
        await connection.execute(sa.update(live_command).where(waiting).values(done_at=now))

    async def _tell_end(self, connection: AsyncConnection, session: LiveSession, spoken: bool) -> None:
        if session.started_at is not None or session.end not in QUIET:
            await self._post(connection, session, DeliveryKind.LIVE_CLOSING, "closing")
        if spoken:
            await self._post(connection, session, DeliveryKind.LIVE_FILE, "file")

    async def _post(
        self, connection: AsyncConnection, session: LiveSession, kind: DeliveryKind, what: str, **body: Any
    ) -> None:
        """Queue a post about the session in its thread, once for each `what`."""
        key = f"{card_key(session.id)}:{what}" if what else card_key(session.id)
        await self._outbox.add(connection, NewDelivery(session.conversation_id, kind, key, session.id, body))


async def lines_of(connection: AsyncConnection, session_id: str) -> list[LiveLine]:
    """All lines of a session in order."""
    select = sa.select(live_line).where(live_line.c.session_id == session_id).order_by(live_line.c.seq)
    return [record(LiveLine, row) for row in (await connection.execute(select)).mappings()]


def session_record(row: sa.RowMapping) -> LiveSession:
    """A row as the agent knows it: without its lease and its secrets."""
    return record(LiveSession, row)


def forgotten(session: LiveSession) -> bool:
    """Whether whoever asked for the session has been deleted since."""
    return session.requester.startswith(PREFIX)


def card_key(session_id: str) -> str:
    """The delivery key of a session's card; those of its other posts begin with it."""
    return f"live:{session_id}"


def call_key(session_id: str) -> str:
    """The delivery key of the card where the operators are."""
    return f"live-call:{session_id}"


def columns(new: Any) -> dict[str, Any]:
    """The fields of a record as columns."""
    return {field.name: getattr(new, field.name) for field in dataclasses.fields(new)}
