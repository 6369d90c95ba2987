"""Two applications on one PostgreSQL, killed and stopped at random while people talk to them.

All chance comes from one seed: what people say and when, who is killed and when. (How the machine schedules the
processes does not, so a seed repeats the circumstances, not every step.)
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import itertools
import os
import random
import re
import signal
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from emulators.openai import OpenAIEmulator
from emulators.openai.script import Content, Say
from tests.chaos.proxy import Proxy
from tests.chaos.stand import Stand, free_port, key_of
from tests.chaos.tables import quiet
from tests.support import postgres

LEASE = 2.0
UP_SECONDS = 30.0
PAUSE = (3.0, 8.0)
STALL_SECONDS = LEASE + 2.0
ACK_SECONDS = 60.0
LANGUAGES = ("French (France)", "German (Germany)")
ASKED = re.compile(r"ping (\d+-\d+)")
EVERYTHING = "Tell me everything."
LONG = "There is a lot to tell about that, so please bear with me for a while. " * 6


class Echo(OpenAIEmulator):
    """Answers `ping 3-1` with `pong 3-1`, so that each answer can be told from every other; plans the rest.

    Asked for everything, it says something long.
    """

    def _contents(self, call: object) -> Sequence[Content]:
        people = [item for item in call.asked.items if item.get("role") == "user"]  # type: ignore[attr-defined]
        asked = ASKED.search(str(people[-1])) if people else None
        if asked:
            return [Say(f"That was ping number {asked[1]}, so here you are: pong {asked[1]}.")]
        if people and EVERYTHING in str(people[-1]):
            return [Say(LONG)]
        return super()._contents(call)  # type: ignore[arg-type]


@dataclasses.dataclass(frozen=True, slots=True)
class Size:
    """How much is said and how often somebody is killed."""

    conversations: int
    messages: int
    kills: int
    settle_seconds: float

    @property
    def seconds(self) -> float:
        """How long the killing takes on average, which is how long people talk."""
        return self.kills * sum(PAUSE) / 2


class Node:
    """One of the applications; `ready` as a load balancer's health check would see it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.port = free_port()
        self.pid = 0
        self.ready = False


@dataclasses.dataclass(slots=True)
class Talk:
    """One conversation: what was said in it, in order; True where it was a wish for a translation."""

    number: int
    root: str = ""
    wishes: list[bool] = dataclasses.field(default_factory=list)


class Pair(Stand):
    """Two nodes, a proxy in front of them, and a database that both use."""

    def __init__(self, folder: Path, server_url: str, seed: int) -> None:
        super().__init__(folder, Echo())
        self.seed = seed
        self.nodes = [Node("a"), Node("b")]
        self.proxy = Proxy(lambda: [node.port for node in self.answering if node.ready])
        self.settled_after = 0.0
        self._server_url = server_url
        self._database_url = ""
        self._talks: list[Talk] = []

    @property
    def answering(self) -> list[Node]:
        """The nodes that requests go to."""
        return self.nodes

    async def open(self) -> None:
        """Start everything, the nodes too."""
        await super().open()
        await self.proxy.open()
        self._database_url = await asyncio.to_thread(postgres.new_database, self._server_url)
        self.reset(self.proxy.url)
        for node in self.nodes:
            await self._start(node)

    async def close(self) -> None:
        """Stop everything."""
        for node in self.nodes:
            with contextlib.suppress(ProcessLookupError):
                os.kill(node.pid, signal.SIGKILL)
                await self.zygote.ended(node.pid)
        await self.proxy.close()
        await super().close()
        await asyncio.to_thread(postgres.drop_database, self._server_url, self._database_url)

    async def play(self, size: Size) -> list[str]:
        """Talk and kill, wait until everything is settled, and return what is wrong."""
        balancing = asyncio.create_task(self._balance())
        try:
            async with asyncio.TaskGroup() as group:
                for number in range(size.conversations):
                    group.create_task(self._talk(Talk(number), size))
                group.create_task(self._disturb(size))
            wrong = await self._settle(size)
        finally:
            balancing.cancel()
            await asyncio.wait([balancing])
        return [*wrong, *self._wrong()]

    # -- the nodes ---------------------------------------------------------------------------------------------

    def _order(self, node: Node) -> dict[str, Any]:
        """What the zygote is told of a node."""
        return {
            "settings": self.settings(self._database_url, self.proxy.url),
            "port": node.port,
            "points": "",
            "log": str(self.folder / f"{node.name}.log"),
            "kill_at": None,
            "lease": LEASE,
        }

    async def _start(self, node: Node) -> None:
        node.pid = await self.zygote.start(self._order(node))
        await self.until_up(node.pid, node.port, UP_SECONDS)
        if (status := self.zygote.status(node.pid)) is not None:
            raise AssertionError(f"node {node.name} ended with {status} while it started; its log says why")
        node.ready = True

    async def _disturb(self, size: Size) -> None:
        """Kill somebody every few seconds and start them again at once; stop one for longer than its lease."""
        chance = random.Random(f"{self.seed}-disturb")  # noqa: S311 - not a secret
        stall_at = chance.randrange(size.kills)
        for number in range(size.kills):
            await asyncio.sleep(chance.uniform(*PAUSE))
            node = chance.choice(self.nodes)
            if number == stall_at:
                await self._stall(node)
            await self._kill(node)

    async def _kill(self, node: Node) -> None:
        os.kill(node.pid, signal.SIGKILL)
        await self.zygote.ended(node.pid)
        node.ready = False
        await self._start(node)

    async def _stall(self, node: Node) -> None:
        os.kill(node.pid, signal.SIGSTOP)
        await asyncio.sleep(0.5)
        node.ready = False
        await asyncio.sleep(STALL_SECONDS)
        os.kill(node.pid, signal.SIGCONT)
        node.ready = True
        await asyncio.sleep(3.0)  # it has to live with what has happened, before it may be killed

    async def _balance(self) -> None:
        """Slack's requests go to the nodes by turns; what failed comes again soon."""
        for node in itertools.cycle(self.answering):
            if node.ready:
                self.slack.courier.url = f"http://127.0.0.1:{node.port}/slack/events"
                self.slack.redeliver_now()
            await asyncio.sleep(0.1)

    # -- the people --------------------------------------------------------------------------------------------

    async def _talk(self, talk: Talk, size: Size) -> None:
        """Say one thing after the other, each once Slack has delivered the one before, answered or not."""
        chance = random.Random(f"{self.seed}-talk-{talk.number}")  # noqa: S311 - not a secret
        self._talks.append(talk)
        wish_at = chance.randrange(size.messages)
        for number in range(size.messages):
            await asyncio.sleep(chance.uniform(0.0, 2 * size.seconds / size.messages))
            text = self._wish() if number == wish_at else f"ping {talk.number}-{number}"
            await self._say(talk, text)
            talk.wishes.append(number == wish_at)

    def _wish(self) -> str:
        return f"Translate {self.heygen.url}/sources/launch.mp4 into French and German"

    async def _say(self, talk: Talk, text: str) -> None:
        before = len(self.slack.deliveries)
        mention = f"<@{self.slack.bot_user}> " if not talk.root else ""
        ts = self.slack.say("alice", "videos", mention + text, thread_ts=talk.root or None)
        talk.root = talk.root or ts
        events = list(itertools.islice(self.slack.deliveries, before, None))
        async with asyncio.timeout(ACK_SECONDS):
            while not all(event.state == "acked" for event in events):
                assert all(event.state != "failed" for event in events), "Slack gave up, which no application can mend"
                await asyncio.sleep(0.05)

    async def _settle(self, size: Size) -> list[str]:
        began = time.monotonic()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(size.settle_seconds):
                while not (self.slack.courier.idle and quiet(self._database_url)):
                    await asyncio.sleep(0.2)
        self.settled_after = time.monotonic() - began
        return [] if quiet(self._database_url) else [f"not settled after {self.settled_after:.0f} s"]

    # -- judging, from the emulators alone -----------------------------------------------------------------------

    def _wrong(self) -> list[str]:
        found = [*self._wrong_money(), *(line for talk in self._talks for line in self._wrong_talk(talk))]
        return [*found, *(f"node {node.name} died" for node in self.nodes if self.zygote.status(node.pid) is not None)]

    def told(self) -> list[str]:
        """What stands in the threads that are not as they should be."""
        wrong = [talk for talk in self._talks if any(self._wrong_talk(talk))]
        return [
            f"{talk.number} {message.ts} {message.stream_state} {key_of(message)} {message.rendered_text()[:90]!r}"
            for talk in wrong
            for message in self.slack.thread("videos", talk.root)
        ]

    def _wrong_money(self) -> Iterator[str]:
        """Each wish is one paid request for its languages: no charge is missing and none is doubled."""
        charges = [charge for charge in self.heygen.charges if not charge.refunded]
        wishes = sum(talk.wishes.count(True) for talk in self._talks)
        if Counter(charge.language for charge in charges) != Counter(LANGUAGES * wishes):
            yield f"{len(charges)} charges for {wishes} wishes"
        if len({charge.idempotency_key for charge in charges}) != wishes:
            yield "keys and wishes do not match"

    def _wrong_talk(self, talk: Talk) -> Iterator[str]:
        replies = [message.rendered_text() for message in self.replies(talk.root)]
        if len(replies) != len(talk.wishes) or any(m.stream_state == "streaming" for m in self.replies(talk.root)):
            yield f"talk {talk.number}: {len(replies)} answers to {len(talk.wishes)} messages"
        for number, (is_wish, reply) in enumerate(zip(talk.wishes, replies, strict=False)):
            answer = "Submitted" if is_wish else f"pong {talk.number}-{number}."
            if answer not in reply:
                yield f"talk {talk.number}: answer {number} is {reply[:80]!r}"
        for prefix in ("card:", "closing:"):
            if len(self.with_key(talk.root, prefix)) != talk.wishes.count(True):
                yield f"talk {talk.number}: {len(self.with_key(talk.root, prefix))} posts with key {prefix}"
