"""OpenAI's API with delays that are always the same, and a note of when each thing happened."""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from emulators.openai import ModelCall, OpenAIEmulator, Rules, Say, chat, responses, sound
from emulators.openai.audio import check_speech, check_transcription, parts_of
from emulators.openai.script import Content
from emulators.openai.validate import check_responses

Json = dict[str, Any]
Note = Callable[[str, int], None]  # what happened, and in which call
Timed = tuple[bytes, bool]  # a frame of a stream, and whether it carries text

SOUND_CHUNK = 4_800  # bytes: 100 ms


@dataclass(frozen=True, slots=True)
class Delays:
    """How long providers take, in seconds.

    `hearing`: from a recording to its text. `first_token`, then `next_token` for each word. `first_sound`: from a text
    to the first byte of its sound, of which the rest comes `sound_rate` times as fast as it is played.
    """

    hearing: float = 0.25
    first_token: float = 0.35
    next_token: float = 0.02
    first_sound: float = 0.2
    sound_rate: float = 4.0


class FixedOpenAI(OpenAIEmulator):
    """Hears `heard` whatever the sound, and answers with `answer(what was asked)` whatever the tools.

    What the real API would refuse is refused here as well. `note` is told when each thing happens.
    """

    def __init__(self, delays: Delays, note: Note, answer: Callable[[str], str]) -> None:
        super().__init__(rules=Rules(store_must_be_false=False))
        self.delays = delays
        self.heard = ""
        self._note = note
        self._reply = answer
        self._timed_calls = itertools.count(1)

    def routes(self) -> list[BaseRoute]:
        """The timed ones before those of the emulator."""
        timed = {
            "/v1/responses": self._timed_responses,
            "/v1/chat/completions": self._timed_chat,
            "/v1/audio/speech": self._timed_speech,
            "/v1/audio/transcriptions": self._timed_transcription,
        }
        mine = [Route(path, self._guarded(endpoint), methods=["POST"]) for path, endpoint in timed.items()]
        return [*mine, *super().routes()]

    def _contents(self, call: ModelCall) -> Sequence[Content]:
        asked = [item for item in call.asked.items if item.get("role") == "user"]
        return [Say(self._reply(json.dumps(asked[-1:], ensure_ascii=False)))]

    async def _timed_responses(self, request: Request) -> Response:
        call = self._admit("responses", check_responses(await request.json(), self.rules))
        output, usage = await self._generate(call, self._sender(request, call))
        begun = responses.response_object(call.asked, self._id("resp"), call.at)
        final = responses.finished(begun, output, usage, None, self.clock.now())
        events = responses.events(begun, final, output, None)
        return self._words((responses.frame(event), event["type"].endswith("text.delta")) for event in events)

    async def _timed_chat(self, request: Request) -> Response:
        call = self._admit("chat", chat.check_chat(await request.json(), self.rules))
        output, usage = await self._generate(call, self._sender(request, call))
        chunks = chat.chunks(call.asked, self._id("chatcmpl"), call.at, output, usage)
        frames = [(chat.frame(chunk), _has_text(chunk)) for chunk in chunks]
        return self._words([*frames, (chat.DONE, False)])

    def _begun(self, provider: str) -> int:
        call = next(self._timed_calls)
        self._note(f"{provider}.asked", call)
        return call

    def _words(self, frames: Iterable[Timed]) -> Response:
        call = self._begun("model")
        return StreamingResponse(self._paced_words(list(frames), time.time(), call), media_type="text/event-stream")

    async def _paced_words(self, frames: Sequence[Timed], asked: float, call: int) -> AsyncIterator[bytes]:
        due, first = asked + self.delays.first_token, True
        for frame, has_text in frames:
            if has_text:
                await _until(due)
                due += self.delays.next_token
                if first:
                    self._note("model.first", call)
                    first = False
            yield frame

    async def _timed_speech(self, request: Request) -> Response:
        body = await request.json()
        call, asked = self._begun("voice"), time.time()
        as_events = body.pop("stream_format", "audio") == "sse"
        pcm = sound.speech(check_speech(body)["input"])
        chunks = self._paced_sound(pcm, asked, call)
        if as_events:
            return StreamingResponse(_events(chunks), media_type="text/event-stream")
        return StreamingResponse(chunks, media_type="audio/pcm")

    async def _paced_sound(self, pcm: bytes, asked: float, call: int) -> AsyncIterator[bytes]:
        due = asked + self.delays.first_sound
        for at in range(0, len(pcm), SOUND_CHUNK):
            await _until(due)
            due += SOUND_CHUNK / sound.BYTES_PER_SECOND / self.delays.sound_rate
            if at == 0:
                self._note("voice.first", call)
            yield pcm[at : at + SOUND_CHUNK]

    async def _timed_transcription(self, request: Request) -> Response:
        form = parts_of(request.headers.get("content-type", ""), await request.body())
        call, asked = self._begun("ears"), time.time()
        check_transcription(form)
        await _until(asked + self.delays.hearing)
        self._note("ears.first", call)
        return JSONResponse({"text": self.heard, "usage": {"type": "duration", "seconds": 2}})


def _has_text(chunk: Json) -> bool:
    return any(choice["delta"].get("content") for choice in chunk["choices"])


async def _events(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Sound as events, for clients that ask for them."""
    async for chunk in chunks:
        yield _event({"type": "speech.audio.delta", "audio": base64.b64encode(chunk).decode()})
    usage = {"input_tokens": 10, "output_tokens": 100, "total_tokens": 110}
    yield _event({"type": "speech.audio.done", "usage": usage})


def _event(content: Json) -> bytes:
    return f"data: {json.dumps(content)}\n\n".encode()


async def _until(due: float) -> None:
    await asyncio.sleep(max(0.0, due - time.time()))
