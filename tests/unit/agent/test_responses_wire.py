"""The Responses wire against a server that streams: what counts as an answer, and what each failure becomes."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import httpx2
import openai
import pytest
from openai import AsyncOpenAI

from agent import wire as wire_shared
from agent.conversation import user_message
from agent.errors import ModelError
from agent.model import Completed, ModelEvent, ModelRequest, TextDelta
from agent.model_errors import from_openai, retry_after
from agent.responses_wire import ResponsesWire
from emulators.openai import (
    PLANNER_MODEL,
    Call,
    CutAfter,
    ErrorEvent,
    Failed,
    HttpError,
    Incomplete,
    MalformedEvent,
    OpenAIEmulator,
    Refuse,
    Rules,
    Say,
    Stall,
)
from tests.support.agent_fakes import tool_definition

# Loopback needs no certificates; loading them would be most of a test's time.
NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


COMPLETED_BUT_RUNNING = 'data: {"type": "response.completed", "response": {"id": "r", "status": "in_progress"}}\n\n'


@pytest.fixture(scope="module")
async def running_server() -> AsyncIterator[OpenAIEmulator]:
    server = OpenAIEmulator()
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
def server(running_server: OpenAIEmulator) -> OpenAIEmulator:
    running_server.reset()
    running_server.strict_script = True
    return running_server


@pytest.fixture
async def wire(server: OpenAIEmulator) -> AsyncIterator[ResponsesWire]:
    async with client(server) as opened:
        yield ResponsesWire(opened, PLANNER_MODEL)


def client(server: OpenAIEmulator, key: str = "sk-emulated") -> AsyncOpenAI:
    http = httpx2.AsyncClient(verify=NO_CERTIFICATES)
    return AsyncOpenAI(api_key=key, base_url=server.base_url, max_retries=0, http_client=http)


def request(**fields: Any) -> ModelRequest:
    defaults: dict[str, Any] = {
        "instructions": "Be brief.",
        "input": [user_message("hi")],
        "tools": [],
        "use_tools": True,
    }
    return ModelRequest(**{**defaults, "cache_key": "W1-1", "person": "keyed-hash", **fields})


async def drain(wire: ResponsesWire, asked: ModelRequest | None, into: list[ModelEvent]) -> None:
    """Read into a list, so that what came before an error is kept."""
    async for event in wire.respond(asked or request()):
        into.append(event)  # noqa: PERF401 - a comprehension would keep nothing


async def answer(wire: ResponsesWire, asked: ModelRequest | None = None) -> tuple[list[TextDelta], Completed]:
    """The deltas and the one complete answer that ends them."""
    events: list[ModelEvent] = []
    await drain(wire, asked, events)
    (completed,) = [event for event in events if isinstance(event, Completed)]
    assert events.pop() is completed
    return [event for event in events if isinstance(event, TextDelta)], completed


async def failure(wire: ResponsesWire, asked: ModelRequest | None = None) -> ModelError:
    """The error that a call ends in, after no complete answer."""
    events: list[ModelEvent] = []
    with pytest.raises(ModelError) as raised:
        await drain(wire, asked, events)
    assert all(isinstance(event, TextDelta) for event in events)
    return raised.value


# -- answers


async def test_text_comes_in_pieces_and_then_whole(server: OpenAIEmulator, wire: ResponsesWire) -> None:
    server.script([Say("Hello there.", chunks=["Hello", " there."])])
    deltas, completed = await answer(wire)
    assert deltas == [TextDelta("Hello", final=True), TextDelta(" there.", final=True)]
    assert [item["type"] for item in completed.items][-1] == "message"


async def test_commentary_is_not_final(server: OpenAIEmulator, wire: ResponsesWire) -> None:
    server.script([[Say("Let me look.", phase="commentary", chunks=["Let me look."]), Say("Done.", chunks=["Done."])]])
    deltas, completed = await answer(wire)
    assert deltas == [TextDelta("Let me look.", final=False), TextDelta("Done.", final=True)]
    assert [item["phase"] for item in completed.items if item["type"] == "message"] == ["commentary", "final_answer"]


async def test_calls_arrive_whole(server: OpenAIEmulator, wire: ResponsesWire) -> None:
    server.script([[Call("list_jobs", {}, "call_a"), Call("list_jobs", {}, "call_b")]])
    _, completed = await answer(wire, request(tools=[tool_definition("list_jobs")]))
    calls = [item for item in completed.items if item["type"] == "function_call"]
    assert [(item["call_id"], item["name"], item["arguments"]) for item in calls] == [
        ("call_a", "list_jobs", "{}"),
        ("call_b", "list_jobs", "{}"),
    ]


async def test_the_call_is_accounted_for(server: OpenAIEmulator, wire: ResponsesWire) -> None:
    server.script([Say("Hello.")])
    _, completed = await answer(wire)
    call, usage = completed.call, server.calls[0].usage
    assert usage
    assert (call.model, call.input_tokens, call.output_tokens) == (
        PLANNER_MODEL,
        usage.input_tokens,
        usage.output_tokens,
    )
    assert call.response_id.startswith("resp")
    assert call.request_id


async def test_an_answer_can_be_sent_back_as_it_came(server: OpenAIEmulator, wire: ResponsesWire) -> None:
    server.script([Say("Hello."), Say("Again.")])
    _, completed = await answer(wire)
    asked = [user_message("hi"), *completed.items, user_message("and?")]
    _, second = await answer(wire, request(input=asked))
    assert second.items


async def test_a_refusal_is_an_answer(server: OpenAIEmulator, wire: ResponsesWire) -> None:
    server.script([Refuse("I can't help with that.")])
    deltas, completed = await answer(wire)
    assert not deltas
    assert completed.items[-1]["content"][0]["refusal"] == "I can't help with that."


# -- the request


async def body_of(server: OpenAIEmulator, wire: ResponsesWire, asked: ModelRequest) -> dict[str, Any]:
    server.script([Say("ok")])
    await answer(wire, asked)
    return server.calls[-1].request


async def test_nothing_is_stored_and_the_person_stays_a_hash(server: OpenAIEmulator, wire: ResponsesWire) -> None:
    body = await body_of(server, wire, request())
    assert body["store"] is False
    assert body["stream"] is True
    assert body["truncation"] == "disabled"
    assert (body["safety_identifier"], body["prompt_cache_key"]) == ("keyed-hash", "W1-1")
    assert "user" not in body
    assert not {"tools", "tool_choice"} & body.keys()


@pytest.mark.parametrize(("use_tools", "choice"), [(True, "auto"), (False, "none")])
async def test_tools_stay_in_place_when_they_are_off(
    use_tools: bool, choice: str, server: OpenAIEmulator, wire: ResponsesWire
) -> None:
    tools = [tool_definition("list_jobs")]
    body = await body_of(server, wire, request(tools=tools, use_tools=use_tools))
    assert (body["tools"], body["tool_choice"], body["parallel_tool_calls"]) == (tools, choice, True)


# -- streams that do not end well


@pytest.mark.parametrize(
    "accident",
    [CutAfter(2), CutAfter(6), CutAfter(2, clean=False), CutAfter(6, clean=False), MalformedEvent(4), CutAfter(0)],
    ids=str,
)
async def test_a_broken_stream_is_incomplete_or_lost_and_worth_repeating(
    accident: CutAfter | MalformedEvent, server: OpenAIEmulator, wire: ResponsesWire
) -> None:
    server.script([[Say("Hello there, this is a long answer."), accident]])
    error = await failure(wire)
    assert error.code in ("stream_incomplete", "connection")
    assert error.retryable


@pytest.mark.parametrize("events", ["", "data: [DONE]\n\n", ": ping\n\n", COMPLETED_BUT_RUNNING])
async def test_a_stream_without_a_good_end_is_incomplete(
    events: str, server: OpenAIEmulator, wire: ResponsesWire
) -> None:
    headers = {"content-type": "text/event-stream", "x-request-id": "req_7"}
    server.fail("before", "/v1/responses", status=200, body=events, headers=headers)
    error = await failure(wire)
    assert (error.code, error.retryable, error.request_id) == ("stream_incomplete", True, "req_7")


@pytest.mark.parametrize(
    ("ending", "code", "retryable"),
    [
        (ErrorEvent("server_error"), "server", True),
        (ErrorEvent("rate_limit_exceeded"), "server", True),
        (ErrorEvent("insufficient_quota"), "quota", False),
        (ErrorEvent("invalid_prompt"), "refused", False),
        (Failed("server_error"), "server", True),
        (Failed("invalid_prompt"), "refused", False),
        (Incomplete("max_output_tokens"), "too_long_answer", False),
        (Incomplete("content_filter"), "filtered", False),
    ],
    ids=str,
)
async def test_a_failure_that_arrives_as_an_event(
    ending: Any, code: str, retryable: bool, server: OpenAIEmulator, wire: ResponsesWire
) -> None:
    server.script([[Say("Hello"), ending]])
    error = await failure(wire)
    assert (error.code, error.retryable) == (code, retryable)


@pytest.mark.parametrize(
    ("http", "code", "retryable", "wait"),
    [
        (HttpError(401), "unauthorized", False, None),
        (HttpError(403), "forbidden", False, None),
        (HttpError(404), "bad_request", False, None),
        (HttpError(404, "model_not_found"), "no_model", False, None),
        (HttpError(400, message="This model's maximum context length is 8192 tokens."), "context_length", False, None),
        (HttpError(422), "bad_request", False, None),
        (HttpError(429, headers={"retry-after": "7"}), "rate_limited", True, 7.0),
        (HttpError(429, headers={"retry-after-ms": "1500", "retry-after": "7"}), "rate_limited", True, 1.5),
        (HttpError(429, "insufficient_quota"), "quota", False, None),
        (HttpError(400, "context_length_exceeded"), "context_length", False, None),
        (HttpError(408), "server", True, None),
        (HttpError(500), "server", True, None),
        (HttpError(503), "server", True, None),
        (HttpError(418), "server", False, None),
    ],
    ids=str,
)
async def test_a_failure_that_arrives_as_a_status(
    http: HttpError, code: str, retryable: bool, wait: float | None, server: OpenAIEmulator, wire: ResponsesWire
) -> None:
    server.script([http])
    error = await failure(wire)
    assert (error.code, error.retryable, error.retry_after) == (code, retryable, wait)
    assert error.status == http.status
    assert error.request_id


async def test_a_wrong_key_is_unauthorized(server: OpenAIEmulator) -> None:
    async with client(server, key="sk-wrong") as opened:
        error = await failure(ResponsesWire(opened, PLANNER_MODEL))
    assert (error.code, error.status) == ("unauthorized", 401)


async def test_too_long_an_input_is_told_apart(server: OpenAIEmulator, wire: ResponsesWire) -> None:
    server.rules = Rules(context_window=50)
    error = await failure(wire, request(input=[user_message("word " * 500)]))
    assert error.code == "context_length"


async def test_no_server_is_a_connection_error() -> None:
    http = httpx2.AsyncClient(verify=NO_CERTIFICATES)
    nowhere = AsyncOpenAI(api_key="sk", base_url="http://127.0.0.1:9/v1", max_retries=0, http_client=http)
    async with nowhere:
        error = await failure(ResponsesWire(nowhere, PLANNER_MODEL))
    assert (error.code, error.retryable) == ("connection", True)


# -- time


@pytest.mark.parametrize("events", [0, 3])
async def test_silence_ends_in_a_timeout(
    events: int, server: OpenAIEmulator, wire: ResponsesWire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire_shared, "CALL_SECONDS", 0.2)
    server.script([[Say("Hello there."), Stall(60, events)]])
    error = await failure(wire)
    assert (error.code, error.retryable) == ("timeout", True)


async def test_a_slow_reader_is_not_cancelled(
    server: OpenAIEmulator, wire: ResponsesWire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire_shared, "CALL_SECONDS", 0.3)
    server.script([[Say("Hello there.", chunks=["Hello", " there."]), Stall(60, 8)]])
    async with aclosing(wire.respond(request())) as events:
        await anext(events)
        await asyncio.sleep(0.5)  # time itself is what is tested: the deadline passes while the reader is busy
        with pytest.raises(ModelError, match="timeout"):
            _ = [event async for event in events]


async def test_the_sdks_own_timeout_is_one_too() -> None:
    error = openai.APITimeoutError(httpx2.Request("POST", "http://x"))
    assert from_openai(error).code == "timeout"


async def test_a_plain_sdk_error_is_an_incomplete_stream() -> None:
    error = openai.APIError("odd", httpx2.Request("POST", "http://x"), body=None)
    assert from_openai(error).code == "stream_incomplete"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "2"}, 2.0),
        ({"retry-after-ms": "250"}, 0.25),
        ({"retry-after": "-2"}, 0.0),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}, None),
        ({"retry-after-ms": "soon", "retry-after": "3"}, 3.0),
    ],
)
def test_retry_after(headers: dict[str, Any], seconds: float | None) -> None:
    assert retry_after(headers) == seconds
