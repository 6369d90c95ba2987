"""LiveClient: which request each method makes and what it makes of the answer."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from heygen import (
    CallClass,
    Conflict,
    ConnectionFailed,
    InvalidRequest,
    NotFound,
    Page,
    ServerError,
    Unauthorized,
    UnexpectedReply,
    paginate,
)
from heygen.live import Avatar, LiveClient, SessionOptions, SessionToken, StopReason, Voice

SESSION = SessionToken(session_id="s1", token="jwt-1")
STARTED = {
    "session_id": "s1",
    "livekit_url": "wss://room.example",
    "livekit_client_token": "viewer-1",
    "ws_url": "wss://live.example/s1?key=k",
    "max_session_duration": 600,
}


@pytest.fixture
def live(transport: Any) -> LiveClient:
    return LiveClient(transport)


def data(value: Any, code: int = 1000) -> dict[str, Any]:
    return {"code": code, "data": value, "message": "ok"}


def refusal(kind: Any, status: int) -> Any:
    return kind(operation="liveSessionStop", status=status, code="c")


def lost() -> ConnectionFailed:
    return ConnectionFailed(operation="liveSessionStart", sent=True, outcome_unknown=True, retryable=False)


async def test_a_session_is_made_in_lite_mode_with_a_limit(live: LiveClient, transport: Any) -> None:
    transport.answer(data({"session_id": "s1", "session_token": "jwt-1"}))

    made = await live.create_session(SessionOptions(avatar_id="a1", max_seconds=600, quality="medium"))

    assert made == SESSION
    assert (transport.only.method, transport.only.path) == ("POST", "/v1/sessions/token")
    assert transport.only.json == {
        "mode": "LITE",
        "avatar_id": "a1",
        "is_sandbox": False,
        "video_settings": {"quality": "medium", "encoding": "H264"},
        "max_session_duration": 600,
    }


@pytest.mark.parametrize("arguments", [{"avatar_id": "", "max_seconds": 60}, {"avatar_id": "a", "max_seconds": 0}])
def test_a_session_without_avatar_or_limit_is_refused(arguments: Any) -> None:
    with pytest.raises(ValueError, match="session"):
        SessionOptions(**arguments)


async def test_a_token_that_is_none_is_not_taken(live: LiveClient, transport: Any) -> None:
    transport.answer(data({"session_id": "s1", "session_token": "two words"}))

    with pytest.raises(UnexpectedReply, match="session_token is not a token"):
        await live.create_session(SessionOptions(avatar_id="a1", max_seconds=60))


@pytest.mark.parametrize("code", [100, 1000, 4711])
async def test_a_session_starts_by_its_own_token_whatever_the_code(live: Any, transport: Any, code: int) -> None:
    transport.answer(data(STARTED, code))

    started = await live.start_session(SESSION)

    assert (started.session_id, started.socket_url) == ("s1", "wss://live.example/s1?key=k")
    assert (started.room_url, started.room_token) == ("wss://room.example", "viewer-1")
    assert (started.max_seconds, started.usable_seconds) == (600, 585)
    assert (transport.only.path, transport.only.bearer, transport.only.json) == ("/v1/sessions/start", "jwt-1", {})
    assert not transport.only.repeatable


@pytest.mark.parametrize("limit", [None, 0, -1, "600", True])
async def test_without_a_limit_told_none_is_assumed(live: LiveClient, transport: Any, limit: Any) -> None:
    transport.answer(data(STARTED | {"max_session_duration": limit}))

    started = await live.start_session(SESSION)

    assert (started.max_seconds, started.usable_seconds) == (None, None)


@pytest.mark.parametrize("missing", ["ws_url", "livekit_url", "livekit_client_token"])
async def test_a_session_nobody_can_enter_is_stopped(live: LiveClient, transport: Any, missing: str) -> None:
    transport.answer(data({**STARTED, missing: None}), data(None))

    with pytest.raises(UnexpectedReply, match=f"{missing} is missing"):
        await live.start_session(SESSION)
    assert [request.path for request in transport.requests] == ["/v1/sessions/start", "/v1/sessions/stop"]
    assert transport.requests[1].json == {"session_id": "s1", "reason": "SERVER_ERROR"}


async def test_an_address_that_is_no_websocket_is_not_taken(live: LiveClient, transport: Any) -> None:
    transport.answer(data({**STARTED, "ws_url": "https://live.example"}), data(None))

    with pytest.raises(UnexpectedReply, match="ws_url"):
        await live.start_session(SESSION)


async def test_a_start_whose_answer_is_lost_is_stopped(live: LiveClient, transport: Any) -> None:
    transport.answer(lost(), data(None))

    with pytest.raises(ConnectionFailed):
        await live.start_session(SESSION)
    assert transport.requests[1].path == "/v1/sessions/stop"


async def test_the_error_notes_that_stopping_failed_too(live: LiveClient, transport: Any) -> None:
    transport.answer(lost(), refusal(ServerError, 503))

    with pytest.raises(ConnectionFailed) as caught:
        await live.start_session(SESSION)
    assert caught.value.__notes__ == ["stopping the session failed too: liveSessionStop: HTTP 503 c"]


async def test_a_refused_start_leaves_nothing_to_stop(live: LiveClient, transport: Any) -> None:
    transport.answer(refusal(Unauthorized, 401))

    with pytest.raises(Unauthorized):
        await live.start_session(SESSION)
    assert len(transport.requests) == 1


async def test_keep_alive_goes_by_the_key_and_may_be_repeated(live: LiveClient, transport: Any) -> None:
    transport.answer(data(None))
    await live.keep_alive("s1")

    sent = transport.only
    assert (sent.path, sent.json, sent.bearer) == ("/v1/sessions/keep-alive", {"session_id": "s1"}, None)
    assert sent.repeatable
    assert sent.retry_in_call


async def test_stop_goes_by_the_key_with_a_reason_and_may_be_repeated(live: LiveClient, transport: Any) -> None:
    transport.answer(data(None))

    assert await live.stop_session("s1", StopReason.MAX_DURATION_REACHED) is True
    sent = transport.only
    assert (sent.path, sent.bearer, sent.call_class) == ("/v1/sessions/stop", None, CallClass.WRITE)
    assert sent.json == {"session_id": "s1", "reason": "MAX_DURATION_REACHED"}
    assert sent.repeatable
    assert sent.retry_in_call


@pytest.mark.parametrize("ended", [{"end_at": "2026-11-01T10:00:00Z"}, {"end_reason": "IDLE_TIMEOUT"}])
@pytest.mark.parametrize(("kind", "status"), [(InvalidRequest, 400), (Conflict, 409)])
async def test_a_refused_stop_counts_when_the_session_is_over(
    live: LiveClient, transport: Any, kind: Any, status: int, ended: Any
) -> None:
    transport.answer(refusal(kind, status), data({"id": "s1", **ended}))

    assert await live.stop_session("s1") is False


async def test_a_refused_stop_counts_when_there_is_no_such_session(live: LiveClient, transport: Any) -> None:
    transport.answer(refusal(Conflict, 409), refusal(NotFound, 404))

    assert await live.stop_session("s1") is False


async def test_stopping_what_is_gone_is_no_error(live: LiveClient, transport: Any) -> None:
    transport.answer(refusal(NotFound, 404))

    assert await live.stop_session("s1") is False


async def test_a_refused_stop_of_a_running_session_is_an_error(live: LiveClient, transport: Any) -> None:
    transport.answer(refusal(InvalidRequest, 400), data({"id": "s1"}))

    with pytest.raises(InvalidRequest):
        await live.stop_session("s1")


async def test_a_stop_that_failed_is_an_error(live: LiveClient, transport: Any) -> None:
    transport.answer(refusal(ServerError, 500))

    with pytest.raises(ServerError):
        await live.stop_session("s1")


async def test_a_session_is_read_with_its_cost(live: LiveClient, transport: Any) -> None:
    transport.answer(
        data({"id": "s1", "duration": 61.5, "source": "API", "mode": "LITE", "credits_consumed": 2, "is_sandbox": True})
    )

    record = await live.get_session("s1")

    assert transport.only.path == "/v1/sessions/s1"
    assert (record.duration, record.credits, record.source, record.mode) == (61.5, Decimal(2), "API", "LITE")
    assert record.sandbox
    assert not record.over


async def test_sessions_are_listed_page_by_page(live: LiveClient, transport: Any) -> None:
    transport.answer(
        data({"count": 2, "next": "https://x/?page=2", "previous": None, "results": [{"id": "s1"}]}),
        data({"count": 2, "next": None, "previous": "https://x/?page=1", "results": [{"id": "s2"}]}),
    )

    found = [
        record.id
        async for record in paginate(lambda token: live.list_sessions("active", limit=1, token=token), max_pages=5)
    ]

    assert found == ["s1", "s2"]
    assert [request.query for request in transport.requests] == [
        {"type": "active", "page": "1", "page_size": "1"},
        {"type": "active", "page": "2", "page_size": "1"},
    ]


@pytest.mark.parametrize("token", ["", "0", "x", "-1", "²", "9999999999"])
async def test_the_token_of_a_page_is_its_number(live: LiveClient, token: str) -> None:
    with pytest.raises(ValueError, match="token of a page"):
        await live.list_sessions("historic", token=token)


@pytest.mark.parametrize("limit", [0, 101])
async def test_a_page_has_a_size(live: LiveClient, limit: int) -> None:
    with pytest.raises(ValueError, match="1 to 100"):
        await live.list_voices(limit=limit)


async def test_own_avatars_and_everybodys(live: LiveClient, transport: Any) -> None:
    transport.answer(
        data({"results": [{"id": "a1", "name": "Wayne", "type": "VIDEO", "status": "ACTIVE", "is_1080p": True}]}),
        data([{"id": "a2", "status": "ACTIVE", "is_expired": True}, {"id": "a3", "status": "DEPLOYING"}]),
    )

    own = await live.list_avatars()
    public = await live.list_avatars(public=True)

    assert own == Page((Avatar(id="a1", name="Wayne", kind="VIDEO", status="ACTIVE", full_hd=True),))
    assert [request.path for request in transport.requests] == ["/v1/avatars", "/v1/avatars/public"]
    assert own.items[0].usable
    assert not any(avatar.usable for avatar in public.items)


async def test_one_avatar(live: LiveClient, transport: Any) -> None:
    transport.answer(data({"id": "a/1", "status": "ACTIVE"}))

    assert (await live.get_avatar("a/1")).usable
    assert transport.only.path == "/v1/avatars/a%2F1"


async def test_voices(live: LiveClient, transport: Any) -> None:
    transport.answer(data({"results": [{"id": "v1", "name": "Ann"}]}))

    assert await live.list_voices() == Page((Voice(id="v1", name="Ann"),))


async def test_credits_are_exact(live: LiveClient, transport: Any) -> None:
    transport.answer(data({"credits_left": 9.1}))

    assert await live.credits_left() == Decimal("9.1")


async def test_credits_that_are_not_told_are_not_zero(live: LiveClient, transport: Any) -> None:
    transport.answer(data({}))

    with pytest.raises(UnexpectedReply, match="credits_left"):
        await live.credits_left()


async def test_what_was_said_can_be_deleted(live: LiveClient, transport: Any) -> None:
    transport.answer(None)
    await live.delete_events("s1")

    assert (transport.only.method, transport.only.path) == ("DELETE", "/v1/sessions/s1/events")
