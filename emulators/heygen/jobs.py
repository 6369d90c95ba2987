"""Jobs from submission to their end. No I/O: time comes in, ended jobs go out to `on_end`."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence

from emulators.base import Clock
from emulators.heygen.errors import Refusal
from emulators.heygen.ledger import Ledger
from emulators.heygen.models import CreateTranslation, CreateVideo, StudioVideo
from emulators.heygen.prices import translation_price, video_cost
from emulators.heygen.state import (
    Account,
    Failure,
    Job,
    JobState,
    Kind,
    State,
    WorkClock,
)

FAILURE_SECONDS = 30.0
QUEUED_SECONDS = (2.0, 8.0)
LONGEST_RETRY_AFTER = 30


class Jobs:
    """The rules over `state`: who may submit, what it costs, and how jobs progress."""

    def __init__(
        self,
        state: State,
        clock: Clock,
        work: WorkClock,
        chance: random.Random,
        on_end: Callable[[Job], None],
    ) -> None:
        self.state = state
        self.ledger = Ledger(state, clock)
        self._clock = clock
        self._work = work
        self._chance = chance
        self._on_end = on_end

    def submit_translation(
        self,
        account: Account,
        body: CreateTranslation,
        key: str | None,
        *,
        seconds: float,
        failure: str | None,
    ) -> list[Job]:
        """Accept one job per language for a source of `seconds`; the order of the answer tells nothing.

        `failure` is what was wrong with the source: the jobs are accepted and fail at once.
        """
        price = translation_price(body, seconds)
        self._admit(account, [price] * len(body.output_languages))
        fields = body.model_dump(exclude={"video", "output_languages", "audio", "srt"})
        jobs = [
            self._accept(account, "translation", fields | {}, seconds, price, key, language)
            for language in body.output_languages
        ]
        for job in jobs if failure is not None else ():
            job.fate, job.due = Failure(failure or ""), job.starts
        return self._shuffled(jobs)

    def submit_video(self, account: Account, body: CreateVideo, key: str | None) -> Job:
        """Accept one video."""
        seconds, price = video_cost(body)
        self._admit(account, [price])
        fields = body.model_dump(include={"title", "output_format", "caption", "callback_url", "callback_id"})
        if isinstance(body, StudioVideo):
            fields["output_format"] = "mp4"
        return self._accept(account, "video", fields, seconds, price, key, None)

    def tick(self) -> None:
        """Move every job to where it should be by now."""
        now = self._work.now()
        for job in list(self.state.jobs.values()):
            if job.state is JobState.QUEUED and now >= job.starts:
                job.state = JobState.RUNNING
            if job.state.open and now >= job.due:
                self._end(job, job.fate)

    def finish(self, job: Job, fail: Failure | None = None) -> None:
        """End an open job now, whatever the clock says; an armed failure still counts."""
        if job.state.open:
            self._end(job, fail or job.fate)

    def running(self, account: Account) -> list[Job]:
        """The jobs that occupy places under the account's cap."""
        return [j for j in self.state.jobs.values() if j.account == account.name and j.state.open]

    def _admit(self, account: Account, prices: Sequence[int]) -> None:
        running = self.running(account)
        if len(running) + len(prices) > account.cap:
            wait = self._retry_after(running)
            raise Refusal(429, "rate_limit_exceeded", "Too many concurrent jobs.", retry_after=wait)
        if not self.ledger.covers(account, prices):
            raise Refusal(402, "insufficient_credit", "The balance does not cover this request.")

    def _retry_after(self, running: Sequence[Job]) -> int:
        """Wall seconds until a place may be free: 1 to 30."""
        soonest = min((job.due for job in running), default=self._work.now()) - self._work.now()
        rate = self._work.rate or 100.0
        return max(1, min(LONGEST_RETRY_AFTER, math.ceil(soonest / rate)))

    def _accept(
        self,
        account: Account,
        kind: Kind,
        fields: dict[str, object],
        seconds: float,
        price: int,
        key: str | None,
        language: str | None,
    ) -> Job:
        switches = self.state.switches
        bounds = switches.translation_seconds if kind == "translation" else switches.video_seconds
        now = self._work.now()
        job = Job(
            seq=len(self.state.charges) + 1,
            id=f"{self._chance.getrandbits(128):032x}",
            account=account.name,
            kind=kind,
            language=language,
            seconds=seconds,
            fields=fields,
            created=self._clock.now(),
            starts=now + self._chance.uniform(*QUEUED_SECONDS),
            due=now + self._chance.uniform(*bounds),
            fate=self._planned_failure(kind, language),
        )
        if job.fate is not None:
            job.due = min(job.due, now + FAILURE_SECONDS)
        job.starts = min(job.starts, job.due)
        self.state.jobs[job.id] = job
        self.ledger.charge(account, job, price, key)
        return job

    def _planned_failure(self, kind: Kind, language: str | None) -> Failure | None:
        planned = self.state.planned_failures
        match = next((plan for plan in planned if plan.matches(kind, language)), None)
        if match is None:
            return None
        planned.remove(match)
        return match.failure

    def _end(self, job: Job, failure: Failure | None) -> None:
        job.state = JobState.COMPLETED if failure is None else JobState.FAILED
        job.fate = failure
        job.ended, job.completed = self._work.now(), self._clock.now()
        if failure is not None:
            self.ledger.refund(job)
        self._on_end(job)

    def _shuffled(self, jobs: list[Job]) -> list[Job]:
        """`jobs` in another order than given, wherever there is one."""
        order = self._chance.sample(jobs, len(jobs))
        return order if order != jobs or len(jobs) == 1 else [*order[1:], order[0]]
