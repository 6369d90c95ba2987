"""`python -m bot upload FILE`: a file of this machine, put where HeyGen can use it.

No row is needed: the keys of its requests are made of the file's content, so the same command again, after a crash or
by mistake, gives the same asset for as long as HeyGen honours them (a day).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import httpx2

from agent.assets import (
    LOOK_SECONDS,
    PLACES_TRIED,
    PROCESSING_SECONDS,
    STORAGE,
    STUCK,
    UNUSABLE,
    at_once,
    check_size,
    check_type,
)
from agent.errors import SourceRefused
from agent.inspection import Inspection
from agent.sentences import for_heygen
from agent.uploading import remote_status
from bot.heygen_account import heygen_client
from bot.settings import Settings, SettingsError
from heygen import Client, FileSource, HeyGenError, HttpStorage, RemoteStatus, Storage, StorageRefused
from heygen.catalogue.assets import COMPLETE_UPLOAD, CREATE_UPLOAD, UPLOAD_ASSET

PIECE = 256 * 1024
USER_AGENT = "greenroom/0.1"
Sleep = Callable[[float], Awaitable[object]]


async def run(path: str, settings: Settings) -> tuple[int, str]:
    """Upload; the exit code and a line for the operator. `SettingsError` without an account, `OSError` for no file."""
    if missing := [name for name in settings.missing() if name.startswith(("HEYGEN_", "TRUTO_"))]:
        raise SettingsError(f"{', '.join(missing)} is missing: without it nothing can be uploaded.")
    async with httpx2.AsyncClient(timeout=30.0, trust_env=True) as http:
        client = heygen_client(settings, http, USER_AGENT)
        try:
            return 0, await uploaded(Path(path), client, HttpStorage(http), asyncio.sleep)
        except SourceRefused as error:
            return 1, error.sentence
        except StorageRefused:
            return 1, STORAGE
        except HeyGenError as error:
            return 1, for_heygen(error)


async def uploaded(path: Path, client: Client, storage: Storage, sleep: Sleep) -> str:
    """The asset's id, once HeyGen can use it. `SourceRefused` with a sentence for what it would not take."""
    seen = await asyncio.to_thread(_inspected, path)
    check_size(seen.size)
    check_type(seen.content_type or "")
    if at_once(seen.size):
        key = _key(seen, 1)
        return (await client.call(UPLOAD_ASSET, file=_source(path, seen), idempotency_key=key)).id
    asset_id = await _put(path, seen, client, storage)
    await client.call(COMPLETE_UPLOAD, {"asset_id": asset_id, "checksum_sha256": seen.checksum})
    await _until_ready(client, asset_id, sleep)
    return asset_id


async def _put(path: Path, seen: Inspection, client: Client, storage: Storage) -> str:
    """The id of a place that holds the bytes; an expired one is replaced."""
    announced = {"filename": path.name, "content_type": seen.content_type, "size_bytes": seen.size}
    for number in range(1, PLACES_TRIED + 1):
        slot = await client.call(CREATE_UPLOAD, announced, idempotency_key=_key(seen, number))
        check_size(seen.size, slot.max_bytes)
        try:
            await storage.put(slot, _source(path, seen))
        except StorageRefused as error:
            if error.retryable or number == PLACES_TRIED:
                raise
        else:
            return slot.asset_id
    raise AssertionError("the last place either holds the bytes or was refused")


async def _until_ready(client: Client, asset_id: str, sleep: Sleep) -> None:
    for _ in range(int(PROCESSING_SECONDS / LOOK_SECONDS)):
        match await remote_status(client, asset_id):
            case RemoteStatus.COMPLETED:
                return
            case RemoteStatus.FAILED:
                raise SourceRefused("unusable", UNUSABLE)
        await sleep(LOOK_SECONDS)
    raise SourceRefused("not_processed", STUCK)


def _inspected(path: Path) -> Inspection:
    """The whole file, read once to know it; a few pieces of it are in memory at a time."""
    seen = Inspection(None)
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            seen.feed(piece)
    seen.end()
    return seen


def _source(path: Path, seen: Inspection) -> FileSource:
    return FileSource(name=path.name, content_type=seen.content_type or "", size=seen.size, chunks=_chunks(path))


async def _chunks(path: Path) -> AsyncIterator[bytes]:
    with await asyncio.to_thread(path.open, "rb") as file:
        while piece := await asyncio.to_thread(file.read, PIECE):
            yield piece


def _key(seen: Inspection, number: int) -> str:
    return f"gr-file-{seen.checksum}-{number}"
