"""Truto's own idempotency keys: the first answer that did something is given again."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator

from starlette.responses import Response

from emulators.truto.answers import Refusal

Scope = tuple[str, str, str]


@dataclasses.dataclass(slots=True)
class Kept:
    """What was answered to a key."""

    answer: Response | None = None


class IdempotencyKeys:
    """Keys by account, path and key."""

    def __init__(self) -> None:
        self._kept: dict[Scope, Kept] = {}
        self._busy: set[Scope] = set()

    @contextlib.contextmanager
    def claim(self, scope: Scope) -> Iterator[Kept]:
        """What is known about a key, to be filled in; 409 while somebody else is at it."""
        if scope in self._busy:
            raise Refusal(409, "A request with this key is running")
        self._busy.add(scope)
        try:
            yield self._kept.setdefault(scope, Kept())
        finally:
            self._busy.discard(scope)
