"""The Responses wire as the real client reads it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from openai import AsyncOpenAI

from emulators.openai import Call, OpenAIEmulator, Refuse, Say
from tests.unit.emulators.openai.conftest import MODEL, Ask
from tests.unit.emulators.openai.toolset import TOOLS, output

ENCRYPTED = ["reasoning.encrypted_content"]
TRANSLATE = "Translate V1 into French and German"


async def streamed(ask: Ask, text: Any = "hello", **fields: Any) -> list[Any]:
    return [event async for event in await ask(text, stream=True, **fields)]


async def test_plain_answer_is_a_completed_response_with_a_final_answer(ask: Ask) -> None:
    response = await ask("hello")
    assert response.status == "completed"
    assert response.output_text.startswith("Hello!")
    assert response.output[0].phase == "final_answer"


async def test_a_call_carries_json_arguments_and_a_call_id(ask: Ask) -> None:
    [item] = (await ask(TRANSLATE, tools=TOOLS)).output
    assert item.type == "function_call"
    assert item.call_id.startswith("call_")
    assert json.loads(item.arguments)["languages"] == ["French", "German"]


async def test_stream_of_a_message_has_the_order_clients_expect(ask: Ask) -> None:
    types = [event.type.removeprefix("response.") for event in await streamed(ask)]
    assert list(dict.fromkeys(types)) == [
        "created",
        "in_progress",
        "output_item.added",
        "content_part.added",
        "output_text.delta",
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "completed",
    ]


async def test_stream_of_a_call_has_the_order_clients_expect(ask: Ask) -> None:
    types = [event.type.removeprefix("response.") for event in await streamed(ask, TRANSLATE, tools=TOOLS)]
    assert list(dict.fromkeys(types)) == [
        "created",
        "in_progress",
        "output_item.added",
        "function_call_arguments.delta",
        "function_call_arguments.done",
        "output_item.done",
        "completed",
    ]


async def test_events_are_numbered_without_a_gap(ask: Ask) -> None:
    numbers = [event.sequence_number for event in await streamed(ask, TRANSLATE, tools=TOOLS)]
    assert numbers == list(range(len(numbers)))


async def test_deltas_add_up_to_the_final_text(ask: Ask) -> None:
    events = await streamed(ask)
    text = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    assert text == events[-1].response.output_text


async def test_argument_deltas_add_up_to_the_final_arguments(ask: Ask) -> None:
    events = await streamed(ask, TRANSLATE, tools=TOOLS)
    text = "".join(event.delta for event in events if event.type == "response.function_call_arguments.delta")
    assert text == events[-1].response.output[0].arguments


async def test_streams_of_two_wishes_hold_parallel_calls(ask: Ask) -> None:
    events = await streamed(ask, "Translate V1 into French and V2 into German", tools=TOOLS)
    assert [item.name for item in events[-1].response.output] == ["translate_video", "translate_video"]


async def test_parallel_calls_can_be_switched_off(ask: Ask) -> None:
    response = await ask("Translate V1 into French and V2 into German", tools=TOOLS, parallel_tool_calls=False)
    assert len(response.output) == 1


async def test_the_sdk_helper_reads_the_stream_to_its_final_response(client: AsyncOpenAI) -> None:
    async with client.responses.stream(model=MODEL, input=TRANSLATE, tools=TOOLS, store=False) as stream:  # type: ignore[arg-type]  # plain dicts
        final = await stream.get_final_response()
    assert final.output[0].type == "function_call"


async def test_a_refusal_streams_as_a_refusal(emulator: OpenAIEmulator, ask: Ask) -> None:
    emulator.script([Refuse("I will not.")])
    events = await streamed(ask)
    assert [event.refusal for event in events if event.type == "response.refusal.done"] == ["I will not."]


async def test_reasoning_comes_first_when_it_is_included(ask: Ask) -> None:
    response = await ask(include=ENCRYPTED)
    assert [item.type for item in response.output] == ["reasoning", "message"]
    assert response.output[0].encrypted_content


async def test_added_reasoning_shows_only_part_of_its_encrypted_content(ask: Ask) -> None:
    events = await streamed(ask, include=ENCRYPTED)
    added = next(event for event in events if event.type == "response.output_item.added")
    assert len(added.item.encrypted_content) < len(events[-1].response.output[0].encrypted_content)


async def test_the_whole_output_can_be_replayed_with_tool_outputs(ask: Ask) -> None:
    first = await ask(TRANSLATE, tools=TOOLS, include=ENCRYPTED)
    items = [item.to_dict(mode="json") for item in first.output]
    answer = output('{"ok": true, "status": "submitted", "jobs": ["J7"]}', first.output[1].call_id)
    second = await ask([{"role": "user", "content": TRANSLATE}, *items, answer], tools=TOOLS, include=ENCRYPTED)
    assert "Submitted J7" in second.output_text


async def test_usage_counts_input_output_and_reasoning(ask: Ask) -> None:
    usage = (await ask("a" * 400, include=ENCRYPTED)).usage
    assert 100 <= usage.input_tokens <= 110
    assert usage.output_tokens > usage.output_tokens_details.reasoning_tokens > 0
    assert usage.total_tokens == usage.input_tokens + usage.output_tokens


async def test_a_long_common_prefix_is_cached(ask: Ask) -> None:
    rules = "word " * 2_000
    assert (await ask("one", instructions=rules)).usage.input_tokens_details.cached_tokens == 0
    cached = (await ask("two", instructions=rules)).usage.input_tokens_details.cached_tokens
    assert cached >= 2_000
    assert cached % 128 == 0


async def test_a_short_common_prefix_is_not_cached(ask: Ask) -> None:
    await ask("one", instructions="word " * 500)
    response = await ask("two", instructions="word " * 500)
    assert response.usage.input_tokens_details.cached_tokens == 0


async def test_a_changed_prefix_is_not_cached(ask: Ask) -> None:
    await ask("one", instructions="a" + "word " * 2_000)
    response = await ask("one", instructions="b" + "word " * 2_000)
    assert response.usage.input_tokens_details.cached_tokens == 0


async def test_the_token_cap_leaves_the_answer_incomplete(emulator: OpenAIEmulator, ask: Ask) -> None:
    emulator.script([Say("word " * 200)])
    response = await ask(max_output_tokens=16)
    assert response.status == "incomplete"
    assert response.incomplete_details.reason == "max_output_tokens"
    assert len(response.output_text) == 64


@pytest.mark.parametrize(("words", "status"), [(16, "completed"), (17, "incomplete")])
async def test_the_token_cap_is_exact(emulator: OpenAIEmulator, ask: Ask, words: int, status: str) -> None:
    emulator.script([Say("abc " * words)])
    assert (await ask(max_output_tokens=16)).status == status


async def test_a_cut_call_keeps_its_name_and_half_its_arguments(emulator: OpenAIEmulator, ask: Ask) -> None:
    emulator.script([Call("create_video", {"script": "word " * 100})])
    [item] = (await ask(max_output_tokens=16, tools=TOOLS)).output
    assert (item.name, item.status, len(item.arguments)) == ("create_video", "incomplete", 64)


async def test_tool_choice_none_keeps_the_planner_from_calling(ask: Ask) -> None:
    response = await ask(TRANSLATE, tools=TOOLS, tool_choice="none")
    assert [item.type for item in response.output] == ["message"]


async def test_a_named_tool_choice_is_called_although_nobody_asked(ask: Ask) -> None:
    response = await ask("hello", tools=TOOLS, tool_choice={"type": "function", "name": "get_budget"})
    assert response.output[0].name == "get_budget"


async def test_allowed_tools_narrow_what_may_be_called(ask: Ask) -> None:
    choice = {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "list_jobs"}]}
    response = await ask(TRANSLATE, tools=TOOLS, tool_choice=choice)
    assert response.output[0].type == "message"
    assert "tell you how jobs are doing" in response.output_text


async def test_scripted_chunks_arrive_as_they_were_written(emulator: OpenAIEmulator, ask: Ask) -> None:
    emulator.script([Say(chunks=["Hel", "lo <!chan", "nel>"])])
    deltas = [event.delta for event in await streamed(ask) if event.type == "response.output_text.delta"]
    assert deltas == ["Hel", "lo <!chan", "nel>"]


async def test_commentary_before_calls_keeps_its_phase(emulator: OpenAIEmulator, ask: Ask) -> None:
    emulator.script([[Say("Let me look.", phase="commentary"), Call("list_jobs", {}, "call_a"), Call("get_budget")]])
    response = await ask(tools=TOOLS)
    assert [item.type for item in response.output] == ["message", "function_call", "function_call"]
    assert response.output[0].phase == "commentary"
    assert response.output[1].call_id == "call_a"
