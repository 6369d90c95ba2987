"""Logs: one event with keys a line, JSON where a machine reads it; secrets and customer text masked on the way."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog

SECRET = re.compile(
    r"xox[a-z]-[\w-]+|xapp-[\w-]+|sk-[\w-]{8,}|Bearer\s+\S+|(?<=//)[^/\s@]+:[^/\s@]+@|[?&][^\s=&]+=[^\s&]+"
)
PRIVATE_KEYS = frozenset({"text", "body", "payload", "prompt", "arguments", "token", "secret", "authorization"})
MASK = "***"


def configure(level: str, *, json_lines: bool | None = None) -> None:
    """Set up structlog and the standard library's loggers for the process, on standard error."""
    as_json = not sys.stderr.isatty() if json_lines is None else json_lines
    renderer: Any = structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer()
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        redact,
    ]
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(processors=[_drop_meta, renderer], foreign_pre_chain=shared)
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)


def redact(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Mask what looks like a credential or a URL's query in every value, and whole values under private keys."""
    for key, value in event.items():
        event[key] = MASK if key in PRIVATE_KEYS else _masked(value)
    return event


def _masked(value: Any) -> Any:
    if isinstance(value, str):
        return SECRET.sub(MASK, value)
    if isinstance(value, Mapping):
        return {key: MASK if key in PRIVATE_KEYS else _masked(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_masked(inner) for inner in value]
    return value


def _drop_meta(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    event.pop("_record", None)
    event.pop("_from_structlog", None)
    return event
