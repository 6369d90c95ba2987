"""What realtime ears and the realtime voice share: opening a connection, and our errors for its failures."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import openai
from openai.resources.realtime.realtime import AsyncRealtimeConnection, AsyncRealtimeConnectionManager
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from agent.live.errors import SpeechError

OPEN_SECONDS = 10.0
CLOSE_SECONDS = 2.0
PCM = {"type": "audio/pcm", "rate": 24_000}
_LIMITS = {"rate_limit_exceeded", "rate_limit_error", "requests"}

Error = TypeVar("Error", bound=SpeechError)
Result = TypeVar("Result")


async def opened(manager: AsyncRealtimeConnectionManager, kind: type[Error]) -> AsyncRealtimeConnection:
    """The open connection; `kind` when that fails."""
    return await guarded(manager.enter, kind, OPEN_SECONDS)


async def guarded(work: Callable[[], Awaitable[Result]], kind: type[Error], seconds: float) -> Result:
    """The result of something that talks to the server; `kind` for every way it fails."""
    try:
        async with asyncio.timeout(seconds):
            return await work()
    except TimeoutError as error:
        raise kind("timeout", retryable=True) from error
    except InvalidStatus as error:
        raise of_status(error.response.status_code, kind) from error
    except (ConnectionClosed, InvalidHandshake, OSError) as error:
        raise kind("connection", retryable=True) from error
    except openai.OpenAIError as error:
        raise kind("connection", retryable=True) from error
    except ValueError as error:  # a frame that is no JSON
        raise kind("wrong_format", retryable=True) from error


async def closed(connection: AsyncRealtimeConnection) -> None:
    """Close it, whatever state it is in, without waiting long."""
    try:
        async with asyncio.timeout(CLOSE_SECONDS):
            await connection.close()
    except (TimeoutError, ConnectionClosed, OSError):
        return


def of_status(status: int, kind: type[Error]) -> Error:
    """Our error for a refused handshake."""
    if status in (401, 403):
        return kind("unauthorized", retryable=False, status=status)
    if status == 429:
        return kind("rate_limited", retryable=True, status=status)
    if status >= 500:
        return kind("server", retryable=True, status=status)
    return kind("bad_request", retryable=False, status=status)


def of_event(error: Any, kind: type[Error]) -> Error:
    """Our error for an `error` event or a failed response or transcription."""
    code, group = getattr(error, "code", None), getattr(error, "type", None)
    if code == "insufficient_quota":
        return kind("quota", retryable=False)
    if code in _LIMITS or group in _LIMITS:
        return kind("rate_limited", retryable=True)
    if group == "invalid_request_error":
        return kind("bad_request", retryable=False)
    return kind("server", retryable=True)
