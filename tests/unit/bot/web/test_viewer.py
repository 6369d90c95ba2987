"""The way into a live session: a link, the page, the cookie, and everybody who is not let in."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from agent.live.records import LiveState
from bot.signing import Signer
from bot.web.viewer_assets import LiveKitUrl
from bot.web.viewer_headers import room_sources
from tests.support.viewer import LIVEKIT, SECRET, SESSION, ViewerStage, viewer_stage

POLICY = "Content-Security-Policy"


@pytest.fixture
async def stage() -> AsyncIterator[ViewerStage]:
    async with viewer_stage(rooms=room_sources("https://api.liveavatar.com"), listening=False) as stage:
        yield stage


@pytest.fixture
async def browser(stage: ViewerStage) -> AsyncIterator[httpx2.AsyncClient]:
    async with browsing(stage) as client:
        yield client


def browsing(stage: ViewerStage) -> httpx2.AsyncClient:
    """One browser: it keeps cookies and says which page it is on."""
    transport = httpx2.ASGITransport(app=stage.app)
    return httpx2.AsyncClient(transport=transport, base_url=stage.url, headers={"Origin": stage.url})


def token_of(link: str) -> str:
    return link.rpartition("/")[2]


async def enter(browser: httpx2.AsyncClient, link: str, **headers: str) -> httpx2.Response:
    """Press Start on a link's page."""
    return await browser.post("/live/enter", json={"token": token_of(link), "consent": True}, headers=headers)


def pages_of(stage: ViewerStage) -> dict[str, Any]:
    """What each pass has come to."""
    return {given.id: given.opened_at for given in stage.passes.passes.values()}


# The link


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_looking_at_a_link_uses_nothing_up(stage: ViewerStage, browser: httpx2.AsyncClient, method: str) -> None:
    link = stage.link()
    for _ in range(3):
        answer = await browser.request(method, link)
        assert answer.status_code == 200

    assert "set-cookie" not in answer.headers
    assert pages_of(stage) == {"pass_0": None}
    assert (await enter(browser, link)).status_code == 200


async def test_the_page_says_what_it_is_who_sees_it_who_pays_and_for_how_long(
    stage: ViewerStage, browser: httpx2.AsyncClient
) -> None:
    text = (await browser.get(stage.link())).text
    for said in ("It is an AI.", "the transcript is posted in the Slack thread", "camera is not used"):
        assert said in text
    assert re.search(r"Your workspace pays by the minute,</strong>.* for 15 minutes at most", text)


async def test_pages_are_stored_framed_and_indexed_nowhere(stage: ViewerStage, browser: httpx2.AsyncClient) -> None:
    await enter(browser, stage.link())
    for path, status in (("/live/x.y", 404), ("/live/room", 200), (stage.link(), 200)):
        answer = await browser.get(path)
        assert answer.status_code == status
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "noindex" in answer.headers["X-Robots-Tag"]
        assert "microphone=(self)" in answer.headers["Permissions-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        for part in ("default-src 'none'", "script-src 'self';", "frame-ancestors 'none'", "wss://*.livekit.cloud"):
            assert part in answer.headers[POLICY]


async def test_pages_hold_no_script_style_or_secret_of_their_own(
    stage: ViewerStage, browser: httpx2.AsyncClient
) -> None:
    link = stage.link()
    await enter(browser, link)
    for path in (stage.link(), "/live/room", "/live/x.y"):
        text = (await browser.get(path)).text
        assert not re.search(r"<script(?![^>]* src=)|<style| style=| on[a-z]+=|javascript:", text)
        assert not re.search(r"pass_|UALICE|live_1|\$", text)


async def test_a_head_of_the_room_and_of_a_file_is_answered_too(
    stage: ViewerStage, browser: httpx2.AsyncClient
) -> None:
    assert (await browser.head("/live/room")).status_code == 403
    assert (await browser.head("/live/static/main.js")).status_code == 200


# Coming in


async def test_start_exchanges_the_link_for_a_cookie_that_opens_the_room(
    stage: ViewerStage, browser: httpx2.AsyncClient
) -> None:
    link = stage.link()
    answer = await enter(browser, link)
    assert answer.json() == {"room": "room"}
    assert answer.headers["Cache-Control"] == "no-store"
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("greenroom-live=pass_0.")
    assert {"HttpOnly", "Path=/live", "SameSite=strict"} == {part.strip() for part in cookie.split(";")[1:]}
    assert token_of(link) not in cookie

    for _ in range(2):
        room = await browser.get("/live/room")
        assert (room.status_code, 'data-way="back"' in room.text) == (200, True)


async def test_over_https_the_cookie_is_never_sent_in_the_clear() -> None:
    async with (
        viewer_stage(public_url="https://green.example/bots", listening=False) as stage,
        browsing(stage) as browser,
    ):
        link = stage.link()
        assert link.startswith("https://green.example/bots/live/pass_0.")
        cookie = (await enter(browser, link, Origin="https://green.example")).headers["set-cookie"]
    assert cookie.startswith("__Secure-greenroom-live=")
    assert {"HttpOnly", "Path=/bots/live", "SameSite=strict", "Secure"} == {
        part.strip() for part in cookie.split(";")[1:]
    }


async def test_the_same_browser_may_press_start_again(stage: ViewerStage, browser: httpx2.AsyncClient) -> None:
    link = stage.link()
    assert (await enter(browser, link)).status_code == 200
    stage.clock.advance(3_600)
    assert (await enter(browser, link)).status_code == 200

    answer = await browser.get(link)
    assert (answer.status_code, answer.headers["location"]) == (303, "room")


async def test_a_link_that_another_browser_has_opened_is_refused(
    stage: ViewerStage, browser: httpx2.AsyncClient
) -> None:
    link = stage.link()
    await enter(browser, link)
    async with browsing(stage) as other:
        page, entering, room = await other.get(link), await enter(other, link), await other.get("/live/room")

    assert page.status_code == entering.status_code == room.status_code == 403
    assert "This link has already been used" in page.text
    assert 'data-retry="yes"' in page.text  # a link from Slack comes without the cookie, so the page asks once more
    assert entering.json()["title"] == "This link has already been used"
    assert "set-cookie" not in entering.headers


@pytest.mark.parametrize("token", ["nonsense", "pass_0.", "pass_0.AAAA", "", "..", "pass_0." + "A" * 24, "ß"])
async def test_a_forged_link_leads_nowhere(stage: ViewerStage, browser: httpx2.AsyncClient, token: str) -> None:
    stage.passes.new_pass()
    answer = await enter(browser, token)
    assert (answer.status_code, answer.json()["title"]) == (404, "This link leads nowhere")
    if token not in ("", ".."):
        page = await browser.get(f"/live/{token}")
        assert (page.status_code, "This link leads nowhere" in page.text) == (404, True)
    assert pages_of(stage) == {"pass_0": None}


@pytest.mark.parametrize("purpose", ["link", "live-cookie", "live "])
async def test_what_was_signed_for_something_else_opens_nothing(
    stage: ViewerStage, browser: httpx2.AsyncClient, purpose: str
) -> None:
    given = stage.passes.new_pass()
    assert (await browser.get(f"/live/{Signer(SECRET, purpose).sign(given.id)}")).status_code == 404


async def test_a_links_token_is_no_cookie(stage: ViewerStage, browser: httpx2.AsyncClient) -> None:
    link = stage.link()
    await enter(browser, link)
    browser.cookies.clear()
    answer = await browser.get("/live/room", headers={"Cookie": f"greenroom-live={token_of(link)}"})
    assert answer.status_code == 403


async def test_a_link_expires_unless_it_was_opened(stage: ViewerStage, browser: httpx2.AsyncClient) -> None:
    link = stage.link()
    stage.clock.advance(600)
    for answer in (await browser.get(link), await enter(browser, link)):
        assert answer.status_code == 410
        assert "This link has expired" in answer.text


@pytest.mark.parametrize(("started", "title"), [(1.0, "This session has ended"), (None, "did not take place")])
async def test_a_link_after_the_end_says_so_whether_or_not_it_was_opened(
    stage: ViewerStage, browser: httpx2.AsyncClient, started: float | None, title: str
) -> None:
    opened, fresh = stage.link(), stage.link()
    await enter(browser, opened)
    stage.passes.change(state=LiveState.ENDED, started_at=started)
    answers = [await browser.get(opened), await browser.get(fresh), await browser.get("/live/room")]
    answers.append(await enter(browser, fresh))
    assert [answer.status_code for answer in answers] == [410] * 4
    assert all(title in answer.text for answer in answers)


async def test_a_pass_that_is_opened_between_looking_and_entering_is_foreign(
    stage: ViewerStage, browser: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    link, opening = stage.link(), stage.passes.open_pass

    async def beaten(pass_id: str) -> object:
        await opening(pass_id)
        return await opening(pass_id)

    monkeypatch.setattr(stage.passes, "open_pass", beaten)
    assert (await enter(browser, link)).status_code == 403


async def test_a_pass_that_expires_between_looking_and_entering_has_expired(
    stage: ViewerStage, browser: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def too_late(pass_id: str) -> None:
        return None

    monkeypatch.setattr(stage.passes, "open_pass", too_late)
    assert (await enter(browser, stage.link())).status_code == 410


async def test_a_room_without_a_cookie_says_where_the_link_is(browser: httpx2.AsyncClient) -> None:
    answer = await browser.get("/live/room")
    assert answer.status_code == 403
    assert "There is no session open in this browser" in answer.text


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
    ids=str,
)
async def test_start_counts_only_on_our_own_page(
    stage: ViewerStage, browser: httpx2.AsyncClient, headers: dict[str, str]
) -> None:
    answer = await enter(browser, stage.link(), **headers)
    assert answer.status_code == 403
    assert pages_of(stage) == {"pass_0": None}


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("text/plain", b'{"token": "%s", "consent": true}'),
        ("application/x-www-form-urlencoded", b"token=%s&consent=true"),
        ("application/json", b'{"token": "%s"}'),
        ("application/json", b'{"token": "%s", "consent": "true"}'),
        ("application/json", b'["%s"]'),
        ("application/json", b'{"token": "%s", "consent": true'),
        ("application/json", b'{"token": ["%s"], "consent": true}'),
        ("application/json", b'{"token": "%s", "consent": true, "more": "' + b"x" * 5_000 + b'"}'),
        ("application/json", b"[" * 4_000 + b"%.0s"),
    ],
    ids=["text", "form", "no consent", "vague consent", "list", "half", "no string", "too large", "deep"],
)
async def test_a_start_that_is_not_understood_opens_nothing(
    stage: ViewerStage, browser: httpx2.AsyncClient, kind: str, body: bytes
) -> None:
    token = token_of(stage.link()).encode()
    answer = await browser.post("/live/enter", content=body % token, headers={"Content-Type": kind})
    assert answer.status_code == 400
    assert pages_of(stage) == {"pass_0": None}


async def test_start_is_a_post(browser: httpx2.AsyncClient) -> None:
    assert (await browser.put("/live/enter")).status_code == 405
    assert (await browser.post("/live/room")).status_code == 405
    assert (await browser.get("/live/enter")).status_code in (404, 405)


# Files


async def test_livekit_is_served_packed_and_named_in_the_page_with_its_hash(
    stage: ViewerStage, browser: httpx2.AsyncClient
) -> None:
    text = (await browser.get(stage.link())).text
    source = re.search(r'<script src="([^"]+)" integrity="([^"]+)"', text)
    assert source is not None
    assert source[2] == LIVEKIT.integrity
    answer = await browser.get(f"/live/{source[1]}", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.content == LIVEKIT.content
    plain = await browser.get(f"/live/{source[1]}", headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers
    assert plain.content == LIVEKIT.content


async def test_files_are_asked_about_again_and_sent_when_they_have_changed(browser: httpx2.AsyncClient) -> None:
    first = await browser.get("/live/static/main.js")
    assert first.headers["Content-Type"].startswith("text/javascript")
    assert first.headers["Cache-Control"] == "no-cache"
    again = await browser.get("/live/static/main.js", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("name", ["page.html", "refused.html", "nothing.js", "..%2Fviewer.py", "%2e%2e/viewer.py"])
async def test_nothing_else_is_served(browser: httpx2.AsyncClient, name: str) -> None:
    assert (await browser.get(f"/live/static/{name}")).status_code == 404


async def test_every_file_that_a_page_loads_is_served(stage: ViewerStage, browser: httpx2.AsyncClient) -> None:
    seen: set[str] = set()
    waiting = {stage.link(), "/live/x.y"}
    while waiting:
        path = waiting.pop()
        text = (await browser.get(path)).text
        named = set(re.findall(r'(?:src|href)="(static/[^"]+)"', text)) | set(re.findall(r"'(static/[^']+)'", text))
        named |= {f"static/{name}" for name in re.findall(r"from '\./([^']+)'", text)}
        waiting |= {f"/live/{name}" for name in named} - seen
        seen |= {f"/live/{name}" for name in named}
    assert len(seen) > 15
    assert {(await browser.get(path)).status_code for path in seen} == {200}


async def test_a_livekit_from_elsewhere_is_named_in_page_and_policy() -> None:
    elsewhere = LiveKitUrl("https://cdn.example/livekit.js", "sha384-" + "B" * 64)
    async with viewer_stage(livekit=elsewhere, listening=False) as stage, browsing(stage) as browser:
        answer = await browser.get(stage.link())
    assert 'src="https://cdn.example/livekit.js" integrity="sha384-BBB' in answer.text
    assert "script-src 'self' https://cdn.example;" in answer.headers[POLICY]


async def test_a_session_of_less_than_an_hour_says_its_own_minutes(
    stage: ViewerStage, browser: httpx2.AsyncClient
) -> None:
    stage.passes.change(max_seconds=300)
    assert "for 5 minutes at most" in (await browser.get(stage.link())).text
    assert SESSION.max_seconds == 900
