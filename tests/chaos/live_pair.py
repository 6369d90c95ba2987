"""Processes that hold live sessions, an emulated LiveAvatar, and somebody on the page."""

from __future__ import annotations

import base64
import hashlib
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from emulators.liveavatar import DEFAULT_KEY, LiveAvatarEmulator
from emulators.liveavatar.catalogue import ALEX
from emulators.slack import Message
from emulators.visitor import Visitor
from tests.chaos.pair import EVERYTHING, Pair

PLAYER = b"// the page's player is not what this is about\n"
PATIENCE = 40.0


class LivePair(Pair):
    """Two nodes that hold live sessions."""

    def __init__(self, folder: Path, server_url: str, seed: int = 1) -> None:
        super().__init__(folder, server_url, seed)
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
        await self.ask_everything(visitor)
        return root

    async def ask_everything(self, visitor: Visitor) -> None:
        """Somebody asks for something that takes long to say, and the avatar has begun to."""
        before = len(self.liveavatar.utterances())
        await visitor.type(EVERYTHING)
        await self.until(lambda: self._talks_since(before))

    def _talks_since(self, before: int) -> bool:
        said = self.liveavatar.utterances()
        return len(said) > before and said[-1].outcome == "talking"

    def closing(self, root: str) -> str:
        """What the thread is told at the end."""
        ended = [one.rendered_text() for one in self.by_app(root) if "came to" in one.rendered_text()]
        return "\n".join(ended)
