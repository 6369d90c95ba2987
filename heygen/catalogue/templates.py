"""Templates: videos prepared in HeyGen's editor with places to fill in, for one personal video a person."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from heygen import parsing
from heygen.reading import reader
from heygen.records import Template, TemplateSummary

from .operation import Answer, Effect, Idempotency, Operation, per_second
from .parameters import AnyFile, CallbackId, CallbackUrl, Folder, Paged, Parameters, Shape, Title
from .videos import VIDEO_JOB

TemplateId = Annotated[str, Field(min_length=1, description="A template from list_templates.")]
Fit = Annotated[
    Literal["cover", "contain", "crop", "none"], Field(description="How it is fitted in; contain otherwise.")
]


class TextVariable(Shape):
    """Words to put in."""

    type: Literal["text"] = "text"
    content: Annotated[str, Field(description="The words.")]


class ImageVariable(Shape):
    """A picture to put in."""

    type: Literal["image"] = "image"
    asset: AnyFile
    fit: Fit | None = None


class VideoVariable(Shape):
    """A video to put in."""

    type: Literal["video"] = "video"
    asset: AnyFile
    fit: Fit | None = None
    play_style: Literal["fit_to_scene", "freeze", "loop", "once", "full_video"] | None = Field(
        None, description="What happens when it is shorter than its scene; loop otherwise."
    )
    volume: float | None = Field(None, description="1 is as loud as it is.")


class AudioVariable(Shape):
    """Sound to put in."""

    type: Literal["audio"] = "audio"
    asset: AnyFile


class CharacterVariable(Shape):
    """Who appears."""

    type: Literal["character"] = "character"
    character_id: Annotated[str, Field(description="A look, or a talking photo.")]
    character_type: Literal["avatar", "talking_photo"] | None = None


class VoiceVariable(Shape):
    """Who speaks."""

    type: Literal["voice"] = "voice"
    voice_id: Annotated[str, Field(description="A voice from list_voices.")]
    locale: str | None = Field(None, description="An accent, such as en-GB.")


AnyVariable = Annotated[
    TextVariable | ImageVariable | VideoVariable | AudioVariable | CharacterVariable | VoiceVariable,
    Field(discriminator="type"),
]


class Variable(Shape):
    """One place and what goes there."""

    name: Annotated[str, Field(min_length=1, description="The place's name, as get_template says it.")]
    value: AnyVariable


class Dimension(Shape):
    """The size of the picture, of the template's own proportions."""

    width: Annotated[int, Field(ge=128, le=4096, multiple_of=2, description="Pixels, even, 128 to 4096.")]
    height: Annotated[int, Field(ge=128, le=4096, multiple_of=2, description="Pixels, even, 128 to 4096.")]


class SubtitlePosition(Shape):
    """Where subtitles stand."""

    x: float | None = None
    y: float | None = None


class Subtitles(Shape):
    """Burnt-in subtitles."""

    preset_name: Annotated[str, Field(description="The name of one of HeyGen's styles.")]
    alignment: int | None = Field(None, description="2 is bottom centre, which is usual.")
    disable_highlight: bool | None = Field(None, description="Do not mark the word that is spoken.")
    font_size: int | None = None
    position: SubtitlePosition | None = None


class FromTemplate(Parameters):
    """A template and what goes into it."""

    template_id: TemplateId
    variables: Annotated[
        list[Variable],
        Field(description="What goes into each place. Places that are left out stay as they are in the template."),
    ]
    title: Title | None = None
    scene_ids: list[str] | None = Field(None, description="Only these scenes, in this order; one may come twice.")
    dimension: Dimension | None = None
    fps: Literal[25, 30, 60] | None = Field(None, description="Pictures a second: 25 otherwise.")
    caption: bool | None = Field(None, description="Subtitles as a file of their own.")
    subtitles: Subtitles | None = None
    include_gif: bool | None = Field(None, description="An animated preview as well.")
    enable_sharing: bool | None = Field(None, description="A public page for it.")
    keep_text_vertically_centered: bool | None = None
    reorder_music: bool | None = Field(None, description="Let music follow when scenes are chosen; so otherwise.")
    brand_voice_id: str | None = Field(None, description="A glossary from list_brand_glossaries.")
    folder_id: Folder | None = None
    callback_url: CallbackUrl | None = None
    callback_id: CallbackId | None = None

    def wire(self) -> dict[str, Any]:
        """Variables go by name."""
        values = super().wire()
        return values | {"variables": {one["name"]: one["value"] for one in values["variables"]}}


class OneTemplate(Parameters):
    """Which template."""

    template_id: TemplateId


LIST_TEMPLATES = Operation(
    name="list_templates",
    vendor="templateList",
    method="GET",
    path="/v3/templates",
    purpose="Lists the account's templates that have places to fill in.",
    result="A page of templates with their names.",
    parameters=Paged,
    answer=Answer.PAGE,
    parse=reader(TemplateSummary),
    taints=True,
)
GET_TEMPLATE = Operation(
    name="get_template",
    vendor="templateGet",
    method="GET",
    path="/v3/templates/{template_id}",
    purpose="Reads a template: its scenes, their scripts, and the places to fill in with what they hold now.",
    result="The template; its variables have the shape in which they are sent back.",
    parameters=OneTemplate,
    parse=reader(Template),
    taints=True,
)
CREATE_VIDEO_FROM_TEMPLATE = Operation(
    name="create_video_from_template",
    vendor="templateGenerate",
    method="POST",
    path="/v3/templates/{template_id}",
    purpose="Makes a video from a template with other words, pictures, voices or people in its places.",
    result="The new video as it is at the beginning, with its id.",
    parameters=FromTemplate,
    parse=parsing.video,
    effect=Effect.SUBMIT,
    price=per_second("video.avatar_iv"),
    idempotency=Idempotency.KEY,
    job=VIDEO_JOB.answered_in("id"),
)

OPERATIONS = (LIST_TEMPLATES, GET_TEMPLATE, CREATE_VIDEO_FROM_TEMPLATE)
