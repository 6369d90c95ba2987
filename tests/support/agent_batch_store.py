"""The agent's batch store in memory, over what a `FakeJobStore` holds, and files that people have sent."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from agent.batches import Batch, BatchState, Member, NewBatch
from agent.errors import OverCap, SourceRefused
from agent.hashing import arguments_hash
from agent.records import JobState, Lease, NewSubmission, Submission, SubmissionState
from tests.support.agent_job_store import FakeJobStore

LEFT_OUT = ("members", "sampled", "call_id")


class FakeBatchStore:
    """`agent.ports.BatchStore`. What may go of a batch is what `FakeJobStore` hands out to be sent."""

    def __init__(self, jobs: FakeJobStore) -> None:
        self._jobs = jobs
        self.batches: dict[str, Batch] = {}

    async def intend_batch(self, lease: Lease, new: NewBatch) -> Batch:
        if known := await self.batch_of(new.key):
            return known
        cap = self._jobs.cap
        if cap and sum(self._jobs.booked.values()) + new.quote.high > cap.amount:
            raise OverCap(cap, sum(self._jobs.booked.values()), new.quote.high)
        batch_id = f"B{len(self.batches) + 1}"
        requests = [await self._request(lease, new, batch_id, number) for number in range(1, len(new.members) + 1)]
        fields = {field.name: getattr(new, field.name) for field in dataclasses.fields(new)}
        for name in LEFT_OUT:
            del fields[name]
        going = BatchState.SAMPLING if new.sampled else BatchState.GOING
        batch = Batch(
            id=batch_id,
            created_at=0.0,
            arguments_hash=new.arguments_hash,
            state=going if new.needs is None else BatchState.WAITING_APPROVAL,
            sample_id=requests[0].id if new.sampled else None,
            **fields,
        )
        self.batches[batch_id] = batch
        return batch

    async def _request(self, lease: Lease, new: NewBatch, batch_id: str, number: int) -> Submission:
        each = new.members[number - 1]
        same = {name: getattr(new, name) for name in ("workspace_id", "account_id", "conversation_id", "turn_id")}
        written = await self._jobs.intend(
            lease,
            NewSubmission(
                key=new.key_of(number),
                call_id=new.call_id,
                requester=new.requester,
                kind=new.kind,
                arguments=each.arguments,
                arguments_hash=arguments_hash(each.arguments),
                labels=(each.label,),
                title=each.title,
                quote=each.quote,
                needs=new.needs,
                **same,
            ),
        )
        held = new.needs is None and new.sampled and number > 1
        state = SubmissionState.HELD if held else written.state
        self._jobs.submissions[written.id] = dataclasses.replace(written, state=state, batch_id=batch_id)
        for job in [job for job in self._jobs.jobs.values() if job.submission_id == written.id]:
            self._jobs.jobs[job.id] = dataclasses.replace(job, batch_id=batch_id)
        return self._jobs.submissions[written.id]

    async def batch(self, batch_id: str) -> Batch:
        return self.batches[batch_id]

    async def batch_of(self, key: str) -> Batch | None:
        return next((one for one in self.batches.values() if one.key == key), None)

    async def members(self, batch_id: str) -> Sequence[Member]:
        jobs = [job for job in self._jobs.jobs.values() if job.batch_id == batch_id]
        return [Member(self._jobs.submissions[job.submission_id], job) for job in jobs]

    def change(self, batch_id: str, **values: Any) -> None:
        """The batch is as it is for other reasons."""
        self.batches[batch_id] = dataclasses.replace(self.batches[batch_id], **values)

    def end(self, *states: JobState, batch_id: str = "B1") -> None:
        """Its jobs have ended so, in order."""
        jobs = [job for job in self._jobs.jobs.values() if job.batch_id == batch_id]
        for job, state in zip(jobs, states, strict=True):
            self._jobs.jobs[job.id] = dataclasses.replace(job, state=state, finished_at=1.0)


@dataclasses.dataclass(frozen=True)
class FakeFile:
    """`agent.ports.IncomingFile` in pieces of three bytes."""

    data: bytes
    name: str = "leads.csv"
    content_type: str = "text/csv"
    size: int | None = None

    async def chunks(self) -> AsyncIterator[bytes]:
        for start in range(0, len(self.data), 3):
            yield self.data[start : start + 3]


class FakeFiles:
    """`agent.ports.Files`: `data` by the file's id. `opened` are the calls: (id, largest)."""

    def __init__(self) -> None:
        self.data: dict[str, bytes | SourceRefused] = {}
        self.opened: list[tuple[str, int]] = []

    @asynccontextmanager
    async def open(self, workspace_id: str, file_id: str, *, largest: int) -> AsyncIterator[FakeFile]:
        self.opened.append((file_id, largest))
        found = self.data[file_id]
        if isinstance(found, SourceRefused):
            raise found
        yield FakeFile(found)
