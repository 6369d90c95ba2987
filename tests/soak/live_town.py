"""Many live sessions in one process: people on pages whose microphones are always on, a few of them in conversation."""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import sys
import time
from collections import Counter, deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
from openai import AsyncOpenAI

from agent.live.brain import Brain
from agent.live.desk import Desk
from agent.live.openai_ears import HttpEarsMaker
from agent.live.openai_voice import HttpVoice
from agent.live.parts import LiveParts
from agent.live.phrases import ENGLISH
from agent.live.ports import EndPressed, Hello, RoomReady, Sound, Typed, ViewerInput
from agent.live.records import LiveSession
from agent.live.stage import Bounds
from agent.reading import Reading
from agent.responses_wire import ResponsesWire
from agent.toolbox import Toolbox
from bot.clock import RandomIds, SystemClock
from emulators.liveavatar.catalogue import ALEX
from emulators.openai import sound
from heygen.live import LiveClient, LiveConnection, SessionOptions, live_transport
from tests.support.agent_fakes import FakeAccounts, FakeBudget, FakeLinks
from tests.support.agent_job_store import FakeJobStore
from tests.support.agent_stores import FakeTurnStore
from tests.support.live_store import FakeHumanCalls, FakeLiveAccounts, FakeLiveStore

ROOT = Path(__file__).parents[2]
FRAME_SECONDS = 0.04
FRAME_BYTES = 1_920
SILENCE = sound.silence(FRAME_SECONDS)
QUESTIONS = (
    "What can you do for me?",
    "How much does that cost?",
    "Which languages do you know?",
    "What is running at the moment?",
    "Tell me something about yourself, please.",
)
TURN_SECONDS = 60.0
WAITING_LIMIT = 100  # inputs that nobody has read
LOOK_SECONDS = 0.5


class Page:
    """A viewer's page that keeps nothing but what is being waited for."""

    def __init__(self, person: Person) -> None:
        self._person = person
        self._inputs: deque[ViewerInput] = deque(maxlen=WAITING_LIMIT)
        self._changed = asyncio.Event()
        self._gone = False
        self.closed: int | None = None

    @property
    def user_id(self) -> str:
        return "U1"

    def show(self, message: dict[str, Any]) -> None:
        self._person.sees(message)

    async def inputs(self) -> AsyncIterator[ViewerInput]:
        while not self._gone:
            while self._inputs:
                yield self._inputs.popleft()
            self._changed.clear()
            await self._changed.wait()

    async def close(self, code: int, reason: str) -> None:
        self.closed = self.closed or code
        self.leave()

    def do(self, item: ViewerInput) -> None:
        self._inputs.append(item)
        self._changed.set()

    def leave(self) -> None:
        self._gone = True
        self._changed.set()


class Person:
    """Somebody in a session of their own. They say one of a few questions aloud; what they type has their number."""

    def __init__(self, number: int, town: Town) -> None:
        self.number = number
        self.page = Page(self)
        self.greeted = asyncio.Event()
        self.asked = self.answered = 0
        self._town = town
        self._sound: deque[bytes] = deque()
        self._said: set[str] = set()
        self._reply = asyncio.Event()
        self._mine = f"number {number}."

    def frame(self) -> bytes:
        """What the microphone sends next."""
        return self._sound.popleft() if self._sound else SILENCE

    def sees(self, message: dict[str, Any]) -> None:
        """Something on the page."""
        if message["type"] == "room":
            self.page.do(RoomReady())
        elif message["type"] == "notice" and message["text"]:
            self._town.notices[message["code"]] += 1
        elif message["type"] == "caption" and message["final"]:
            self._reads(message["who"], message["text"])

    def _reads(self, who: str, text: str) -> None:
        if who == "you":
            if text and text not in self._said:
                self._town.crosstalk.append(f"person {self.number} was heard to say {text!r}")
            return
        if "You are number" in text and self._mine not in text:
            self._town.crosstalk.append(f"person {self.number} was told {text!r}")
        if text == ENGLISH.greeting:
            self.greeted.set()
        elif text not in (ENGLISH.waiting, ENGLISH.warning):
            self._reply.set()

    async def converse(self, seconds: float) -> None:
        """Ask, wait for the answer, ask again."""
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            self._reply.clear()
            self.asked += 1
            self._ask()
            try:
                async with asyncio.timeout(TURN_SECONDS):
                    await self._reply.wait()
                self.answered += 1
            except TimeoutError:
                return
            await asyncio.sleep(0.5)

    def _ask(self) -> None:
        if self.asked % 3 == 0:
            text = f"I am number {self.number}. What can you do?"
            self._said.add(text)
            self.page.do(Typed(text))
            return
        text = self._town.random.choice(QUESTIONS)
        self._said.add(text)
        pcm = self._town.spoken[text] + sound.silence(1.0)
        self._sound.extend(pcm[at : at + FRAME_BYTES] for at in range(0, len(pcm), FRAME_BYTES))


@dataclass
class Town:
    """The desk in this process, and everybody in it. `marks` are seconds from the end of speech to the first sound."""

    desk: Desk
    store: FakeLiveStore
    http: httpx2.AsyncClient
    liveavatar_url: str
    spoken: dict[str, bytes]
    people: list[Person] = field(default_factory=list)
    crosstalk: list[str] = field(default_factory=list)
    notices: Counter[str] = field(default_factory=Counter)
    marks: deque[float] = field(default_factory=lambda: deque(maxlen=10_000))
    late: float = 0.0
    random: random.Random = field(default_factory=lambda: random.Random(1))  # noqa: S311 - repeatable on purpose
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)
    _attending: list[asyncio.Task[None]] = field(default_factory=list)

    async def fill(self, count: int, *, a_second: float) -> None:
        """So many people join, one after the other; returns when all have been greeted."""
        self._tasks = [asyncio.create_task(self._microphones()), asyncio.create_task(self._looking())]
        for number in range(1, count + 1):
            person = Person(number, self)
            self.people.append(person)
            self.store.offer(f"live_{number}", conversation_id=f"C{number}", max_seconds=1_200)
            hello = Hello(consent=True, microphone=True, language="en")
            self._attending.append(asyncio.create_task(self.desk.attend(f"live_{number}", person.page, hello)))
            await asyncio.sleep(1 / a_second)
        async with asyncio.timeout(120):
            for person in self.people:
                await person.greeted.wait()

    async def talk(self, seconds: float, *, share: float, shift: float) -> None:
        """A share of the people is in conversation, others every `shift` seconds."""
        ends = time.monotonic() + seconds
        while (left := ends - time.monotonic()) > 1.0:
            talking = self.random.sample(self.people, max(1, round(share * len(self.people))))
            await asyncio.gather(*(person.converse(min(shift, left)) for person in talking))

    async def empty(self) -> None:
        """Every second person presses End, the others just close the page; returns when nothing is left running."""
        for person in self.people:
            if person.number % 2:
                person.page.do(EndPressed())
            else:
                person.page.leave()
        async with asyncio.timeout(90):
            while self.desk.sessions or await self.running():  # noqa: ASYNC110 - another process is asked
                await asyncio.sleep(0.5)
        await asyncio.gather(*self._attending)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def snapshot(self) -> dict[str, Any]:
        """How LiveAvatar stands."""
        answer = await self.http.get(f"{self.liveavatar_url}/_emulator/snapshot")
        return dict(answer.json())

    async def running(self) -> int:
        """How many sessions cost money."""
        sessions = (await self.snapshot())["sessions"]
        return sum(one["started"] is not None and one["ended"] is None for one in sessions)

    async def _microphones(self) -> None:
        """Every page sends 40 ms of sound every 40 ms."""
        began = time.monotonic()
        for tick in itertools.count(1):
            for person in self.people:
                person.page.do(Sound(person.frame()))
            behind = time.monotonic() - began - tick * FRAME_SECONDS
            self.late = max(self.late, behind)
            await asyncio.sleep(max(0.0, -behind))

    async def _looking(self) -> None:
        while True:
            await self.desk.run_due()
            await asyncio.sleep(LOOK_SECONDS)


def _connect(clock: SystemClock, ids: RandomIds) -> Callable[[str, Callable[[], Awaitable[bool]]], LiveConnection]:
    def connect(url: str, may_reopen: Callable[[], Awaitable[bool]]) -> LiveConnection:
        return LiveConnection(url, clock=clock, new_id=lambda: ids.new("event"), proxy=None, may_reopen=may_reopen)

    return connect


@asynccontextmanager
async def services() -> AsyncIterator[dict[str, str]]:
    """The stand-ins, in a process of their own."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.soak.live_services", stdin=pipe, stdout=pipe, cwd=ROOT
    )
    assert process.stdout is not None
    assert process.stdin is not None
    try:
        async with asyncio.timeout(20):
            urls = json.loads(await process.stdout.readline())
        yield urls
    finally:
        process.stdin.close()
        try:
            async with asyncio.timeout(10):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


@asynccontextmanager
async def town() -> AsyncIterator[Town]:
    """Nobody has joined yet."""
    limits = httpx2.Limits(max_connections=400, max_keepalive_connections=100)
    async with services() as urls, httpx2.AsyncClient(limits=limits, timeout=30.0) as http:
        client = AsyncOpenAI(
            api_key="sk-emulated", base_url=f"{urls['openai']}/v1", max_retries=0, http_client=http, timeout=30.0
        )
        clock, ids = SystemClock(), RandomIds()
        store, turns, jobs = FakeLiveStore(clock), FakeTurnStore(clock), FakeJobStore(clock)
        budget = FakeBudget()
        reading = Reading(jobs=jobs, accounts=FakeAccounts({}), budget=budget, clock=clock)
        brain = Brain(
            model=ResponsesWire(client, "emulated-planner"),
            toolbox=Toolbox(tool for tool in reading.tools() if tool.name == "list_jobs"),
            humans=FakeHumanCalls(),
            links=FakeLinks(),
            clock=clock,
            secret=b"secret",
            unconfirmed=ENGLISH.unconfirmed,
        )
        voice = HttpVoice(client, "emulated-voice", "marin")
        ended: dict[str, float] = {}
        marks: deque[float] = deque(maxlen=10_000)

        def observe(session_id: str, turn: int, mark: str, at: float) -> None:
            if mark == "speech_end":
                ended[session_id] = at
            elif mark == "first_speak_sent" and session_id in ended:
                marks.append(at - ended.pop(session_id))

        async def options(session: LiveSession) -> SessionOptions:
            return SessionOptions(avatar_id=ALEX, max_seconds=session.max_seconds)

        parts = LiveParts(
            store=store,
            accounts=FakeLiveAccounts(LiveClient(live_transport(urls["liveavatar"], "la-key-1", http, "greenroom/1"))),
            turns=turns,
            jobs=jobs,
            budget=budget,
            brain=brain,
            ears=HttpEarsMaker(client, "emulated-ears"),
            voice=voice,
            clock=clock,
            ids=ids,
            connect=_connect(clock, ids),
            options=options,
            bounds=Bounds(idle=10_000.0),
            observe=observe,
        )
        spoken = {text: b"".join([pcm async for pcm in voice.speak(text)]) for text in QUESTIONS}
        desk = Desk(parts, limit=1_000, summaries=None)
        made = Town(desk, store, http, urls["liveavatar"], spoken, marks=marks)
        try:
            yield made
        finally:
            await desk.drain(0.0)
