"""A busy workspace: every event acknowledged, every question answered once and in order, nothing else answered."""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from emulators.base import Emulator
from emulators.heygen import HeyGenEmulator
from emulators.openai import ModelCall, OpenAIEmulator, Say
from emulators.slack import Message, SlackEmulator
from tests.chaos.tables import quiet
from tests.soak.crowd import Crowd, Thread
from tests.soak.figures import Figures
from tests.soak.lean import make_lean
from tests.soak.serving import Serving, free_port
from tests.support.settings_env import services_env

RATE = 200.0  # events a second
LONG, SHORT = 60.0, 5.0  # seconds of flood
POSTS_PER_SECOND = 5.0  # what Slack allows an app in a workspace; the product keeps to it here as it does anywhere
SLACK_BURST = 400  # as many requests of Slack's at once as it likes: waiting happens in the app, where it is measured
SPARE_SECONDS = 60.0
NUMBER = re.compile(r"Q(\d+):")


class QuotingModel(OpenAIEmulator):
    """The planner, but its answers begin with the number of the question."""

    def _contents(self, call: ModelCall) -> Sequence[Any]:
        newest = next(item for item in reversed(call.asked.items) if item.get("role") == "user")
        number = NUMBER.search(str(newest["content"]))
        assert number is not None
        contents = super()._contents(call)
        return [Say(f"{number[0]} {one.text}") if isinstance(one, Say) else one for one in contents]


class Flood:
    """The emulators, the product between them and the crowd."""

    def __init__(self, folder: Path) -> None:
        self.slack, self.openai, self.heygen = SlackEmulator(), QuotingModel(), HeyGenEmulator()
        make_lean(self.slack)
        self.serving = Serving(folder, free_port())
        self.crowd = Crowd(self.slack)
        self._database_url = f"sqlite:///{folder}/greenroom.db"

    @property
    def emulators(self) -> tuple[Emulator, ...]:
        """All of them."""
        return self.slack, self.openai, self.heygen

    async def open(self) -> None:
        """Start the product; the emulators run already."""
        public_url = f"http://127.0.0.1:{self.serving.port}"
        self.slack.configure(f"{public_url}/slack/events", concurrency=SLACK_BURST)
        await self.serving.start(
            {
                **services_env(self.slack, self.openai, self.heygen),
                "DATABASE_URL": self._database_url,
                "PUBLIC_URL": public_url,
                "SECRET_KEY": "k" * 40,
                "ALLOW_EMULATORS": "true",
            }
        )

    async def run(self, seconds: float) -> Figures:
        """Flood for so long, then wait until everything is answered and every event confirmed."""
        before = self.serving.usage().cpu_seconds
        events, taken = await self.crowd.flood(rate=RATE, seconds=seconds)
        flooded = self.serving.usage()
        meanwhile = sum(len(self.answers(thread)) for thread in self.crowd.threads)
        started = time.monotonic()
        await self._drain(self.crowd.asked / POSTS_PER_SECOND + SPARE_SECONDS)
        drained = time.monotonic() - started
        deliveries = self.slack.deliveries
        return Figures(
            events=events,
            seconds=taken,
            questions=self.crowd.asked,
            repeated=self.crowd.repeated,
            ack_seconds=[second for delivery in deliveries for second in delivery.seconds],
            unconfirmed=sum(not 200 <= status < 300 for delivery in deliveries for status in delivery.statuses),
            answered_meanwhile=meanwhile,
            drain_seconds=drained,
            refused=self.slack.limits.refused.total(),
            flooded=type(flooded)(flooded.cpu_seconds - before, flooded.peak_megabytes),
            drained=self.serving.usage(),
        )

    async def _drain(self, seconds: float) -> None:
        open_threads = list(self.crowd.threads)

        def done() -> bool:
            while open_threads and len(self.answers(open_threads[-1])) >= len(open_threads[-1].numbers):
                open_threads.pop()
            settled = not open_threads and self.slack.courier.idle and quiet(self._database_url)
            return settled and self.slack.redeliver_now() == 0  # what failed twice would come in a minute

        try:
            await self.slack.journal.wait_for(done, seconds)
        except TimeoutError:
            raise AssertionError(f"not drained within {seconds:.0f} s: {self.wrong()[:10]}") from None

    def answers(self, thread: Thread) -> list[Message]:
        """What the app has finished saying in a thread, in order."""
        told = self.slack.thread(thread.channel, thread.root)
        return [message for message in told if message.from_app and message.stream_state != "streaming"]

    def wrong(self) -> list[str]:
        """Whatever is not as it should be, from what Slack knows."""
        found = [f"shown to one person only: {message.ts}" for message in self.slack.workspace.private]
        found += [
            f"thread {thread.root}: asked {thread.numbers}, answered {told}"
            for thread in self.crowd.threads
            if (told := [number_in(answer) for answer in self.answers(thread)]) != thread.numbers
        ]
        asked = {(thread.channel, thread.root) for thread in self.crowd.threads}
        for channel in self.slack.workspace.channels.values():
            posts = [message for message in channel.messages.values() if message.from_app]
            found += [f"a post where nobody asked: {m.ts}" for m in posts if (channel.id, m.thread_ts) not in asked]
        return found + [f"{d.event_id}: {d.state} {d.statuses}" for d in self.slack.deliveries if d.state != "acked"]


def number_in(answer: Message) -> int | None:
    """Which question an answer answers."""
    match = NUMBER.search(answer.rendered_text())
    return int(match[1]) if match else None


@pytest.fixture
async def flood(tmp_path: Path) -> AsyncIterator[Flood]:
    """Everything running, nothing said yet."""
    flood = Flood(tmp_path)
    async with AsyncExitStack() as stack:
        for emulator in flood.emulators:
            await emulator.start()
            stack.push_async_callback(emulator.stop)
        stack.push_async_callback(flood.serving.stop)
        await flood.open()
        yield flood
        assert await flood.serving.stop() == 0, flood.serving.log.read_text()[-2_000:]


@pytest.mark.full
@pytest.mark.timeout(180)
async def test_a_short_flood_is_answered_once_and_in_order(flood: Flood, figure: Callable[[str], None]) -> None:
    figure((await flood.run(SHORT)).line())
    assert flood.wrong()[:5] == []


@pytest.mark.soak
@pytest.mark.timeout(900)
async def test_a_minute_of_flood_is_confirmed_in_time_and_answered_once_and_in_order(
    flood: Flood, figure: Callable[[str], None]
) -> None:
    figures = await flood.run(LONG)
    figure(figures.line())
    assert flood.wrong()[:5] == []
    assert figures.unconfirmed == 0  # Slack gives an app three seconds
