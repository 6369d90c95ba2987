"""A plugin of coverage's: what SQLAlchemy carries out in its greenlets is not traced.

Coverage can follow greenlets, but asks which one it is in at every call and return of the process, by code in Python:
that is more than all the rest of tracing costs. SQLAlchemy enters a greenlet in one place and leaves it there, so
tracing rests in between. Of the product's code a few hooks for drivers run in there, and count as not reached.
"""

from __future__ import annotations

import sys
from typing import Any

from sqlalchemy.util import concurrency


def coverage_init(registry: Any, options: Any) -> None:
    """Coverage calls this in every process that it traces."""
    greenlet_of: Any = concurrency._concurrency_shim

    class Untraced(greenlet_of._AsyncIoGreenlet):  # type: ignore[misc]
        def switch(self, *arguments: Any, **named: Any) -> Any:
            tracer = sys.gettrace()
            sys.settrace(None)
            try:
                return super().switch(*arguments, **named)
            finally:
                sys.settrace(tracer)

        def throw(self, *arguments: Any) -> Any:
            tracer = sys.gettrace()
            sys.settrace(None)
            try:
                return super().throw(*arguments)
            finally:
                sys.settrace(tracer)

    greenlet_of._AsyncIoGreenlet = Untraced
