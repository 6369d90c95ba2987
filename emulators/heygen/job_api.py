"""Routes of the account, of translations and of videos."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from emulators.heygen import models, rules
from emulators.heygen.billing import billing_view
from emulators.heygen.errors import invalid, missing
from emulators.heygen.languages import LANGUAGES
from emulators.heygen.models import AssetUrl, CreateTranslation, CreateVideo
from emulators.heygen.operations import Call, Operation, page
from emulators.heygen.sources import Inspection, inspect
from emulators.heygen.state import Job, Kind
from emulators.heygen.views import bulk_entry, translation_view, video_view

if TYPE_CHECKING:
    from emulators.heygen import HeyGenEmulator

BULK_LIMIT = 100
CURSOR = frozenset({"limit", "token"})
TRANSLATIONS = "/v3/video-translations"
TRANSLATION_ID = TRANSLATIONS + "/{video_translation_id}"
VIDEO_ID = "/v3/videos/{video_id}"


class JobApi:
    """Handlers over one emulator's state."""

    def __init__(self, emulator: HeyGenEmulator) -> None:
        self._emulator = emulator

    def operations(self) -> list[Operation]:
        """The routes, fixed paths before those with an id."""
        return [
            Operation("GET", "/v3/users/me", self.me),
            Operation("GET", f"{TRANSLATIONS}/languages", self.languages),
            Operation(
                "GET",
                f"{TRANSLATIONS}/statuses",
                self.translation_statuses,
                query=frozenset({"video_translation_ids", "batch_ids"}),
            ),
            Operation("POST", TRANSLATIONS, self.create_translation, models.TRANSLATION, keyed=True),
            Operation("GET", TRANSLATIONS, self.translations, query=CURSOR),
            Operation("GET", TRANSLATION_ID, self.translation),
            Operation("PATCH", TRANSLATION_ID, self.rename_translation, models.RENAME),
            Operation("DELETE", TRANSLATION_ID, self.delete_translation),
            Operation(
                "GET",
                "/v3/videos/statuses",
                self.video_statuses,
                query=frozenset({"video_ids", "batch_ids"}),
            ),
            Operation("POST", "/v3/videos", self.create_video, models.VIDEO, keyed=True),
            Operation("GET", "/v3/videos", self.videos, query=CURSOR | {"folder_id", "title"}),
            Operation("GET", VIDEO_ID, self.video),
            Operation("DELETE", VIDEO_ID, self.delete_video),
        ]

    async def me(self, call: Call) -> dict[str, Any]:
        """Who the credential belongs to, how it pays and what is left."""
        person = {"username": call.account.name, "email": None, "first_name": None, "last_name": None}
        now, hidden = self._emulator.clock.now(), self._emulator.switches.hide_amounts
        return {"data": person | billing_view(call.account.billing, now, hidden=hidden)}

    async def languages(self, call: Call) -> dict[str, Any]:
        """Every name `output_languages` accepts."""
        return {"data": {"languages": list(LANGUAGES)}}

    async def create_translation(self, call: Call) -> dict[str, Any]:
        """Look at the source, then accept one job per language."""
        body: CreateTranslation = call.body
        rules.check_translation(body, self._emulator.state.assets)
        await self._emulator.pass_gate()
        source = await self._inspect(body)
        known = source.seconds or self._emulator.state.switches.assumed_seconds
        jobs = self._emulator.jobs.submit_translation(
            call.account,
            body,
            call.key,
            seconds=trimmed(known, body.start_time, body.end_time),
            failure=source.failure,
        )
        return {"data": {"video_translation_ids": [job.id for job in jobs]}}

    async def translations(self, call: Call) -> dict[str, Any]:
        """The account's translations, newest first."""
        return page(self._own(call, "translation"), call.query, self._translation_view)

    async def translation(self, call: Call) -> dict[str, Any]:
        """One translation."""
        return {"data": self._translation_view(self._translation(call))}

    async def translation_statuses(self, call: Call) -> dict[str, Any]:
        """The states of up to a hundred translations."""
        return self._statuses(call, "translation", "video_translation_ids")

    async def rename_translation(self, call: Call) -> dict[str, Any]:
        """Give a translation another title."""
        job = self._translation(call)
        job.fields["title"] = call.body.title
        return {"data": self._translation_view(job)}

    async def delete_translation(self, call: Call) -> dict[str, Any]:
        """Remove a translation for good; what it cost stays paid."""
        job = self._translation(call)
        del self._emulator.state.jobs[job.id]
        return {"data": {"id": job.id}}

    async def create_video(self, call: Call) -> dict[str, Any]:
        """Accept a video."""
        body: CreateVideo = call.body
        state = self._emulator.state
        rules.check_video(body, state.assets, state.voiced_looks)
        await self._emulator.pass_gate()
        job = self._emulator.jobs.submit_video(call.account, body, call.key)
        return {"data": {"video_id": job.id, "status": "waiting", "output_format": job.format}}

    async def videos(self, call: Call) -> dict[str, Any]:
        """The account's videos, newest first; `title` matches a part of the title."""
        wanted = call.query.get("title", "").casefold()
        found = [
            job
            for job in self._own(call, "video")
            if wanted in (job.fields.get("title") or "").casefold() and "folder_id" not in call.query
        ]
        return page(found, call.query, self._video_view)

    async def video(self, call: Call) -> dict[str, Any]:
        """One video."""
        return {"data": self._video_view(self._video(call))}

    async def video_statuses(self, call: Call) -> dict[str, Any]:
        """The states of up to a hundred videos."""
        return self._statuses(call, "video", "video_ids")

    async def delete_video(self, call: Call) -> dict[str, Any]:
        """Remove a video for good; what it cost stays paid."""
        job = self._video(call)
        del self._emulator.state.jobs[job.id]
        return {"data": {"id": job.id, "deleted": True}}

    async def _inspect(self, body: CreateTranslation) -> Inspection:
        emulator = self._emulator
        if not isinstance(body.video, AssetUrl):
            return Inspection(emulator.state.assets[body.video.asset_id])
        if not emulator.state.switches.check_sources:
            return Inspection()
        timeout = emulator.state.switches.fetch_timeout
        return await inspect(emulator.client, body.video.url, emulator.url, timeout)

    def _own(self, call: Call, kind: Kind) -> list[Job]:
        jobs = self._emulator.state.jobs.values()
        return [job for job in jobs if job.account == call.account.name and job.kind == kind]

    def _translation(self, call: Call) -> Job:
        job = self._find(call, "translation", call.path["video_translation_id"])
        if job is None:
            raise missing("resource_not_found", "The video translation")
        return job

    def _video(self, call: Call) -> Job:
        job = self._find(call, "video", call.path["video_id"])
        if job is None:
            raise missing("video_not_found", "The video")
        return job

    def _find(self, call: Call, kind: Kind, job_id: str) -> Job | None:
        job = self._emulator.state.jobs.get(job_id)
        return job if job and job.kind == kind and job.account == call.account.name else None

    def _translation_view(self, job: Job) -> dict[str, Any]:
        return translation_view(job, self._emulator.links, propagated=self._emulator.propagated(job))

    def _video_view(self, job: Job) -> dict[str, Any]:
        return video_view(job, self._emulator.links, propagated=self._emulator.propagated(job))

    def _statuses(self, call: Call, kind: Kind, parameter: str) -> dict[str, Any]:
        ids, batches = split(call.query.get(parameter)), split(call.query.get("batch_ids"))
        if not 1 <= len(ids) + len(batches) <= BULK_LIMIT:
            raise invalid(parameter, f"Between 1 and {BULK_LIMIT} ids are required.")
        words = self._emulator.state.switches.bulk_words
        entries = [bulk_entry(job_id, self._find(call, kind, job_id), words) for job_id in ids]
        unknown = [{"video_id": None, "batch_id": batch, "status": "not_found"} for batch in batches]
        return {"data": entries + unknown, "has_more": False, "next_token": None}


def split(text: str | None) -> list[str]:
    """The ids of a comma-separated parameter."""
    return [part.strip() for part in (text or "").split(",") if part.strip()]


def trimmed(seconds: float, start: float | None, end: float | None) -> float:
    """The length of what lies between `start` and `end` of a source."""
    return max(0.0, min(seconds, end if end is not None else seconds) - (start or 0.0))
