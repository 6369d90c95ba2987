"""A person's part of the live sessions of a conversation, and taking it out.

Whoever asked for a session takes all of it along: it was held with them. A teammate takes their own lines.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from agent.conversation import developer_message, message_text
from agent.live.records import PAID_STATES, LiveEnd, LiveState, Speaker
from agent.records import Source
from bot.store.claims import RELEASED
from bot.store.database import Database
from bot.store.live_memory import ended, head, summary_head
from bot.store.live_rows import GONE_FROM_PAGE, call_key, card_key, lines_of, session_record
from bot.store.outbox import Outbox
from bot.store.schema import item, live_command, live_line, live_pass, live_session
from bot.store.wording import GONE, Substitute, texts

OF_PEOPLE = ("requester", "viewer", "approved_by", "claimed_by", "ended_by", "taken_by")


def sessions_of(user_id: str) -> sa.ColumnElement[bool]:
    """The sessions in which somebody has any part, by their rows."""
    return sa.or_(*(live_session.c[name] == user_id for name in OF_PEOPLE))


class LivePart:
    """A person's part of a conversation's live sessions, whose rows the transaction holds once they are found."""

    def __init__(
        self, database: Database, connection: AsyncConnection, outbox: Outbox, user_id: str, pseudonym: str
    ) -> None:
        self._database = database
        self._connection = connection
        self._outbox = outbox
        self._user_id = user_id
        self._pseudonym = pseudonym
        self._rows: dict[str, sa.RowMapping] = {}
        self.sessions: list[str] = []

    async def find(self, conversation_id: str) -> None:
        """Hold the conversation's sessions, in order, and note which are theirs."""
        mine = sa.select(live_session).where(live_session.c.conversation_id == conversation_id)
        rows = (await self._connection.execute(self._database.locked(mine.order_by(live_session.c.id)))).mappings()
        self._rows = {row["id"]: row for row in rows}
        self.sessions = [key for key, row in self._rows.items() if row["requester"] == self._user_id]

    @property
    def handles(self) -> list[str]:
        """What their sessions are called in the log."""
        return [self._rows[session_id]["handle"] for session_id in self.sessions]

    async def words(self) -> set[str]:
        """What they have said and written, which may have been quoted."""
        theirs = sa.or_(live_line.c.actor == self._user_id, _of_visitors(self.sessions))
        said = sa.select(live_line.c.text).where(live_line.c.session_id.in_(self._rows), theirs)
        asked = sa.select(live_command.c.text).where(
            live_command.c.session_id.in_(self._rows), live_command.c.actor == self._user_id
        )
        reasons = [self._rows[session_id]["reason"] for session_id in self.sessions]
        spoken = [*await self._connection.scalars(said), *await self._connection.scalars(asked)]
        return texts([*spoken, *reasons])

    async def said_by_others(self) -> list[str]:
        """What other people have said in these sessions. The avatar only repeats."""
        people = live_line.c.speaker.in_((Speaker.VISITOR, Speaker.TEAMMATE))
        theirs = sa.or_(live_line.c.actor.is_(None), live_line.c.actor != self._user_id)
        others = [one for one in self._rows if one not in self.sessions]
        said = sa.select(live_line.c.text).where(live_line.c.session_id.in_(others), people, theirs)
        return list(await self._connection.scalars(said))

    async def erase(self) -> None:
        """End and empty their sessions, and take their lines out of the others'."""
        for session_id in self.sessions:
            await self._end(self._rows[session_id])
        await self._empty()
        for session_id, row in self._rows.items():
            if session_id not in self.sessions and await self._take_out(session_id):
                await self._tell_anew(row)

    async def _end(self, row: sa.RowMapping) -> None:
        """What costs nothing is over; what costs is to be stopped, by whoever looks for sessions without an owner.

        The owner loses it: nothing more that was said may come in.
        """
        if row["state"] is LiveState.ENDED:
            return
        values: dict[str, Any] = {"epoch": row["epoch"] + 1, **RELEASED}
        if row["state"] not in PAID_STATES:
            values |= {"state": LiveState.ENDED, "ended_at": await self._database.now(self._connection)}
        if row["state"] is not LiveState.CLOSING:
            values = {"state": LiveState.CLOSING, "end": LiveEnd.VISITOR, "ended_by": self._pseudonym} | values
        await self._update(row["id"], **values)
        self._database.announce(self._connection, "live")

    async def _empty(self) -> None:
        """Rows without words, so that money is still settled."""
        for table in (live_line, live_command, live_pass):
            await self._execute(sa.delete(table).where(table.c.session_id.in_(self.sessions)))
        bare = {"requester": self._pseudonym, "reason": GONE, "lines": 0, "summary": None, "access": None}
        for session_id in self.sessions:
            await self._update(session_id, **bare, **GONE_FROM_PAGE)
            await self._outbox.change(self._connection, card_key(session_id))
            await self._outbox.change(self._connection, call_key(session_id))

    async def reword(self, substitute: Substitute) -> None:
        """Take out what others' sessions quote of them."""
        others = [one for one in self._rows if one not in self.sessions]
        select = sa.select(live_line).where(live_line.c.session_id.in_(others))
        changed: set[str] = set()
        for row in (await self._connection.execute(select)).mappings().all():
            if (text := substitute(row["text"])) != row["text"]:
                this = sa.and_(live_line.c.session_id == row["session_id"], live_line.c.seq == row["seq"])
                await self._execute(sa.update(live_line).where(this).values(text=text))
                changed.add(row["session_id"])
        for session_id in sorted(changed):
            await self._tell_anew(self._rows[session_id])

    async def _take_out(self, session_id: str) -> bool:
        """Take out what a teammate said in somebody's session; returns whether there was anything."""
        theirs = sa.and_(live_line.c.session_id == session_id, live_line.c.actor == self._user_id)
        gone = await self._connection.execute(sa.update(live_line).where(theirs).values(text=GONE))
        wrote = sa.and_(live_command.c.session_id == session_id, live_command.c.actor == self._user_id)
        await self._execute(sa.delete(live_command).where(wrote))
        return bool(gone.rowcount)

    async def _tell_anew(self, row: sa.RowMapping) -> None:
        """The log has the transcript without their words, and no summary, which may repeat them."""
        await self._update(row["id"], summary=GONE)
        lines = await lines_of(self._connection, row["id"])
        here = sa.and_(item.c.conversation_id == row["conversation_id"], item.c.source == Source.RUNTIME)
        found = (await self._connection.execute(sa.select(item.c.seq, item.c.body).where(here))).mappings().all()
        for one in found:
            text = message_text(one["body"])
            this = sa.and_(here, item.c.seq == one["seq"])
            if text.startswith(summary_head(row["handle"])):
                await self._execute(sa.delete(item).where(this))
            elif text.startswith(head(row["handle"])):
                body = developer_message(ended(session_record(row), lines))
                await self._execute(sa.update(item).where(this).values(body=body))

    async def _update(self, session_id: str, **values: Any) -> None:
        await self._execute(sa.update(live_session).where(live_session.c.id == session_id).values(**values))

    async def _execute(self, statement: Any) -> None:
        await self._connection.execute(statement)


def _of_visitors(sessions: Collection[str]) -> sa.ColumnElement[bool]:
    return sa.and_(live_line.c.session_id.in_(sessions), live_line.c.speaker == Speaker.VISITOR)
