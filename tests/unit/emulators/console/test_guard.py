"""Only browsers on this machine read, and only the page itself changes things."""

from __future__ import annotations

import httpx2
import pytest
from starlette.datastructures import Headers

from emulators.console.guard import is_loopback, refusal
from emulators.slack import SlackEmulator

HELLO = {"user": "alice", "channel": "videos", "text": "hello"}


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8080", "localhost", "LOCALHOST:8080", "[::1]:8080"])
def test_loopback_names_are_known(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["", "evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80", "[bad"])
def test_other_names_are_not_loopback(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize("path", ["/", "/api/state", "/console.js", "/nothing"])
async def test_a_rebound_name_reads_nothing(page: httpx2.AsyncClient, path: str) -> None:
    answer = await page.get(path, headers={"Host": "evil.example"})

    assert answer.status_code == 403


@pytest.mark.parametrize("origin", ["null", "http://evil.example", "http://127.0.0.1:1", "https://{host}"])
async def test_another_origin_changes_nothing(page: httpx2.AsyncClient, slack: SlackEmulator, origin: str) -> None:
    host = page.base_url.netloc.decode()
    answer = await page.post("/api/say", json=HELLO, headers={"Origin": origin.format(host=host)})

    assert answer.status_code == 403
    assert slack.messages("videos") == []


async def test_no_origin_changes_nothing(stranger: httpx2.AsyncClient, slack: SlackEmulator) -> None:
    answer = await stranger.post("/api/say", json=HELLO)

    assert answer.status_code == 403
    assert slack.messages("videos") == []


def test_the_page_may_be_opened_under_another_loopback_name() -> None:
    headers = Headers({"host": "localhost:8080", "origin": "http://localhost:8080"})

    assert refusal("POST", headers) is None


async def test_reading_needs_no_origin(stranger: httpx2.AsyncClient) -> None:
    assert (await stranger.get("/api/state")).status_code == 200


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", ""])
async def test_a_form_is_no_action(page: httpx2.AsyncClient, slack: SlackEmulator, content_type: str) -> None:
    answer = await page.post("/api/say", content=b"{}", headers={"Content-Type": content_type})

    assert (answer.status_code, answer.json()) == (400, {"error": "Send application/json."})
