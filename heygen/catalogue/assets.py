"""Files: put where HeyGen can use them, in one call or directly into its store; found, and removed."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_serializer

from heygen import parsing
from heygen.reading import reader
from heygen.records import Asset, Batch, StockImage, UploadBatch, UploadedAsset, UploadSlot

from .batches import BatchPage, batch_job
from .operation import Answer, Effect, Idempotency, JobRule, Operation, nothing, words
from .parameters import (
    BatchIds,
    CallbackUrl,
    Nothing,
    Paged,
    Parameters,
    Shape,
    SmallPaged,
    Title,
    joined,
)

SIMPLE_LIMIT = 32 * 1024 * 1024
SIMPLE_TYPES = frozenset(
    {"image/png", "image/jpeg", "video/mp4", "video/webm", "audio/mpeg", "audio/wav", "application/pdf"}
    | {"application/x-subrip"}
)

AssetId = Annotated[str, Field(min_length=1, description="An asset's id.")]
Checksum = Annotated[str, Field(pattern="^[0-9a-fA-F]{64}$", description="The file's SHA-256 in hexadecimal digits.")]


class AnnouncedFile(Shape):
    """A file that is going to be uploaded."""

    filename: Annotated[str, Field(min_length=1, description="Its name with an ending.")]
    content_type: Annotated[str, Field(min_length=1, description="Its media type, such as video/mp4.")]
    size_bytes: Annotated[int, Field(ge=1, description="Its exact size in bytes.")]
    checksum_sha256: Checksum | None = None


class CreateUpload(Parameters, AnnouncedFile):
    """A file that is going to be uploaded."""


class CreateUploadBatch(Parameters):
    """Several files that are going to be uploaded."""

    files: Annotated[list[AnnouncedFile], Field(min_length=1, max_length=100, description="1 to 100 files.")]
    title: Title | None = None
    callback_url: CallbackUrl | None = Field(None, description="Not in use yet: no callback comes.")


class OneAsset(Parameters):
    """Which asset."""

    asset_id: AssetId


class CompleteUpload(OneAsset):
    """Which upload is there."""

    checksum_sha256: Checksum | None = None


class OneBatch(Parameters):
    """Which batch."""

    batch_id: Annotated[str, Field(min_length=1, description="The batch that create_upload_batch answered.")]


class AssetStatuses(Parameters):
    """Up to 100 assets and batches."""

    asset_ids: BatchIds | None = Field(None, description="Assets, at most 100.")
    batch_ids: BatchIds | None = Field(None, description="Batches, whose files are told one by one.")

    @field_serializer("asset_ids", "batch_ids")
    def _joined(self, ids: list[str] | None) -> str | None:
        return joined(ids)


class ListAssets(Paged):
    """Whose assets."""

    username: Annotated[str, Field(min_length=1, description="The owner, by the name that assets carry as owner.")]
    folder_id: str | None = Field(None, description="Only those in this folder.")


class SearchImages(SmallPaged):
    """What to look for."""

    query: Annotated[str, Field(min_length=1, description="What it shows, in words.")]
    type: Literal["image", "icon"]
    scope: Literal["public", "personal"] | None = Field(None, description="HeyGen's own (usual), or the account's.")


ASSET_JOB = JobRule(
    kind="asset",
    id_field="asset_id",
    read="get_asset_statuses",
    id_argument="asset_ids",
    bulk="get_asset_statuses",
    words=words("queued", "pending_upload", "processing"),
)

UPLOAD_ASSET = Operation(
    name="upload_asset",
    vendor="assetCreate",
    method="POST",
    path="/v3/assets",
    purpose="Uploads a file of at most 32 MB in one call: png, jpeg, mp4, webm, mp3, wav, pdf or srt.",
    result="The new asset's id, its media type as found in its bytes, and its size.",
    parameters=Nothing,
    takes_file=True,
    parse=reader(UploadedAsset),
    effect=Effect.CHANGE,
    idempotency=Idempotency.KEY,
)
CREATE_UPLOAD = Operation(
    name="create_upload",
    vendor="assetDirectUploadsCreate",
    method="POST",
    path="/v3/assets/direct-uploads",
    purpose="Asks for a place to which a larger file can be uploaded directly. The file's exact size is part of it.",
    result="The asset's id, and where, with which headers and until when its bytes are to be put.",
    parameters=CreateUpload,
    parse=reader(UploadSlot),
    effect=Effect.CHANGE,
    idempotency=Idempotency.KEY,
)
COMPLETE_UPLOAD = Operation(
    name="complete_upload",
    vendor="assetCompleteCreate",
    method="POST",
    path="/v3/assets/{asset_id}/complete",
    purpose="Says that a direct upload's bytes are there. Only then can the asset be used.",
    result="The asset with its link and whether it is ready or still processed.",
    parameters=CompleteUpload,
    parse=reader(UploadedAsset),
    effect=Effect.CHANGE,
    job=ASSET_JOB,
)
CREATE_UPLOAD_BATCH = Operation(
    name="create_upload_batch",
    vendor="assetDirectUploadsBatchesCreate",
    method="POST",
    path="/v3/assets/direct-uploads/batches",
    purpose="Asks for places for up to 100 direct uploads in one call.",
    result="The batch's id, and a place for each file in the order of the request.",
    parameters=CreateUploadBatch,
    parse=reader(UploadBatch),
    effect=Effect.CHANGE,
    idempotency=Idempotency.KEY,
)
COMPLETE_UPLOAD_BATCH = Operation(
    name="complete_upload_batch",
    vendor="assetCompleteBatchesCreate",
    method="POST",
    path="/v3/assets/complete/batches",
    purpose="Says that all bytes of a batch of direct uploads are there.",
    result="The batch's id. No event tells of its end: it has to be read.",
    parameters=OneBatch,
    parse=reader(Batch),
    effect=Effect.CHANGE,
    job=batch_job("get_asset_batch"),
)
GET_ASSET_BATCH = Operation(
    name="get_asset_batch",
    vendor="assetBatchesGet",
    method="GET",
    path="/v3/assets/batches/{batch_id}",
    purpose="Reads a batch of uploads: how it stands, and which asset each file became.",
    result="The batch with a page of its items in the order of the request.",
    parameters=BatchPage,
    parse=reader(Batch),
)
GET_ASSET_STATUSES = Operation(
    name="get_asset_statuses",
    vendor="assetStatusesList",
    method="GET",
    path="/v3/assets/statuses",
    purpose="Asks whether up to 100 uploaded files are ready, in one call.",
    result="A line for each id with its status; not_found for an unknown one.",
    parameters=AssetStatuses,
    answer=Answer.PAGE,
    parse=parsing.status_entry,
)
LIST_ASSETS = Operation(
    name="list_assets",
    vendor="assetList",
    method="GET",
    path="/v3/assets",
    purpose="Lists the files one person has uploaded, the newest first.",
    result="A page of assets.",
    parameters=ListAssets,
    answer=Answer.PAGE,
    parse=reader(Asset),
    taints=True,
)
GET_ASSET = Operation(
    name="get_asset",
    vendor="assetGet",
    method="GET",
    path="/v3/assets/{asset_id}",
    purpose="Reads an uploaded file's name, kind and owner, with a fresh link to it.",
    result="The asset.",
    parameters=OneAsset,
    parse=reader(Asset),
    taints=True,
)
DELETE_ASSET = Operation(
    name="delete_asset",
    vendor="assetDelete",
    method="DELETE",
    path="/v3/assets/{asset_id}",
    purpose="Deletes an uploaded file for good.",
    result="Nothing.",
    parameters=OneAsset,
    answer=Answer.NOTHING,
    parse=nothing,
    effect=Effect.DESTRUCTIVE,
)
SEARCH_IMAGES = Operation(
    name="search_images",
    vendor="assetSearch",
    method="GET",
    path="/v3/assets/search",
    purpose="Searches pictures or icons that may be used in a video, HeyGen's own or the account's.",
    result="A page of pictures with their links and sizes.",
    parameters=SearchImages,
    answer=Answer.PAGE,
    parse=reader(StockImage),
)

OPERATIONS = (
    UPLOAD_ASSET,
    CREATE_UPLOAD,
    COMPLETE_UPLOAD,
    CREATE_UPLOAD_BATCH,
    COMPLETE_UPLOAD_BATCH,
    GET_ASSET_BATCH,
    GET_ASSET_STATUSES,
    LIST_ASSETS,
    GET_ASSET,
    DELETE_ASSET,
    SEARCH_IMAGES,
)
