"""What the Responses wire refuses, and in which words."""

from __future__ import annotations

from typing import Any

import pytest

from emulators.openai import OpenAIEmulator, Rules
from tests.unit.emulators.openai.conftest import Ask
from tests.unit.emulators.openai.toolset import TOOLS, call, output, user

Json = dict[str, Any]
LONG = "x" * 65


def assistant(**fields: Any) -> Json:
    parts = [{"type": "output_text", "text": "Hi.", "annotations": []}]
    return {"type": "message", "role": "assistant", "content": parts} | fields


@pytest.mark.parametrize(
    ("fields", "param", "code"),
    [
        ({"model": ...}, "model", "missing_required_parameter"),
        ({"model": 5}, "model", "invalid_type"),
        ({"input": ...}, "input", "missing_required_parameter"),
        ({"input": 5}, "input", "invalid_type"),
        ({"input": []}, "input", "invalid_value"),
        ({"instructions": 5}, "instructions", "invalid_type"),
        ({"messages": []}, "messages", "unknown_parameter"),
        ({"store": True}, "store", "store_not_false"),
        ({"store": ...}, "store", "store_not_false"),
        ({"store": "no"}, "store", "invalid_type"),
        ({"previous_response_id": "resp_1"}, "previous_response_id", "invalid_value"),
        ({"conversation": "conv_1"}, "conversation", "invalid_value"),
        ({"background": True}, "background", "invalid_value"),
        ({"max_output_tokens": 15}, "max_output_tokens", "integer_below_min_value"),
        ({"max_output_tokens": "many"}, "max_output_tokens", "invalid_type"),
        ({"truncation": "oldest"}, "truncation", "invalid_value"),
        ({"stream": "yes"}, "stream", "invalid_type"),
        ({"stream_options": {"include_obfuscation": False}}, "stream_options", None),
        (
            {"stream": True, "stream_options": {"include_usage": True}},
            "stream_options.include_usage",
            "unknown_parameter",
        ),
        ({"include": ["everything"]}, "include[0]", "invalid_value"),
        ({"reasoning": {"effort": "heroic"}}, "reasoning.effort", "invalid_value"),
        ({"reasoning": {"depth": 3}}, "reasoning.depth", "unknown_parameter"),
        ({"prompt_cache_key": LONG}, "prompt_cache_key", "string_above_max_length"),
        ({"safety_identifier": "x" * 129}, "safety_identifier", "string_above_max_length"),
        ({"metadata": {str(number): "x" for number in range(17)}}, "metadata", "invalid_value"),
        ({"metadata": {"k": "x" * 513}}, "metadata.k", "string_above_max_length"),
        ({"metadata": {"k": 1}}, "metadata.k", "invalid_type"),
        ({"tools": TOOLS, "tool_choice": {"type": "function", "name": "other"}}, "tool_choice", "invalid_value"),
        ({"tool_choice": "required"}, "tool_choice", "invalid_value"),
        ({"tool_choice": "sometimes"}, "tool_choice", "invalid_value"),
        ({"tool_choice": {"type": "file_search"}}, "tool_choice.type", "invalid_value"),
        ({"tool_choice": {"type": "allowed_tools", "tools": []}}, "tool_choice.mode", "invalid_value"),
    ],
)
async def test_wrong_parameters_are_refused(post: Ask, fields: Json, param: str, code: str | None) -> None:
    status, error = await post(**fields)
    assert (status, error["param"], error["code"]) == (400, param, code)
    assert error["type"] == "invalid_request_error"


@pytest.mark.parametrize(
    ("item", "param"),
    [
        ("text", "input[0]"),
        ({"text": "x"}, "input[0].type"),
        ({"type": "wish"}, "input[0].type"),
        (user("x") | {"mood": "good"}, "input[0].mood"),
        (user("x") | {"phase": "final_answer"}, "input[0].phase"),
        ({"role": "user"}, "input[0].content"),
        ({"role": "robot", "content": "x"}, "input[0].role"),
        ({"role": "user", "content": 5}, "input[0].content"),
        ({"role": "user", "content": ["x"]}, "input[0].content[0]"),
        ({"role": "user", "content": [{"type": "output_text", "text": "x"}]}, "input[0].content[0].type"),
        ({"role": "user", "content": [{"type": "input_text"}]}, "input[0].content[0].text"),
        ({"role": "user", "content": [{"type": "input_text", "text": 5}]}, "input[0].content[0].text"),
        ({"role": "assistant", "content": [{"type": "input_text", "text": "x"}]}, "input[0].content[0].type"),
        (assistant(phase="last"), "input[0].phase"),
        (assistant(status="done"), "input[0].status"),
        (assistant(id="fc_1"), "input[0].id"),
        (assistant(id="msg_" + LONG), "input[0].id"),
        (call() | {"id": "msg_1"}, "input[0].id"),
        (call(name="two words"), "input[0].name"),
        (call(call_id=LONG), "input[0].call_id"),
        (call() | {"arguments": {}}, "input[0].arguments"),
        ({"type": "function_call", "call_id": "call_1", "name": "x"}, "input[0].arguments"),
        ({"type": "function_call_output", "call_id": "call_1"}, "input[0].output"),
        (output() | {"output": {"ok": True}}, "input[0].output"),
        ({"type": "reasoning", "summary": []}, "input[0].id"),
    ],
)
async def test_wrong_items_are_refused(post: Ask, item: Any, param: str) -> None:
    status, error = await post(input=[item])
    assert (status, error["param"]) == (400, param)


@pytest.mark.parametrize(
    ("items", "sentence"),
    [
        ([call()], "No tool output found for function call call_1."),
        ([call(), call(call_id="call_2"), output()], "No tool output found for function call call_2."),
        ([output()], "No tool call found for function call output with call_id call_1."),
        ([output(), call()], "No tool call found for function call output with call_id call_1."),
        ([call(), output(), output()], "Duplicate tool output for function call call_1"),
        ([call(), output(), call(), output()], "Duplicate function call with call_id call_1"),
        ([assistant(id="msg_1"), assistant(id="msg_1")], "Duplicate item found with id msg_1."),
    ],
)
async def test_unpaired_items_are_refused(post: Ask, items: list[Json], sentence: str) -> None:
    status, error = await post(input=[user("status?"), *items])
    assert (status, error["param"]) == (400, "input")
    assert error["message"].startswith(sentence)


async def test_a_message_between_call_and_output_is_fine(post: Ask) -> None:
    status, _ = await post(input=[user("status?"), call(), user("hurry"), output()])
    assert status == 200


async def test_a_reference_to_a_stored_item_finds_nothing(post: Ask) -> None:
    status, error = await post(input=[{"type": "item_reference", "id": "rs_1"}])
    assert status == 404
    assert "Items are not persisted" in error["message"]


@pytest.fixture
async def thought(ask: Ask) -> list[Json]:
    """A reasoning item and the message it led to, as the emulator made them."""
    response = await ask(include=["reasoning.encrypted_content"])
    return [item.to_dict(mode="json") for item in response.output]


async def test_reasoning_with_its_message_is_accepted(post: Ask, thought: list[Json]) -> None:
    assert (await post(input=[user("hello"), *thought, user("again")]))[0] == 200


async def test_reasoning_without_its_follower_is_refused(post: Ask, thought: list[Json]) -> None:
    _, error = await post(input=[user("hello"), thought[0], user("again")])
    assert error["message"].endswith("of type 'reasoning' was provided without its required following item.")


async def test_reasoning_before_another_item_is_refused(post: Ask, thought: list[Json]) -> None:
    other = thought[1] | {"id": "msg_other"}
    _, error = await post(input=[user("hello"), thought[0], other, user("again")])
    assert "required following item" in error["message"]


async def test_reasoning_without_encrypted_content_finds_nothing(post: Ask, thought: list[Json]) -> None:
    del thought[0]["encrypted_content"]
    status, error = await post(input=[user("hello"), *thought])
    assert status == 404
    assert "not found" in error["message"]


async def test_altered_encrypted_content_is_refused(post: Ask, thought: list[Json]) -> None:
    thought[0]["encrypted_content"] = "gAAAAA=="
    status, error = await post(input=[user("hello"), *thought])
    assert (status, error["code"]) == (400, "invalid_encrypted_content")


async def test_reasoning_of_another_item_is_refused(post: Ask, thought: list[Json]) -> None:
    thought[0]["id"] = "rs_other"
    _, error = await post(input=[user("hello"), *thought])
    assert error["code"] == "invalid_encrypted_content"


async def test_input_over_the_context_window_is_refused(emulator: OpenAIEmulator, post: Ask) -> None:
    emulator.rules = Rules(context_window=1_000)
    status, error = await post(input="word " * 1_000)
    assert (status, error["code"], error["param"]) == (400, "context_length_exceeded", "input")


async def test_truncation_takes_input_over_the_window(emulator: OpenAIEmulator, post: Ask) -> None:
    emulator.rules = Rules(context_window=1_000)
    assert (await post(input="word " * 1_000, truncation="auto"))[0] == 200


async def test_strictness_about_storing_can_be_switched_off(emulator: OpenAIEmulator, post: Ask) -> None:
    emulator.rules = Rules(store_must_be_false=False)
    assert (await post(store=...))[0] == 200


async def test_refused_requests_are_no_model_calls(emulator: OpenAIEmulator, post: Ask) -> None:
    await post(input=[])
    assert not emulator.calls


async def test_a_body_that_is_no_json_is_refused(raw: Any) -> None:
    response = await raw.post("/responses", content=b"{")
    assert response.status_code == 400
    assert "could not parse" in response.json()["error"]["message"]
