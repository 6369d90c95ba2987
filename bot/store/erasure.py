"""Deleting what is known of a person or of a workspace.

A deletion is a row until its last trace is gone: one that was interrupted goes on where it stopped, by whoever serves.
Each step is a transaction of its own and may be done again; the row and the audit log's line are the last of them.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from agent.live.records import PAID_STATES
from agent.ports import Ids
from agent.records import JobState, SubmissionState
from bot.store.audit import Audit, Deed
from bot.store.cancellations import Cancellations
from bot.store.database import Database
from bot.store.endings import Endings
from bot.store.outbox import Outbox
from bot.store.person import Person, PersonalData, Taken
from bot.store.pseudonyms import Renaming, new_pseudonym
from bot.store.retention import delete_conversation
from bot.store.rows import first, record
from bot.store.schema import (
    audit,
    conversation,
    erasure,
    fact,
    feedback,
    job,
    lane,
    ledger,
    live_session,
    metadata,
    role_member,
    submission,
    usual_speaker,
    workspace,
)
from bot.store.traces import clear_log

BATCH = 500
DIRECT = "D"  # how Slack's ids of direct conversations begin
PATIENCE_SECONDS = 5.0  # for an answer that is being written: it is taken back while its writer still can
LOOK_SECONDS = 0.2
PASSES = 5  # while others are still writing
AT_HEYGEN = (SubmissionState.SENDING, SubmissionState.SENT)


@dataclass(frozen=True, slots=True)
class Erasure:
    """A deletion that was asked for; `user_id` None is the whole workspace."""

    id: str
    workspace_id: str
    user_id: str | None
    pseudonym: str
    actor: str


@dataclass(frozen=True, slots=True)
class Unfinished:
    """What of a workspace is being worked on: it is billed whatever is deleted here. `amount` in micro-dollars.

    `sessions` are live sessions that have not been stopped.
    """

    jobs: int
    amount: int
    sessions: int = 0


class Erasures:
    """Takes requests to delete, and carries them out."""

    def __init__(
        self,
        database: Database,
        ids: Ids,
        cancellations: Cancellations,
        endings: Endings,
        outbox: Outbox,
        audit_log: Audit,
    ) -> None:
        self._database = database
        self._ids = ids
        self._audit = audit_log
        self._personal = PersonalData(database, cancellations, endings, outbox)
        self._renaming = Renaming(database)
        self.patience = PATIENCE_SECONDS

    # -- asking --------------------------------------------------------------------------------------------------

    async def forget_person(self, workspace_id: str, user_id: str, *, actor: str | None = None) -> Erasure:
        """Ask for a person's data to be deleted; the request that is there already, if there is one.

        `actor` is whoever asks for it, None the person.
        """
        return await self._ask(workspace_id, user_id, actor)

    async def forget_workspace(self, workspace_id: str, *, actor: str) -> Erasure:
        """Ask for everything of a workspace to be deleted; the request that is there already, if there is one."""
        return await self._ask(workspace_id, None, actor)

    async def _ask(self, workspace_id: str, user_id: str | None, actor: str | None) -> Erasure:
        async with self._database.transaction("erasure.ask", urgent=True) as connection:
            held = sa.select(workspace.c.workspace_id).where(workspace.c.workspace_id == workspace_id)
            await connection.execute(self._database.locked(held))  # two requests at once are one
            same = sa.and_(erasure.c.workspace_id == workspace_id, erasure.c.user_id.is_not_distinct_from(user_id))
            row = await first(connection, sa.select(erasure).where(same))
            if row is None:
                row = await self._write(connection, workspace_id, user_id, actor)
            return record(Erasure, row)

    async def _write(
        self, connection: AsyncConnection, workspace_id: str, user_id: str | None, actor: str | None
    ) -> sa.RowMapping:
        pseudonym = new_pseudonym()
        who = {"workspace_id": workspace_id, "user_id": user_id, "pseudonym": pseudonym, "actor": actor or pseudonym}
        now = await self._database.now(connection)
        insert = sa.insert(erasure).values(id=self._ids.new("erasure"), **who, created_at=now)
        return (await connection.execute(insert.returning(*erasure.c))).mappings().one()

    async def unfinished(self, workspace_id: str) -> Unfinished:
        """What HeyGen and LiveAvatar are working on for a workspace."""
        unwanted = sa.and_(job.c.state == JobState.UNWANTED, job.c.finished_at.is_(None))
        waiting = sa.and_(job.c.state == JobState.WAITING, submission.c.state.in_(AT_HEYGEN))
        select = (
            sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(job.c.price), 0))
            .join(submission, submission.c.id == job.c.submission_id)
            .where(job.c.workspace_id == workspace_id, sa.or_(job.c.state == JobState.RUNNING, unwanted, waiting))
        )
        running = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(live_session.c.held), 0)).where(
            live_session.c.workspace_id == workspace_id, live_session.c.state.in_(PAID_STATES)
        )
        async with self._database.reading() as connection:
            jobs, amount = (await connection.execute(select)).one()
            sessions, held = (await connection.execute(running)).one()
        return Unfinished(int(jobs), int(amount) + int(held), int(sessions))

    async def under_way(self, workspace_id: str) -> bool:
        """Whether a deletion of something of this workspace has not come to its end yet."""
        async with self._database.reading() as connection:
            mine = sa.select(erasure.c.id).where(erasure.c.workspace_id == workspace_id)
            return await connection.scalar(mine.limit(1)) is not None

    # -- carrying out --------------------------------------------------------------------------------------------

    async def run_due(self) -> int:
        """Carry out what was asked for, oldest first; returns how many deletions that were."""
        async with self._database.reading() as connection:
            rows = (await connection.execute(sa.select(erasure).order_by(erasure.c.created_at))).mappings().all()
        for row in rows:
            await self.carry_out(record(Erasure, row))
        return len(rows)

    async def carry_out(self, asked: Erasure) -> Taken:
        """Delete everything; returns what became of requests that were still open. Again does no harm."""
        if asked.user_id is None:
            await self._workspace(asked.workspace_id)
            taken = Taken()
        else:
            taken = await self._person(Person(asked.workspace_id, asked.user_id, asked.pseudonym))
        await self._finish(asked)
        await clear_log(self._database)
        return taken

    async def _person(self, who: Person) -> Taken:
        taken = Taken()
        await self._let_go(who)
        for _ in range(PASSES):
            for conversation_id in await self._personal.conversations(who):
                taken += await self._personal.take_out(who, conversation_id)
            await self._take_roles(who)
            await self._take_facts(who)
            await self._take_opinions(who)
            await self._take_choices(who)
            if not await self._renaming.everywhere(who.workspace_id, who.user_id, who.pseudonym):
                break
        await self._hide_direct(who)
        return taken

    async def _let_go(self, who: Person) -> None:
        """Wait, within a bound, until nobody answers them any more; whoever still does loses the lane then."""
        until = time.monotonic() + self.patience
        while time.monotonic() < until and await self._personal.at_work(who):  # noqa: ASYNC110 - perhaps elsewhere
            await asyncio.sleep(LOOK_SECONDS)

    async def _hide_direct(self, who: Person) -> None:
        """The id of a direct conversation says whose it is: in what stays for good it goes, too."""
        theirs = sa.and_(ledger.c.workspace_id == who.workspace_id, ledger.c.requester == who.pseudonym)
        direct = sa.update(ledger).where(theirs, ledger.c.channel_id.startswith(DIRECT))
        async with self._database.transaction("erasure.direct") as connection:
            await connection.execute(direct.values(channel_id=who.pseudonym))

    async def _take_facts(self, who: Person) -> None:
        """What they asked to keep, also what was kept for everybody."""
        theirs = sa.and_(fact.c.workspace_id == who.workspace_id, fact.c.user_id == who.user_id)
        async with self._database.transaction("erasure.facts") as connection:
            await connection.execute(sa.delete(fact).where(theirs))

    async def _take_roles(self, who: Person) -> None:
        theirs = sa.and_(role_member.c.workspace_id == who.workspace_id, role_member.c.user_id == who.user_id)
        async with self._database.transaction("erasure.roles") as connection:
            await connection.execute(sa.delete(role_member).where(theirs))

    async def _take_opinions(self, who: Person) -> None:
        """What they thought of answers, theirs and others'."""
        theirs = sa.and_(feedback.c.workspace_id == who.workspace_id, feedback.c.user_id == who.user_id)
        async with self._database.transaction("erasure.opinions") as connection:
            await connection.execute(sa.delete(feedback).where(theirs))

    async def _take_choices(self, who: Person) -> None:
        """Who was to speak for them."""
        column = usual_speaker.c
        theirs = sa.and_(column.workspace_id == who.workspace_id, column.user_id == who.user_id)
        async with self._database.transaction("erasure.choices") as connection:
            await connection.execute(sa.delete(usual_speaker).where(theirs))

    async def _finish(self, asked: Erasure) -> None:
        """The last step: one line that says what was done, and nothing any more that says to whom."""
        async with self._database.transaction("erasure.finish") as connection:
            mine = sa.select(erasure.c.id).where(erasure.c.id == asked.id)
            if await connection.scalar(self._database.locked(mine)) is None:
                return  # somebody else has finished it
            subject, what = asked.pseudonym, "person"
            if asked.user_id is None:
                subject, what = asked.workspace_id, "workspace"
                await connection.execute(sa.delete(audit).where(audit.c.workspace_id == asked.workspace_id))
                await connection.execute(sa.delete(erasure).where(erasure.c.workspace_id == asked.workspace_id))
            await connection.execute(sa.delete(erasure).where(erasure.c.id == asked.id))
            deed = Deed.DATA_DELETED
            await self._audit.add(connection, asked.workspace_id, asked.actor, deed, subject, what=what)

    # -- a workspace ---------------------------------------------------------------------------------------------

    async def _workspace(self, workspace_id: str) -> None:
        for attempt in range(1, PASSES + 1):
            try:
                await self._conversations(workspace_id)
                for table in reversed(metadata.sorted_tables):
                    if "workspace_id" in table.c and table not in (erasure, audit):
                        await self._rows(table, workspace_id)
                return
            except sa.exc.IntegrityError:  # something new has come meanwhile and refers to what should go
                if attempt == PASSES:
                    raise

    async def _conversations(self, workspace_id: str) -> None:
        mine = sa.select(conversation.c.id).where(conversation.c.workspace_id == workspace_id).limit(BATCH)
        while True:
            async with self._database.reading() as connection:
                ids = list(await connection.scalars(mine))
            if not ids:
                return
            for conversation_id in ids:
                async with self._database.transaction("erasure.conversation_of_workspace") as connection:
                    await connection.execute(self._database.locked(sa.select(lane).where(lane.c.id == conversation_id)))
                    await delete_conversation(connection, conversation_id)

    async def _rows(self, table: sa.Table, workspace_id: str) -> None:
        key = list(table.primary_key)
        while True:
            async with self._database.transaction("erasure.rows") as connection:
                some = sa.select(*key).where(table.c.workspace_id == workspace_id).limit(BATCH)
                rows = [tuple(row) for row in await connection.execute(some)]
                if not rows:
                    return
                await connection.execute(sa.delete(table).where(sa.tuple_(*key).in_(rows)))
