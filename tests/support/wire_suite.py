"""What every wire has to do against every server: the core of the contract, and what a server is told to do for it.

The words of a question say what is to come of it, so that a server that only knows
prepared answers finds the right one.
"""

from __future__ import annotations

import json
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Protocol

import httpx2
import pytest
from openai import AsyncOpenAI

from agent.capabilities import Capabilities
from agent.chat_wire import ChatWire
from agent.conversation import developer_message, user_message
from agent.errors import ModelError
from agent.model import Completed, Model, ModelEvent, ModelRequest, TextDelta
from agent.responses_wire import ResponsesWire
from emulators.openai.journal import unpaired

Json = dict[str, Any]
WIRES = {"responses": ResponsesWire, "chat": ChatWire}
NO_CERTIFICATES = ssl.SSLContext(
    ssl.PROTOCOL_TLS_CLIENT
)  # loopback needs none; loading them would take most of the time

TEXT, ONE, PARALLEL, AFTER, BUSY, BROKEN, CUT = (
    *("say hello", "look once", "look at two things", "say what you found"),
    *("be busy", "be broken", "stop in the middle"),
)
ANSWER = "Hello there, this is the whole answer."
LOOKED = "The jobs are as they were."


class Double(Protocol):
    """A server that plays a model."""

    base_url: str
    key: str
    model: str

    async def prepare(self, case: str) -> None:
        """The next request asks for `case`."""
        ...


class Line:
    """A wire to a server, and the bodies that went over it."""

    def __init__(self, model: Model, bodies: list[Json]) -> None:
        self.model = model
        self.bodies = bodies

    async def answer(self, asked: ModelRequest) -> Completed:
        """The one complete answer, after deltas that make up its text."""
        events = await self.events(asked)
        completed = events.pop()
        assert isinstance(completed, Completed)
        shown = "".join(event.text for event in events if isinstance(event, TextDelta))
        assert shown == text_of(completed.items)
        return completed

    async def events(self, asked: ModelRequest) -> list[ModelEvent]:
        """Everything up to the end."""
        return [event async for event in self.model.respond(asked)]

    async def failure(self, asked: ModelRequest) -> ModelError:
        """The error that a call ends in, after no complete answer."""
        seen: list[ModelEvent] = []
        with pytest.raises(ModelError) as raised:
            await self._read(asked, seen)
        assert all(isinstance(event, TextDelta) for event in seen)
        return raised.value

    async def _read(self, asked: ModelRequest, into: list[ModelEvent]) -> None:
        async for event in self.model.respond(asked):
            into.append(event)  # noqa: PERF401 - a comprehension would keep nothing


@asynccontextmanager
async def opened(name: str, double: Double, can: Capabilities | None = None) -> AsyncIterator[Line]:
    """One wire to one server."""
    bodies: list[Json] = []

    async def keep(request: httpx2.Request) -> None:
        bodies.append(json.loads(request.content))

    http = httpx2.AsyncClient(verify=NO_CERTIFICATES, event_hooks={"request": [keep]})
    async with AsyncOpenAI(api_key=double.key, base_url=double.base_url, max_retries=0, http_client=http) as client:
        yield Line(WIRES[name](client, double.model, can), bodies)


def tool(name: str) -> Json:
    """A function of one word."""
    parameters = {
        "type": "object",
        "properties": {"word": {"type": "string"}},
        "required": ["word"],
        "additionalProperties": False,
    }
    return {"type": "function", "name": name, "description": "Looks.", "parameters": parameters, "strict": True}


def request(*items: Json, tools: Sequence[Json] = (), **fields: Any) -> ModelRequest:
    """A request with these items, the facts of the moment last."""
    kept: dict[str, Any] = {"use_tools": True, "cache_key": "W1-1", "person": "keyed-hash", **fields}
    facts = developer_message("Facts of this moment: none.")
    return ModelRequest(instructions="Be brief.", input=[*items, facts], tools=tools, **kept)


def calls_of(items: Sequence[Json]) -> list[Json]:
    """The function calls of an answer."""
    return [item for item in items if item["type"] == "function_call"]


def text_of(items: Sequence[Json]) -> str:
    """What an answer says."""
    parts = [part for item in items if item["type"] == "message" for part in item["content"]]
    return "".join(part.get("text", "") for part in parts)


def output(call: Json) -> Json:
    """The result of a call."""
    return {"type": "function_call_output", "call_id": call["call_id"], "output": '{"ok": true}'}


class WireCore:
    """The core: `line` is a wire to `double`. Subclasses are collected, this one is not."""

    async def test_text_arrives_in_pieces_and_whole(self, double: Double, line: Line) -> None:
        await double.prepare(TEXT)
        completed = await line.answer(request(user_message(TEXT)))
        assert text_of(completed.items) == ANSWER
        assert completed.call.model == double.model

    async def test_one_call_arrives_whole(self, double: Double, line: Line) -> None:
        await double.prepare(ONE)
        (call,) = calls_of((await line.answer(request(user_message(ONE), tools=[tool("look")]))).items)
        assert (call["name"], json.loads(call["arguments"])) == ("look", {"word": "one"})
        assert call["call_id"]

    async def test_parallel_calls_are_put_together_from_their_pieces(self, double: Double, line: Line) -> None:
        await double.prepare(PARALLEL)
        completed = await line.answer(request(user_message(PARALLEL), tools=[tool("look"), tool("listen")]))
        calls = calls_of(completed.items)
        assert [(one["name"], json.loads(one["arguments"])["word"]) for one in calls] == [
            ("look", "one"),
            ("listen", "two"),
        ]
        assert len({one["call_id"] for one in calls}) == 2

    async def test_results_go_back_and_the_answer_comes(self, double: Double, line: Line) -> None:
        """What was answered is sent back as the log keeps it, with the results, and the pairs hold."""
        tools = [tool("look"), tool("listen")]
        await double.prepare(PARALLEL)
        first = await line.answer(request(user_message(PARALLEL), tools=tools))
        results = [output(call) for call in calls_of(first.items)]
        await double.prepare(AFTER)
        history = [user_message(PARALLEL), *first.items, *results, user_message(AFTER)]
        second = await line.answer(request(*history, tools=tools))
        assert text_of(second.items) == LOOKED
        assert len(line.bodies) == 2
        assert unpaired(line.bodies) == []

    async def test_a_busy_server_says_when(self, double: Double, line: Line) -> None:
        await double.prepare(BUSY)
        error = await line.failure(request(user_message(BUSY)))
        assert (error.code, error.retryable, error.status, error.retry_after) == ("rate_limited", True, 429, 3.0)

    async def test_a_broken_server_is_worth_another_try(self, double: Double, line: Line) -> None:
        await double.prepare(BROKEN)
        error = await line.failure(request(user_message(BROKEN)))
        assert (error.code, error.retryable, error.status) == ("server", True, 500)

    async def test_half_an_answer_is_none(self, double: Double, line: Line) -> None:
        await double.prepare(CUT)
        error = await line.failure(request(user_message(CUT)))
        assert error.code in ("stream_incomplete", "connection")
        assert error.retryable
