"""Sends paid requests: the row exists before the request leaves, and one key means one charge.

A submission is settled by whoever holds its lease: the turn that made it, at once, or the worker later. Nothing is
ever re-sent without its key, nor after the provider stops honouring it.
"""

from __future__ import annotations

import random

import structlog
from structlog.contextvars import bound_contextvars

from agent import sentences
from agent.errors import LeaseLost, NotApproved, SourceRefused
from agent.jobs import KEY_HONOURED_SECONDS, SUBMIT_ATTEMPTS, submit_wait
from agent.ports import Accounts, Clock, JobStore
from agent.records import Lease, Submission, SubmissionState
from agent.spans import NO_SPANS, tool_of
from agent.spending import Spending
from agent.work import ANSWERED, ONCE, UNKEYED, Works
from heygen import APIError, Client, HeyGenError, InsufficientCredit, InvalidRequest, NotFound, RequestInProgress

log = structlog.get_logger(__name__)

QUOTE_FRESH_SECONDS = 60.0  # an older quote is checked again before anything leaves
UNSURE = (
    "HeyGen's answer never arrived and cannot be asked for any more. Please check the HeyGen account before retrying."
)
UNHEARD = "HeyGen's answer never arrived and cannot be asked for. It may have been billed; ask again if you want it."


class Submitter:
    """Settles submissions. One per process."""

    def __init__(
        self,
        *,
        jobs: JobStore,
        accounts: Accounts,
        works: Works,
        spending: Spending,
        clock: Clock,
        rng: random.Random,
    ) -> None:
        self._jobs = jobs
        self._accounts = accounts
        self._works = works
        self._spending = spending
        self._clock = clock
        self._rng = rng
        self.spans = NO_SPANS

    async def settle(self, submission_id: str) -> Submission:
        """Try once, unless somebody else is at it or it is not due; returns the row as it is afterwards."""
        if claimed := await self._jobs.claim_submission(submission_id):
            await self._send(*claimed)
        return await self._jobs.submission(submission_id)

    async def run_due(self, limit: int = 20) -> int:
        """Send what is due; returns how many were tried."""
        claimed = await self._jobs.claim_due_submissions(limit)
        for lease, submission in claimed:
            try:
                await self._send(lease, submission)
            except LeaseLost:
                log.warning("submission_lease_lost", submission=submission.id)
            except NotApproved:  # it stays where it is, and the others are sent
                log.exception("submission_not_approved", submission=submission.id)
        return len(claimed)

    async def _send(self, lease: Lease, submission: Submission) -> None:
        """One attempt; every line of the log meanwhile says whose it is."""
        whose = {"submission": submission.id, "conversation": submission.conversation_id, "turn": submission.turn_id}
        key = f"{submission.id}:{submission.attempts + 1}"
        by = {"turn": submission.turn_id, "under": tool_of(submission.turn_id, submission.call_id), "key": key}
        with bound_contextvars(**whose), self.spans.span("submission", **by, kind=submission.kind.value):
            await self._attempt(lease, submission)

    async def _attempt(self, lease: Lease, submission: Submission) -> None:
        # Whoever finds a submission in `sending` does not know how the attempt before ended.
        doubtful = submission.state is SubmissionState.SENDING
        if doubtful and submission.kind in ONCE:
            await self._jobs.record_unsure(lease, code="answer_lost", sentence=UNHEARD)
            return
        if doubtful and self._clock.now() - (submission.sent_at or 0.0) > KEY_HONOURED_SECONDS:
            await self._jobs.record_unsure(lease, code="key_expired", sentence=UNSURE)
            return
        # What may have been accepted already cannot be agreed to once more; it goes on under its key.
        if not doubtful and not await self._still_agreed(lease, submission):
            return
        client = await self._accounts.client(submission.account_id)
        sending = await self._jobs.mark_sending(lease, settles_after=max(client.settles_after, _settling(submission)))
        if sending is None:
            log.info("submission_unwanted")
            return
        try:
            provider_ids = await self._request(client.again() if doubtful else client, sending)
        except HeyGenError as error:
            await self._failed(lease, sending, error, doubtful=doubtful)
            return
        submission = sending
        # First of all the row: some answers are told only once.
        await self._jobs.record_sent(lease, provider_ids)
        jobs = 1 if submission.kind in ANSWERED else len(provider_ids)
        log.info("submission_sent", jobs=jobs, attempt=submission.attempts)

    async def _still_agreed(self, lease: Lease, submission: Submission) -> bool:
        """Look at the source again: between a quote and its request it may have become another, longer video."""
        fresh = self._clock.now() - submission.quoted_at < QUOTE_FRESH_SECONDS
        if fresh or not self._works[submission.kind].may_become_dearer(submission.arguments):
            return True
        try:
            quote = await self._spending.quote(submission.kind, submission.arguments)
        except SourceRefused as error:
            if error.retryable:
                return True  # HeyGen will say what it thinks of it; nothing suggests another price
            await self._jobs.record_refused(lease, code=error.code, sentence=error.sentence)
            return False
        if quote.high <= submission.quote_high:
            return True
        log.warning("quote_risen", before=submission.quote_high, now=quote.high)
        await self._jobs.ask_again(lease, quote, expires_at=self._spending.expires_at())
        return False

    async def _request(self, client: Client, submission: Submission) -> list[str]:
        work = self._works[submission.kind]
        callback = await self._accounts.callback(submission.account_id, submission.key, needed=work.eventless)
        return await work.send(client, submission, callback)

    async def _failed(self, lease: Lease, submission: Submission, error: HeyGenError, *, doubtful: bool) -> None:
        """Decide what a failed request means: later again with the same key, refused, or unknown."""
        code, sentence = sentences.reason_code(error), sentences.for_heygen(error)
        log.warning("submission_failed", code=code, request_id=getattr(error, "request_id", None), error=str(error))
        under_way = error.outcome_unknown or isinstance(error, RequestInProgress)
        doubtful = (doubtful and not settles_doubt(error)) or under_way
        if doubtful and submission.kind in ONCE:
            await self._jobs.record_unsure(lease, code="answer_lost", sentence=UNHEARD)
        elif submission.attempts < SUBMIT_ATTEMPTS and (doubtful or worth_repeating(error)):
            wait = submit_wait(submission.attempts, error.retry_after, self._rng)
            wait = max(wait, _settling(submission)) if doubtful else wait
            await self._jobs.postpone(
                lease, not_before=self._clock.now() + wait, code=code, sentence=sentence, doubtful=doubtful
            )
        elif doubtful:
            await self._jobs.record_unsure(lease, code=code, sentence=UNSURE)
        else:
            await self._jobs.record_refused(lease, code=code, sentence=sentence)


def _settling(submission: Submission) -> float:
    """Seconds that have to pass before an attempt in doubt can be looked for."""
    return UNKEYED.get(submission.kind, 0.0)


def worth_repeating(error: HeyGenError) -> bool:
    """Whether the failure may pass. With the key in place a repeat costs nothing twice."""
    if isinstance(error, APIError) and error.code == "quota_exceeded":
        return False
    return error.retryable or isinstance(error, RequestInProgress)


def settles_doubt(error: HeyGenError) -> bool:
    """Whether a refusal proves that no earlier attempt under the same key was accepted.

    HeyGen replays the first answer to a known key before it looks at the body or the balance, so a refusal on those
    grounds means that there was none. A refusal at the door (credentials, rate) says nothing about it.
    """
    return isinstance(error, InvalidRequest | InsufficientCredit | NotFound)
