"""What an operator may do to a submission or a job. The rules are those of `bot/store/interventions.py`."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from agent.jobs import KEY_HONOURED_SECONDS
from agent.records import OPEN_JOB_STATES, Job, JobState, JobUpdate, SubmissionState
from agent.work import UNKEYED
from bot.store.claims import RELEASED, Claims
from bot.store.database import Database
from bot.store.endings import NEVER, Endings
from bot.store.rows import one, record
from bot.store.schema import account, job, submission
from bot.store.submissions import UNSENT

GIVEN_UP = "given_up"
WITHDRAWN = "An operator withdrew this request before HeyGen had accepted it, so nothing was charged."
UNSURE = (
    "An operator gave this request up without knowing whether HeyGen carried it out. "
    "Please check the HeyGen account before asking again."
)
UNWATCHED = "An operator stopped watching this job. HeyGen may still finish it, and charge for it."


class Impossible(Exception):
    """The row is in no state for that; the text is a sentence for the operator."""


def in_use(row: sa.RowMapping, now: float) -> bool:
    """Whether somebody holds the row right now."""
    return row["owner"] is not None and row["lease_until"] > now


class RequestInterventions:
    """Submissions and jobs, which end here with all that belongs to an end: card, log, closing."""

    def __init__(self, database: Database, claims: Claims, endings: Endings) -> None:
        self._database = database
        self._claims = claims
        self._endings = endings

    async def retry_submission(self, submission_id: str) -> str:
        """A submission that waits becomes due now, under the same key and only while that is honoured."""
        async with self._database.transaction("operator.submission_retry") as connection:
            row = await self._unsent(connection, submission_id)
            now = await self._database.now(connection)
            if row["sent_at"] is not None and now - row["sent_at"] > KEY_HONOURED_SECONDS:
                raise Impossible(f"HeyGen no longer honours the key of submission {submission_id}: it can be given up.")
            if row["not_before"] <= now:
                raise Impossible(f"Submission {submission_id} is due already: whoever serves takes it by itself.")
            if row["state"] is SubmissionState.SENDING and await self._settles(connection, row):
                raise Impossible(
                    f"Submission {submission_id} may be on its way to HeyGen, which cannot be asked about it earlier: "
                    "it is looked for when its time has come."
                )
            await connection.execute(
                sa.update(submission).where(submission.c.id == submission_id).values(not_before=0.0)
            )
            self._database.announce(connection, "submissions")
            return f"Submission {submission_id} was waiting and is due now, with the same key."

    async def _settles(self, connection: AsyncConnection, row: sa.RowMapping) -> bool:
        """Whether HeyGen may not know its key, so that a look too early would miss what is still on its way."""
        backend = await connection.scalar(sa.select(account.c.backend).where(account.c.id == row["account_id"]))
        return row["kind"] in UNKEYED or backend == "truto"

    async def give_up_submission(self, submission_id: str) -> str:
        """End a submission, refused if HeyGen certainly did not accept it, else unknown; jobs and closing follow."""
        async with self._database.transaction("operator.submission_give_up") as connection:
            row = await self._unsent(connection, submission_id)
            certain = row["state"] is SubmissionState.INTENDED
            state, sentence = (SubmissionState.REFUSED, WITHDRAWN) if certain else (SubmissionState.UNKNOWN, UNSURE)
            ended = JobUpdate(JobState.FAILED if certain else JobState.UNKNOWN, None, NEVER, failure=sentence)
            await self._take(connection, submission, submission_id)
            reason = {"state": state, "error_code": GIVEN_UP, "error": sentence}
            update = sa.update(submission).where(submission.c.id == submission_id)
            await connection.execute(update.values(**reason, **RELEASED))
            await self._end_jobs(connection, row, ended)
            await self._endings.show(connection, submission_id)
            return f"Submission {submission_id} is {state} now and its jobs are {ended.state}; the requester is told."

    async def retry_job(self, job_id: str) -> str:
        """Look at a job again, also at one that was called unknown."""
        async with self._database.transaction("operator.job_retry") as connection:
            row, parent = await self._with_parent(connection, job_id)
            if row["state"] not in (*OPEN_JOB_STATES, JobState.UNKNOWN):
                raise Impossible(f"Job {job_id} is {row['state']} for good: its requester can ask for a new one.")
            if row["state"] is JobState.UNKNOWN and row["provider_id"] is None:
                raise Impossible(f"Job {job_id} never got an id from HeyGen, so there is nothing to look at.")
            self._refuse_unsent(job_id, parent)
            await connection.execute(sa.update(job).where(job.c.id == job_id).values(due_at=0.0, touched=True))
            self._database.announce(connection, "jobs")
            return f"Job {job_id} is {row['state']} and is looked at again now."

    async def give_up_job(self, job_id: str) -> str:
        """Stop watching an open job: it is unknown, which a later webhook may still put right."""
        async with self._database.transaction("operator.job_give_up") as connection:
            row, parent = await self._with_parent(connection, job_id)
            watched = row["state"] is JobState.UNWANTED and row["finished_at"] is None
            if row["state"] not in OPEN_JOB_STATES and not watched:
                raise Impossible(f"Job {job_id} is {row['state']} already.")
            self._refuse_unsent(job_id, parent)
            await self._take(connection, job, job_id)
            unwatched = JobUpdate(JobState.UNKNOWN, None, NEVER, failure=UNWATCHED)
            await self._endings.finish(connection, record(Job, row), unwatched)
            await self._endings.show(connection, row["submission_id"])
            await self._endings.conclude(connection, row["submission_id"], row["conversation_id"])
            return f"Job {job_id} is unknown now; the card shows it, and the closing follows after the last job."

    async def _end_jobs(self, connection: AsyncConnection, row: sa.RowMapping, update: JobUpdate) -> None:
        unwanted = sa.and_(job.c.state == JobState.UNWANTED, job.c.finished_at.is_(None))
        still_open = sa.or_(job.c.state.in_(OPEN_JOB_STATES), unwanted)
        select = sa.select(job).where(job.c.submission_id == row["id"], still_open)
        for open_job in (await connection.execute(select.order_by(job.c.number))).mappings().all():
            await self._endings.finish(connection, record(Job, open_job), update)
        await self._endings.conclude(connection, row["id"], row["conversation_id"])

    def _refuse_unsent(self, job_id: str, parent: sa.RowMapping) -> None:
        if parent["state"] in (*UNSENT, SubmissionState.WAITING_APPROVAL, SubmissionState.HELD):
            raise Impossible(f"Job {job_id} waits for submission {parent['id']}, which is {parent['state']}: see that.")

    async def _unsent(self, connection: AsyncConnection, submission_id: str) -> sa.RowMapping:
        """The submission, kept from others; `Impossible` when it is past sending or being sent."""
        select = sa.select(submission).where(submission.c.id == submission_id)
        row = await one(connection, self._database.locked(select), submission_id)
        match row["state"]:
            case SubmissionState.REFUSED:
                raise Impossible(
                    f"Submission {submission_id} was refused: trying again is a new request, by its requester (Retry)."
                )
            case (
                SubmissionState.SENT
                | SubmissionState.UNKNOWN
                | SubmissionState.WAITING_APPROVAL
                | SubmissionState.HELD
                | SubmissionState.CANCELLED
            ) as state:
                raise Impossible(f"Submission {submission_id} is {state}: there is nothing to send.")
            case _:
                if in_use(row, await self._database.now(connection)):
                    raise Impossible(f"Submission {submission_id} is being sent right now: look again in a moment.")
        return row

    async def _with_parent(self, connection: AsyncConnection, job_id: str) -> tuple[sa.RowMapping, sa.RowMapping]:
        """The job and its submission, locked in the order in which everybody does."""
        of_job = sa.select(job.c.submission_id).where(job.c.id == job_id).scalar_subquery()
        parent = await one(
            connection, self._database.locked(sa.select(submission).where(submission.c.id == of_job)), job_id
        )
        row = await one(connection, self._database.locked(sa.select(job).where(job.c.id == job_id)), job_id)
        return row, parent

    async def _take(self, connection: AsyncConnection, table: sa.Table, row_id: str) -> None:
        """Claim a row that the transaction has locked, so that its epoch tells everybody else to stop."""
        if not await self._claims.take(connection, table, table.c.id == row_id, order_by=[table.c.id], limit=1):
            raise Impossible(f"Somebody is at {row_id} right now: look again in a moment.")
