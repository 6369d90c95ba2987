"""What a page's websocket refuses, drops and closes: frames that are none, and pages too fast, too slow or silent."""

from __future__ import annotations

import asyncio
import contextlib
import struct
from collections.abc import AsyncIterator

import pytest
from structlog.testing import capture_logs
from websockets.exceptions import ConnectionClosed

from agent.live.ports import EndPressed, Typed
from bot.web.viewer_socket import Limits, ViewerSocket
from tests.support.viewer import ViewerStage, Visit, viewer_stage
from tests.support.viewer_pages import FRAME, closed, paged, shown, until

UNREAD = 1_000_000  # bytes that are certainly more than a socket's buffers hold, given often enough


@pytest.fixture
async def stage() -> AsyncIterator[ViewerStage]:
    async with viewer_stage() as stage:
        yield stage


def raw(opcode: int, length: int, payload: bytes = b"", *, final: bool = True) -> bytes:
    """A client's frame with a mask of zeros, whose header may promise more than comes."""
    return struct.pack("!BBQ4x", (0x80 if final else 0) | opcode, 0x80 | 127, length) + payload


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
