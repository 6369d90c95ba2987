"""From our items to the messages and tools of Chat Completions: pure functions of the log.

Here a call is a part of the assistant's message and its output has to follow that message directly, so what stands
between them in the log waits until they are together. Reasoning cannot be told on this wire and is left out.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence

from agent.capabilities import Capabilities
from agent.conversation import message_text
from agent.records import Json

LONGEST_ID = 40  # of a tool call, on this wire
SHOWN_ARGUMENTS = 1_000


def messages(instructions: str, items: Sequence[Json], can: Capabilities) -> list[Json]:
    """The whole input of one call, instructions first."""
    role = "developer" if can.developer_role else "system"
    builder = _Builder(role)
    for item in items:
        builder.add(item)
    said = [{"role": role, "content": instructions}, *builder.finish()]
    return said if can.late_system else _joined_in_front(said, role)


def tools(definitions: Iterable[Json], can: Capabilities) -> list[Json]:
    """Function tools in the shape of this wire."""
    fields = ("name", "description", "parameters", *(("strict",) if can.strict else ()))
    return [
        {"type": "function", "function": {name: one[name] for name in fields if name in one}} for one in definitions
    ]


class _Builder:
    """Collects messages; while calls wait for their outputs, everything else waits with them."""

    def __init__(self, role: str) -> None:
        self._role = role
        self._done: list[Json] = []
        self._text: list[str] = []
        self._calls: list[Json] = []
        self._outputs: dict[str, Json] = {}
        self._waiting: list[Json] = []

    def add(self, item: Json) -> None:
        """Take in the next item of the log."""
        match item.get("type", "message"):
            case "function_call":
                self._calls.append(_tool_call(item))
            case "function_call_output":
                self._answer(item)
            case "message" if item.get("role") == "assistant":
                if text := message_text(item):
                    self._text.append(text)
            case "message":
                self._other({"role": self._role_of(item), "content": _plain(item)})
            case _:
                pass  # reasoning and whatever else only one provider can read

    def finish(self) -> list[Json]:
        """All messages."""
        self._close()
        return self._done

    def _role_of(self, item: Json) -> str:
        return "user" if item.get("role") == "user" else self._role

    def _answer(self, item: Json) -> None:
        call_id = short_id(item["call_id"])
        self._outputs[call_id] = {"role": "tool", "tool_call_id": call_id, "content": _output(item["output"])}
        if all(call["id"] in self._outputs for call in self._calls):
            self._close()

    def _other(self, message: Json) -> None:
        if self._calls:
            self._waiting.append(message)
            return
        self._close()
        self._done.append(message)

    def _close(self) -> None:
        """Put down the assistant's message, the outputs in the order of its calls, and what waited for them."""
        if self._text or self._calls:
            content = "\n\n".join(self._text) or None
            calls = {"tool_calls": self._calls} if self._calls else {}
            self._done.append({"role": "assistant", "content": content, **calls})
        ordered = [self._outputs.pop(call["id"]) for call in self._calls if call["id"] in self._outputs]
        self._done += [*ordered, *self._outputs.values(), *self._waiting]
        self._text, self._calls, self._outputs, self._waiting = [], [], {}, []


def _joined_in_front(said: Sequence[Json], role: str) -> list[Json]:
    """One message of the runtime's at the front, for servers that take no other. Its newest words stand last."""
    words = [message["content"] for message in said if message["role"] == role]
    others = [message for message in said if message["role"] != role]
    return [{"role": role, "content": "\n\n".join(words)}, *others]


def _tool_call(item: Json) -> Json:
    function = {"name": item["name"], "arguments": _arguments(str(item["arguments"]))}
    return {"id": short_id(item["call_id"]), "type": "function", "function": function}


def short_id(call_id: str) -> str:
    """An id that this wire takes: the same one for the same call, always."""
    return call_id if len(call_id) <= LONGEST_ID else f"call_{hashlib.sha256(call_id.encode()).hexdigest()[:32]}"


def _arguments(text: str) -> str:
    """Arguments as they were sent. Some servers read them again and refuse the whole input where they are no object."""
    try:
        readable = isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        readable = False
    return text if readable else json.dumps({"unreadable": text[:SHOWN_ARGUMENTS]}, ensure_ascii=False)


def _plain(item: Json) -> str:
    return item["content"] if isinstance(item["content"], str) else message_text(item)


def _output(output: object) -> str:
    return output if isinstance(output, str) else json.dumps(output, ensure_ascii=False)
