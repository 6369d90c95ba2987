"""What `POST /v1/responses` refuses, in the words the API uses for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from emulators.openai.errors import Refusal, missing, too_long, unknown, unsupported_value, wrong_type
from emulators.openai.items import check_choice, check_item
from emulators.openai.pairing import check_ids, check_pairs, check_reasoning, check_reference
from emulators.openai.schema import OTHER_TOOL_TYPES, check_loaded, check_tools
from emulators.openai.searching import as_function
from emulators.openai.tokens import count_tokens, prompt_text

KNOWN = frozenset(
    {"background", "context_management", "conversation", "include", "input", "instructions", "max_output_tokens"}
    | {"max_tool_calls", "metadata", "model", "moderation", "parallel_tool_calls", "previous_response_id", "prompt"}
    | {"prompt_cache_key", "prompt_cache_options", "prompt_cache_retention", "reasoning", "safety_identifier"}
    | {"service_tier", "store", "stream", "stream_options", "temperature", "text", "tool_choice", "tools"}
    | {"top_logprobs", "top_p", "truncation", "user", "access_programs", "background_options", "image"}
)
NEEDS_STORAGE = ("background", "conversation", "previous_response_id", "prompt")
INCLUDABLE = (
    "file_search_call.results",
    "web_search_call.results",
    "web_search_call.action.sources",
    "message.input_image.image_url",
    "computer_call_output.output.image_url",
    "code_interpreter_call.outputs",
    "reasoning.encrypted_content",
    "message.output_text.logprobs",
)
REASONING_FIELDS = frozenset({"effort", "context", "summary", "generate_summary", "mode"})
EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
MINIMUM_OUTPUT_TOKENS = 16
STRING_LIMITS = {"prompt_cache_key": 64, "safety_identifier": 128}
METADATA_LIMITS = (16, 64, 512)

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Rules:
    """How strict the emulator is. `store_must_be_false` refuses what the API takes but our client never sends."""

    store_must_be_false: bool = True
    context_window: int = 400_000


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that holds: what the planner reads, whichever wire it came over.

    `tools` are function tools in the Responses shape, `input_tokens` is an estimate.
    """

    model: str
    instructions: str
    items: list[Json]
    tools: list[Json]
    tool_choice: Any
    stream: bool
    parallel: bool
    max_output_tokens: int | None
    wants_reasoning: bool
    input_tokens: int
    prompt: str
    body: Json


def check_responses(body: object, rules: Rules) -> Asked:
    """The request behind the body of `POST /v1/responses`; `Refusal` when the API would not take it."""
    if not isinstance(body, dict):
        raise Refusal("We could not parse the JSON body of your request.", code=None)
    for field in sorted(body.keys() - KNOWN):
        raise unknown(field)
    _check_scalars(body)
    check_store(body, rules, required=True)
    tools = check_tools(body.get("tools") or [])
    choice = body.get("tool_choice", "auto")
    check_tool_choice(choice, tools)
    items = check_input(body.get("input"))
    tools = [*check_loaded(items, tools), *as_function(body.get("tools") or [])]
    prompt = prompt_text(body)
    tokens = check_window(prompt, rules, param="input", truncates=body.get("truncation") == "auto")
    return Asked(
        model=body["model"],
        instructions=body.get("instructions") or "",
        items=items,
        tools=tools,
        tool_choice=choice,
        stream=bool(body.get("stream")),
        parallel=body.get("parallel_tool_calls") is not False,
        max_output_tokens=body.get("max_output_tokens"),
        wants_reasoning="reasoning.encrypted_content" in (body.get("include") or []),
        input_tokens=tokens,
        prompt=prompt,
        body=body,
    )


def check_input(value: object) -> list[Json]:
    """The items of an input, each with its type, in legal order."""
    if value is None:
        raise missing("input")
    if isinstance(value, str):
        return [{"type": "message", "role": "user", "content": value}]
    if not isinstance(value, list):
        raise wrong_type("input", "a string or an array of objects")
    if not value:
        raise Refusal("Invalid 'input': empty array. Expected at least one item.", param="input")
    items = [check_item(item, f"input[{index}]") for index, item in enumerate(value)]
    for item in items:
        check_reference(item)
    check_ids(items)
    check_pairs(items)
    check_reasoning(items)
    return items


def check_tool_choice(choice: object, tools: list[Json]) -> None:
    """Refuse a choice that names a tool the request does not offer."""
    if choice in ("none", "auto"):
        return
    if choice == "required":
        if not tools:
            raise Refusal("Tool choice 'required' must be specified with 'tools' parameter.", param="tool_choice")
        return
    if not isinstance(choice, dict):
        raise unsupported_value("tool_choice", choice, ("none", "auto", "required"))
    match choice.get("type"):
        case "function":
            _check_offered(choice.get("name"), tools, "tool_choice")
        case "allowed_tools":
            check_choice(choice.get("mode", "missing"), "tool_choice.mode", ("auto", "required"))
            for tool in choice.get("tools") or []:
                _check_offered(tool.get("name"), tools, "tool_choice.tools")
        case other:
            raise unsupported_value("tool_choice.type", other, ("function", "allowed_tools", *OTHER_TOOL_TYPES))


def check_store(body: Json, rules: Rules, *, required: bool) -> None:
    """Refuse stored answers, and what only works with them; `required`: leaving `store` out means true."""
    store = body.get("store", required)
    if not isinstance(store, bool):
        raise wrong_type("store", "a boolean")
    if store and rules.store_must_be_false:
        raise Refusal("This emulator refuses 'store' unless it is false.", param="store", code="store_not_false")
    for field in NEEDS_STORAGE:
        if body.get(field):
            raise Refusal(f"'{field}' needs stored responses, which this emulator does not keep.", param=field)


def check_window(prompt: str, rules: Rules, *, param: str, truncates: bool = False) -> int:
    """The estimated tokens of the prompt; `Refusal` `context_length_exceeded` over the window."""
    tokens = count_tokens(prompt)
    if tokens > rules.context_window and not truncates:
        sentence = "Your input exceeds the context window of this model. Please adjust your input and try again."
        raise Refusal(sentence, param=param, code="context_length_exceeded")
    return tokens


def check_minimum(body: Json, field: str, minimum: int) -> None:
    """Refuse an integer below `minimum`."""
    value = body.get(field)
    if value is None:
        return
    if not isinstance(value, int) or isinstance(value, bool):
        raise wrong_type(field, "an integer")
    if value < minimum:
        sentence = (
            f"Invalid '{field}': integer below minimum value. Expected a value >= {minimum}, but got {value} instead."
        )
        raise Refusal(sentence, param=field, code="integer_below_min_value")


def check_common(body: Json) -> None:
    """Refuse wrong values of the parameters that both wires have."""
    if "model" not in body:
        raise missing("model")
    if not isinstance(body["model"], str) or not body["model"]:
        raise wrong_type("model", "a string")
    for field, limit in STRING_LIMITS.items():
        value = body.get(field)
        if value is not None and not isinstance(value, str):
            raise wrong_type(field, "a string")
        if value is not None and len(value) > limit:
            raise too_long(field, limit, len(value))
    for field in ("stream", "parallel_tool_calls"):
        if body.get(field) not in (None, True, False):
            raise wrong_type(field, "a boolean")
    _check_metadata(body.get("metadata"))


def check_stream_options(body: Json, known: frozenset[str]) -> None:
    """Refuse stream options without a stream, and unknown ones."""
    options = body.get("stream_options")
    if options is None:
        return
    if not body.get("stream"):
        sentence = "The 'stream_options' parameter is only allowed when 'stream' is enabled."
        raise Refusal(sentence, param="stream_options", code=None)
    for field in sorted(options.keys() - known):
        raise unknown(f"stream_options.{field}")


def _check_scalars(body: Json) -> None:
    check_common(body)
    if not isinstance(body.get("instructions"), str | None):
        raise wrong_type("instructions", "a string")
    check_minimum(body, "max_output_tokens", MINIMUM_OUTPUT_TOKENS)
    check_choice(body.get("truncation"), "truncation", ("auto", "disabled"))
    check_stream_options(body, frozenset({"include_obfuscation"}))
    for index, value in enumerate(body.get("include") or []):
        check_choice(value, f"include[{index}]", INCLUDABLE)
    reasoning = body.get("reasoning") or {}
    for field in sorted(reasoning.keys() - REASONING_FIELDS):
        raise unknown(f"reasoning.{field}")
    check_choice(reasoning.get("effort"), "reasoning.effort", EFFORTS)


def _check_metadata(metadata: Json | None) -> None:
    pairs, key_limit, value_limit = METADATA_LIMITS
    metadata = metadata or {}
    if len(metadata) > pairs:
        raise Refusal(f"Invalid 'metadata': too many properties. Expected at most {pairs}.", param="metadata")
    for key, value in metadata.items():
        if not isinstance(value, str):
            raise wrong_type(f"metadata.{key}", "a string")
        if len(key) > key_limit or len(value) > value_limit:
            raise too_long(f"metadata.{key}", value_limit, len(value))


def _check_offered(name: object, tools: list[Json], param: str) -> None:
    if name not in [tool["name"] for tool in tools]:
        raise Refusal(f"Tool choice 'function' '{name}' not found in 'tools' parameter.", param=param)
