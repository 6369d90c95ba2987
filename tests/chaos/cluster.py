"""Three workers and two web processes on one PostgreSQL: killed, and restarted one by one into the next version."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import random
import signal
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from emulators.visitor import Visitor
from tests.chaos.live_pair import LivePair
from tests.chaos.pair import Node, Size, Talk

DRAIN_SECONDS = 8.0
END_SECONDS = 40.0


@dataclasses.dataclass(frozen=True, slots=True)
class Plan(Size):
    """Half of the kills come before the rolling restart, half after it. `pause`: seconds between two of them."""

    pause: tuple[float, float] = (3.0, 8.0)

    @property
    def seconds(self) -> float:
        """See `Size.seconds`; the restarts take a while too."""
        return self.kills * sum(self.pause) / 2 + 5.0


class Cluster(LivePair):
    """Nodes `web-…` answer, nodes `worker-…` work."""

    def __init__(self, folder: Path, server_url: str, seed: int) -> None:
        super().__init__(folder, server_url, seed)
        self.webs = [Node("web-1"), Node("web-2")]
        self.nodes = [*self.webs, Node("worker-1"), Node("worker-2"), Node("worker-3")]
        self.visitor = Visitor()
        self.said_draining: set[str] = set()
        self._next: set[str] = set()
        self._live: Node | None = None
        self._root = ""

    @property
    def answering(self) -> list[Node]:
        """The nodes that requests go to."""
        return self.webs

    async def close(self) -> None:
        await self.visitor.leave()
        await super().close()

    def _order(self, node: Node) -> dict[str, Any]:
        part = {"part": node.name.split("-")[0], "drain": DRAIN_SECONDS}
        return super()._order(node) | part | {"next_version": node.name in self._next}

    async def play(self, size: Size) -> list[str]:
        """With a live session that is in the middle of a sentence when its process is stopped."""
        self._root = await self.speaking(self.visitor)
        self._live = self.webs[0]
        return await super().play(size)

    async def _disturb(self, size: Size) -> None:
        assert isinstance(size, Plan)
        chance = random.Random(f"{self.seed}-disturb")  # noqa: S311 - not a secret
        for number in range(size.kills):
            if self._live is not None:  # nobody may have been silent for so long that the session ends by itself
                await self.ask_everything(self.visitor)
            if number == size.kills // 2:
                await self._roll()
            await asyncio.sleep(chance.uniform(*size.pause))
            await self._kill(chance.choice([node for node in self.nodes if node is not self._live]))

    # -- the rolling restart -----------------------------------------------------------------------------------

    async def _roll(self) -> None:
        """One after the other ends by itself and comes back in the next version, the live session's own last."""
        for node in sorted(self.nodes, key=lambda node: node is self._live):
            os.kill(node.pid, signal.SIGTERM)
            said = asyncio.create_task(self._says_draining(node))
            if node is self._live:
                await self._follow()
            assert await self.zygote.ended(node.pid, END_SECONDS) == 0, f"{node.name} did not end by itself"
            await said
            self._next.add(node.name)
            await self._start(node)

    async def _says_draining(self, node: Node) -> None:
        """Nobody is sent there any more once it says so, or once it is gone."""
        while await asyncio.to_thread(readiness, node.port) == 200:
            await asyncio.sleep(0.02)
        node.ready = False
        if await asyncio.to_thread(readiness, node.port) == 503:
            self.said_draining.add(node.name)

    async def _follow(self) -> None:
        """The page comes back by itself, to the other process, and is answered there."""
        await self.visitor.until(lambda: self.visitor.closed is not None)
        assert self.visitor.closed == 4010, self.visitor.closed
        self.visitor.messages.clear()
        await self.visitor.come_in(microphone=False)
        await self.visitor.until(lambda: self.visitor.state == "live")
        self._live = None  # the other one; it may be killed now, but not before it has answered
        await self.visitor.send({"type": "ready"})
        before = len(self.liveavatar.utterances())
        await self.visitor.type("Are you still there?")
        await self.until(lambda: len(self.liveavatar.utterances()) > before)
        await self.visitor.end()
        await self.until(lambda: not self.liveavatar.session().open)

    # -- judging -----------------------------------------------------------------------------------------------

    def _wrong(self) -> list[str]:
        return [*super()._wrong(), *self._wrong_live()]

    def _wrong_live(self) -> Iterator[str]:
        """One session, started and stopped once, billed once and told of once."""
        if len(self.liveavatar.state.sessions) != 1 or self.liveavatar.session().open:
            yield f"{len(self.liveavatar.state.sessions)} live sessions"
        starts = self.liveavatar.journal.select("POST", "/v1/sessions/start")
        if len(starts) != 1:
            yield f"a live session was started {len(starts)} times"
        told = [one.text for one in self.by_app(self._root) if one.text.startswith("<@") and " ended" in one.text]
        if len(told) != 1:
            yield f"the thread of the live session was told {len(told)} times"

    def _wrong_talk(self, talk: Talk) -> Iterator[str]:
        yield from super()._wrong_talk(talk)
        if "release_note" in str([message.rendered_text() for message in self.replies(talk.root)]):
            yield f"talk {talk.number}: a note was told"


def readiness(port: int) -> int:
    """The status of a node's `/readyz`, 0 when it does not answer."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0
