"""What is said in a live session and what Slack wants of it: its transcript, and the commands that reach its owner."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from agent.errors import LeaseLost
from agent.live.ports import NewLine
from agent.live.records import (
    RUNNING_STATES,
    CommandKind,
    LineState,
    LiveCommand,
    LiveLine,
    LiveSession,
    LiveState,
    Manner,
    Speaker,
)
from agent.records import DeliveryKind, Lease
from bot.store.claims import known
from bot.store.live_rows import LiveRows, card_key, columns, session_record
from bot.store.outbox import NewDelivery
from bot.store.rows import first, record
from bot.store.schema import live_command, live_line, live_session

WAITING_LIMIT = 100  # commands that nobody has got to


class LiveWords(LiveRows):
    """Lines under the owner's lease, and commands from anybody who may."""

    async def add_lines(self, lease: Lease, lines: Sequence[NewLine]) -> list[LiveLine]:
        """Append to the transcript and queue what of it the thread is to be told, in one post."""
        if not lines:
            return []
        async with self._database.transaction("live.lines") as connection:
            row = await self._held(connection, lease)
            session = session_record(row)
            said = [LiveLine(seq=seq, **columns(line)) for seq, line in enumerate(lines, session.lines + 1)]
            whose = {
                "session_id": session.id,
                "workspace_id": session.workspace_id,
                "conversation_id": session.conversation_id,
            }
            await connection.execute(sa.insert(live_line), [columns(line) | whose for line in said])
            await self._write(connection, lease.id, lines=said[-1].seq)
            if told := await self._untold(connection, session, said):
                seqs = {"first": said[0].seq, "last": said[-1].seq, "told": told}
                await self._post(connection, session, DeliveryKind.LIVE_LINES, f"lines:{said[0].seq}", **seqs)
            return said

    async def _untold(self, connection: AsyncConnection, session: LiveSession, lines: Sequence[LiveLine]) -> list[int]:
        """The numbers of the lines that the thread does not show yet.

        What was written there stands there, unless it was not spoken whole. What the runtime notes is for the file.
        """
        told = [line for line in lines if line.speaker is not Speaker.RUNTIME]
        if any(line.manner is Manner.THREAD for line in told):
            written = await self._written(connection, session.id)
            told = [line for line in told if line.state is not LineState.SAID or (line.actor, line.text) not in written]
        return [line.seq for line in told]

    async def _written(self, connection: AsyncConnection, session_id: str) -> set[tuple[str | None, str]]:
        """Who has written what in the thread for this session."""
        messages = sa.and_(live_command.c.session_id == session_id, live_command.c.message_ts.is_not(None))
        rows = await connection.execute(sa.select(live_command.c.actor, live_command.c.text).where(messages))
        return {(row.actor, row.text) for row in rows}

    # -- commands --------------------------------------------------------------------------------------------------

    async def command(
        self, session_id: str, kind: CommandKind, *, actor: str, text: str, message_ts: str | None, key: str
    ) -> bool:
        """Hand something to a running session, once per key; False when it does not run (any more).

        False as well when it has too much waiting already. The caller has checked that `actor` may.
        """
        async with self._database.transaction("live.command", urgent=True) as connection:
            select = self._database.locked(sa.select(live_session).where(live_session.c.id == session_id))
            row = await first(connection, select)
            if await connection.scalar(sa.select(live_command.c.id).where(live_command.c.key == key)) is not None:
                return True
            if row is None or row["state"] not in RUNNING_STATES or await self._full(connection, session_id):
                return False
            mine = live_command.c.session_id == session_id
            last = await connection.scalar(sa.select(sa.func.max(live_command.c.seq)).where(mine)) or 0
            whose = {name: row[name] for name in ("workspace_id", "conversation_id")}
            values = {
                "id": self._ids.new("live_command"),
                "key": key,
                "session_id": session_id,
                "seq": last + 1,
                "kind": kind,
                "actor": actor,
                "text": text,
                "message_ts": message_ts,
                "created_at": await self._database.now(connection),
            }
            await connection.execute(sa.insert(live_command).values(**whose, **values))
            self._database.announce(connection, "live")
            return True

    async def commanded(self, key: str) -> bool:
        """Whether this was handed to a session, which may have ended since."""
        async with self._database.reading() as connection:
            select = sa.select(live_command.c.id).where(live_command.c.key == key)
            return await connection.scalar(select) is not None

    async def foreseen(self, session: LiveSession) -> LiveSession:
        """The session as it stands once what waits is done, as far as it is about who speaks through the avatar.

        What is written right after a press on Take over or Hand back is meant for after it.
        """
        modes = (CommandKind.TAKE_OVER, CommandKind.HAND_BACK)
        waiting = sa.and_(live_command.c.session_id == session.id, live_command.c.done_at.is_(None))
        select = sa.select(live_command.c.kind, live_command.c.actor).where(waiting, live_command.c.kind.in_(modes))
        async with self._database.reading() as connection:
            row = await first(connection, select.order_by(live_command.c.seq.desc()).limit(1))
        if row is None:  # also because it was done meanwhile: then the row says more than what was read before
            return await self.session(session.id)
        taken = row["kind"] is CommandKind.TAKE_OVER
        state = LiveState.HUMAN_TAKEOVER if taken else LiveState.LIVE
        return dataclasses.replace(session, state=state, taken_by=row["actor"] if taken else None)

    async def _full(self, connection: AsyncConnection, session_id: str) -> bool:
        waiting = sa.and_(live_command.c.session_id == session_id, live_command.c.done_at.is_(None))
        count = await connection.scalar(sa.select(sa.func.count()).select_from(live_command).where(waiting))
        return (count or 0) >= WAITING_LIMIT

    async def commands(self, lease: Lease) -> list[LiveCommand]:
        """What waits to be done, oldest first. Looking counts as a sign that somebody works on the session.

        Commands of kinds that only a newer version knows go on waiting, for the process of that version which takes the
        session over or, with a sign on their messages, for its end; those behind them are done.
        """
        holder = sa.select(live_session.c.owner, live_session.c.epoch).where(live_session.c.id == lease.id)
        waiting = sa.and_(live_command.c.session_id == lease.id, live_command.c.done_at.is_(None))
        select = sa.select(live_command).where(waiting, *known(live_command)).order_by(live_command.c.seq)
        async with self._database.reading() as connection:
            row = await first(connection, holder)
            if row is None or (row["owner"], row["epoch"]) != (lease.owner, lease.epoch):
                raise LeaseLost(f"live session {lease.id!r} is no longer held in epoch {lease.epoch}")
            found = [record(LiveCommand, one) for one in (await connection.execute(select)).mappings()]
        self._claims.progress(live_session, lease)
        return found

    async def command_done(self, lease: Lease, command: LiveCommand, *, reaction: str | None = None) -> None:
        """A command needs nothing more; `reaction` (an emoji's name) is put on the message it came with."""
        async with self._database.transaction("live.command_done") as connection:
            await self._held(connection, lease)
            now = await self._database.now(connection)
            open_ones = sa.and_(
                live_command.c.id == command.id,
                live_command.c.session_id == lease.id,
                live_command.c.done_at.is_(None),
            )
            done = await connection.execute(sa.update(live_command).where(open_ones).values(done_at=now))
            if not done.rowcount or reaction is None or command.message_ts is None:
                return
            conversation = sa.select(live_session.c.conversation_id).where(live_session.c.id == lease.id)
            conversation_id = str(await connection.scalar(conversation))
            body = {"ts": command.message_ts, "name": reaction}
            key = f"{card_key(lease.id)}:reaction:{command.seq}"
            new = NewDelivery(conversation_id, DeliveryKind.REACTION, key, lease.id, body)
            await self._outbox.add(connection, new)
