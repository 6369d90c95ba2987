"""How somebody speaks in a video: what is said, by which voice, in which manner."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from .parameters import AnyFile, Shape

LookId = Annotated[str, Field(min_length=1, description="A look of an avatar, from list_looks (not an avatar's id).")]
VoiceId = Annotated[str, Field(min_length=1, description="A voice from list_voices. Optional for looks with a voice.")]
Script = Annotated[str, Field(min_length=1, max_length=5000, description="The words to say, 1 to 5000 characters.")]
Expressiveness = Annotated[
    Literal["high", "medium", "low"],
    Field(description="How lively a photo avatar is; only with the engine avatar_iv."),
]
Motion = Annotated[str, Field(description="In words, how a photo avatar moves; only with the engine avatar_iv.")]


class ElevenLabsSettings(Shape):
    """Settings of voices made by ElevenLabs."""

    engine_type: Literal["elevenlabs"] = "elevenlabs"
    model: Literal["eleven_multilingual_v2", "eleven_turbo_v2_5", "eleven_flash_v2_5", "eleven_v3"] | None = None
    similarity_boost: float | None = None
    stability: float | None = None
    style: float | None = None
    use_speaker_boost: bool | None = None


class FishSettings(Shape):
    """Settings of voices made by Fish."""

    engine_type: Literal["fish"] = "fish"
    model: Literal["s1", "s2-pro"] | None = None
    similarity: float | None = None
    stability: float | None = None


class StarfishSettings(Shape):
    """HeyGen's own voices, which have no settings."""

    engine_type: Literal["starfish"] = "starfish"


class VoiceSettings(Shape):
    """The manner of speaking."""

    speed: float | None = Field(None, ge=0.5, le=1.5, description="0.5 is half as fast, 1.5 half as fast again.")
    pitch: float | None = Field(None, ge=-50, le=50, description="Lower (down to -50) or higher (up to 50).")
    volume: float | None = Field(None, ge=0, le=1, description="0 is silent, 1 is full.")
    locale: str | None = Field(None, description="An accent, such as en-GB, for voices that have several.")
    engine_settings: (
        Annotated[ElevenLabsSettings | FishSettings | StarfishSettings, Field(discriminator="engine_type")] | None
    ) = Field(None, description="Settings of the engine behind the voice.")


class AvatarThree(Shape):
    """The cheapest engine."""

    type: Literal["avatar_iii"] = "avatar_iii"


class AvatarFour(Shape):
    """The usual engine."""

    type: Literal["avatar_iv"] = "avatar_iv"


class AvatarFive(Shape):
    """The newest engine."""

    type: Literal["avatar_v"] = "avatar_v"
    reference_look_id: str | None = Field(None, description="Another look of the same person to learn from.")


Engine = Annotated[AvatarThree | AvatarFour | AvatarFive, Field(discriminator="type")]


class Spoken(Shape):
    """Something said: by a script and a voice, or by recorded sound."""

    script: Script | None = None
    voice_id: VoiceId | None = None
    voice_settings: VoiceSettings | None = Field(None, description="The manner of speaking the script.")
    audio_url: str | None = Field(None, description="Public address of recorded speech instead of a script.")
    audio_asset_id: str | None = Field(None, description="An uploaded recording instead of a script, at most 10 min.")

    def check_said(self, *, silence_allowed: bool = False) -> None:
        """`ValueError` unless there is exactly one of script and recordings."""
        given = [what for what in (self.script, self.audio_url, self.audio_asset_id) if what is not None]
        if len(given) > 1 or not (given or silence_allowed):
            raise ValueError("give exactly one of script, audio_url and audio_asset_id")
        if self.script is not None and not self.script.strip():
            raise ValueError("the script has no words")


class WatermarkPlacement(Shape):
    """Where a watermark sits."""

    position: Literal["top_left", "top_right", "bottom_left", "bottom_right"] | None = None
    offset_x: float | None = Field(None, description="Pixels to the side from there.")
    offset_y: float | None = Field(None, description="Pixels up or down from there.")


class Watermark(Shape):
    """A picture over the whole video; for enterprise accounts."""

    image: AnyFile
    opacity: float | None = Field(None, ge=0, le=1, description="0 is invisible, 1 covers.")
    scale: float | None = Field(None, gt=0, le=2, description="1 is the picture's own size, at most 2.")
    placement: WatermarkPlacement | None = None


class Caption(Shape):
    """Subtitles as a file of their own; burnt in as well where a style is given."""

    file_format: Literal["srt"] | None = None
    style: Literal["default"] | None = Field(None, description="default also burns them into the picture.")
