"""The stage with LiveAvatar on it, and people who open a live session's page."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import Any

from emulators.heygen import HeyGenEmulator
from emulators.liveavatar import LiveAvatarEmulator
from emulators.liveavatar.catalogue import AVATARS
from emulators.openai import OpenAIEmulator
from emulators.slack import Message, SlackEmulator
from emulators.visitor import Visitor
from tests.scenario.quick_clock import QuickClock
from tests.scenario.stage import QUICK, Stage

SPEED = 4.0  # of the app's clock and LiveAvatar's: fast, and yet nobody falls silent for too long while a test waits
OPERATOR = "dave"
PLEA = "I want to talk to a human, my intro has no sound"
START = "/v1/sessions/start"


class LiveStage(Stage):
    """The app with live sessions. Dave operates; LiveAvatar speaks with a voice, people type."""

    def __init__(
        self,
        slack: SlackEmulator,
        openai: OpenAIEmulator,
        heygen: HeyGenEmulator,
        liveavatar: LiveAvatarEmulator,
        folder: Path,
    ) -> None:
        super().__init__(slack, openai, heygen, folder)
        self.liveavatar = liveavatar
        self.clock = QuickClock(SPEED)
        self.tempo = dataclasses.replace(QUICK, live=0.1, live_cards=0.5)
        self._visitors: list[Visitor] = []
        self._overrides = {
            "liveavatar_api_key": "la-key-1",
            "liveavatar_base_url": liveavatar.url,
            "liveavatar_avatar_id": next(iter(AVATARS)),
            "viewer_livekit_js": "https://cdn.example.com/livekit-client.js",
            "tts_model": "emulated-voice",
            "operators": frozenset({self.user(OPERATOR)}),
        }

    async def stop(self) -> None:
        """Close every page, then stop the app."""
        for visitor in self._visitors:
            await visitor.leave()
        self._visitors.clear()
        await super().stop()

    def pass_time(self, seconds: float) -> None:
        """Let this much time pass for the app and for LiveAvatar."""
        self.clock.advance(seconds)
        self.liveavatar.advance(seconds)

    # -- what stands in the thread -----------------------------------------------------------------------------

    def about_live(self, root: str, what: str = "", channel: str = "videos") -> list[Message]:
        """Posts about live sessions: their cards, or those called `what`."""
        wanted = re.compile(rf"live:[^:]+{f':{what}' if what else ''}")
        return [m for m in self.by_app(root, channel) if wanted.fullmatch(_key(m))]

    async def live_card(self, root: str, *words: str, channel: str = "videos") -> Message:
        """The newest card of a live session, once it shows all of `words`."""
        return await self.wait(lambda: _showing(self.about_live(root, channel=channel), words))

    async def told_of(self, root: str, what: str, *words: str, channel: str = "videos") -> Message:
        """A post of a live session called `what`, once it shows all of `words`."""
        return await self.wait(lambda: _showing(self.about_live(root, what, channel), words))

    async def said(self, root: str, *words: str, channel: str = "videos") -> Message:
        """Anything that the app says in a thread with all of `words`."""
        return await self.wait(lambda: _showing(self.by_app(root, channel), words))

    def transcript(self, root: str) -> str:
        """The text of the files in a thread."""
        files = [file for message in self.slack.thread("videos", root) for file in message.files]
        return "\n".join(file.data.decode() for file in files)

    # -- coming to a session -----------------------------------------------------------------------------------

    async def offered(self, root: str | None = None, channel: str = "videos") -> str:
        """Ask for a live avatar, wait until one is offered, and return the thread's root."""
        root = root or self.ask("open a live avatar session, please", channel=channel)
        await self.live_card(root, "is ready for you", channel=channel)
        return root

    async def link(self, card: Message, user: str = "alice") -> str:
        """Press Join and return the personal link."""
        told = await self.press(card, "live_join", user)
        found = re.search(r"<(http[^|>]+/live/[^|>]+)", told)
        assert found is not None, told
        return found[1]

    async def joined(self, root: str) -> Visitor:
        """Join as Alice, and wait until it talks."""
        visitor = self.visitor()
        await visitor.join(await self.link(await self.live_card(root)), microphone=False)
        await visitor.until(lambda: visitor.state == "live")
        await self.live_card(root, "speaks with the avatar")
        return visitor

    async def live(self) -> tuple[str, Visitor]:
        """A session that talks: its thread and the page."""
        root = await self.offered()
        return root, await self.joined(root)

    def visitor(self) -> Visitor:
        """Somebody with a browser; closed at the end."""
        visitor = Visitor()
        self._visitors.append(visitor)
        return visitor

    async def steer(self, root: str, action: str, user: str = OPERATOR) -> str:
        """Press a button of the session's card and return what that person is told."""
        return await self.press(await self.live_card(root), action, user)

    # -- LiveAvatar --------------------------------------------------------------------------------------------

    def started(self) -> int:
        """How many sessions were started: only those cost."""
        return len([one for one in self.liveavatar.state.sessions.values() if one.started is not None])

    def untouched(self) -> bool:
        """Whether LiveAvatar was asked for nothing at all."""
        return not self.liveavatar.journal.select("POST") and not self.liveavatar.charges

    async def ended(self, root: str, *words: str) -> Message:
        """The closing of a session that ran, once nothing of it runs any more."""
        closing = await self.told_of(root, "closing", *words)
        await self.wait(lambda: not any(one.open for one in self.liveavatar.state.sessions.values()))
        return closing

    def reactions(self, ts: str, channel: str = "videos") -> dict[str, list[str]]:
        """What a message was reacted to with, and by whom."""
        return dict(self.slack.message(channel, ts).reactions)


def _key(message: Message) -> str:
    payload: Any = (message.metadata or {}).get("event_payload") or {}
    return str(payload.get("key", ""))


def _showing(messages: list[Message], words: tuple[str, ...]) -> Message | None:
    return next((m for m in reversed(messages) if all(word in m.rendered_text() for word in words)), None)
