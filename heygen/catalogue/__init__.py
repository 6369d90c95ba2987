"""Every operation of HeyGen v3, described once: for programs to call, and for a language model to choose from."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from . import agents, assets, avatars, clippings, library, lipsyncs, templates, translations, videos, voices, webhooks
from .operation import Answer, Charge, Effect, Idempotency, JobRule, Operation, Price, Progress, Unit
from .parameters import FileData, FileId, FileUrl, Parameters

_FAMILIES = (
    videos,
    templates,
    agents,
    translations,
    lipsyncs,
    assets,
    avatars,
    voices,
    clippings,
    library,
    webhooks,
)

OPERATIONS: Mapping[str, Operation[Parameters, Any]] = MappingProxyType(
    {operation.name: operation for family in _FAMILIES for operation in family.OPERATIONS}
)

__all__ = [
    "OPERATIONS",
    "Answer",
    "Charge",
    "Effect",
    "FileData",
    "FileId",
    "FileUrl",
    "Idempotency",
    "JobRule",
    "Operation",
    "Parameters",
    "Price",
    "Progress",
    "Unit",
]
