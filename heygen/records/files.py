"""Files: on their way, stored, and found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from heygen.reading import hidden, named


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadedAsset:
    """A file HeyGen has taken. A direct upload's `status_word` says whether it is ready yet."""

    id: str = named("asset_id")
    url: str | None = hidden(default=None)
    mime_type: str | None = None
    size_bytes: int | None = None
    status_word: str = named("status", default="")


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadSlot:
    """A place for one direct upload: PUT the bytes to `upload_url` with `upload_headers`, then complete `asset_id`.

    The link is good for `expires_in_seconds`, for a file of exactly the announced size.
    """

    asset_id: str
    upload_url: str = hidden()
    upload_headers: Mapping[str, str] = hidden(default_factory=dict)
    expires_in_seconds: int
    max_bytes: int
    status_word: str = named("status", default="")


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadBatch:
    """Places for several direct uploads, in the order of the request."""

    id: str = named("batch_id")
    slots: tuple[UploadSlot, ...] = named("items", default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """A stored file. `owner` is the name under which the owner's assets are listed."""

    id: str
    name: str = hidden(default="")
    type: str = ""
    owner: str = hidden(default="")
    folder_id: str | None = None
    url: str | None = hidden(default=None)
    uploaded_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StockImage:
    """A picture or icon from a search."""

    id: str
    type: str = ""
    url: str | None = hidden(default=None)
    width: int | None = None
    height: int | None = None
    orientation: str | None = None
    is_transparent: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """Music or a sound effect from a search; `score` (0 to 1) says how well it fits."""

    id: str
    name: str = ""
    type: str = ""
    description: str = hidden(default="")
    audio_url: str | None = hidden(default=None)
    duration: float | None = None
    score: float | None = None
