"""Webhooks: registration, what is sent to whom, redelivery, and trouble on purpose."""

import hashlib
import hmac
import json
import time

import pytest

from emulators.heygen import HeyGenEmulator
from emulators.heygen.event_types import EVENT_TYPES

SECRET = "whsec_test"


@pytest.fixture
def hook(receiver, heygen: HeyGenEmulator) -> str:
    """The address of a receiver registered with `SECRET`."""
    url = f"{receiver.url}/hook"
    heygen.seed_endpoint(url, SECRET)
    return url


@pytest.fixture
async def ready(heygen: HeyGenEmulator, translate) -> str:
    """An open translation's id."""
    return (await translate(callback_id="cb-1")).json()["data"]["video_translation_ids"][0]


async def received(receiver, count: int) -> list[dict]:
    await receiver.journal.wait_for(lambda: len(receiver.bodies) >= count)
    return [json.loads(body) for body in receiver.bodies]


async def test_a_finished_translation_is_announced(heygen, receiver, hook: str, ready: str) -> None:
    heygen.finish()
    [event] = await received(receiver, 1)

    assert event["event_type"] == "video_translate.success"
    assert event["event_data"]["video_translate_id"] == ready
    assert event["event_data"]["url"].startswith(f"{heygen.url}/files/{ready}.mp4?")
    assert (event["event_data"]["callback_id"], event["event_data"]["output_language"]) == ("cb-1", "German (Germany)")


async def test_a_failed_translation_is_announced(heygen, receiver, hook: str, ready: str) -> None:
    heygen.finish(fail="No speech.")
    [event] = await received(receiver, 1)

    assert event["event_type"] == "video_translate.fail"
    assert (event["event_data"]["message"], "url" in event["event_data"]) == ("No speech.", False)


@pytest.mark.parametrize(
    ("fail", "event_type", "fields"),
    [
        (
            None,
            "avatar_video.success",
            {
                "video_id",
                "url",
                "gif_download_url",
                "video_page_url",
                "video_share_page_url",
                "folder_id",
                "callback_id",
            },
        ),
        ("x", "avatar_video.fail", {"video_id", "msg", "callback_id"}),
    ],
    ids=["success", "fail"],
)
async def test_a_video_is_announced(heygen, receiver, hook, avatar_video, fail, event_type, fields) -> None:
    await avatar_video()
    heygen.finish(fail=fail)
    [event] = await received(receiver, 1)

    assert (event["event_type"], set(event["event_data"])) == (event_type, fields)


async def test_a_delivery_is_signed_over_the_raw_body(heygen, receiver, hook: str, ready: str) -> None:
    heygen.finish()
    [event] = await received(receiver, 1)
    [entry] = receiver.journal.select("POST", "/hook")
    expected = hmac.new(SECRET.encode(), receiver.bodies[0], hashlib.sha256).hexdigest()

    assert entry.headers["heygen-signature"] == expected
    assert entry.headers["heygen-event-id"] == event["event_id"]
    assert abs(int(entry.headers["heygen-timestamp"]) - time.time()) < 60


async def test_the_timestamp_can_follow_the_emulators_clock(heygen, receiver, hook: str, ready: str) -> None:
    heygen.switches.webhook_time = "clock"
    heygen.advance(100_000)
    await received(receiver, 1)
    [entry] = receiver.journal.select("POST", "/hook")

    assert int(entry.headers["heygen-timestamp"]) > time.time() + 90_000


async def test_a_callback_is_not_signed(heygen, receiver, translate) -> None:
    await translate(callback_url=f"{receiver.url}/mine", callback_id="cb-2")
    heygen.finish()
    [event] = await received(receiver, 1)
    [entry] = receiver.journal.select("POST", "/mine")

    assert event["event_data"]["callback_id"] == "cb-2"
    assert not [name for name in entry.headers if name.startswith("heygen-")]


async def test_nothing_leaves_this_machine(heygen, translate) -> None:
    await translate(callback_url="https://bot.example.com/hook")
    heygen.finish()
    await heygen.journal.wait_for(lambda: heygen.webhook_deliveries)

    assert heygen.webhook_deliveries[0].status == "outside"


async def test_endpoints_get_only_what_they_asked_for(heygen, receiver, translate, avatar_video) -> None:
    heygen.seed_endpoint(f"{receiver.url}/videos", SECRET, events=["avatar_video.success"])
    await translate()
    await avatar_video()
    heygen.finish()
    [event] = await received(receiver, 1)

    assert event["event_type"] == "avatar_video.success"
    assert len(heygen.webhooks.events) == 1


async def test_an_endpoint_may_watch_one_resource(api, heygen, receiver, ready: str, avatar_video) -> None:
    body = {"url": f"{receiver.url}/one", "entity_id": ready}
    assert (await api.post("/v3/webhooks/endpoints", json=body)).status_code == 200
    await avatar_video()
    heygen.finish()
    [event] = await received(receiver, 1)

    assert event["event_data"]["video_translate_id"] == ready


async def test_other_accounts_endpoints_hear_nothing(heygen, receiver, ready: str) -> None:
    heygen.add_account("hg-key-2")
    heygen.seed_endpoint(f"{receiver.url}/other", SECRET, api_key="hg-key-2")
    heygen.finish()

    assert (heygen.waiting_webhooks, heygen.webhooks.events) == ([], [])


async def test_a_refused_delivery_is_repeated_with_growing_waits(heygen, receiver, hook: str, ready: str) -> None:
    receiver.statuses = [500, 503]
    heygen.finish()
    for attempt, wait in enumerate((0, 5, 10), start=1):
        heygen.advance(wait)
        await heygen.journal.wait_for(lambda: len(heygen.webhook_deliveries) >= attempt)  # noqa: B023 - awaited here

    assert [(d.attempt, d.status) for d in heygen.webhook_deliveries] == [(1, 500), (2, 503), (3, 200)]
    assert len({d.event_id for d in heygen.webhook_deliveries}) == 1


async def test_a_receiver_nobody_runs_is_tried_for_a_day(heygen, ready: str) -> None:
    heygen.seed_endpoint("http://127.0.0.1:9/hook", SECRET)
    heygen.finish()
    for attempt in range(1, 36):
        await heygen.journal.wait_for(lambda: len(heygen.webhook_deliveries) >= attempt)  # noqa: B023 - awaited here
        if not heygen.waiting_webhooks:
            break
        heygen.advance(3600)

    assert {d.status for d in heygen.webhook_deliveries} == {"unreachable"}
    assert 24 <= attempt < 35


async def test_paused_webhooks_wait(heygen, receiver, hook: str, ready: str) -> None:
    heygen.pause_webhooks()
    heygen.finish()
    assert len(heygen.waiting_webhooks) == 1
    assert heygen.webhook_deliveries == []
    heygen.resume_webhooks()

    assert len(await received(receiver, 1)) == 1


async def test_dropped_webhooks_are_only_in_the_history(api, heygen, receiver, hook: str, translate) -> None:
    await translate("English", "Japanese (Japan)")
    heygen.drop_webhooks(1)
    heygen.finish()
    await received(receiver, 1)
    history = (await api.get("/v3/webhooks/events")).json()["data"]

    assert [d.status for d in heygen.webhook_deliveries[:1]] == ["dropped"]
    assert len(history) == 2


async def test_duplicated_webhooks_have_one_event_id(heygen, receiver, hook: str, ready: str) -> None:
    heygen.duplicate_webhooks(1)
    heygen.finish()
    first, second = await received(receiver, 2)

    assert first == second


async def test_webhooks_come_in_order_unless_told_otherwise(heygen, receiver, hook: str, translate) -> None:
    languages = ["English", "Japanese (Japan)", "German (Germany)"]
    await translate(*languages)
    heygen.pause_webhooks()
    heygen.finish()
    heygen.reorder_webhooks()
    heygen.resume_webhooks()
    events = await received(receiver, 3)

    assert [event["event_data"]["output_language"] for event in events] == languages[::-1]


async def test_a_forged_webhook_has_a_wrong_signature(heygen, receiver, hook: str) -> None:
    data = {"video_translate_id": "x", "url": "https://evil.example/x.mp4"}
    status = await heygen.forge_webhook(hook, "video_translate.success", data)
    [entry] = receiver.journal.select("POST", "/hook")
    right = hmac.new(SECRET.encode(), receiver.bodies[0], hashlib.sha256).hexdigest()

    assert status == 200
    assert entry.headers["heygen-signature"] != right


async def test_a_forged_webhook_may_be_unsigned(heygen, receiver, hook: str) -> None:
    await heygen.forge_webhook(hook, "video_translate.success", {}, secret=None)
    [entry] = receiver.journal.select("POST", "/hook")

    assert "heygen-signature" not in entry.headers


async def test_an_endpoint_is_probed_and_its_secret_shown_once(api, receiver) -> None:
    body = {"url": f"{receiver.url}/hook", "events": ["video_translate.success"]}
    created = (await api.post("/v3/webhooks/endpoints", json=body)).json()["data"]
    [listed] = (await api.get("/v3/webhooks/endpoints")).json()["data"]

    assert receiver.journal.select("OPTIONS", "/hook")
    assert created["secret"]
    assert listed == created | {"secret": None}


async def test_an_endpoint_that_refuses_options_is_refused(api, heygen, receiver) -> None:
    receiver.options_status = 405
    body = {"url": f"{receiver.url}/hook"}
    refused = await api.post("/v3/webhooks/endpoints", json=body)
    heygen.switches.probe_endpoints = False
    accepted = await api.post("/v3/webhooks/endpoints", json=body)

    assert (refused.status_code, refused.json()["error"]["param"]) == (400, "url")
    assert accepted.status_code == 200


async def test_an_endpoint_has_a_second_to_answer(api, receiver) -> None:
    receiver.fail("delay", seconds=1.5)

    assert (await api.post("/v3/webhooks/endpoints", json={"url": receiver.url})).status_code == 400


@pytest.mark.parametrize("url", ["http://bot.example.com/hook", "bot", "ftp://127.0.0.1/x", "http://127.0.0.1:9/"])
async def test_an_endpoint_needs_a_good_address(api, url: str) -> None:
    assert (await api.post("/v3/webhooks/endpoints", json={"url": url})).json()["error"]["param"] == "url"


async def test_an_address_is_registered_once(api) -> None:
    body = {"url": "https://bot.example.com/hook"}
    await api.post("/v3/webhooks/endpoints", json=body)

    assert (await api.post("/v3/webhooks/endpoints", json=body)).status_code == 409


async def test_a_registration_can_be_replayed(api) -> None:
    headers = {"Idempotency-Key": "k"}
    body = {"url": "https://bot.example.com/hook"}
    answers = [await api.post("/v3/webhooks/endpoints", json=body, headers=headers) for _ in range(2)]

    assert answers[0].json() == answers[1].json()


async def test_unknown_events_are_refused(api) -> None:
    body = {"url": "https://bot.example.com/hook", "events": ["lipsync.success"]}

    assert (await api.post("/v3/webhooks/endpoints", json=body)).json()["error"]["param"] == "events"


async def test_an_update_replaces_the_events(api, heygen, hook: str) -> None:
    [endpoint_id] = heygen.webhooks.endpoints
    path = f"/v3/webhooks/endpoints/{endpoint_id}"
    unchanged = (await api.patch(path)).json()["data"]
    changed = (await api.patch(path, json={"events": ["batch.finished"], "url": "https://new.example/"})).json()["data"]

    assert (unchanged["events"], unchanged["url"]) == (None, hook)
    assert (changed["events"], changed["url"]) == (["batch.finished"], "https://new.example/")


async def test_a_rotated_secret_counts_at_once(api, heygen, receiver, hook: str, ready: str) -> None:
    [endpoint_id] = heygen.webhooks.endpoints
    heygen.pause_webhooks()
    heygen.finish()
    rotated = (await api.post(f"/v3/webhooks/endpoints/{endpoint_id}/rotate-secret")).json()["data"]
    heygen.resume_webhooks()
    await received(receiver, 1)
    expected = hmac.new(rotated["secret"].encode(), receiver.bodies[0], hashlib.sha256).hexdigest()

    assert receiver.journal.select("POST")[0].headers["heygen-signature"] == expected


async def test_a_deleted_endpoint_hears_nothing_more(api, heygen, receiver, hook: str, ready: str) -> None:
    [endpoint_id] = heygen.webhooks.endpoints
    heygen.pause_webhooks()
    heygen.finish()
    await api.delete(f"/v3/webhooks/endpoints/{endpoint_id}")
    heygen.resume_webhooks()
    await heygen.journal.wait_for(lambda: heygen.webhook_deliveries)

    assert heygen.webhook_deliveries[0].status == "gone"
    assert (await api.delete(f"/v3/webhooks/endpoints/{endpoint_id}")).json()["error"]["code"] == "webhook_not_found"


async def test_event_types_are_listed(api) -> None:
    types = (await api.get("/v3/webhooks/event-types")).json()["data"]

    assert [entry["event_type"] for entry in types] == list(EVENT_TYPES)
    assert len(EVENT_TYPES) == 30


async def test_the_history_is_filtered_and_paged(api, heygen, hook: str, translate, avatar_video) -> None:
    heygen.pause_webhooks()
    await translate("English", "Japanese (Japan)")
    await avatar_video()
    heygen.finish()
    first = (await api.get("/v3/webhooks/events?event_type=video_translate.success&limit=1")).json()
    rest = (await api.get(f"/v3/webhooks/events?event_type=video_translate.success&token={first['next_token']}")).json()
    job_id = first["data"][0]["event_data"]["video_translate_id"]
    one = (await api.get(f"/v3/webhooks/events?entity_id={job_id}")).json()

    assert (len(first["data"]), first["has_more"], len(rest["data"]), rest["has_more"]) == (1, True, 1, False)
    assert one["data"] == first["data"]
    assert (await api.get("/v3/webhooks/events?event_type=lipsync.success")).status_code == 400
