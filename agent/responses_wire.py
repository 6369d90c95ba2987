"""The Responses API as a `Model`: stateless (`store=false`), streaming, no retries of its own.

A call counts as successful only after a terminal event with status `completed`. An `error` event does not raise in
the SDK, a cut stream may end the iteration silently, and a broken event raises a bare JSON error: all three are
`stream_incomplete` here (measured with openai 3.54).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from typing import Any

import openai
from openai import AsyncOpenAI

from agent.errors import ModelError
from agent.model import Completed, ModelEvent, ModelRequest, TextDelta
from agent.records import Json, ModelCall
from agent.tool_search import item_in, items_out, plain_items, tools_out

CALL_SECONDS = 120.0
RETRYABLE_FAILURES = frozenset({"server_error", "rate_limit_exceeded", "vector_store_timeout"})


class ResponsesWire:
    """Talks to `/responses` of any server that speaks it. `tool_search`: the model has tool search of its own."""

    def __init__(self, client: AsyncOpenAI, model: str, *, tool_search: bool = False) -> None:
        self._client = client
        self._model = model
        self._tool_search = tool_search

    async def respond(self, request: ModelRequest) -> AsyncGenerator[ModelEvent, None]:
        """See `Model.respond`."""
        deadline = asyncio.get_running_loop().time() + CALL_SECONDS
        try:
            async with asyncio.timeout_at(deadline):
                stream = await self._open(request)
            async with stream:
                reader = _Reader(self._model, stream.response.headers.get("x-request-id"))
                while (event := await _next(stream, deadline)) is not None:
                    for out in reader.read(event):
                        yield out
                reader.close()
        except TimeoutError as error:
            raise ModelError("timeout", retryable=True) from error
        except openai.APIError as error:
            raise from_openai(error) from error
        except json.JSONDecodeError as error:
            raise ModelError("stream_incomplete", retryable=True) from error

    async def _open(self, request: ModelRequest) -> Any:
        body = _body(self._model, request, tool_search=self._tool_search)
        return await self._client.responses.create(**body, stream=True)


async def _next(stream: Any, deadline: float) -> Any:
    """The next event, None at the end. The deadline never spans a `yield`: there it would cancel the reader."""
    async with asyncio.timeout_at(deadline):
        return await anext(stream, None)


def _body(model: str, request: ModelRequest, *, tool_search: bool) -> dict[str, Any]:
    items, tools = plain_items(request.input), [*request.tools, *request.found]
    if tool_search:
        items, tools = items_out(request.input, request.found), tools_out(request.tools)
    body: dict[str, Any] = {
        "model": model,
        "instructions": request.instructions,
        "input": items,
        "store": False,
        "include": ["reasoning.encrypted_content"],
        "truncation": "disabled",
        "max_output_tokens": request.max_output_tokens,
        "prompt_cache_key": request.cache_key,
        "safety_identifier": request.person,
    }
    if tools:
        body["tools"] = tools
        body["parallel_tool_calls"] = True
        # The tools stay in place when they are off, so that the provider's prompt cache survives.
        body["tool_choice"] = "auto" if request.use_tools else "none"
    return body


class _Reader:
    """From the wire's events to ours; remembers whether a terminal event came."""

    def __init__(self, model: str, request_id: str | None) -> None:
        self._model = model
        self._request_id = request_id
        self._phases: dict[str, str | None] = {}
        self._done = False

    def read(self, event: Any) -> list[ModelEvent]:
        """Our events for one of theirs; `ModelError` for failures that arrive as events."""
        match getattr(event, "type", None):
            case "response.output_item.added":
                self._phases[getattr(event.item, "id", "") or ""] = getattr(event.item, "phase", None)
            case "response.output_text.delta":
                phase = self._phases.get(event.item_id or "")
                return [TextDelta(event.delta, final=phase != "commentary")]
            case "response.completed":
                return [self._completed(event.response)]
            case "response.failed" | "response.incomplete":
                raise self._failure(event.response)
            case "error":
                raise self._error(event.code)
            case _:
                pass
        return []

    def close(self) -> None:
        """The stream ended; `ModelError` when no terminal event came."""
        if not self._done:
            raise ModelError("stream_incomplete", retryable=True, request_id=self._request_id)

    def _completed(self, response: Any) -> Completed:
        if response.status != "completed":
            raise ModelError("stream_incomplete", retryable=True, request_id=self._request_id)
        self._done = True
        items = tuple(item_in(item.to_dict(mode="json")) for item in response.output)
        return Completed(items, self._usage(response))

    def _usage(self, response: Any) -> ModelCall:
        usage = response.usage
        details = getattr(usage, "input_tokens_details", None)
        return ModelCall(
            model=self._model,
            response_id=response.id,
            request_id=self._request_id,
            input_tokens=getattr(usage, "input_tokens", 0) or 0,
            output_tokens=getattr(usage, "output_tokens", 0) or 0,
            cached_tokens=getattr(details, "cached_tokens", 0) or 0,
        )

    def _failure(self, response: Any) -> ModelError:
        if response.status == "incomplete":
            reason = getattr(response.incomplete_details, "reason", None)
            code = "too_long_answer" if reason == "max_output_tokens" else "refused"
            return ModelError(code, retryable=False, request_id=self._request_id)
        return self._error(getattr(response.error, "code", None))

    def _error(self, code: str | None) -> ModelError:
        if code == "insufficient_quota":
            return ModelError("quota", retryable=False, request_id=self._request_id)
        retryable = code is None or code in RETRYABLE_FAILURES
        return ModelError("server" if retryable else "refused", retryable=retryable, request_id=self._request_id)


def from_openai(error: openai.APIError) -> ModelError:
    """Our error for the SDK's; the caller chains it."""
    if isinstance(error, openai.APITimeoutError):
        return ModelError("timeout", retryable=True)
    if isinstance(error, openai.APIStatusError):
        return _from_status(error)
    if isinstance(error, openai.APIConnectionError):
        return ModelError("connection", retryable=True)
    # The SDK raises a plain APIError for an `error` event on some servers.
    return ModelError("stream_incomplete", retryable=True)


_STATUS_CODES = {401: "unauthorized", 403: "unauthorized", 404: "bad_request", 422: "bad_request", 400: "bad_request"}


def _from_status(error: openai.APIStatusError) -> ModelError:
    status, code = error.status_code, error.code
    if code == "insufficient_quota":
        return ModelError("quota", retryable=False, status=status, request_id=error.request_id)
    if code == "context_length_exceeded":
        return ModelError("context_length", retryable=False, status=status, request_id=error.request_id)
    if status in _STATUS_CODES:
        return ModelError(_STATUS_CODES[status], retryable=False, status=status, request_id=error.request_id)
    retryable = status in (408, 409, 429) or status >= 500
    name = "rate_limited" if status == 429 else "server"
    after = retry_after(dict(error.response.headers))
    return ModelError(name, retryable=retryable, retry_after=after, status=status, request_id=error.request_id)


def retry_after(headers: Json) -> float | None:
    """Seconds a server asks us to wait: `retry-after-ms`, else `retry-after` in seconds; None where it does not."""
    for name, scale in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            return max(0.0, float(headers[name]) * scale)
        except (KeyError, ValueError):
            continue
    return None
