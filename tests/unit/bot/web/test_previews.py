"""Links to pictures and voices: signed, good for a while, and read anew by each click."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx2
import pytest
from starlette.applications import Starlette

from bot.web.previews import GOOD_FOR, Previews
from tests.support.agent_fakes import FakeAccounts
from tests.support.agent_heygen import SmallHeyGen, look, refusal, voice
from tests.support.clock import ManualClock

ACCOUNT = "W1-account"
PICTURE, SOUND = "https://cdn.test/1.png?sig=a", "https://cdn.test/1.mp3?sig=b"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def heygen(clock: ManualClock) -> SmallHeyGen:
    made = SmallHeyGen(clock.now)
    made.looks = [look("l1", "Ava", None, preview_image_url=PICTURE), look("l2", "Tim", None)]
    made.voices = [voice("v1", "Emma", preview_audio_url=SOUND), voice("v2", "Odd", preview_audio_url="file:///etc")]
    return made


@pytest.fixture
def previews(heygen: SmallHeyGen, clock: ManualClock) -> Previews:
    accounts = FakeAccounts({ACCOUNT: heygen.client()})
    return Previews(public_url="http://green.room", secret="s" * 32, accounts=accounts, clock=clock)


@pytest.fixture
async def browser(previews: Previews) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(app=Starlette(routes=previews.routes()))
    async with httpx2.AsyncClient(transport=transport) as opened:
        yield opened


def linked(previews: Previews, kind: str, vendor_id: str) -> str:
    link = previews.link(kind, ACCOUNT, vendor_id)
    assert link is not None
    return link


@pytest.mark.parametrize(("kind", "vendor_id", "url"), [("look", "l1", PICTURE), ("voice", "v1", SOUND)])
async def test_a_click_leads_to_the_link_of_this_moment(
    previews: Previews, browser: httpx2.AsyncClient, kind: str, vendor_id: str, url: str
) -> None:
    answer = await browser.get(linked(previews, kind, vendor_id))
    assert (answer.status_code, answer.headers["location"]) == (302, url)
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(("kind", "vendor_id"), [("look", "l2"), ("look", "gone"), ("voice", "v2")])
async def test_what_has_none_says_so(
    previews: Previews, browser: httpx2.AsyncClient, kind: str, vendor_id: str
) -> None:
    assert (await browser.get(linked(previews, kind, vendor_id))).status_code == 404


async def test_it_ends(previews: Previews, browser: httpx2.AsyncClient, clock: ManualClock) -> None:
    link = linked(previews, "look", "l1")
    clock.advance(GOOD_FOR + 1)
    assert (await browser.get(link)).status_code == 410


async def test_nobody_can_make_one_up(previews: Previews, browser: httpx2.AsyncClient, heygen: SmallHeyGen) -> None:
    link = linked(previews, "look", "l1")
    assert (await browser.get(link[:-4] + "AAAA")).status_code == 404
    assert (await browser.get(linked(previews, "video", "l1"))).status_code == 404
    assert heygen.requests == []


async def test_heygens_trouble_is_told_as_trouble(
    previews: Previews, browser: httpx2.AsyncClient, heygen: SmallHeyGen
) -> None:
    heygen.fail("/v3/avatars/looks/l1", refusal(500))
    answer = await browser.get(linked(previews, "look", "l1"))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")


def test_without_a_public_address_there_are_none(heygen: SmallHeyGen, clock: ManualClock) -> None:
    accounts = FakeAccounts({ACCOUNT: heygen.client()})
    assert Previews(public_url=None, secret="s", accounts=accounts, clock=clock).link("look", ACCOUNT, "l1") is None
