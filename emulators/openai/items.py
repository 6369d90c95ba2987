"""The shape of every input item this emulator knows: its fields, their types, its content parts."""

from __future__ import annotations

from typing import Any

from emulators.openai.errors import Refusal, missing, too_long, unknown, unsupported_value, wrong_type
from emulators.openai.schema import check_name

ID_LIMIT = 64
OUTPUT_LIMIT = 10_485_760
ROLES = ("assistant", "system", "developer", "user")
STATUSES = ("in_progress", "completed", "incomplete")
PHASES = ("commentary", "final_answer")

# Type to (required fields, further fields). `type` itself is always allowed.
FIELDS: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "message": (frozenset({"role", "content"}), frozenset({"id", "status", "phase"})),
    "function_call": (
        frozenset({"call_id", "name", "arguments"}),
        frozenset({"id", "status", "namespace", "caller", "async"}),
    ),
    "function_call_output": (
        frozenset({"call_id", "output"}),
        frozenset({"id", "status", "caller", "name", "namespace"}),
    ),
    "reasoning": (frozenset({"id", "summary"}), frozenset({"content", "encrypted_content", "status"})),
    "custom_tool_call": (frozenset({"call_id", "name", "input"}), frozenset({"id", "namespace", "caller", "async"})),
    "custom_tool_call_output": (frozenset({"call_id", "output"}), frozenset({"id", "caller"})),
    "tool_search_call": (frozenset({"arguments"}), frozenset({"id", "call_id", "execution", "status"})),
    "tool_search_output": (frozenset({"tools"}), frozenset({"id", "call_id", "execution", "status"})),
    "additional_tools": (frozenset({"role", "tools"}), frozenset({"id"})),
    "compaction": (frozenset({"encrypted_content"}), frozenset({"id"})),
    "item_reference": (frozenset({"id"}), frozenset()),
}
ID_PREFIXES = {
    "message": "msg",
    "function_call": "fc",
    "reasoning": "rs",
    "custom_tool_call": "ctc",
    "tool_search_call": "tsc",
    "tool_search_output": "tso",
}
EXECUTIONS = ("server", "client")
STRING_FIELDS = ("id", "call_id", "arguments", "encrypted_content", "input", "namespace")

INPUT_PARTS: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "input_text": (frozenset({"text"}), frozenset({"prompt_cache_breakpoint"})),
    "input_image": (frozenset(), frozenset({"image_url", "file_id", "detail", "prompt_cache_breakpoint"})),
    "input_file": (
        frozenset(),
        frozenset({"file_id", "file_url", "file_data", "filename", "detail", "prompt_cache_breakpoint"}),
    ),
}
OUTPUT_PARTS: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "output_text": (frozenset({"text"}), frozenset({"annotations", "logprobs"})),
    "refusal": (frozenset({"refusal"}), frozenset()),
}

Json = dict[str, Any]


def check_item(item: object, param: str) -> Json:
    """The item with its `type` filled in; `Refusal` for unknown types, fields and shapes."""
    if not isinstance(item, dict):
        raise wrong_type(param, "an object")
    kind = item.get("type", "message" if "role" in item else None)
    if kind is None:
        raise missing(f"{param}.type")
    if kind not in FIELDS:
        raise unsupported_value(f"{param}.type", kind, tuple(FIELDS))
    _check_fields(item, FIELDS[kind], param)
    _check_strings(item, param)
    _check_id(kind, item.get("id"), f"{param}.id")
    match kind:
        case "message":
            _check_message(item, param)
        case "function_call":
            check_name(item["name"], f"{param}.name")
        case "function_call_output" | "custom_tool_call_output":
            _check_output(item["output"], f"{param}.output")
        case _:
            pass
    return {**item, "type": kind}


def check_choice(value: object, param: str, supported: tuple[str, ...]) -> None:
    """Refuse a value that is neither absent, null nor one of `supported`."""
    if value is not None and value not in supported:
        raise unsupported_value(param, value, supported)


def _check_fields(item: Json, fields: tuple[frozenset[str], frozenset[str]], param: str) -> None:
    required, further = fields
    for field in sorted(required - item.keys()):
        raise missing(f"{param}.{field}")
    for field in sorted(item.keys() - required - further - {"type"}):
        raise unknown(f"{param}.{field}")


def _check_strings(item: Json, param: str) -> None:
    for field in STRING_FIELDS:
        value = item.get(field)
        if value is not None and not isinstance(value, str) and item.get("type") != "tool_search_call":
            raise wrong_type(f"{param}.{field}", "a string")
    call_id = item.get("call_id")
    if isinstance(call_id, str) and not 0 < len(call_id) <= ID_LIMIT:
        raise too_long(f"{param}.call_id", ID_LIMIT, len(call_id))
    check_choice(item.get("status"), f"{param}.status", STATUSES)
    check_choice(item.get("execution"), f"{param}.execution", EXECUTIONS)


def _check_id(kind: str, item_id: str | None, param: str) -> None:
    if item_id is None:
        return
    if len(item_id) > ID_LIMIT:
        raise too_long(param, ID_LIMIT, len(item_id))
    prefix = ID_PREFIXES.get(kind, "")
    if not item_id.startswith(prefix):
        sentence = f"Invalid '{param}': '{item_id}'. Expected an ID that begins with '{prefix}'."
        raise Refusal(sentence, param=param)


def _check_message(item: Json, param: str) -> None:
    role = item["role"]
    if role not in ROLES:
        raise unsupported_value(f"{param}.role", role, ROLES)
    if role != "assistant" and "phase" in item:
        raise unknown(f"{param}.phase")
    check_choice(item.get("phase"), f"{param}.phase", PHASES)
    parts = OUTPUT_PARTS if role == "assistant" else INPUT_PARTS
    if not isinstance(item["content"], str):
        _check_parts(item["content"], f"{param}.content", parts)


def _check_output(output: object, param: str) -> None:
    if isinstance(output, str):
        if len(output) > OUTPUT_LIMIT:
            raise too_long(param, OUTPUT_LIMIT, len(output))
        return
    _check_parts(output, param, INPUT_PARTS)


def _check_parts(parts: object, param: str, known: dict[str, tuple[frozenset[str], frozenset[str]]]) -> None:
    if not isinstance(parts, list):
        raise wrong_type(param, "a string or an array of objects")
    for index, part in enumerate(parts):
        place = f"{param}[{index}]"
        if not isinstance(part, dict):
            raise wrong_type(place, "an object")
        if part.get("type") not in known:
            raise unsupported_value(f"{place}.type", part.get("type"), tuple(known))
        _check_fields(part, known[part["type"]], place)
        for field in ("text", "refusal"):
            if not isinstance(part.get(field, ""), str):
                raise wrong_type(f"{place}.{field}", "a string")
