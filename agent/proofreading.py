"""Translations that are checked before they are made, as two kinds of work: the subtitles first, then the video.

The arguments of a proofread are those of a translation. Those of the video made from it: `proofread_job` (the job that
made the subtitles), `language`, `mode`, and where the subtitles were corrected the source `srt` (see `agent.material`)
or `srt_text`, which was written into a dialog. HeyGen keeps a proofread for about a day.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from agent.errors import SourceRefused
from agent.material import Material, same_source
from agent.money import Prices, Quote
from agent.ports import JobStore
from agent.records import JobKind, Json, Submission
from agent.work import Remote
from heygen import Client, FileSource, RemoteStatus, StatusEntry, Translation
from heygen.catalogue.assets import UPLOAD_ASSET
from heygen.catalogue.translations import (
    CREATE_PROOFREAD,
    GENERATE_FROM_PROOFREAD,
    GET_PROOFREAD,
    GET_PROOFREAD_SUBTITLES,
    REPLACE_PROOFREAD_SUBTITLES,
)

PRICE = "proofread"
SRT = "application/x-subrip"


@dataclass(frozen=True, slots=True)
class Subtitles:
    """`agent.work.Remote` for a proofread: what can be fetched is a file of subtitles."""

    status: RemoteStatus
    status_word: str
    video_url: str | None
    output_language: str | None
    failure_message: str | None
    duration: float | None = None


class Proofreading:
    """`agent.work.Work` for subtitles that somebody will check: one request, one job a language."""

    kind = JobKind.PROOFREAD
    piece = "language"
    eventless = False

    def __init__(self, *, material: Material, prices: Prices) -> None:
        self._material = material
        self._prices = prices

    def may_become_dearer(self, arguments: Json) -> bool:
        """The video behind a link may be another, longer one a minute later."""
        return "video_url" in arguments

    async def quote(self, arguments: Json) -> Quote:
        """From a look at the source now."""
        seconds = await self._material.seconds(arguments, "video")
        return self._prices.by_second(PRICE, len(arguments["languages"]), seconds)

    async def send(self, client: Client, submission: Submission, callback: str | None) -> list[str]:
        """See `agent.work.Work.send`. There is no callback for it, only an event."""
        payload = {
            "video": await self._material.file(client, submission.arguments, "video"),
            "output_languages": submission.arguments["languages"],
            "title": submission.title,
            "mode": submission.arguments.get("mode"),
        }
        return await client.call(CREATE_PROOFREAD, payload, idempotency_key=submission.key)

    async def statuses(self, client: Client, ids: Sequence[str]) -> list[StatusEntry]:
        """Nothing: HeyGen has no bulk read for them, so that each is read by itself."""
        return []

    async def read(self, client: Client, provider_id: str) -> Subtitles:
        """See `agent.work.Work.read`. Where the subtitles are is a question of its own."""
        told = await client.call(GET_PROOFREAD, {"proofread_id": provider_id})
        url = None
        if told.status is RemoteStatus.COMPLETED:
            url = (await client.call(GET_PROOFREAD_SUBTITLES, {"proofread_id": provider_id})).srt_url
        return Subtitles(told.status, told.status_word, url, told.output_language, told.failure_message)

    def label_of(self, remote: Remote) -> str | None:
        """The language of the subtitles."""
        return remote.output_language if isinstance(remote, Subtitles) else None

    def same(self, one: Json, other: Json) -> bool:
        """The same video."""
        return same_source(one, other, "video")


class FromProofread:
    """`agent.work.Work` for the video made from checked subtitles: one request, one job."""

    kind = JobKind.PROOFREAD_VIDEO
    piece = "language"
    eventless = False

    def __init__(self, *, material: Material, jobs: JobStore, prices: Prices) -> None:
        self._material = material
        self._jobs = jobs
        self._prices = prices

    def may_become_dearer(self, arguments: Json) -> bool:
        """HeyGen has the video already."""
        return False

    async def quote(self, arguments: Json) -> Quote:
        """What a translation of a video of that length costs."""
        job = await self._jobs.job(arguments["proofread_job"])
        old = await self._jobs.submission(job.submission_id)
        try:
            seconds = await self._material.seconds(old.arguments, "video")
        except SourceRefused:
            seconds = None  # HeyGen has it already, so that it may be gone from where it was
        return self._prices.by_second(f"translation.{arguments.get('mode', 'speed')}", 1, seconds)

    async def send(self, client: Client, submission: Submission, callback: str | None) -> list[str]:
        """See `agent.work.Work.send`. Corrected subtitles are put there first; twice is as good as once."""
        asked = submission.arguments
        proofread_id = (await self._jobs.job(asked["proofread_job"])).provider_id or ""
        if "srt_text" in asked:
            asked = {**asked, "srt_asset_id": await _uploaded(client, asked["srt_text"], f"{submission.key}-srt")}
        if "srt_asset_id" in asked:
            file = await self._material.file(client, asked, "srt")
            await client.call(REPLACE_PROOFREAD_SUBTITLES, {"proofread_id": proofread_id, "srt": file})
        hint = {"callback_url": callback, "callback_id": submission.id if callback else None}
        payload = {"proofread_id": proofread_id, **hint}
        return [await client.call(GENERATE_FROM_PROOFREAD, payload, idempotency_key=submission.key)]

    async def statuses(self, client: Client, ids: Sequence[str]) -> list[StatusEntry]:
        """See `agent.work.Work.statuses`."""
        return await client.translation_statuses(ids)

    async def read(self, client: Client, provider_id: str) -> Translation:
        """See `agent.work.Work.read`."""
        return await client.get_translation(provider_id)

    def label_of(self, remote: Remote) -> str | None:
        """A video belongs to the one job of its request."""
        return ""

    def same(self, one: Json, other: Json) -> bool:
        """From the same proofread, whatever its subtitles say."""
        return bool(one.get("proofread_job")) and one.get("proofread_job") == other.get("proofread_job")


async def _uploaded(client: Client, text: str, key: str) -> str:
    """Subtitles as a file at HeyGen; under one key it is one file, however often they are sent."""
    data = text.encode()

    async def chunks() -> AsyncIterator[bytes]:
        yield data

    file = FileSource(name="subtitles.srt", content_type=SRT, size=len(data), chunks=chunks())
    return (await client.call(UPLOAD_ASSET, file=file, idempotency_key=key)).id
