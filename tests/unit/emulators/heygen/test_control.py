"""The control plane for other processes, the snapshot, and the emulator's own life."""

import json

import httpx2
import pytest

from emulators.heygen import HeyGenEmulator


async def test_tools_elsewhere_can_move_time(api, heygen: HeyGenEmulator, translate) -> None:
    await translate()
    await api.post("/_emulator/advance", json={"seconds": 500})

    assert [job.state.value for job in heygen.state.jobs.values()] == ["completed"]


async def test_tools_elsewhere_can_end_jobs(api, heygen: HeyGenEmulator, translate) -> None:
    await translate("English", "Japanese (Japan)")
    first, second = heygen.state.jobs
    one = await api.post("/_emulator/finish", json={"job_id": first, "fail": "x"})
    others = await api.post("/_emulator/finish", json={})

    assert (one.json(), others.json()) == ({"finished": [first]}, {"finished": [second]})
    assert (await api.post("/_emulator/finish", json={"job_id": "nope"})).status_code == 404


async def test_tools_elsewhere_can_expire_links(api, heygen: HeyGenEmulator, translate) -> None:
    await translate()
    heygen.finish()
    [job_id] = heygen.state.jobs
    link = heygen.links.sign(f"{job_id}.mp4")
    await api.post("/_emulator/expire_urls")

    assert (await api.get(link)).status_code == 403


async def test_the_snapshot_shows_everything(api, heygen: HeyGenEmulator, translate) -> None:
    await translate(callback_url="https://bot.example.com/x", key="k")
    heygen.finish()
    await heygen.journal.wait_for(lambda: heygen.webhook_deliveries)
    seen = (await api.get("/_emulator/snapshot")).json()

    assert seen["wallets"] == {"greenroom": pytest.approx(100 - 60 * 0.0412)}
    assert [(job["kind"], job["state"]) for job in seen["jobs"]] == [("translation", "completed")]
    assert [charge["idempotency_key"] for charge in seen["charges"]] == ["k"]
    assert [delivery["endpoint"] for delivery in seen["deliveries"]] == ["callback"]


async def test_the_snapshot_keeps_secrets(heygen: HeyGenEmulator) -> None:
    heygen.seed_endpoint("https://bot.example.com/hook", "whsec_private")
    text = json.dumps(heygen.snapshot())

    assert "whsec_private" not in text
    assert "hg-key-1" not in text


async def test_it_can_be_mounted_without_a_listener() -> None:
    emulator = HeyGenEmulator(speed="step", balance=3, cap=2)
    emulator.start_background()
    transport = httpx2.ASGITransport(emulator)
    async with httpx2.AsyncClient(transport=transport, base_url="http://emulator") as client:
        answer = await client.get("/v3/users/me", headers={"X-Api-Key": "hg-key-1"})
    await emulator.stop()

    assert answer.json()["data"]["wallet"]["remaining_balance"] == 3


async def test_jobs_move_and_webhooks_leave_without_requests(heygen: HeyGenEmulator, translate) -> None:
    await translate(callback_url="https://bot.example.com/x")
    heygen.clock.advance(500)

    await heygen.journal.wait_for(lambda: heygen.webhook_deliveries)
