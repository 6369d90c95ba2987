"""A file of this machine, uploaded into the emulated HeyGen: in one call or directly, and once."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from agent import assets
from agent.errors import SourceRefused
from bot.settings import Settings, SettingsError
from bot.upload_command import run, uploaded
from emulators.heygen import HeyGenEmulator, media
from emulators.heygen.accounts import DEFAULT_KEY
from heygen import Client, HttpStorage, HttpTransport, ServerError, StorageRefused

FILM = media.mp4("film", 20, size=300_000, moov_last=True)


class Desk:
    """A file, and HeyGen."""

    def __init__(self, heygen: HeyGenEmulator, http: httpx2.AsyncClient, folder: Path) -> None:
        self.heygen, self.path = heygen, folder / "film.mp4"
        self.path.write_bytes(FILM)
        self._client = Client(HttpTransport(heygen.url, DEFAULT_KEY, http, "greenroom-tests"))
        self._storage = HttpStorage(http)

    async def upload(self) -> str:
        return await uploaded(self.path, self._client, self._storage, self._sleep)

    async def _sleep(self, seconds: float) -> None:
        self.heygen.advance(seconds)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    heygen = HeyGenEmulator(speed="step")
    await heygen.start()
    async with httpx2.AsyncClient(verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)) as http:
        yield Desk(heygen, http, tmp_path)
    await heygen.stop()


@pytest.fixture(params=["one call", "direct"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """By what way the file goes."""
    if request.param == "direct":
        monkeypatch.setattr(assets, "AT_ONCE_BYTES", 100_000)
    return str(request.param)


async def test_a_file_is_there_once_however_often_it_is_asked_for(desk: Desk, way: str) -> None:
    ids = {await desk.upload() for _ in range(2)}
    assert ids == {asset.id for asset in desk.heygen.stored()}
    assert len(ids) == 1
    assert desk.heygen.content_of(ids.pop()) == FILM


@pytest.mark.parametrize(("way", "path"), [("one call", "/v3/assets"), ("direct", "/storage/.*")], indirect=["way"])
async def test_the_same_command_again_goes_on(desk: Desk, way: str, path: str) -> None:
    desk.heygen.fail("after", path, status=503)
    with pytest.raises((ServerError, StorageRefused)):
        await desk.upload()
    assert await desk.upload() == desk.heygen.stored()[0].id
    assert len(desk.heygen.assets.all) == 1


async def test_another_content_is_another_asset(desk: Desk) -> None:
    await desk.upload()
    desk.path.write_bytes(media.mp4("other", 20, size=5_000))
    await desk.upload()
    assert len(desk.heygen.stored()) == 2


async def test_a_place_that_has_expired_is_replaced(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assets, "AT_ONCE_BYTES", 100_000)
    desk.heygen.fail("before", "/storage/.*", status=503)
    with pytest.raises(StorageRefused):
        await desk.upload()
    desk.heygen.clock.advance(2_000)
    assert await desk.upload() == desk.heygen.stored()[0].id


@pytest.mark.parametrize(
    ("data", "code"), [(b"", "empty"), (b"Dear all", "wrong_type"), (b"<!doctype html>", "wrong_type")]
)
async def test_what_heygen_would_refuse_is_not_sent(desk: Desk, data: bytes, code: str) -> None:
    desk.path.write_bytes(data)
    with pytest.raises(SourceRefused) as caught:
        await desk.upload()
    assert caught.value.code == code
    assert desk.heygen.journal.select("POST", "/v3/assets.*") == []


async def test_the_command_says_the_id_or_what_is_wrong(desk: Desk) -> None:
    def settings(**other: Any) -> Settings:
        return Settings(_env_file=None, **{"heygen_base_url": desk.heygen.url, "heygen_api_key": DEFAULT_KEY, **other})

    code, line = await run(str(desk.path), settings())
    assert (code, line) == (0, desk.heygen.stored()[0].id)
    code, line = await run(str(desk.path), settings(heygen_api_key="another"))
    assert (code, "API key" in line) == (1, True)
    desk.path.write_bytes(b"Dear all")
    code, line = await run(str(desk.path), settings())
    assert (code, line.startswith("HeyGen takes MP4")) == (1, True)
    with pytest.raises(SettingsError):
        await run(str(desk.path), settings(heygen_api_key=None))


async def test_a_file_that_is_not_there(desk: Desk) -> None:
    desk.path.unlink()
    with pytest.raises(FileNotFoundError):
        await desk.upload()
