"""What work is made from: links, uploaded files and results of earlier jobs, by the names people call them.

In a request's arguments a source called `video` is one of `video_url`, `video_asset_id` (an upload at HeyGen;
`video_seconds` is how long it plays, where that was seen) and `video_job` (a job of ours). `video_handle` is what
people call it. HeyGen's own addresses expire, so what a job has made is looked up when the request leaves, not when it
is asked for.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agent.assets import Asset
from agent.money import SHORTEST_SECONDS, Prices, Quote, dollars
from agent.ports import Accounts, JobStore, SoundProbe, SourceProbe, TurnStore
from agent.records import Job, JobKind, JobState, Json
from agent.spending import Spending
from agent.tool_calls import Failed, TryAgain
from agent.toolbox import CallContext
from agent.translation import ReadyFiles, title_of
from agent.work import Works
from heygen import Client, HeyGenError

LONGEST_SOUND = 600.0  # seconds of a recording that HeyGen takes
PARTS = ("url", "asset_id", "job")
JOB_HANDLE = re.compile(r"J\d{1,6}")


@dataclass(frozen=True, slots=True)
class Found:
    """A source. `said` is what the model called it; exactly one of `url`, `asset_id` and `job` is set.

    `seconds` is how long an upload plays, where that was seen when it passed.
    """

    said: str
    url: str | None = None
    asset_id: str | None = None
    job: Job | None = None
    seconds: float | None = None

    @property
    def name(self) -> str:
        """What to call it: the end of its link, or its handle."""
        return self.said if self.url is None else title_of(self.url)

    def arguments(self, name: str) -> Json:
        """Its part of a request's arguments, as the source called `name`."""
        if self.job is not None:
            return {f"{name}_job": self.job.id, f"{name}_handle": self.job.handle}
        if self.asset_id is not None:
            about: Json = {f"{name}_asset_id": self.asset_id, f"{name}_handle": self.said}
            return about if self.seconds is None else {**about, f"{name}_seconds": self.seconds}
        return {f"{name}_url": self.url}


class Sources:
    """Finds what a request is to be made from. One per process."""

    def __init__(self, *, turns: TurnStore, jobs: JobStore, spending: Spending, files: ReadyFiles) -> None:
        self._turns = turns
        self._files = files
        self._jobs = jobs
        self._spending = spending

    async def find(self, context: CallContext, source: str, what: str, types: str = "") -> Found | TryAgain | Failed:
        """The source that is meant by a link or a handle; a file that was attached is uploaded first.

        `what` says for people what is looked for (“the video”), `types` how the media type of an upload has to begin.
        """
        source, conversation_id = source.strip(), context.turn.conversation_id
        if source.lower().startswith(("http://", "https://")):
            return Found(source, url=source)
        handle = source.upper()
        if JOB_HANDLE.fullmatch(handle):
            return await self._result(conversation_id, handle, what, types)
        value = await self._turns.resolve_source(conversation_id, handle)
        if value is None:
            return TryAgain("unknown_source", f"I need a link to {what}.", f"Ask the person for a link to {what}.")
        if value.lower().startswith(("http://", "https://")):
            return Found(handle, url=value)
        uploaded = await self._files.ready(context, source)
        if not isinstance(uploaded, Asset):
            return uploaded
        if not (uploaded.content_type or "").startswith(types):
            return Failed("wrong_type", f"{handle} is not what I need for {what}.", f"Ask for {what}.")
        return Found(handle, asset_id=uploaded.provider_id, seconds=uploaded.duration)

    async def given(self, context: CallContext, found: Found) -> bool:
        """Whether the person has given this source, or named it in the message that asks."""
        if found.url is not None:
            return await self._spending.gave(context.turn, found.said, found.url)
        if found.job is None and await self._spending.gave(context.turn, found.said, ""):
            return True
        words = (await self._spending.words_of(context.turn)).upper()
        return bool(re.search(rf"(?<!\w){found.said.upper()}(?!\w)", words))

    async def _result(self, conversation_id: str, handle: str, what: str, types: str) -> Found | TryAgain | Failed:
        jobs = await self._jobs.conversation_jobs(conversation_id)
        job = next((job for job in jobs if job.handle == handle), None)
        if job is None:
            return TryAgain("unknown_source", f"There is no job {handle} in this thread.", "Ask which one is meant.")
        if job.state is not JobState.SUCCEEDED:
            return TryAgain("not_ready", f"{handle} has no result that could be used.", "Wait until it is ready.")
        if types == "video/" and job.kind is JobKind.SPEECH:
            return Failed("wrong_type", f"{handle} is not what I need for {what}.", f"Ask for {what}.")
        return Found(handle, job=job)


class Material:
    """What works read of their sources: how long one is before it is paid for, and where it is when it is sent for."""

    def __init__(
        self, *, probe: SourceProbe, sounds: SoundProbe, jobs: JobStore, accounts: Accounts, works: Works
    ) -> None:
        self._probe = probe
        self._sounds = sounds
        self._jobs = jobs
        self._accounts = accounts
        self._works = works

    async def seconds(self, arguments: Json, name: str, *, sound: bool = False) -> float | None:
        """How long the source called `name` plays, None where nobody can tell.

        `agent.errors.SourceRefused` where it is no such thing.
        """
        if url := arguments.get(f"{name}_url"):
            if sound:
                return (await self._sounds.probe_sound(url)).duration
            return (await self._probe.probe(url)).duration
        if job_id := arguments.get(f"{name}_job"):
            return (await self._jobs.job(job_id)).duration
        seconds: float | None = arguments.get(f"{name}_seconds")
        return seconds

    async def file(self, client: Client, arguments: Json, name: str) -> Json:
        """The source called `name` as HeyGen takes it; `HeyGenError` where a job's result cannot be read now."""
        if asset_id := arguments.get(f"{name}_asset_id"):
            return {"type": "asset_id", "asset_id": asset_id}
        url = arguments.get(f"{name}_url")
        if job_id := arguments.get(f"{name}_job"):
            job = await self._jobs.job(job_id)
            url = (await self._works[job.kind].read(client, job.provider_id or "")).video_url
        if not url:
            raise HeyGenError("the source has no file at the moment", retryable=True)
        return {"type": "url", "url": url}


def same_source(one: Mapping[str, Any], other: Mapping[str, Any], name: str) -> bool:
    """Whether two requests have the same source called `name`; never where there is none."""
    keys = [f"{name}_{part}" for part in PARTS]
    return any(one.get(key) for key in keys) and all(one.get(key) == other.get(key) for key in keys)


def quoted_between(prices: Prices, price: str, *lengths: tuple[float | None, float]) -> Quote:
    """A quote for a result that is as long as one of several sources: nobody knows which.

    `lengths` are seconds and the most there may be of such a source. Seconds that nobody knows count as anything
    between the least that is usual and that.
    """
    least = min(SHORTEST_SECONDS if seconds is None else seconds for seconds, _ in lengths)
    most = max(longest if seconds is None else seconds for seconds, longest in lengths)
    low, high = prices.by_second(price, 1, least), prices.by_second(price, 1, most)
    if low.high == high.high:
        return high
    rate = high.rate or 0
    return Quote(
        low.low, high.high, f"{least:.0f} to {most:.0f} s × {dollars(rate, exact=True)} a second", 1, rate, high.guessed
    )
