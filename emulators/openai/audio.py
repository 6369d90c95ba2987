"""Sound over HTTP: `/v1/audio/speech` and `/v1/audio/transcriptions`."""

from __future__ import annotations

import asyncio
import struct
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from emulators.openai import sound
from emulators.openai.errors import Refusal, missing, too_long, unknown, unsupported_value, wrong_type
from emulators.openai.models import (
    find_model,
    hearing_models,
    realtime_models,
    speaking_models,
    transcription_models,
)
from emulators.openai.recognise import Repertoire

VOICES = (
    *("alloy", "ash", "ballad", "coral", "echo", "fable", "onyx"),
    *("nova", "sage", "shimmer", "verse", "marin", "cedar"),
)
FORMATS = ("mp3", "opus", "aac", "flac", "wav", "pcm")
SERVED_FORMATS = ("wav", "pcm")
SPEECH_FIELDS = frozenset({"input", "model", "voice", "instructions", "response_format", "speed", "stream_format"})
HEARING_FIELDS = frozenset(
    {"file", "model", "language", "languages", "keywords", "prompt", "response_format", "temperature", "stream"}
    | {"include", "chunking_strategy", "timestamp_granularities", "known_speaker_names", "known_speaker_references"}
)
ANSWER_FORMATS = ("json", "text", "srt", "verbose_json", "vtt", "diarized_json")
SERVED_ANSWER_FORMATS = ("json", "text")
EXTENSIONS = ("flac", "mp3", "mp4", "mpeg", "mpga", "m4a", "ogg", "wav", "webm")
INPUT_LIMIT = 4096
FILE_LIMIT = 25 * 1024 * 1024
KEPT = 500
CHUNK_BYTES = 4_800  # 100 ms
SECONDS_REQUIRED = 0.1

Json = dict[str, Any]


@dataclass(slots=True)
class SpokenText:
    """A text that somebody had spoken; `sent` of its `size` bytes left before it was finished or cancelled."""

    text: str
    model: str
    voice: str
    size: int
    wire: str = "http"
    sent: int = 0
    ended: str | None = None


@dataclass(frozen=True, slots=True)
class HeardSound:
    """Sound that somebody had transcribed, `seconds` long, and what was recognised in it."""

    text: str
    model: str
    language: str | None
    seconds: float
    wire: str = "http"


class Sounds:
    """What the emulator has spoken and heard, and what it recognises: its own voice and registered sounds."""

    def __init__(self, clock: Callable[[], float], pace: Callable[[], float], wake: Callable[[], None]) -> None:
        self._now = clock
        self._pace = pace
        self.wake = wake
        self.repertoire = Repertoire()
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        self.models = speaking_models() | transcription_models() | realtime_models()
        self.repertoire.clear()
        self.spoken: deque[SpokenText] = deque(maxlen=KEPT)
        self.heard: deque[HeardSound] = deque(maxlen=KEPT)

    def register(self, text: str, pcm: bytes | None = None) -> bytes:
        """Recognise this sound (None: that of our own voice) as `text`; returns the sound."""
        pcm = sound.speech(text) if pcm is None else pcm
        self.repertoire.add(text, pcm)
        return pcm

    def say(self, text: str, model: str, voice: str, wire: str = "http") -> tuple[SpokenText, bytes]:
        """Note that a text is spoken, and make its sound."""
        pcm = self.register(text)
        spoken = SpokenText(text, model, voice, len(pcm), wire)
        self.spoken.append(spoken)
        self.wake()
        return spoken, pcm

    def hear(self, pcm: bytes, model: str, language: str | None, wire: str = "http") -> str:
        """What is recognised; noted."""
        text = self.repertoire.recognise(pcm)
        self.heard.append(HeardSound(text, model, language, len(pcm) / sound.BYTES_PER_SECOND, wire))
        self.wake()
        return text

    def admit(self, model: object, among: dict[str, str | None]) -> str:
        """The name of a model that can do this and is not shut down; `Refusal` otherwise."""
        if not isinstance(model, str) or not model:
            raise wrong_type("model", "a string")
        if model in self.models and model not in among:
            raise Refusal(f"The model '{model}' does not support this endpoint.", param="model", code=None)
        find_model({name: end for name, end in self.models.items() if name in among}, model, self._now())
        return model

    async def post_speech(self, request: Request) -> Response:
        """`POST /v1/audio/speech`."""
        body = check_speech(await _json_body(request))
        model = self.admit(body["model"], speaking_models())
        spoken, pcm = self.say(body["input"], model, str(body["voice"]))
        if body.get("response_format", "mp3") == "wav":
            return StreamingResponse(self._paced(spoken, _wav_head(len(pcm)) + pcm), media_type="audio/wav")
        return StreamingResponse(self._paced(spoken, pcm), media_type="audio/pcm")

    async def _paced(self, spoken: SpokenText, raw: bytes) -> AsyncIterator[bytes]:
        try:
            for start in range(0, len(raw), CHUNK_BYTES):
                yield raw[start : start + CHUNK_BYTES]
                spoken.sent = min(start + CHUNK_BYTES, len(raw))
                await asyncio.sleep(self._pace())
            spoken.ended = "finished"
        finally:
            spoken.ended = spoken.ended or "cancelled"
            self.wake()

    async def post_transcription(self, request: Request) -> Response:
        """`POST /v1/audio/transcriptions`."""
        fields, name, raw = check_transcription(parts_of(request.headers.get("content-type", ""), await request.body()))
        model = self.admit(fields.get("model"), hearing_models())
        pcm = pcm_of(name, raw)
        text = self.hear(pcm, model, fields.get("language"))
        if fields.get("response_format", "json") == "text":
            return Response(text + "\n", media_type="text/plain")
        usage = {"type": "duration", "seconds": max(1, round(len(pcm) / sound.BYTES_PER_SECOND))}
        return JSONResponse({"text": text, "usage": usage})


def check_speech(body: Any) -> Json:
    """A proper request for speech; `Refusal` for anything else."""
    if not isinstance(body, dict):
        raise wrong_type("body", "an object")
    for field in sorted(body.keys() - SPEECH_FIELDS):
        raise unknown(field)
    for field in ("input", "model", "voice"):
        if field not in body:
            raise missing(field)
    _check_input(body["input"])
    _check_voice(body["voice"])
    _one_of(body.get("response_format", "mp3"), "response_format", FORMATS, SERVED_FORMATS)
    _one_of(body.get("stream_format", "audio"), "stream_format", ("sse", "audio"), ("audio",))
    speed = body.get("speed", 1.0)
    if not isinstance(speed, int | float) or isinstance(speed, bool) or not 0.25 <= speed <= 4.0:
        raise Refusal("Invalid 'speed': expected a number between 0.25 and 4.0.", param="speed")
    if body.get("instructions") and body["model"] in ("tts-1", "tts-1-hd"):
        raise Refusal("'instructions' is not supported with this model.", param="instructions")
    return body


def _check_input(text: object) -> None:
    if not isinstance(text, str):
        raise wrong_type("input", "a string")
    if not text.strip():
        raise Refusal("Invalid 'input': string too short.", param="input", code="string_below_min_length")
    if len(text) > INPUT_LIMIT:
        raise too_long("input", INPUT_LIMIT, len(text))


def _check_voice(voice: object) -> None:
    if isinstance(voice, dict):
        if set(voice) != {"id"} or not isinstance(voice["id"], str):
            raise wrong_type("voice", "a string or an object with an 'id'")
    elif voice not in VOICES:
        raise unsupported_value("voice", voice, VOICES)


def _one_of(value: object, field: str, known: tuple[str, ...], served: tuple[str, ...]) -> None:
    if value not in known:
        raise unsupported_value(field, value, known)
    if value not in served:
        raise Refusal(f"This emulator makes no '{value}'.", param=field, code="not_emulated")


def check_transcription(parts: list[tuple[str, str | None, bytes]]) -> tuple[dict[str, str], str, bytes]:
    """The fields, the file's name and its bytes; `Refusal` for a request that is not proper."""
    fields: dict[str, str] = {}
    file: tuple[str, bytes] | None = None
    for name, filename, raw in parts:
        if name.removesuffix("[]") not in HEARING_FIELDS:
            raise unknown(name)
        if name == "file":
            file = (filename or "", raw)
        else:
            fields[name] = raw.decode()
    if file is None:
        raise missing("file")
    if "model" not in fields:
        raise missing("model")
    language = fields.get("language", "en")
    if not (len(language) in (2, 3) and language.isalpha() and language.islower()):
        raise Refusal(f"Invalid language '{language}'. Language parameter must be in ISO-639-1.", param="language")
    _one_of(fields.get("response_format", "json"), "response_format", ANSWER_FORMATS, SERVED_ANSWER_FORMATS)
    if fields.get("stream", "false") != "false":
        raise Refusal("This emulator does not stream transcriptions.", param="stream", code="not_emulated")
    return fields, *file


def parts_of(content_type: str, body: bytes) -> list[tuple[str, str | None, bytes]]:
    """Name, file name and content of each part of a form; `Refusal` when it is none."""
    if not content_type.startswith("multipart/form-data") or "boundary=" not in content_type:
        raise Refusal("Expected multipart/form-data.", code=None, status=415)
    if len(body) > FILE_LIMIT:
        raise Refusal("Maximum content size limit exceeded.", code=None, status=413)
    whole = BytesParser(policy=HTTP).parsebytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body)
    if not whole.is_multipart():
        raise Refusal("The form has no parts.", code=None)
    return [_part(part) for part in whole.get_payload() if isinstance(part, Message)]


def _part(part: Message) -> tuple[str, str | None, bytes]:
    name = part.get_param("name", header="content-disposition")
    raw = part.get_payload(decode=True)
    return str(name), part.get_filename(), raw if isinstance(raw, bytes) else b""


def pcm_of(name: str, raw: bytes) -> bytes:
    """The sound of a WAV as s16le mono 24 kHz is; `Refusal` for what cannot be read."""
    if name.rpartition(".")[2].lower() not in EXTENSIONS:
        known = ", ".join(f"'{one}'" for one in EXTENSIONS)
        raise Refusal(f"Unrecognized file format. Supported formats: [{known}]", param="file", code=None)
    wrong = Refusal("Audio file might be corrupted or unsupported", param="file")
    if len(raw) < 44 or raw[:4] != b"RIFF" or raw[8:16] != b"WAVEfmt " or raw[36:40] != b"data":
        raise wrong
    size, kind, channels, rate, _, _, bits = struct.unpack("<IHHIIHH", raw[16:36])
    (length,) = struct.unpack("<I", raw[40:44])
    if (size, kind, channels, rate, bits) != (16, 1, 1, sound.RATE, 16) or length != len(raw) - 44:
        raise wrong
    if length < SECONDS_REQUIRED * sound.BYTES_PER_SECOND:
        raise Refusal(
            "Audio file is too short. Minimum audio length is 0.1 seconds.", param="file", code="audio_too_short"
        )
    return raw[44:]


def _wav_head(size: int) -> bytes:
    rate = sound.RATE
    return (
        b"RIFF"
        + struct.pack("<I", 36 + size)
        + b"WAVEfmt "
        + struct.pack("<IHHIIHH4sI", 16, 1, 1, rate, rate * 2, 2, 16, b"data", size)
    )


async def _json_body(request: Request) -> Any:
    try:
        return await request.json()
    except ValueError as error:
        raise Refusal("We could not parse the JSON body of your request.", code=None) from error
