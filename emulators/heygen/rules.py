"""What the service refuses although the shape of the request is right."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import assert_never
from urllib.parse import urlsplit

from emulators.heygen.errors import invalid, missing
from emulators.heygen.languages import KNOWN
from emulators.heygen.models import (
    AssetBase64,
    AssetId,
    AssetUrl,
    AvatarScene,
    AvatarVideo,
    CinematicVideo,
    CreateTranslation,
    CreateVideo,
    ImageScene,
    ImageVideo,
    Speech,
    StudioVideo,
    VideoScene,
)

LANGUAGE_CODE = re.compile(r"[a-z]{2,3}(-[A-Za-z]{2,4})?")


def check_translation(body: CreateTranslation, assets: Collection[str]) -> None:
    """Refuse unknown languages, bad links, unknown assets and combinations that make no sense."""
    for language in body.output_languages:
        if language not in KNOWN:
            raise invalid("output_languages", f"Unsupported output language: {language!r}.")
    if body.input_language is not None and not LANGUAGE_CODE.fullmatch(body.input_language):
        raise invalid("input_language", "input_language must be a language code.")
    for field, asset in (("video", body.video), ("audio", body.audio), ("srt", body.srt)):
        check_asset(field, asset, assets)
    if body.fps_mode is not None and body.audio is None:
        raise invalid("fps_mode", "fps_mode can only be used with audio.")
    start = body.start_time or 0.0
    if start < 0 or (body.end_time is not None and body.end_time <= start):
        raise invalid("end_time", "end_time must be after start_time, and neither negative.")
    check_callback(body.callback_url)


def check_video(body: CreateVideo, assets: Collection[str], voiced_looks: Collection[str]) -> None:
    """Refuse a video whose audio, background or assets do not fit together."""
    match body:
        case AvatarVideo() | ImageVideo():
            check_speech(body, body.avatar_id in voiced_looks if isinstance(body, AvatarVideo) else False)
            if body.output_format == "webm" and body.background is not None:
                raise invalid("background", "background cannot be used with webm output.")
            check_callback(body.callback_url)
        case StudioVideo():
            for scene in body.scenes:
                _check_scene(scene, voiced_looks)
            check_callback(body.callback_url)
        case CinematicVideo():
            pass
        case _:
            assert_never(body)
    for field, asset in _video_assets(body):
        check_asset(field, asset, assets)


def check_speech(speech: Speech, has_voice: bool) -> None:
    """Exactly one of script, audio_url and audio_asset_id; a script needs a voice."""
    given = [name for name in ("script", "audio_url", "audio_asset_id") if getattr(speech, name) is not None]
    if len(given) != 1:
        raise invalid("script", "Exactly one of script, audio_url and audio_asset_id is required.")
    if speech.script is not None and not speech.script.strip():
        raise invalid("script", "The script is empty.")
    if speech.script is not None and speech.voice_id is None and not has_voice:
        raise invalid("voice_id", "voice_id is required: this look has no default voice.")


def _check_scene(scene: AvatarScene | ImageScene | VideoScene, voiced_looks: Collection[str]) -> None:
    match scene:
        case AvatarScene(input=person):
            check_speech(person, getattr(person, "avatar_id", None) in voiced_looks)
        case ImageScene():
            silent = scene.script is scene.audio_url is scene.audio_asset_id is None
            if silent and scene.duration is None:
                raise invalid("scenes", "A silent image scene needs a duration.")
            if not silent:
                check_speech(scene, has_voice=False)
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
            yield from (("scenes", s.source) for s in body.scenes if not isinstance(s, AvatarScene))
        case _:
            assert_never(body)


def _audio(speech: Speech) -> Iterator[tuple[str, AssetUrl | AssetId]]:
    if speech.audio_url is not None:
        yield "audio_url", AssetUrl(type="url", url=speech.audio_url)
    if speech.audio_asset_id is not None:
        yield "audio_asset_id", AssetId(type="asset_id", asset_id=speech.audio_asset_id)


def check_asset(field: str, asset: AssetUrl | AssetId | AssetBase64 | None, assets: Collection[str]) -> None:
    """A link must be a web address, an asset id must be known."""
    if isinstance(asset, AssetUrl) and not is_web_address(asset.url):
        raise invalid(field, "Not a valid http or https URL.")
    if isinstance(asset, AssetId) and asset.asset_id not in assets:
        raise missing("asset_not_found", "The asset")


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
