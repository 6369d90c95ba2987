"""What a model's server understands of what we could send it, and the presets of servers that people use.

A flag that is off means that the field is left out or worded otherwise, never that we hope for the best. What is lost
with it is told in `docs/models.md`. From the pages of the providers, November 2026.
"""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Mapping
from dataclasses import dataclass


class Provider(enum.StrEnum):
    """Whose server it is; `OTHER` is anything that promises the bare wire and no more."""

    OPENAI = "openai"
    CLAUDE = "claude"
    OLLAMA = "ollama"
    VLLM = "vllm"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What is sent. Each flag is a word in `OPENAI_CAPABILITIES`.

    `strict`: arguments keep to their schema. `parallel_calls`: several calls in one answer may be asked for.
    `tool_choice`: tools can be switched off while they stay in place; without it they are left out. `developer_role`:
    the runtime's words have a role of their own, otherwise they are `system`. `late_system`: such words may stand
    anywhere, otherwise they go to the front, joined. `stream_usage`: tokens are told at the end of a stream when asked
    for. `completion_limit`: the bound of an answer is called `max_completion_tokens`, otherwise `max_tokens`.
    `cache_key`, `safety_identifier`: who shares a cache, and for whom a call is made. `store`: knows that answers are
    not to be stored. `encrypted_reasoning`, `truncation`, `tool_search`: fields of the Responses API.
    """

    strict: bool = True
    parallel_calls: bool = True
    tool_choice: bool = True
    developer_role: bool = True
    late_system: bool = True
    stream_usage: bool = True
    completion_limit: bool = True
    cache_key: bool = True
    safety_identifier: bool = True
    store: bool = True
    encrypted_reasoning: bool = True
    truncation: bool = True
    tool_search: bool = False

    def changed(self, wishes: Mapping[str, bool]) -> Capabilities:
        """These with single flags set otherwise; `ValueError` names one that does not exist."""
        if unknown := sorted(wishes.keys() - FLAGS):
            raise ValueError(f"does not know {unknown[0][:40]!r}: it takes {', '.join(sorted(FLAGS))}")
        return dataclasses.replace(self, **wishes)


FLAGS = frozenset(field.name for field in dataclasses.fields(Capabilities))

_BARE = Capabilities(
    strict=False,
    parallel_calls=False,
    tool_choice=False,
    developer_role=False,
    late_system=False,
    stream_usage=False,
    completion_limit=False,
    cache_key=False,
    safety_identifier=False,
    store=False,
    encrypted_reasoning=False,
    truncation=False,
)
PRESETS: Mapping[Provider, Capabilities] = {
    Provider.OPENAI: Capabilities(),
    # It ignores `strict` and moves the runtime's words to the front by itself; we do so in a known order.
    Provider.CLAUDE: _BARE.changed({"parallel_calls": True, "tool_choice": True, "stream_usage": True}),
    Provider.OLLAMA: _BARE.changed({"stream_usage": True, "late_system": True}),
    # Many chat templates refuse a system message that is not the first.
    Provider.VLLM: _BARE.changed(
        {"parallel_calls": True, "tool_choice": True, "stream_usage": True, "completion_limit": True}
    ),
    Provider.OTHER: _BARE,
}


def wishes_from(text: str) -> dict[str, bool]:
    """Flags from `strict=off, tool_choice=on`; `ValueError` says which part cannot be read."""
    wishes: dict[str, bool] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, value = (piece.strip().lower() for piece in part.partition("="))
        if value not in ("on", "off"):
            raise ValueError(f"needs pairs such as strict=off, not {part[:40]!r}")
        wishes[name] = value == "on"
    Capabilities().changed(wishes)
    return wishes
