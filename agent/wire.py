"""What both wires share: a stream that is read to its end within a bound, and calls that can be told apart."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
from typing import Any, Protocol

import openai

from agent.errors import ModelError
from agent.model import ModelEvent
from agent.model_errors import from_openai
from agent.records import Json

CALL_SECONDS = 120.0
LONGEST_CALL_ID = 64


class Reader(Protocol):
    """From a wire's events to ours."""

    def read(self, event: Any) -> list[ModelEvent]:
        """Our events for one of theirs; `ModelError` for failures that arrive as events."""
        ...

    def close(self) -> list[ModelEvent]:
        """The stream has ended: what is still to be said; `ModelError` when the answer is not whole."""
        ...


async def streamed(
    opened: Callable[[], Coroutine[Any, Any, Any]], reader_for: Callable[[str | None], Reader]
) -> AsyncGenerator[ModelEvent, None]:
    """The events of one call. `reader_for` takes the provider's id of the request, where it told one.

    A stream is cut in three ways: it just ends, the connection breaks, or an event is no JSON. All are `ModelError`.
    """
    deadline = asyncio.get_running_loop().time() + CALL_SECONDS
    try:
        async with asyncio.timeout_at(deadline):
            stream = await opened()
        async with stream:
            reader = reader_for(stream.response.headers.get("x-request-id"))
            while (event := await _next(stream, deadline)) is not None:
                for out in reader.read(event):
                    yield out
            for out in reader.close():
                yield out
    except TimeoutError as error:
        raise ModelError("timeout", retryable=True) from error
    except openai.APIError as error:
        raise from_openai(error) from error
    except json.JSONDecodeError as error:
        raise ModelError("stream_incomplete", retryable=True) from error


async def _next(stream: Any, deadline: float) -> Any:
    """The next event, None at the end. The deadline never spans a `yield`: there it would cancel the reader."""
    async with asyncio.timeout_at(deadline):
        return await anext(stream, None)


def own_call_ids(answer: Sequence[Json], asked: Sequence[Json]) -> list[Json]:
    """The items of an answer in which no call has the id of an earlier one: some servers number them anew each time."""
    used = {str(item["call_id"]) for item in asked if item.get("call_id")}
    result: list[Json] = []
    for item in answer:
        if item.get("type") == "function_call":
            item = {**item, "call_id": _unused(str(item.get("call_id") or "call"), used)}
            used.add(item["call_id"])
        result.append(item)
    return result


def _unused(call_id: str, used: set[str]) -> str:
    if call_id not in used and len(call_id) <= LONGEST_CALL_ID:
        return call_id
    number = len(used)
    while (candidate := f"{call_id[:24]}_{number}") in used:
        number += 1
    return candidate
