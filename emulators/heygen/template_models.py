"""Request bodies of templates, and the variables in them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from emulators.heygen.models import AnyAsset, Closed

Fit = Literal["cover", "contain", "crop", "none"]
PlayStyle = Literal["fit_to_scene", "freeze", "loop", "once", "full_video"]


class TextVariable(Closed):
    """Words."""

    type: Literal["text"]
    content: str


class ImageVariable(Closed):
    """A picture."""

    type: Literal["image"]
    asset: AnyAsset
    fit: Fit = "contain"


class VideoVariable(Closed):
    """A video."""

    type: Literal["video"]
    asset: AnyAsset
    fit: Fit = "contain"
    play_style: PlayStyle = "loop"
    volume: float = 1.0


class AudioVariable(Closed):
    """Sound."""

    type: Literal["audio"]
    asset: AnyAsset


class CharacterVariable(Closed):
    """Who appears."""

    type: Literal["character"]
    character_id: str
    character_type: Literal["avatar", "talking_photo"] = "avatar"


class VoiceVariable(Closed):
    """Who speaks."""

    type: Literal["voice"]
    voice_id: str
    locale: str | None = None


Variable = Annotated[
    TextVariable | ImageVariable | VideoVariable | AudioVariable | CharacterVariable | VoiceVariable,
    Field(discriminator="type"),
]


class Dimension(Closed):
    """The size of the picture."""

    width: Annotated[int, Field(ge=128, le=4096, multiple_of=2)]
    height: Annotated[int, Field(ge=128, le=4096, multiple_of=2)]


class Position(Closed):
    """Where subtitles stand."""

    x: float = 0
    y: float = 0


class Subtitles(Closed):
    """Burnt-in subtitles."""

    preset_name: str
    alignment: int | None = 2
    disable_highlight: bool | None = False
    font_size: int | None = None
    position: Position | None = None


class GenerateFromTemplate(Closed):
    """`POST /v3/templates/{template_id}`."""

    variables: dict[str, Variable]
    title: str | None = None
    scene_ids: list[str] | None = None
    dimension: Dimension | None = None
    fps: Literal[25, 30, 60] = 25
    caption: bool = False
    subtitles: Subtitles | None = None
    include_gif: bool = False
    enable_sharing: bool = False
    keep_text_vertically_centered: bool = False
    reorder_music: bool = True
    brand_voice_id: str | None = None
    folder_id: str | None = None
    callback_url: str | None = None
    callback_id: str | None = None


GENERATE: TypeAdapter[GenerateFromTemplate] = TypeAdapter(GenerateFromTemplate)
