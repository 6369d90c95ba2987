"""The Responses wire: the response object and its events in the order and numbering clients expect."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any, assert_never

from emulators.openai.rendering import Output, Rendered, Usage
from emulators.openai.script import Ending, ErrorEvent, Failed, Incomplete
from emulators.openai.validate import Asked

Json = dict[str, Any]

ECHOED = ("metadata", "prompt_cache_key", "safety_identifier", "service_tier", "truncation", "user", "top_logprobs")


def response_object(asked: Asked, response_id: str, created: float) -> Json:
    """The response before anything was generated."""
    body = asked.body
    return {
        "id": response_id,
        "object": "response",
        "created_at": int(created),
        "status": "in_progress",
        "background": False,
        "error": None,
        "incomplete_details": None,
        "instructions": body.get("instructions"),
        "max_output_tokens": body.get("max_output_tokens"),
        "model": asked.model,
        "output": [],
        "parallel_tool_calls": asked.parallel,
        "previous_response_id": None,
        "reasoning": {"effort": "medium", "summary": None} | (body.get("reasoning") or {}),
        "store": bool(body.get("store")),
        "temperature": body.get("temperature", 1.0),
        "text": body.get("text") or {"format": {"type": "text"}},
        "tool_choice": asked.tool_choice,
        "tools": body.get("tools") or [],
        "top_p": body.get("top_p", 1.0),
        "usage": None,
        **{field: body[field] for field in ECHOED if body.get(field) is not None},
    }


def finished(response: Json, output: Output, usage: Usage, ending: Ending | None, now: float) -> Json:
    """The response at its end: completed, or what `ending` says."""
    end: Json = {"output": output.item_bodies, "usage": _usage(usage)}
    match ending:
        case None:
            end |= {"status": "completed", "completed_at": int(now)}
        case Incomplete(reason):
            end |= {"status": "incomplete", "incomplete_details": {"reason": reason}}
        case Failed(code, message) | ErrorEvent(code, message):
            end |= {"status": "failed", "error": {"code": code, "message": message}, "output": [], "usage": None}
        case _:
            assert_never(ending)
    return response | end


def events(response: Json, final: Json, output: Output, ending: Ending | None) -> list[Json]:
    """Every event of a stream, numbered from 0."""
    found: list[Json] = [{"type": f"response.{name}", "response": response} for name in ("created", "in_progress")]
    for index, rendered in enumerate(output.items):
        found += _item_events(index, rendered)
    if isinstance(ending, ErrorEvent):
        found.append({"type": "error", "code": ending.code, "message": ending.message, "param": None})
    else:
        found.append({"type": f"response.{final['status']}", "response": final})
    counter = itertools.count()
    return [{"type": event["type"], "sequence_number": next(counter), **event} for event in found]


def frame(event: Json) -> bytes:
    """One event on the wire."""
    return f"event: {event['type']}\ndata: {json.dumps(event, ensure_ascii=False)}\n\n".encode()


def _item_events(index: int, rendered: Rendered) -> Iterator[Json]:
    item = rendered.item
    yield {"type": "response.output_item.added", "output_index": index, "item": _begun(item)}
    place = {"item_id": item["id"], "output_index": index}
    match item["type"]:
        case "message":
            yield from _message_events(place, rendered)
        case "function_call":
            name = "response.function_call_arguments"
            for chunk in rendered.chunks:
                yield {"type": f"{name}.delta", **place, "delta": chunk}
            yield {"type": f"{name}.done", **place, "name": item["name"], "arguments": item["arguments"]}
        case _:
            pass
    yield {"type": "response.output_item.done", "output_index": index, "item": item}


def _begun(item: Json) -> Json:
    """The item as its `added` event shows it: without what is still to come."""
    match item["type"]:
        case "message":
            return {**item, "status": "in_progress", "content": []}
        case "function_call":
            return {**item, "status": "in_progress", "arguments": ""}
        case "tool_search_call":
            return {**item, "status": "in_progress"}
        case _:
            return {**item, "encrypted_content": item["encrypted_content"][:8]}


def _message_events(place: Json, rendered: Rendered) -> Iterator[Json]:
    part = rendered.item["content"][0]
    place = {**place, "content_index": 0}
    is_text = part["type"] == "output_text"
    name, field = ("output_text", "text") if is_text else ("refusal", "refusal")
    logprobs: Json = {"logprobs": []} if is_text else {}
    yield {"type": "response.content_part.added", **place, "part": {**part, field: ""}}
    for chunk in rendered.chunks:
        yield {"type": f"response.{name}.delta", **place, "delta": chunk, **logprobs}
    yield {"type": f"response.{name}.done", **place, field: rendered.text, **logprobs}
    yield {"type": "response.content_part.done", **place, "part": part}


def _usage(usage: Usage) -> Json:
    return {
        "input_tokens": usage.input_tokens,
        "input_tokens_details": {"cached_tokens": usage.cached_tokens, "cache_write_tokens": 0},
        "output_tokens": usage.output_tokens,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
        "total_tokens": usage.input_tokens + usage.output_tokens,
    }
