"""HttpTransport: what leaves, what comes back, and what a broken connection is called."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from heygen import CallClass, ConnectionFailed, HttpTransport, Request, ServerError, Timeout, UnexpectedReply
from heygen.replies import REPLY_LIMIT

READ = Request(operation="videoGet", method="GET", path="/v3/videos/v1")
WRITE = Request(
    operation="videoCreate",
    method="POST",
    path="/v3/videos",
    json={"type": "avatar"},
    call_class=CallClass.WRITE,
)
KEYED = Request(operation="videoCreate", method="POST", path="/v3/videos", json={}, idempotency_key="greenroom:1")


def raising(error: Exception) -> Any:
    def handler(request: httpx2.Request) -> httpx2.Response:
        raise error

    return handler


def noting(seen: list[httpx2.Request]) -> Any:
    def handler(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return httpx2.Response(200, json={})

    return handler


async def test_a_reply_over_tcp_carries_body_and_request_id(wire: Any) -> None:
    reply = await wire.send(READ)

    assert (reply.status, reply.request_id) == (200, "req-9")
    assert reply.body == {"data": {"seen": "/v3/videos/v1"}}


async def test_headers_that_leave(wire: Any, server: Any) -> None:
    await wire.send(KEYED)

    sent = server.journal.entries[0].headers
    assert sent["x-api-key"] == "***"
    assert sent["user-agent"] == "greenroom/1"
    assert sent["idempotency-key"] == "greenroom:1"
    assert sent["content-type"] == "application/json"


async def test_the_key_goes_out_as_given(connect: Any) -> None:
    seen: list[httpx2.Request] = []
    await connect(noting(seen)).send(READ)

    assert seen[0].headers["x-api-key"] == "key-1"
    assert "authorization" not in seen[0].headers
    assert "idempotency-key" not in seen[0].headers


async def test_a_write_without_payload_has_no_body(connect: Any) -> None:
    seen: list[httpx2.Request] = []
    transport = connect(noting(seen))
    await transport.send(Request(operation="rotate", method="POST", path="/rotate"))

    assert seen[0].content == b""
    assert "content-type" not in seen[0].headers


async def test_query_values_are_encoded(wire: Any, server: Any) -> None:
    await wire.send(Request(operation="list", method="GET", path="/v3/videos", query={"title": "a&b=ü"}))

    assert server.journal.entries[0].query == {"title": "a&b=ü"}


async def test_an_encoded_slash_stays_encoded(connect: Any) -> None:
    seen: list[httpx2.Request] = []
    request = Request(operation="get", method="GET", path="/v3/videos/a%2Fb%3Fc")
    await connect(noting(seen)).send(request)

    assert seen[0].url.raw_path == b"/v3/videos/a%2Fb%3Fc"


async def test_a_base_path_is_kept() -> None:
    def handler(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, json={"data": request.url.path})

    async with httpx2.AsyncClient(transport=httpx2.MockTransport(handler)) as http:
        transport = HttpTransport("https://gateway.example/heygen/", "k", http, "ua")
        assert (await transport.send(READ)).body == {"data": "/heygen/v3/videos/v1"}


async def test_cookies_of_one_account_do_not_travel_with_another(connect: Any) -> None:
    seen: list[httpx2.Request] = []

    def handler(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return httpx2.Response(200, json={}, headers={"Set-Cookie": "session=a; Path=/"})

    transport = connect(handler)
    await transport.send(READ)
    await transport.send(READ)

    assert "cookie" not in seen[1].headers


async def test_a_redirect_is_not_followed(server: Any, wire: Any) -> None:
    server.fail("before", status=307, headers={"Location": server.url + "/elsewhere"}, body="")

    with pytest.raises(UnexpectedReply, match="HTTP 307"):
        await wire.send(READ)
    assert len(server.journal.entries) == 1


async def test_an_error_answer_is_raised(server: Any, wire: Any) -> None:
    server.fail("before", status=503)

    with pytest.raises(ServerError) as caught:
        await wire.send(READ)
    assert caught.value.status == 503


async def test_nobody_listens(server: Any, wire: Any) -> None:
    await server.stop()

    with pytest.raises(ConnectionFailed) as caught:
        await wire.send(WRITE)
    assert (caught.value.sent, caught.value.outcome_unknown) == (False, False)


@pytest.mark.parametrize("fault", ["drop_before", "drop_reply"])
async def test_a_dropped_write_has_an_unknown_outcome(server: Any, wire: Any, fault: Any) -> None:
    server.fail(fault)

    with pytest.raises(ConnectionFailed) as caught:
        await wire.send(WRITE)
    assert (caught.value.sent, caught.value.outcome_unknown) == (True, True)


async def test_a_body_cut_short_is_a_lost_connection(server: Any, wire: Any) -> None:
    server.fail("cut", keep=5)

    with pytest.raises(ConnectionFailed) as caught:
        await wire.send(READ)
    assert not caught.value.outcome_unknown


@pytest.mark.parametrize(
    ("error", "sent"),
    [
        (httpx2.ConnectError("x"), False),
        (httpx2.ProxyError("x"), False),
        (httpx2.WriteError("x"), None),
        (httpx2.ReadError("x"), True),
        (httpx2.RemoteProtocolError("x"), True),
    ],
    ids=lambda value: type(value).__name__,
)
async def test_connection_errors_say_whether_the_request_left(connect: Any, error: Any, sent: Any) -> None:
    with pytest.raises(ConnectionFailed) as caught:
        await connect(raising(error)).send(WRITE)
    assert caught.value.sent is sent
    assert caught.value.outcome_unknown is (sent is not False)
    assert caught.value.__cause__ is error


@pytest.mark.parametrize(
    ("error", "sent"),
    [
        (httpx2.ConnectTimeout("x"), False),
        (httpx2.PoolTimeout("x"), False),
        (httpx2.ReadTimeout("x"), None),
        (httpx2.WriteTimeout("x"), None),
    ],
    ids=lambda value: type(value).__name__,
)
async def test_timeouts_say_whether_the_request_left(connect: Any, error: Any, sent: Any) -> None:
    with pytest.raises(Timeout) as caught:
        await connect(raising(error)).send(WRITE)
    assert caught.value.sent is sent
    assert caught.value.outcome_unknown is (sent is not False)


@pytest.mark.parametrize(("request_", "retryable"), [(READ, True), (WRITE, False), (KEYED, True)])
@pytest.mark.parametrize("error", [httpx2.ReadTimeout("x"), httpx2.ReadError("x")], ids=["timeout", "lost"])
async def test_only_repeatable_requests_may_be_sent_again(
    connect: Any, request_: Any, retryable: bool, error: Any
) -> None:
    with pytest.raises((Timeout, ConnectionFailed)) as caught:
        await connect(raising(error)).send(request_)
    assert caught.value.retryable is retryable


async def test_the_whole_call_has_a_budget(connect: Any) -> None:
    async def never(request: httpx2.Request) -> httpx2.Response:
        return await asyncio.Future()

    transport = connect(never, budgets={CallClass.READ: 0.01})
    with pytest.raises(Timeout, match=r"videoGet: no answer within 0\.01 s") as caught:
        await transport.send(READ)
    assert not caught.value.outcome_unknown


async def test_a_trickling_body_counts_against_the_budget(connect: Any) -> None:
    async def trickle() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.Future()

    transport = connect(lambda r: httpx2.Response(200, content=trickle()), budgets={CallClass.WRITE: 0.01})
    with pytest.raises(Timeout) as caught:
        await transport.send(WRITE)
    assert caught.value.outcome_unknown


@pytest.mark.parametrize(("kind", "seconds"), [(CallClass.READ, 30), (CallClass.WRITE, 120), (CallClass.UPLOAD, 600)])
async def test_each_class_of_call_has_its_time(connect: Any, kind: CallClass, seconds: int) -> None:
    seen: list[httpx2.Request] = []
    await connect(noting(seen)).send(Request(operation="x", method="GET", path="/", call_class=kind))

    assert seen[0].extensions["timeout"] == {"connect": 10, "read": seconds, "write": seconds, "pool": seconds}


async def test_reading_stops_at_the_size_limit(connect: Any) -> None:
    chunks = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal chunks
        while True:
            chunks += 1
            yield b"x" * 1_000_000

    with pytest.raises(UnexpectedReply, match="too large"):
        await connect(lambda request: httpx2.Response(200, content=endless())).send(READ)
    assert chunks == REPLY_LIMIT // 1_000_000 + 1


async def test_an_oversized_error_body_still_has_its_class(connect: Any) -> None:
    body = json.dumps({"error": {"code": "internal_error", "message": "x" * REPLY_LIMIT}})
    with pytest.raises(ServerError) as caught:
        await connect(lambda request: httpx2.Response(500, content=body)).send(READ)
    assert caught.value.code == "unclassified_server_error"


async def test_a_body_in_a_broken_encoding(connect: Any) -> None:
    async def raw() -> AsyncIterator[bytes]:
        yield b"not gzip"

    headers = {"Content-Encoding": "gzip"}
    with pytest.raises(UnexpectedReply, match="decoded") as caught:
        await connect(lambda request: httpx2.Response(200, content=raw(), headers=headers)).send(WRITE)
    assert caught.value.outcome_unknown


async def test_dated_waits_use_the_given_clock(connect: Any) -> None:
    headers = {"Retry-After": "Thu, 01 Jan 1970 00:01:40 GMT"}
    transport = connect(lambda request: httpx2.Response(503, headers=headers), now=lambda: 60.0)

    with pytest.raises(ServerError) as caught:
        await transport.send(READ)
    assert caught.value.retry_after == 40.0


async def test_the_key_is_in_no_repr(connect: Any) -> None:
    assert repr(connect(raising(ValueError()))) == "HttpTransport('https://heygen.example')"


@pytest.mark.parametrize("key", ["", "secret\n", "secret two", "sécret", "secret\r\nX-Other: 1"])
async def test_an_unsendable_key_is_refused_without_showing_it(key: str) -> None:
    async with httpx2.AsyncClient() as http:
        with pytest.raises(ValueError, match="API key") as caught:
            HttpTransport("https://heygen.example", key, http, "greenroom/1")
    assert not key or key not in str(caught.value)


async def test_an_unsendable_user_agent_is_refused() -> None:
    async with httpx2.AsyncClient() as http:
        with pytest.raises(ValueError, match="user agent"):
            HttpTransport("https://heygen.example", "key", http, "green\nroom")


@pytest.mark.parametrize(
    "url", ["", "heygen.example", "ftp://heygen.example", "https://", "https://u:p@h.example", "https://h/?q=1"]
)
async def test_a_base_url_must_be_plain(url: str) -> None:
    async with httpx2.AsyncClient() as http:
        with pytest.raises(ValueError, match="base URL"):
            HttpTransport(url, "key", http, "ua")


async def test_what_json_cannot_say_is_refused_before_sending(connect: Any) -> None:
    request = Request(operation="x", method="POST", path="/", json={"volume": float("nan")})
    with pytest.raises(ValueError, match="JSON"):
        await connect(raising(AssertionError("sent"))).send(request)
