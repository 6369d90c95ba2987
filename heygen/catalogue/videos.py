"""Videos: of an avatar, of a picture that speaks, in the style of a film, or put together from scenes."""

from __future__ import annotations

from typing import Annotated, Literal, Self, assert_never

from pydantic import Field, field_serializer, model_validator

from heygen import parsing
from heygen.reading import reader
from heygen.records import Batch, VideoAccepted

from .batches import BatchPage, batch_job
from .operation import Answer, Charge, Effect, Idempotency, JobRule, Operation, Price, Unit, nothing, words
from .parameters import (
    AnyFile,
    BatchIds,
    CallbackId,
    CallbackUrl,
    Paged,
    Parameters,
    Shape,
    Title,
    joined,
)
from .speech import (
    AvatarFive,
    AvatarFour,
    AvatarThree,
    Caption,
    Engine,
    Expressiveness,
    LookId,
    Motion,
    Spoken,
    Watermark,
)

VideoId = Annotated[str, Field(min_length=1, description="A video's id.")]
Resolution = Literal["4k", "1080p", "720p"]
Ratio = Literal["16:9", "9:16", "4:5", "5:4", "1:1", "auto"]


class Background(Shape):
    """What is behind the person: a colour, or a picture by url or asset_id."""

    type: Literal["color", "image"]
    value: str | None = Field(None, description="The colour, such as #ffffff, where type is color.")
    url: str | None = Field(None, description="Public address of the picture, where type is image.")
    asset_id: str | None = Field(None, description="An uploaded picture, where type is image.")


class PersonVideo(Spoken):
    """What videos of one person share."""

    title: Title | None = None
    resolution: Resolution | None = None
    aspect_ratio: Ratio | None = Field(None, description="Width to height; 16:9 where nothing is said.")
    fit: Literal["contain", "cover"] | None = Field(None, description="Show all of the person, or fill the frame.")
    background: Background | None = Field(None, description="Not with output_format webm.")
    remove_background: bool | None = Field(None, description="Cut the person out.")
    output_format: Literal["mp4", "webm"] | None = Field(None, description="webm is see-through; mp4 otherwise.")
    caption: Caption | None = Field(None, description="Subtitles.")
    motion_prompt: Motion | None = None
    expressiveness: Expressiveness | None = None
    watermark: Watermark | None = None
    callback_url: CallbackUrl | None = None
    callback_id: CallbackId | None = None

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        self.check_said()
        if self.output_format == "webm" and self.background is not None:
            raise ValueError("a webm video takes no background")
        return self


class AvatarVideo(PersonVideo):
    """An avatar that says something."""

    type: Literal["avatar"] = "avatar"
    avatar_id: LookId
    engine: Engine | None = Field(None, description="What renders it; avatar_iv otherwise. Looks support not all.")


class ImageVideo(PersonVideo):
    """A picture of somebody that begins to speak."""

    type: Literal["image"] = "image"
    image: AnyFile


class CinematicVideo(Shape):
    """A short film with one to three avatars, made from a description; nobody speaks a given text."""

    type: Literal["cinematic_avatar"] = "cinematic_avatar"
    prompt: Annotated[str, Field(min_length=1, max_length=10000, description="What happens in it.")]
    avatar_id: Annotated[list[LookId], Field(min_length=1, max_length=3, description="One to three looks.")]
    references: list[AnyFile] | None = Field(None, description="Pictures of what should appear.")
    duration: int | None = Field(None, ge=4, le=15, description="Seconds, 4 to 15; not with auto_duration.")
    auto_duration: bool | None = Field(None, description="Let HeyGen choose the length.")
    enhance_prompt: bool | None = Field(None, description="Let HeyGen rewrite the description.")
    resolution: Literal["720p", "1080p"] | None = None
    aspect_ratio: Literal["16:9", "9:16", "1:1"] | None = None
    title: Title | None = None

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.duration is not None and self.auto_duration:
            raise ValueError("duration and auto_duration exclude each other")
        return self


class ColorBackground(Shape):
    """A plain colour."""

    type: Literal["color"] = "color"
    color: Annotated[str, Field(description="Such as #ffffff.")]


class SceneAvatar(Spoken):
    """An avatar in a scene."""

    type: Literal["avatar"] = "avatar"
    avatar_id: LookId
    background: ColorBackground | None = None
    engine: Engine | None = None
    expressiveness: Expressiveness | None = None
    motion_prompt: Motion | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        self.check_said()
        return self


class SceneImage(Spoken):
    """A picture that speaks in a scene."""

    type: Literal["image"] = "image"
    image: AnyFile
    expressiveness: Expressiveness | None = None
    motion_prompt: Motion | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        self.check_said()
        return self


class PersonScene(Shape):
    """A scene in which somebody speaks."""

    type: Literal["avatar_video"] = "avatar_video"
    input: Annotated[SceneAvatar | SceneImage, Field(discriminator="type", description="Who speaks, and what.")]


class StillScene(Spoken):
    """A picture that stays, silent or with a voice over it."""

    type: Literal["image"] = "image"
    source: AnyFile
    duration: float | None = Field(None, gt=0, le=300, description="Seconds, at most 300, of a silent picture.")

    @model_validator(mode="after")
    def _has_a_length(self) -> Self:
        self.check_said(silence_allowed=True)
        if self.duration is None and self.script is self.audio_url is self.audio_asset_id is None:
            raise ValueError("a silent picture needs a duration")
        return self


class Playback(Shape):
    """How a ready video sounds in its scene."""

    mute: bool | None = None
    volume: float | None = Field(None, description="1 is as loud as it is.")


class ClipScene(Shape):
    """A ready video as a scene."""

    type: Literal["video"] = "video"
    source: AnyFile
    playback: Playback | None = None


Scene = Annotated[PersonScene | StillScene | ClipScene, Field(discriminator="type")]


class StudioVideo(Shape):
    """Several scenes one after the other, as one mp4."""

    type: Literal["studio"] = "studio"
    scenes: Annotated[list[Scene], Field(min_length=1, max_length=50, description="1 to 50 scenes in order.")]
    title: Title | None = None
    resolution: Resolution | None = None
    aspect_ratio: Ratio | None = None
    caption: Caption | None = None
    watermark: Watermark | None = None
    callback_url: CallbackUrl | None = None
    callback_id: CallbackId | None = None


AnyVideo = Annotated[AvatarVideo | ImageVideo | CinematicVideo | StudioVideo, Field(discriminator="type")]


class CreateVideo(Parameters):
    """What to make."""

    video: Annotated[
        AnyVideo,
        Field(description="By type: an avatar, an image that speaks, a cinematic_avatar film, or a studio of scenes."),
    ]


class CreateVideoBatch(Parameters):
    """Several videos."""

    videos: Annotated[list[AnyVideo], Field(min_length=1, max_length=100, description="1 to 100 videos.")]
    title: Title | None = None
    callback_url: CallbackUrl | None = None


class OneVideo(Parameters):
    """Which video."""

    video_id: VideoId


class ListVideos(Paged):
    """Which videos."""

    title: str | None = Field(None, description="Only those whose title contains this.")
    folder_id: str | None = Field(None, description="Only those in this folder.")


class VideoStatuses(Parameters):
    """Up to 100 videos and batches."""

    video_ids: BatchIds | None = Field(None, description="Videos, at most 100.")
    batch_ids: BatchIds | None = Field(None, description="Batches, whose videos are told one by one.")

    @field_serializer("video_ids", "batch_ids")
    def _joined(self, ids: list[str] | None) -> str | None:
        return joined(ids)


_ENGINES = ("avatar_iii", "avatar_iv", "avatar_v")  # the dearest last
_USUAL = "avatar_iv"


def _charge(video: AvatarVideo | ImageVideo | CinematicVideo | StudioVideo) -> Charge:
    """What one video comes to; one of several scenes is reckoned by the dearest of its engines."""
    match video:
        case CinematicVideo():
            return Charge("cinematic", Unit.PIECE)
        case AvatarVideo(engine=engine):
            return _rendered([_engine(engine)])
        case ImageVideo():
            return _rendered([_USUAL])
        case StudioVideo(scenes=scenes):
            people = [scene.input for scene in scenes if isinstance(scene, PersonScene)]
            return _rendered([_engine(getattr(person, "engine", None)) for person in people])
        case _:
            assert_never(video)


def _engine(chosen: AvatarThree | AvatarFour | AvatarFive | None) -> str:
    return chosen.type if chosen else _USUAL


def _rendered(engines: list[str]) -> Charge:
    return Charge("video." + max(engines, key=_ENGINES.index, default=_USUAL), Unit.SECOND)


VIDEO_PRICE = Price(
    (*(f"video.{engine}" for engine in _ENGINES), "cinematic"),
    lambda given: tuple(_charge(video) for video in (getattr(given, "videos", None) or [given.video])),
)
VIDEO_JOB = JobRule(
    kind="video",
    id_field="video_id",
    read="get_video",
    id_argument="video_id",
    bulk="get_video_statuses",
    words=words("waiting", "pending", "processing"),
    events=("avatar_video.success", "avatar_video.fail"),
)

CREATE_VIDEO = Operation(
    name="create_video",
    vendor="videoCreate",
    method="POST",
    path="/v3/videos",
    purpose="Makes one video in which an avatar or a picture speaks a script or a recording, a short film from a "
    "description, or a sequence of up to 50 scenes.",
    result="The new video's id; it is ready some minutes later.",
    parameters=CreateVideo,
    body_of="video",
    parse=reader(VideoAccepted),
    effect=Effect.SUBMIT,
    price=VIDEO_PRICE,
    idempotency=Idempotency.KEY,
    job=VIDEO_JOB,
)
GET_VIDEO = Operation(
    name="get_video",
    vendor="videoGet",
    method="GET",
    path="/v3/videos/{video_id}",
    purpose="Reads one video: how far it is, why it failed, and fresh links to it.",
    result="The video with its status, its length in seconds, and links that expire.",
    parameters=OneVideo,
    parse=parsing.video,
    taints=True,
)
LIST_VIDEOS = Operation(
    name="list_videos",
    vendor="videoList",
    method="GET",
    path="/v3/videos",
    purpose="Lists the account's videos, the newest first, or finds them by a part of their title.",
    result="A page of videos.",
    parameters=ListVideos,
    answer=Answer.PAGE,
    parse=parsing.video,
    taints=True,
)
DELETE_VIDEO = Operation(
    name="delete_video",
    vendor="videoDelete",
    method="DELETE",
    path="/v3/videos/{video_id}",
    purpose="Deletes a video for good. What it cost stays paid.",
    result="Nothing.",
    parameters=OneVideo,
    answer=Answer.NOTHING,
    parse=nothing,
    effect=Effect.DESTRUCTIVE,
)
GET_VIDEO_STATUSES = Operation(
    name="get_video_statuses",
    vendor="videoStatusesList",
    method="GET",
    path="/v3/videos/statuses",
    purpose="Asks how up to 100 videos are getting on, in one call.",
    result="A line for each id with its status; not_found for an unknown one.",
    parameters=VideoStatuses,
    answer=Answer.PAGE,
    parse=parsing.status_entry,
)
CREATE_VIDEO_BATCH = Operation(
    name="create_video_batch",
    vendor="videoBatchesCreate",
    method="POST",
    path="/v3/videos/batches",
    purpose="Submits up to 100 videos in one call; each succeeds or fails by itself. Templates cannot be in it.",
    result="The batch's id; its videos get their ids later.",
    parameters=CreateVideoBatch,
    parse=reader(Batch),
    effect=Effect.SUBMIT,
    price=VIDEO_PRICE,
    idempotency=Idempotency.KEY,
    job=batch_job("get_video_batch"),
)
GET_VIDEO_BATCH = Operation(
    name="get_video_batch",
    vendor="videoBatchesGet",
    method="GET",
    path="/v3/videos/batches/{batch_id}",
    purpose="Reads a batch of videos: how it stands, and which video each item became.",
    result="The batch with a page of its items in the order of the request.",
    parameters=BatchPage,
    parse=reader(Batch),
    taints=True,
)

OPERATIONS = (
    CREATE_VIDEO,
    GET_VIDEO,
    LIST_VIDEOS,
    DELETE_VIDEO,
    GET_VIDEO_STATUSES,
    CREATE_VIDEO_BATCH,
    GET_VIDEO_BATCH,
)
