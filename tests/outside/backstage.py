"""The real app between Slack's emulator and the judges."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Self, TypeVar

from agent.jobs import PollPlan
from bot.app import Tempo, running
from bot.server import Server, bound, url_of
from bot.settings import Settings
from emulators.heygen import HeyGenEmulator
from emulators.slack import Message, SlackEmulator

Found = TypeVar("Found")

PATIENCE = 40.0
TEMPO = Tempo(lanes=0.05, deliveries=0.05, submissions=0.05, jobs=0.05, poll=PollPlan(steps=(), last=0.5))


class EvenClock:
    """The machine's pace, begun at a full minute: what the model is told of the time stays the same for a minute.

    A judge recognises a repeated request by its body.
    """

    def __init__(self) -> None:
        self._offset = time.time() // 60 * 60 - time.monotonic()

    def now(self) -> float:
        """Unix seconds, at most a minute behind."""
        return time.monotonic() + self._offset

    async def sleep(self, seconds: float) -> None:
        """Wait `seconds`."""
        await asyncio.sleep(seconds)


class Backstage:
    """What a test has in its hands. `open` starts the app; leaving the block ends everything."""

    def __init__(self, folder: Path) -> None:
        self.slack = SlackEmulator()
        self._videos = HeyGenEmulator()  # only for the sample videos it serves
        self._folder = folder
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        for emulator in (self.slack, self._videos):
            await emulator.start()
            self._stack.push_async_callback(emulator.stop)
        self.slack.limits.enabled = False
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def open(self, *, model: str, heygen: str) -> None:
        """Start the app on these servers."""
        listener = bound("127.0.0.1", 0)
        self._stack.callback(listener.close)
        settings = self._settings(url_of(listener), model, heygen)
        app = await self._stack.enter_async_context(running(settings, clock=EvenClock(), tempo=TEMPO))
        server = Server(app.asgi, listener)
        await server.start()
        self._stack.push_async_callback(server.stop)
        self.slack.configure(f"{settings.public_url}/slack/events")

    def _settings(self, public_url: str, model: str, heygen: str) -> Settings:
        values: dict[str, Any] = {
            "slack_bot_token": self.slack.bot_token,
            "slack_signing_secret": self.slack.signing_secret,
            "slack_api_url": self.slack.api_url,
            "openai_api_key": "judged",
            "openai_base_url": f"{model}/v1",
            "openai_model": "gpt-judged",
            "heygen_api_key": "judged",
            "heygen_base_url": heygen,
            "database_url": f"sqlite:///{self._folder}/greenroom.db",
            "public_url": public_url,
            "slack_upload_max_mb": 0,
            "secret_key": "outside-secret-key-of-32-characters",
            "fetch_allowed_hosts": frozenset({self._videos.url.removeprefix("http://")}),
        }
        return Settings(_env_file=None, **values)

    @property
    def video(self) -> str:
        """A link to a video of 42 seconds. It has a query, so the app gives the model a handle for it: V1."""
        return f"{self._videos.url}/sources/launch.mp4?signature=secret"

    def ask(self, text: str) -> str:
        """Mention the app as alice; returns the ts, which is the thread's."""
        return self.slack.say("alice", "videos", f"<@{self.slack.bot_user}> {text}")

    def by_app(self, root: str) -> list[Message]:
        """What the app wrote into a thread and finished writing."""
        thread = self.slack.thread("videos", root)
        return [m for m in thread if m.from_app and m.stream_state != "streaming"]

    async def wait(self, condition: Callable[[], Found | None]) -> Found:
        """Wait until `condition()` is truthy and return its value; fails with what stands in the channel."""
        try:
            found: Found = await self.slack.journal.wait_for(condition, PATIENCE)
        except TimeoutError:
            told = "\n".join(f"{m.user}: {m.rendered_text()}" for m in self.slack.messages("videos"))
            raise AssertionError(f"waited {PATIENCE} s in vain; this is what people see:\n{told}") from None
        return found

    async def told(self, root: str, words: str) -> Message:
        """The first message of the app in a thread that shows `words`."""
        return await self.wait(lambda: next((m for m in self.by_app(root) if words in m.rendered_text()), None))
