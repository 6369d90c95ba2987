"""Speaking through `/audio/speech` of any server that has it, streamed as raw PCM."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack

import httpx2
import openai
from openai import AsyncOpenAI

from agent.live.errors import VoiceError

FIRST_BYTE_SECONDS = 10.0
NEXT_BYTE_SECONDS = 5.0
MAX_CHARACTERS = 4096
LONGEST_BYTES = 48_000 * 600  # ten minutes of sound for a text of at most 4096 characters: something is wrong
CONTAINERS = (b"RIFF", b"ID3", b"OggS", b"fLaC", b'{"', b"<!", b"<h")
NOT_PCM = ("json", "html", "text/", "mpeg", "wav", "ogg", "opus", "aac", "flac")


class HttpVoice:
    """One voice over HTTP. `client` retries nothing itself; `voice` is the server's name for it."""

    def __init__(self, client: AsyncOpenAI, model: str, voice: str) -> None:
        self._client = client
        self._model = model
        self._voice = voice

    async def speak(self, text: str) -> AsyncGenerator[bytes, None]:
        """See `Voice.speak`."""
        if len(text) > MAX_CHARACTERS:
            raise VoiceError("too_long", retryable=False)
        samples = _WholeSamples()
        async with AsyncExitStack() as stack:
            chunks = await self._open(stack, text)
            wait = FIRST_BYTE_SECONDS
            while (chunk := await _next(chunks, wait)) is not None:
                if sound := samples.take(chunk):
                    wait = NEXT_BYTE_SECONDS
                    yield sound
        samples.end()

    async def _open(self, stack: AsyncExitStack, text: str) -> AsyncIterator[bytes]:
        try:
            async with asyncio.timeout(FIRST_BYTE_SECONDS):
                response = await stack.enter_async_context(
                    self._client.audio.speech.with_streaming_response.create(
                        input=text, model=self._model, voice=self._voice, response_format="pcm"
                    )
                )
        except TimeoutError as error:
            raise VoiceError("timeout", retryable=True) from error
        except openai.APIError as error:
            raise VoiceError.of(error) from error
        kind = response.headers.get("content-type", "").lower()
        if any(other in kind for other in NOT_PCM):
            raise VoiceError("wrong_format", retryable=False)
        return aiter(response.iter_bytes())


async def _next(chunks: AsyncIterator[bytes], seconds: float) -> bytes | None:
    """The next chunk, None at the end. The wait never spans a `yield`: there it would cancel the reader."""
    try:
        async with asyncio.timeout(seconds):
            return await anext(chunks, None)
    except TimeoutError as error:
        raise VoiceError("timeout", retryable=True) from error
    except httpx2.HTTPError as error:
        raise VoiceError("cut", retryable=True) from error
    except openai.APIError as error:
        raise VoiceError.of(error) from error


class _WholeSamples:
    """Keeps samples whole over chunks, and looks whether it is sound at all."""

    def __init__(self) -> None:
        self._half = b""
        self._size = 0

    def take(self, chunk: bytes) -> bytes:
        """The whole samples there are now; `VoiceError` for what is no raw PCM, or too much."""
        if self._size == 0 and chunk.startswith(CONTAINERS):
            raise VoiceError("wrong_format", retryable=False)
        self._size += len(chunk)
        if self._size > LONGEST_BYTES:
            raise VoiceError("endless", retryable=False)
        sound = self._half + chunk
        self._half = sound[len(sound) // 2 * 2 :]
        return sound[: len(sound) // 2 * 2]

    def end(self) -> None:
        """The stream ended; `VoiceError` when nothing came."""
        if self._size < 2:
            raise VoiceError("empty", retryable=True)
