"""What all batches have in common."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from .operation import JobRule, words
from .parameters import Paged


class BatchPage(Paged):
    """Which batch, and which part of it."""

    batch_id: Annotated[str, Field(min_length=1, description="The id that submitting the batch answered.")]


def batch_job(read: str, bulk: str | None = None) -> JobRule:
    """How a batch is followed; its items have words and ids of their own."""
    return JobRule(
        kind="batch",
        id_field="batch_id",
        read=read,
        id_argument="batch_id",
        words=words("queued", "processing"),
        bulk=bulk,
        events=("batch.finished",),
    )
