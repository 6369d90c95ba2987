"""Two processes, a live session, and kill -9 in the middle of a sentence: nobody pays for what nobody watches."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import os
import signal
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from emulators.liveavatar import DEFAULT_KEY, LiveAvatarEmulator
from emulators.liveavatar.catalogue import ALEX
from emulators.openai import Say
from emulators.slack import Message
from emulators.visitor import Visitor
from tests.chaos.pair import LEASE, Pair

pytestmark = [pytest.mark.chaos, pytest.mark.full, pytest.mark.timeout(180)]

LONG = "There is a lot to tell about that, so please bear with me for a while. " * 6
PLAYER = b"// the page's player is not what this is about\n"
# Until the lease is over, until somebody looks, and the time in which the viewer may come back.
SWEEP_SECONDS, GRACE_SECONDS, SPARE_SECONDS = 5.0, 10.0, 6.0
PATIENCE = 40.0


class LivePair(Pair):
    """Two nodes that hold live sessions."""

    def __init__(self, folder: Path, server_url: str) -> None:
        super().__init__(folder, server_url, seed=1)
        self.liveavatar = LiveAvatarEmulator()
        self._player = folder / "player.js"

    async def open(self) -> None:
        self._player.write_bytes(PLAYER)
        await self.liveavatar.start()
        await super().open()
        self.slack.courier.url = f"{self.proxy.url}/slack/events"

    async def close(self) -> None:
        await super().close()
        await self.liveavatar.stop()

    def settings(self, database_url: str, public_url: str) -> dict[str, Any]:
        digest = base64.b64encode(hashlib.sha384(PLAYER).digest()).decode()
        live = {
            "liveavatar_api_key": DEFAULT_KEY,
            "liveavatar_base_url": self.liveavatar.url,
            "liveavatar_avatar_id": ALEX,
            "tts_model": "emulated-voice",
            "viewer_livekit_js": str(self._player),
            "viewer_livekit_integrity": f"sha384-{digest}",
        }
        return super().settings(database_url, public_url) | live

    def kill(self, number: int) -> float:
        """kill -9, for good; when."""
        os.kill(self.nodes[number].pid, signal.SIGKILL)
        self.nodes[number].ready = False
        return time.time()

    async def until(self, condition: Callable[[], Any]) -> Any:
        """Wait for something that can be seen from outside."""
        return await self.liveavatar.journal.wait_for(condition, PATIENCE)

    def card(self, root: str) -> Message | None:
        """The card once somebody can join."""
        return next((one for one in self.by_app(root) if "'live_join'" in str(one.blocks)), None)

    def link(self) -> str | None:
        """The personal link, once Alice has been given one."""
        links = [link for message in self.slack.ephemerals("alice") for link in message.links()]
        return next((link for link in links if "/live/" in link), None)

    async def speaking(self, visitor: Visitor) -> str:
        """A session of node 0's whose avatar is in the middle of a long sentence; the thread."""
        root = self.slack.say("alice", "videos", f"<@{self.slack.bot_user}> Please start a live avatar session")
        card = await self.until(lambda: self.card(root))
        assert (await self.slack.click("alice", card.channel, card.ts, "live_join")).ok
        self.nodes[1].ready = False
        await visitor.join(str(await self.until(self.link)), microphone=False)
        self.nodes[1].ready = True
        await self.until(lambda: self.liveavatar.utterances() and self.liveavatar.utterances()[0].ended)
        self.openai.script([[Say(LONG)]])
        await visitor.type("Tell me everything.")
        await self.until(lambda: self.liveavatar.utterances()[-1].outcome == "talking" and len(self._said()) > 1)
        return root

    def _said(self) -> list[Any]:
        return self.liveavatar.utterances()

    def closing(self, root: str) -> str:
        """What the thread is told at the end."""
        ended = [one.rendered_text() for one in self.by_app(root) if "came to" in one.rendered_text()]
        return "\n".join(ended)


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
