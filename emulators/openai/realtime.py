"""The realtime websocket: transcription sessions without server-side turns, and out-of-band spoken responses."""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from starlette.responses import JSONResponse
from starlette.websockets import WebSocket, WebSocketDisconnect

from emulators.openai import sound
from emulators.openai.audio import CHUNK_BYTES, Sounds
from emulators.openai.errors import Refusal
from emulators.openai.models import realtime_models, transcription_models
from emulators.openai.realtime_checks import Json, check_event, spoken_text

BUFFER_LIMIT = 15 * 1024 * 1024
COMMIT_SECONDS = 0.1
READ_LIMIT = 256


@dataclass(slots=True)
class Accident:
    """Something that goes wrong once, when a client event of type `at` arrives ("connect": at the handshake).

    `drop` closes the connection, `garbage` sends a frame that is no JSON, `error` an `error` event, `failed` a failed
    transcription, `silence` ignores the event. `status` is of a refused handshake.
    """

    kind: Literal["drop", "garbage", "error", "failed", "silence", "refuse"]
    at: str
    status: int = 500
    code: str = "server_error"


class Realtime:
    """What sessions share: their sounds, accidents to come, and switches.

    `improvises`: words that the voice adds to what it was told to read. `connections` counts handshakes that worked.
    """

    def __init__(self, sounds: Sounds, key: Callable[[], str], pace: Callable[[], float]) -> None:
        self.sounds = sounds
        self.key = key
        self.pace = pace
        self.clear()

    def clear(self) -> None:
        """Forget accidents, switches and counts."""
        self.accidents: list[Accident] = []
        self.improvises = ""
        self.connections = 0
        self.events: list[Json] = []

    def accident(self, at: str) -> Accident | None:
        """The accident that happens now, if any."""
        for one in self.accidents:
            if one.at == at:
                self.accidents.remove(one)
                return one
        return None

    async def serve(self, websocket: WebSocket) -> None:
        """One connection, from its handshake on."""
        try:
            kind, model = self._admitted(websocket)
        except Refusal as refusal:
            await websocket.send_denial_response(JSONResponse(refusal.body(), refusal.status, refusal.headers))
            return
        await websocket.accept()
        self.connections += 1
        self.sounds.wake()
        session = Session(self, websocket, kind, model)
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            await session.run()

    def _admitted(self, websocket: WebSocket) -> tuple[str, str]:
        if accident := self.accident("connect"):
            raise Refusal("Emulated refusal.", code=accident.code, status=accident.status, kind="server_error")
        if websocket.headers.get("authorization", "") != f"Bearer {self.key()}":
            raise Refusal("Incorrect API key provided.", code="invalid_api_key", status=401)
        if websocket.query_params.get("intent") == "transcription":
            return "transcription", ""
        return "realtime", self.sounds.admit(websocket.query_params.get("model"), realtime_models())


class Session:
    """One connection's session. `kind` is `transcription` or `realtime`."""

    def __init__(self, shared: Realtime, websocket: WebSocket, kind: str, model: str) -> None:
        self._shared = shared
        self._websocket = websocket
        self._numbers = itertools.count(1)
        self._buffer = bytearray()
        self._configured: Json | None = None
        self._kind = kind
        self._model = model
        self._last_item: str | None = None
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Answer events until the client goes."""
        await self._send("session.created", session={"type": self._kind, "object": f"realtime.{self._kind}_session"})
        try:
            while True:
                await self._take(await self._websocket.receive_text())
        finally:
            for task in self._tasks.values():
                task.cancel()
            await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def _take(self, text: str) -> None:
        event: Json = {}
        try:
            event = check_event(text, self._kind)
            self._note(event)
            if accident := self._shared.accident(event["type"]):
                await self._suffer(accident)
                return
            await self._act(event)
        except Refusal as refusal:
            error = refusal.body()["error"] | {"event_id": event.get("event_id")}
            await self._send("error", error=error)

    def _note(self, event: Json) -> None:
        shown = event if event["type"] != "input_audio_buffer.append" else {"type": event["type"]}
        self._shared.events.append(shown)
        del self._shared.events[:-READ_LIMIT]
        self._shared.sounds.wake()

    async def _suffer(self, accident: Accident) -> None:
        match accident.kind:
            case "drop":
                await self._websocket.close(1011)
                raise WebSocketDisconnect(1011)
            case "garbage":
                await self._websocket.send_text('{"type": "unfin')
            case "error":
                raise Refusal("Emulated failure.", code=accident.code, kind="server_error", status=500)
            case "failed":
                await self._commit(accident.code)
            case _:
                pass

    async def _act(self, event: Json) -> None:
        match event["type"]:
            case "session.update":
                self._configured = event["session"]
                self._admit_transcriber()
                await self._send("session.updated", session=event["session"])
            case "input_audio_buffer.append":
                self._append(event["audio"])
            case "input_audio_buffer.clear":
                self._buffer.clear()
                await self._send("input_audio_buffer.cleared")
            case "input_audio_buffer.commit":
                await self._commit(None)
            case "response.create":
                self._respond(event.get("response", {}))
            case "response.cancel":
                for task in self._tasks.values():
                    task.cancel()

    # -- hearing -------------------------------------------------------------------------------------------------

    def _admit_transcriber(self) -> None:
        if self._kind == "transcription":
            self._model = self._shared.sounds.admit(self._transcription().get("model"), transcription_models())

    def _transcription(self) -> Json:
        found: Json = (self._configured or {}).get("audio", {}).get("input", {}).get("transcription") or {}
        return found

    def _append(self, audio: str) -> None:
        try:
            self._buffer += base64.b64decode(audio, validate=True)
        except binascii.Error as error:
            raise Refusal("Invalid 'audio': not base64.", param="audio") from error
        if len(self._buffer) > BUFFER_LIMIT:
            self._buffer.clear()
            raise Refusal("The input audio buffer is full.", code="input_audio_buffer_full")

    async def _commit(self, failure: str | None) -> None:
        pcm = bytes(self._buffer)
        self._buffer.clear()
        if self._configured is None:
            raise Refusal("The session has no transcription.", code="session_not_configured")
        if len(pcm) < COMMIT_SECONDS * sound.BYTES_PER_SECOND:
            message = "Error committing input audio buffer: buffer too small. Expected at least 100ms of audio."
            raise Refusal(message, code="input_audio_buffer_commit_empty")
        item = self._id("item")
        await self._send("input_audio_buffer.committed", item_id=item, previous_item_id=self._last_item)
        content = [{"type": "input_audio", "transcript": None}]
        shown = {"id": item, "type": "message", "object": "realtime.item", "role": "user", "content": content}
        await self._send("conversation.item.added", previous_item_id=self._last_item, item=shown)
        self._last_item = item
        text = self._shared.sounds.hear(pcm, self._model, self._transcription().get("language"), "realtime")
        seconds = len(pcm) / sound.BYTES_PER_SECOND
        task = asyncio.create_task(self._transcribe(item, text, seconds, failure), name="realtime-transcribe")
        self._tasks[item] = task
        task.add_done_callback(lambda _: self._tasks.pop(item, None))

    async def _transcribe(self, item: str, text: str, seconds: float, failure: str | None) -> None:
        prefix = "conversation.item.input_audio_transcription."
        place = {"item_id": item, "content_index": 0}
        if failure is not None:
            error = {"type": "transcription_error", "code": failure, "message": "Emulated failure.", "param": None}
            await self._send(prefix + "failed", **place, error=error)
            return
        for index, word in enumerate(text.split(" ") if text else []):
            await self._send(prefix + "delta", **place, delta=word if index == 0 else f" {word}")
            await asyncio.sleep(self._shared.pace())
        usage = {"type": "duration", "seconds": seconds}
        await self._send(prefix + "completed", **place, transcript=text, usage=usage)

    # -- speaking ------------------------------------------------------------------------------------------------

    def _respond(self, asked: Json) -> None:
        text = f"{spoken_text(asked)} {self._shared.improvises}".strip()
        voice = asked.get("audio", {}).get("output", {}).get("voice", "marin")
        response = self._id("resp")
        task = asyncio.create_task(self._speak(response, text, voice), name="realtime-speak")
        self._tasks[response] = task
        task.add_done_callback(lambda _: self._tasks.pop(response, None))

    async def _speak(self, response: str, text: str, voice: str) -> None:
        said, pcm = self._shared.sounds.say(text, self._model, voice, "realtime")
        place = {"response_id": response, "item_id": self._id("item"), "output_index": 0, "content_index": 0}
        about = {"id": response, "object": "realtime.response", "output": []}
        await self._send("response.created", response={**about, "status": "in_progress"})
        try:
            await self._send("response.output_audio_transcript.delta", **place, delta=text)
            for start in range(0, len(pcm), CHUNK_BYTES):
                chunk = base64.b64encode(pcm[start : start + CHUNK_BYTES]).decode()
                await self._send("response.output_audio.delta", **place, delta=chunk)
                said.sent = min(start + CHUNK_BYTES, len(pcm))
                await asyncio.sleep(self._shared.pace())
            await self._send("response.output_audio_transcript.done", **place, transcript=text)
            await self._send("response.output_audio.done", **place)
            said.ended = "finished"
        finally:
            said.ended = said.ended or "cancelled"
            self._shared.sounds.wake()
            status = "completed" if said.ended == "finished" else "cancelled"
            with contextlib.suppress(RuntimeError, WebSocketDisconnect):
                await self._send("response.done", response={**about, "status": status})

    # -- frames --------------------------------------------------------------------------------------------------

    async def _send(self, kind: str, **fields: Any) -> None:
        await self._websocket.send_text(json.dumps({"type": kind, "event_id": self._id("event"), **fields}))

    def _id(self, prefix: str) -> str:
        return f"{prefix}_{id(self):x}{next(self._numbers):06d}"
