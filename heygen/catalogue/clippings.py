"""Clips cut out of long videos, and videos taken apart from their background."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from heygen.reading import reader, string
from heygen.records import BackgroundRemoval, Clipping

from .operation import Answer, Effect, Idempotency, JobRule, Operation, Progress, nothing, per_second, words
from .parameters import CALLBACK, AnyFile, CallbackId, CallbackUrl, Paged, Parameters, Shape, StoredFile, Title

JobId = Annotated[str, Field(min_length=1, description="The id that starting it answered.")]


class ClipSettings(Shape):
    """What the clips are like."""

    aspect_ratio: Literal["landscape", "portrait", "square"] | None = Field(None, description="portrait otherwise.")
    duration_types: list[Literal["30", "60", "180", "long"]] | None = Field(
        None, description="How long they may be, in seconds; long is more than 180."
    )
    captions: bool | None = Field(None, description="Subtitles in the picture; so otherwise.")
    caption_style: str | None = Field(None, description="The name of one of HeyGen's styles.")
    prompt: str | None = Field(None, max_length=500, description="What to look for, at most 500 characters.")


class CreateClipping(Parameters):
    """Which video, and what to cut out of it."""

    video: StoredFile
    output_settings: ClipSettings | None = None
    input_language: str | None = Field(None, description="The language that is spoken; else guessed.")
    title: Title | None = None
    callback_url: CallbackUrl | None = None
    callback_id: CallbackId | None = None


class RemoveBackground(Parameters):
    """Which video, and what to make of it."""

    video: AnyFile
    layers: list[Literal["foreground", "mask", "background"]] | None = Field(
        None, description="Which parts are wanted: the people, their outline, what is behind them."
    )
    title: Title | None = None
    request_id: str | None = Field(None, description="Our mark: a repeat with the same one is not a second job.")


class OneJob(Parameters):
    """Which one."""

    job_id: JobId


CREATE_CLIPPING = Operation(
    name="create_clipping",
    vendor="aiClippingCreate",
    method="POST",
    path="/v3/ai-clipping",
    purpose="Finds the best moments of a long video and cuts them out as short clips with subtitles.",
    result="The job's id; the clips are ready some minutes later.",
    parameters=CreateClipping,
    parse=string("id"),
    effect=Effect.SUBMIT,
    price=per_second("clipping", published=False),
    idempotency=Idempotency.LOOK_UP,
    look_up="list_clippings",
    job=JobRule(
        kind="clipping",
        id_field="id",
        read="get_clipping",
        id_argument="job_id",
        words=words("pending", "running", cancelled=Progress.CANCELLED),
        events=("ai_clipping.success", "ai_clipping.fail"),
    ),
)
GET_CLIPPING = Operation(
    name="get_clipping",
    vendor="aiClippingGet",
    method="GET",
    path="/v3/ai-clipping/{job_id}",
    purpose="Reads how far the clips of a video are, why they failed, and fresh links to those there are.",
    result="The job with its clips; each has a status of its own.",
    parameters=OneJob,
    parse=reader(Clipping),
    taints=True,
)
LIST_CLIPPINGS = Operation(
    name="list_clippings",
    vendor="aiClippingList",
    method="GET",
    path="/v3/ai-clipping",
    purpose="Lists the videos that clips were cut out of, the newest first.",
    result="A page of jobs with their clips.",
    parameters=Paged,
    answer=Answer.PAGE,
    parse=reader(Clipping),
    taints=True,
)
DELETE_CLIPPING = Operation(
    name="delete_clipping",
    vendor="aiClippingDelete",
    method="DELETE",
    path="/v3/ai-clipping/{job_id}",
    purpose="Deletes a video's clips for good. What they cost stays paid.",
    result="Nothing.",
    parameters=OneJob,
    answer=Answer.NOTHING,
    parse=nothing,
    effect=Effect.DESTRUCTIVE,
)
REMOVE_BACKGROUND = Operation(
    name="remove_background",
    vendor="backgroundRemovalCreate",
    method="POST",
    path="/v3/background-removals",
    purpose="Separates the people in a video from what is behind them.",
    result="The job; its layers are ready some minutes later.",
    parameters=RemoveBackground,
    parse=reader(BackgroundRemoval),
    effect=Effect.SUBMIT,
    price=per_second("background_removal", published=False),
    idempotency=Idempotency.REQUEST_ID,
    programmatic=CALLBACK | {"request_id"},
    job=JobRule(
        kind="background_removal",
        id_field="id",
        read="get_background_removal",
        id_argument="job_id",
        words=words("pending", "processing", deleted=Progress.GONE),
    ),
)
GET_BACKGROUND_REMOVAL = Operation(
    name="get_background_removal",
    vendor="backgroundRemovalGet",
    method="GET",
    path="/v3/background-removals/{job_id}",
    purpose="Reads how far the separation of a video is, why it failed, and fresh links to its layers.",
    result="The job with links to its layers by name.",
    parameters=OneJob,
    parse=reader(BackgroundRemoval),
    taints=True,
)
LIST_BACKGROUND_REMOVALS = Operation(
    name="list_background_removals",
    vendor="backgroundRemovalList",
    method="GET",
    path="/v3/background-removals",
    purpose="Lists the videos that were separated from their background, the newest first.",
    result="A page of jobs.",
    parameters=Paged,
    answer=Answer.PAGE,
    parse=reader(BackgroundRemoval),
    taints=True,
)
DELETE_BACKGROUND_REMOVAL = Operation(
    name="delete_background_removal",
    vendor="backgroundRemovalDelete",
    method="DELETE",
    path="/v3/background-removals/{job_id}",
    purpose="Deletes the layers of a video for good. What they cost stays paid.",
    result="Nothing.",
    parameters=OneJob,
    answer=Answer.NOTHING,
    parse=nothing,
    effect=Effect.DESTRUCTIVE,
)

OPERATIONS = (
    CREATE_CLIPPING,
    GET_CLIPPING,
    LIST_CLIPPINGS,
    DELETE_CLIPPING,
    REMOVE_BACKGROUND,
    GET_BACKGROUND_REMOVAL,
    LIST_BACKGROUND_REMOVALS,
    DELETE_BACKGROUND_REMOVAL,
)
