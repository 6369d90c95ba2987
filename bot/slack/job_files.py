"""Results that are shared in the thread as files, beside their links: subtitles, speech, and videos to play there."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from agent.errors import SourceRefused
from agent.foreign import harmless
from agent.ports import Accounts, IncomingFile
from agent.records import Delivery, Job, JobKind, Submission
from agent.work import PLAYED, Works
from bot.slack.live_rendering import Attachment
from heygen import HeyGenError

ENDINGS: Mapping[JobKind, str] = {JobKind.PROOFREAD: "srt", JobKind.SPEECH: "mp3"}
VIDEO = "mp4"
LARGEST: Mapping[JobKind, int] = {JobKind.PROOFREAD: 1_000_000, JobKind.SPEECH: 25_000_000}  # bytes


class FileUnavailable(Exception):
    """A result cannot be fetched; `retryable` says whether that may pass."""

    def __init__(self, *, retryable: bool) -> None:
        super().__init__("a result could not be fetched")
        self.retryable = retryable


class Openable(Protocol):
    """Opens what is behind a link (`bot.link_files.LinkFiles`)."""

    def open(self, url: str, *, largest: int) -> AbstractAsyncContextManager[IncomingFile]:
        """The file of at most `largest` bytes; `SourceRefused` where it cannot be had."""
        ...


class Requests(Protocol):
    """What is read of requests."""

    async def job(self, job_id: str) -> Job:
        """One job; `KeyError` when there is none."""
        ...

    async def submission(self, submission_id: str) -> Submission:
        """One submission; `KeyError` when there is none."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFiles:
    """Fetches results from HeyGen at the moment they are shared; nothing of them is kept.

    `largest_video` is how many bytes a video may have; one that has more is watched by its link.
    """

    jobs: Requests
    accounts: Accounts
    works: Works
    files: Openable
    largest_video: int = 0

    async def name(self, delivery: Delivery) -> str:
        """The file's name, the only one in its thread; `KeyError` where its rows are gone or were forgotten."""
        return _name(*await self._about(delivery))

    async def file(self, delivery: Delivery) -> Attachment:
        """The file itself. `KeyError` as above, `FileUnavailable` where it cannot be fetched now."""
        job, submission = await self._about(delivery)
        title = harmless(f"{submission.title}: {job.label}", 100)
        if job.kind in PLAYED:
            return Attachment(_name(job, submission), title, opens=partial(self.opened, job))
        return Attachment(_name(job, submission), title, await self.content(job))

    async def _about(self, delivery: Delivery) -> tuple[Job, Submission]:
        if delivery.subject_id is None:
            raise KeyError(delivery.id)
        job = await self.jobs.job(delivery.subject_id)
        submission = await self.jobs.submission(job.submission_id)
        if not submission.arguments:  # whoever asked was forgotten
            raise KeyError(delivery.id)
        return job, submission

    async def content(self, job: Job) -> bytes:
        """The bytes of what a job has made; `FileUnavailable` where they cannot be fetched now."""
        async with self.opened(job) as file:
            return b"".join([chunk async for chunk in file.chunks()])

    @asynccontextmanager
    async def opened(self, job: Job) -> AsyncIterator[IncomingFile]:
        """What a job has made, to be read piece by piece; `FileUnavailable` where that cannot be, also meanwhile."""
        # What goes wrong may quote an address with a signature, so it is not chained.
        try:
            client = await self.accounts.client(job.account_id)
            remote = await self.works[job.kind].read(client, job.provider_id or "")
            if remote.video_url is None:
                raise FileUnavailable(retryable=True)
            async with self.files.open(remote.video_url, largest=LARGEST.get(job.kind, self.largest_video)) as file:
                yield file
        except (HeyGenError, SourceRefused) as error:
            raise FileUnavailable(retryable=error.retryable) from None


def _name(job: Job, submission: Submission) -> str:
    words = re.sub(r"[^a-z0-9]+", "-", f"{submission.title} {job.label}".casefold()).strip("-")[:60]
    return f"{words or 'result'}-{job.handle}.{ENDINGS.get(job.kind, VIDEO)}"
