"""From contents to finished output items, the same for both wires."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, assert_never

from emulators.openai.pairing import seal
from emulators.openai.script import Call, Content, Incomplete, RawArguments, Refuse, Say
from emulators.openai.searching import SEARCH, as_search
from emulators.openai.tokens import CHARACTERS_PER_TOKEN, count_tokens
from emulators.openai.validate import Asked

REASONING_TOKENS = 64
ARGUMENTS_CHUNK = 24

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Rendered:
    """An output item as it ends up, and the deltas its text or arguments are streamed in."""

    item: Json
    chunks: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """What the deltas add up to."""
        return "".join(self.chunks)


@dataclass(frozen=True, slots=True)
class Usage:
    """Token counts of one model call."""

    input_tokens: int
    cached_tokens: int
    output_tokens: int
    reasoning_tokens: int


class Ids:
    """Made-up identifiers with the vendor's prefixes, repeatable for a seed."""

    def __init__(self, source: random.Random) -> None:
        self._random = source

    def new(self, prefix: str, length: int = 48) -> str:
        """An id such as `msg_` and `length` hexadecimal digits."""
        return f"{prefix}_{self._random.getrandbits(length * 4):0{length}x}"


@dataclass(frozen=True, slots=True)
class Output:
    """The whole output of one model call; `incomplete` when the token cap cut it."""

    items: tuple[Rendered, ...]
    incomplete: Incomplete | None = None

    @property
    def item_bodies(self) -> list[Json]:
        """The finished items."""
        return [rendered.item for rendered in self.items]

    def reasoning_tokens(self) -> int:
        """Tokens spent on reasoning items."""
        return REASONING_TOKENS * len([item for item in self.item_bodies if item["type"] == "reasoning"])

    def tokens(self) -> int:
        """Tokens of everything, reasoning included."""
        return self.reasoning_tokens() + sum(count_tokens(rendered.text) for rendered in self.items)


def render(contents: Sequence[Content], asked: Asked, ids: Ids, chunk_size: int | None) -> Output:
    """Output items for `contents`, a reasoning item first where the request asks for it, cut at the token cap."""
    rendered = [_searching(_render_one(content, ids, chunk_size)) for content in contents]
    output = _capped(rendered, asked.max_output_tokens)
    if asked.wants_reasoning and output.items:
        return Output((_reasoning(output.items[0].item, ids), *output.items), output.incomplete)
    return output


def left_incomplete(output: Output, reason: Incomplete) -> Output:
    """The same output with its last item marked as cut off."""
    if not output.items or output.incomplete:
        return Output(output.items, output.incomplete or reason)
    *whole, last = output.items
    return Output((*whole, Rendered({**last.item, "status": "incomplete"}, last.chunks)), reason)


def split(text: str, size: int | None) -> tuple[str, ...]:
    """Deltas for `text`: pieces of `size` characters, or words with the white space after them."""
    if size is not None:
        return tuple(text[start : start + size] for start in range(0, len(text), max(1, size)))
    return tuple(re.findall(r"\s*\S+\s*", text)) or ((text,) if text else ())


def _render_one(content: Content, ids: Ids, chunk_size: int | None) -> Rendered:
    match content:
        case Say(text, phase, chunks):
            pieces = tuple(chunks) or split(text, chunk_size)
            return Rendered(_message(ids, {"type": "output_text", "text": "".join(pieces)}, phase), pieces)
        case Refuse(text):
            return Rendered(_message(ids, {"type": "refusal", "refusal": text}, None), split(text, chunk_size))
        case Call(name, arguments, call_id):
            return _call(ids, name, json.dumps(arguments, ensure_ascii=False), call_id, chunk_size)
        case RawArguments(name, text, call_id):
            return _call(ids, name, text, call_id, chunk_size)
        case _:
            assert_never(content)


def _searching(rendered: Rendered) -> Rendered:
    """A call of the search is an item of its own kind, which streams no arguments."""
    is_search = rendered.item["type"] == "function_call" and rendered.item["name"] == SEARCH
    return Rendered(as_search(rendered.item)) if is_search else rendered


def _message(ids: Ids, part: Json, phase: str | None) -> Json:
    if part["type"] == "output_text":
        part |= {"annotations": [], "logprobs": []}
    item = {"id": ids.new("msg"), "type": "message", "status": "completed", "role": "assistant", "content": [part]}
    return item | ({"phase": phase} if phase else {})


def _call(ids: Ids, name: str, arguments: str, call_id: str | None, chunk_size: int | None) -> Rendered:
    item = {
        "id": ids.new("fc"),
        "type": "function_call",
        "status": "completed",
        "call_id": call_id or ids.new("call", 24),
        "name": name,
        "arguments": arguments,
    }
    return Rendered(item, split(arguments, chunk_size or ARGUMENTS_CHUNK))


def _reasoning(follower: Json, ids: Ids) -> Rendered:
    item_id = ids.new("rs")
    return Rendered({"id": item_id, "type": "reasoning", "summary": [], "encrypted_content": seal(item_id, follower)})


def _capped(rendered: Sequence[Rendered], limit: int | None) -> Output:
    kept: list[Rendered] = []
    left = limit
    for piece in rendered:
        tokens = count_tokens(piece.text)
        if left is not None and tokens > left:
            cut = Incomplete("max_output_tokens")
            return Output((*kept, _shortened(piece, left * CHARACTERS_PER_TOKEN)), cut)
        kept.append(piece)
        left = None if left is None else left - tokens
    return Output(tuple(kept))


def _shortened(piece: Rendered, characters: int) -> Rendered:
    text = piece.text[:characters]
    item = {**piece.item, "status": "incomplete"}
    if item["type"] == "function_call":
        item["arguments"] = text
    else:
        part = dict(item["content"][0])
        part["text" if part["type"] == "output_text" else "refusal"] = text
        item["content"] = [part]
    return Rendered(item, split(text, ARGUMENTS_CHUNK))
