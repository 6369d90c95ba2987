"""Two processes, a live session, and kill -9 in the middle of a sentence: nobody pays for what nobody watches."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from emulators.visitor import Visitor
from tests.chaos.live_pair import LivePair
from tests.chaos.pair import LEASE

pytestmark = [pytest.mark.chaos, pytest.mark.full, pytest.mark.timeout(180)]

# Until the lease is over, until somebody looks, and the time in which the viewer may come back.
SWEEP_SECONDS, GRACE_SECONDS, SPARE_SECONDS = 5.0, 10.0, 6.0


@pytest.fixture
async def pair(tmp_path: Path, postgres_url: str) -> AsyncIterator[LivePair]:
    pair = LivePair(tmp_path, postgres_url)
    await pair.open()
    yield pair
    await pair.close()


@pytest.fixture
async def visitor() -> AsyncIterator[Visitor]:
    visitor = Visitor()
    yield visitor
    await visitor.leave()


async def test_a_viewer_who_comes_back_finds_the_session_at_another_process(pair: LivePair, visitor: Visitor) -> None:
    root = await pair.speaking(visitor)
    session = pair.liveavatar.session()
    pair.kill(0)
    await visitor.until(lambda: visitor.closed is not None)
    visitor.messages.clear()
    await visitor.come_in(microphone=False)
    await visitor.until(lambda: visitor.state == "live")
    await visitor.send({"type": "ready"})
    before = len(pair.liveavatar.utterances())
    await visitor.type("Are you still there?")
    await pair.until(lambda: len(pair.liveavatar.utterances()) > before)
    await visitor.end()
    await pair.until(lambda: not session.open)
    await pair.until(lambda: pair.closing(root))

    assert [one.id for one in pair.liveavatar.state.sessions.values()] == [session.id]
    assert sum(charge.credits for charge in pair.liveavatar.charges) <= 2


async def test_without_a_viewer_the_other_process_stops_it_and_sends_the_bill(
    pair: LivePair, visitor: Visitor, figure: Callable[[str], None]
) -> None:
    root = await pair.speaking(visitor)
    killed = pair.kill(0)
    await pair.until(lambda: not pair.liveavatar.session().open)
    late = time.time() - killed
    await pair.until(lambda: pair.closing(root))
    figure(f"a live session whose process was killed is stopped after {late:.1f} s")

    assert late <= LEASE + SWEEP_SECONDS + GRACE_SECONDS + SPARE_SECONDS
    assert pair.liveavatar.session().end_reason == "ZOMBIE_SESSION_REAP"
    assert [entry.status for entry in pair.liveavatar.journal.select("POST", "/v1/sessions/stop")] == [200]
    assert "the process that had it" in pair.closing(root) or "$0.12" in pair.closing(root)


async def test_a_process_that_stands_still_loses_it_and_disturbs_nobody(pair: LivePair, visitor: Visitor) -> None:
    root = await pair.speaking(visitor)
    os.kill(pair.nodes[0].pid, signal.SIGSTOP)
    pair.nodes[0].ready = False
    await visitor.leave()
    await pair.until(lambda: not pair.liveavatar.session().open)
    await pair.until(lambda: pair.closing(root))
    os.kill(pair.nodes[0].pid, signal.SIGCONT)
    await asyncio.sleep(3.0)  # it has to find out, and must not start or say anything

    assert len(pair.liveavatar.journal.select("POST", "/v1/sessions/start")) == 1
    assert len([one for one in pair.by_app(root) if one.text.startswith("<@") and "ended" in one.text]) == 1
