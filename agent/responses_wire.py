"""The Responses API as a `Model`: stateless (`store=false`), streaming, no retries of its own.

A call counts as successful only after a terminal event with status `completed`. An `error` event does not raise in
the SDK, a cut stream may end the iteration silently, and a broken event raises a bare JSON error: all three are
`stream_incomplete` here (measured with openai 3.54).
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from typing import Any

from openai import AsyncOpenAI

from agent.capabilities import Capabilities
from agent.errors import ModelError
from agent.model import Completed, ModelEvent, ModelRequest, TextDelta
from agent.model_errors import cut_short, from_code
from agent.records import Json, ModelCall
from agent.tool_search import item_in, items_out, plain_items, tools_out
from agent.wire import own_call_ids, streamed


class ResponsesWire:
    """Talks to `/responses` of any server that speaks it, and sends what `can` says that it understands."""

    def __init__(self, client: AsyncOpenAI, model: str, can: Capabilities | None = None) -> None:
        self._client = client
        self._model = model
        self._can = can or Capabilities()

    def respond(self, request: ModelRequest) -> AsyncGenerator[ModelEvent, None]:
        """See `Model.respond`."""

        async def opened() -> Any:
            # As `extra_body` it is sent as it is. Given by name, the SDK would first walk through every schema of every
            # tool in search of its own type hints: a tenth of a second per call in which nothing else runs.
            return await self._client.responses.create(extra_body=_body(self._model, request, self._can), stream=True)

        return streamed(opened, lambda request_id: _Reader(self._model, request_id, request.input))


def _body(model: str, request: ModelRequest, can: Capabilities) -> dict[str, Any]:
    items, tools = plain_items(request.input), [*request.tools, *request.found]
    if not can.encrypted_reasoning:
        items = _without_reasoning(items)
    if can.tool_search:
        items, tools = items_out(request.input, request.found), tools_out(request.tools)
    body: dict[str, Any] = {
        "model": model,
        "instructions": request.instructions,
        "input": items,
        "store": False,  # always said: the default is to store
        "max_output_tokens": request.max_output_tokens,
    }
    body |= {"include": ["reasoning.encrypted_content"]} if can.encrypted_reasoning else {}
    body |= {"truncation": "disabled"} if can.truncation else {}
    body |= whose(request, can)
    if tools and (request.use_tools or can.tool_choice):
        body |= {"tools": tools if can.strict else [tool | {"strict": False} for tool in tools]}
        body |= {"parallel_tool_calls": True} if can.parallel_calls else {}
        # The tools stay in place when they are off, so that the provider's prompt cache survives.
        body |= {"tool_choice": "auto" if request.use_tools else "none"} if can.tool_choice else {}
    return body


def whose(request: ModelRequest, can: Capabilities) -> Json:
    """Who shares a prompt cache, and the keyed hash of the person it is for: the same fields on both wires."""
    cache = {"prompt_cache_key": request.cache_key} if can.cache_key else {}
    return cache | ({"safety_identifier": request.person} if can.safety_identifier else {})


def _without_reasoning(items: Sequence[Json]) -> list[Json]:
    """Items for a server that keeps none: what led to a call is left out, and the ids that would ask for it."""
    kept = [item for item in items if item.get("type") != "reasoning"]
    return [{name: value for name, value in item.items() if name != "id"} for item in kept]


class _Reader:
    """From the wire's events to ours; remembers whether a terminal event came."""

    def __init__(self, model: str, request_id: str | None, asked: Sequence[Json]) -> None:
        self._model = model
        self._request_id = request_id
        self._asked = asked
        self._phases: dict[str, str | None] = {}
        self._done = False

    def read(self, event: Any) -> list[ModelEvent]:
        """See `Reader.read`."""
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
                raise from_code(event.code, self._request_id)
            case _:
                pass
        return []

    def close(self) -> list[ModelEvent]:
        """See `Reader.close`."""
        if not self._done:
            raise ModelError("stream_incomplete", retryable=True, request_id=self._request_id)
        return []

    def _completed(self, response: Any) -> Completed:
        if response.status != "completed":
            raise ModelError("stream_incomplete", retryable=True, request_id=self._request_id)
        self._done = True
        items = own_call_ids([item_in(item.to_dict(mode="json")) for item in response.output], self._asked)
        return Completed(tuple(items), self._usage(response))

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
            return cut_short(getattr(response.incomplete_details, "reason", None), self._request_id)
        return from_code(getattr(response.error, "code", None), self._request_id)
