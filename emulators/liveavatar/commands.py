"""What a client may send on a session's websocket, and what becomes of the rest. No I/O."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable
from typing import Any

from emulators.base import Clock
from emulators.liveavatar.avatar import Avatar
from emulators.liveavatar.dialects import Event
from emulators.liveavatar.state import Frame, Session

AUDIO_LIMIT = 1_000_000  # characters of base64 in one frame
NAME_SHOWN = 60
VALUE_SHOWN = 200
FIELDS_SHOWN = 8
START = {"encoding": "pcm_s16le", "sample_rate": 24_000, "channels": 1}


class Commands:
    """Reads one session's incoming frames and lets the avatar act on them."""

    def __init__(
        self,
        session: Session,
        avatar: Avatar,
        clock: Clock,
        emit: Callable[[Event], None],
        keep_alive: Callable[[], None],
    ) -> None:
        self._session = session
        self._avatar = avatar
        self._clock = clock
        self._emit = emit
        self._keep_alive = keep_alive

    def receive(self, text: str | None, *, listening: bool) -> str:
        """Act on one frame and return its name; one that comes before `listening` is dropped without a word."""
        command = _parse(text)
        name = command.get("type") if command is not None else None
        shown = name[:NAME_SHOWN] if isinstance(name, str) else ""
        self._note(shown, command or {})
        if not listening:
            self._found("before_connected", f"{shown or 'a frame'} came before the session was connected")
        elif self._session.ended is not None:
            self._found("after_end", f"{shown or 'a frame'} came after the session had ended")
        elif command is None or not isinstance(name, str):
            self._refuse("malformed_frame", "Frames are JSON objects with a type", None)
        else:
            self._act(name, command)
        return shown

    def _act(self, name: str, command: dict[str, Any]) -> None:
        event_id = self._event_id(command)
        match name:
            case "agent.speak":
                self._speak(event_id, command)
            case "agent.speak_end":
                if "audio" in command:
                    self._speak(event_id, command)
                self._avatar.speak_end(event_id)
            case "agent.interrupt":
                self._avatar.interrupt(event_id)
            case "agent.start_listening" | "agent.stop_listening":
                self._avatar.listen(name == "agent.start_listening", event_id)
            case "session.keep_alive":
                self._keep_alive()
            case "start":
                self._check_format(command, event_id)
            case _:
                self._refuse("unknown_command", f"Unknown type {name[:NAME_SHOWN]}", event_id)

    def _speak(self, event_id: str | None, command: dict[str, Any]) -> None:
        audio = command.get("audio")
        if not isinstance(audio, str) or not audio:
            self._refuse("audio_missing", "agent.speak needs audio", event_id)
        elif len(audio) > AUDIO_LIMIT:
            self._refuse("chunk_too_big", f"audio has {len(audio)} characters, the limit is {AUDIO_LIMIT}", event_id)
        elif (pcm := _decode(audio)) is None:
            self._refuse("audio_not_base64", "audio is not base64", event_id)
        else:
            self._avatar.speak(event_id, pcm)

    def _check_format(self, command: dict[str, Any], event_id: str | None) -> None:
        wrong = {name: command.get(name) for name, value in START.items() if command.get(name, value) != value}
        if wrong:
            self._refuse("wrong_format", f"Unsupported audio format: {', '.join(wrong)}", event_id)

    def _event_id(self, command: dict[str, Any]) -> str | None:
        event_id = command.get("event_id")
        if event_id is None or isinstance(event_id, str):
            return event_id
        self._found("event_id_not_text", "event_id is not a string")
        return None

    def _refuse(self, code: str, message: str, event_id: str | None) -> None:
        self._found(code, message)
        self._emit(Event("error", event_id, error="invalid_request_error", message=message))

    def _note(self, name: str, command: dict[str, Any]) -> None:
        audio = command.get("audio")
        size = len(audio.rstrip("=")) * 3 // 4 if isinstance(audio, str) else 0
        shown = list(command.items())[:FIELDS_SHOWN]
        content = {key[:NAME_SHOWN]: _short(value) for key, value in shown if key not in ("audio", "type")}
        self._session.frames.append(Frame(self._clock.now(), "in", name, content, size))

    def _found(self, code: str, detail: str) -> None:
        self._session.found(self._clock.now(), code, detail)


def _parse(text: str | None) -> dict[str, Any] | None:
    try:
        command = json.loads(text or "")
    except (ValueError, RecursionError):
        return None
    return command if isinstance(command, dict) else None


def _short(value: Any) -> Any:
    """A value for the journal, whatever its size was."""
    return value if value is None or isinstance(value, bool | int | float) else str(value)[:VALUE_SHOWN]


def _decode(audio: str) -> bytes | None:
    try:
        return base64.b64decode(audio, validate=True)
    except (binascii.Error, ValueError):
        return None
