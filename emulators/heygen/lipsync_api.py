"""Routes of lip-syncs. No event tells of their end, only a callback address does."""

from __future__ import annotations

from functools import partial
from typing import Any

from emulators.heygen import batch_models, models, remake_models, rules
from emulators.heygen.batches import Begin
from emulators.heygen.billing import units
from emulators.heygen.errors import Refusal, invalid
from emulators.heygen.job_api import CURSOR, JobRoutes, trimmed
from emulators.heygen.models import AssetId
from emulators.heygen.operations import Call, Operation
from emulators.heygen.prices import LIPSYNC
from emulators.heygen.remake_models import CreateLipsync
from emulators.heygen.state import Job
from emulators.heygen.views import lipsync_view

LIPSYNCS = "/v3/lipsyncs"
LIPSYNC_ID = LIPSYNCS + "/{lipsync_id}"
LONGEST_AUDIO = 600.0


class LipsyncApi(JobRoutes):
    """Handlers over one emulator's lip-syncs."""

    kind = "lipsync"
    what = "The lipsync"

    def operations(self) -> list[Operation]:
        """The routes."""
        return [
            Operation("POST", LIPSYNCS, self.create, remake_models.LIPSYNC, keyed=True),
            Operation("GET", LIPSYNCS, self.listing, query=CURSOR),
            Operation("GET", LIPSYNC_ID, self.read),
            Operation("PATCH", LIPSYNC_ID, self.rename, models.RENAME),
            Operation("DELETE", LIPSYNC_ID, self.delete),
            Operation("GET", f"{LIPSYNCS}/statuses", self.statuses, query=frozenset({"lipsync_ids", "batch_ids"})),
            Operation(
                "POST", f"{LIPSYNCS}/batches", self.create_batch, batch_models.LIPSYNC_BATCH, keyed=True, status=202
            ),
            Operation("GET", LIPSYNCS + "/batches/{batch_id}", self.batch, query=CURSOR, usual=100),
        ]

    def view(self, job: Job) -> dict[str, Any]:
        """A lip-sync."""
        return lipsync_view(job, self.emulator.links, propagated=self.emulator.propagated(job))

    async def create(self, call: Call) -> dict[str, Any]:
        """Look at the source, then accept the job."""
        self._check(call, call.body)
        await self.emulator.pass_gate()
        seconds, failure = await self._source(call, call.body)
        return {"data": {"lipsync_id": self._begin(call, call.body, seconds, failure).id}}

    async def statuses(self, call: Call) -> dict[str, Any]:
        """The states of up to a hundred lip-syncs."""
        return self.statuses_of(call, "lipsync_ids", "lipsync")

    async def create_batch(self, call: Call) -> dict[str, Any]:
        """Accept several lip-syncs; what is wrong with one concerns only that one."""
        await self.emulator.pass_gate()
        return self.submit_batch(call, "lipsync", [await self._item(call, body) for body in call.body.lipsyncs])

    async def batch(self, call: Call) -> dict[str, Any]:
        """How a batch of lip-syncs stands."""
        return self.read_batch(call, "lipsync")

    async def _item(self, call: Call, body: CreateLipsync) -> Begin:
        try:
            self._check(call, body)
            seconds, failure = await self._source(call, body)
        except Refusal as refusal:
            return partial(_refused, refusal)
        return partial(self._begin, call, body, seconds, failure)

    def _check(self, call: Call, body: CreateLipsync) -> None:
        means = self.means(call)
        for field, asset in (("video", body.video), ("audio", body.audio)):
            rules.check_asset(field, asset, means)
        if isinstance(body.audio, AssetId) and (means.asset(body.audio.asset_id).seconds or 0.0) > LONGEST_AUDIO:
            raise invalid("audio", "The audio is longer than 10 minutes.")
        rules.check_times(body.start_time, body.end_time)
        rules.check_callback(body.callback_url)

    def _begin(self, call: Call, body: CreateLipsync, seconds: float, failure: str | None) -> Job:
        price = units(seconds * LIPSYNC[body.mode])
        fields = body.model_dump(exclude={"video", "audio"})
        job = self.emulator.jobs.submit(call.account, "lipsync", fields, seconds=seconds, price=price, key=call.key)
        if failure is not None:
            self.emulator.jobs.doom(job, failure)
        return job

    async def _source(self, call: Call, body: CreateLipsync) -> tuple[float, str | None]:
        seconds, failure = await self.seconds_of(call, body.video)
        return trimmed(seconds, body.start_time, body.end_time), failure


def _refused(refusal: Refusal) -> Job:
    raise refusal
