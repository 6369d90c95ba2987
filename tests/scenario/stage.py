"""The real app between the three emulators, and the words in which scenarios speak about it.

People act through Slack's emulator; outcomes are read where people and the paying customer look: in the thread, in
HeyGen's charges and in what was asked of the model. Never from our own tables.
"""

from __future__ import annotations

import asyncio
import csv
import io
import re
from collections.abc import Callable, Iterable
from contextlib import AsyncExitStack
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import httpx2

from bot.accounts import account_id_of, webhook_path
from bot.app import App, Tempo, running
from bot.server import Server, bound, url_of
from bot.settings import Settings
from emulators.heygen import Charge, HeyGenEmulator
from emulators.heygen.state import Job
from emulators.openai import Call, OpenAIEmulator
from emulators.slack import Answer, Message, SlackEmulator
from emulators.slack.rendering import render
from tests.scenario.quick_clock import QuickClock

Found = TypeVar("Found")

PATIENCE = 10.0
# Intervals are real seconds, the lease is the app's: a minute of it passes in three seconds here.
QUICK = Tempo(
    lanes=0.1,
    deliveries=0.1,
    submissions=0.1,
    jobs=0.1,
    approvals=0.1,
    schedules=0.1,
    tokens=0.3,
    home=0.3,
    catch_up=600.0,
    lease=3_600.0,
)
WEBHOOK_SECRET = "whsec-scenario"
SECRET_KEY = "scenario-secret-key-of-32-characters"
TRANSLATIONS = "/v3/video-translations"
VIDEOS = "/v3/videos"
THREE = "Make a personal intro video for Sarah at Acme, John at Globex and Mike at Initech"


class Stage:
    """What a scenario has in its hands."""

    def __init__(self, slack: SlackEmulator, openai: OpenAIEmulator, heygen: HeyGenEmulator, folder: Path) -> None:
        self.slack, self.openai, self.heygen = slack, openai, heygen
        self.clock = QuickClock()
        self.tempo = QUICK
        self._folder = folder
        self._overrides: dict[str, Any] = {}
        self._stack: AsyncExitStack | None = None
        self._port = 0
        self.app: App | None = None
        self.public_url = ""

    # -- the app -----------------------------------------------------------------------------------------------

    async def start(self, **overrides: Any) -> None:
        """Open the app on this scenario's database and serve it; `overrides` are settings."""
        self._overrides |= overrides
        self._stack = AsyncExitStack()
        listener = bound("127.0.0.1", self._port)
        self._stack.callback(listener.close)
        self._port, self.public_url = listener.getsockname()[1], url_of(listener)
        settings = self._settings()
        self.app = await self._stack.enter_async_context(running(settings, clock=self.clock, tempo=self.tempo))
        server = Server(self.app.asgi, listener)
        await server.start()
        self._stack.push_async_callback(server.stop)
        self._connect(settings)

    async def stop(self) -> None:
        """Stop the app as SIGTERM does: no new requests, turns come to a checkpoint, everything is closed."""
        stack, self._stack, self.app = self._stack, None, None
        if stack is not None:
            await stack.aclose()

    async def restart(self, **overrides: Any) -> None:
        """Stop, and start on the same database and the same port."""
        await self.stop()
        await self.start(**overrides)

    async def with_approvers(self, *names: str, **overrides: Any) -> None:
        """Start again with these people as approvers and every paid request in need of one of them."""
        people = frozenset(self.user(name) for name in names)
        await self.restart(**{"approvers": people, "auto_approve_max": Decimal(0), **overrides})

    def _settings(self) -> Settings:
        values: dict[str, Any] = {
            "slack_bot_token": self.slack.bot_token,
            "slack_signing_secret": self.slack.signing_secret,
            "slack_api_url": self.slack.api_url,
            "openai_api_key": self.openai.api_key,
            "openai_base_url": self.openai.base_url,
            "openai_model": "emulated-planner",
            "heygen_api_key": "hg-key-1",
            "heygen_base_url": self.heygen.url,
            "heygen_webhook_secret": WEBHOOK_SECRET,
            "database_url": f"sqlite:///{self._folder}/greenroom.db",
            "public_url": self.public_url,
            "slack_upload_max_mb": 0,
            "secret_key": SECRET_KEY,
            "fetch_allowed_hosts": frozenset({self.heygen.url.removeprefix("http://")}),
        }
        return Settings(_env_file=None, **(values | self._overrides))

    def _connect(self, settings: Settings) -> None:
        """What an admin does once at Slack and at HeyGen."""
        self.slack.configure(f"{self.public_url}/slack/events")
        if settings.heygen_webhook_secret is None:
            self.heygen.webhooks.endpoints.clear()
        elif not self.heygen.webhooks.endpoints:
            self.heygen.seed_endpoint(self.webhook_url, WEBHOOK_SECRET)

    @property
    def webhook_url(self) -> str:
        """The address that is registered at HeyGen."""
        return self.public_url + webhook_path(SECRET_KEY, account_id_of(self.slack.workspace.team_id))

    # -- people ------------------------------------------------------------------------------------------------

    @property
    def video(self) -> str:
        """A link to a video of 42 seconds that the app may fetch."""
        return f"{self.heygen.url}/sources/launch.mp4"

    def user(self, name: str = "alice") -> str:
        """The id of a person."""
        return self.slack.workspace.person(name).id

    def ask(self, text: str, user: str = "alice", channel: str = "videos", **options: Any) -> str:
        """Mention the app; returns the ts, which is the thread's."""
        return self.slack.say(user, channel, f"<@{self.slack.bot_user}> {text}", **options)

    def translate(self, *languages: str, **options: Any) -> str:
        """Ask for a translation of `video` in plain words."""
        return self.ask(f"Translate {self.video} into {' and '.join(languages)}", **options)

    def say(self, text: str, root: str, user: str = "alice", channel: str = "videos") -> str:
        """Write into a thread without a mention."""
        return self.slack.say(user, channel, text, thread_ts=root)

    async def command(self, text: str, user: str = "alice", channel: str = "videos") -> Answer:
        """Type `/heygen …`."""
        return await self.slack.command(user, channel, "/heygen", text)

    async def command_root(self, text: str, channel: str = "videos") -> str:
        """Type a `/heygen` command that opens a thread; returns the thread's root."""
        await self.command(text, channel=channel)
        return (await self.wait(lambda: self._app_roots(channel)))[-1].ts

    def _app_roots(self, channel: str) -> list[Message]:
        return [m for m in self.slack.messages(channel) if m.from_app and m.thread_ts is None]

    @staticmethod
    def call(name: str, **arguments: Any) -> Call:
        """A tool call for the script of the model."""
        return Call(name, arguments)

    async def reply_thread(self) -> str:
        """A thread with one question and its answer, to go on in."""
        root = self.ask("hello")
        await self.reply(root)
        return root

    # -- waiting and looking -----------------------------------------------------------------------------------

    async def wait(self, condition: Callable[[], Found | None], seconds: float = PATIENCE) -> Found:
        """Wait until `condition()` is truthy and return its value; fails with what stands in the channels."""
        try:
            found: Found = await self.slack.journal.wait_for(condition, seconds)
        except TimeoutError:
            raise AssertionError(f"waited {seconds} s in vain; this is what people see:\n{self.told()}") from None
        return found

    def told(self) -> str:
        """All channels as text, for failures."""
        workspace = self.slack.workspace
        lines = [m for channel in workspace.channels for m in self.slack.messages(channel)]
        return "\n".join(f"{m.ts} {m.user}: {m.rendered_text()}" for m in lines)

    def by_app(self, root: str, channel: str = "videos") -> list[Message]:
        """What the app wrote into a thread, without the root."""
        return [m for m in self.slack.thread(channel, root) if m.from_app and m.ts != root]

    def cards(self, root: str, channel: str = "videos") -> list[Message]:
        """Status cards in a thread."""
        return [m for m in self.by_app(root, channel) if "asked by <@" in m.rendered_text()]

    def closings(self, root: str, channel: str = "videos") -> list[Message]:
        """The messages that call somebody back (late notices too)."""
        return [m for m in self.by_app(root, channel) if re.match(r"<@[UW]\w+> ", m.text) and "asked by" not in m.text]

    def replies(self, root: str, channel: str = "videos") -> list[Message]:
        """Finished answers in a thread: neither cards nor closings, nor what is still being written."""
        others = {m.ts for m in [*self.cards(root, channel), *self.closings(root, channel)]}
        return [m for m in self.by_app(root, channel) if m.ts not in others and not _is_begun(m)]

    async def reply(self, root: str, number: int = 1, channel: str = "videos") -> str:
        """The text of the `number`-th answer of a thread, once it stands, without the steps that led to it."""
        await self.wait(lambda: len(self.replies(root, channel)) >= number)
        found = self.replies(root, channel)[number - 1]
        return render(found.text, found.blocks)

    async def card(self, root: str, *words: str, channel: str = "videos") -> Message:
        """The newest card of a thread, once it shows all of `words`."""
        return await self.wait(lambda: _with(self.cards(root, channel), words))

    async def closing(self, root: str, *words: str, number: int = 1, channel: str = "videos") -> Message:
        """The newest closing message of a thread once there are `number`, showing all of `words`."""
        await self.wait(lambda: len(self.closings(root, channel)) >= number)
        return await self.wait(lambda: _with(self.closings(root, channel), words))

    async def probe(self) -> None:
        """Have everything that was delivered so far worked off: a question asked after it has been answered."""
        await self.slack.settle()
        root = self.ask("hello", user="carol", channel="general")
        await self.reply(root, channel="general")
        await self.slack.settle()

    # -- HeyGen ------------------------------------------------------------------------------------------------

    @property
    def charges(self) -> list[Charge]:
        """What was paid for."""
        return self.heygen.charges

    def paid(self) -> list[dict[str, Any]]:
        """The bodies of accepted paid requests, repetitions under the same key counted once."""
        posts = self.heygen.journal.select("POST", TRANSLATIONS)
        return list({e.headers["idempotency-key"]: e.body for e in posts if e.status == 200}.values())

    def videos(self) -> list[dict[str, Any]]:
        """The bodies of accepted paid requests for videos, repetitions under the same key counted once."""
        posts = self.heygen.journal.select("POST", VIDEOS)
        return list({e.headers["idempotency-key"]: e.body for e in posts if e.status == 200}.values())

    def results(self, root: str, channel: str = "videos") -> list[dict[str, str]]:
        """The rows of the newest list of results that was shared in a thread; none while there is no list."""
        shared = [file for m in self.slack.thread(channel, root) if m.from_app for file in m.files]
        if not shared:
            return []
        return list(csv.DictReader(io.StringIO(shared[-1].data.decode("utf-8-sig"))))

    def ask_with_list(self, rows: Iterable[str], text: str = "", **options: Any) -> str:
        """Attach a CSV with these lines and ask for a video for each."""
        data = "\n".join(["name,company", *rows]).encode()
        wish = text or "Make a personal intro video for everybody in this list"
        return self.ask(wish, files=[("leads.csv", data)], **options)

    def attempts(self) -> int:
        """How often a paid request was sent, whatever came of it."""
        return len(self.heygen.journal.select("POST", TRANSLATIONS))

    def job(self, language: str) -> Job:
        """HeyGen's newest job for a language."""
        return [job for job in self.heygen.state.jobs.values() if job.language == language][-1]

    async def submitted(self, count: int) -> None:
        """Wait until HeyGen has taken money for `count` jobs."""
        await self.wait(lambda: len(self.charges) >= count)

    async def finish(self, count: int = 1, fail: str | None = None, only: Iterable[str] = ()) -> None:
        """Wait for `count` charges, then end every open job at HeyGen, or `only` those in some languages."""
        await self.submitted(count)
        if not (languages := list(only)):
            self.heygen.finish(fail=fail)
        for language in languages:
            self.heygen.finish(self.job(language).id, fail=fail)

    async def browse(self, url: str) -> httpx2.Response:
        """Click on a link."""
        async with httpx2.AsyncClient(follow_redirects=True, timeout=10.0) as browser:
            return await browser.get(url)

    # -- Slack's side ------------------------------------------------------------------------------------------

    async def click(self, message: Message, action: str, user: str = "alice") -> Answer:
        """Press a button of a message."""
        return await self.slack.click(user, message.channel, message.ts, action)

    async def press(self, message: Message, action: str, user: str = "alice") -> str:
        """Press a button of a message, confirm what it asks, and return what that person is told privately."""
        before = len(self.slack.ephemerals(user))
        assert (await self.click(message, action, user)).ok
        await self.wait(lambda: len(self.slack.ephemerals(user)) > before)
        return self.slack.ephemerals(user)[-1].rendered_text()

    async def press_stale(self, message: Message, seen: list[dict[str, Any]], action: str, user: str) -> str:
        """Press a button that a client still shows although the message has been edited since it was `seen`."""
        now, message.blocks = message.blocks, seen
        try:
            return await self.press(message, action, user)
        finally:
            message.blocks = now if message.blocks is seen else message.blocks

    async def whispered(self, text: str, user: str = "alice", channel: str = "videos") -> Message:
        """Type `/heygen …` and return what only that person sees."""
        assert (await self.command(text, user=user, channel=channel)).ok
        return self.slack.ephemerals(user)[-1]

    async def wait_for_budget(self, words: str, user: str = "alice") -> str:
        """Type `/heygen budget` until it shows `words`."""
        async with asyncio.timeout(PATIENCE):
            while words not in (shown := (await self.whispered("budget", user=user)).rendered_text()):
                pass  # each look is a request of its own
        return shown

    async def change(self, card: Message, languages: str, user: str = "alice") -> Answer:
        """Press Change on a card and submit the modal with these languages."""
        assert (await self.click(card, "change_request", user)).ok
        await self.wait(lambda: self.slack.views(user))
        return await self.slack.submit_view(user, self.slack.views(user)[-1].id, {"languages": languages})

    def asks(self, message: Message, action: str) -> str:
        """What a button's dialog says before a press counts."""
        dialog = self.slack.confirm_dialog("alice", message.channel, message.ts, action)
        assert dialog is not None
        return f"{dialog['title']['text']} {dialog['text']['text']}"

    def buttons(self, message: Message) -> set[str]:
        """The actions that a message offers now."""
        elements = [element for block in message.blocks for element in block.get("elements", ())]
        return {element["action_id"] for element in elements if "action_id" in element}

    def all_acked(self) -> bool:
        """Whether every event that Slack has delivered was answered with a 2xx at the first attempt."""
        return bool(self.slack.deliveries) and all(
            delivery.statuses and 200 <= delivery.statuses[0] < 300 for delivery in self.slack.deliveries
        )


def _is_begun(message: Message) -> bool:
    """Whether an answer is still to come there: in a stream, or by the edit that follows a stream without words."""
    return message.stream is not None and (message.stream_state == "streaming" or not (message.text or message.blocks))


def _with(messages: list[Message], words: tuple[str, ...]) -> Message | None:
    return next((m for m in reversed(messages) if all(word in m.rendered_text() for word in words)), None)
