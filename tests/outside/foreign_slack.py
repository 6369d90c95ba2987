"""The real app between a Slack that none of us wrote and our emulators of HeyGen and the model."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Self, TypeVar

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bot.app import running
from bot.server import Server, bound, url_of
from bot.settings import Settings
from bot.slack.manifest import scopes
from emulators.heygen import HeyGenEmulator
from emulators.openai import OpenAIEmulator
from tests.outside.backstage import PATIENCE, TEMPO
from tests.outside.judges import Judge, emulate

Json = dict[str, Any]
Found = TypeVar("Found")

SIGNING_SECRET = "a-secret-that-only-slack-and-we-know"
BOT, BOT_USER, APP = "B0GREENRM", "U0GREENRM", "A0GREENRM"
BOT_TOKEN, ALICE = "xoxb-of-the-app", "xoxp-of-alice"
PERSONS_SCOPES = ("chat:write", "channels:read", "channels:history", "im:read", "im:write", "im:history", "files:write")
CONFIGURATION: Json = {
    "signing_secret": SIGNING_SECRET,
    "strict_scopes": True,
    "users": [{"name": "alice", "real_name": "Alice"}],
    "channels": [{"name": "videos"}],
    "oauth_apps": [
        {
            "client_id": "1.2",
            "client_secret": "unused",
            "app_id": APP,
            "name": "Greenroom",
            "redirect_uris": [],
            "scopes": list(scopes()),
            "bot_id": BOT,
            "bot_user_id": BOT_USER,
            "bot_name": "greenroom",
        }
    ],
    "tokens": [
        {
            "token": BOT_TOKEN,
            "type": "bot",
            "user_id": BOT_USER,
            "app_id": APP,
            "bot_id": BOT,
            "bot_user_id": BOT_USER,
            "scopes": list(scopes()),
        },
        {"token": ALICE, "type": "user", "user": "alice", "scopes": list(PERSONS_SCOPES)},
    ],
}
"""What the package begins with. The app has the scopes of its manifest, and those are enforced."""


class ForeignSlack:
    """What a test has in its hands: alice's side of that Slack, and HeyGen's jobs, which stand still until told."""

    def __init__(self, folder: Path) -> None:
        self.openai, self.heygen = OpenAIEmulator(), HeyGenEmulator(speed="step")
        self._folder = folder
        self._stack = AsyncExitStack()
        self.channel = self.user = ""

    async def __aenter__(self) -> Self:
        self._judge = self._stack.enter_context(emulate(self._folder / "emulate.log", CONFIGURATION))
        for emulator in (self.openai, self.heygen):
            await emulator.start()
            self._stack.push_async_callback(emulator.stop)
        self._http = await self._stack.enter_async_context(aiohttp.ClientSession())
        self.alice = AsyncWebClient(ALICE, base_url=f"{self._judge.url}/api/", session=self._http)
        await self._open()
        channels = (await self.alice.conversations_list())["channels"]
        self.channel = next(channel["id"] for channel in channels if channel["name"] == "videos")
        self.user = (await self.alice.auth_test())["user_id"]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    @property
    def judge(self) -> Judge:
        """The other Slack."""
        return self._judge

    async def _open(self) -> None:
        listener = bound("127.0.0.1", 0)
        self._stack.callback(listener.close)
        url = url_of(listener)
        app = await self._stack.enter_async_context(running(self._settings(url), tempo=TEMPO))
        server = Server(app.asgi, listener)
        await server.start()
        self._stack.push_async_callback(server.stop)
        async with self._http.post(f"{self._judge.url}/_test/subscribe", json={"url": f"{url}/slack/events"}) as done:
            done.raise_for_status()

    def _settings(self, public_url: str) -> Settings:
        values: Json = {
            "slack_bot_token": BOT_TOKEN,
            "slack_signing_secret": SIGNING_SECRET,
            "slack_api_url": f"{self._judge.url}/api/",
            "openai_api_key": self.openai.api_key,
            "openai_base_url": self.openai.base_url,
            "openai_model": "emulated-planner",
            "heygen_api_key": "hg-key-1",
            "heygen_base_url": self.heygen.url,
            "database_url": f"sqlite:///{self._folder}/greenroom.db",
            "public_url": public_url,
            "secret_key": "outside-secret-key-of-32-characters",
            "fetch_allowed_hosts": frozenset({self.heygen.url.removeprefix("http://")}),
        }
        return Settings(_env_file=None, **values)

    # -- alice ---------------------------------------------------------------------------------------------------

    async def say(self, text: str, channel: str = "", **options: Any) -> str:
        """Write something; returns its ts. That Slack delivers the event before it answers."""
        answer = await self.alice.chat_postMessage(channel=channel or self.channel, text=text, **options)
        return str(answer["ts"])

    async def share(self, name: str, data: bytes, text: str) -> str:
        """Share a file with a comment; returns the message's ts."""
        ticket = await self.alice.files_getUploadURLExternal(filename=name, length=len(data))
        async with self._http.post(ticket["upload_url"], data=data) as answer:
            answer.raise_for_status()
        await self.alice.files_completeUploadExternal(
            files=[{"id": ticket["file_id"], "title": name}], channel_id=self.channel, initial_comment=text
        )
        history = (await self.alice.conversations_history(channel=self.channel))["messages"]
        return next(str(message["ts"]) for message in history if text in message["text"])

    async def thread(self, root: str, channel: str = "") -> list[Json]:
        """A thread without its root, as alice sees it."""
        answer = await self.alice.conversations_replies(channel=channel or self.channel, ts=root)
        return [message for message in answer["messages"] if message["ts"] != root]

    # -- waiting and looking ---------------------------------------------------------------------------------------

    async def told(self, root: str, *words: str, channel: str = "") -> Json:
        """The newest message of the app in a thread that shows all of these words."""

        async def shown() -> Json | None:
            found = [m for m in await self.thread(root, channel) if m["user"] == BOT_USER and _shows(m, words)]
            return found[-1] if found else None

        return await self.wait(shown, f"{words} in {root}")

    async def wait(self, look: Callable[[], Awaitable[Found | None]], what: str) -> Found:
        """Look again and again until there is something; that Slack has no way to say that something has changed."""
        try:
            async with asyncio.timeout(PATIENCE):
                while not (found := await look()):  # noqa: ASYNC110 - each look is a request
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise AssertionError(f"waited {PATIENCE} s in vain for {what}; {await self._seen()}") from None
        return found

    async def _seen(self) -> str:
        said = (await self.alice.conversations_history(channel=self.channel))["messages"]
        lines = [m for root in said for m in (root, *await self.thread(root["ts"]))]
        return "people see:\n" + "\n".join(f"{m['ts']} {m['user']}: {m['text']}" for m in lines)

    async def deliveries(self) -> list[Json]:
        """Every event that was delivered: its body and how it was answered."""
        return await self._list("deliveries")

    async def calls(self) -> list[Json]:
        """Every method that the app called, and how that was answered."""
        return [call for call in await self._list("calls") if call["token"] == BOT_TOKEN]

    async def _list(self, what: str) -> list[Json]:
        async with self._http.get(f"{self._judge.url}/_test/{what}") as answer:
            found: list[Json] = await answer.json()
            return found


def _shows(message: Json, words: tuple[str, ...]) -> bool:
    seen = f"{message['text']} {message.get('blocks', '')}"
    return all(word in seen for word in words)
