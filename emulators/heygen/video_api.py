"""Routes of videos."""

from __future__ import annotations

from functools import partial
from typing import Any

from emulators.heygen import batch_models, models, rules
from emulators.heygen.job_api import CURSOR, JobRoutes
from emulators.heygen.models import CreateVideo, StudioVideo
from emulators.heygen.operations import Call, Operation, page
from emulators.heygen.prices import video_cost
from emulators.heygen.state import Account, Job
from emulators.heygen.views import video_view

VIDEOS = "/v3/videos"
VIDEO_ID = VIDEOS + "/{video_id}"
KEPT = {"title", "output_format", "caption", "callback_url", "callback_id"}


class VideoApi(JobRoutes):
    """Handlers over one emulator's videos."""

    kind = "video"
    code = "video_not_found"
    what = "The video"

    def operations(self) -> list[Operation]:
        """The routes."""
        return [
            Operation("POST", VIDEOS, self.create, models.VIDEO, keyed=True),
            Operation("GET", VIDEOS, self.videos, query=CURSOR | {"folder_id", "title"}),
            Operation("GET", VIDEO_ID, self.read),
            Operation("DELETE", VIDEO_ID, self.delete),
            Operation("GET", f"{VIDEOS}/statuses", self.statuses, query=frozenset({"video_ids", "batch_ids"})),
            Operation("POST", f"{VIDEOS}/batches", self.create_batch, batch_models.VIDEO_BATCH, keyed=True, status=202),
            Operation("GET", VIDEOS + "/batches/{batch_id}", self.batch, query=CURSOR, usual=100),
        ]

    def view(self, job: Job) -> dict[str, Any]:
        """A video."""
        return video_view(job, self.emulator.links, propagated=self.emulator.propagated(job))

    async def create(self, call: Call) -> dict[str, Any]:
        """Accept a video."""
        body: CreateVideo = call.body
        rules.check_video(body, self.means(call))
        await self.emulator.pass_gate()
        job = self._submit(call.account, body, call.key)
        return {"data": {"video_id": job.id, "status": "waiting", "output_format": job.format}}

    async def videos(self, call: Call) -> dict[str, Any]:
        """The account's videos, newest first; `title` matches a part of the title."""
        wanted, folder = call.query.get("title", "").casefold(), call.query.get("folder_id")
        found = [
            job
            for job in self.own(call)
            if wanted in (job.fields.get("title") or "").casefold() and folder in (None, job.fields.get("folder_id"))
        ]
        return page(found, call, self.view)

    async def delete(self, call: Call) -> dict[str, Any]:
        """Remove a video for good; what it cost stays paid."""
        answer = await super().delete(call)
        return {"data": answer["data"] | {"deleted": True}}

    async def statuses(self, call: Call) -> dict[str, Any]:
        """The states of up to a hundred videos."""
        return self.statuses_of(call, "video_ids", "video")

    async def create_batch(self, call: Call) -> dict[str, Any]:
        """Accept several videos; what is wrong with one concerns only that one."""
        await self.emulator.pass_gate()
        return self.submit_batch(call, "video", [partial(self._begin, call, body) for body in call.body.videos])

    async def batch(self, call: Call) -> dict[str, Any]:
        """How a batch of videos stands."""
        return self.read_batch(call, "video")

    def _begin(self, call: Call, body: CreateVideo) -> Job:
        rules.check_video(body, self.means(call))
        return self._submit(call.account, body, call.key)

    def _submit(self, account: Account, body: CreateVideo, key: str | None) -> Job:
        seconds, price = video_cost(body)
        fields = body.model_dump(include=KEPT)
        if isinstance(body, StudioVideo):
            fields["output_format"] = "mp4"
        return self.emulator.jobs.submit(account, "video", fields, seconds=seconds, price=price, key=key)
