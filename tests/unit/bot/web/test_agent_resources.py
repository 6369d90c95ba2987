"""Links to what a video agent shows."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette

from agent.video_agents.records import AgentMode, AgentSession, AgentState
from bot.web.agent_resources import GOOD_FOR, AgentResources, best_of
from heygen import Client, HttpTransport
from heygen.records import AgentResource
from tests.support.clock import ManualClock

SESSION = AgentSession(
    id="agent-1",
    workspace_id="T1",
    account_id="A1",
    conversation_id="c",
    submission_id="s",
    job_id="j",
    requester="U1",
    provider_session_id="sess",
    mode=AgentMode.CHAT,
    state=AgentState.WORKING,
    created_at=1_000.0,
    changed_at=1_000.0,
)
RESOURCE = {"resource_id": "r1", "resource_type": "draft", "preview_url": "https://files.example/draft.png"}


class World:
    """One session, and a HeyGen that has one resource."""

    def __init__(self) -> None:
        self.answer: tuple[int, Any] = (200, {"data": RESOURCE})
        self.asked: list[str] = []
        self.known = SESSION

    async def session(self, session_id: str) -> AgentSession:
        if session_id != self.known.id:
            raise KeyError(session_id)
        return self.known

    async def client(self, account_id: str) -> Client:
        http = httpx2.AsyncClient(transport=httpx2.MockTransport(self._answer))
        return Client(HttpTransport("https://heygen.example", "key", http, "test"))

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(request.url.path)
        return httpx2.Response(self.answer[0], json=self.answer[1])


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def links(world: World, clock: ManualClock) -> AgentResources:
    accounts: Any = world
    return AgentResources(
        public_url="https://green.example", secret="s" * 40, sessions=world, accounts=accounts, clock=clock
    )


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(2_000.0)


@pytest.fixture
async def browser(links: AgentResources) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(Starlette(routes=links.routes()))
    async with httpx2.AsyncClient(transport=transport, base_url="https://green.example") as browser:
        yield browser


async def test_a_click_reads_it_again_and_leads_there(
    links: AgentResources, world: World, browser: httpx2.AsyncClient
) -> None:
    link = links.link(SESSION, "r1")
    assert link is not None
    answer = await browser.get(link)
    assert (answer.status_code, answer.headers["location"]) == (302, RESOURCE["preview_url"])
    assert world.asked == ["/v3/video-agents/sess/resources/r1"]
    assert answer.headers["cache-control"] == "no-store"


async def test_what_is_gone_or_in_trouble_says_so(
    links: AgentResources, world: World, browser: httpx2.AsyncClient
) -> None:
    link = str(links.link(SESSION, "r1"))
    for status, shown in ((404, 404), (401, 503)):
        world.answer = status, {"error": {"code": "x", "message": "y"}}
        assert (await browser.get(link)).status_code == shown
    world.answer = 200, {"data": {"resource_id": "r1", "preview_url": "javascript:alert(1)"}}
    assert (await browser.get(link)).status_code == 404


async def test_it_ends_and_cannot_be_made_up(
    links: AgentResources, world: World, clock: ManualClock, browser: httpx2.AsyncClient
) -> None:
    link = str(links.link(SESSION, "r1"))
    assert (await browser.get(link[:-2] + "xy")).status_code == 404
    assert (await browser.get("/a/nothing")).status_code == 404
    clock.advance(GOOD_FOR)
    assert (await browser.get(link)).status_code == 410
    assert world.asked == []


async def test_with_its_person_its_links_go(links: AgentResources, world: World, browser: httpx2.AsyncClient) -> None:
    link = str(links.link(SESSION, "r1"))
    world.known = dataclasses.replace(SESSION, requester="deleted-01234567")
    assert (await browser.get(link)).status_code == 404
    world.known = dataclasses.replace(SESSION, id="agent-2")
    assert (await browser.get(link)).status_code == 404


def test_without_a_public_address_there_are_none(world: World, clock: ManualClock) -> None:
    accounts: Any = world
    links = AgentResources(public_url=None, secret="s" * 40, sessions=world, accounts=accounts, clock=clock)
    assert links.link(SESSION, "r1") is None


def test_of_a_video_it_is_the_video_that_one_wants_to_see() -> None:
    both = {"url": "https://files.example/v.mp4", "preview_url": "https://files.example/v.png"}
    assert best_of(AgentResource(id="r", type="video", **both)) == both["url"]
    assert best_of(AgentResource(id="r", type="image", **both)) == both["preview_url"]
    assert best_of(AgentResource(id="r", type="draft", thumbnail_url="https://x")) == "https://x"
