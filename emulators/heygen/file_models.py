"""Request bodies about files."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, TypeAdapter

from emulators.heygen.models import Closed


class DirectUpload(Closed):
    """`POST /v3/assets/direct-uploads`, and one file of a batch."""

    filename: str
    content_type: str
    size_bytes: Annotated[int, Field(ge=1)]
    checksum_sha256: str | None = None


class DirectUploads(Closed):
    """`POST /v3/assets/direct-uploads/batches`."""

    files: Annotated[list[DirectUpload], Field(min_length=1, max_length=100)]
    title: str | None = None
    callback_url: str | None = None


class Complete(Closed):
    """`POST /v3/assets/{asset_id}/complete`."""

    checksum_sha256: str | None = None


class CompleteBatch(Closed):
    """`POST /v3/assets/complete/batches`."""

    batch_id: str


DIRECT_UPLOAD: TypeAdapter[DirectUpload] = TypeAdapter(DirectUpload)
DIRECT_UPLOADS: TypeAdapter[DirectUploads] = TypeAdapter(DirectUploads)
COMPLETE: TypeAdapter[Complete] = TypeAdapter(Complete)
COMPLETE_BATCH: TypeAdapter[CompleteBatch] = TypeAdapter(CompleteBatch)
