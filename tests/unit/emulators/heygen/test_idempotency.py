"""Idempotency keys: replay for a day, refusal while in flight, and how they go with faults."""

import asyncio

import httpx2
import pytest

from emulators.heygen import HeyGenEmulator

DAY = 24 * 3600


async def test_a_key_replays_the_first_answer(heygen: HeyGenEmulator, translate) -> None:
    first = await translate("English", "Japanese (Japan)", key="k")
    again = await translate("English", "Japanese (Japan)", key="k")

    assert again.json() == first.json()
    assert len(heygen.charges) == 2


async def test_another_body_is_not_looked_at(heygen: HeyGenEmulator, translate) -> None:
    first = await translate("English", key="k")
    again = await translate("Klingon", key="k", nonsense=True)

    assert (again.status_code, again.json()) == (200, first.json())


async def test_without_a_key_each_request_is_paid(heygen: HeyGenEmulator, translate) -> None:
    await translate()
    await translate()

    assert len(heygen.charges) == 2


async def test_after_a_day_a_key_pays_again(heygen: HeyGenEmulator, translate) -> None:
    first = await translate(key="k")
    heygen.advance(DAY - 60)
    late = await translate(key="k")
    heygen.advance(60)
    too_late = await translate(key="k")

    assert first.json() == late.json() != too_late.json()
    assert [charge.idempotency_key for charge in heygen.charges] == ["k", "k"]


@pytest.mark.parametrize("key", ["", "with space", "ü", "x" * 256, "a/b"])
async def test_a_malformed_key_is_refused(heygen: HeyGenEmulator, api, translate, key: str) -> None:
    headers = {b"Idempotency-Key": key.encode("latin-1")}
    answer = await api.post("/v3/video-translations", json={}, headers=headers)

    assert answer.json()["error"]["param"] == "Idempotency-Key"


async def test_the_longest_key_is_fine(translate) -> None:
    assert (await translate(key="aZ0_:.-" + "x" * 248)).status_code == 200


async def test_routes_do_not_share_keys(heygen: HeyGenEmulator, translate, avatar_video) -> None:
    await translate(key="k")
    await avatar_video(key="k")

    assert [charge.kind for charge in heygen.charges] == ["translation", "video"]


async def test_accounts_do_not_share_keys(heygen: HeyGenEmulator, api, avatar_video) -> None:
    heygen.add_account("hg-key-2")
    first = await avatar_video(key="k")
    api.headers["X-Api-Key"] = "hg-key-2"
    second = await avatar_video(key="k")

    assert first.json() != second.json()


async def test_a_key_in_flight_is_a_conflict(heygen: HeyGenEmulator, translate) -> None:
    heygen.hold_submissions()
    async with asyncio.TaskGroup() as group:
        first = group.create_task(translate(key="k"))
        await heygen.journal.wait_for(lambda: heygen.journal.select("POST"))
        second = await translate(key="k")
        heygen.release_submissions()

    assert (second.status_code, second.json()["error"]["code"]) == (409, "request_in_progress")
    assert first.result().json() == (await translate(key="k")).json()
    assert len(heygen.charges) == 1


async def test_a_refusal_is_not_remembered(heygen: HeyGenEmulator, translate) -> None:
    heygen.account().balance = 0
    refused = await translate(key="k")
    heygen.account().balance = 50
    accepted = await translate(key="k")

    assert (refused.status_code, accepted.status_code) == (402, 200)


async def test_a_dropped_reply_is_replayed(heygen: HeyGenEmulator, translate) -> None:
    heygen.fail("drop_reply", "/v3/video-translations", method="POST")
    with pytest.raises(httpx2.TransportError):
        await translate(key="k")
    [charge] = heygen.charges

    assert (await translate(key="k")).json()["data"]["video_translation_ids"] == [charge.job_id]
    assert len(heygen.charges) == 1


async def test_a_dropped_reply_without_a_key_is_paid_twice(heygen: HeyGenEmulator, translate) -> None:
    heygen.fail("drop_reply", "/v3/video-translations", method="POST")
    with pytest.raises(httpx2.TransportError):
        await translate()
    await translate()

    assert len(heygen.charges) == 2


async def test_a_dropped_request_did_nothing(heygen: HeyGenEmulator, translate) -> None:
    heygen.fail("drop_before", "/v3/video-translations")
    with pytest.raises(httpx2.TransportError):
        await translate(key="k")

    assert heygen.charges == []


@pytest.mark.parametrize(("kind", "charges"), [("before", 0), ("after", 1)])
async def test_a_server_error_before_or_after_the_work(heygen, translate, kind: str, charges: int) -> None:
    heygen.fail(kind, "/v3/video-translations", status=503)
    failed = await translate(key="k")

    assert (failed.status_code, len(heygen.charges)) == (503, charges)
    assert (await translate(key="k")).status_code == 200
    assert len(heygen.charges) == 1


async def test_an_answer_to_an_impatient_client_is_replayed(heygen: HeyGenEmulator, api, translate) -> None:
    heygen.hold_submissions()
    api.timeout = httpx2.Timeout(0.1)
    with pytest.raises(httpx2.TimeoutException):
        await translate(key="k")
    api.timeout = httpx2.Timeout(5)
    heygen.release_submissions()
    await heygen.journal.wait_for(lambda: heygen.charges)

    assert (await translate(key="k")).json()["data"]["video_translation_ids"] == [heygen.charges[0].job_id]
