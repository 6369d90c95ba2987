"""One hash for what a request asks for, so that an approval can be bound to it."""

from __future__ import annotations

import hashlib
import json

from agent.records import Json


def arguments_hash(arguments: Json) -> str:
    """A hash of canonical JSON: two equal requests have the same one."""
    text = json.dumps(arguments, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
