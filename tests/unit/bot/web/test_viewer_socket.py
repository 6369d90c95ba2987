"""The page's websocket, spoken to by a real client over loopback: who gets in, what is passed on, what is refused."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import httpx2
import pytest
from structlog.testing import capture_logs
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from agent.live.ports import EndPressed, Hello, Muted, RoomReady, Sound, Typed
from agent.live.records import LiveState
from bot.web.viewer_headers import room_sources
from bot.web.viewer_socket import Limits, ViewerSocket
from tests.support.viewer import RecordingDesk, ViewerStage, Visit, viewer_stage

HELLO = {"type": "hello", "version": 1, "consent": True, "microphone": True, "language": "en"}
FRAME = bytes(range(0, 192)) * 10
UNREAD = 1_000_000  # bytes that are certainly more than a socket's buffers hold, given often enough

Staging = Callable[..., AbstractAsyncContextManager[ViewerStage]]


@pytest.fixture
async def stage() -> AsyncIterator[ViewerStage]:
    async with viewer_stage() as stage:
        yield stage


async def cookie_of(stage: ViewerStage) -> str:
    """Come in by a fresh link; the cookie it was exchanged for."""
    async with httpx2.AsyncClient(headers={"Origin": stage.url}) as browser:
        token = stage.link().rpartition("/")[2]
        answer = await browser.post(f"{stage.url}/live/enter", json={"token": token, "consent": True})
    return str(answer.headers["set-cookie"].partition(";")[0])


@asynccontextmanager
async def paged(
    stage: ViewerStage, *, hello: dict[str, Any] | None = HELLO, cookie: str | None = None, **options: Any
) -> AsyncIterator[ClientConnection]:
    """A page, connected."""
    headers = {"Cookie": cookie or await cookie_of(stage)}
    async with connect(stage.socket_url, origin=stage.url, additional_headers=headers, proxy=None, **options) as page:
        if hello is not None:
            await page.send(json.dumps(hello))
        yield page


async def closed(page: ClientConnection) -> tuple[int | None, str]:
    """The code and reason that a page is closed with, after whatever it is shown until then."""
    try:
        while True:
            await asyncio.wait_for(page.recv(), 10)
    except ConnectionClosed as ending:
        return (None, "") if ending.rcvd is None else (ending.rcvd.code, ending.rcvd.reason)


async def shown(page: ClientConnection) -> dict[str, Any]:
    """The next message to the page."""
    message: dict[str, Any] = json.loads(await asyncio.wait_for(page.recv(), 10))
    return message


async def until(condition: Callable[[], Any]) -> None:
    """Look until it is so, for 10 s at most."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - nothing announces it
            await asyncio.sleep(0.01)


def raw(opcode: int, length: int, payload: bytes = b"", *, final: bool = True) -> bytes:
    """A client's frame with a mask of zeros, whose header may promise more than comes."""
    return struct.pack("!BBQ4x", (0x80 if final else 0) | opcode, 0x80 | 127, length) + payload


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


# Frames that are refused


@pytest.mark.parametrize(
    ("frame", "code"),
    [(b"odd", 1007), (b"", 1007), ("[]", 1003), ("{", 1007), ('"' + "x" * 20_000 + '"', 1009), (bytes(65_537), 1009)],
    ids=["odd", "empty", "list", "half", "long", "too large"],
)
async def test_a_frame_that_is_none_closes_the_page(stage: ViewerStage, frame: str | bytes, code: int) -> None:
    async with paged(stage) as page:
        visit = await stage.desk.visit()
        await page.send(frame)
        assert (await closed(page))[0] == code
    await stage.desk.wait_for(lambda: visit.over)
    assert visit.inputs == []


@pytest.mark.parametrize("opcode", [1, 2], ids=["text", "binary"])
async def test_ten_megabytes_are_refused_by_their_header_before_they_come(stage: ViewerStage, opcode: int) -> None:
    async with paged(stage) as page:
        await stage.desk.visit()
        page.transport.write(raw(opcode, 10_000_000))
        assert (await closed(page))[0] == 1009


async def test_ten_megabytes_that_do_come_end_the_connection(stage: ViewerStage) -> None:
    async with paged(stage) as page:
        visit = await stage.desk.visit()
        with contextlib.suppress(ConnectionClosed):
            await page.send(bytes(10_000_000))
        await closed(page)
        await stage.desk.wait_for(lambda: visit.over)
    assert visit.inputs == []


async def test_a_message_in_pieces_is_not_larger_than_one_in_one(stage: ViewerStage) -> None:
    async with paged(stage) as page:
        await stage.desk.visit()
        page.transport.write(raw(2, 40_000, bytes(40_000), final=False) + raw(0, 40_000))
        assert (await closed(page))[0] == 1009


async def test_text_that_is_no_unicode_is_refused(stage: ViewerStage, caplog: pytest.LogCaptureFixture) -> None:
    async with paged(stage) as page:
        await stage.desk.visit()
        page.transport.write(raw(1, 2, b"\xff\xfe"))
        assert (await closed(page))[0] == 1007


# Pages that are too fast, too slow or silent


async def test_too_many_messages_close_the_page() -> None:
    async with viewer_stage(limits=Limits(messages=1, messages_burst=50)) as stage, paged(stage) as page:
        for _ in range(60):
            await page.send('{"type": "pong"}')
        assert await closed(page) == (1008, "too many messages")


async def test_sound_of_another_rate_is_noticed() -> None:
    """48 kHz taken for 24 kHz comes twice as fast as it is spoken; here all of it at once."""
    async with viewer_stage(limits=Limits(sound=1, sound_burst=19_200)) as stage, paged(stage) as page:
        for _ in range(11):
            await page.send(FRAME)
        assert await closed(page) == (1007, "sound comes faster than it is spoken")


async def unread(stage: ViewerStage, *said: str | bytes) -> Visit:
    """Have a page say all this while the desk does not read, and leave; the visit."""
    stage.desk.reading.clear()
    async with paged(stage) as page:
        for item in said:
            await page.send(item)
    visit = await stage.desk.visit()
    viewer = visit.viewer
    assert isinstance(viewer, ViewerSocket)
    await until(lambda: viewer._over)
    stage.desk.reading.set()
    await stage.desk.wait_for(lambda: visit.over)
    return visit


async def test_sound_that_is_not_read_in_time_is_dropped_and_words_are_not(stage: ViewerStage) -> None:
    frames = [struct.pack("<960h", *[number] * 960) for number in range(100)]
    visit = await unread(stage, '{"type": "text", "text": "first"}', *frames, '{"type": "end"}')

    assert visit.presses == [Typed("first"), EndPressed()]
    assert visit.sound == b"".join(frames[-50:])


async def test_words_that_nobody_reads_close_the_page_at_a_limit(stage: ViewerStage) -> None:
    stage.desk.reading.clear()
    async with paged(stage) as page:
        for _ in range(65):
            await page.send('{"type": "ready"}')
        assert await closed(page) == (1008, "too many messages")
    stage.desk.reading.set()


async def test_a_page_that_answers_pings_stays() -> None:
    async with viewer_stage(limits=Limits(ping=0.02, answer=5.0)) as stage, paged(stage) as page:
        for _ in range(5):
            assert await shown(page) == {"type": "ping"}
            await page.send('{"type": "pong"}')
        assert not stage.desk.visits[0].over


async def test_a_page_whose_script_does_not_answer_is_closed() -> None:
    async with viewer_stage(limits=Limits(ping=0.02, answer=0.1)) as stage, paged(stage) as page:
        assert await closed(page) == (4008, "the page does not answer")


async def test_a_page_that_is_shown_more_than_it_takes_is_closed(stage: ViewerStage) -> None:
    async with paged(stage) as page:
        visit = await stage.desk.visit()
        for _ in range(257):
            visit.viewer.show({"type": "caption"})
        assert await closed(page) == (4008, "the page does not read")


async def test_a_page_that_reads_nothing_is_cut_off() -> None:
    limits = Limits(outgoing=40, close=0.1)
    async with viewer_stage(limits=limits) as stage, paged(stage, max_queue=1) as page:
        visit = await stage.desk.visit()
        with capture_logs() as logs:
            while not visit.over:
                visit.viewer.show({"type": "caption", "text": "x" * UNREAD})
                await asyncio.sleep(0)
            await until(lambda: logs)
        assert logs[0]["reason"] == "the page does not read"
        assert await closed(page) == (None, "")  # what was sent is there, but no word that closes


async def test_closing_a_page_that_reads_nothing_takes_no_longer_than_it_may() -> None:
    async with viewer_stage(limits=Limits(close=0.1)) as stage, paged(stage, max_queue=1) as page:
        visit = await stage.desk.visit()
        for _ in range(30):
            visit.viewer.show({"type": "caption", "text": "x" * UNREAD})
        async with asyncio.timeout(5):
            await visit.viewer.close(4000, "ended")
        assert await closed(page) == (None, "")
