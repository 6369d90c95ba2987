"""A desk between the emulated LiveAvatar and the emulated OpenAI, and somebody on a page who speaks and listens.

One clock for the desk and for LiveAvatar: it moves while a test waits for something. Sound is fed in its own time.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from typing import Any

from openai import AsyncOpenAI

from agent.live.brain import Brain
from agent.live.desk import Desk
from agent.live.ears import EarsMaker
from agent.live.openai_ears import HttpEarsMaker
from agent.live.openai_voice import HttpVoice
from agent.live.parts import LiveParts
from agent.live.phrases import ENGLISH
from agent.live.ports import EndPressed, Hello, Muted, RoomReady, Sound, Typed
from agent.live.realtime_ears import RealtimeEarsMaker
from agent.live.records import LineState, LiveEnd, LiveSession, Speaker
from agent.live.stage import Bounds
from agent.live.summary import Summaries
from agent.live.voice import Voice
from agent.model import Model
from agent.reading import Reading
from agent.responses_wire import ResponsesWire
from agent.toolbox import Toolbox
from emulators.liveavatar import LiveAvatarEmulator, Utterance
from emulators.liveavatar.catalogue import ALEX
from emulators.openai import OpenAIEmulator, sound
from heygen.live import LiveClient, LiveConnection, SessionOptions
from tests.support.agent_fakes import FakeAccounts, FakeBudget, FakeLinks
from tests.support.agent_job_store import FakeJobStore
from tests.support.agent_stores import FakeTurnStore
from tests.support.clock import ManualClock
from tests.support.ids import NamedIds
from tests.support.live_store import (
    FakeHumanCalls,
    FakeLiveAccounts,
    FakeLiveStore,
    FakeViewer,
    Row,
)

FRAME_SECONDS = 0.04
FRAME_BYTES = 1_920
STEP = 0.05
LOOK_SECONDS = 0.5
PATIENCE = 45.0  # of the machine's seconds
REST = 0.004  # of the machine, while a step of the clock passes


class Visitor:
    """Somebody on the page: joins the room as soon as there is one."""

    def __init__(self, world: LiveWorld, page: FakeViewer) -> None:
        self._world = world
        self.page = page
        self.attending: asyncio.Task[None] | None = None
        page.on_show = self._shown

    def _shown(self, message: dict[str, Any]) -> None:
        if message["type"] == "room":
            self._world.avatars.join_viewer()
            self.page.do(RoomReady())

    def types(self, text: str) -> None:
        """Write into the page's text box."""
        self.page.do(Typed(text))

    async def says(self, text: str, *, before: float = 0.2, after: float = 1.2) -> None:
        """Say something aloud, with silence around it, in the time that takes."""
        pcm = self._world.openai.sounds.register(text)
        await self.sounds(sound.silence(before) + pcm + sound.silence(after))

    async def sounds(self, pcm: bytes) -> None:
        """Let the microphone send this."""
        for start in range(0, len(pcm), FRAME_BYTES):
            self.page.do(Sound(pcm[start : start + FRAME_BYTES]))
            await self._world.passes(FRAME_SECONDS)

    async def sounds_at_once(self, pcm: bytes) -> None:
        """Let the page send this as one frame, whatever it is."""
        self.page.do(Sound(pcm))
        await self._world.passes(FRAME_SECONDS)

    def mutes(self) -> None:
        """Switch the microphone off."""
        self.page.do(Muted(True))

    def ends(self) -> None:
        """Press End."""
        self.page.do(EndPressed())

    async def leaves(self) -> None:
        """The page goes away."""
        self.page.leave()
        if self.attending is not None:
            await self.attending


class LiveWorld:
    """Everything between two emulators. `ears` and `voice` may be replaced before a desk is made."""

    def __init__(
        self, avatars: LiveAvatarEmulator, openai: OpenAIEmulator, live: LiveClient, client: AsyncOpenAI
    ) -> None:
        self.avatars = avatars
        self.openai = openai
        self.client = client
        self.live = live
        self.clock = ManualClock()
        self.store = FakeLiveStore(self.clock)
        self.turns = FakeTurnStore(self.clock)
        self.jobs = FakeJobStore(self.clock)
        self.humans = FakeHumanCalls()
        self.budget = FakeBudget()
        self.model: Model = ResponsesWire(client, "emulated-planner")
        self.ears: EarsMaker | None = HttpEarsMaker(client, "emulated-ears")
        self.voice: Voice | None = HttpVoice(client, "emulated-voice", "marin")
        self.marks: list[tuple[str, int, str, float]] = []
        self.desks: list[Desk] = []
        self.visitors: list[Visitor] = []
        self._owners = itertools.count(1)
        self._looked_at = self.clock.now()

    def realtime_ears(self) -> None:
        """Hear over a realtime session, with partial words."""
        self.ears = RealtimeEarsMaker(self.client, "emulated-ears")

    def new_desk(self, *, limit: int = 5, store: FakeLiveStore | None = None, bounds: Bounds | None = None) -> Desk:
        """A process's desk over the same rows."""
        ids = NamedIds(f"p{next(self._owners)}")
        rows = store or self.store

        def connect(url: str, may_reopen: Callable[[], Awaitable[bool]]) -> LiveConnection:
            return LiveConnection(
                url,
                clock=self.clock,
                new_id=lambda: ids.new("event"),
                random=lambda: 0.5,
                proxy=None,
                may_reopen=may_reopen,
            )

        brain = Brain(
            model=self.model,
            toolbox=self._toolbox(),
            humans=self.humans,
            links=FakeLinks(),
            clock=self.clock,
            secret=b"secret",
            unconfirmed=ENGLISH.unconfirmed,
        )

        async def options(session: LiveSession) -> SessionOptions:
            return SessionOptions(avatar_id=ALEX, max_seconds=session.max_seconds)

        parts = LiveParts(
            store=rows,
            accounts=FakeLiveAccounts(self.live),
            turns=self.turns,
            jobs=self.jobs,
            budget=self.budget,
            brain=brain,
            ears=self.ears,
            voice=self.voice,
            clock=self.clock,
            ids=ids,
            connect=connect,
            options=options,
            bounds=bounds or Bounds(),
            observe=lambda *mark: self.marks.append(mark),
        )
        summaries = Summaries(
            store=rows,
            turns=self.turns,
            jobs=self.jobs,
            links=FakeLinks(),
            model=self.model,
            person=brain.person,
        )
        desk = Desk(parts, limit=limit, summaries=summaries)
        self.desks.append(desk)
        return desk

    def _toolbox(self) -> Toolbox:
        reading = Reading(jobs=self.jobs, accounts=FakeAccounts({}), budget=self.budget, clock=self.clock)
        return Toolbox(reading.tools())

    @property
    def desk(self) -> Desk:
        """The first process's; made when it is needed."""
        return self.desks[0] if self.desks else self.new_desk()

    # -- time --------------------------------------------------------------------------------------------------

    async def passes(self, seconds: float) -> None:
        """Let this much time pass for everybody."""
        left = seconds
        while left > 1e-9:
            step = min(left, STEP)
            self.avatars.advance(step)
            self.clock.advance(step)
            left -= step
            await self._look()
            await asyncio.sleep(REST)

    async def until(self, met: Callable[[], Any], *, seconds: float = 120.0, still: bool = False) -> Any:
        """Let time pass until `met()`, for at most so many seconds; `still`: on a clock that stands."""
        ends = self.clock.now() + seconds
        async with asyncio.timeout(PATIENCE):
            while not (value := met()):
                assert self.clock.now() < ends, "in vain"
                if still:
                    await self._look()
                    await asyncio.sleep(REST)
                else:
                    await self.passes(STEP)
        return value

    async def _look(self) -> None:
        """What the process's loops do: look for commands and orphans."""
        if self.clock.now() - self._looked_at >= LOOK_SECONDS:
            self._looked_at = self.clock.now()
            await self.look()

    async def look(self) -> None:
        """Every process looks around now."""
        for desk in self.desks:
            await desk.run_due()

    # -- people ------------------------------------------------------------------------------------------------

    def visit(
        self, session_id: str = "live_1", *, desk: Desk | None = None, user_id: str = "U1", **hello: Any
    ) -> Visitor:
        """Somebody opens the page."""
        visitor = Visitor(self, FakeViewer(user_id))
        greeting = Hello(**({"consent": True, "microphone": True, "language": "en"} | hello))
        attending = (desk or self.desk).attend(session_id, visitor.page, greeting)
        visitor.attending = asyncio.create_task(attending, name="visitor")
        self.visitors.append(visitor)
        return visitor

    async def opened(self, **fields: Any) -> Visitor:
        """A session that runs; its avatar has introduced itself."""
        self.store.offer(**fields)
        visitor = self.visit()
        await self.until(lambda: ENGLISH.greeting in self.said)
        return visitor

    async def close(self) -> None:
        """Leave nothing running."""
        for visitor in self.visitors:
            visitor.page.leave()
        closing = asyncio.gather(*(desk.drain(0.0) for desk in self.desks))
        async with asyncio.timeout(PATIENCE):
            while not closing.done():
                self.clock.advance(STEP)  # no faster than what is to be stopped can be
                await asyncio.sleep(REST)
        await closing
        for visitor in self.visitors:
            if visitor.attending is not None:
                await visitor.attending

    # -- what there is to see ----------------------------------------------------------------------------------

    @property
    def row(self) -> Row:
        return self.store.rows["live_1"]

    @property
    def session(self) -> LiveSession:
        return self.row.session

    @property
    def ended(self) -> LiveEnd | None:
        """Why it has ended, once the row says so."""
        return self.session.end if self.session.ended_at is not None else None

    @property
    def lines(self) -> list[tuple[Speaker, str, LineState]]:
        return [(line.speaker, line.text, line.state) for line in self.row.lines]

    @property
    def said(self) -> list[str]:
        """What is written down as said by the avatar."""
        return [text for speaker, text, _ in self.lines if speaker is Speaker.AVATAR]

    @property
    def voiced(self) -> list[str]:
        """The texts that were given a voice, in order."""
        return [spoken.text for spoken in self.openai.sounds.spoken]

    @property
    def utterances(self) -> list[Utterance]:
        return self.avatars.utterances()

    @property
    def findings(self) -> list[str]:
        """What the emulated LiveAvatar has to complain about."""
        return [f"{finding.code}: {finding.detail}" for finding in self.avatars.findings]

    def commands(self, name: str) -> int:
        """How many frames of this type came to LiveAvatar."""
        return sum(frame.direction == "in" and frame.type == name for frame in self.avatars.session().frames)

    def posts(self, path: str) -> int:
        """How many requests were made of LiveAvatar."""
        return len(self.avatars.journal.select("POST", path))

    @property
    def running_tasks(self) -> list[str]:
        """What of the desks and their sessions still runs."""
        names = [task.get_name() for task in asyncio.all_tasks()]
        return sorted(name for name in names if name.startswith(("live-", "ears-")))

    @property
    def open_sessions(self) -> int:
        """How many sessions cost money at LiveAvatar right now."""
        return sum(session.open for session in self.avatars.state.sessions.values())
