"""Results that are shared as files: their names, and what happens when they cannot be fetched."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest

from agent.errors import SourceRefused
from agent.records import Delivery, DeliveryKind, DeliveryState, Job, JobKind, JobState, Submission
from agent.work import Works
from bot.slack.job_files import LARGEST, FileUnavailable, JobFiles
from heygen import HeyGenError
from tests.support.agent_fakes import FakeAccounts
from tests.support.agent_heygen import SmallHeyGen
from tests.unit.bot.slack.rows import job, submission

SHARED = Delivery("d-1", "W1", "C1", 1, DeliveryKind.JOB_FILE, "file:job-1", DeliveryState.PENDING, "job-1")
SRT = b"1\n00:00:00,000 --> 00:00:01,000\nBonjour\n"


class Rows:
    """One request with one job."""

    def __init__(self, **of_submission: Any) -> None:
        self._submission = submission(title="Launch: day 1", **{"arguments": {"a": 1}, **of_submission})
        self._job = job(JobState.SUCCEEDED, kind=JobKind.PROOFREAD, label="French (France)")

    async def job(self, job_id: str) -> Job:
        return self._job

    async def submission(self, submission_id: str) -> Submission:
        return self._submission


class Proofread:
    """`agent.work.Work` as far as it is read."""

    kind = JobKind.PROOFREAD

    def __init__(self, url: str | None = "https://files.example/fr.srt", error: HeyGenError | None = None) -> None:
        self.video_url = url
        self._error = error

    async def read(self, client: object, provider_id: str) -> Proofread:
        if self._error is not None:
            raise self._error
        return self


class Files:
    """One file, or why there is none."""

    def __init__(self, error: SourceRefused | None = None) -> None:
        self._error = error
        self.asked: list[tuple[str, int]] = []

    def open(self, url: str, *, largest: int) -> AbstractAsyncContextManager[Any]:
        self.asked.append((url, largest))
        return self._open()

    @asynccontextmanager
    async def _open(self) -> AsyncIterator[Files]:
        if self._error is not None:
            raise self._error
        yield self

    async def chunks(self) -> AsyncIterator[bytes]:
        yield SRT[:10]
        yield SRT[10:]


def job_files(work: Proofread | None = None, files: Files | None = None, **of_submission: Any) -> JobFiles:
    works: Any = [work or Proofread()]
    accounts = FakeAccounts({rows_account(): SmallHeyGen(lambda: 0.0).client()})
    return JobFiles(jobs=Rows(**of_submission), accounts=accounts, works=Works(works), files=files or Files())


def rows_account() -> str:
    return job(JobState.SUCCEEDED).account_id


async def test_a_file_is_called_after_its_request_and_its_job() -> None:
    files = Files()
    of_job = job_files(files=files)
    shared = await of_job.file(SHARED)
    assert shared.content == SRT
    assert shared.title == "Launch: day 1: French (France)"
    assert shared.name == await of_job.name(SHARED)
    assert shared.name.startswith("launch-day-1-french-france-J")
    assert shared.name.endswith(".srt")
    assert files.asked == [("https://files.example/fr.srt", LARGEST[JobKind.PROOFREAD])]


async def test_nothing_is_shared_of_somebody_who_was_forgotten() -> None:
    with pytest.raises(KeyError):
        await job_files(arguments={}).file(SHARED)


@pytest.mark.parametrize("retryable", [True, False])
async def test_what_cannot_be_fetched_says_whether_that_may_pass(retryable: bool) -> None:
    broken = HeyGenError("broken", retryable=retryable)
    gone = SourceRefused("gone", "It is gone: https://secret", retryable=retryable)
    for files in (job_files(Proofread(error=broken)), job_files(files=Files(gone))):
        with pytest.raises(FileUnavailable) as caught:
            await files.file(SHARED)
        assert caught.value.retryable is retryable
        assert "secret" not in str(caught.value)


async def test_a_result_without_an_address_may_get_one() -> None:
    with pytest.raises(FileUnavailable) as caught:
        await job_files(Proofread(url=None)).file(SHARED)
    assert caught.value.retryable
