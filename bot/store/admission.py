"""Which unsent submissions may go, given the places of their account. The rule itself is `agent.gate`.

Whoever asks holds the account's row until the transaction ends, so two processes cannot both give away the last place.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from agent.gate import NO_PLACE, QUEUED, Waiting, admitted, line, place_words
from agent.records import JobState, SubmissionState
from bot.store.database import Database
from bot.store.endings import Endings
from bot.store.schema import account, job, submission

TOLD = 20  # further back in the line nobody is told a new place at every step
WAITING = (submission.c.account_id, submission.c.id, submission.c.requester)
UNDER_WAY = (SubmissionState.SENDING, SubmissionState.SENT)


class Admission:
    """Lets submissions through to `places` jobs at once per account, and tells the others their place in the line."""

    def __init__(self, database: Database, endings: Endings, places: int) -> None:
        self._database = database
        self._endings = endings
        self._places = places

    async def admit(self, connection: AsyncConnection, now: float) -> list[str]:
        """Ids of intended submissions that may be claimed now; the cards of the others are brought up to date."""
        allowed: list[str] = []
        for account_id, waiting in (await self._waiting(connection, now)).items():
            await connection.execute(self._database.locked(sa.select(account.c.id).where(account.c.id == account_id)))
            in_flight = await self._in_flight(connection, account_id, now)
            ordered = line(waiting, in_flight)
            count = admitted(ordered, in_flight, self._places)
            allowed += [one.id for one in ordered[:count]]
            await self._tell(connection, ordered[count:])
        return allowed

    async def _waiting(self, connection: AsyncConnection, now: float) -> Mapping[str, list[Waiting]]:
        """Intended submissions nobody holds and whose time has come, by account."""
        free = sa.and_(submission.c.not_before <= now, submission.c.lease_until <= now)
        size = sa.func.count(job.c.id)
        select = (
            sa.select(*WAITING, size, submission.c.created_at, submission.c.batch_id.is_not(None))
            .join(job, job.c.submission_id == submission.c.id)
            .where(submission.c.state == SubmissionState.INTENDED, free, job.c.state == JobState.WAITING)
            .group_by(submission.c.id)
        )
        found: defaultdict[str, list[Waiting]] = defaultdict(list)
        for account_id, *waiting in await connection.execute(select):
            found[account_id].append(Waiting(*waiting))
        return found

    async def _in_flight(self, connection: AsyncConnection, account_id: str, now: float) -> Counter[str]:
        """Jobs by requester that the provider has, or may be getting at this moment."""
        being_sent = sa.and_(submission.c.state == SubmissionState.INTENDED, submission.c.lease_until > now)
        unwanted = sa.and_(job.c.state == JobState.UNWANTED, job.c.finished_at.is_(None))
        promised = sa.and_(job.c.state == JobState.WAITING, sa.or_(submission.c.state.in_(UNDER_WAY), being_sent))
        select = (
            sa.select(job.c.requester, sa.func.count().label("jobs"))
            .join(submission, submission.c.id == job.c.submission_id)
            .where(job.c.account_id == account_id, sa.or_(job.c.state == JobState.RUNNING, unwanted, promised))
            .group_by(job.c.requester)
        )
        rows = await connection.execute(select)
        return Counter({row.requester: row.jobs for row in rows})

    async def _tell(self, connection: AsyncConnection, ordered: Sequence[Waiting]) -> None:
        """Write the place of each into its row, and have its card show it, where it has changed.

        Those of a batch have no place of their own: the batch's card counts them.
        """
        await self._tell_batches(connection, [one.id for one in ordered if one.of_batch])
        single = [(place, one) for place, one in enumerate(ordered, start=1) if not one.of_batch]
        for place, one in single[:TOLD]:
            told = place_words(place)
            changed = sa.or_(submission.c.error.is_(None), submission.c.error != told)
            # Somebody may have cancelled it meanwhile, and said so in the same columns.
            waits = submission.c.state == SubmissionState.INTENDED
            update = sa.update(submission).where(submission.c.id == one.id, waits, changed)
            if (await connection.execute(update.values(error_code=QUEUED, error=told))).rowcount:
                await self._endings.show(connection, one.id)

    async def _tell_batches(self, connection: AsyncConnection, ids: Sequence[str]) -> None:
        new = sa.and_(submission.c.id.in_(ids), submission.c.error_code.is_distinct_from(QUEUED))
        update = sa.update(submission).where(new, submission.c.state == SubmissionState.INTENDED)
        await connection.execute(update.values(error_code=QUEUED, error=NO_PLACE))
