"""What the service accepts: request bodies, closed and strictly typed.

Written from the vendor's documentation, not shared with the product; `tests/contract` compares them with the
vendor's own OpenAPI file where that is at hand.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from emulators.heygen.event_types import EventType

AspectRatio = Literal["16:9", "9:16", "4:5", "5:4", "1:1", "auto"]
Expressiveness = Literal["high", "medium", "low"]
OutputFormat = Literal["mp4", "webm"]
Resolution = Literal["4k", "1080p", "720p"]
Script = Annotated[str, Field(min_length=1, max_length=5000)]


class Closed(BaseModel):
    """A request object that refuses unknown fields and values of another type."""

    model_config = ConfigDict(extra="forbid", strict=True)


class AssetUrl(Closed):
    """A file the service downloads."""

    type: Literal["url"]
    url: str


class AssetId(Closed):
    """A file uploaded before."""

    type: Literal["asset_id"]
    asset_id: str


class AssetBase64(Closed):
    """A file inside the request."""

    type: Literal["base64"]
    media_type: str
    data: str


StoredAsset = Annotated[AssetUrl | AssetId, Field(discriminator="type")]
AnyAsset = Annotated[AssetUrl | AssetId | AssetBase64, Field(discriminator="type")]


class StockVoiceConfig(Closed):
    """Which ready-made voices a translation may use."""

    use_stock_voice: bool = False
    preferred_stock_voice_ids: list[str] = []


class CreateTranslation(Closed):
    """`POST /v3/video-translations`."""

    video: StoredAsset
    output_languages: Annotated[list[str], Field(min_length=1)]
    input_language: str | None = None
    mode: Literal["speed", "precision"] = "speed"
    speaker_num: int | None = None
    translate_audio_only: bool = False
    enable_dynamic_duration: bool = True
    enable_caption: bool = False
    disable_music_track: bool = False
    enable_speech_enhancement: bool = False
    enable_watermark: bool = False
    keep_the_same_format: bool | None = None
    fps_mode: Literal["vfr", "cfr", "passthrough"] | None = None
    start_time: float | None = None
    end_time: float | None = None
    audio: StoredAsset | None = None
    srt: StoredAsset | None = None
    srt_role: Literal["input", "output"] | None = None
    brand_glossary_id: str | None = None
    brand_voice_id: str | None = None
    stock_voice_config: StockVoiceConfig | None = None
    title: str | None = None
    folder_id: str | None = None
    callback_url: str | None = None
    callback_id: str | None = None


class RenameTranslation(Closed):
    """`PATCH /v3/video-translations/{video_translation_id}`."""

    title: str


class ElevenLabsSettings(Closed):
    """Voice settings of one engine."""

    engine_type: Literal["elevenlabs"]
    model: Literal["eleven_multilingual_v2", "eleven_turbo_v2_5", "eleven_flash_v2_5", "eleven_v3"] | None = None
    similarity_boost: float | None = None
    stability: float | None = None
    style: float | None = None
    use_speaker_boost: bool | None = None


class FishSettings(Closed):
    """Voice settings of one engine."""

    engine_type: Literal["fish"]
    model: Literal["s1", "s2-pro"] | None = None
    similarity: float | None = None
    stability: float | None = None


class StarfishSettings(Closed):
    """Voice settings of one engine."""

    engine_type: Literal["starfish"]


EngineSettings = Annotated[ElevenLabsSettings | FishSettings | StarfishSettings, Field(discriminator="engine_type")]


class VoiceSettings(Closed):
    """How a script is spoken."""

    speed: Annotated[float, Field(ge=0.5, le=1.5)] = 1
    pitch: Annotated[float, Field(ge=-50, le=50)] = 0
    volume: Annotated[float, Field(ge=0, le=1)] = 1
    locale: str | None = None
    engine_settings: EngineSettings | None = None


class Background(Closed):
    """What is behind the person."""

    type: Literal["color", "image"]
    value: str | None = None
    url: str | None = None
    asset_id: str | None = None


class ColorBackground(Closed):
    """What is behind the person in a studio scene."""

    type: Literal["color"]
    color: str


class Caption(Closed):
    """Subtitle file, burnt in when a style is given."""

    file_format: Literal["srt"] = "srt"
    style: Literal["default"] | None = None


class WatermarkPlacement(Closed):
    """Where a watermark sits."""

    position: Literal["top_left", "top_right", "bottom_left", "bottom_right"] = "bottom_right"
    offset_x: float | None = None
    offset_y: float | None = None


class Watermark(Closed):
    """An image over the video."""

    image: AnyAsset
    opacity: Annotated[float, Field(ge=0, le=1)] = 1
    scale: Annotated[float, Field(gt=0, le=2)] = 1
    placement: WatermarkPlacement | None = None


class AvatarIII(Closed):
    """Rendering engine."""

    type: Literal["avatar_iii"]


class AvatarIV(Closed):
    """Rendering engine; what a request without one gets."""

    type: Literal["avatar_iv"]


class AvatarV(Closed):
    """Rendering engine."""

    type: Literal["avatar_v"]
    reference_look_id: str | None = None


Engine = Annotated[AvatarIII | AvatarIV | AvatarV, Field(discriminator="type")]


class Speech(Closed):
    """The three ways to give a person something to say; the service wants exactly one."""

    script: Script | None = None
    voice_id: str | None = None
    voice_settings: VoiceSettings | None = None
    audio_url: str | None = None
    audio_asset_id: str | None = None


class PersonVideo(Speech):
    """What videos of one person share."""

    title: str | None = None
    resolution: Resolution | None = None
    aspect_ratio: AspectRatio | None = "16:9"
    fit: Literal["contain", "cover"] | None = None
    background: Background | None = None
    remove_background: bool | None = None
    output_format: OutputFormat = "mp4"
    caption: Caption | None = None
    motion_prompt: str | None = None
    expressiveness: Expressiveness | None = None
    watermark: Watermark | None = None
    callback_url: str | None = None
    callback_id: str | None = None


class AvatarVideo(PersonVideo):
    """`type: avatar`."""

    type: Literal["avatar"]
    avatar_id: str
    engine: Engine | None = None


class ImageVideo(PersonVideo):
    """`type: image`."""

    type: Literal["image"]
    image: AnyAsset


class CinematicVideo(Closed):
    """`type: cinematic_avatar`."""

    type: Literal["cinematic_avatar"]
    prompt: Annotated[str, Field(min_length=1, max_length=10000)]
    avatar_id: Annotated[list[str], Field(min_length=1, max_length=3)]
    references: list[AnyAsset] | None = None
    duration: Annotated[int, Field(ge=4, le=15)] | None = None
    auto_duration: bool = False
    enhance_prompt: bool = False
    resolution: Literal["720p", "1080p"] = "720p"
    aspect_ratio: Literal["16:9", "9:16", "1:1"] = "16:9"
    title: str | None = None


class StudioAvatar(Speech):
    """A person in a studio scene."""

    type: Literal["avatar"]
    avatar_id: str
    background: ColorBackground | None = None
    engine: Engine | None = None
    expressiveness: Expressiveness | None = None
    motion_prompt: str | None = None


class StudioImage(Speech):
    """A talking picture in a studio scene."""

    type: Literal["image"]
    image: AnyAsset
    expressiveness: Expressiveness | None = None
    motion_prompt: str | None = None


class AvatarScene(Closed):
    """A scene in which somebody speaks."""

    type: Literal["avatar_video"]
    input: Annotated[StudioAvatar | StudioImage, Field(discriminator="type")]


class ImageScene(Speech):
    """A still picture, silent or with a voice over it."""

    type: Literal["image"]
    source: AnyAsset
    duration: Annotated[float, Field(gt=0, le=300)] | None = None


class Playback(Closed):
    """How a video scene sounds."""

    mute: bool = False
    volume: float = 1


class VideoScene(Closed):
    """A ready video as a scene."""

    type: Literal["video"]
    source: AnyAsset
    playback: Playback | None = None


Scene = Annotated[AvatarScene | ImageScene | VideoScene, Field(discriminator="type")]


class StudioVideo(Closed):
    """`type: studio`."""

    type: Literal["studio"]
    scenes: Annotated[list[Scene], Field(min_length=1, max_length=50)]
    title: str | None = None
    resolution: Resolution | None = None
    aspect_ratio: AspectRatio | None = "16:9"
    caption: Caption | None = None
    watermark: Watermark | None = None
    callback_url: str | None = None
    callback_id: str | None = None


CreateVideo = AvatarVideo | ImageVideo | CinematicVideo | StudioVideo


class CreateEndpoint(Closed):
    """`POST /v3/webhooks/endpoints`."""

    url: str
    events: list[EventType] | None = None
    entity_id: str | None = None


class UpdateEndpoint(Closed):
    """`PATCH /v3/webhooks/endpoints/{endpoint_id}`; the list of events is replaced, not joined."""

    url: str | None = None
    events: list[EventType] | None = None


TRANSLATION: TypeAdapter[CreateTranslation] = TypeAdapter(CreateTranslation)
RENAME: TypeAdapter[RenameTranslation] = TypeAdapter(RenameTranslation)
VIDEO: TypeAdapter[CreateVideo] = TypeAdapter(Annotated[CreateVideo, Field(discriminator="type")])
ENDPOINT: TypeAdapter[CreateEndpoint] = TypeAdapter(CreateEndpoint)
ENDPOINT_UPDATE: TypeAdapter[UpdateEndpoint] = TypeAdapter(UpdateEndpoint)
