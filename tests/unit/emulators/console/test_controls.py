"""HeyGen's time, faults and starting over, as the page controls them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest

from emulators.console import Console
from emulators.heygen import HeyGenEmulator, Subscription
from emulators.openai import OpenAIEmulator, Switches
from emulators.slack import SlackEmulator

Send = Callable[..., Awaitable[httpx2.Response]]
KEY = {"X-Api-Key": "hg-key-1"}


@pytest.fixture
async def jobs(page: httpx2.AsyncClient, heygen: HeyGenEmulator) -> list[str]:
    """Two running translations at HeyGen."""
    source = {"type": "url", "url": f"{heygen.url}/sources/launch.mp4"}
    body = {"video": source, "output_languages": ["German (Germany)", "French (France)"]}
    await page.post(f"{heygen.url}/v3/video-translations", json=body, headers=KEY)
    return list(heygen.state.jobs)


def states(heygen: HeyGenEmulator) -> list[str]:
    return sorted(job.state.value for job in heygen.state.jobs.values())


async def test_time_can_be_moved(send: Send, heygen: HeyGenEmulator, jobs: list[str]) -> None:
    await send("heygen/advance", seconds=600)

    assert states(heygen) == ["completed", "completed"]


async def test_all_jobs_can_be_finished(send: Send, heygen: HeyGenEmulator, jobs: list[str]) -> None:
    answer = await send("heygen/finish")

    assert sorted(answer.json()["finished"]) == sorted(jobs)
    assert states(heygen) == ["completed", "completed"]


async def test_one_job_can_be_failed(send: Send, heygen: HeyGenEmulator, jobs: list[str]) -> None:
    await send("heygen/finish", job_id=jobs[0], fail="No speech.")

    assert states(heygen) == ["failed", "queued"]


async def test_links_can_be_made_useless(send: Send, page: httpx2.AsyncClient, heygen: HeyGenEmulator) -> None:
    link = heygen.links.sign("x.mp4")
    before = (await page.get(link)).status_code
    await send("heygen/expire")

    assert (before, (await page.get(link)).status_code) == (404, 403)


async def test_the_speed_can_be_changed(send: Send, heygen: HeyGenEmulator) -> None:
    await send("heygen/speed", speed="fast")

    assert heygen.work.speed == "fast"


async def test_the_wallet_can_be_topped_up(send: Send, heygen: HeyGenEmulator) -> None:
    await send("heygen/top_up", amount=50)

    assert heygen.account().balance == 150


async def test_only_a_wallet_can_be_topped_up(send: Send, heygen: HeyGenEmulator) -> None:
    heygen.bill_by(Subscription(10))
    answer = await send("heygen/top_up", amount=50)

    assert (answer.status_code, "subscription" in answer.json()["error"]) == (400, True)


async def test_the_model_is_spoilt_and_repaired(send: Send, page: httpx2.AsyncClient, openai: OpenAIEmulator) -> None:
    shown = []
    for change in ({"gullible": True}, {"liar": True}, {"gullible": False, "liar": False}):
        await send("model", **change)
        shown.append((await page.get("/api/state")).json()["openai"]["switches"])

    assert shown == [
        {"gullible": True, "liar": False},
        {"gullible": True, "liar": True},
        {"gullible": False, "liar": False},
    ]
    assert openai.switches == Switches()


async def test_an_armed_fault_happens_and_is_listed_until_then(
    send: Send, page: httpx2.AsyncClient, heygen: HeyGenEmulator
) -> None:
    await send("fault", party="heygen", kind="before", path="/v3/.*", method="get", status=429, retry_after=3)
    armed = (await page.get("/api/state")).json()["faults"]
    answer = await page.get(f"{heygen.url}/v3/users/me", headers=KEY)

    assert [(fault["party"], fault["status"], fault["times"]) for fault in armed] == [("heygen", 429, 1)]
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "3")
    assert (await page.get("/api/state")).json()["faults"] == []


async def test_faults_can_be_disarmed(send: Send, slack: SlackEmulator, openai: OpenAIEmulator) -> None:
    await send("fault", party="slack", kind="drop_reply")
    await send("fault", party="openai", kind="drop_before")
    await send("fault/clear")

    assert [*slack.faults, *openai.faults] == []


async def test_starting_over_empties_all_three(
    send: Send, slack: SlackEmulator, heygen: HeyGenEmulator, openai: OpenAIEmulator, jobs: list[str]
) -> None:
    slack.say("alice", "videos", "hello")
    openai.fail("before")
    await send("reset")

    assert (slack.messages("videos"), states(heygen), openai.faults) == ([], [], [])


async def test_no_id_comes_again_after_starting_over(send: Send, slack: SlackEmulator) -> None:
    slack.say("alice", "videos", "hello")
    before = slack.deliveries[0].event_id
    await send("reset")
    slack.say("alice", "videos", "hello")
    assert slack.deliveries[0].event_id != before


async def test_starting_over_lets_the_app_be_wired_again(
    slack: SlackEmulator, heygen: HeyGenEmulator, openai: OpenAIEmulator
) -> None:
    called: list[str] = []
    console = Console(slack, heygen, openai, after_reset=lambda: called.append("again"))
    url = await console.start(0)
    async with httpx2.AsyncClient(trust_env=False) as client:
        await client.post(f"{url}/api/reset", json={}, headers={"Origin": url})
    await console.stop()

    assert called == ["again"]


@pytest.mark.parametrize(
    ("action", "body", "words"),
    [
        ("heygen/advance", {}, "seconds must be"),
        ("heygen/advance", {"seconds": -1}, "seconds must be"),
        ("heygen/advance", {"seconds": True}, "seconds must be"),
        ("heygen/finish", {"job_id": "nothing"}, "no such job"),
        ("heygen/speed", {"speed": "warp"}, "real, fast, step"),
        ("heygen/top_up", {"amount": 0}, "amount must be"),
        ("model", {"gullible": "yes"}, "gullible must be"),
        ("fault", {"party": "moon", "kind": "before"}, "slack, heygen, openai"),
        ("fault", {"party": "slack", "kind": "explode"}, "kind must be one of"),
        ("fault", {"party": "slack", "kind": "before", "path": "("}, "no regular expression"),
        ("fault", {"party": "slack", "kind": "before", "times": 1000}, "times must be"),
    ],
)
async def test_nonsense_is_refused_in_words(send: Send, action: str, body: dict[str, Any], words: str) -> None:
    answer = await send(action, **body)

    assert answer.status_code == 400
    assert words in answer.json()["error"]


@pytest.mark.parametrize("body", [b"[]", b"nope", b"[" * 50_000, b"x" * 70_000], ids=["list", "text", "deep", "long"])
async def test_a_body_that_is_no_object_is_refused(page: httpx2.AsyncClient, body: bytes) -> None:
    answer = await page.post("/api/reset", content=body, headers={"Content-Type": "application/json"})

    assert answer.status_code == 400
