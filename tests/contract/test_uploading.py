"""Files on their way into the emulated HeyGen, with the rows that say how far they are: whatever fails, one asset."""

from __future__ import annotations

import random
import shutil
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from agent import assets
from agent.assets import Asset, AssetState, NewAsset, Origin
from agent.errors import LeaseLost, SourceRefused
from agent.uploading import Uploads
from bot.store import Store
from emulators.base import FaultKind
from emulators.heygen import HeyGenEmulator, media
from emulators.heygen.accounts import DEFAULT_KEY
from heygen import Client, HttpStorage, HttpTransport
from tests.support.agent_fakes import FakeAccounts
from tests.support.clock import ManualClock
from tests.support.store_steps import ACCOUNT, PERSON, WORKSPACE, claiming_as, new_store, open_turn, running, sqlite_url

# Loopback needs no certificates; loading them would be most of a test's time.
NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
FILM = media.mp4("film", 20, size=200_000, moov_last=True)
DIRECT = "/v3/assets/direct-uploads"


class Brought:
    """A file that somebody brought; `size` is what its server says, `broken_after` bytes its connection is lost."""

    def __init__(self, data: bytes = FILM) -> None:
        self.data = data
        self.name, self.content_type = "film.mp4", "video/mp4"
        self.size: int | None = len(data)
        self.broken_after: int | None = None
        self.opened = 0

    @asynccontextmanager
    async def open(self, asset: Asset, *, largest: int) -> AsyncIterator[Brought]:
        self.opened += 1
        yield self

    async def chunks(self) -> AsyncIterator[bytes]:
        for at in range(0, len(self.data), 50_000):
            if self.broken_after is not None and at >= self.broken_after:
                self.broken_after = None
                raise SourceRefused("file_cut_short", "Only a part came.", retryable=True)
            yield self.data[at : at + 50_000]


class Desk:
    """An uploader between a store and HeyGen, and the file."""

    def __init__(self, store: Store, heygen: HeyGenEmulator, http: httpx2.AsyncClient, clock: ManualClock) -> None:
        self.store, self.heygen, self.clock = store, heygen, clock
        self.file = Brought()
        client = Client(HttpTransport(heygen.url, DEFAULT_KEY, http, "greenroom-tests"))
        self.uploads = Uploads(
            assets=store.assets,
            accounts=FakeAccounts({ACCOUNT: client}),
            incoming=self.file,
            storage=HttpStorage(http),
            clock=clock,
            rng=random.Random(1),  # noqa: S311 - jitter
        )
        self.id = ""

    async def want(self) -> None:
        lane, _ = await open_turn(self.store)
        who: dict[str, Any] = {"workspace_id": WORKSPACE, "account_id": ACCOUNT, "requester": PERSON}
        place: dict[str, Any] = {"origin": Origin.SLACK, "place": "F1", "source_key": "F1", "call_key": "call"}
        self.id = (await self.store.assets.want(lane, NewAsset(conversation_id=lane.id, **who, **place))).id

    async def go(self) -> Asset:
        """One round; the file as it is afterwards."""
        for lease, asset in await self.store.assets.claim_due(1):
            await self.uploads.go(lease, asset)
        found = await self.store.assets.asset(self.id)
        assert found is not None
        return found

    async def go_on(self) -> Asset:
        """Until it is final, with the time that takes."""
        for _ in range(40):
            if (asset := await self.go()).state in (AssetState.READY, AssetState.FAILED):
                return asset
            self.clock.advance(30)
            self.heygen.advance(30)
        raise AssertionError(f"still {asset.state}")


@pytest.fixture(scope="module")
async def emulator() -> AsyncIterator[HeyGenEmulator]:
    emulator = HeyGenEmulator(speed="step")
    await emulator.start()
    yield emulator
    await emulator.stop()


@pytest.fixture(params=["one call", "direct"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """By what way the file goes."""
    if request.param == "direct":
        monkeypatch.setattr(assets, "AT_ONCE_BYTES", 100_000)
    return str(request.param)


@pytest.fixture
def directly(monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is too large for one call."""
    monkeypatch.setattr(assets, "AT_ONCE_BYTES", 100_000)


@pytest.fixture(scope="module")
async def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with tables, to copy: making them takes longer than most tests."""
    folder = tmp_path_factory.mktemp("empty")
    async with running(new_store(sqlite_url(folder), ManualClock())):
        pass
    return folder / "greenroom.db"


@pytest.fixture
async def desk(emulator: HeyGenEmulator, empty: Path, tmp_path: Path) -> AsyncIterator[Desk]:
    emulator.reset()
    shutil.copy(empty, tmp_path / "greenroom.db")
    clock = ManualClock()
    async with (
        httpx2.AsyncClient(verify=NO_CERTIFICATES) as http,
        running(new_store(sqlite_url(tmp_path), clock)) as store,
    ):
        desk = Desk(store, emulator, http, clock)
        await desk.want()
        yield desk


def there_once(desk: Desk, asset: Asset) -> None:
    """The file is at HeyGen, whole, and nothing else is."""
    assert asset.state is AssetState.READY
    assert [one.id for one in desk.heygen.stored()] == [asset.provider_id]
    assert desk.heygen.content_of(asset.provider_id or "") == desk.file.data


async def test_a_file_goes_its_way(desk: Desk, way: str) -> None:
    """R16, R18: what was seen of it while it passed is kept."""
    asset = await desk.go_on()
    there_once(desk, asset)
    assert (asset.content_type, asset.size, asset.duration) == ("video/mp4", len(FILM), 20.0)
    assert desk.file.opened == 1


@pytest.mark.parametrize(
    ("way", "path"),
    [
        ("one call", "/v3/assets"),
        ("direct", DIRECT),
        ("direct", "/storage/.*"),
        ("direct", "/v3/assets/.*/complete"),
    ],
    indirect=["way"],
)
@pytest.mark.parametrize(
    "kind",
    ["drop_reply", *(pytest.param(kind, marks=pytest.mark.full) for kind in ("before", "after", "drop_before"))],
)
async def test_every_call_may_fail_and_there_is_one_asset(desk: Desk, way: str, path: str, kind: FaultKind) -> None:
    desk.heygen.fail(kind, path, status=503)
    there_once(desk, await desk.go_on())
    assert len(desk.heygen.assets.all) == 1


@pytest.mark.parametrize("after", [0, 50_000, 150_000])
async def test_a_source_that_breaks_off_is_read_again(desk: Desk, way: str, after: int) -> None:
    desk.file.broken_after = after
    there_once(desk, await desk.go_on())
    assert desk.file.opened == 2
    assert len(desk.heygen.assets.all) == 1


async def test_a_source_that_does_not_say_how_long_it_is_is_counted_first(desk: Desk, way: str) -> None:
    desk.file.size = None
    there_once(desk, await desk.go_on())
    assert desk.file.opened == 2


@pytest.mark.parametrize("size", [len(FILM) - 1, len(FILM) + 1])
async def test_a_file_that_changes_is_no_asset(desk: Desk, way: str, size: int) -> None:
    desk.file.size = size
    asset = await desk.go_on()
    assert (asset.state, asset.error_code) == (AssetState.FAILED, "file_changed")
    assert desk.heygen.stored() == []


async def test_an_expired_link_is_replaced(desk: Desk, directly: None) -> None:
    desk.heygen.fail("before", "/storage/.*", status=503)
    assert (await desk.go()).state is AssetState.PUTTING
    desk.heygen.clock.advance(2_000)
    asset = await desk.go_on()
    there_once(desk, asset)
    assert asset.number == 2


async def test_more_than_the_place_holds_is_told(desk: Desk, directly: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("emulators.heygen.assets.DIRECT_LIMIT", 150_000)
    asset = await desk.go_on()
    assert (asset.state, asset.error_code) == (AssetState.FAILED, "too_large")
    assert "too large" in (asset.error or "")


async def test_a_file_that_heygen_cannot_use_is_told(desk: Desk, directly: None) -> None:
    while (await desk.go()).state is not AssetState.PROCESSING:
        desk.clock.advance(5)
    for one in desk.heygen.assets.all.values():
        one.failure = "damaged"
    asset = await desk.go_on()
    assert (asset.state, asset.error_code) == (AssetState.FAILED, "unusable")


async def test_a_check_that_never_ends_is_told(desk: Desk, directly: None) -> None:
    while (await desk.go()).state is not AssetState.PROCESSING:
        desk.clock.advance(5)
    desk.clock.advance(assets.PROCESSING_SECONDS + 1)
    assert (await desk.go()).error_code == "not_processed"


async def test_a_call_that_nobody_can_tell_of_any_more_is_not_made_again(desk: Desk) -> None:
    desk.heygen.fail("drop_reply", "/v3/assets")
    assert (await desk.go()).state is AssetState.SENDING
    desk.clock.advance(24 * 3_600)
    assert (await desk.go()).error_code == "too_late"
    assert len(desk.heygen.journal.select("POST", "/v3/assets")) == 1


async def test_whoever_is_taken_over_in_the_middle_stops(desk: Desk, way: str) -> None:
    original = desk.store.assets.progress

    def taken_over(lease: Any) -> None:
        original(lease)
        desk.clock.advance(60)  # longer than a lease lasts without a heartbeat

    desk.store.assets.progress = taken_over  # type: ignore[method-assign]
    [(lease, asset)] = await desk.store.assets.claim_due(1)
    with pytest.raises(LeaseLost):
        await desk.uploads.go(lease, asset)
    assert desk.heygen.journal.select("POST", "/v3/assets.*") == []
    desk.store.assets.progress = original  # type: ignore[method-assign]
    with claiming_as(desk.store, "second"):
        there_once(desk, await desk.go_on())
