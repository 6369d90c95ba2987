"""Both wires against our emulator, which refuses what the real service refuses."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from agent.capabilities import PRESETS, Capabilities, Provider
from agent.conversation import developer_message, function_call, user_message
from agent.model import ModelRequest
from emulators.openai import (
    PLANNER_MODEL,
    Call,
    CutAfter,
    ErrorEvent,
    HttpError,
    Incomplete,
    MalformedEvent,
    OpenAIEmulator,
    RawArguments,
    Refuse,
    Rules,
    Say,
    Stall,
)
from tests.support import wire_suite as suite
from tests.support.wire_suite import Line, WireCore, calls_of, output, request, tool

Json = dict[str, Any]

SCRIPTS: dict[str, list[Any]] = {
    suite.TEXT: [Say(suite.ANSWER)],
    suite.ONE: [Call("look", {"word": "one"})],
    suite.PARALLEL: [Call("look", {"word": "one"}), Call("listen", {"word": "two"})],
    suite.AFTER: [Say(suite.LOOKED)],
    suite.BUSY: [HttpError(429, headers={"retry-after": "3"})],
    suite.BROKEN: [HttpError(500)],
    suite.CUT: [Say(suite.ANSWER), CutAfter(4)],
}


class Emulated:
    """Our emulator as a double."""

    model = PLANNER_MODEL

    def __init__(self, server: OpenAIEmulator) -> None:
        self.server = server
        self.base_url = server.base_url
        self.key = server.api_key

    async def prepare(self, case: str) -> None:
        """See `Double.prepare`."""
        self.server.script([SCRIPTS[case]])


@pytest.fixture(scope="module")
async def running() -> AsyncIterator[OpenAIEmulator]:
    server = OpenAIEmulator()
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
def server(running: OpenAIEmulator) -> OpenAIEmulator:
    running.reset()
    running.strict_script = True
    return running


@pytest.fixture
def double(server: OpenAIEmulator) -> Emulated:
    return Emulated(server)


@pytest.fixture(params=["responses", "chat"])
async def line(request: pytest.FixtureRequest, double: Emulated) -> AsyncIterator[Line]:
    async with suite.opened(request.param, double) as line:
        yield line


class TestCore(WireCore):
    """The core, against the strictest server there is."""


# -- the same failures


FAILURES = {
    "cut at once": ([Say("Hello"), CutAfter(0)], "stream_incomplete", True),
    "dropped": ([Say("Hello there, you"), CutAfter(4, clean=False)], "connection", True),
    "garbled": ([Say("Hello there, you"), MalformedEvent(3)], "stream_incomplete", True),
    "failed": ([Say("Hello"), ErrorEvent("server_error")], "server", True),
    "failed by a limit": ([Say("Hello"), ErrorEvent("rate_limit_exceeded")], "server", True),
    "no credit within": ([Say("Hello"), ErrorEvent("insufficient_quota")], "quota", False),
    "declined": ([Say("Hello"), ErrorEvent("invalid_prompt")], "refused", False),
    "too long": ([Say("Hello"), Incomplete("max_output_tokens")], "too_long_answer", False),
    "a call too long": ([Call("look", {"word": "one"}), Incomplete("max_output_tokens")], "too_long_answer", False),
    "filtered": ([Say("Hello"), Incomplete("content_filter")], "filtered", False),
    "wrong key": ([HttpError(401)], "unauthorized", False),
    "not for us": ([HttpError(403)], "forbidden", False),
    "no such model": ([HttpError(404, "model_not_found")], "no_model", False),
    "no credit": ([HttpError(429, "insufficient_quota")], "quota", False),
    "window": ([HttpError(400, "context_length_exceeded")], "context_length", False),
}


@pytest.mark.parametrize("case", FAILURES)
async def test_a_failure_is_the_same_on_both_wires(case: str, server: OpenAIEmulator, line: Line) -> None:
    steps, code, retryable = FAILURES[case]
    server.script([steps])
    error = await line.failure(request(user_message("go"), tools=[tool("look")]))
    assert (error.code, error.retryable) == (code, retryable)


async def test_silence_is_a_timeout(server: OpenAIEmulator, line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.wire.CALL_SECONDS", 0.2)
    server.script([[Say("Hello there."), Stall(60, 2)]])
    error = await line.failure(request(user_message("go")))
    assert (error.code, error.retryable) == ("timeout", True)


async def test_a_window_that_is_full_is_told_apart(server: OpenAIEmulator, line: Line) -> None:
    server.rules = Rules(context_window=50)
    error = await line.failure(request(user_message("word " * 500)))
    assert error.code == "context_length"


# -- answers


async def test_a_refusal_is_an_answer_that_is_not_streamed(server: OpenAIEmulator, line: Line) -> None:
    server.script([Refuse("I can't help with that.")])
    completed = await line.answer(request(user_message("go")))
    assert completed.items[-1]["content"][0]["refusal"] == "I can't help with that."


async def test_what_it_cost_is_told(server: OpenAIEmulator, line: Line) -> None:
    server.script([Say("Hello.")])
    call = (await line.answer(request(user_message("go")))).call
    usage = server.calls[0].usage
    assert usage
    assert (call.input_tokens, call.output_tokens) == (usage.input_tokens, usage.output_tokens)
    assert call.request_id
    assert call.response_id


async def test_ids_that_are_used_again_are_told_apart(server: OpenAIEmulator, line: Line) -> None:
    """Some servers number their calls anew in each answer; our log keeps one outcome for each id."""
    server.script([Call("look", {"word": "one"}, "call_0"), Call("look", {"word": "two"}, "call_0"), Say("Done.")])
    history: list[Json] = [user_message("go")]
    for _ in range(2):
        answered = await line.answer(request(*history, tools=[tool("look")]))
        history += [*answered.items, *map(output, calls_of(answered.items))]
    await line.answer(request(*history, tools=[tool("look")]))
    assert len({call["call_id"] for call in calls_of(history)}) == 2
    assert suite.unpaired(line.bodies) == []


async def test_arguments_that_are_no_json_do_not_break_the_next_request(server: OpenAIEmulator, line: Line) -> None:
    server.script([RawArguments("look", '{"word": "unfin'), Say("Sorry.")])
    answered = await line.answer(request(user_message("go"), tools=[tool("look")]))
    (call,) = calls_of(answered.items)
    assert call["arguments"] == '{"word": "unfin'
    await line.answer(request(user_message("go"), *answered.items, output(call), tools=[tool("look")]))


# -- requests


async def test_nothing_is_stored_and_the_person_stays_a_hash(server: OpenAIEmulator, line: Line) -> None:
    server.script([Say("ok")])
    await line.answer(request(user_message("go")))
    (body,) = line.bodies
    assert (body["store"], body["stream"]) == (False, True)
    assert (body["safety_identifier"], body["prompt_cache_key"]) == ("keyed-hash", "W1-1")
    assert "user" not in body


@pytest.mark.parametrize(("use_tools", "choice"), [(True, "auto"), (False, "none")])
async def test_tools_stay_in_place_when_they_are_off(
    use_tools: bool, choice: str, server: OpenAIEmulator, line: Line
) -> None:
    server.script([Say("ok")])
    await line.answer(request(user_message("go"), tools=[tool("look")], found=[tool("found")], use_tools=use_tools))
    (body,) = line.bodies
    names = [one.get("function", one)["name"] for one in body["tools"]]
    assert (names, body["tool_choice"], body["parallel_tool_calls"]) == (["look", "found"], choice, True)


HISTORY = [
    user_message("go"),
    {"type": "reasoning", "id": "rs_1", "encrypted_content": "x", "summary": []},
    {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Let me look."}]},
    function_call("c" * 60, "look", {"word": "one"}),
    function_call("call_2", "look", {"word": "two"}),
    {"type": "function_call_output", "call_id": "call_2", "output": '{"ok": false}'},
    {"type": "function_call_output", "call_id": "c" * 60, "output": '{"ok": true}'},
    developer_message("J1 is done."),
    user_message("and?"),
]


async def chat_body(server: OpenAIEmulator, can: Capabilities, asked: ModelRequest) -> Json:
    """What the chat wire sends."""
    server.script([Say("ok")])
    async with suite.opened("chat", Emulated(server), can) as line:
        await line.answer(asked)
        return line.bodies[0]


async def test_a_thread_of_the_other_wire_goes_on_over_chat(server: OpenAIEmulator) -> None:
    """Reasoning is left out, long ids are shortened alike on both ends, outputs stand in the order of their calls."""
    body = await chat_body(server, Capabilities(), request(*HISTORY, tools=[tool("look")]))
    roles = [message["role"] for message in body["messages"]]
    assert roles == ["developer", "user", "assistant", "tool", "tool", "developer", "user", "developer"]
    said = body["messages"][2]
    assert said["content"] == "Let me look."
    ids = [call["id"] for call in said["tool_calls"]]
    assert [message["tool_call_id"] for message in body["messages"][3:5]] == ids
    assert [message["content"] for message in body["messages"][3:5]] == ['{"ok": true}', '{"ok": false}']
    assert max(map(len, ids)) <= 40


# What each preset sends beside the model, the messages and the tools. The emulator is OpenAI's, so what it would refuse
# of the others' is only looked at as a body.
SENT = {
    Provider.OPENAI: {
        *("max_completion_tokens", "store", "stream_options", "prompt_cache_key", "safety_identifier"),
        *("parallel_tool_calls", "tool_choice"),
    },
    Provider.CLAUDE: {"max_tokens", "stream_options", "parallel_tool_calls", "tool_choice"},
    Provider.OLLAMA: {"max_tokens", "stream_options"},
    Provider.VLLM: {"max_completion_tokens", "stream_options", "parallel_tool_calls", "tool_choice"},
    Provider.OTHER: {"max_tokens"},
}


@pytest.mark.parametrize("provider", Provider)
async def test_a_server_is_sent_only_what_it_understands(provider: Provider, server: OpenAIEmulator) -> None:
    server.fail("before", "/v1/chat/completions", status=500)
    async with suite.opened("chat", Emulated(server), PRESETS[provider]) as line:
        await line.failure(request(*HISTORY, tools=[tool("look")]))
    (body,) = line.bodies
    assert body.keys() - {"model", "messages", "tools", "stream"} == SENT[provider]
    assert ("strict" in body["tools"][0]["function"]) is (provider is Provider.OPENAI)
    roles = [message["role"] for message in body["messages"]]
    assert ("developer" in roles) is (provider is Provider.OPENAI)
    if not PRESETS[provider].late_system:
        assert roles[0] == "system"
        assert roles.count("system") == 1
        assert body["messages"][0]["content"].endswith("Facts of this moment: none.")


async def test_without_tool_choice_tools_that_are_off_are_left_out(server: OpenAIEmulator) -> None:
    can = Capabilities().changed({"tool_choice": False})
    body = await chat_body(server, can, request(user_message("go"), tools=[tool("look")], use_tools=False))
    assert not {"tools", "tool_choice", "parallel_tool_calls"} & body.keys()


async def test_another_server_of_responses_gets_no_reasoning_of_others(server: OpenAIEmulator) -> None:
    server.script([Say("ok")])
    async with suite.opened("responses", Emulated(server), PRESETS[Provider.OLLAMA]) as line:
        await line.answer(request(*HISTORY, tools=[tool("look")]))
    (body,) = line.bodies
    assert "reasoning" not in [item["type"] for item in body["input"]]
    assert body["store"] is False
    assert not {"include", "truncation", "prompt_cache_key", "safety_identifier"} & body.keys()
    assert body["tools"][0]["strict"] is False


# -- the judge of pairs


def test_the_journal_is_refused_where_pairs_are_parted() -> None:
    """A judge that takes everything would make the suite worthless."""
    call, answer = function_call("c1", "look", {}), {"type": "function_call_output", "call_id": "c1", "output": "{}"}
    told = {"role": "assistant", "content": None, "tool_calls": [{"id": "c1", "type": "function", "function": call}]}
    result = {"role": "tool", "tool_call_id": "c1", "content": "{}"}
    good: list[Json] = [{"input": [call, answer]}, {"messages": [told, result]}, {"input": "hi"}]
    assert suite.unpaired(good) == []
    bad: list[Json] = [
        {"input": [call]},
        {"input": [answer]},
        {"input": [call, answer, answer]},
        {"messages": [told]},
        {"messages": [result]},
        {"messages": [told, {"role": "user", "content": "?"}, result]},
    ]
    found = suite.unpaired(bad)
    assert [line.split(":")[0] for line in found] == [f"request {number}" for number in range(6)]
