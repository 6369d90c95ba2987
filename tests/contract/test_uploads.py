"""Uploads through our client into the emulated HeyGen: in one call, and directly into its store. Both ways to it."""

from __future__ import annotations

import hashlib
import ssl
import tracemalloc
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from emulators.heygen import HeyGenEmulator, media
from emulators.truto import TrutoEmulator
from heygen import Client, Conflict, FileChanged, FileSource, HttpStorage, InvalidRequest, StorageRefused
from heygen.catalogue.assets import (
    COMPLETE_UPLOAD,
    COMPLETE_UPLOAD_BATCH,
    CREATE_UPLOAD,
    CREATE_UPLOAD_BATCH,
    GET_ASSET_BATCH,
    GET_ASSET_STATUSES,
    SIMPLE_LIMIT,
    UPLOAD_ASSET,
)
from tests.support.truto import WAYS, client_by

# Loopback needs no certificates; loading them would be most of a test's time.
NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
FILM = media.mp4("film", 20, size=200_000)
CHECKSUM = hashlib.sha256(FILM).hexdigest()
ANNOUNCED = {"filename": "film.mp4", "content_type": "video/mp4", "size_bytes": len(FILM)}


@pytest.fixture(scope="module")
async def running() -> AsyncIterator[HeyGenEmulator]:
    emulator = HeyGenEmulator(speed="step")
    await emulator.start()
    yield emulator
    await emulator.stop()


@pytest.fixture
def heygen(running: HeyGenEmulator) -> HeyGenEmulator:
    running.reset()
    return running


@pytest.fixture
async def http() -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(verify=NO_CERTIFICATES) as opened:
        yield opened


@pytest.fixture(scope="module")
async def truto() -> AsyncIterator[TrutoEmulator]:
    emulator = TrutoEmulator()
    await emulator.start()
    yield emulator
    await emulator.stop()


@pytest.fixture(params=WAYS)
def client(
    heygen: HeyGenEmulator, truto: TrutoEmulator, http: httpx2.AsyncClient, request: pytest.FixtureRequest
) -> Client:
    truto.reset()
    return client_by(request.param, heygen.url, truto, http)


@pytest.fixture
def storage(http: httpx2.AsyncClient) -> HttpStorage:
    return HttpStorage(http)


async def pieces(content: bytes, size: int = 50_000) -> AsyncIterator[bytes]:
    for at in range(0, len(content), size):
        yield content[at : at + size]


def film(content: bytes = FILM, **options: Any) -> FileSource:
    told = {"name": "film.mp4", "content_type": "video/mp4", "size": len(content)} | options
    return FileSource(chunks=pieces(content), **told)


async def test_a_small_file_goes_in_one_call(client: Client, heygen: HeyGenEmulator) -> None:
    uploaded = await client.call(UPLOAD_ASSET, file=film(name='Ünïcode "name".mp4'), idempotency_key="k1")

    assert (uploaded.mime_type, uploaded.size_bytes) == ("video/mp4", len(FILM))
    assert heygen.content_of(uploaded.id) == FILM
    assert heygen.stored()[0].seconds == 20


async def test_the_same_key_makes_no_second_asset(client: Client, heygen: HeyGenEmulator) -> None:
    ids = {(await client.call(UPLOAD_ASSET, file=film(), idempotency_key="k1")).id for _ in range(2)}

    assert ids == {heygen.stored()[0].id}


@pytest.mark.parametrize(
    ("content", "status"), [(b"<html>", 400), (FILM + bytes(SIMPLE_LIMIT), 413)], ids=["page", "big"]
)
async def test_a_file_that_is_no_use_says_so(
    client: Client, heygen: HeyGenEmulator, content: bytes, status: int
) -> None:
    with pytest.raises(InvalidRequest) as caught:
        await client.call(UPLOAD_ASSET, file=film(content), idempotency_key="k1")

    assert caught.value.status == status
    assert heygen.stored() == []


@pytest.mark.parametrize("size", [len(FILM) - 1, len(FILM) + 1])
async def test_a_file_of_another_length_leaves_nothing(client: Client, heygen: HeyGenEmulator, size: int) -> None:
    with pytest.raises(FileChanged):
        await client.call(UPLOAD_ASSET, file=film(size=size), idempotency_key="k1")

    assert heygen.stored() == []


async def test_a_large_file_goes_straight_to_the_store(
    client: Client, storage: HttpStorage, heygen: HeyGenEmulator
) -> None:
    slot = await client.call(CREATE_UPLOAD, ANNOUNCED | {"checksum_sha256": CHECKSUM}, idempotency_key="k1")
    await storage.put(slot, film())
    done = await client.call(COMPLETE_UPLOAD, {"asset_id": slot.asset_id, "checksum_sha256": CHECKSUM})
    heygen.advance(10)
    page: Any = await client.call(GET_ASSET_STATUSES, {"asset_ids": [slot.asset_id]})

    assert (done.id, done.status_word) == (slot.asset_id, "processing")
    assert [entry.status_word for entry in page.items] == ["completed"]
    assert heygen.content_of(slot.asset_id) == FILM
    [put] = heygen.journal.select("PUT")
    assert not {"x-api-key", "authorization"} & set(put.headers)


async def test_every_step_can_be_done_twice(client: Client, storage: HttpStorage, heygen: HeyGenEmulator) -> None:
    for _ in range(2):
        slot = await client.call(CREATE_UPLOAD, ANNOUNCED, idempotency_key="k1")
        await storage.put(slot, film())
        await client.call(COMPLETE_UPLOAD, {"asset_id": slot.asset_id})

    assert [asset.id for asset in heygen.stored()] == [slot.asset_id]


async def test_an_expired_link_wants_a_new_slot(client: Client, storage: HttpStorage, heygen: HeyGenEmulator) -> None:
    slot = await client.call(CREATE_UPLOAD, ANNOUNCED, idempotency_key="k1")
    heygen.clock.advance(1000)
    with pytest.raises(StorageRefused) as caught:
        await storage.put(slot, film())
    another = await client.call(CREATE_UPLOAD, ANNOUNCED, idempotency_key="k2")
    await storage.put(another, film())

    assert (caught.value.status, caught.value.code, caught.value.retryable) == (403, "AccessDenied", False)
    assert another.asset_id != slot.asset_id


async def test_completing_before_the_bytes_are_there_is_too_early(client: Client) -> None:
    slot = await client.call(CREATE_UPLOAD, ANNOUNCED, idempotency_key="k1")

    with pytest.raises(Conflict) as caught:
        await client.call(COMPLETE_UPLOAD, {"asset_id": slot.asset_id})
    assert (caught.value.code, caught.value.retryable) == ("resource_not_ready", True)


async def test_a_failing_store_may_be_tried_again(client: Client, storage: HttpStorage, heygen: HeyGenEmulator) -> None:
    slot = await client.call(CREATE_UPLOAD, ANNOUNCED, idempotency_key="k1")
    heygen.fail("before", "/storage/.*", status=503, body="<Error><Code>SlowDown</Code></Error>")
    with pytest.raises(StorageRefused) as caught:
        await storage.put(slot, film())
    await storage.put(slot, film())

    assert (caught.value.code, caught.value.retryable) == ("SlowDown", True)


async def test_a_batch_from_its_slots_to_its_items(
    client: Client, storage: HttpStorage, heygen: HeyGenEmulator
) -> None:
    batch = await client.call(CREATE_UPLOAD_BATCH, {"files": [ANNOUNCED] * 2}, idempotency_key="k1")
    await storage.put(batch.slots[1], film())
    await client.call(COMPLETE_UPLOAD_BATCH, {"batch_id": batch.id})
    heygen.advance(10)
    found = await client.call(GET_ASSET_BATCH, {"batch_id": batch.id})

    assert [(item.index, item.status_word) for item in found.items] == [(0, "failed"), (1, "completed")]
    assert found.items[0].error is not None
    assert found.items[0].error.code == "resource_not_ready"
    assert [item.job_id for item in found.items] == [slot.asset_id for slot in batch.slots]


async def blocks(count: int) -> AsyncIterator[bytes]:
    yield FILM[:65_536]
    rest = bytes(65_536)
    for _ in range(count - 1):
        yield rest


@pytest.mark.parametrize("way", ["one call", "direct"])
async def test_the_largest_simple_file_needs_little_memory(
    client: Client, storage: HttpStorage, heygen: HeyGenEmulator, way: str
) -> None:
    """Client and emulator together, so that neither can keep the file without being noticed."""
    large = FileSource(
        name="film.mp4", content_type="video/mp4", size=SIMPLE_LIMIT, chunks=blocks(SIMPLE_LIMIT // 65_536)
    )
    slot = await client.call(CREATE_UPLOAD, ANNOUNCED | {"size_bytes": SIMPLE_LIMIT}, idempotency_key="k1")
    tracemalloc.start()
    try:
        if way == "direct":
            await storage.put(slot, large)
        else:
            await client.call(UPLOAD_ASSET, file=large, idempotency_key="k2")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 8 * 1024 * 1024
    assert max(asset.size for asset in heygen.assets.all.values()) == SIMPLE_LIMIT
