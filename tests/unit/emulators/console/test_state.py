"""What the page is shown."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from emulators.console.state import read_after
from emulators.heygen import HeyGenEmulator
from emulators.openai import OpenAIEmulator
from emulators.slack import SlackEmulator

VIDEOS = "C0VIDEOS01"


async def look(page: httpx2.AsyncClient, after: str = "") -> Any:
    return (await page.get("/api/state", params={"after": after})).json()


async def videos(page: httpx2.AsyncClient) -> Any:
    channels = (await look(page))["slack"]["channels"]
    return next(channel for channel in channels if channel["name"] == "videos")["messages"]


def api(slack: SlackEmulator) -> AsyncWebClient:
    return AsyncWebClient(slack.bot_token, base_url=slack.api_url)


async def test_people_and_the_app_are_named(page: httpx2.AsyncClient) -> None:
    found = (await look(page))["slack"]

    assert [person["name"] for person in found["people"]] == ["alice", "bob", "carol", "dan", "dave"]
    assert found["bot"]["name"] == "Greenroom"


async def test_what_the_app_posts_is_shown_with_its_blocks(page: httpx2.AsyncClient, slack: SlackEmulator) -> None:
    blocks = [{"type": "section", "block_id": "b", "text": {"type": "mrkdwn", "text": "*card*"}}]
    await api(slack).chat_postMessage(channel=VIDEOS, text="card", blocks=blocks)

    [message] = await videos(page)
    assert (message["text"], message["blocks"][0]["text"]["text"]) == ("card", "*card*")


async def test_a_stream_is_shown_while_it_grows(page: httpx2.AsyncClient, slack: SlackEmulator) -> None:
    root = slack.say("alice", "videos", "hello")
    begun = await api(slack).chat_startStream(
        channel=VIDEOS,
        thread_ts=root,
        markdown_text="Half",
        recipient_user_id="U0ALICE001",
        recipient_team_id="T0GREENROOM",
    )
    early = (await videos(page))[1]
    await api(slack).chat_appendStream(channel=VIDEOS, ts=begun["ts"], markdown_text=" and whole")
    late = (await videos(page))[1]

    assert (early["text"], late["text"]) == ("Half", "Half and whole")
    assert late["stream"]["state"] == "streaming"


async def test_a_private_note_says_who_sees_it(page: httpx2.AsyncClient, slack: SlackEmulator) -> None:
    await api(slack).chat_postEphemeral(channel=VIDEOS, user="U0ALICE001", text="psst")

    [note] = (await look(page))["slack"]["private"]
    assert (note["text"], note["visible_to"]) == ("psst", "U0ALICE001")


async def test_a_status_line_is_shown(page: httpx2.AsyncClient, slack: SlackEmulator) -> None:
    root = slack.say("alice", "videos", "hello")
    await api(slack).assistant_threads_setStatus(channel_id=VIDEOS, thread_ts=root, status="is thinking…")

    assert (await look(page))["slack"]["statuses"] == [
        {"channel": VIDEOS, "thread_ts": root, "text": "is thinking…", "can_stop": False}
    ]


async def test_heygen_shows_wallet_jobs_and_what_was_spent(page: httpx2.AsyncClient, heygen: HeyGenEmulator) -> None:
    body = {
        "video": {"type": "url", "url": f"{heygen.url}/sources/launch.mp4"},
        "output_languages": ["German (Germany)"],
    }
    submitted = await page.post(f"{heygen.url}/v3/video-translations", json=body, headers={"X-Api-Key": "hg-key-1"})
    found = (await look(page))["heygen"]

    assert submitted.status_code == 200
    assert [(job["language"], job["state"]) for job in found["jobs"]] == [("German (Germany)", "queued")]
    assert found["spent"] > 0
    assert found["wallets"] == {"greenroom": pytest.approx(100 - found["spent"], abs=0.01)}


async def test_model_calls_are_shown_with_their_output(page: httpx2.AsyncClient, openai: OpenAIEmulator) -> None:
    body = {"model": "gpt-5.1", "store": False, "input": "What are you?"}
    headers = {"Authorization": f"Bearer {openai.api_key}"}
    await page.post(f"{openai.base_url}/responses", json=body, headers=headers)
    found = (await look(page))["openai"]

    assert (found["total"], found["calls"][0]["by"]) == (1, "planner")
    assert "not an AI" in found["calls"][0]["output"][0]["content"][0]["text"]


async def test_a_journal_has_only_what_is_newer(page: httpx2.AsyncClient, slack: SlackEmulator) -> None:
    for _ in range(3):
        await api(slack).auth_test()
    entries = (await look(page))["journals"]["slack"]["entries"]
    newer = (await look(page, f"slack:{entries[1]['seq']}"))["journals"]["slack"]["entries"]

    assert [entry["path"] for entry in entries] == ["/api/auth.test"] * 3
    assert newer == entries[2:]


async def test_a_journal_shows_no_headers_or_bodies(page: httpx2.AsyncClient, slack: SlackEmulator) -> None:
    await api(slack).auth_test()

    [entry] = (await look(page))["journals"]["slack"]["entries"]
    assert set(entry) == {"seq", "at", "method", "path", "status", "fault"}


async def test_an_emptied_journal_says_so(page: httpx2.AsyncClient) -> None:
    assert (await look(page))["journals"]["openai"] == {"oldest": None, "entries": []}


@pytest.mark.parametrize(
    ("text", "numbers"),
    [("", {}), ("slack:12,heygen:3", {"slack": 12, "heygen": 3}), ("slack:x,:,heygen", {}), ("slack:-1", {})],
)
def test_sequence_numbers_are_read_leniently(text: str, numbers: dict[str, int]) -> None:
    assert read_after(text) == numbers


async def test_a_stream_that_was_updated_says_so(page: httpx2.AsyncClient, slack: SlackEmulator) -> None:
    root = slack.say("alice", "videos", "hello")
    begun = await api(slack).chat_startStream(
        channel=VIDEOS, thread_ts=root, recipient_user_id="U0ALICE001", recipient_team_id="T0GREENROOM"
    )
    await api(slack).chat_stopStream(channel=VIDEOS, ts=begun["ts"], markdown_text="Whole")
    stopped = (await videos(page))[1]
    final = [{"type": "markdown", "text": "Final"}]
    await api(slack).chat_update(channel=VIDEOS, ts=begun["ts"], text="Final", blocks=final)

    assert (stopped["updated"], (await videos(page))[1]["updated"]) == (False, True)
