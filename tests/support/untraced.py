"""A plugin of coverage's: what SQLAlchemy carries out in its greenlets is not traced.

Coverage can follow greenlets, but asks which one it is in at every call and return of the process, by code in Python:
that is more than all the rest of tracing costs. SQLAlchemy enters a greenlet in one place and leaves it there, so
tracing rests in between. Of the product's code a few hooks for drivers run in there, and count as not reached.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from sqlalchemy.util import concurrency


def coverage_init(registry: Any, options: Any) -> None:
    """Coverage calls this in every process that it traces."""
    shim: Any = concurrency._concurrency_shim
    traced = shim._AsyncIoGreenlet
    ways_in = {name: _resting(getattr(traced, name)) for name in ("switch", "throw")}
    shim._AsyncIoGreenlet = type("UntracedGreenlet", (traced,), ways_in)


def _resting(enter: Callable[..., Any]) -> Callable[..., Any]:
    """`enter`, with no tracing until it comes back."""

    def entered(*arguments: Any, **named: Any) -> Any:
        tracer = sys.gettrace()
        sys.settrace(None)
        try:
            return enter(*arguments, **named)
        finally:
            sys.settrace(tracer)

    return entered
