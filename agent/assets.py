"""Files on their way to HeyGen: what an upload does next, and what a failure means for it. Pure rules.

A file is taken in one call where it is small enough, else directly: ask for a place, put the bytes there, say that
they are there. Every effect has a row before it and a row after it, and one key, so that whoever goes on after a crash
does the same thing again and not another one.
"""

from __future__ import annotations

import enum
import random
from dataclasses import dataclass
from typing import assert_never

from agent.errors import SourceRefused
from agent.jobs import KEY_HONOURED_SECONDS
from agent.sentences import for_heygen, reason_code
from heygen import (
    APIError,
    Conflict,
    FileChanged,
    HeyGenError,
    NotFound,
    RequestInProgress,
    StorageRefused,
)
from heygen.catalogue.assets import SIMPLE_LIMIT, SIMPLE_TYPES

AT_ONCE_BYTES = SIMPLE_LIMIT  # a larger file goes directly into HeyGen's store
LARGEST_BYTES = 1_000_000_000  # what Slack takes, too
MEGABYTE = 1_000_000
ATTEMPTS = 8
PLACES_TRIED = 3  # a refused link is replaced so often
WAIT_CAP = 60.0
LOOK_SECONDS = 2.0  # between two looks at a file that HeyGen is still checking
PROCESSING_SECONDS = 1_800.0

TAKEN = "HeyGen takes MP4 and WebM videos, PNG and JPEG pictures, MP3 and WAV sound, PDFs and SRT subtitles"
CHANGED = "The file changed while I was reading it. Please give it to me again."
TOO_LATE = (
    "The file was on its way for most of a day, and I can't tell any more whether HeyGen has it. Please try again."
)
STORAGE = "HeyGen's store did not take the file. Please ask again in a few minutes; if it stays, tell an admin."
STUCK = "HeyGen has the file, but did not finish checking it. Please try again later, or with another file."
UNUSABLE = "HeyGen has looked at the file and cannot use it: it may be damaged, or of a kind it does not take."


class AssetState(enum.StrEnum):
    """Where a file stands; the last two are final.

    `SENDING`: the one call is on its way and may have arrived. `RESERVING`: a place was asked for and may have been
    given. `PUTTING`: the bytes are going there. `COMPLETING`: they are there, and HeyGen is about to be told.
    `PROCESSING`: HeyGen looks at them.
    """

    WAITING = "waiting"
    SENDING = "sending"
    RESERVING = "reserving"
    PUTTING = "putting"
    COMPLETING = "completing"
    PROCESSING = "processing"
    READY = "ready"
    FAILED = "failed"


FINAL = frozenset({AssetState.READY, AssetState.FAILED})


class Origin(enum.StrEnum):
    """Where a file comes from: a Slack file by its id, or a link."""

    SLACK = "slack"
    LINK = "link"


@dataclass(frozen=True, slots=True)
class NewAsset:
    """A file somebody wants at HeyGen, as it is first written down. `call_key` is the key of the call that wants it.

    `source_key` tells files apart: the same one in an account is uploaded once.
    """

    workspace_id: str
    account_id: str
    conversation_id: str
    requester: str
    origin: Origin
    place: str
    source_key: str
    call_key: str


@dataclass(frozen=True, slots=True)
class Asset:
    """One file. `number` counts its keys, `keyed_at` is when the present one was first used (unix seconds).

    `size` is in bytes, `duration` in seconds, `checksum` the SHA-256 in hexadecimal digits: None while nobody knows.
    `provider_id` is HeyGen's id, usable once it is `READY`.
    """

    id: str
    workspace_id: str
    account_id: str
    conversation_id: str
    requester: str
    origin: Origin
    place: str
    call_key: str
    state: AssetState
    created_at: float
    number: int = 1
    keyed_at: float | None = None
    attempts: int = 0
    not_before: float = 0.0
    provider_id: str | None = None
    name: str = ""
    content_type: str | None = None
    size: int | None = None
    checksum: str | None = None
    duration: float | None = None
    processing_since: float | None = None
    error_code: str | None = None
    error: str | None = None

    @property
    def key(self) -> str:
        """The idempotency key of what is being sent."""
        return f"{self.id}-{self.number}"


# -- what is next ------------------------------------------------------------------------------------------------


class Step(enum.Enum):
    """What to do with a file that is not final: read it and send it, say that it is there, or ask whether it is."""

    SEND = enum.auto()
    COMPLETE = enum.auto()
    LOOK = enum.auto()


@dataclass(frozen=True, slots=True)
class Again:
    """Try again after `seconds`, in `state`; with a `fresh` key where the old one leads nowhere any more."""

    seconds: float
    state: AssetState
    code: str
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class Ended:
    """It cannot be done; `sentence` is for the person."""

    code: str
    sentence: str


def next_step(asset: Asset, now: float) -> Step | Again | Ended:
    """The next thing to do. A key that HeyGen has forgotten by now is not used again.

    `ValueError` for a file that is final.
    """
    forgotten = asset.keyed_at is not None and now - asset.keyed_at > KEY_HONOURED_SECONDS
    match asset.state:
        case AssetState.WAITING:
            return Step.SEND
        case AssetState.SENDING:
            return Ended("too_late", TOO_LATE) if forgotten else Step.SEND
        case AssetState.RESERVING | AssetState.PUTTING:  # a place without bytes is no asset
            return Again(0.0, AssetState.WAITING, "place_expired", fresh=True) if forgotten else Step.SEND
        case AssetState.COMPLETING:
            return Step.COMPLETE
        case AssetState.PROCESSING:
            overdue = now - (asset.processing_since or asset.created_at) > PROCESSING_SECONDS
            return Ended("not_processed", STUCK) if overdue else Step.LOOK
        case AssetState.READY | AssetState.FAILED:
            raise ValueError(f"asset {asset.id!r} is final")
        case _:
            assert_never(asset.state)


def after_failure(asset: Asset, error: HeyGenError | SourceRefused, rng: random.Random) -> Again | Ended:
    """What a failed step means: again with the same key, again with a new place, or the end."""
    asked = None if isinstance(error, SourceRefused) else error.retry_after
    again = Again(_wait(asset.attempts, asked, rng), asset.state, _code(error))
    tired = asset.attempts >= ATTEMPTS
    match error:
        case SourceRefused():
            return again if error.retryable and not tired else Ended(error.code, error.sentence)
        case FileChanged():
            return Ended("file_changed", CHANGED)
        case StorageRefused():
            return _storage_refused(asset, error, again, tired=tired)
        case RequestInProgress():
            return again if not tired else Ended(_code(error), for_heygen(error))
        case NotFound() if asset.state is AssetState.COMPLETING and not tired:  # the place is gone
            return Again(again.seconds, AssetState.WAITING, again.code, fresh=True)
        case Conflict() if asset.state is AssetState.COMPLETING and not tired:  # the bytes are not there after all
            return Again(again.seconds, AssetState.PUTTING, again.code)
        case APIError() if error.status == 413:
            return Ended("too_large", _too_large(asset.size))
        case _ if (error.retryable or error.outcome_unknown) and not tired:
            return again
        case _:
            return Ended(_code(error), for_heygen(error))


def _storage_refused(asset: Asset, error: StorageRefused, again: Again, *, tired: bool) -> Again | Ended:
    """A link that expired, or was made for another file, is replaced; a store in trouble is asked again."""
    if tired or (not error.retryable and asset.number >= PLACES_TRIED):
        return Ended("storage_refused", STORAGE)
    return again if error.retryable else Again(0.0, AssetState.WAITING, again.code, fresh=True)


def _wait(attempts: int, asked: float | None, rng: random.Random) -> float:
    backoff = min(WAIT_CAP, 2.0**attempts) * rng.uniform(0.75, 1.25)
    return max(min(asked or 0.0, 10 * WAIT_CAP), backoff)


def _code(error: HeyGenError | SourceRefused) -> str:
    if isinstance(error, SourceRefused):
        return error.code
    return "storage_refused" if isinstance(error, StorageRefused) else reason_code(error)


# -- what may go -------------------------------------------------------------------------------------------------


def check_size(size: int, largest: int = LARGEST_BYTES) -> None:
    """`SourceRefused` for a file that is empty or larger than `largest` bytes."""
    if size == 0:
        raise SourceRefused("empty", "The file is empty, so there is nothing to upload.")
    if size > largest:
        raise SourceRefused("too_large", _too_large(size, largest))


def check_type(content_type: str) -> None:
    """`SourceRefused` for a kind of file that HeyGen does not take."""
    if content_type in SIMPLE_TYPES:
        return
    found = KINDS.get(content_type)
    it_is = f"; this is {found}" if found else ""
    raise SourceRefused("wrong_type", f"{TAKEN}{it_is}.")


KINDS = {
    "video/quicktime": "a QuickTime film (MOV)",
    "video/x-msvideo": "an AVI film",
    "video/x-ms-wmv": "a Windows Media film",
    "video/x-matroska": "a Matroska film (MKV)",
    "audio/mp4": "an M4A sound file",
    "audio/aac": "an AAC sound file",
    "audio/flac": "a FLAC sound file",
    "audio/ogg": "an Ogg sound file",
    "image/gif": "a GIF",
    "image/webp": "a WebP picture",
    "image/heic": "a HEIC picture",
    "application/zip": "an archive or an office document",
    "application/gzip": "an archive",
    "text/html": "a web page",
    "text/csv": "a CSV list",
    "text/plain": "a text file",
}


def at_once(size: int) -> bool:
    """Whether a file of this size goes in one call."""
    return size <= AT_ONCE_BYTES


def _too_large(size: int | None, largest: int = LARGEST_BYTES) -> str:
    it_has = f" of {size / MEGABYTE:,.0f} MB" if size else ""
    return f"The file{it_has} is too large: at most {largest / MEGABYTE:,.0f} MB can be uploaded."
