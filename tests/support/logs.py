"""Logs of a block of code, configured as in production, without traces in the tests that follow."""

from __future__ import annotations

import contextlib
import logging
import sys
from collections.abc import Iterator
from types import ModuleType

import structlog

PACKAGES = {"agent", "bot", "heygen"}


@contextlib.contextmanager
def fresh_logs() -> Iterator[None]:
    """Let the block configure logging as it likes: a logger remembers the configuration of its first line.

    So the product's modules get new loggers, and their old ones back; so do structlog and the root logger.
    """
    before, config = {module: module.log for module in _modules()}, structlog.get_config()
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    for module in before:
        module.log = structlog.get_logger(module.__name__)  # type: ignore[attr-defined]  # by convention
    try:
        yield
    finally:
        for module, log in before.items():
            module.log = log  # type: ignore[attr-defined]  # by convention
        structlog.configure(**config)
        root.handlers[:], root.level = handlers, level


def _modules() -> list[ModuleType]:
    return [
        module for name, module in list(sys.modules.items()) if name.split(".")[0] in PACKAGES and "log" in vars(module)
    ]
