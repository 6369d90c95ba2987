"""Request bodies of what is made from videos there are: lip-syncs, proofreads, clips, layers."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from emulators.heygen.models import AnyAsset, Closed, StoredAsset


class CreateLipsync(Closed):
    """`POST /v3/lipsyncs`."""

    video: StoredAsset
    audio: StoredAsset
    mode: Literal["speed", "precision"] = "speed"
    title: str | None = None
    enable_dynamic_duration: bool = True
    enable_caption: bool = False
    disable_music_track: bool = False
    enable_speech_enhancement: bool = False
    enable_watermark: bool = False
    keep_the_same_format: bool | None = None
    fps_mode: Literal["vfr", "cfr", "passthrough"] | None = None
    start_time: float | None = None
    end_time: float | None = None
    folder_id: str | None = None
    callback_url: str | None = None
    callback_id: str | None = None


class CreateProofread(Closed):
    """`POST /v3/video-translations/proofreads`."""

    video: StoredAsset
    output_languages: Annotated[list[str], Field(min_length=1)]
    title: str
    mode: Literal["speed", "precision"] = "speed"
    speaker_num: int | None = None
    srt: StoredAsset | None = None
    enable_video_stretching: bool = False
    enable_speech_enhancement: bool = False
    disable_music_track: bool = False
    keep_the_same_format: bool = False
    brand_glossary_id: str | None = None
    brand_voice_id: str | None = None
    folder_id: str | None = None


class ReplaceSrt(Closed):
    """`PUT /v3/video-translations/proofreads/{proofread_id}/srt`."""

    srt: StoredAsset


class GenerateFromProofread(Closed):
    """`POST /v3/video-translations/proofreads/{proofread_id}/generate`."""

    captions: bool = False
    translate_audio_only: bool = False
    callback_url: str | None = None
    callback_id: str | None = None


class ClipSettings(Closed):
    """What clips are like."""

    aspect_ratio: Literal["landscape", "portrait", "square"] = "portrait"
    captions: bool = True
    caption_style: str | None = None
    duration_types: Annotated[list[Literal["30", "60", "180", "long"]], Field(default_factory=list)]
    prompt: Annotated[str, Field(max_length=500)] | None = None


class CreateClipping(Closed):
    """`POST /v3/ai-clipping`."""

    video: StoredAsset
    output_settings: ClipSettings = Field(default_factory=lambda: ClipSettings(duration_types=[]))
    input_language: str | None = None
    title: str | None = None
    callback_url: str | None = None
    callback_id: str | None = None


class RemoveBackground(Closed):
    """`POST /v3/background-removals`."""

    video: AnyAsset
    layers: Annotated[list[Literal["foreground", "mask", "background"]], Field(default_factory=list)]
    title: str | None = None
    request_id: str | None = None


LIPSYNC: TypeAdapter[CreateLipsync] = TypeAdapter(CreateLipsync)
PROOFREAD: TypeAdapter[CreateProofread] = TypeAdapter(CreateProofread)
REPLACE_SRT: TypeAdapter[ReplaceSrt] = TypeAdapter(ReplaceSrt)
GENERATE: TypeAdapter[GenerateFromProofread] = TypeAdapter(GenerateFromProofread)
CLIPPING: TypeAdapter[CreateClipping] = TypeAdapter(CreateClipping)
BACKGROUND_REMOVAL: TypeAdapter[RemoveBackground] = TypeAdapter(RemoveBackground)
