"""The emulator's own prices in USD. They are its alone: the product must not agree with them by copying."""

from __future__ import annotations

from typing import assert_never

from emulators.heygen.billing import units
from emulators.heygen.models import (
    AvatarScene,
    AvatarVideo,
    CinematicVideo,
    CreateTranslation,
    CreateVideo,
    Engine,
    ImageScene,
    ImageVideo,
    Scene,
    Speech,
    StudioAvatar,
    StudioVideo,
    VideoScene,
)

TRANSLATION = {"speed": 0.0412, "precision": 0.0871}
AUDIO_ONLY_FACTOR = 0.5
ENGINES = {"avatar_iii": 0.0229, "avatar_iv": 0.0617, "avatar_v": 0.0893}
STILL = 0.0105
CINEMATIC = 6.5
LIPSYNC = {"speed": 0.0388, "precision": 0.0823}
PROOFREAD = 0.0117
AGENT = 0.0309
SPEECH = 0.00054
AVATAR = 0.95
VOICE_CLONE = 0.6
CLIPPING = 0.0031
BACKGROUND_REMOVAL = 0.0064
TEMPLATE = ENGINES["avatar_iv"]
CHARACTERS_PER_SECOND = 14.0
DEFAULT_SCENE_SECONDS = 8.0


def translation_price(body: CreateTranslation, seconds: float) -> int:
    """The price of one language for a source of `seconds`, in units."""
    factor = AUDIO_ONLY_FACTOR if body.translate_audio_only else 1.0
    return units(seconds * TRANSLATION[body.mode] * factor)


def agent_price(seconds: float) -> int:
    """The price of a video of `seconds` that an agent makes, in units."""
    return units(seconds * AGENT)


def words_seconds(text: str, speed: float = 1.0) -> float:
    """How long a text takes to say."""
    return round(max(1.0, len(text) / CHARACTERS_PER_SECOND / speed), 3)


def video_cost(body: CreateVideo) -> tuple[float, int]:
    """Length in seconds and price in units of a video."""
    match body:
        case CinematicVideo():
            return float(body.duration or 8), units(CINEMATIC)
        case AvatarVideo():
            return _spoken(body, body.engine)
        case ImageVideo():
            return _spoken(body, None)
        case StudioVideo():
            costs = [_scene_cost(scene) for scene in body.scenes]
            return round(sum(c[0] for c in costs), 3), sum(c[1] for c in costs)
        case _:
            assert_never(body)


def speech_seconds(speech: Speech) -> float:
    """How long something is spoken; recorded audio counts as a default length."""
    if speech.script is None:
        return DEFAULT_SCENE_SECONDS
    speed = speech.voice_settings.speed if speech.voice_settings else 1.0
    return words_seconds(speech.script, speed)


def _spoken(speech: Speech, engine: Engine | None) -> tuple[float, int]:
    seconds = speech_seconds(speech)
    return seconds, units(seconds * ENGINES[engine.type if engine else "avatar_iv"])


def _scene_cost(scene: Scene) -> tuple[float, int]:
    match scene:
        case AvatarScene(input=person):
            return _spoken(person, person.engine if isinstance(person, StudioAvatar) else None)
        case ImageScene():
            seconds = scene.duration or speech_seconds(scene)
            return seconds, units(seconds * STILL)
        case VideoScene():
            return DEFAULT_SCENE_SECONDS, units(DEFAULT_SCENE_SECONDS * STILL)
        case _:
            assert_never(scene)
