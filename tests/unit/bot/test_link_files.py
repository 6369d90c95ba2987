"""Whole files from behind links: pinned, bounded, and refused with a sentence. Names are resolved by the test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from urllib.parse import urlsplit

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from agent.errors import SourceRefused
from bot.link_files import LinkFiles
from emulators.base import Emulator
from emulators.heygen import media

FILM = media.mp4("film", 20, size=300_000)


class FileHost(Emulator):
    """Serves one film in different moods."""

    name = "file-host"

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[dict[str, str]] = []
        self.released = asyncio.Event()

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/ranged.mp4", lambda r: self._noted(r, media.ranged(FILM, "video/mp4", r.headers.get("range")))),
            Route("/plain.mp4", lambda r: self._noted(r, Response(FILM, media_type="video/mp4"))),
            Route("/some name", lambda r: self._noted(r, Response(FILM))),
            Route("/streamed.mp4", lambda r: self._noted(r, StreamingResponse(_pieces(), media_type="video/mp4"))),
            Route("/empty.mp4", lambda r: Response(b"", media_type="video/mp4")),
            Route("/none.mp4", lambda r: Response(status_code=416)),
            Route("/to", lambda r: RedirectResponse(r.query_params["url"])),
            Route("/status/{status:int}", lambda r: PlainTextResponse("no", r.path_params["status"])),
            Route("/slow.mp4", self._slow),
            Route("/cut.mp4", self._cut),
        ]

    def _noted(self, request: Request, response: Response) -> Response:
        self.seen.append(dict(request.headers))
        return response

    async def _slow(self, request: Request) -> Response:
        await self.released.wait()
        return Response(FILM)

    async def _cut(self, request: Request) -> Response:
        return Response(FILM[:50_000], 206, {"Content-Range": f"bytes 0-{len(FILM) - 1}/{len(FILM)}"})


async def _pieces() -> AsyncIterator[bytes]:
    for at in range(0, len(FILM), 70_000):
        yield FILM[at : at + 70_000]


@pytest.fixture(scope="module")
async def server() -> AsyncIterator[FileHost]:
    server = FileHost()
    await server.start()
    yield server
    server.released.set()
    await server.stop()


def files(server: FileHost, *, seconds: float = 10.0, address: str = "127.0.0.1") -> LinkFiles:
    async def resolve(host: str, port: int) -> Sequence[str]:
        return [address]

    return LinkFiles({f"files.example:{urlsplit(server.url).port}"}, resolve=resolve, seconds=seconds)


def link(server: FileHost, path: str) -> str:
    return f"http://files.example:{urlsplit(server.url).port}{path}"


async def read(opened: LinkFiles, url: str, largest: int = 1_000_000) -> tuple[bytes, int | None, str]:
    async with opened.open(url, largest=largest) as file:
        return b"".join([piece async for piece in file.chunks()]), file.size, file.name


@pytest.mark.parametrize(
    ("path", "size"), [("/ranged.mp4", len(FILM)), ("/plain.mp4", len(FILM)), ("/streamed.mp4", None)]
)
async def test_a_file_is_read_whole(server: FileHost, path: str, size: int | None) -> None:
    assert await read(files(server), link(server, path)) == (FILM, size, path[1:])
    assert not {"authorization", "cookie"} & set(server.seen[-1])


async def test_a_redirect_is_followed_and_names_the_file(server: FileHost) -> None:
    data, _, name = await read(files(server), link(server, f"/to?url={link(server, '/some%20name')}"))
    assert (data, name) == (FILM, "some name")


@pytest.mark.parametrize("path", ["/empty.mp4", "/none.mp4"])
async def test_an_empty_file_is_a_file(server: FileHost, path: str) -> None:
    assert (await read(files(server), link(server, path)))[:2] == (b"", 0)


@pytest.mark.parametrize(
    ("path", "code", "words"),
    [
        ("/status/403", "forbidden", "the link has expired"),
        ("/status/404", "not_found", "no file at this link any more"),
        ("/status/410", "not_found", "no file at this link any more"),
        ("/status/500", "unreachable", "answered with an error (500)"),
        ("/cut.mp4", "file_cut_short", "only a part"),
        ("/to?url=http://localhost/x", "private_address", "not on the public internet"),
    ],
)
async def test_what_is_wrong_is_told(server: FileHost, path: str, code: str, words: str) -> None:
    with pytest.raises(SourceRefused) as caught:
        await read(files(server), link(server, path))
    assert caught.value.code == code
    assert words in caught.value.sentence
    assert caught.value.retryable is (code in ("unreachable", "file_cut_short"))


@pytest.mark.parametrize("path", ["/ranged.mp4", "/plain.mp4", "/streamed.mp4"])
async def test_too_much_is_noticed_whatever_the_server_says(server: FileHost, path: str) -> None:
    with pytest.raises(SourceRefused) as caught:
        await read(files(server), link(server, path), largest=100_000)
    assert caught.value.code == "too_large"


async def test_a_server_that_never_answers_is_left(server: FileHost) -> None:
    with pytest.raises(SourceRefused) as caught:
        await read(files(server, seconds=0.2), link(server, "/slow.mp4"))
    assert (caught.value.code, caught.value.retryable) == ("timeout", True)


async def test_a_private_address_is_not_opened(server: FileHost) -> None:
    before = len(server.seen)
    with pytest.raises(SourceRefused) as caught:
        await read(LinkFiles(), f"{server.url}/plain.mp4")
    assert caught.value.code in ("port", "private_address")
    assert len(server.seen) == before
