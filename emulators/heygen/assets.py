"""Uploaded files: what they are, whether they can be used, and the places where direct uploads put their bytes."""

from __future__ import annotations

import dataclasses
import random
import secrets
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from emulators.base import Clock
from emulators.heygen import media
from emulators.heygen.content import Content
from emulators.heygen.errors import Refusal, invalid, missing
from emulators.heygen.state import Account, State, WorkClock

SIMPLE_LIMIT = 32 * 1024 * 1024
DIRECT_LIMIT = 1_000_000_000
HEAD = 400_000  # bytes at either end in which a video's length is looked for

KINDS = {"image": "image", "video": "video", "audio": "audio"}


@dataclasses.dataclass(slots=True)
class Asset:
    """A file. `status` is pending_upload, processing, completed or failed; `ready_at` is work time.

    `seconds` is the length of a video or sound. `expires` (unix) ends its upload link, which knows `secret`.
    """

    seq: int
    id: str
    account: str
    name: str
    mime_type: str
    size: int
    uploaded: float
    status: str = "completed"
    ready_at: float = 0.0
    seconds: float | None = None
    checksum: str | None = None
    content: Content | None = None
    arrived: bool = False
    expires: float = 0.0
    secret: str = ""
    failure: str | None = None

    @property
    def usable(self) -> bool:
        """Whether a request may name it."""
        return self.status in ("processing", "completed")


class Assets:
    """All files by id."""

    def __init__(self, state: State, clock: Clock, work: WorkClock, chance: random.Random) -> None:
        self.all: dict[str, Asset] = {}
        self._state = state
        self._clock = clock
        self._work = work
        self._chance = chance

    def tick(self) -> None:
        """Let files that were uploaded directly become ready."""
        now = self._work.now()
        for asset in self.all.values():
            if asset.status == "processing" and now >= asset.ready_at:
                asset.status = "failed" if asset.failure else "completed"

    def get(self, account: str, asset_id: str) -> Asset:
        """The account's own asset, or 404."""
        asset = self.all.get(asset_id)
        if asset is None or asset.account != account:
            raise missing("asset_not_found", "The asset")
        return asset

    def usable(self, account: str, asset_id: str) -> Asset:
        """An asset that a job can be made with; 409 for one that is not there yet."""
        asset = self.get(account, asset_id)
        if not asset.usable:
            raise Refusal(409, "asset_not_available", "The asset cannot be used.")
        return asset

    def seed(self, account: str, asset_id: str, seconds: float) -> Asset:
        """Make an uploaded video of this length known."""
        asset = self._new(account, asset_id, f"{asset_id}.mp4", "video/mp4", 1, seconds=seconds)
        self.all[asset_id] = asset
        return asset

    def store(self, account: Account, name: str, content: Content) -> Asset:
        """Keep a file that came in one call; its type is what its bytes say."""
        if content.size == 0:
            raise invalid("file", "The file is empty.")
        if content.too_large:
            raise Refusal(413, "payload_too_large", "The file is larger than 32 MB.")
        kind = sniff(content.read(0, HEAD))
        if kind is None:
            raise invalid("file", "The type of the file is not supported.")
        asset = self._new(account.name, self._new_id(), name, kind, content.size)
        self._fill(asset, content)
        self.all[asset.id] = asset
        return asset

    def reserve(self, account: Account, name: str, kind: str, size: int, checksum: str | None) -> Asset:
        """Make room for a direct upload."""
        if size > DIRECT_LIMIT:
            raise Refusal(413, "payload_too_large", f"At most {DIRECT_LIMIT} bytes can be uploaded.")
        if kind.partition("/")[0] not in KINDS and kind not in ("application/pdf", "application/x-subrip"):
            raise invalid("content_type", "The type of the file is not supported.")
        asset = self._new(account.name, self._new_id(), name, kind, size)
        asset.status = "pending_upload"
        asset.checksum = checksum.lower() if checksum else None
        asset.expires = self._clock.now() + self._state.switches.upload_seconds
        asset.secret = secrets.token_hex(16)
        self.all[asset.id] = asset
        return asset

    def arrive(self, asset: Asset, content: Content) -> None:
        """Keep what was put at an upload link."""
        asset.arrived = True
        self._fill(asset, content)

    def complete(self, asset: Asset, checksum: str | None) -> None:
        """Check what arrived and begin to process it; once that is so, again changes nothing."""
        if asset.status != "pending_upload":
            return
        if not asset.arrived or asset.content is None:
            raise Refusal(409, "resource_not_ready", "The file has not been uploaded.")
        wanted = (checksum or asset.checksum or "").lower()
        if wanted and wanted != asset.content.checksum:
            raise invalid("checksum_sha256", "The checksum is not that of the uploaded file.")
        kind = sniff(asset.content.read(0, HEAD))
        asset.failure = None if kind else "The type of the file is not supported."
        asset.mime_type = kind or asset.mime_type
        asset.status = "processing"
        asset.ready_at = self._work.now() + self._chance.uniform(*self._state.switches.asset_seconds)

    def _fill(self, asset: Asset, content: Content) -> None:
        asset.content, asset.size = content, content.size
        asset.seconds = _length(asset.mime_type, content)

    def _new_id(self) -> str:
        return f"{self._chance.getrandbits(128):032x}"

    def _new(self, account: str, asset_id: str, name: str, kind: str, size: int, seconds: float | None = None) -> Asset:
        now = self._clock.now()
        return Asset(self._state.next_seq(), asset_id, account, name, kind, size, now, seconds=seconds)


def upload_link(asset: Asset, base: str) -> str:
    """Where the bytes of a direct upload go; who has it needs no credential."""
    query = urlencode({"X-Amz-Expires": int(asset.expires), "X-Amz-Signature": asset.secret})
    return f"{base}/storage/{asset.id}?{query}"


def upload_headers(asset: Asset) -> dict[str, str]:
    """What the signature of an upload link covers."""
    signed = {"Content-Type": asset.mime_type, "x-amz-meta-asset": asset.id}
    return signed | ({"x-amz-meta-checksum": asset.checksum} if asset.checksum else {})


def slot_view(asset: Asset, base: str, now: float) -> dict[str, Any]:
    """A place for a direct upload."""
    return {
        "asset_id": asset.id,
        "upload_url": upload_link(asset, base),
        "upload_headers": upload_headers(asset),
        "expires_in_seconds": max(0, int(asset.expires - now)),
        "max_bytes": DIRECT_LIMIT,
        "status": "pending_upload",
    }


def asset_view(asset: Asset, owner: str, sign: Callable[[str], str]) -> dict[str, Any]:
    """A stored file."""
    return {
        "id": asset.id,
        "name": asset.name,
        "type": KINDS.get(asset.mime_type.partition("/")[0], "document"),
        "owner": owner,
        "space_id": f"space-{owner}",
        "folder_id": None,
        "uploaded_at": int(asset.uploaded),
        "url": sign(file_name(asset)) if asset.usable else None,
    }


def file_name(asset: Asset) -> str:
    """What a link to it ends with."""
    return f"{asset.id}.{asset.mime_type.rpartition('/')[2]}"


def sniff(head: bytes) -> str | None:
    """The media type that a file's first bytes tell, of those the service takes."""
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head[4:8] == b"ftyp":
        return "video/mp4"
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return "video/webm"
    if head.startswith(b"ID3") or (head[:1] == b"\xff" and head[1:2] and head[1] & 0xE0 == 0xE0):
        return "audio/mpeg"
    if head.startswith(b"RIFF") and head[8:12] == b"WAVE":
        return "audio/wav"
    if head.startswith(b"%PDF-"):
        return "application/pdf"
    return "application/x-subrip" if media.is_srt(head[:2_000]) else None


def _length(kind: str, content: Content) -> float | None:
    """How long a video or sound is, where its header tells."""
    if kind == "video/mp4":
        return media.mp4_seconds(content.read(0, HEAD)) or media.mp4_seconds(content.read(content.size - HEAD, HEAD))
    if kind == "audio/wav":
        return media.wav_seconds(content.read(0, 44))
    return None
