"""The Chat Completions wire: its own refusals, and the same planner behind it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from emulators.openai.errors import Refusal, missing, too_long, unknown, unsupported_value, wrong_type
from emulators.openai.rendering import Output, Usage
from emulators.openai.schema import FUNCTION_FIELDS, check_name, check_tools
from emulators.openai.script import Incomplete
from emulators.openai.tokens import prompt_text
from emulators.openai.validate import (
    Asked,
    Rules,
    check_common,
    check_minimum,
    check_store,
    check_stream_options,
    check_tool_choice,
    check_window,
)

KNOWN = frozenset(
    {"audio", "frequency_penalty", "logit_bias", "logprobs", "max_completion_tokens", "max_tokens", "messages"}
    | {"metadata", "modalities", "model", "moderation", "n", "parallel_tool_calls", "prediction", "presence_penalty"}
    | {"prompt_cache_key", "prompt_cache_options", "prompt_cache_retention", "reasoning_effort", "response_format"}
    | {"safety_identifier", "seed", "service_tier", "stop", "store", "stream", "stream_options", "temperature"}
    | {"tool_choice", "tools", "top_logprobs", "top_p", "user", "verbosity", "web_search_options"}
)
ROLES = ("developer", "system", "user", "assistant", "tool")
MESSAGE_FIELDS = frozenset({"role", "content", "name", "refusal", "tool_calls", "tool_call_id", "audio"})
CALL_ID_LIMIT = 40
FINISH_REASONS = {"max_output_tokens": "length", "content_filter": "content_filter"}

Json = dict[str, Any]


def check_chat(body: object, rules: Rules) -> Asked:
    """The request behind the body of `POST /v1/chat/completions`; `Refusal` when the API would not take it."""
    if not isinstance(body, dict):
        raise Refusal("We could not parse the JSON body of your request.", code=None)
    for field in sorted(body.keys() - KNOWN):
        raise unknown(field)
    _check_parameters(body)
    check_store(body, rules, required=False)
    tools = check_tools([_flat(tool, f"tools[{index}]") for index, tool in enumerate(body.get("tools") or [])])
    choice = _flat_choice(body.get("tool_choice", "auto"))
    check_tool_choice(choice, tools)
    items = to_items(check_messages(body.get("messages")))
    prompt = prompt_text(body)
    return Asked(
        model=body["model"],
        instructions="\n".join(_text(item) for item in items if item.get("role") in ("system", "developer")),
        items=items,
        tools=tools,
        tool_choice=choice,
        stream=bool(body.get("stream")),
        parallel=body.get("parallel_tool_calls") is not False,
        max_output_tokens=body.get("max_completion_tokens"),
        wants_reasoning=False,
        input_tokens=check_window(prompt, rules, param="messages"),
        prompt=prompt,
        body=body,
    )


def check_messages(messages: object) -> list[Json]:
    """The messages, each tool call answered by tool messages directly after it."""
    if messages is None:
        raise missing("messages")
    if not isinstance(messages, list) or not messages:
        raise wrong_type("messages", "a non-empty array of objects")
    waiting: list[str] = []
    for index, message in enumerate(messages):
        _check_message(message, f"messages[{index}]")
        if message["role"] == "tool":
            _settle(waiting, message, index)
            continue
        if waiting:
            raise _unanswered(waiting, index)
        waiting = [call["id"] for call in message.get("tool_calls") or []]
        if len(waiting) != len(set(waiting)):
            raise Refusal("Duplicate value for 'tool_call_id' in message.", param=f"messages.[{index}].tool_calls")
    if waiting:
        raise _unanswered(waiting, len(messages))
    return messages


def to_items(messages: Sequence[Json]) -> list[Json]:
    """The messages as input items, which is what the planner reads."""
    items: list[Json] = []
    for message in messages:
        if message["role"] == "tool":
            output = {"call_id": message["tool_call_id"], "output": _text(message)}
            items.append({"type": "function_call_output", **output})
            continue
        if message.get("content"):
            items.append({"type": "message", "role": message["role"], "content": message["content"]})
        calls = message.get("tool_calls") or []
        items += [{"type": "function_call", "call_id": call["id"], **call["function"]} for call in calls]
    return items


def completion(asked: Asked, completion_id: str, created: float, output: Output, usage: Usage) -> Json:
    """The whole answer to a plain request."""
    choice = {"index": 0, "message": _message(output), "finish_reason": _finish_reason(output), "logprobs": None}
    head = _head(asked, completion_id, created, "chat.completion")
    return {**head, "choices": [choice], "usage": _usage(usage)}


def chunks(asked: Asked, completion_id: str, created: float, output: Output, usage: Usage) -> list[Json]:
    """Every chunk of a stream; the usage comes in a last one without choices, when it was asked for."""
    head = _head(asked, completion_id, created, "chat.completion.chunk")
    wants_usage = bool((asked.body.get("stream_options") or {}).get("include_usage"))
    extra: Json = {"usage": None} if wants_usage else {}
    deltas: list[tuple[Json, str | None]] = [(delta, None) for delta in _deltas(output)]
    deltas.append(({}, _finish_reason(output)))
    found = [
        {**head, "choices": [{"index": 0, "delta": delta, "finish_reason": reason, "logprobs": None}], **extra}
        for delta, reason in deltas
    ]
    return [*found, {**head, "choices": [], "usage": _usage(usage)}] if wants_usage else found


def frame(chunk: Json) -> bytes:
    """One chunk on the wire."""
    return f"data: {json.dumps(chunk, ensure_ascii=False)}\n\n".encode()


DONE = b"data: [DONE]\n\n"


def _head(asked: Asked, completion_id: str, created: float, kind: str) -> Json:
    return {
        "id": completion_id,
        "object": kind,
        "created": int(created),
        "model": asked.model,
        "service_tier": "default",
        "system_fingerprint": "fp_emulated",
    }


def _check_parameters(body: Json) -> None:
    check_common(body)
    if "max_tokens" in body:
        sentence = (
            "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
        )
        raise Refusal(sentence, param="max_tokens", code="unsupported_parameter")
    check_minimum(body, "max_completion_tokens", 1)
    check_stream_options(body, frozenset({"include_usage", "include_obfuscation"}))
    if body.get("n") not in (None, 1):
        raise Refusal("This emulator gives one choice only.", param="n")


def _flat(tool: object, param: str) -> Json:
    """A nested function tool in the Responses shape."""
    if not isinstance(tool, dict):
        raise wrong_type(param, "an object")
    if tool.get("type") != "function":
        raise unsupported_value(f"{param}.type", tool.get("type"), ("function",))
    function = tool.get("function")
    if not isinstance(function, dict):
        raise missing(f"{param}.function")
    for field in sorted(function.keys() - (FUNCTION_FIELDS - {"type"})):
        raise unknown(f"{param}.function.{field}")
    return {"type": "function", **function}


def _flat_choice(choice: Any) -> Any:
    if isinstance(choice, dict) and isinstance(choice.get("function"), dict):
        return {"type": "function", "name": choice["function"].get("name")}
    if isinstance(choice, dict) and isinstance(choice.get("allowed_tools"), dict):
        allowed = choice["allowed_tools"]
        return {"type": "allowed_tools", **allowed, "tools": [_flat_choice(tool) for tool in allowed["tools"]]}
    return choice


def _check_message(message: object, param: str) -> None:
    if not isinstance(message, dict):
        raise wrong_type(param, "an object")
    if message.get("role") not in ROLES:
        raise unsupported_value(f"{param}.role", message.get("role"), ROLES)
    for field in sorted(message.keys() - MESSAGE_FIELDS):
        raise unknown(f"{param}.{field}")
    if message.get("content") is None and not message.get("tool_calls") and not message.get("refusal"):
        raise Refusal(f"Invalid value for '{param}.content': expected a string, got null.", param=f"{param}.content")
    for index, call in enumerate(message.get("tool_calls") or []):
        _check_call(call, f"{param}.tool_calls[{index}]")
    if message["role"] == "tool" and "tool_call_id" not in message:
        raise missing(f"{param}.tool_call_id")


def _check_call(call: object, param: str) -> None:
    """Its id is shorter here than on the other wire."""
    if not isinstance(call, dict) or not isinstance(call.get("function"), dict):
        raise missing(f"{param}.function")
    if not isinstance(call.get("id"), str):
        raise missing(f"{param}.id")
    if len(call["id"]) > CALL_ID_LIMIT:
        raise too_long(f"{param}.id", CALL_ID_LIMIT, len(call["id"]))
    check_name(call["function"].get("name"), f"{param}.function.name")
    if not isinstance(call["function"].get("arguments"), str):
        raise wrong_type(f"{param}.function.arguments", "a string")


def _settle(waiting: list[str], message: Json, index: int) -> None:
    if message["tool_call_id"] not in waiting:
        sentence = (
            "Invalid parameter: messages with role 'tool' must be a response to a preceding message with 'tool_calls'."
        )
        raise Refusal(sentence, param=f"messages.[{index}].role", code=None)
    waiting.remove(message["tool_call_id"])


def _unanswered(waiting: list[str], index: int) -> Refusal:
    sentence = (
        "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. "
        f"The following tool_call_ids did not have response messages: {', '.join(waiting)}"
    )
    return Refusal(sentence, param=f"messages.[{index}].role", code=None)


def _text(message: Json) -> str:
    content = message.get("content") or ""
    return content if isinstance(content, str) else "".join(part.get("text", "") for part in content)


def _message(output: Output) -> Json:
    message: Json = {"role": "assistant", "content": None, "refusal": None, "annotations": []}
    for rendered in output.items:
        if rendered.item["type"] == "function_call":
            message.setdefault("tool_calls", []).append(_tool_call(rendered.item))
            continue
        part = rendered.item["content"][0]
        field = "content" if part["type"] == "output_text" else "refusal"
        message[field] = (message[field] or "") + rendered.text
    return message


def _tool_call(item: Json) -> Json:
    function = {"name": item["name"], "arguments": item["arguments"]}
    return {"id": item["call_id"], "type": "function", "function": function}


def _deltas(output: Output) -> Iterator[Json]:
    yield {"role": "assistant", "content": "", "refusal": None}
    calls = 0
    for rendered in output.items:
        if rendered.item["type"] == "function_call":
            opened = _tool_call({**rendered.item, "arguments": ""})
            yield {"tool_calls": [{"index": calls, **opened}]}
            for chunk in rendered.chunks:
                yield {"tool_calls": [{"index": calls, "function": {"arguments": chunk}}]}
            calls += 1
            continue
        field = "content" if rendered.item["content"][0]["type"] == "output_text" else "refusal"
        for chunk in rendered.chunks:
            yield {field: chunk}


def _finish_reason(output: Output) -> str:
    if isinstance(output.incomplete, Incomplete):
        return FINISH_REASONS[output.incomplete.reason]
    kinds = {rendered.item["type"] for rendered in output.items}
    return "tool_calls" if "function_call" in kinds else "stop"


def _usage(usage: Usage) -> Json:
    return {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.input_tokens + usage.output_tokens,
        "prompt_tokens_details": {"cached_tokens": usage.cached_tokens, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning_tokens, "audio_tokens": 0},
    }
