"""Routes of clips cut out of long videos, and of videos separated from their background."""

from __future__ import annotations

from typing import Any

from emulators.heygen import remake_models, rules
from emulators.heygen.billing import units
from emulators.heygen.job_api import CURSOR, JobRoutes
from emulators.heygen.models import AssetBase64
from emulators.heygen.operations import Call, Operation
from emulators.heygen.prices import BACKGROUND_REMOVAL, CLIPPING
from emulators.heygen.remake_models import CreateClipping, RemoveBackground
from emulators.heygen.state import Job
from emulators.heygen.views import background_view, clipping_view

CLIPPINGS = "/v3/ai-clipping"
REMOVALS = "/v3/background-removals"


class ClippingApi(JobRoutes):
    """Handlers over one emulator's clips. A key in a header means nothing here."""

    kind = "clipping"
    what = "The clipping job"

    def operations(self) -> list[Operation]:
        """The routes."""
        return [
            Operation("POST", CLIPPINGS, self.create, remake_models.CLIPPING, status=202),
            Operation("GET", CLIPPINGS, self.listing, query=CURSOR),
            Operation("GET", CLIPPINGS + "/{job_id}", self.read),
            Operation("DELETE", CLIPPINGS + "/{job_id}", self.delete),
        ]

    def view(self, job: Job) -> dict[str, Any]:
        """A job with its clips."""
        return clipping_view(job, self.emulator.links, self.emulator.work.now())

    async def create(self, call: Call) -> dict[str, Any]:
        """Look at the source, then accept the job."""
        body: CreateClipping = call.body
        rules.check_asset("video", body.video, self.means(call))
        rules.check_callback(body.callback_url)
        await self.emulator.pass_gate()
        seconds, failure = await self.seconds_of(call, body.video)
        fields = body.model_dump(exclude={"video"})
        job = self.emulator.jobs.submit(
            call.account, "clipping", fields, seconds=seconds, price=units(seconds * CLIPPING), key=None
        )
        if failure is not None:
            self.emulator.jobs.doom(job, failure)
        return {"data": {"id": job.id, "status": "pending"}}


class BackgroundApi(JobRoutes):
    """Handlers over one emulator's separated videos. A repeat is known by the `request_id` in its body."""

    kind = "background_removal"
    what = "The background removal job"

    def operations(self) -> list[Operation]:
        """The routes."""
        return [
            Operation("POST", REMOVALS, self.create, remake_models.BACKGROUND_REMOVAL),
            Operation("GET", REMOVALS, self.listing, query=CURSOR),
            Operation("GET", REMOVALS + "/{job_id}", self.read),
            Operation("DELETE", REMOVALS + "/{job_id}", self.delete),
        ]

    def view(self, job: Job) -> dict[str, Any]:
        """A job with its layers."""
        return background_view(job, self.emulator.links)

    def own(self, call: Call) -> list[Job]:
        """Those that were not deleted."""
        return [job for job in super().own(call) if not job.fields.get("deleted")]

    async def create(self, call: Call) -> dict[str, Any]:
        """Look at the source, then accept the job, unless a request with the same id has been accepted before."""
        body: RemoveBackground = call.body
        rules.check_asset("video", body.video, self.means(call))
        await self.emulator.pass_gate()
        if (known := self._known(call, body.request_id)) is not None:
            return {"data": self.view(known)}
        seconds, failure = self.emulator.switches.assumed_seconds, None
        if not isinstance(body.video, AssetBase64):
            seconds, failure = await self.seconds_of(call, body.video)
        if (known := self._known(call, body.request_id)) is not None:  # another one may have come meanwhile
            return {"data": self.view(known)}
        fields = body.model_dump(exclude={"video"})
        price = units(seconds * BACKGROUND_REMOVAL)
        job = self.emulator.jobs.submit(
            call.account, "background_removal", fields, seconds=seconds, price=price, key=body.request_id
        )
        if failure is not None:
            self.emulator.jobs.doom(job, failure)
        return {"data": self.view(job)}

    async def delete(self, call: Call) -> dict[str, Any]:
        """Remove the layers; the job is still known as deleted."""
        job = self.job(call)
        job.fields["deleted"] = True
        return {"data": {"id": job.id, "deleted": True}}

    def _known(self, call: Call, request_id: str | None) -> Job | None:
        jobs = super().own(call) if request_id else []
        return next((job for job in jobs if job.fields.get("request_id") == request_id), None)
