"""The page's websocket, spoken to by a real client over loopback: who gets in, what is passed on, what is refused."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest
from structlog.testing import capture_logs
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from agent.live.ports import EndPressed, Hello, Muted, RoomReady, Sound, Typed
from agent.live.records import LiveState
from bot.web.viewer_headers import room_sources
from bot.web.viewer_socket import Limits
from tests.support.viewer import RecordingDesk, ViewerStage, Visit, viewer_stage
from tests.support.viewer_pages import FRAME, HELLO, closed, cookie_of, paged, shown, until


@pytest.fixture
async def stage() -> AsyncIterator[ViewerStage]:
    async with viewer_stage() as stage:
        yield stage


# Who gets in


@pytest.mark.parametrize("origin", ["https://evil.example", "null", None])
async def test_another_origin_gets_no_websocket(stage: ViewerStage, origin: Any) -> None:
    headers = {"Cookie": await cookie_of(stage)}
    with pytest.raises(InvalidStatus) as caught:
        await connect(stage.socket_url, origin=origin, additional_headers=headers, proxy=None)
    assert caught.value.response.status_code == 403


@pytest.mark.parametrize("cookie", ["a=b", "greenroom-live=pass_0.AAAA", "greenroom-live="])
async def test_without_its_cookie_a_page_is_told_that_it_is_not_allowed(stage: ViewerStage, cookie: str) -> None:
    stage.link()
    async with paged(stage, hello=None, cookie=cookie) as page:
        assert await closed(page) == (4003, "not allowed")
    assert stage.desk.visits == []


async def test_a_pass_that_is_gone_is_not_allowed(stage: ViewerStage) -> None:
    cookie = await cookie_of(stage)
    stage.passes.passes.clear()
    async with paged(stage, hello=None, cookie=cookie) as page:
        assert await closed(page) == (4003, "not allowed")


@pytest.mark.parametrize("state", [LiveState.CLOSING, LiveState.ENDED])
async def test_after_the_end_a_page_is_told_that_it_has_ended(stage: ViewerStage, state: LiveState) -> None:
    cookie = await cookie_of(stage)
    stage.passes.change(state=state, started_at=1.0)
    async with paged(stage, hello=None, cookie=cookie) as page:
        assert await closed(page) == (4000, "ended")


async def test_a_page_is_attended_to_once_it_has_said_hello(stage: ViewerStage) -> None:
    async with paged(stage):
        visit = await stage.desk.visit()
        assert visit.session_id == "live_1"
        assert visit.viewer.user_id == "UALICE"
        assert visit.hello == Hello(consent=True, microphone=True, language="en")
    await stage.desk.wait_for(lambda: visit.over)


async def test_no_compression_is_agreed_on(stage: ViewerStage) -> None:
    async with paged(stage) as page:
        assert page.protocol.extensions == []


# What is passed on


async def test_everything_arrives_in_order_and_ends_with_the_page(stage: ViewerStage) -> None:
    async with paged(stage) as page:
        for said in ({"type": "ready"}, {"type": "text", "text": "Hi"}, {"type": "pong"}):
            await page.send(json.dumps(said))
        await page.send(FRAME)
        for said in ({"type": "mute", "muted": True}, {"type": "end"}):
            await page.send(json.dumps(said))
    visit = await stage.desk.visit()
    await stage.desk.wait_for(lambda: visit.over)

    assert visit.inputs == [RoomReady(), Typed("Hi"), Sound(FRAME), Muted(True), EndPressed()]


async def test_a_page_is_shown_everything_before_it_is_closed_and_the_first_code_counts(stage: ViewerStage) -> None:
    async with paged(stage) as page:
        visit = await stage.desk.visit()
        for number in range(200):
            visit.viewer.show({"type": "caption", "id": str(number), "text": "größer"})
        await visit.viewer.close(4000, "ended")
        await visit.viewer.close(4010, "try again")
        visit.viewer.show({"type": "state"})

        assert [(await shown(page))["id"] for _ in range(200)] == [str(number) for number in range(200)]
        assert await closed(page) == (4000, "ended")
    assert visit.over


async def test_what_is_shown_is_what_it_was_when_it_was_shown(stage: ViewerStage) -> None:
    async with paged(stage) as page:
        visit = await stage.desk.visit()
        message = {"type": "caption", "text": "one"}
        visit.viewer.show(message)
        message["text"] = "two"
        assert (await shown(page))["text"] == "one"


async def test_a_newer_page_of_the_same_person_wins(stage: ViewerStage) -> None:
    async with paged(stage) as older:
        await stage.desk.visit(0)
        async with paged(stage):
            await stage.desk.visit(1)
            assert await closed(older) == (4001, "opened elsewhere")


async def test_a_desk_that_is_done_without_a_word_leaves_the_page_to_try_again() -> None:
    class Done(RecordingDesk):
        async def attend(self, *_: Any) -> None:
            return

    async with viewer_stage(desk=Done()) as stage, paged(stage) as page:
        assert await closed(page) == (4010, "try again")


async def test_a_desk_that_fails_is_heard_of_and_the_page_tries_again(caplog: pytest.LogCaptureFixture) -> None:
    def fail(_: Visit) -> None:
        raise ZeroDivisionError

    async with viewer_stage(desk=RecordingDesk(fail)) as stage, paged(stage) as page:
        assert await closed(page) == (4010, "try again")
    assert [record.exc_info[0] for record in caplog.records if record.exc_info] == [ZeroDivisionError]


async def test_a_process_that_stops_ends_what_pages_do() -> None:
    async with viewer_stage() as stage:
        cookie = await cookie_of(stage)
        page = await connect(stage.socket_url, origin=stage.url, additional_headers={"Cookie": cookie}, proxy=None)
        await page.send(json.dumps(HELLO))
        visit = await stage.desk.visit()
    assert visit.over
    assert await closed(page) == (1012, "")


async def test_a_room_that_the_page_may_not_reach_is_an_error_of_ours() -> None:
    async with viewer_stage(rooms=room_sources("https://api.liveavatar.com")) as stage, paged(stage) as page:
        visit = await stage.desk.visit()
        with capture_logs() as logs:
            visit.viewer.show({"type": "room", "url": "wss://a.livekit.cloud", "token": "t1"})
            visit.viewer.show({"type": "room", "url": "wss://rooms.example/x?secret=s1", "token": "t1"})
        assert [(entry["event"], entry["host"]) for entry in logs] == [("room_not_allowed", "rooms.example")]
        assert [(await shown(page))["url"][:12] for _ in range(2)] == ["wss://a.live", "wss://rooms."]


async def test_what_people_say_is_in_no_log(stage: ViewerStage, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with capture_logs() as logs:
        async with paged(stage) as page:
            await page.send(json.dumps({"type": "text", "text": "my secret"}))
            visit = await stage.desk.visit()
            await stage.desk.wait_for(lambda: visit.presses)
            await page.send("{my secret")
            assert await closed(page) == (1007, "not JSON")
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith("websockets.client")]
    assert "secret" not in str(logs) + str(ours)
    assert [entry["event"] for entry in logs] == ["viewer_connected", "viewer_closed"]


# Hello


@pytest.mark.parametrize(
    "first", [{"type": "ready"}, {"type": "text", "text": "Hi"}, HELLO | {"version": 9}], ids=lambda said: said["type"]
)
async def test_hello_comes_first(stage: ViewerStage, first: dict[str, Any]) -> None:
    async with paged(stage, hello=first) as page:
        assert (await closed(page))[0] == 1003
    assert stage.desk.visits == []


async def test_sound_before_hello_is_refused(stage: ViewerStage) -> None:
    async with paged(stage, hello=None) as page:
        await page.send(FRAME)
        assert await closed(page) == (1003, "hello comes first, and once")


async def test_hello_comes_once(stage: ViewerStage) -> None:
    async with paged(stage) as page:
        await page.send(json.dumps(HELLO))
        assert await closed(page) == (1003, "hello comes first, and once")


async def test_hello_comes_in_time() -> None:
    async with viewer_stage(limits=Limits(hello=0.05)) as stage, paged(stage, hello=None) as page:
        assert await closed(page) == (4008, "no hello")
    assert stage.desk.visits == []


async def test_a_page_that_leaves_before_hello_is_forgotten(stage: ViewerStage) -> None:
    with capture_logs() as logs:
        async with paged(stage, hello=None):
            pass
        await until(lambda: logs)
    assert logs[0]["reason"] == "the page went away"
    assert stage.desk.visits == []
