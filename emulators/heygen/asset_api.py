"""Routes of files, and the object store behind upload links."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response

from emulators.heygen import file_models as models
from emulators.heygen.assets import (
    DIRECT_LIMIT,
    SIMPLE_LIMIT,
    Asset,
    asset_view,
    file_name,
    slot_view,
    upload_headers,
)
from emulators.heygen.batches import batch_view, split, status_lines
from emulators.heygen.content import Content
from emulators.heygen.errors import Refusal
from emulators.heygen.files import xml_error
from emulators.heygen.forms import read_form
from emulators.heygen.operations import Call, Operation, page

if TYPE_CHECKING:
    from emulators.heygen import HeyGenEmulator

ASSETS = "/v3/assets"
CURSOR = frozenset({"limit", "token"})
WORDS = {"pending_upload": "queued"}


class AssetApi:
    """Handlers over one emulator's files."""

    def __init__(self, emulator: HeyGenEmulator) -> None:
        self._emulator = emulator

    def operations(self) -> list[Operation]:
        """The routes."""
        return [
            Operation("POST", ASSETS, self.upload, keyed=True, upload=True),
            Operation("POST", f"{ASSETS}/direct-uploads", self.reserve, models.DIRECT_UPLOAD, keyed=True),
            Operation(
                "POST", f"{ASSETS}/direct-uploads/batches", self.reserve_batch, models.DIRECT_UPLOADS, keyed=True
            ),
            Operation("POST", ASSETS + "/{asset_id}/complete", self.complete, models.COMPLETE, body_required=False),
            Operation("POST", f"{ASSETS}/complete/batches", self.complete_batch, models.COMPLETE_BATCH, status=202),
            Operation("GET", ASSETS + "/batches/{batch_id}", self.batch, query=CURSOR, usual=100),
            Operation("GET", f"{ASSETS}/statuses", self.statuses, query=frozenset({"asset_ids", "batch_ids"})),
            Operation(
                "GET",
                ASSETS,
                self.assets,
                query=CURSOR | {"username", "folder_id"},
                needed=frozenset({"username"}),
                usual=20,
            ),
            Operation("GET", ASSETS + "/{asset_id}", self.asset),
            Operation("DELETE", ASSETS + "/{asset_id}", self.delete),
        ]

    async def upload(self, call: Call) -> dict[str, Any]:
        """Take a file of at most 32 MB."""
        content = Content(SIMPLE_LIMIT)
        kind = call.request.headers.get("content-type", "")
        name = await read_form(kind, call.request.stream(), content.write)
        await self._emulator.pass_gate()
        return {"data": self._uploaded(self._emulator.assets.store(call.account, name, content))}

    async def reserve(self, call: Call) -> dict[str, Any]:
        """Make room for a direct upload."""
        return {"data": self._slot(self._reserve(call, call.body))}

    async def reserve_batch(self, call: Call) -> dict[str, Any]:
        """Make room for several."""
        assets = [self._reserve(call, one) for one in call.body.files]
        batch = self._emulator.batches.of_assets(call.account, assets, call.body.title)
        return {"data": {"batch_id": batch.id, "items": [self._slot(asset) for asset in assets]}}

    async def complete(self, call: Call) -> dict[str, Any]:
        """Hear that a direct upload is there."""
        asset = self._asset(call)
        checksum = call.body.checksum_sha256 if call.body else None
        self._emulator.assets.complete(asset, checksum)
        return {"data": self._uploaded(asset) | {"status": asset.status}}

    async def complete_batch(self, call: Call) -> dict[str, Any]:
        """Hear that all of a batch is there; what is not fails by itself."""
        batch = self._emulator.batches.get(call.account, "asset", call.body.batch_id)
        for item in batch.items:
            if item.job_id is not None and item.error is None:
                try:
                    self._emulator.assets.complete(self._emulator.assets.all[item.job_id], None)
                except Refusal as refusal:
                    item.refuse(refusal)
        return {"data": {"batch_id": batch.id}}

    async def batch(self, call: Call) -> dict[str, Any]:
        """How a batch of uploads stands."""
        batch = self._emulator.batches.get(call.account, "asset", call.path["batch_id"])
        return {"data": batch_view(batch, self._emulator.batches.word, call)}

    async def statuses(self, call: Call) -> dict[str, Any]:
        """Whether files are ready."""

        def word(asset_id: str) -> tuple[str, dict[str, Any] | None]:
            asset = self._emulator.assets.all.get(asset_id)
            if asset is None or asset.account != call.account.name:
                return "not_found", None
            error = {"code": "unsupported_type", "message": asset.failure} if asset.status == "failed" else None
            return WORDS.get(asset.status, asset.status), error

        return status_lines(call, "asset", split(call.query.get("asset_ids")), word, self._emulator.batches)

    async def assets(self, call: Call) -> dict[str, Any]:
        """One person's files, newest first."""
        own = [
            asset
            for asset in self._emulator.assets.all.values()
            if asset.account == call.account.name == call.query["username"] and "folder_id" not in call.query
        ]
        return page(own, call, lambda asset: self._view(asset, call))

    async def asset(self, call: Call) -> dict[str, Any]:
        """One file."""
        return {"data": self._view(self._asset(call), call)}

    async def delete(self, call: Call) -> dict[str, Any]:
        """Remove a file."""
        asset = self._asset(call)
        del self._emulator.assets.all[asset.id]
        return {"data": {"id": asset.id}}

    def _asset(self, call: Call) -> Asset:
        return self._emulator.assets.get(call.account.name, call.path["asset_id"])

    def _reserve(self, call: Call, file: models.DirectUpload) -> Asset:
        return self._emulator.assets.reserve(
            call.account, file.filename, file.content_type, file.size_bytes, file.checksum_sha256
        )

    def _slot(self, asset: Asset) -> dict[str, Any]:
        return slot_view(asset, self._emulator.url, self._emulator.clock.now())

    def _uploaded(self, asset: Asset) -> dict[str, Any]:
        link = self._emulator.links.sign(file_name(asset))
        return {"asset_id": asset.id, "url": link, "mime_type": asset.mime_type, "size_bytes": asset.size}

    def _view(self, asset: Asset, call: Call) -> dict[str, Any]:
        return asset_view(asset, call.account.name, self._emulator.links.sign)


async def put_object(emulator: HeyGenEmulator, request: Request) -> Response:
    """The object store: takes the bytes of a direct upload, or says in XML why not. It knows no account."""
    content = Content(DIRECT_LIMIT)
    async for chunk in request.stream():
        content.write(chunk)
    asset = emulator.assets.all.get(request.path_params["asset_id"])
    if asset is None:
        return xml_error(404, "NoSuchKey", "The specified key does not exist.")
    refused = _refused(asset, request, content, emulator.clock.now())
    if refused is not None:
        return refused
    emulator.assets.arrive(asset, content)
    return Response(status_code=200, headers={"ETag": f'"{content.checksum[:32]}"'})


def _refused(asset: Asset, request: Request, content: Content, now: float) -> Response | None:
    """What is wrong with a PUT: its link, its headers, its length, or a credential that is none of the store's."""
    query, headers = request.query_params, request.headers
    if "authorization" in headers or "x-api-key" in headers:
        return xml_error(400, "InvalidArgument", "Only one auth mechanism allowed.")
    if query.get("X-Amz-Signature") != asset.secret or query.get("X-Amz-Expires") != str(int(asset.expires)):
        return xml_error(403, "SignatureDoesNotMatch", "The request signature does not match.")
    if now >= asset.expires:
        return xml_error(403, "AccessDenied", "Request has expired")
    signed = upload_headers(asset) | {"Content-Length": str(asset.size)}
    if any(headers.get(name) != value for name, value in signed.items()):
        return xml_error(403, "SignatureDoesNotMatch", "The signed headers do not match.")
    if content.size != asset.size:
        return xml_error(400, "IncompleteBody", "The body has another length than announced.")
    return None
