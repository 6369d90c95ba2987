"""Personal ways into a live session: made by a press on Join, opened once, good until the session ends."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from agent.live.records import LivePass, LiveSession, LiveState
from bot.store.live_rows import LiveRows, session_record
from bot.store.rows import first, one, record
from bot.store.schema import live_pass, live_session

PASS_SECONDS = 600.0  # to open it
PASSES = 20  # of one session; the oldest go


class LivePasses(LiveRows):
    """Passes. Their ids are secrets of whoever they were made for."""

    async def new_pass(self, session_id: str, user_id: str) -> LivePass:
        """A pass for the session's requester, good for ten minutes until it is opened.

        The offer waits that long, too. After the session's end a pass can be made but not opened. Only so many are
        kept: the oldest go. `KeyError` when there is no such session, `ValueError` for anybody else.
        """
        async with self._database.transaction("live.pass", urgent=True) as connection:
            row = await self._locked(connection, session_id)
            if row["requester"] != user_id:
                raise ValueError(f"live session {session_id!r} is not {user_id!r}'s")
            now = await self._database.now(connection)
            made = LivePass(
                id=self._ids.new("pass"),
                session_id=session_id,
                user_id=user_id,
                created_at=now,
                expires_at=now + PASS_SECONDS,
            )
            await self._drop_oldest(connection, session_id)
            whose = {name: row[name] for name in ("workspace_id", "conversation_id")}
            own = {"id": made.id, "session_id": session_id, "user_id": user_id}
            times = {"created_at": now, "expires_at": made.expires_at}
            await connection.execute(sa.insert(live_pass).values(**whose, **own, **times))
            if row["state"] is LiveState.OFFERED and now < row["offer_until"] < made.expires_at:
                await self._write(connection, session_id, offer_until=made.expires_at)
            return made

    async def _drop_oldest(self, connection: AsyncConnection, session_id: str) -> None:
        mine = live_pass.c.session_id == session_id
        newest = sa.select(live_pass.c.id).where(mine).order_by(live_pass.c.created_at.desc(), live_pass.c.id.desc())
        kept = list(await connection.scalars(newest.limit(PASSES - 1)))
        await connection.execute(sa.delete(live_pass).where(mine, live_pass.c.id.not_in(kept)))

    async def open_pass(self, pass_id: str) -> LivePass | None:
        """Use a pass, which works once; None when it is unknown, opened, too old, or its session has ended."""
        ended = sa.select(live_session.c.id).where(live_session.c.state == LiveState.ENDED)
        async with self._database.transaction("live.open_pass", urgent=True) as connection:
            now = await self._database.now(connection)
            fresh = sa.and_(live_pass.c.opened_at.is_(None), live_pass.c.expires_at > now)
            good = sa.and_(live_pass.c.id == pass_id, fresh, live_pass.c.session_id.not_in(ended))
            opening = sa.update(live_pass).where(good).values(opened_at=now).returning(*live_pass.c)
            row = (await connection.execute(opening)).mappings().first()
        return None if row is None else record(LivePass, row)

    async def find_pass(self, pass_id: str) -> tuple[LivePass, LiveSession] | None:
        """A pass, opened or not, with its session as it stands; None for an unknown one. Changes nothing."""
        async with self._database.reading() as connection:
            row = await first(connection, sa.select(live_pass).where(live_pass.c.id == pass_id))
            if row is None:
                return None
            session = await one(
                connection, sa.select(live_session).where(live_session.c.id == row["session_id"]), row["session_id"]
            )
        return record(LivePass, row), session_record(session)

    async def check_pass(self, pass_id: str) -> tuple[LivePass, LiveSession] | None:
        """A pass that was opened, with its session as it stands, also when that has ended; None for any other."""
        found = await self.find_pass(pass_id)
        return None if found is None or found[0].opened_at is None else found
