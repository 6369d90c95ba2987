"""Routes of proofreads: subtitles that are translated first, corrected, and only then made into a video."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx2

from emulators.heygen import remake_models, rules
from emulators.heygen.billing import units
from emulators.heygen.errors import Refusal, invalid, missing
from emulators.heygen.job_api import JobRoutes
from emulators.heygen.media import is_srt
from emulators.heygen.models import AssetId, AssetUrl
from emulators.heygen.operations import Call, Operation
from emulators.heygen.prices import PROOFREAD, TRANSLATION
from emulators.heygen.remake_models import CreateProofread, GenerateFromProofread
from emulators.heygen.sources import on_loopback
from emulators.heygen.state import Job, JobState
from emulators.heygen.views import proofread_view

PROOFREADS = "/v3/video-translations/proofreads"
PROOFREAD_ID = PROOFREADS + "/{proofread_id}"
LIFETIME = 24 * 3600.0  # after which a proofread is gone
SRT_LIMIT = 1_000_000


class ProofreadApi(JobRoutes):
    """Handlers over one emulator's proofreads."""

    kind = "proofread"
    what = "The proofread"

    def operations(self) -> list[Operation]:
        """The routes."""
        return [
            Operation("POST", PROOFREADS, self.create, remake_models.PROOFREAD, keyed=True),
            Operation("GET", PROOFREAD_ID, self.read),
            Operation("GET", f"{PROOFREAD_ID}/srt", self.subtitles),
            Operation("PUT", f"{PROOFREAD_ID}/srt", self.replace, remake_models.REPLACE_SRT),
            Operation(
                "POST",
                f"{PROOFREAD_ID}/generate",
                self.generate,
                remake_models.GENERATE,
                body_required=False,
                keyed=True,
            ),
        ]

    def view(self, job: Job) -> dict[str, Any]:
        """A proofread."""
        return proofread_view(job)

    def job(self, call: Call) -> Job:
        """The proofread that the path names, or 404; also a day after it was made."""
        job = super().job(call)
        if self.emulator.clock.now() - job.created > LIFETIME:
            raise missing(self.code, self.what)
        return job

    async def create(self, call: Call) -> dict[str, Any]:
        """Look at the source, then accept one proofread per language."""
        body: CreateProofread = call.body
        means = self.means(call)
        rules.check_languages(body.output_languages)
        for field, asset in (("video", body.video), ("srt", body.srt)):
            rules.check_asset(field, asset, means)
        await self.emulator.pass_gate()
        seconds, failure = await self.seconds_of(call, body.video)
        jobs = self.emulator.jobs.submit_for_languages(
            call.account,
            "proofread",
            body.model_dump(include={"title", "mode", "folder_id"}),
            body.output_languages,
            seconds=seconds,
            price=units(seconds * PROOFREAD),
            key=call.key,
            failure=failure,
        )
        return {"data": {"proofread_ids": [job.id for job in jobs], "status": "processing"}}

    async def subtitles(self, call: Call) -> dict[str, Any]:
        """Where the subtitles are."""
        job, sign = self._ready(call), self.emulator.links.sign
        return {"data": {"srt_url": sign(f"{job.id}.srt"), "original_srt_url": sign(f"{job.id}.original")}}

    async def replace(self, call: Call) -> dict[str, Any]:
        """Put corrected subtitles in the place of the translated ones."""
        job = self._ready(call)
        rules.check_asset("srt", call.body.srt, self.means(call))
        content = await self._fetched(call, call.body.srt)
        if not is_srt(content):
            raise invalid("srt", "The file is not SRT.")
        job.fields["srt_text"] = content.decode("utf-8", "replace")
        return {"data": self.view(job)}

    async def generate(self, call: Call) -> dict[str, Any]:
        """Accept the translation with the subtitles as they are now."""
        body: GenerateFromProofread = call.body
        proofread = self._ready(call)
        rules.check_callback(body.callback_url)
        await self.emulator.pass_gate()
        fields = body.model_dump(exclude={"captions"}) | {"enable_caption": body.captions}
        fields |= {name: proofread.fields.get(name) for name in ("title", "srt_text")}
        job = self.emulator.jobs.submit(
            call.account,
            "translation",
            fields,
            seconds=proofread.seconds,
            price=units(proofread.seconds * TRANSLATION[proofread.fields["mode"]]),
            key=call.key,
            language=proofread.language,
        )
        return {"data": {"video_translation_id": job.id, "status": "processing"}}

    def _ready(self, call: Call) -> Job:
        job = self.job(call)
        if job.state is not JobState.COMPLETED:
            raise Refusal(409, "resource_not_ready", "The proofread is not ready.")
        return job

    async def _fetched(self, call: Call, srt: AssetUrl | AssetId) -> bytes:
        """The bytes of a file on this machine; one elsewhere counts as good."""
        if isinstance(srt, AssetId):
            asset = self.means(call).asset(srt.asset_id)
            return asset.content.read(0, SRT_LIMIT) if asset.content else b""
        if not on_loopback(srt.url):
            return b"1\n00:00:00,000 --> 00:00:01,000\nFrom elsewhere.\n"
        try:
            async with asyncio.timeout(self.emulator.switches.fetch_timeout):
                answer = await self.emulator.client.get(srt.url)
        except (httpx2.HTTPError, httpx2.InvalidURL, TimeoutError):
            raise Refusal(400, "download_failed", "The file could not be downloaded.", param="srt") from None
        return answer.content if answer.status_code == 200 else b""
