"""The body of an upload: what it looks like, and that it is as long as it says."""

from __future__ import annotations

import email
import email.policy
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx2
import pytest

from heygen import Client, FileChanged, FileSource, HttpTransport
from heygen.catalogue.assets import UPLOAD_ASSET
from heygen.multipart import PIECE, Multipart, counted

DONE = {"data": {"asset_id": "a1", "mime_type": "video/mp4", "size_bytes": 3, "url": "u"}}


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


def file(*parts: bytes, size: int | None = None, name: str = "a.mp4") -> FileSource:
    length = sum(map(len, parts)) if size is None else size
    return FileSource(name=name, content_type="video/mp4", size=length, chunks=chunks(*parts))


async def whole(form: Multipart) -> bytes:
    return b"".join([piece async for piece in form.pieces()])


def parsed(form: Multipart, body: bytes) -> Any:
    head = f"Content-Type: {form.content_type}\r\n\r\n".encode()
    [part] = email.message_from_bytes(head + body, policy=email.policy.HTTP).iter_parts()
    return part


async def test_the_form_has_one_field_with_the_file() -> None:
    form = Multipart(file(b"abc", b"\r\n--", b"def"))
    body = await whole(form)

    part = parsed(form, body)
    assert (part.get_param("name", header="content-disposition"), part.get_filename()) == ("file", "a.mp4")
    assert (part.get_content_type(), part.get_payload(decode=True)) == ("video/mp4", b"abc\r\n--def")
    assert form.length == len(body)


async def test_a_name_cannot_add_headers_or_fields() -> None:
    form = Multipart(file(b"abc", name='a"\r\nX-Evil: 1\r\n\r\n.mp4'))
    head = (await whole(form)).split(b"\r\n\r\n")[0]

    assert head.count(b"\r\n") == 2
    assert b'filename="a%22%0D%0AX-Evil: 1%0D%0A%0D%0A.mp4"' in head


def test_no_two_forms_have_the_same_boundary() -> None:
    assert Multipart(file(b"abc")).content_type != Multipart(file(b"abc")).content_type


@pytest.mark.parametrize(("parts", "size"), [((b"abc",), 4), ((b"abc", b"d"), 3), ((), 1), ((b"x" * 99,), 3)])
async def test_another_length_than_announced_is_noticed(parts: tuple[bytes, ...], size: int) -> None:
    with pytest.raises(FileChanged) as caught:
        [piece async for piece in counted(file(*parts, size=size))]

    assert (caught.value.announced, caught.value.retryable) == (size, False)


async def test_nothing_past_the_announced_length_is_sent() -> None:
    pieces = counted(file(b"abc", b"secret", size=3))

    assert await anext(pieces) == b"abc"
    with pytest.raises(FileChanged):
        await anext(pieces)


async def test_large_chunks_are_sent_in_pieces() -> None:
    pieces = [piece async for piece in counted(file(b"x" * (2 * PIECE + 1)))]

    assert [len(piece) for piece in pieces] == [PIECE, PIECE, 1]


@pytest.mark.parametrize("kind", ["", "video", "video/mp4; x=1", "video/mp4\r\nX: 1", "a/b/c"])
def test_a_content_type_that_is_none_is_refused(kind: str) -> None:
    with pytest.raises(ValueError, match="content type"):
        FileSource(name="a", content_type=kind, size=1, chunks=chunks(b"a"))


@pytest.mark.parametrize(("name", "size"), [("", 1), (" ", 1), ("a", 0), ("a", -1)])
def test_an_empty_file_or_name_is_refused(name: str, size: int) -> None:
    with pytest.raises(ValueError, match="at least one byte"):
        FileSource(name=name, content_type="a/b", size=size, chunks=chunks())


def test_a_customers_file_name_stays_out_of_the_repr() -> None:
    assert "Q3" not in repr(file(b"a", name="Q3 plan.mp4"))


async def test_the_wire_says_how_long_the_form_is(connect: Callable[..., HttpTransport]) -> None:
    seen: list[httpx2.Request] = []

    async def take(request: httpx2.Request) -> httpx2.Response:
        await request.aread()
        seen.append(request)
        return httpx2.Response(200, json=DONE)

    client = Client(connect(take))
    await client.call(UPLOAD_ASSET, file=file(b"abc"), idempotency_key="k1")

    [request] = seen
    assert request.headers["content-length"] == str(len(request.content))
    assert "transfer-encoding" not in request.headers
    assert request.headers["content-type"].startswith("multipart/form-data; boundary=greenroom-")
    assert (request.headers["x-api-key"], request.headers["idempotency-key"]) == ("key-1", "k1")


async def test_a_file_that_changes_on_the_way_comes_out_as_such(connect: Callable[..., HttpTransport]) -> None:
    async def take(request: httpx2.Request) -> httpx2.Response:
        await request.aread()
        return httpx2.Response(200, json=DONE)

    with pytest.raises(FileChanged):
        await Client(connect(take)).call(UPLOAD_ASSET, file=file(b"abc", size=9), idempotency_key="k1")
