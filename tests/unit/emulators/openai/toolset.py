"""Tools as a studio would offer them, in the Responses shape."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]
STRING: Json = {"type": "string"}


def nullable(schema: Json) -> Json:
    return {"anyOf": [schema, {"type": "null"}]}


def array(items: Json) -> Json:
    return {"type": "array", "items": items, "minItems": 1}


def closed(**properties: Json) -> Json:
    """A strict object schema."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def tool(name: str, /, **properties: Json) -> Json:
    return {"type": "function", "name": name, "strict": True, "parameters": closed(**properties)}


ROW = closed(name=STRING, company=nullable(STRING), script=STRING)
TRANSLATE = tool(
    "translate_video",
    source=STRING,
    languages=array(STRING),
    source_language=nullable(STRING),
    captions=nullable({"type": "boolean"}),
)
CREATE = tool("create_video", script=nullable(STRING), prompt=nullable(STRING), title=nullable(STRING))
TOOLS = [
    TRANSLATE,
    CREATE,
    tool("create_videos", rows=array(ROW)),
    tool("lipsync_video", video=STRING, audio=STRING),
    tool("list_jobs"),
    tool("cancel_job", job=STRING),
    tool("get_budget"),
    tool("list_languages"),
    tool("ask_for_human", reason=STRING),
    tool("start_live_avatar"),
    tool("end_live_avatar"),
    tool("find_avatars", query=nullable(STRING)),
    tool("find_voices", query=nullable(STRING)),
    tool("find_tools", query=STRING),
]
CHAT_TOOLS = [
    {"type": "function", "function": {key: value for key, value in entry.items() if key != "type"}} for entry in TOOLS
]


def user(text: str) -> Json:
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}


def developer(text: str) -> Json:
    return {"type": "message", "role": "developer", "content": [{"type": "input_text", "text": text}]}


def call(name: str = "list_jobs", call_id: str = "call_1", arguments: str = "{}") -> Json:
    return {"type": "function_call", "call_id": call_id, "name": name, "arguments": arguments}


def output(text: str = "{}", call_id: str = "call_1") -> Json:
    return {"type": "function_call_output", "call_id": call_id, "output": text}
