"""Credentials, envelopes, and what answers when a route does not exist."""

import httpx2
import pytest

from emulators.heygen import HeyGenEmulator
from emulators.heygen.languages import LANGUAGES


async def test_a_known_key_sees_its_wallet(api: httpx2.AsyncClient) -> None:
    data = (await api.get("/v3/users/me")).json()["data"]

    assert data["billing_type"] == "wallet"
    assert data["wallet"]["currency"] == "usd"
    assert data["wallet"]["remaining_balance"] == 100.0


@pytest.mark.parametrize(
    "headers",
    [{}, {"X-Api-Key": "wrong"}, {"Authorization": "Bearer wrong"}, {"Authorization": "Bearer None"}],
    ids=["none", "wrong key", "wrong token", "token of an account without one"],
)
async def test_a_wrong_credential_is_refused(heygen: HeyGenEmulator, headers: dict[str, str]) -> None:
    async with httpx2.AsyncClient(base_url=heygen.url, headers=headers) as stranger:
        answer = await stranger.get("/v3/users/me")

    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "unauthorized")


async def test_a_bearer_token_works_too(heygen: HeyGenEmulator) -> None:
    heygen.add_account("hg-key-2", name="second", bearer="token-2", balance=7)
    async with httpx2.AsyncClient(headers={"Authorization": "Bearer token-2"}) as client:
        data = (await client.get(f"{heygen.url}/v3/users/me")).json()["data"]

    assert (data["username"], data["wallet"]["remaining_balance"]) == ("second", 7)


async def test_accounts_do_not_see_each_others_jobs(heygen: HeyGenEmulator, translate) -> None:
    heygen.add_account("hg-key-2")
    [job_id] = (await translate()).json()["data"]["video_translation_ids"]
    async with httpx2.AsyncClient(base_url=heygen.url, headers={"X-Api-Key": "hg-key-2"}) as other:
        read = await other.get(f"/v3/video-translations/{job_id}")
        listed = await other.get("/v3/video-translations")
        bulk = await other.get("/v3/video-translations/statuses", params={"video_translation_ids": job_id})

    assert read.status_code == 404
    assert listed.json()["data"] == []
    assert bulk.json()["data"][0]["status"] == "not_found"


@pytest.mark.parametrize("path", ["/v3/users/me", "/v3/videos/none", "/v3/nothing"])
async def test_every_answer_has_its_own_request_id(api: httpx2.AsyncClient, path: str) -> None:
    first, second = await api.get(path), await api.get(path)

    assert first.headers["X-Request-Id"] != second.headers["X-Request-Id"]


async def test_an_unknown_route_answers_in_the_envelope(api: httpx2.AsyncClient) -> None:
    answer = await api.post("/v3/nothing", json={})

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


async def test_an_armed_fault_looks_like_the_vendors(api: httpx2.AsyncClient, heygen: HeyGenEmulator) -> None:
    heygen.fail("before", "/v3/users/me", status=429, headers={"Retry-After": "7"})
    answer = await api.get("/v3/users/me")

    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")
    assert answer.json()["error"]["code"] == "rate_limit_exceeded"
    assert answer.headers["X-Request-Id"]


@pytest.mark.parametrize(
    ("status", "code"),
    [(402, "insufficient_credit"), (409, "conflict"), (503, "internal_error"), (418, "unclassified_client_error")],
)
async def test_fault_bodies_use_the_usual_codes(heygen: HeyGenEmulator, status: int, code: str) -> None:
    assert heygen.error_body(status)["error"]["code"] == code


async def test_credentials_do_not_enter_the_journal(api: httpx2.AsyncClient, heygen: HeyGenEmulator) -> None:
    await api.get("/v3/users/me")

    assert "hg-key-1" not in str(heygen.journal.entries)


async def test_the_language_list_has_the_names_people_mix_up(api: httpx2.AsyncClient) -> None:
    names = (await api.get("/v3/video-translations/languages")).json()["data"]["languages"]

    assert {"Portuguese (Brazil)", "Portuguese (Portugal)", "English", "English (United States)"} <= set(names)
    assert {"Chinese (Mandarin, Simplified)", "Chinese (Cantonese, Traditional)"} <= set(names)
    assert len(names) == len(set(LANGUAGES)) >= 170
