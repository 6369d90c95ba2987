"""Idempotency keys: the first answer that did something is replayed for a day, whatever the body says then.

Refusals are not remembered (nothing happened), so the same key can be sent again after a 402 or 429.
"""

from __future__ import annotations

import contextlib
import dataclasses
import re
from collections.abc import Callable, Iterator
from typing import Any

from emulators.heygen.errors import Refusal, invalid

LIFETIME = 24 * 3600.0
FORM = re.compile(r"[A-Za-z0-9_:.\-]{1,255}")

Scope = tuple[str, ...]


@dataclasses.dataclass(slots=True)
class _Answer:
    at: float
    body: dict[str, Any] | None = None


class IdempotencyKeys:
    """Keys by scope: account, route, path parameters and the key itself. `now` gives unix seconds."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._answers: dict[Scope, _Answer] = {}

    def replay(self, scope: Scope) -> dict[str, Any] | None:
        """The remembered answer; None for a new or expired key; 409 while the first request runs."""
        answer = self._answers.get(scope)
        if answer is None:
            return None
        if answer.body is None:
            raise Refusal(409, "request_in_progress", "A request with this Idempotency-Key is running.")
        if self._now() - answer.at >= LIFETIME:
            del self._answers[scope]
            return None
        return answer.body

    @contextlib.contextmanager
    def claim(self, scope: Scope) -> Iterator[Callable[[dict[str, Any]], None]]:
        """Hold a new key in flight; call the given function with the answer to remember it."""
        answer = self._answers[scope] = _Answer(self._now())
        try:
            yield lambda body: setattr(answer, "body", body)
        finally:
            if answer.body is None:
                self._answers.pop(scope, None)


def check_key(key: str | None) -> str | None:
    """The Idempotency-Key header's value, or 400 where it has a wrong form."""
    if key is not None and not FORM.fullmatch(key):
        raise invalid("Idempotency-Key", "Idempotency-Key must be 1-255 characters of [A-Za-z0-9_:.-].")
    return key
