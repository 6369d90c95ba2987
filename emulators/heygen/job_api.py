"""What the routes of all kinds of jobs have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from emulators.heygen.batches import BatchKind, Begin, batch_view, split, status_lines
from emulators.heygen.errors import missing
from emulators.heygen.models import AssetId, AssetUrl
from emulators.heygen.operations import Call, page
from emulators.heygen.rules import Means, check_callback
from emulators.heygen.sources import Inspection, inspect
from emulators.heygen.state import Job, Kind
from emulators.heygen.views import bulk_entry

if TYPE_CHECKING:
    from emulators.heygen import HeyGenEmulator

CURSOR = frozenset({"limit", "token"})


class JobRoutes:
    """Finding, listing and removing the jobs of one kind. Subclasses say which, and how one is shown."""

    kind: Kind
    code = "resource_not_found"
    what = "The job"

    def __init__(self, emulator: HeyGenEmulator) -> None:
        self.emulator = emulator

    def view(self, job: Job) -> dict[str, Any]:
        """A job as the API shows it."""
        raise NotImplementedError

    def means(self, call: Call) -> Means:
        """What the caller may make things with."""
        return self.emulator.means(call.account)

    def own(self, call: Call) -> list[Job]:
        """The account's jobs of this kind, the oldest first."""
        jobs = self.emulator.state.jobs.values()
        return [job for job in jobs if job.account == call.account.name and job.kind == self.kind]

    def find(self, call: Call, job_id: str) -> Job | None:
        """The account's own job of this kind, if there is one."""
        job = self.emulator.state.jobs.get(job_id)
        return job if job and job.kind == self.kind and job.account == call.account.name else None

    def job(self, call: Call) -> Job:
        """The job that the path names, or 404."""
        [job_id] = call.path.values()
        job = self.find(call, job_id)
        if job is None:
            raise missing(self.code, self.what)
        return job

    async def read(self, call: Call) -> dict[str, Any]:
        """One job."""
        return {"data": self.view(self.job(call))}

    async def listing(self, call: Call) -> dict[str, Any]:
        """The account's jobs, newest first."""
        return page(self.own(call), call, self.view)

    async def delete(self, call: Call) -> dict[str, Any]:
        """Remove a job for good; what it cost stays paid."""
        job = self.job(call)
        del self.emulator.state.jobs[job.id]
        return {"data": {"id": job.id}}

    async def rename(self, call: Call) -> dict[str, Any]:
        """Give a job another title."""
        job = self.job(call)
        job.fields["title"] = call.body.title
        return {"data": self.view(job)}

    def statuses_of(self, call: Call, parameter: str, kind: BatchKind) -> dict[str, Any]:
        """The states of up to a hundred jobs, and of all those of batches."""
        words = self.emulator.state.switches.bulk_words

        def told(job_id: str) -> tuple[str, dict[str, Any] | None]:
            entry = bulk_entry(job_id, self.find(call, job_id), words)
            return entry["status"], entry.get("error")

        return status_lines(call, kind, split(call.query.get(parameter)), told, self.emulator.batches)

    def submit_batch(self, call: Call, kind: BatchKind, begins: list[Begin]) -> dict[str, Any]:
        """Accept a batch of such jobs."""
        check_callback(call.body.callback_url)
        batch = self.emulator.batches.submit(call.account, kind, begins, call.body.title, call.body.callback_url)
        self.emulator.batches.tick()
        return {"data": {"batch_id": batch.id}}

    def read_batch(self, call: Call, kind: BatchKind) -> dict[str, Any]:
        """How a batch stands."""
        batches = self.emulator.batches
        return {"data": batch_view(batches.get(call.account, kind, call.path["batch_id"]), batches.word, call)}

    async def inspect(self, call: Call, video: AssetUrl | AssetId) -> Inspection:
        """Look at a source: how long it is, or what is wrong with it."""
        emulator = self.emulator
        if isinstance(video, AssetId):
            return Inspection(self.means(call).asset(video.asset_id).seconds)
        if not emulator.state.switches.check_sources:
            return Inspection()
        return await inspect(emulator.client, video.url, emulator.url, emulator.state.switches.fetch_timeout)

    async def seconds_of(self, call: Call, video: AssetUrl | AssetId) -> tuple[float, str | None]:
        """The length of a source, an assumed one where nobody can tell, and what is wrong with it."""
        found = await self.inspect(call, video)
        return found.seconds or self.emulator.state.switches.assumed_seconds, found.failure


def trimmed(seconds: float, start: float | None, end: float | None) -> float:
    """The length of what lies between `start` and `end` of a source."""
    return max(0.0, min(seconds, end if end is not None else seconds) - (start or 0.0))
