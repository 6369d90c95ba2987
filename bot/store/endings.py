"""What belongs to the end of a job and is written with it: the link, the line in the log, the card, the closing."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from agent.ports import Ids
from agent.records import OPEN_JOB_STATES, DeliveryKind, Job, JobKind, JobState, JobUpdate, Json, Source
from agent.video_agents.records import AgentState
from agent.work import FILED, PLAYED
from bot.store.claims import RELEASED
from bot.store.database import Database
from bot.store.ledger import Ledger
from bot.store.log import append_items, lock_conversation
from bot.store.outbox import NewDelivery, Outbox
from bot.store.schema import agent_session, job, link, submission
from bot.store.transitions import announcement
from bot.store.wording import PREFIX

NEVER = 1e12  # due_at of a job nobody needs to look at
DROPPED = frozenset({JobState.CANCELLED, JobState.UNWANTED})


class Endings:
    """Connection-level writes that end jobs. The caller holds the submission's row."""

    def __init__(
        self,
        database: Database,
        ids: Ids,
        outbox: Outbox,
        ledger: Ledger,
        link_seconds: float,
        *,
        share_videos: bool = False,
    ) -> None:
        self._database = database
        self._ids = ids
        self._outbox = outbox
        self._ledger = ledger
        self._link_seconds = link_seconds
        self._filed = FILED | PLAYED if share_videos else FILED

    async def finish(self, connection: AsyncConnection, ended: Job, update: JobUpdate) -> None:
        """Write a job's final state, its link if it succeeded, what it cost, and the line that tells the model.

        One that nobody wants any more stays unwanted, with its result if HeyGen made one.
        """
        link_id = await self._link(connection, ended) if update.state is JobState.SUCCEEDED else None
        values: dict[str, Any] = {
            "state": _final(ended.state, update.state),
            "status_word": update.status_word or ended.status_word,
            "failure": update.failure,
            "duration": update.duration,
            "finished_at": await self._database.now(connection),
            "due_at": NEVER,
            "link_id": link_id,
        }
        await connection.execute(sa.update(job).where(job.c.id == ended.id).values(**values, **RELEASED))
        await self._settle(connection, ended, update)
        self._database.announce(connection, "submissions")  # its place at HeyGen is free
        if ended.kind is JobKind.AGENT:
            await self._look_at_session(connection, ended.id)
        await self.note(connection, ended.conversation_id, announcement(ended, update))

    async def _look_at_session(self, connection: AsyncConnection, job_id: str) -> None:
        """A video agent's run is over: its session has its last words to pass on, and may be told something again.

        A session that is being written right now is passed over; whoever writes it has just looked.
        """
        mine = sa.and_(agent_session.c.job_id == job_id, agent_session.c.state != AgentState.ENDED)
        open_ones = self._database.claimable(sa.select(agent_session.c.id).where(mine))
        ids = list(await connection.scalars(open_ones))
        await connection.execute(sa.update(agent_session).where(agent_session.c.id.in_(ids)).values(due_at=0.0))
        self._database.announce(connection, "agents")

    async def _settle(self, connection: AsyncConnection, ended: Job, update: JobUpdate) -> None:
        """The money of a job: HeyGen charges for what it made, and for nothing else. Doubt keeps it set aside."""
        match update.state:
            case JobState.SUCCEEDED:
                await self._ledger.charge(connection, ended, update.duration)
            case JobState.FAILED | JobState.CANCELLED:
                await self._ledger.release(connection, ended.id)
            case _:
                return

    async def conclude(
        self, connection: AsyncConnection, submission_id: str, conversation_id: str, *, told: bool = False
    ) -> None:
        """Queue the closing once no job of the submission, or of the batch that it belongs to, is open any more.

        Where every job was cancelled there is nothing to call anybody back for, unless somebody else did that
        (`told`).
        """
        subject = await _subject(connection, submission_id)
        if subject != submission_id:
            await self.conclude_batch(connection, subject, conversation_id, told=told)
            return
        states = set(await connection.scalars(sa.select(job.c.state).where(job.c.submission_id == submission_id)))
        if states & OPEN_JOB_STATES:
            return
        if told or states - DROPPED:
            await self._outbox.add(
                connection,
                NewDelivery(conversation_id, DeliveryKind.CLOSING, closing_key(submission_id), submission_id),
            )
        await self._share(connection, submission_id, conversation_id)

    async def _share(self, connection: AsyncConnection, submission_id: str, conversation_id: str) -> None:
        """Queue the files that jobs have made, where a link is not all that people need."""
        made = sa.and_(job.c.state == JobState.SUCCEEDED, job.c.kind.in_(self._filed))
        select = sa.select(job.c.id).where(job.c.submission_id == submission_id, made).order_by(job.c.number)
        for job_id in (await connection.scalars(select)).all():
            file = NewDelivery(conversation_id, DeliveryKind.JOB_FILE, f"file:{job_id}", job_id)
            await self._outbox.add(connection, file)

    async def conclude_batch(
        self, connection: AsyncConnection, batch_id: str, conversation_id: str, *, told: bool = False
    ) -> None:
        """Queue closing and list of results once no job of the batch is open any more.

        The conversation is locked first: of two of its jobs that end at once, one sees that it is the last.
        """
        await lock_conversation(self._database, connection, conversation_id)
        mine = sa.and_(job.c.conversation_id == conversation_id, job.c.batch_id == batch_id)
        states = set(await connection.scalars(sa.select(job.c.state).where(mine).distinct()))
        if states & OPEN_JOB_STATES or not (told or states - DROPPED):
            return
        closing = NewDelivery(conversation_id, DeliveryKind.BATCH_CLOSING, closing_key(batch_id), batch_id)
        await self._outbox.add(connection, closing)
        if states - DROPPED:
            results = NewDelivery(conversation_id, DeliveryKind.BATCH_RESULTS, f"results:{batch_id}", batch_id)
            await self._outbox.add(connection, results)

    async def tell_late(self, connection: AsyncConnection, ended: Job) -> None:
        """Queue a notice about a job that the closing has called unknown."""
        if await self._outbox.find(connection, closing_key(ended.batch_id or ended.submission_id)) is not None:
            notice = NewDelivery(
                ended.conversation_id, DeliveryKind.NOTICE, f"late:{ended.id}", ended.id, {"job_id": ended.id}
            )
            await self._outbox.add(connection, notice)

    async def note(self, connection: AsyncConnection, conversation_id: str, text: str) -> None:
        """Tell the model something, in the log."""
        line = [(Source.RUNTIME, _developer_message(text))]
        await append_items(self._database, connection, conversation_id, line, turn_id=None)

    async def show(self, connection: AsyncConnection, submission_id: str) -> None:
        """Something a person should see has changed on the submission's card, or on that of its batch."""
        await self.show_subject(connection, await _subject(connection, submission_id))

    async def show_subject(self, connection: AsyncConnection, subject_id: str) -> None:
        """`show` for a batch, or for a submission that belongs to none."""
        await self._outbox.change(connection, card_key(subject_id))
        await self._outbox.change(connection, ops_key(subject_id))

    async def show_sample(self, connection: AsyncConnection, batch_id: str) -> None:
        """Somebody has decided what the sample of a batch was shown for."""
        await self._outbox.change(connection, sample_key(batch_id))

    async def _link(self, connection: AsyncConnection, ended: Job) -> str:
        """A link, which is revoked from the start when whoever asked for it has been deleted."""
        now = await self._database.now(connection)
        requester = await connection.scalar(sa.select(job.c.requester).where(job.c.id == ended.id))
        link_id = self._ids.new("link")
        await connection.execute(
            sa.insert(link).values(
                id=link_id,
                workspace_id=ended.workspace_id,
                account_id=ended.account_id,
                job_id=ended.id,
                created_at=now,
                expires_at=now + self._link_seconds,
                revoked_at=now if str(requester).startswith(PREFIX) else None,
            )
        )
        return link_id


async def _subject(connection: AsyncConnection, submission_id: str) -> str:
    """What a submission is shown as: its batch, or itself."""
    of_batch = sa.select(submission.c.batch_id).where(submission.c.id == submission_id)
    return await connection.scalar(of_batch) or submission_id


def _final(before: JobState, after: JobState) -> JobState:
    keeps = before is JobState.UNWANTED and after is not JobState.CANCELLED
    return before if keeps else after


def card_key(subject_id: str) -> str:
    """The delivery key of the card of a submission or batch."""
    return f"card:{subject_id}"


def closing_key(subject_id: str) -> str:
    """The delivery key of the closing message of a submission or batch."""
    return f"closing:{subject_id}"


def sample_key(batch_id: str) -> str:
    """The delivery key of the post that calls the requester to look at the sample of a batch."""
    return f"sample:{batch_id}"


def ops_key(subject_id: str) -> str:
    """The delivery key of the copy of an approval card in the operators' channel."""
    return f"ops:{subject_id}"


def _developer_message(text: str) -> Json:
    return {"type": "message", "role": "developer", "content": [{"type": "input_text", "text": text}]}
