"""How people want us to talk: rules of a workspace and its channels, threads that are quiet, and what was thought of
answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from agent.live.records import LiveState
from agent.ports import Ids
from agent.records import DeliveryKind
from bot.store.audit import Audit, Deed
from bot.store.database import Database
from bot.store.outbox import NewDelivery, Outbox
from bot.store.rows import first, record
from bot.store.schema import (
    ID,
    channel_policy,
    conversation,
    delivery,
    feedback,
    live_session,
    talk_setting,
    thread,
    thread_talk,
    turn,
)
from bot.talk import Policy, Reach, Standing, TalkSetting

REMEMBER_SECONDS = 2.0
MOST_REMEMBERED = 10_000  # channels
Named = str | sa.BindParameter[str]
QUIET = "I'll be quiet in this thread. Results of what you asked for still come here; mention me to go on."


@dataclass(frozen=True, slots=True)
class Feedback:
    """What somebody thought of an answer; `words` say what was wrong with it, where they did."""

    id: str
    workspace_id: str
    conversation_id: str
    turn_id: str
    user_id: str
    good: bool
    words: str | None
    created_at: float
    changed_at: float


class Talk:
    """The rows of all that."""

    def __init__(self, database: Database, ids: Ids, outbox: Outbox, audit: Audit) -> None:
        self._database = database
        self._ids = ids
        self._outbox = outbox
        self._audit = audit
        self._remembered: dict[tuple[str, str], tuple[float, Standing]] = {}

    # -- the rules -----------------------------------------------------------------------------------------------

    async def standing(self, workspace_id: str, channel_id: str, thread_ts: str | None) -> tuple[Standing, float]:
        """What is known where something was said, and the time by the database.

        One statement: it is asked of every message in every channel that we are in.
        """
        async with self._database.reading(urgent=True) as connection:
            now = await self._database.now(connection)
            where = {"workspace_id": workspace_id, "channel_id": channel_id, "thread_ts": thread_ts}
            row = await first(connection, STANDING, where)
        if row is None:  # a select from one row without conditions has one
            raise LookupError("nothing is known of where this was said")
        quiet, at = row["muted_at"] is not None, row["awaited_at"] or 0.0
        place = (row["conversation_id"], quiet, row["awaited"], at, bool(row["live"]))
        return Standing(_setting(row), row["channel_policy"], *place), now

    async def rules(self, workspace_id: str, channel_id: str) -> Standing:
        """The rules where somebody says something in no thread; remembered, since that is most of what is said.

        What another process has changed holds here `REMEMBER_SECONDS` later.
        """
        place, now = (workspace_id, channel_id), self._database.local_now()
        asked, known = self._remembered.get(place, (0.0, Standing()))
        if not 0 <= now - asked < REMEMBER_SECONDS:
            known, _ = await self.standing(workspace_id, channel_id, None)
            if len(self._remembered) >= MOST_REMEMBERED:
                self._remembered.clear()
            self._remembered[place] = (now, known)
        return known

    async def setting(self, workspace_id: str) -> TalkSetting:
        """A workspace's rules; the usual ones where nobody has set any."""
        async with self._database.reading() as connection:
            return await self._setting(connection, workspace_id)

    async def policy(self, workspace_id: str, channel_id: str) -> Policy | None:
        """A channel's own policy; None where it is the workspace's."""
        async with self._database.reading() as connection:
            select = sa.select(channel_policy.c.policy).where(_of(workspace_id, channel_id))
            found: Policy | None = await connection.scalar(select)
        return found

    async def _setting(self, connection: AsyncConnection, workspace_id: str) -> TalkSetting:
        row = await first(connection, sa.select(talk_setting).where(talk_setting.c.workspace_id == workspace_id))
        return TalkSetting() if row is None else _setting(row)

    async def change(
        self, workspace_id: str, actor: str, setting: TalkSetting, channel_id: str | None, policy: Policy | None
    ) -> None:
        """Set a workspace's rules, and those of one channel; a line in the audit log says who did."""
        await self._change(workspace_id, actor, setting, channel_id, policy)
        self._remembered.clear()

    async def _change(
        self, workspace_id: str, actor: str, setting: TalkSetting, channel_id: str | None, policy: Policy | None
    ) -> None:
        async with self._database.transaction("talk.change") as connection:
            values = {
                "policy": setting.policy,
                "channels": list(setting.channels),
                "people": list(setting.people),
                "guests": setting.guests,
                "strangers": setting.strangers,
            }
            insert = self._database.insert(talk_setting).values(workspace_id=workspace_id, **values)
            await connection.execute(
                insert.on_conflict_do_update(index_elements=[talk_setting.c.workspace_id], set_=values)
            )
            if channel_id is not None:
                await self._set_policy(connection, workspace_id, channel_id, policy)
            words: dict[str, str | None] = {"policy": setting.policy.value, "guests": setting.guests.value}
            words |= {"strangers": setting.strangers.value, "here": policy.value if policy else None}
            await self._audit.add(connection, workspace_id, actor, Deed.TALK_CHANGED, channel_id, **words)

    async def _set_policy(
        self, connection: AsyncConnection, workspace_id: str, channel_id: str, policy: Policy | None
    ) -> None:
        if policy is None:
            await connection.execute(sa.delete(channel_policy).where(_of(workspace_id, channel_id)))
            return
        place = {"workspace_id": workspace_id, "channel_id": channel_id}
        insert = self._database.insert(channel_policy).values(**place, policy=policy)
        keys = [channel_policy.c.workspace_id, channel_policy.c.channel_id]
        await connection.execute(insert.on_conflict_do_update(index_elements=keys, set_={"policy": policy}))

    # -- threads -------------------------------------------------------------------------------------------------

    async def mute(self, workspace_id: str, conversation_id: str, cause: str) -> bool:
        """Be quiet in a thread; said once, by what changed it (`cause` is an event's id). Whether it was a change."""
        async with self._database.transaction("talk.mute") as connection:
            now = await self._database.now(connection)
            muted = await self._write(connection, workspace_id, conversation_id, {"muted_at": now}, once=True)
            if muted:
                body = {"text": QUIET}
                said = NewDelivery(conversation_id, DeliveryKind.REPLY, f"notice:quiet:{cause}", body=body)
                await self._outbox.add(connection, said)
        return muted

    async def unmute(self, workspace_id: str, conversation_id: str) -> bool:
        """Talk again; whether it was quiet."""
        async with self._database.transaction("talk.unmute") as connection:
            quiet = sa.and_(
                thread_talk.c.conversation_id == conversation_id, thread_talk.c.workspace_id == workspace_id
            )
            quiet = sa.and_(quiet, thread_talk.c.muted_at.is_not(None))
            update = sa.update(thread_talk).where(quiet).values(muted_at=None)
            woken = await connection.scalar(update.returning(thread_talk.c.conversation_id))
        return woken is not None

    async def await_answer(self, workspace_id: str, conversation_id: str, user_id: str | None) -> None:
        """Somebody has asked `user_id` something; None: it was answered."""
        async with self._database.transaction("talk.aside") as connection:
            at = None if user_id is None else await self._database.now(connection)
            await self._write(connection, workspace_id, conversation_id, {"awaited": user_id, "awaited_at": at})

    async def _write(
        self,
        connection: AsyncConnection,
        workspace_id: str,
        conversation_id: str,
        values: dict[str, object],
        *,
        once: bool = False,
    ) -> bool:
        insert = self._database.insert(thread_talk).values(
            workspace_id=workspace_id, conversation_id=conversation_id, **values
        )
        only = thread_talk.c.muted_at.is_(None) if once else None
        key = [thread_talk.c.conversation_id]
        upsert = insert.on_conflict_do_update(index_elements=key, set_=values, where=only)
        return await connection.scalar(upsert.returning(thread_talk.c.conversation_id)) is not None

    async def conversation_of(self, workspace_id: str, channel_id: str, ts: str) -> str | None:
        """The conversation that one of our messages, or the first message of a thread, belongs to."""
        posted = sa.select(delivery.c.conversation_id).join(
            conversation, conversation.c.id == delivery.c.conversation_id
        )
        here = sa.and_(conversation.c.workspace_id == workspace_id, conversation.c.channel_id == channel_id)
        async with self._database.reading() as connection:
            root = sa.select(thread.c.conversation_id).where(_in_thread(workspace_id, channel_id, ts))
            found: str | None = await connection.scalar(root)
            if found is None:
                found = await connection.scalar(posted.where(here, delivery.c.ts == ts).limit(1))
        return found

    async def recent_thread(self, workspace_id: str, channel_id: str, user_id: str) -> str | None:
        """The conversation in which a person was answered last in a channel."""
        theirs = sa.and_(turn.c.requester == user_id, conversation.c.channel_id == channel_id)
        select = (
            sa.select(turn.c.conversation_id)
            .join(conversation, conversation.c.id == turn.c.conversation_id)
            .where(theirs, conversation.c.workspace_id == workspace_id)
            .order_by(turn.c.created_at.desc())
            .limit(1)
        )
        async with self._database.reading() as connection:
            found: str | None = await connection.scalar(select)
        return found

    # -- feedback ------------------------------------------------------------------------------------------------

    async def rate(self, turn_id: str, user_id: str, *, good: bool, words: str | None = None) -> bool:
        """What somebody thinks of an answer now: one row a person and answer. False where the answer is gone.

        Thinking well of it takes back what was wrong with it; without `words` those that stand there stay.
        """
        async with self._database.transaction("talk.rate") as connection:
            row = await first(
                connection, sa.select(turn.c.workspace_id, turn.c.conversation_id).where(turn.c.id == turn_id)
            )
            if row is None:
                return False
            now = await self._database.now(connection)
            changed: dict[str, Any] = {"good": good, "changed_at": now}
            if good or words is not None:
                changed["words"] = None if good else words
            values = {"id": self._ids.new("feedback"), **row, "turn_id": turn_id, "user_id": user_id, "created_at": now}
            insert = self._database.insert(feedback).values(**values, **changed)
            key = [feedback.c.turn_id, feedback.c.user_id]
            await connection.execute(insert.on_conflict_do_update(index_elements=key, set_=changed))
        return True

    async def opinions(self, workspace_id: str | None = None, limit: int = 100) -> Sequence[Feedback]:
        """What people thought of answers, the latest first."""
        select = sa.select(feedback).order_by(feedback.c.changed_at.desc(), feedback.c.id).limit(limit)
        if workspace_id is not None:
            select = select.where(feedback.c.workspace_id == workspace_id)
        async with self._database.reading() as connection:
            return [record(Feedback, row) for row in (await connection.execute(select)).mappings()]


def _standing() -> sa.Select[Any]:
    """One row, whatever there is: null where nothing was ever said of it."""
    workspace_id, channel_id, thread_ts = (
        sa.bindparam(name, type_=ID) for name in ("workspace_id", "channel_id", "thread_ts")
    )
    one = sa.select(sa.literal(1).label("one")).subquery()
    joined = (
        one.outerjoin(talk_setting, talk_setting.c.workspace_id == workspace_id)
        .outerjoin(channel_policy, _of(workspace_id, channel_id))
        .outerjoin(thread, _in_thread(workspace_id, channel_id, thread_ts))
        .outerjoin(thread_talk, thread_talk.c.conversation_id == thread.c.conversation_id)
    )
    here = sa.and_(live_session.c.conversation_id == thread.c.conversation_id, live_session.c.state != LiveState.ENDED)
    return sa.select(
        *(column for column in talk_setting.c if column.name != "workspace_id"),
        channel_policy.c.policy.label("channel_policy"),
        thread.c.conversation_id,
        *(thread_talk.c.muted_at, thread_talk.c.awaited, thread_talk.c.awaited_at),
        sa.exists().where(here).correlate(thread).label("live"),
    ).select_from(joined)


def _setting(row: sa.RowMapping) -> TalkSetting:
    if row["policy"] is None:
        return TalkSetting()
    reaches = {"guests": Reach(row["guests"]), "strangers": Reach(row["strangers"])}
    return TalkSetting(Policy(row["policy"]), tuple(row["channels"]), tuple(row["people"]), **reaches)


def _of(workspace_id: Named, channel_id: Named) -> sa.ColumnElement[bool]:
    return sa.and_(channel_policy.c.workspace_id == workspace_id, channel_policy.c.channel_id == channel_id)


def _in_thread(workspace_id: Named, channel_id: Named, thread_ts: Named) -> sa.ColumnElement[bool]:
    place = sa.and_(thread.c.workspace_id == workspace_id, thread.c.channel_id == channel_id)
    return sa.and_(place, thread.c.thread_ts == thread_ts)


STANDING = _standing()  # built once: building it took as long as asking
