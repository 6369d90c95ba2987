"""What the service refuses although the shape of the request is right."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator
from typing import Protocol, assert_never
from urllib.parse import urlsplit

from emulators.heygen.assets import Asset
from emulators.heygen.errors import invalid
from emulators.heygen.languages import KNOWN
from emulators.heygen.models import (
    AssetBase64,
    AssetId,
    AssetUrl,
    AvatarScene,
    AvatarV,
    AvatarVideo,
    CinematicVideo,
    CreateTranslation,
    CreateVideo,
    ImageScene,
    ImageVideo,
    Speech,
    StudioAvatar,
    StudioImage,
    StudioVideo,
    VideoScene,
)
from emulators.heygen.people import Look, Voice

LANGUAGE_CODE = re.compile(r"[a-z]{2,3}(-[A-Za-z]{2,4})?")


class Means(Protocol):
    """What an account may make things with: each method refuses what it must not use."""

    def asset(self, asset_id: str) -> Asset:
        """An uploaded file."""
        ...

    def look(self, look_id: str) -> Look:
        """A look of an avatar."""
        ...

    def voice(self, voice_id: str) -> Voice:
        """A voice."""
        ...


def check_translation(body: CreateTranslation, means: Means) -> None:
    """Refuse unknown languages, bad links, unknown assets and combinations that make no sense."""
    check_languages(body.output_languages)
    if body.input_language is not None and not LANGUAGE_CODE.fullmatch(body.input_language):
        raise invalid("input_language", "input_language must be a language code.")
    for field, asset in (("video", body.video), ("audio", body.audio), ("srt", body.srt)):
        check_asset(field, asset, means)
    if body.fps_mode is not None and body.audio is None:
        raise invalid("fps_mode", "fps_mode can only be used with audio.")
    check_times(body.start_time, body.end_time)
    check_callback(body.callback_url)


def check_languages(languages: Iterable[str]) -> None:
    """Refuse names that are not in the list."""
    for language in languages:
        if language not in KNOWN:
            raise invalid("output_languages", f"Unsupported output language: {language!r}.")


def check_times(start: float | None, end: float | None) -> None:
    """Refuse a part of a video that is none."""
    begin = start or 0.0
    if begin < 0 or (end is not None and end <= begin):
        raise invalid("end_time", "end_time must be after start_time, and neither negative.")


def check_video(body: CreateVideo, means: Means) -> None:
    """Refuse a video whose people, audio, background or assets do not fit together."""
    match body:
        case AvatarVideo():
            _check_person(body, means)
            _check_background(body, means)
        case ImageVideo():
            check_speech(body, means, voice=None)
            _check_background(body, means)
        case StudioVideo():
            for scene in body.scenes:
                _check_scene(scene, means)
            check_callback(body.callback_url)
        case CinematicVideo():
            for look_id in body.avatar_id:
                means.look(look_id)
            if body.duration is not None and body.auto_duration:
                raise invalid("duration", "duration and auto_duration exclude each other.")
        case _:
            assert_never(body)
    for field, asset in _video_assets(body):
        check_asset(field, asset, means)


def check_speech(speech: Speech, means: Means, voice: str | None) -> None:
    """Exactly one of script, audio_url and audio_asset_id; a script needs a voice, if only the look's own."""
    given = [name for name in ("script", "audio_url", "audio_asset_id") if getattr(speech, name) is not None]
    if len(given) != 1:
        raise invalid("script", "Exactly one of script, audio_url and audio_asset_id is required.")
    if speech.script is not None and not speech.script.strip():
        raise invalid("script", "The script is empty.")
    if speech.script is not None and speech.voice_id is None and voice is None:
        raise invalid("voice_id", "voice_id is required: this look has no default voice.")
    if speech.voice_id is not None:
        means.voice(speech.voice_id)


def _check_person(person: AvatarVideo | StudioAvatar, means: Means) -> None:
    look = means.look(person.avatar_id)
    check_speech(person, means, look.default_voice_id)
    if person.engine is not None and person.engine.type not in look.engines:
        raise invalid("engine", "This look does not support the engine.")
    if isinstance(person.engine, AvatarV) and person.engine.reference_look_id is not None:
        means.look(person.engine.reference_look_id)


def _check_background(body: AvatarVideo | ImageVideo, means: Means) -> None:
    background = body.background
    if background is not None and body.output_format == "webm":
        raise invalid("background", "background cannot be used with webm output.")
    if background is not None and background.asset_id is not None:
        means.asset(background.asset_id)
    check_callback(body.callback_url)


def _check_scene(scene: AvatarScene | ImageScene | VideoScene, means: Means) -> None:
    match scene:
        case AvatarScene(input=StudioAvatar() as person):
            _check_person(person, means)
        case AvatarScene(input=person):
            check_speech(person, means, voice=None)
        case ImageScene():
            silent = scene.script is scene.audio_url is scene.audio_asset_id is None
            if silent and scene.duration is None:
                raise invalid("scenes", "A silent image scene needs a duration.")
            if not silent:
                check_speech(scene, means, voice=None)
        case VideoScene():
            pass
        case _:
            assert_never(scene)


def _video_assets(body: CreateVideo) -> Iterator[tuple[str, AssetUrl | AssetId | AssetBase64]]:
    match body:
        case AvatarVideo():
            yield from _audio(body)
        case ImageVideo():
            yield "image", body.image
            yield from _audio(body)
        case CinematicVideo():
            yield from (("references", reference) for reference in body.references or ())
        case StudioVideo():
            yield from (("scenes", asset) for scene in body.scenes for asset in _scene_assets(scene))
        case _:
            assert_never(body)


def _scene_assets(scene: AvatarScene | ImageScene | VideoScene) -> Iterator[AssetUrl | AssetId | AssetBase64]:
    if isinstance(scene, AvatarScene):
        yield from (asset for _, asset in _audio(scene.input))
        yield from [scene.input.image] if isinstance(scene.input, StudioImage) else []
    else:
        yield scene.source
        yield from (asset for _, asset in _audio(scene)) if isinstance(scene, ImageScene) else ()


def _audio(speech: Speech) -> Iterator[tuple[str, AssetUrl | AssetId]]:
    if speech.audio_url is not None:
        yield "audio_url", AssetUrl(type="url", url=speech.audio_url)
    if speech.audio_asset_id is not None:
        yield "audio_asset_id", AssetId(type="asset_id", asset_id=speech.audio_asset_id)


def check_asset(field: str, asset: AssetUrl | AssetId | AssetBase64 | None, means: Means) -> None:
    """A link must be a web address, an asset id must be known, bytes must be base64."""
    match asset:
        case AssetUrl(url=url) if not is_web_address(url):
            raise invalid(field, "Not a valid http or https URL.")
        case AssetId(asset_id=asset_id):
            means.asset(asset_id)
        case AssetBase64(data=data):
            _check_base64(field, data)
        case _:
            pass


def _check_base64(field: str, data: str) -> None:
    try:
        content = base64.b64decode(data, validate=True)
    except ValueError:
        raise invalid(field, "data is not base64.") from None
    if not content:
        raise invalid(field, "data is empty.")


def check_callback(url: str | None) -> None:
    """A callback must be a web address."""
    if url is not None and not is_web_address(url):
        raise invalid("callback_url", "Not a valid http or https URL.")


def is_web_address(url: str) -> bool:
    """Whether `url` is an absolute http(s) URL."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)
