"""Jobs from submission to their end. No I/O: time comes in, ended jobs go out to `on_end`."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from emulators.base import Clock
from emulators.heygen.errors import Refusal
from emulators.heygen.ledger import Ledger
from emulators.heygen.state import COUNTED, Account, Failure, Job, JobState, Kind, State, WorkClock

FAILURE_SECONDS = 30.0
QUEUED_SECONDS = (2.0, 8.0)
LONGEST_RETRY_AFTER = 30


class Jobs:
    """The rules over `state`: who may submit, what it costs, and how jobs progress.

    `others` tells when the work of an account that is no job, but needs a place as well, will be done.
    """

    def __init__(
        self,
        state: State,
        clock: Clock,
        work: WorkClock,
        chance: random.Random,
        on_end: Callable[[Job], None],
        others: Callable[[Account], Iterable[float]] = lambda _: (),
    ) -> None:
        self.state = state
        self.ledger = Ledger(state, clock)
        self._clock = clock
        self._work = work
        self._chance = chance
        self._on_end = on_end
        self._others = others

    def submit(
        self,
        account: Account,
        kind: Kind,
        fields: Mapping[str, Any],
        *,
        seconds: float,
        price: int,
        key: str | None,
        language: str | None = None,
    ) -> Job:
        """Accept one job that takes `seconds` of media and costs `price` units."""
        self.admit(account, kind, [price])
        return self.accept(account, kind, fields, seconds=seconds, price=price, key=key, language=language)

    def submit_for_languages(
        self,
        account: Account,
        kind: Kind,
        fields: Mapping[str, Any],
        languages: Sequence[str],
        *,
        seconds: float,
        price: int,
        key: str | None,
        failure: str | None = None,
    ) -> list[Job]:
        """Accept one job per language, all or none; the order of the answer tells nothing.

        `failure` is what was wrong with the source: the jobs are accepted and fail at once.
        """
        self.admit(account, kind, [price] * len(languages))
        jobs = [
            self.accept(account, kind, dict(fields), seconds=seconds, price=price, key=key, language=language)
            for language in languages
        ]
        for job in jobs if failure is not None else ():
            self.doom(job, failure or "")
        return self._shuffled(jobs)

    def doom(self, job: Job, message: str) -> None:
        """Let a job that was just accepted fail as soon as it begins."""
        job.fate, job.due = Failure(message), job.starts

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
        jobs = self.state.jobs.values()
        return [j for j in jobs if j.account == account.name and j.state.open and j.counted]

    def free_places(self, account: Account) -> int:
        """How many more jobs may run together."""
        return account.cap - len(self.running(account)) - len(list(self._others(account)))

    def admit(self, account: Account, kind: Kind, prices: Sequence[int]) -> None:
        """Refuse work for which there is no place (429) or no money (402)."""
        if (kind in COUNTED or kind == "agent") and len(prices) > self.free_places(account):
            wait = self._retry_after(account)
            raise Refusal(429, "rate_limit_exceeded", "Too many concurrent jobs.", retry_after=wait)
        if not self.ledger.covers(account, prices):
            raise Refusal(402, "insufficient_credit", "The balance does not cover this request.")

    def accept(
        self,
        account: Account,
        kind: Kind,
        fields: Mapping[str, Any],
        *,
        seconds: float,
        price: int,
        key: str | None,
        language: str | None = None,
        part_of: str | None = None,
        at: float | None = None,
    ) -> Job:
        """Begin a job that was admitted, now or `at` a moment of work time that has passed unnoticed.

        One that is `part_of` a session needs no place and no money of its own.
        """
        now = self._work.now() if at is None else at
        job = Job(
            seq=self.state.next_seq(),
            id=f"{self._chance.getrandbits(128):032x}",
            account=account.name,
            kind=kind,
            language=language,
            seconds=seconds,
            fields=dict(fields),
            created=self._clock.now(),
            starts=now + self._chance.uniform(*QUEUED_SECONDS),
            due=now + self._chance.uniform(*self.state.switches.within(kind)),
            fate=None if part_of else self.planned_failure(kind, language),
            part_of=part_of,
        )
        if job.fate is not None:
            job.due = min(job.due, now + FAILURE_SECONDS)
        job.starts = min(job.starts, job.due)
        self.state.jobs[job.id] = job
        if part_of is None:
            self.ledger.charge(account, job, price, key)
        return job

    def planned_failure(self, kind: Kind, language: str | None = None) -> Failure | None:
        """The armed failure that such work meets now, if any."""
        planned = self.state.planned_failures
        match = next((plan for plan in planned if plan.matches(kind, language)), None)
        if match is None:
            return None
        planned.remove(match)
        return match.failure

    def _retry_after(self, account: Account) -> int:
        """Wall seconds until a place may be free: 1 to 30."""
        now = self._work.now()
        dues = [*(job.due for job in self.running(account)), *self._others(account)]
        soonest = min(min(dues, default=now), now + 3600.0) - now
        return max(1, min(LONGEST_RETRY_AFTER, math.ceil(soonest / (self._work.rate or 100.0))))

    def _end(self, job: Job, failure: Failure | None) -> None:
        job.state = JobState.COMPLETED if failure is None else JobState.FAILED
        job.fate = failure
        job.ended, job.completed = self._work.now(), self._clock.now()
        if failure is not None:
            self.ledger.refund(job.id)
        self._on_end(job)

    def _shuffled(self, jobs: list[Job]) -> list[Job]:
        """`jobs` in another order than given, wherever there is one."""
        order = self._chance.sample(jobs, len(jobs))
        return order if order != jobs or len(jobs) == 1 else [*order[1:], order[0]]
