"""Sessions over REST: starting, keeping alive, stopping, listing; and every shape an error may have."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from emulators.liveavatar import LiveAvatarEmulator
from emulators.liveavatar.catalogue import ALEX, DEPLOYING, EXPIRED, WAYNE

KEY = {"X-API-KEY": "la-key-1"}
PERSONA = {"context_id": "00000000-0000-4000-8000-000000000007"}


def bearer(answer: httpx2.Response) -> dict[str, str]:
    return {"Authorization": f"Bearer {answer.json()['data']['session_token']}"}


async def test_a_start_says_where_everything_is(liveavatar: LiveAvatarEmulator, begin) -> None:
    answer = await begin(max_session_duration=600)
    data = answer.json()["data"]

    assert answer.status_code == 201
    assert data["session_id"] == liveavatar.session().id
    assert data["max_session_duration"] == 600
    assert data["livekit_url"].startswith("ws://127.0.0.1:")
    assert data["ws_url"].startswith(data["livekit_url"])
    assert data["livekit_client_token"].count(".") == 2


@pytest.mark.parametrize(
    "fields",
    [
        {"openai_realtime_config": {"secret_id": "00000000-0000-4000-8000-000000000007"}},
        {"mode": "FULL", "avatar_persona": PERSONA},
    ],
)
async def test_only_a_session_without_a_brain_of_the_vendors_has_a_websocket(begin, fields: dict[str, Any]) -> None:
    assert (await begin(**fields)).json()["data"]["ws_url"] is None


async def test_a_room_of_the_customers_is_used(begin) -> None:
    room = {"livekit_url": "wss://rooms.example.com", "livekit_room": "r", "livekit_client_token": "mine"}
    data = (await begin(livekit_config=room)).json()["data"]

    assert (data["livekit_url"], data["livekit_client_token"]) == ("wss://rooms.example.com", "mine")
    assert data["ws_url"] is not None


async def test_a_key_starts_nothing(api: httpx2.AsyncClient, liveavatar: LiveAvatarEmulator, create) -> None:
    session_id = (await create()).json()["data"]["session_id"]
    answer = await api.post("/v1/sessions/start", json={"session_id": session_id}, headers=KEY)

    assert answer.status_code == 401
    assert liveavatar.session().started is None


async def test_a_token_starts_once(api: httpx2.AsyncClient, liveavatar: LiveAvatarEmulator, create) -> None:
    token = bearer(await create())
    first = await api.post("/v1/sessions/start", headers=token)
    second = await api.post("/v1/sessions/start", headers=token)

    assert (first.status_code, second.status_code) == (201, 400)
    assert liveavatar.account().credits == 99


async def test_a_token_that_was_not_used_in_time_starts_nothing(
    api: httpx2.AsyncClient, liveavatar: LiveAvatarEmulator, create
) -> None:
    token = bearer(await create())
    liveavatar.advance(3601)

    assert (await api.post("/v1/sessions/start", headers=token)).status_code == 401


async def test_a_made_up_token_is_refused(api: httpx2.AsyncClient) -> None:
    assert (await api.post("/v1/sessions/start", headers={"Authorization": "Bearer x.y.z"})).status_code == 401


async def test_sessions_together_are_limited(liveavatar: LiveAvatarEmulator, begin) -> None:
    await begin()
    answer = await begin()

    assert (answer.status_code, answer.json()["code"]) == (403, 4003)
    assert answer.json()["message"] == "Session concurrency limit reached"
    liveavatar.end_session(next(iter(liveavatar.state.sessions)))
    assert (await begin()).status_code == 201


@pytest.mark.parametrize("avatar_id", [DEPLOYING, EXPIRED])
async def test_an_avatar_that_cannot_be_used_fails_at_the_start(
    liveavatar: LiveAvatarEmulator, begin, avatar_id: str
) -> None:
    answer = await begin(avatar_id=avatar_id)

    assert answer.status_code == 400
    assert [finding.code for finding in liveavatar.findings] == ["avatar_not_usable"]
    assert liveavatar.account().credits == 100


async def test_without_credits_for_a_minute_nothing_starts(liveavatar: LiveAvatarEmulator, begin) -> None:
    liveavatar.account().credits = 0.5
    answer = await begin()

    assert answer.status_code == 403
    assert "credit" in answer.json()["message"]


async def test_a_start_that_fails_gives_its_minute_back(liveavatar: LiveAvatarEmulator, begin) -> None:
    liveavatar.fail_start("No capacity")
    answer = await begin()

    assert (answer.status_code, answer.json()["message"]) == (500, "No capacity")
    assert [charge.credits for charge in liveavatar.charges] == [1.0, -1.0]
    assert liveavatar.session().end_reason == "SERVER_ERROR"
    assert (await begin()).status_code == 201


async def test_a_start_whose_answer_is_lost_is_paid_for_and_can_be_found(
    api: httpx2.AsyncClient, liveavatar: LiveAvatarEmulator, begin
) -> None:
    liveavatar.fail("drop_reply", "/v1/sessions/start")
    with pytest.raises(httpx2.RemoteProtocolError):
        await begin()
    listed = (await api.get("/v1/sessions", params={"type": "active"}, headers=KEY)).json()["data"]

    assert [item["id"] for item in listed["results"]] == [liveavatar.session().id]
    assert liveavatar.account().credits == 99


async def test_an_answer_may_lack_what_is_needed(liveavatar: LiveAvatarEmulator, begin) -> None:
    liveavatar.switches.omit_from_start = frozenset({"ws_url"})

    assert "ws_url" not in (await begin()).json()["data"]


async def test_a_session_is_stopped_with_the_key(
    api: httpx2.AsyncClient, liveavatar: LiveAvatarEmulator, begin
) -> None:
    session_id = (await begin()).json()["data"]["session_id"]
    liveavatar.advance(30)
    body = {"session_id": session_id, "reason": "AGENT_HANG_UP"}
    first = await api.post("/v1/sessions/stop", json=body, headers=KEY)
    second = await api.post("/v1/sessions/stop", json=body, headers=KEY)

    assert (first.status_code, second.status_code) == (200, 404)
    session = liveavatar.session()
    assert (session.end_reason, session.billed_seconds(0)) == ("AGENT_HANG_UP", pytest.approx(30))


async def test_a_session_is_stopped_with_its_token(
    api: httpx2.AsyncClient, liveavatar: LiveAvatarEmulator, create
) -> None:
    token = bearer(await create())
    await api.post("/v1/sessions/start", headers=token)

    assert (await api.post("/v1/sessions/stop", headers=token)).status_code == 200
    assert liveavatar.session().end_reason == "USER_CLOSED"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"session_id": "7"}, 422),
        ({"session_id": "00000000-0000-4000-8000-000000000007"}, 404),
        ({"reason": "BORED"}, 422),
    ],
)
@pytest.mark.parametrize("call", ["stop", "keep-alive"])
async def test_a_call_with_the_key_names_a_session(
    api: httpx2.AsyncClient, begin, body: dict[str, str], status: int, call: str
) -> None:
    await begin()
    answer = await api.post(f"/v1/sessions/{call}", json=body, headers=KEY)

    # keep-alive knows no reason, so it misses the session instead
    assert answer.status_code == (400 if call == "keep-alive" and "reason" in body else status)


async def test_a_token_is_good_for_its_own_session_only(
    api: httpx2.AsyncClient, liveavatar: LiveAvatarEmulator, create
) -> None:
    liveavatar.account().cap = 2
    first, second = await create(), await create()
    for token in (first, second):
        await api.post("/v1/sessions/start", headers=bearer(token))
    body = {"session_id": first.json()["data"]["session_id"]}

    assert (await api.post("/v1/sessions/stop", json=body, headers=bearer(second))).status_code == 403
    assert all(session.open for session in liveavatar.state.sessions.values())


async def test_accounts_do_not_see_each_others_sessions(
    api: httpx2.AsyncClient, liveavatar: LiveAvatarEmulator, begin
) -> None:
    liveavatar.add_account("la-key-2")
    session_id = (await begin()).json()["data"]["session_id"]
    other = {"X-API-KEY": "la-key-2"}

    assert (await api.get(f"/v1/sessions/{session_id}", headers=other)).status_code == 404
    assert (await api.post("/v1/sessions/stop", json={"session_id": session_id}, headers=other)).status_code == 404
    listed = await api.get("/v1/sessions", params={"type": "active"}, headers=other)
    assert listed.json()["data"]["results"] == []


async def test_lists_tell_running_sessions_from_ended_ones(
    api: httpx2.AsyncClient, liveavatar: LiveAvatarEmulator, create, begin
) -> None:
    first = (await begin()).json()["data"]["session_id"]
    liveavatar.advance(61)
    liveavatar.end_session(first, "NO_CREDITS")
    second = (await begin(is_sandbox=True, avatar_id=WAYNE)).json()["data"]["session_id"]
    await create()

    async def listed(**query: Any) -> list[dict[str, Any]]:
        answer = await api.get("/v1/sessions", params=query, headers=KEY)
        results: list[dict[str, Any]] = answer.json()["data"]["results"]
        return results

    [active], [historic] = await listed(type="active"), await listed(type="historic")
    assert (active["id"], active["is_sandbox"], "end_reason" in active) == (second, True, False)
    assert (historic["id"], historic["end_reason"], historic["duration"]) == (first, "NO_CREDITS", 61)
    assert historic["credits_consumed"] == 2
    assert await listed(type="active", avatar_id=ALEX) == []


async def test_lists_come_in_pages_newest_first(api: httpx2.AsyncClient, liveavatar: LiveAvatarEmulator, begin) -> None:
    liveavatar.account().cap = 3
    ids = [(await begin()).json()["data"]["session_id"] for _ in range(3)]
    query = {"type": "active", "page_size": "2"}
    first = (await api.get("/v1/sessions", params=query, headers=KEY)).json()["data"]
    second = (await api.get(first["next"], headers=KEY)).json()["data"]

    assert [item["id"] for page in (first, second) for item in page["results"]] == ids[::-1]
    assert (first["count"], first["previous"], second["next"]) == (3, None, None)


@pytest.mark.parametrize(
    "query", [{}, {"type": "all"}, {"type": "active", "page": "0"}, {"type": "active", "page_size": "101"}]
)
async def test_a_list_wants_its_parameters(api: httpx2.AsyncClient, query: dict[str, str]) -> None:
    assert (await api.get("/v1/sessions", params=query, headers=KEY)).status_code == 422


async def test_the_service_keeps_no_conversation(api: httpx2.AsyncClient, begin) -> None:
    session_id = (await begin()).json()["data"]["session_id"]
    transcript = (await api.get(f"/v1/sessions/{session_id}/transcript", headers=KEY)).json()["data"]

    assert (transcript["session_active"], transcript["transcript_data"]) == (True, [])
    assert (await api.delete(f"/v1/sessions/{session_id}/events", headers=KEY)).status_code == 200


async def test_avatars_and_voices_are_listed(api: httpx2.AsyncClient) -> None:
    own = (await api.get("/v1/avatars", headers=KEY)).json()["data"]["results"]
    public = (await api.get("/v1/avatars/public")).json()["data"]["results"]
    voices = (await api.get("/v1/voices", headers=KEY)).json()["data"]["results"]

    assert {avatar["status"] for avatar in own} == {"ACTIVE", "DEPLOYING"}
    assert WAYNE in {avatar["id"] for avatar in public}
    assert len(voices) == 2
    assert (await api.get(f"/v1/avatars/{ALEX}", headers=KEY)).json()["data"]["name"] == "Alex"


async def test_deleting_an_avatar_ends_its_sessions(
    api: httpx2.AsyncClient, liveavatar: LiveAvatarEmulator, begin
) -> None:
    await begin()
    gone = await api.delete(f"/v1/avatars/{ALEX}", headers=KEY)

    assert gone.status_code == 200
    assert liveavatar.session().end_reason == "AVATAR_DELETED"
    assert (await api.get(f"/v1/avatars/{ALEX}", headers=KEY)).status_code == 404


async def test_credits_can_be_read(api: httpx2.AsyncClient, begin) -> None:
    await begin()

    assert (await api.get("/v1/users/credits", headers=KEY)).json()["data"] == {"credits_left": 99.0}


@pytest.mark.parametrize("code", [100, 1000])
async def test_the_envelopes_code_differs(liveavatar: LiveAvatarEmulator, create, code: int) -> None:
    liveavatar.switches.success_code = code

    assert (await create()).json()["code"] == code


@pytest.mark.parametrize(
    ("shape", "body"),
    [
        ("message", {"code": 4003, "data": None, "message": "Session concurrency limit reached"}),
        ("data", {"code": 4003, "data": [{"message": "Session concurrency limit reached"}], "message": None}),
        ("error", {"error": "Session concurrency limit reached"}),
        (
            "detail",
            {"detail": [{"loc": ["body"], "msg": "Session concurrency limit reached", "type": "value_error"}]},
        ),
    ],
)
async def test_errors_have_many_shapes(liveavatar: LiveAvatarEmulator, begin, shape: Any, body: Any) -> None:
    liveavatar.switches.error_shape = shape
    await begin()

    assert (await begin()).json() == body


async def test_errors_may_be_plain_text(liveavatar: LiveAvatarEmulator, api: httpx2.AsyncClient) -> None:
    liveavatar.switches.error_shape = "text"
    answer = await api.get("/v1/nothing")

    assert (answer.status_code, answer.text) == (404, "Not Found")


async def test_an_armed_fault_looks_like_the_vendors(liveavatar: LiveAvatarEmulator, create) -> None:
    liveavatar.fail("before", "/v1/sessions/token", status=429, headers={"Retry-After": "3"})
    answer = await create()

    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "3")
    assert answer.json()["message"] == "Too many requests"


async def test_a_rate_limit_counts_by_credential_and_endpoint(
    liveavatar: LiveAvatarEmulator, api: httpx2.AsyncClient, create
) -> None:
    liveavatar.switches.requests_per_second = 2
    answers = [(await create()).status_code for _ in range(3)]
    last = await create()

    assert answers == [200, 200, 429]
    assert last.headers["Retry-After"] == last.headers["X-RateLimit-Reset"] == "1"
    assert (await api.get("/v1/users/credits", headers=KEY)).status_code == 200
    liveavatar.advance(1)
    assert (await create()).status_code == 200
