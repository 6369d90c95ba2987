"""Direct uploads: what goes to the store, what must not, and what its answers mean."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx2
import pytest

from heygen import ConnectionFailed, FileChanged, FileSource, HttpStorage, StorageRefused, Timeout
from heygen.records import UploadSlot

LINK = "https://store.example/put/a1?X-Signature=s3cret"
DENIED = b"<?xml version='1.0'?><Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>"


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


def file(size: int = 6) -> FileSource:
    return FileSource(name="a.mp4", content_type="video/mp4", size=size, chunks=chunks(b"abc", b"def"))


def slot(link: str = LINK, **headers: str) -> UploadSlot:
    named = {"Content-Type": "video/mp4", "x-amz-meta-Size": "6"} | headers
    return UploadSlot(asset_id="a1", upload_url=link, upload_headers=named, expires_in_seconds=900, max_bytes=100)


@pytest.fixture
async def store() -> AsyncIterator[Callable[..., HttpStorage]]:
    clients = []

    def make(handler: Callable[[httpx2.Request], Any], **options: Any) -> HttpStorage:
        http = httpx2.AsyncClient(
            transport=httpx2.MockTransport(handler),
            headers={"Authorization": "Bearer not-for-the-store"},
            cookies={"session": "not-for-the-store"},
            auth=("somebody", "not-for-the-store"),
        )
        clients.append(http)
        return HttpStorage(http, **options)

    yield make
    for http in clients:
        await http.aclose()


async def test_the_bytes_go_with_the_slots_headers_and_no_credential(store: Any) -> None:
    seen: list[httpx2.Request] = []

    async def take(request: httpx2.Request) -> httpx2.Response:
        await request.aread()
        seen.append(request)
        return httpx2.Response(200)

    await store(take).put(slot(), file())

    [request] = seen
    assert (request.method, str(request.url), request.content) == ("PUT", LINK, b"abcdef")
    assert (b"x-amz-meta-Size", b"6") in request.headers.raw
    assert (request.headers["content-type"], request.headers["content-length"]) == ("video/mp4", "6")
    assert "not-for-the-store" not in repr(request.headers.raw)


async def test_a_length_among_the_headers_is_not_said_twice(store: Any) -> None:
    seen: list[httpx2.Request] = []

    async def take(request: httpx2.Request) -> httpx2.Response:
        await request.aread()
        seen.append(request)
        return httpx2.Response(204)

    await store(take).put(slot(**{"content-length": "6"}), file())

    assert [value for name, value in seen[0].headers.raw if name.lower() == b"content-length"] == [b"6"]


@pytest.mark.parametrize(
    ("status", "body", "code", "retryable"),
    [
        (403, DENIED, "AccessDenied", False),
        (403, b"", None, False),
        (400, b"<Error><Code>EntityTooLarge</Code></Error>", "EntityTooLarge", False),
        (307, b"", None, False),
        (503, b"<Error><Code>SlowDown</Code></Error>", "SlowDown", True),
        (500, b"x" * 100_000 + DENIED, None, True),
        (403, b"<Code>not a code</Code>", None, False),
    ],
)
async def test_a_refusal_says_whether_the_link_is_dead(
    store: Any, status: int, body: bytes, code: str | None, retryable: bool
) -> None:
    with pytest.raises(StorageRefused) as caught:
        await store(lambda _: httpx2.Response(status, content=body)).put(slot(), file())

    error = caught.value
    assert (error.status, error.code, error.retryable, error.outcome_unknown) == (status, code, retryable, False)
    assert "s3cret" not in str(error)


@pytest.mark.parametrize(
    ("fault", "sent"),
    [(httpx2.ConnectError("no"), False), (httpx2.WriteError("no"), None), (httpx2.ReadError("no"), None)],
)
async def test_a_lost_connection_may_be_tried_again(store: Any, fault: Exception, sent: bool | None) -> None:
    def lose(request: httpx2.Request) -> httpx2.Response:
        raise fault

    with pytest.raises(ConnectionFailed) as caught:
        await store(lose).put(slot(), file())
    assert (caught.value.sent, caught.value.retryable, caught.value.outcome_unknown) == (sent, True, False)


async def test_an_upload_has_an_end(store: Any) -> None:
    def hang(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ReadTimeout("no")

    with pytest.raises(Timeout) as caught:
        await store(hang, seconds=3.0).put(slot(), file())
    assert (caught.value.seconds, caught.value.retryable) == (3.0, True)


async def test_a_file_that_changes_on_the_way_comes_out_as_such(store: Any) -> None:
    async def take(request: httpx2.Request) -> httpx2.Response:
        await request.aread()
        return httpx2.Response(200)

    with pytest.raises(FileChanged):
        await store(take).put(slot(), file(size=7))


@pytest.mark.parametrize(
    "link",
    ["http://store.example/x", "ftp://store.example/x", "file:///etc/passwd", "https://", "nonsense", "http://[::"],
)
async def test_only_https_is_followed_and_the_link_is_not_quoted(store: Any, link: str) -> None:
    with pytest.raises(ValueError, match="an upload link is") as caught:
        await store(lambda _: httpx2.Response(200)).put(slot(link), file())
    assert link not in str(caught.value)


async def test_this_machine_may_be_spoken_to_plainly(store: Any) -> None:
    async def take(request: httpx2.Request) -> httpx2.Response:
        await request.aread()
        return httpx2.Response(200)

    await store(take).put(slot("http://127.0.0.1:1/x"), file())
    await store(take).put(slot("http://localhost:1/x"), file())


async def test_a_file_without_room_is_not_sent(store: Any) -> None:
    with pytest.raises(ValueError, match="larger"):
        await store(lambda _: httpx2.Response(200)).put(slot(), file(size=101))
