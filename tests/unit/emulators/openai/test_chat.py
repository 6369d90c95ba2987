"""The Chat Completions wire as the real client reads it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from openai import APIError, BadRequestError

from emulators.openai import CutAfter, ErrorEvent, Incomplete, OpenAIEmulator, Refuse
from tests.unit.emulators.openai.conftest import Ask
from tests.unit.emulators.openai.toolset import CHAT_TOOLS

TRANSLATE = "Translate V1 into French and V2 into German"
ASKED = {"role": "user", "content": "status?"}
CALLED = {
    "role": "assistant",
    "content": None,
    "tool_calls": [{"id": "call_1", "type": "function", "function": {"name": "list_jobs", "arguments": "{}"}}],
}


def told(text: str = "{}", call_id: str = "call_1") -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": call_id, "content": text}


async def streamed(chat: Ask, text: Any = "hello", **fields: Any) -> list[Any]:
    return [chunk async for chunk in await chat(text, stream=True, **fields)]


async def test_plain_answer_stops_with_a_text(chat: Ask) -> None:
    [choice] = (await chat("hello")).choices
    assert choice.finish_reason == "stop"
    assert choice.message.content.startswith("Hello!")


async def test_calls_come_as_tool_calls(chat: Ask) -> None:
    [choice] = (await chat(TRANSLATE, tools=CHAT_TOOLS)).choices
    assert choice.finish_reason == "tool_calls"
    arguments = [json.loads(call.function.arguments) for call in choice.message.tool_calls]
    assert [one["languages"] for one in arguments] == [["French"], ["German"]]


async def test_streamed_calls_are_put_together_by_index(chat: Ask) -> None:
    arguments = {0: "", 1: ""}
    for chunk in await streamed(chat, TRANSLATE, tools=CHAT_TOOLS):
        for call in chunk.choices[0].delta.tool_calls or []:
            arguments[call.index] += call.function.arguments
    assert [json.loads(text)["source"] for text in arguments.values()] == ["V1", "V2"]


async def test_streamed_text_ends_with_a_reason(chat: Ask) -> None:
    chunks = await streamed(chat)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks).startswith("Hello!")
    assert chunks[-1].choices[0].finish_reason == "stop"


async def test_usage_comes_last_and_only_when_asked_for(chat: Ask) -> None:
    chunks = await streamed(chat, stream_options={"include_usage": True})
    assert chunks[-1].choices == []
    assert chunks[-1].usage.total_tokens > 0
    assert all(chunk.usage is None for chunk in await streamed(chat))


async def test_tool_messages_lead_to_a_summary(chat: Ask) -> None:
    jobs = json.dumps({"ok": True, "jobs": [{"handle": "J1", "state": "running"}]})
    answer = await chat([ASKED, CALLED, told(jobs)], tools=CHAT_TOOLS)
    assert answer.choices[0].message.content == "J1 is running."


async def test_system_text_reaches_the_planner(chat: Ask) -> None:
    system = {"role": "system", "content": "Refer to a job as {{job:J2}}."}
    answer = await chat([system, ASKED, CALLED, told('{"jobs": ["J1"]}')], tools=CHAT_TOOLS)
    assert "{{job:J1}}" in answer.choices[0].message.content


async def test_a_refusal_has_its_own_field(emulator: OpenAIEmulator, chat: Ask) -> None:
    emulator.script([Refuse("No.")])
    message = (await chat()).choices[0].message
    assert (message.content, message.refusal) == (None, "No.")


async def test_an_incomplete_answer_ends_with_length(emulator: OpenAIEmulator, chat: Ask) -> None:
    emulator.script([Incomplete("max_output_tokens")])
    assert (await streamed(chat))[-1].choices[0].finish_reason == "length"


async def test_an_error_in_the_stream_raises_in_the_client(emulator: OpenAIEmulator, chat: Ask) -> None:
    emulator.script([ErrorEvent("server_error", "Something broke.")])
    with pytest.raises(APIError, match="Something broke"):
        await streamed(chat)


async def test_a_cleanly_cut_stream_ends_without_a_reason(emulator: OpenAIEmulator, chat: Ask) -> None:
    emulator.script([CutAfter(3)])
    chunks = await streamed(chat)
    assert len(chunks) == 3
    assert chunks[-1].choices[0].finish_reason is None


@pytest.mark.parametrize(
    ("messages", "sentence"),
    [
        ([ASKED, CALLED], "did not have response messages: call_1"),
        ([ASKED, CALLED, ASKED], "did not have response messages: call_1"),
        ([ASKED, told()], "must be a response to a preceding message"),
        ([ASKED, CALLED, told(), told()], "must be a response to a preceding message"),
        ([ASKED, CALLED, told(call_id="call_2")], "must be a response to a preceding message"),
        ([{"role": "robot", "content": "x"}], "Supported values are"),
        ([{"role": "user", "content": "x", "mood": "good"}], "Unknown parameter: 'messages\\[0\\].mood'"),
        ([{"role": "user", "content": None}], "expected a string, got null"),
        ([{"role": "tool", "content": "x"}], "tool_call_id"),
    ],
)
async def test_messages_out_of_order_are_refused(chat: Ask, messages: list[Any], sentence: str) -> None:
    with pytest.raises(BadRequestError, match=sentence):
        await chat(messages)


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"max_tokens": 100}, "max_tokens"),
        ({"max_completion_tokens": 0}, "max_completion_tokens"),
        ({"store": True}, "store"),
        ({"n": 2}, "n"),
        ({"stream_options": {"include_usage": True}}, "stream_options"),
        ({"tools": [{"type": "function"}]}, "tools[0].function"),
        ({"tools": [{"type": "retrieval"}]}, "tools[0].type"),
        ({"tools": [{"type": "function", "function": {"name": "a b"}}]}, "tools[0].name"),
        ({"tool_choice": {"type": "function", "function": {"name": "other"}}}, "tool_choice"),
        ({"extra_body": {"instructions": "x"}}, "instructions"),
    ],
)
async def test_wrong_parameters_are_refused(chat: Ask, fields: dict[str, Any], param: str) -> None:
    with pytest.raises(BadRequestError) as caught:
        await chat("hello", **fields)
    assert caught.value.param == param


async def test_too_long_a_conversation_is_refused(emulator: OpenAIEmulator, chat: Ask) -> None:
    with pytest.raises(BadRequestError) as caught:
        await chat("word " * 500_000)
    assert caught.value.code == "context_length_exceeded"
