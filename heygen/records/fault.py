"""Why something failed."""

from __future__ import annotations

from dataclasses import dataclass

from heygen.reading import hidden


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Why something failed, where HeyGen says it with a code."""

    code: str | None = None
    message: str | None = hidden(default=None)
