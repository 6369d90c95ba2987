"""Lip-syncs: a video whose speaker says something else."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_serializer, model_validator

from heygen import parsing
from heygen.reading import reader, string
from heygen.records import Batch, Lipsync

from .batches import BatchPage, batch_job
from .operation import Answer, Charge, Effect, Idempotency, JobRule, Operation, Price, Unit, nothing, words
from .parameters import BatchIds, CallbackUrl, Paged, Parameters, StoredFile, Title, joined
from .remade import Remade, check_times

LipsyncId = Annotated[str, Field(min_length=1, description="A lip-sync's id.")]


class Sync(Remade):
    """A video, and the sound its lips are to follow."""

    video: StoredFile
    audio: StoredFile
    mode: Literal["speed", "precision"] | None = Field(
        None, description="speed (usual), or precision: lips that fit better, for about twice the price."
    )

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        check_times(self)
        return self


class CreateLipsync(Parameters, Sync):
    """A video, and the sound its lips are to follow."""


class CreateLipsyncBatch(Parameters):
    """Several lip-syncs."""

    lipsyncs: Annotated[list[Sync], Field(min_length=1, max_length=100, description="1 to 100 lip-syncs.")]
    title: Title | None = None
    callback_url: CallbackUrl | None = None


class OneLipsync(Parameters):
    """Which lip-sync."""

    lipsync_id: LipsyncId


class RenameLipsync(OneLipsync):
    """Which lip-sync, and its new title."""

    title: Annotated[str, Field(description="The new title.")]


class LipsyncStatuses(Parameters):
    """Up to 100 lip-syncs and batches."""

    lipsync_ids: BatchIds | None = Field(None, description="Lip-syncs, at most 100.")
    batch_ids: BatchIds | None = Field(None, description="Batches, whose lip-syncs are told one by one.")

    @field_serializer("lipsync_ids", "batch_ids")
    def _joined(self, ids: list[str] | None) -> str | None:
        return joined(ids)


def _charges(given: Any) -> tuple[Charge, ...]:
    jobs = getattr(given, "lipsyncs", None) or [given]
    return tuple(Charge(f"lipsync.{job.mode or 'speed'}", Unit.SECOND) for job in jobs)


LIPSYNC_PRICE = Price(("lipsync.speed", "lipsync.precision"), _charges)
# There is no event: a lip-sync has to be read, or to be given a callback_url.
LIPSYNC_JOB = JobRule(
    kind="lipsync",
    id_field="lipsync_id",
    read="get_lipsync",
    id_argument="lipsync_id",
    bulk="get_lipsync_statuses",
    words=words("pending", "running"),
)

CREATE_LIPSYNC = Operation(
    name="create_lipsync",
    vendor="lipsyncCreate",
    method="POST",
    path="/v3/lipsyncs",
    purpose="Makes the lips of somebody in a video follow another recording of speech.",
    result="The lip-sync's id; it is ready some minutes later.",
    parameters=CreateLipsync,
    parse=string("lipsync_id"),
    effect=Effect.SUBMIT,
    price=LIPSYNC_PRICE,
    idempotency=Idempotency.KEY,
    job=LIPSYNC_JOB,
)
GET_LIPSYNC = Operation(
    name="get_lipsync",
    vendor="lipsyncGet",
    method="GET",
    path="/v3/lipsyncs/{lipsync_id}",
    purpose="Reads one lip-sync: how far it is, why it failed, and fresh links to its video and subtitles.",
    result="The lip-sync with its status.",
    parameters=OneLipsync,
    parse=reader(Lipsync),
    taints=True,
)
LIST_LIPSYNCS = Operation(
    name="list_lipsyncs",
    vendor="lipsyncList",
    method="GET",
    path="/v3/lipsyncs",
    purpose="Lists the account's lip-syncs, the newest first.",
    result="A page of lip-syncs.",
    parameters=Paged,
    answer=Answer.PAGE,
    parse=reader(Lipsync),
    taints=True,
)
RENAME_LIPSYNC = Operation(
    name="rename_lipsync",
    vendor="lipsyncUpdate",
    method="PATCH",
    path="/v3/lipsyncs/{lipsync_id}",
    purpose="Gives a lip-sync another title.",
    result="The lip-sync.",
    parameters=RenameLipsync,
    parse=reader(Lipsync),
    effect=Effect.CHANGE,
    taints=True,
)
DELETE_LIPSYNC = Operation(
    name="delete_lipsync",
    vendor="lipsyncDelete",
    method="DELETE",
    path="/v3/lipsyncs/{lipsync_id}",
    purpose="Deletes a lip-sync for good. What it cost stays paid.",
    result="Nothing.",
    parameters=OneLipsync,
    answer=Answer.NOTHING,
    parse=nothing,
    effect=Effect.DESTRUCTIVE,
)
GET_LIPSYNC_STATUSES = Operation(
    name="get_lipsync_statuses",
    vendor="lipsyncStatusesList",
    method="GET",
    path="/v3/lipsyncs/statuses",
    purpose="Asks how up to 100 lip-syncs are getting on, in one call.",
    result="A line for each id with its status; not_found for an unknown one.",
    parameters=LipsyncStatuses,
    answer=Answer.PAGE,
    parse=parsing.status_entry,
)
CREATE_LIPSYNC_BATCH = Operation(
    name="create_lipsync_batch",
    vendor="lipsyncBatchesCreate",
    method="POST",
    path="/v3/lipsyncs/batches",
    purpose="Submits up to 100 lip-syncs in one call; each succeeds or fails by itself.",
    result="The batch's id; its lip-syncs get their ids later.",
    parameters=CreateLipsyncBatch,
    parse=reader(Batch),
    effect=Effect.SUBMIT,
    price=LIPSYNC_PRICE,
    idempotency=Idempotency.KEY,
    job=batch_job("get_lipsync_batch"),
)
GET_LIPSYNC_BATCH = Operation(
    name="get_lipsync_batch",
    vendor="lipsyncBatchesGet",
    method="GET",
    path="/v3/lipsyncs/batches/{batch_id}",
    purpose="Reads a batch of lip-syncs: how it stands, and which lip-sync each item became.",
    result="The batch with a page of its items.",
    parameters=BatchPage,
    parse=reader(Batch),
    taints=True,
)

OPERATIONS = (
    CREATE_LIPSYNC,
    GET_LIPSYNC,
    LIST_LIPSYNCS,
    RENAME_LIPSYNC,
    DELETE_LIPSYNC,
    GET_LIPSYNC_STATUSES,
    CREATE_LIPSYNC_BATCH,
    GET_LIPSYNC_BATCH,
)
