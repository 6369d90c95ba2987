"""Chat Completions as a `Model`, for servers that do not speak the Responses API: streaming, no retries of its own.

A call counts as successful only after a `finish_reason`. Usage comes behind it, in a chunk without choices, and only
where it was asked for; tool calls come in pieces that belong together by their index.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from typing import Any

from openai import AsyncOpenAI

from agent import chat_messages
from agent.capabilities import Capabilities
from agent.errors import ModelError
from agent.model import Completed, ModelEvent, ModelRequest, TextDelta
from agent.model_errors import cut_short
from agent.records import Json, ModelCall
from agent.responses_wire import whose
from agent.tool_search import plain_items
from agent.wire import own_call_ids, streamed

WHOLE = frozenset({"stop", "tool_calls", "function_call"})
MOST_CALLS = 128


class ChatWire:
    """Talks to `/chat/completions` of any server that speaks it, and sends what `can` says that it understands."""

    def __init__(self, client: AsyncOpenAI, model: str, can: Capabilities | None = None) -> None:
        self._client = client
        self._model = model
        self._can = can or Capabilities()

    def respond(self, request: ModelRequest) -> AsyncGenerator[ModelEvent, None]:
        """See `Model.respond`."""

        async def opened() -> Any:
            body = _body(self._model, request, self._can)
            # What the SDK wants to be given by name is given, the rest goes as it is: see the other wire.
            return await self._client.chat.completions.create(
                model=self._model, messages=[], extra_body=body, stream=True
            )

        return streamed(opened, lambda request_id: _Reader(self._model, request_id, request.input))


def _body(model: str, request: ModelRequest, can: Capabilities) -> dict[str, Any]:
    limit = "max_completion_tokens" if can.completion_limit else "max_tokens"
    body: dict[str, Any] = {
        "model": model,
        "messages": chat_messages.messages(request.instructions, plain_items(request.input), can),
        limit: request.max_output_tokens,
    }
    body |= {"store": False} if can.store else {}
    body |= {"stream_options": {"include_usage": True}} if can.stream_usage else {}
    body |= whose(request, can)
    tools = chat_messages.tools([*request.tools, *request.found], can)
    if tools and (request.use_tools or can.tool_choice):
        body |= {"tools": tools}
        body |= {"parallel_tool_calls": True} if can.parallel_calls else {}
        body |= {"tool_choice": "auto" if request.use_tools else "none"} if can.tool_choice else {}
    return body


@dataclass(slots=True)
class _Call:
    """A tool call as far as it has come."""

    id: str = ""
    name: str = ""
    arguments: str = ""


@dataclass(slots=True)
class _Reader:
    """From chunks to our events; the answer is put together when the stream has ended."""

    model: str
    request_id: str | None
    asked: Sequence[Json]
    response_id: str = ""
    text: str = ""
    refusal: str = ""
    calls: list[_Call] = field(default_factory=list)
    places: dict[int, _Call] = field(default_factory=dict)
    finish: str | None = None
    usage: Any = None

    def read(self, event: Any) -> list[ModelEvent]:
        """See `Reader.read`."""
        self.response_id = self.response_id or getattr(event, "id", None) or ""
        self.usage = getattr(event, "usage", None) or self.usage
        if not (choices := getattr(event, "choices", None)):
            return []
        self.finish = choices[0].finish_reason or self.finish
        delta = choices[0].delta
        for piece in getattr(delta, "tool_calls", None) or []:
            self._piece(piece)
        self.refusal += getattr(delta, "refusal", None) or ""
        text = getattr(delta, "content", None) or ""
        self.text += text
        return [TextDelta(text, final=True)] if text else []

    def close(self) -> list[ModelEvent]:
        """See `Reader.close`."""
        if self.finish is None:
            raise ModelError("stream_incomplete", retryable=True, request_id=self.request_id)
        if self.finish not in WHOLE:
            raise cut_short(self.finish, self.request_id)
        items = self._items()
        if not items:  # an end without anything before it
            raise ModelError("stream_incomplete", retryable=True, request_id=self.request_id)
        return [Completed(tuple(own_call_ids(items, self.asked)), self._counted())]

    def _piece(self, piece: Any) -> None:
        """Some servers number no pieces, or all of them with 0: a new id begins a new call."""
        index = piece.index if isinstance(getattr(piece, "index", None), int) else max(len(self.calls) - 1, 0)
        call = self.places.get(index)
        if call is None or (piece.id and call.id and piece.id != call.id):
            if len(self.calls) >= MOST_CALLS:
                raise ModelError("refused", retryable=False, request_id=self.request_id)
            call = self.places[index] = _Call()
            self.calls.append(call)
        function = getattr(piece, "function", None)
        call.id = call.id or piece.id or ""
        call.name = call.name or getattr(function, "name", None) or ""
        call.arguments += getattr(function, "arguments", None) or ""

    def _items(self) -> list[Json]:
        parts: list[Json] = [{"type": "output_text", "text": self.text, "annotations": []}] if self.text else []
        parts += [{"type": "refusal", "refusal": self.refusal}] if self.refusal else []
        message: Json = {"type": "message", "role": "assistant", "status": "completed", "content": parts}
        return [*([message] if parts else []), *map(_item, self.calls)]

    def _counted(self) -> ModelCall:
        details = getattr(self.usage, "prompt_tokens_details", None)
        return ModelCall(
            model=self.model,
            response_id=self.response_id[:64],
            request_id=self.request_id,
            input_tokens=getattr(self.usage, "prompt_tokens", 0) or 0,
            output_tokens=getattr(self.usage, "completion_tokens", 0) or 0,
            cached_tokens=getattr(details, "cached_tokens", 0) or 0,
        )


def _item(call: _Call) -> Json:
    """A call in the shape of our log. One without a name becomes one that the toolbox does not know."""
    named = {"name": call.name[:64] or "unnamed", "arguments": call.arguments or "{}"}
    return {"type": "function_call", "call_id": call.id or "call", **named, "status": "completed"}
