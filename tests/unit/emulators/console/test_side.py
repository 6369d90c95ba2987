"""The other side of the page: who is emulated, what was said in full, and trouble that is no fault of a request."""

from __future__ import annotations

import csv
import io
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest

from emulators.console import Console
from emulators.console.leads import lead_list
from emulators.console.parties import Parties
from emulators.console.requests import BadRequestError
from emulators.console.state import liveavatar_view
from emulators.console.trouble import TROUBLES, armed_troubles, calm
from emulators.heygen import HeyGenEmulator
from emulators.liveavatar import LiveAvatarEmulator
from emulators.openai import OpenAIEmulator
from emulators.slack import SlackEmulator

Send = Callable[..., Awaitable[httpx2.Response]]
KEY = {"X-Api-Key": "hg-key-1"}


async def look(page: httpx2.AsyncClient) -> Any:
    return (await page.get("/api/state")).json()


async def translate(page: httpx2.AsyncClient, heygen: HeyGenEmulator) -> str:
    """A job at HeyGen."""
    source = {"type": "url", "url": f"{heygen.url}/sources/launch.mp4"}
    body = {"video": source, "output_languages": ["German (Germany)"]}
    await page.post(f"{heygen.url}/v3/video-translations", json=body, headers=KEY | {"Idempotency-Key": "a" * 32})
    return list(heygen.state.jobs)[-1]


@pytest.fixture
def parties() -> Parties:
    """All four, none of them listening."""
    return Parties(SlackEmulator(), HeyGenEmulator(speed="step"), OpenAIEmulator(), lambda: None, LiveAvatarEmulator())


async def test_each_party_says_that_it_is_emulated(page: httpx2.AsyncClient) -> None:
    shown = (await look(page))["parties"]

    assert [(party["label"], party["emulated"]) for party in shown] == [
        ("Slack", True),
        ("HeyGen", True),
        ("OpenAI", True),
    ]
    assert all(party["says"] for party in shown)


async def test_a_real_party_is_named_and_has_no_faults_to_arm(
    slack: SlackEmulator, heygen: HeyGenEmulator, openai: OpenAIEmulator
) -> None:
    console = Console(slack, heygen, openai, real=["openai"])
    url = await console.start(0)
    async with httpx2.AsyncClient(trust_env=False, headers={"Origin": url}) as client:
        shown = (await client.get(f"{url}/api/state")).json()["parties"]
        refused = await client.post(f"{url}/api/fault", json={"party": "openai", "kind": "before"})
    await console.stop()

    [real] = [party for party in shown if not party["emulated"]]
    assert (real["name"], "real money" in real["says"]) == ("openai", True)
    assert refused.status_code == 400


async def test_a_model_call_unfolds_to_its_items(page: httpx2.AsyncClient, openai: OpenAIEmulator) -> None:
    body = {"model": "gpt-5.1", "store": False, "instructions": "Be short.", "input": "What are you?"}
    await page.post(f"{openai.base_url}/responses", json=body, headers={"Authorization": f"Bearer {openai.api_key}"})
    found = (await page.get("/api/call", params={"number": "1"})).json()

    assert (found["instructions"], found["input"][0]["role"]) == ("Be short.", "user")
    assert "What are you?" in str(found["input"])
    assert "not an AI" in str(found["output"])


async def test_a_request_unfolds_to_what_was_sent_without_its_credentials(
    page: httpx2.AsyncClient, slack: SlackEmulator, heygen: HeyGenEmulator
) -> None:
    await page.post(f"{slack.api_url}auth.test", data={"token": slack.bot_token})
    await translate(page, heygen)
    [asked], [submitted] = slack.journal.select("POST"), heygen.journal.select("POST")
    queries = ({"party": "slack", "seq": str(asked.seq)}, {"party": "heygen", "seq": str(submitted.seq)})
    to_slack, to_heygen = [(await page.get("/api/request", params=query)).json() for query in queries]

    assert to_slack["body"] == {"token": "…"}
    assert to_heygen["body"]["output_languages"] == ["German (Germany)"]
    assert next(iter(heygen.state.jobs)) in str(to_heygen["reply"])
    assert slack.bot_token not in str([to_slack, to_heygen])


@pytest.mark.parametrize("path", ["call?number=99", "call", "request?party=slack&seq=x", "request?party=moon&seq=1"])
async def test_what_is_not_kept_is_not_found(page: httpx2.AsyncClient, path: str) -> None:
    assert (await page.get(f"/api/{path}")).status_code == 404


async def test_the_totals_count_what_the_lists_leave_out(page: httpx2.AsyncClient, heygen: HeyGenEmulator) -> None:
    await translate(page, heygen)
    heygen.finish()

    assert (await look(page))["heygen"]["totals"] == {
        "jobs": 1,
        "completed": 1,
        "failed": 0,
        "charges": 1,
        "refunded": 0,
        "keys": 1,
        "deliveries": 0,
    }


async def test_the_next_job_fails(send: Send, page: httpx2.AsyncClient, heygen: HeyGenEmulator) -> None:
    await send("trouble", name="job_fails")
    armed = (await look(page))["troubles"]
    job = await translate(page, heygen)
    heygen.finish()

    assert armed == [{"party": "heygen", "kind": "job fails", "times": 1}]
    assert heygen.state.jobs[job].state.value == "failed"
    assert (await look(page))["troubles"] == []


async def test_webhooks_arrive_five_times(send: Send, page: httpx2.AsyncClient, heygen: HeyGenEmulator) -> None:
    heygen.seed_endpoint(f"{heygen.url}/_emulator/nobody", "secret")
    await translate(page, heygen)
    await send("trouble", name="webhooks_repeated")
    heygen.finish()
    await heygen.journal.wait_for(lambda: len(heygen.webhook_deliveries) >= 5)

    assert len({delivery.event_id for delivery in heygen.webhook_deliveries[:5]}) == 1


def test_all_trouble_ends_when_it_is_disarmed(parties: Parties) -> None:
    for name in ("job_fails", "webhooks_lost", "webhooks_repeated", "live_busy"):
        TROUBLES[name](parties)
    armed = [(one["party"], one["kind"]) for one in armed_troubles(parties)]
    calm(parties)

    assert armed == [
        ("heygen", "job fails"),
        ("heygen", "webhook lost"),
        ("heygen", "webhook sent five times"),
        ("liveavatar", "no free place"),
    ]
    assert armed_troubles(parties) == []


@pytest.mark.parametrize("name", ["live_lost", "live_ends"])
def test_trouble_of_a_live_session_needs_one(parties: Parties, name: str) -> None:
    with pytest.raises(BadRequestError, match="No live session runs"):
        TROUBLES[name](parties)


async def test_trouble_that_does_not_exist_is_refused(send: Send) -> None:
    assert "job_fails" in (await send("trouble", name="flood")).json()["error"]


def test_live_sessions_are_shown_with_their_credits(parties: Parties) -> None:
    shown = liveavatar_view(parties)

    assert shown is not None
    assert (shown["credits"], shown["used"], shown["sessions"]) == ({"greenroom": 100.0}, 0, [])


async def test_a_list_of_people_is_posted_as_a_file(send: Send, slack: SlackEmulator) -> None:
    answer = await send("leads", user="alice", channel="videos", text="@Greenroom for everybody", count=12)
    [message] = slack.messages("videos")
    rows = list(csv.DictReader(io.StringIO(message.files[0].data.decode())))

    assert (answer.status_code, len(rows), rows[0]) == (200, 12, {"name": "Ada", "company": "Acme"})


@pytest.mark.parametrize("count", [1, 200, 500])
def test_people_of_a_list_are_all_different(count: int) -> None:
    rows = list(csv.reader(io.StringIO(lead_list(count).decode())))[1:]

    assert len({tuple(row) for row in rows}) == len(rows) == count
