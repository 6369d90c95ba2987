"""Truto's rules without a network: its limit, its answers, its definitions, and what is looked for before a repeat."""

from __future__ import annotations

import json
from typing import Any

import pytest

from heygen import (
    Client,
    HeyGenError,
    InvalidRequest,
    QuotaExceeded,
    RateLimited,
    Reply,
    Request,
    RequestInProgress,
    ServerError,
    UnexpectedReply,
)
from heygen.fields import Malformed
from heygen.truto import (
    CannotTell,
    MarkingTransport,
    Pace,
    ReconnectNeeded,
    TrutoAccess,
    TrutoBusy,
    TrutoFailed,
    TrutoRefused,
    TrutoTransport,
    TrutoWire,
    heygens_body,
    mark_of,
    read_heygen,
    truto_error,
)
from heygen.truto.definitions import flat, page_of, tool_of
from heygen.truto.looking import PAGES

READ = Request(operation="videoGet", method="GET", path="/v3/videos/v1")
WRITE = Request(operation="videoCreate", method="POST", path="/v3/videos", json={}, key_trusted=False)
VIDEO = {"type": "avatar", "avatar_id": "look-1", "script": "Hi.", "title": "Launch"}
NOW = 1_800_000_000.0


# -- keeping to the limit


def test_the_first_requests_leave_at_once_and_the_next_one_when_the_window_has_moved() -> None:
    pace = Pace(most=3, window=10.0)
    assert [pace.turn(100.0 + at) for at in range(3)] == [(0.0, True)] * 3
    assert pace.turn(103.0) == (7.0, True)
    assert pace.turn(103.0) == (8.0, True)


def test_no_window_ever_holds_more_than_its_share() -> None:
    pace = Pace(most=5, window=10.0, longest=1_000.0)
    left = sorted(at / 3 + pace.turn(at / 3)[0] for at in range(200))
    assert all(later - earlier > 9.999 for earlier, later in zip(left, left[5:], strict=False))


def test_a_place_that_is_too_far_away_is_not_taken() -> None:
    pace = Pace(most=1, window=30.0, longest=20.0)
    pace.turn(0.0)
    assert pace.turn(0.0) == (30.0, False)
    assert pace.turn(15.0) == (15.0, True)


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"ratelimit-remaining": "0", "ratelimit-reset": "7"}, 7.0),
        ({"ratelimit-limit": "110;w=10", "ratelimit-remaining": "0", "ratelimit-reset": "7"}, 7.0),
        ({"ratelimit-remaining": "0", "ratelimit-reset": "900"}, 60.0),
        ({"ratelimit-remaining": "0", "ratelimit-reset": "soon"}, 0.0),
        ({"ratelimit-remaining": "0", "ratelimit-reset": "-5"}, 0.0),
        ({"ratelimit-remaining": "0"}, 0.0),
        ({"ratelimit-remaining": "3", "ratelimit-reset": "7"}, 0.0),
        ({}, 0.0),
    ],
)
def test_the_quota_in_an_answer_is_heeded(headers: dict[str, str], wait: float) -> None:
    """R22, R23: in seconds from now, only when nothing is left, and whatever somebody wrote into them."""
    pace = Pace(longest=1_000.0)
    pace.heed(50.0, headers)
    assert pace.turn(50.0) == (wait, True)


# -- answers


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ({"data": {"id": 1}}, {"data": {"id": 1}}),
        ({"result": {"data": [1], "next_token": "t"}, "next_cursor": None}, {"data": [1], "next_token": "t"}),
        ({"result": {"id": 1}, "next_cursor": None}, {"data": {"id": 1}}),
        ({"result": [1, 2], "next_cursor": "c"}, {"data": [1, 2], "next_token": "c"}),
        ({"result": {"id": 1, "error": None}}, {"data": {"id": 1, "error": None}}),
        ({"result": {"error": {"code": "x"}}}, {"error": {"code": "x"}}),
        ({"id": 1}, {"data": {"id": 1}}),
        ([1], {"data": [1]}),
        (None, None),
    ],
)
def test_heygen_s_envelope_is_found_wherever_it_is(body: Any, found: Any) -> None:
    assert heygens_body(body) == found


def error_of(status: int, body: Any, headers: dict[str, str] | None = None, request: Request = WRITE) -> HeyGenError:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return truto_error(request, status, headers or {}, raw, now=NOW)


def remote(status: int, raw: Any) -> dict[str, Any]:
    return {"statusCode": status, "error": "E", "message": "", "truto_is_remote_error": True, "raw_response": raw}


def own(status: int) -> dict[str, Any]:
    return {"statusCode": status, "error": "E", "message": "its words"}


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (401, TrutoRefused, "truto_token"),
        (403, TrutoRefused, "truto_forbidden"),
        (404, TrutoRefused, "truto_unknown"),
        (405, TrutoRefused, "truto_sandbox"),
        (400, TrutoRefused, "truto_refused"),
        (422, TrutoRefused, "truto_refused"),
        (429, TrutoBusy, "truto_busy"),
        (409, RequestInProgress, "request_in_progress"),
        (503, TrutoRefused, "truto_blocked"),
        (500, TrutoFailed, "truto_failed"),
        (502, TrutoFailed, "truto_failed"),
        (504, TrutoFailed, "truto_failed"),
    ],
)
def test_truto_s_own_errors_are_not_heygen_s(status: int, kind: type[HeyGenError], code: str) -> None:
    """R20, R73: none of them says anything about HeyGen, so none of them may look as if it came from there."""
    error: Any = error_of(status, own(status))
    assert (type(error), error.code, error.detail) == (kind, code, "its words")
    assert error.outcome_unknown == (kind is TrutoFailed)
    assert error.retryable == (status in (409, 429))


@pytest.mark.parametrize(
    ("status", "raw", "kind"),
    [
        (401, {"error": {"code": "unauthorized", "message": "m"}}, ReconnectNeeded),
        (400, {"error": {"code": "invalid_parameter", "message": "m"}}, InvalidRequest),
        (400, '{"error": {"code": "invalid_parameter", "message": "m"}}', InvalidRequest),
        (400, "m", InvalidRequest),
        (429, {"error": {"code": "rate_limit_exceeded", "message": "m"}}, RateLimited),
        (429, {"error": {"code": "quota_exceeded", "message": "m"}}, QuotaExceeded),
        (500, {"error": {"code": "internal_error", "message": "m"}}, ServerError),
        (503, "<html>m</html>", ServerError),
    ],
)
def test_heygen_s_errors_are_heygen_s_behind_truto_too(status: int, raw: Any, kind: type[HeyGenError]) -> None:
    """R20: in whatever shape Truto passes them on."""
    error: Any = error_of(status, remote(status, raw))
    assert type(error) is kind
    assert kind is ReconnectNeeded or "m" in error.detail
    assert error.outcome_unknown == (status >= 500)


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"retry-after": "4", "ratelimit-reset": "9"}, 9.0),
        ({"retry-after": "12", "ratelimit-reset": "9"}, 12.0),
        ({"ratelimit-reset": "9"}, 9.0),
        ({"ratelimit-reset": str(NOW + 5)}, 5.0),
        ({"ratelimit-reset": "NaN"}, 10.0),
        ({}, 10.0),
    ],
)
def test_the_longer_wait_counts(headers: dict[str, str], wait: float) -> None:
    """R22, R68: never no wait at all, whatever the headers say."""
    assert error_of(429, own(429), headers).retry_after == wait


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'"x"', b"null"])
def test_an_error_without_a_body_is_truto_s(body: bytes) -> None:
    assert type(error_of(502, body)) is TrutoFailed


def test_a_failure_that_came_with_200_is_one() -> None:
    with pytest.raises(UnexpectedReply) as caught:
        read_heygen(WRITE, 200, {}, b'{"result": {"error": {"code": "oops"}}}', now=NOW)
    assert (caught.value.code, caught.value.outcome_unknown) == ("oops", True)


# -- the request


async def test_a_credential_of_its_own_does_not_go_through(connect: Any) -> None:
    wire = TrutoWire(
        TrutoAccess(token="t", integrated_account_id="ia", base_url="http://truto.test"),
        connect(lambda request: None)._http,
        "greenroom",
        pace=Pace(),
        sleep=_never,
    )
    with pytest.raises(ValueError, match="credential"):
        await TrutoTransport(wire).send(Request(operation="x", method="POST", path="/x", bearer="b"))


async def _never(seconds: float) -> None:
    raise AssertionError("nothing waits here")


@pytest.mark.parametrize("account", ["", "two words", "a&b=c", "../x", "ä"])
async def test_an_account_that_is_no_word_is_refused(account: str, connect: Any) -> None:
    access = TrutoAccess(token="secret-token", integrated_account_id=account)
    http = connect(lambda request: None)._http
    with pytest.raises(ValueError, match="one word"):
        TrutoWire(access, http, "greenroom", pace=Pace(), sleep=_never)
    assert "secret-token" not in repr(access)


# -- definitions

TRANSLATE = {
    "name": "create_a_hey_gen_video_translate",
    "resource": "video_translate",
    "method": "create",
    "description": "Translate.",
    "query_schema": {"type": "object", "properties": {"dry": {"type": "boolean"}}},
    "body_schema": {"type": "object", "properties": {"video_url": {"type": "string"}, "dry": {"type": "string"}}},
    "required": ["video_url", "elsewhere", 3],
}


def test_a_definition_becomes_one_schema_and_one_request() -> None:
    """R2: what both parts know goes into both, as Truto's own toolset has it."""
    tool = tool_of(TRANSLATE)
    assert tool.schema == {
        "type": "object",
        "properties": {"dry": {"type": "string"}, "video_url": {"type": "string"}},
        "required": ["video_url"],
        "additionalProperties": False,
    }
    request = tool.request({"video_url": "https://a.example/v.mp4", "dry": True}, "k1")
    assert (request.method, request.path) == ("POST", "/proxy/video_translate")
    assert (request.query, request.json) == ({"dry": "true"}, {"video_url": "https://a.example/v.mp4", "dry": True})
    assert (request.idempotency_key, request.key_trusted, request.repeatable) == ("k1", False, False)


@pytest.mark.parametrize(
    ("method", "verb", "path", "must"),
    [
        ("list", "GET", "/proxy/videos", []),
        ("get", "GET", "/proxy/videos/a%2Fb", ["id"]),
        ("update", "PATCH", "/proxy/videos/a%2Fb", ["id"]),
        ("delete", "DELETE", "/proxy/videos/a%2Fb", ["id"]),
        ("stop", "POST", "/proxy/videos/stop", []),
    ],
)
def test_each_method_has_its_way(method: str, verb: str, path: str, must: list[str]) -> None:
    tool = tool_of({"name": "x", "resource": "videos", "method": method})
    assert (tool.request({"id": "a/b"}, None).method, tool.request({"id": "a/b"}, None).path) == (verb, path)
    assert tool.schema["required"] == must
    assert tool.reads == (verb == "GET")


def test_the_account_is_not_for_callers_to_say() -> None:
    tool = tool_of(
        {
            "name": "x",
            "resource": "videos",
            "method": "list",
            "query_schema": {"properties": {"integrated_account_id": {"type": "string"}}},
        }
    )
    assert tool.problems({"integrated_account_id": "other"}) == [("integrated_account_id", "not known")]


def test_what_is_missing_or_unknown_is_named() -> None:
    assert tool_of(TRANSLATE).problems({"nope": 1, "video_url": ""}) == [
        ("nope", "not known"),
        ("video_url", "missing"),
    ]


@pytest.mark.parametrize(
    "entry",
    [
        None,
        {},
        {"name": "has space", "resource": "r", "method": "get"},
        {"name": "n" * 65, "resource": "r", "method": "get"},
        {"name": "n", "resource": "a/b", "method": "get"},
        {"name": "n", "resource": "r", "method": ""},
        {"name": "n", "resource": "r", "method": "get", "query_schema": []},
        {"name": "n", "resource": "r", "method": "get", "query_schema": {"properties": {"a": 1}}},
        {"name": "n", "resource": "r", "method": "get", "required": "a"},
    ],
)
def test_a_definition_that_is_no_use_is_malformed(entry: Any) -> None:
    with pytest.raises(Malformed):
        tool_of(entry)


def test_pages_have_either_key() -> None:
    assert page_of({"results": [1], "next_cursor": "c"}) == ([1], "c")
    assert page_of({"result": [1], "next_cursor": None}) == ([1], None)
    with pytest.raises(Malformed):
        page_of({"tools": []})


def test_a_query_is_flat() -> None:
    assert flat({"a": {"b": [1, True]}, "c": None, "d": "x"}) == {"a[b][0]": "1", "a[b][1]": "true", "d": "x"}


# -- looking first


class Lists:
    """HeyGen's list of videos, in pages, behind a transport that remembers what it was asked."""

    def __init__(self, pages: list[list[dict[str, Any]]]) -> None:
        self.pages = pages
        self.asked: list[Request] = []

    async def send(self, request: Request) -> Reply:
        self.asked.append(request)
        if not request.safe:
            return Reply(200, {}, {"data": {"video_id": "new"}})
        at = int(request.query.get("token", "0"))
        more = at + 1 < len(self.pages)
        page = {"data": self.pages[at], "has_more": more, "next_token": str(at + 1) if more else None}
        return Reply(200, {}, page)

    @property
    def sent(self) -> list[Request]:
        return [one for one in self.asked if not one.safe]


def entry(number: int, title: str = "", age: float = 0.0) -> dict[str, Any]:
    return {"id": f"v{number}", "title": title, "created_at": int(NOW - age)}


def looking(lists: Lists) -> Client:
    return Client(MarkingTransport(lists, look_first=True, now=lambda: NOW))


async def test_what_is_asked_for_carries_its_mark() -> None:
    lists = Lists([])
    await Client(MarkingTransport(lists)).create_video(VIDEO, idempotency_key="k1")
    [sent] = lists.asked
    assert sent.json["title"] == f"Launch [{mark_of('k1')}]"
    assert sent.idempotency_key == "k1"
    assert mark_of("k1") != mark_of("k2")


async def test_what_is_there_is_not_sent_again() -> None:
    lists = Lists([[entry(1), entry(2, f"Launch [{mark_of('k1')}]")]])
    assert await looking(lists).create_video(VIDEO, idempotency_key="k1") == "v2"
    assert lists.sent == []


async def test_what_another_key_made_is_not_ours() -> None:
    lists = Lists([[entry(1, f"Launch [{mark_of('k2')}]")]])
    assert await looking(lists).create_video(VIDEO, idempotency_key="k1") == "new"
    assert len(lists.sent) == 1


async def test_it_is_found_on_a_later_page() -> None:
    lists = Lists([[entry(1)], [entry(2, f"[{mark_of('k1')}]")]])
    assert await looking(lists).create_video(VIDEO, idempotency_key="k1") == "v2"


async def test_a_page_of_old_ones_is_the_last_that_counts() -> None:
    lists = Lists([[entry(1)], [entry(2, age=90_000)], [entry(3)]])
    assert await looking(lists).create_video(VIDEO, idempotency_key="k1") == "new"
    assert len(lists.asked) == 3  # two looks and the request


async def test_a_list_without_end_settles_nothing() -> None:
    lists = Lists([[entry(at)] for at in range(PAGES + 1)])
    with pytest.raises(CannotTell) as caught:
        await looking(lists).create_video(VIDEO, idempotency_key="k1")
    assert caught.value.outcome_unknown
    assert lists.sent == []


async def test_a_look_that_fails_leaves_the_doubt() -> None:
    class Broken(Lists):
        async def send(self, request: Request) -> Reply:
            raise InvalidRequest(operation=request.operation, status=400, code="invalid_parameter")

    with pytest.raises(InvalidRequest) as caught:
        await looking(Broken([])).create_video(VIDEO, idempotency_key="k1")
    assert caught.value.outcome_unknown


async def test_what_no_list_shows_is_never_sent_again() -> None:
    from heygen.catalogue.videos import CREATE_VIDEO_BATCH

    lists = Lists([[]])
    client = looking(lists)
    with pytest.raises(CannotTell):
        await client.call(
            CREATE_VIDEO_BATCH,
            {"videos": [{"type": "avatar", "avatar_id": "a", "script": "Hi.", "voice_id": "v"}] * 2},
            idempotency_key="k1",
        )
    assert lists.asked == []


async def test_a_direct_client_is_its_own_again(client: Client) -> None:
    assert client.again() is client
    assert client.settles_after == 0


async def test_what_no_key_protects_is_for_its_caller_to_look_for() -> None:
    """HeyGen promises nothing about keys of sessions, so whoever begins one looks by himself, whichever way it goes."""
    from heygen.catalogue.agents import CREATE_AGENT_SESSION

    class Sessions(Lists):
        async def send(self, request: Request) -> Reply:
            self.asked.append(request)
            return Reply(200, {}, {"data": {"session_id": "s1", "status": "generating", "created_at": int(NOW)}})

    lists = Sessions([])
    await looking(lists).call(CREATE_AGENT_SESSION, {"prompt": "A film."}, idempotency_key="k1")
    assert len(lists.sent) == 1
