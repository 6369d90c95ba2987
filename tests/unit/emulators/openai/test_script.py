"""Scripted answers, and what the real client makes of every accident."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import openai
import pytest
from openai import AsyncOpenAI

from emulators.openai import (
    Call,
    CutAfter,
    ErrorEvent,
    Failed,
    HttpError,
    Incomplete,
    MalformedEvent,
    OpenAIEmulator,
    RawArguments,
    Say,
    Stall,
)
from tests.unit.emulators.openai.conftest import MODEL, Ask
from tests.unit.emulators.openai.toolset import TOOLS


async def read(ask: Ask, into: list[Any] | None = None, **fields: Any) -> list[Any]:
    """The events of a stream, kept in `into` also when reading fails half-way."""
    events = [] if into is None else into
    async for event in await ask(stream=True, **fields):
        events.append(event)
    return events


async def test_answers_are_used_in_order_and_then_the_planner(emulator: OpenAIEmulator, ask: Ask) -> None:
    emulator.script([Say("one"), Say("two")])
    texts = [(await ask()).output_text for _ in range(3)]
    assert texts[:2] == ["one", "two"]
    assert texts[2].startswith("Hello!")


async def test_what_nobody_asked_for_stays_visible(emulator: OpenAIEmulator, ask: Ask) -> None:
    emulator.script([Say("one"), Say("two")])
    await ask()
    assert [answer.contents for answer in emulator.pending_script] == [(Say("two"),)]


async def test_a_strict_script_fails_when_asked_for_more(emulator: OpenAIEmulator, ask: Ask) -> None:
    emulator.strict_script = True
    with pytest.raises(openai.InternalServerError, match="used up"):
        await ask()


async def test_several_calls_fit_into_one_answer(emulator: OpenAIEmulator, ask: Ask) -> None:
    emulator.script([[Call("list_jobs"), Call("get_budget")]])
    assert [item.name for item in (await ask(tools=TOOLS)).output] == ["list_jobs", "get_budget"]


async def test_raw_arguments_arrive_as_they_are(emulator: OpenAIEmulator, ask: Ask) -> None:
    emulator.script([RawArguments("list_jobs", "{bad json")])
    assert (await ask(tools=TOOLS)).output[0].arguments == "{bad json"


async def test_two_endings_in_one_answer_are_a_mistake(emulator: OpenAIEmulator) -> None:
    with pytest.raises(ValueError, match="one ending"):
        emulator.script([[Failed(), Incomplete()]])


async def test_an_error_event_is_yielded_and_raises_nothing(emulator: OpenAIEmulator, ask: Ask) -> None:
    emulator.script([ErrorEvent("rate_limit_exceeded", "Slow down.")])
    events = await read(ask)
    assert [event.type for event in events] == ["response.created", "response.in_progress", "error"]
    assert (events[-1].code, events[-1].message) == ("rate_limit_exceeded", "Slow down.")


async def test_an_error_event_can_come_after_content(emulator: OpenAIEmulator, ask: Ask) -> None:
    emulator.script([[Say("Half of it"), ErrorEvent()]])
    types = [event.type for event in await read(ask)]
    assert "response.output_text.delta" in types
    assert types[-1] == "error"


async def test_a_plain_request_gets_the_error_as_a_status(emulator: OpenAIEmulator, ask: Ask) -> None:
    emulator.script([ErrorEvent()])
    with pytest.raises(openai.InternalServerError):
        await ask()


async def test_a_failed_response_is_the_terminal_event(emulator: OpenAIEmulator, ask: Ask) -> None:
    emulator.script([Failed("server_error")])
    last = (await read(ask))[-1]
    assert last.type == "response.failed"
    assert (last.response.status, last.response.error.code) == ("failed", "server_error")


async def test_a_plain_failed_response_is_a_200(emulator: OpenAIEmulator, ask: Ask) -> None:
    emulator.script([Failed("server_error")])
    assert (await ask()).status == "failed"


async def test_an_incomplete_response_says_why(emulator: OpenAIEmulator, ask: Ask) -> None:
    emulator.script([[Say("Half"), Incomplete("content_filter")]])
    last = (await read(ask))[-1]
    assert last.type == "response.incomplete"
    assert last.response.incomplete_details.reason == "content_filter"
    assert last.response.output[0].status == "incomplete"


async def test_a_clean_cut_ends_the_iteration_silently(emulator: OpenAIEmulator, ask: Ask) -> None:
    emulator.script([CutAfter(4)])
    assert len(await read(ask)) == 4


async def test_the_helper_notices_a_clean_cut(emulator: OpenAIEmulator, client: AsyncOpenAI) -> None:
    emulator.script([CutAfter(4)])
    async with client.responses.stream(model=MODEL, input="hello", store=False) as stream:
        with pytest.raises(RuntimeError, match=r"response\.completed"):
            await stream.get_final_response()


async def test_a_dropped_connection_raises_after_the_events_that_came(emulator: OpenAIEmulator, ask: Ask) -> None:
    emulator.script([CutAfter(4, clean=False)])
    events: list[Any] = []
    with pytest.raises(openai.APIConnectionError):
        await read(ask, events)
    assert len(events) == 4


async def test_a_malformed_event_raises_a_bare_json_error(emulator: OpenAIEmulator, ask: Ask) -> None:
    emulator.script([MalformedEvent(3)])
    events: list[Any] = []
    with pytest.raises(json.JSONDecodeError):
        await read(ask, events)
    assert len(events) == 3


async def test_a_plain_malformed_answer_raises_a_bare_json_error(emulator: OpenAIEmulator, ask: Ask) -> None:
    emulator.script([MalformedEvent()])
    with pytest.raises(json.JSONDecodeError):
        await ask()


async def test_a_plain_answer_can_lose_its_connection(emulator: OpenAIEmulator, ask: Ask) -> None:
    emulator.script([CutAfter(1, clean=False)])
    with pytest.raises(openai.APIConnectionError):
        await ask()


async def test_a_rate_limit_carries_its_headers(emulator: OpenAIEmulator, ask: Ask) -> None:
    emulator.script([HttpError(429, "rate_limit_exceeded", {"retry-after": "7"})])
    with pytest.raises(openai.RateLimitError) as caught:
        await ask()
    assert caught.value.code == "rate_limit_exceeded"
    assert caught.value.response.headers["retry-after"] == "7"
    assert caught.value.request_id


async def test_a_used_up_quota_has_its_own_code_and_type(emulator: OpenAIEmulator, ask: Ask) -> None:
    emulator.script([HttpError(429, "insufficient_quota")])
    with pytest.raises(openai.RateLimitError) as caught:
        await ask()
    assert (caught.value.code, caught.value.type) == ("insufficient_quota", "insufficient_quota")


async def test_http_errors_can_be_any_status(emulator: OpenAIEmulator, ask: Ask) -> None:
    emulator.script([HttpError(500)])
    with pytest.raises(openai.InternalServerError):
        await ask()


async def test_a_stall_before_the_headers_runs_into_the_read_timeout(emulator: OpenAIEmulator, ask: Ask) -> None:
    emulator.script([Stall(30)])
    with pytest.raises(openai.APITimeoutError):
        await ask(timeout=0.1)
    emulator.release()


async def test_a_stall_between_events_runs_into_the_read_timeout(emulator: OpenAIEmulator, ask: Ask) -> None:
    emulator.script([Stall(30, events=3)])
    events: list[Any] = []
    with pytest.raises(openai.APITimeoutError):
        await read(ask, events, timeout=0.1)
    emulator.release()
    assert len(events) == 3


async def test_a_released_stall_goes_on_to_the_end(emulator: OpenAIEmulator, ask: Ask) -> None:
    emulator.script([Stall(30)])
    asking = asyncio.create_task(ask())
    await emulator.journal.wait_for(lambda: emulator.calls)
    emulator.release()
    assert (await asking).status == "completed"
