"""What people get who click on a link: a page that plays, for as long as the link is good."""

from __future__ import annotations

import httpx2
import pytest

from tests.scenario.stage import Stage

PERSON = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


async def seen(url: str) -> httpx2.Response:
    """What a browser is answered."""
    async with httpx2.AsyncClient(timeout=10.0) as browser:
        return await browser.get(url, headers=PERSON)


async def link_of(stage: Stage) -> tuple[str, str]:
    """A thread with a translation that is ready, and its link."""
    root = stage.translate("French")
    await stage.finish(1)
    return root, (await stage.closing(root, "ready")).links()[0]


async def test_a_browser_gets_a_page_and_its_player_the_file(stage: Stage) -> None:
    _, link = await link_of(stage)
    answer = await seen(link)
    assert answer.headers["content-type"].startswith("text/html")
    assert "<video" in answer.text
    assert "French" in answer.text
    assert stage.heygen.url not in answer.text
    assert "/files/" not in answer.text
    film = await stage.browse(f"{link}/file")
    captions = await stage.browse(f"{link}/captions.vtt")
    assert (film.headers["content-type"], captions.text[:6]) == ("video/mp4", "WEBVTT")
    assert (await stage.browse(f"{link}/poster")).headers["content-type"] == "image/png"
    assert (await seen(f"{link}/2")).status_code == 404


async def test_a_link_is_withdrawn_by_its_requester_alone(stage: Stage) -> None:
    root, link = await link_of(stage)
    card = await stage.card(root, "ready")
    assert "Only" in await stage.press(card, "withdraw_links", user="bob")
    assert "lead nowhere" in await stage.press(card, "withdraw_links")
    for ending in ("", "/file", "/poster", "/captions.vtt"):
        assert (await seen(link + ending)).status_code == 410
    assert "withdrawn" in (await seen(link)).text
    await stage.wait(lambda: "Watch" not in stage.cards(root)[-1].rendered_text())


@pytest.mark.parametrize("spoil", ["expired", "forged"])
async def test_other_links_say_why_not(stage: Stage, spoil: str) -> None:
    _, link = await link_of(stage)
    if spoil == "expired":
        stage.clock.advance(91 * 86_400)
    answer = await seen(link if spoil == "expired" else link[:-3] + "AAA")
    assert (answer.status_code, "<h1>" in answer.text) == ({"expired": 410, "forged": 404}[spoil], True)
