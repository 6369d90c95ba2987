"""What a client may send over the realtime websocket; everything else is refused."""

from __future__ import annotations

import json
from typing import Any

from emulators.openai.errors import Refusal, missing, unknown, unsupported_value, wrong_type

Json = dict[str, Any]

VOICES = ("alloy", "ash", "ballad", "coral", "echo", "sage", "shimmer", "verse", "marin", "cedar")
FORMAT: Json = {"type": None, "rate": None}
TRANSCRIPTION: Json = dict.fromkeys(("model", "language", "languages", "keywords", "prompt", "delay"))
INPUT: Json = {
    "format": FORMAT,
    "transcription": TRANSCRIPTION,
    "noise_reduction": dict.fromkeys(("type", "strength")),
    "turn_detection": None,
}
OUTPUT: Json = {"format": FORMAT, "voice": None, "speed": None}
RESPONSE: Json = {
    "audio": {"output": {"format": FORMAT, "voice": None}},
    **dict.fromkeys(("conversation", "input", "instructions", "max_output_tokens", "metadata", "output_modalities")),
    **dict.fromkeys(("parallel_tool_calls", "prompt", "reasoning", "tool_choice", "tools")),
}
SESSIONS: dict[str, Json] = {
    "transcription": {"type": None, "audio": {"input": INPUT}, "include": None},
    "realtime": {
        "audio": {"input": INPUT, "output": OUTPUT},
        **dict.fromkeys(("type", "model", "instructions", "output_modalities", "max_output_tokens", "tools")),
        **dict.fromkeys(("tool_choice", "truncation", "tracing", "include", "prompt", "reasoning")),
    },
}
COMMON = {"type": None, "event_id": None}
EVENTS: dict[str, Json] = {
    "session.update": {**COMMON, "session": None},
    "input_audio_buffer.append": {**COMMON, "audio": None},
    "input_audio_buffer.commit": COMMON,
    "input_audio_buffer.clear": COMMON,
    "response.create": {**COMMON, "response": RESPONSE},
    "response.cancel": {**COMMON, "response_id": None},
}


def check_event(text: str, kind: str) -> Json:
    """A proper client event for a session of this kind; `Refusal` otherwise."""
    try:
        event = json.loads(text)
    except ValueError as error:
        raise Refusal("We could not parse the event.", code="invalid_json") from error
    if not isinstance(event, dict) or event.get("type") not in EVENTS:
        raise Refusal(f"Invalid value: '{event.get('type') if isinstance(event, dict) else event}'.", param="type")
    _check_fields(event, EVENTS[event["type"]], "")
    match event["type"]:
        case "session.update":
            _check_session(event.get("session"), kind)
        case "input_audio_buffer.append" if not isinstance(event.get("audio"), str):
            raise missing("audio")
        case "response.create":
            _check_response(event.get("response", {}), kind)
        case _:
            pass
    return event


def spoken_text(response: Json) -> str:
    """What an out-of-band response is to read: the text of its newest user message."""
    for item in reversed(response.get("input") or []):
        for part in item.get("content", []):
            if item.get("role") == "user" and part.get("type") == "input_text" and part.get("text"):
                return str(part["text"])
    raise missing("response.input")


def _check_session(session: object, kind: str) -> None:
    if not isinstance(session, dict):
        raise missing("session")
    if session.get("type") != kind:
        raise unsupported_value("session.type", session.get("type"), (kind,))
    _check_fields(session, SESSIONS[kind], "session.")
    given = session.get("audio", {}).get("input", {})
    _check_format(given.get("format"), "session.audio.input.format")
    if kind != "transcription":
        return
    if "transcription" not in given:
        raise missing("session.audio.input.transcription")
    if given.get("turn_detection", "default") is not None:
        raise Refusal("This emulator detects no turns: send null.", param="turn_detection", code="not_emulated")


def _check_response(response: Json, kind: str) -> None:
    if kind != "realtime":
        raise Refusal("A transcription session creates no responses.", param="type")
    if response.get("conversation") != "none":
        raise Refusal("This emulator speaks out of band only.", param="response.conversation", code="not_emulated")
    if response.get("output_modalities", ["audio"]) != ["audio"]:
        raise Refusal("This emulator answers with audio.", param="response.output_modalities", code="not_emulated")
    output = response.get("audio", {}).get("output", {})
    _check_format(output.get("format"), "response.audio.output.format")
    if output.get("voice", "marin") not in VOICES:
        raise unsupported_value("response.audio.output.voice", output["voice"], VOICES)
    spoken_text(response)


def _check_format(given: object, path: str) -> None:
    if given not in (None, {"type": "audio/pcm", "rate": 24_000}):
        raise Refusal("This emulator takes audio/pcm at 24000.", param=path)


def _check_fields(given: Json, known: Json, path: str) -> None:
    """Refuse fields that are not known, at every depth that is described."""
    for name, value in given.items():
        if name not in known:
            raise unknown(path + name)
        if known[name] is not None and value is not None:
            if not isinstance(value, dict):
                raise wrong_type(path + name, "an object")
            _check_fields(value, known[name], f"{path}{name}.")
