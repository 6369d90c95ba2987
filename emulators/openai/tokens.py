"""Plausible token counts and a prompt cache that behaves like one: by common prefix."""

from __future__ import annotations

import json
import math
from collections import deque
from typing import Any

CHARACTERS_PER_TOKEN = 4
CACHE_MINIMUM = 1024
CACHE_STEP = 128
REMEMBERED_PROMPTS = 32


def count_tokens(text: str) -> int:
    """Tokens in `text`: a quarter of its characters, and at least its words."""
    return max(len(text.split()), math.ceil(len(text) / CHARACTERS_PER_TOKEN))


def prompt_text(body: dict[str, Any]) -> str:
    """The request as the cache sees it: tools, instructions, then the input in order."""
    order = ("tools", "instructions", "input", "messages")
    return "\n".join(json.dumps(body.get(key), ensure_ascii=False) for key in order if body.get(key))


class PromptCache:
    """Remembers the last prompts; what a new one shares with an old one, from the start, counts as cached."""

    def __init__(self) -> None:
        self._prompts: deque[tuple[str, str]] = deque(maxlen=REMEMBERED_PROMPTS)

    def clear(self) -> None:
        """Forget every prompt."""
        self._prompts.clear()

    def cached_tokens(self, model: str, prompt: str) -> int:
        """Cached tokens of `prompt`, in steps of 128 from 1024 on; remembers it for the next request."""
        shared = max((_common(prompt, old) for name, old in self._prompts if name == model), default=0)
        self._prompts.append((model, prompt))
        tokens = shared // CHARACTERS_PER_TOKEN
        return tokens - tokens % CACHE_STEP if tokens >= CACHE_MINIMUM else 0


def _common(left: str, right: str) -> int:
    """How many characters two texts share from the start (by bisection: slices compare fast)."""
    low, high = 0, min(len(left), len(right))
    while low < high:
        middle = (low + high + 1) // 2
        if left[low:middle] == right[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
