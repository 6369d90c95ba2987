"""Sessions with video agents: they think, ask back, show a draft, make a video, and sometimes die without a word.

Sans I/O: time comes in with `tick`. In generate mode a session thinks and then makes its video. In chat mode it first
asks a question, then shows a draft for review, and goes on only when it is told to.
"""

from __future__ import annotations

import dataclasses
import math
import random
import re
from collections.abc import Callable
from typing import Any, Literal

from emulators.base import Clock
from emulators.heygen.agent_models import CreateSession, Say
from emulators.heygen.errors import Refusal, missing
from emulators.heygen.jobs import Jobs
from emulators.heygen.prices import agent_price
from emulators.heygen.state import Account, Failure, Job, JobState, Kind, WorkClock

Phase = Literal["thinking", "waiting_for_input", "reviewing", "generating", "completed", "failed"]
Twist = Literal["silence", "hang"]
SHOWN_MESSAGES = 40
DEFAULT_SECONDS = 60.0
SHORTER, LONGER = 0.79, 1.74  # real length against the length that was asked for
GOOD = re.compile(
    r"\b(approve[ds]?|looks? (good|great)|go ahead|make it|perfect|render|yes|ok(ay)?|fine)\b", re.IGNORECASE
)
LENGTH = re.compile(r"\b(\d{1,3})[ -]*(seconds?|secs?|s|minutes?|mins?)\b", re.IGNORECASE)
QUESTION = "Who is this video for, and should it have a call to action at the end?"
DRAFT = "Here is a draft of the script and the scenes. Shall I make the video, or what should change?"
MAKING = "I am making the video now."
READY = "Your video is ready."
STOPPED = "Stopped."


@dataclasses.dataclass(slots=True)
class Message:
    """Something said in a session; it has no id."""

    role: Literal["user", "model"]
    content: str
    created: float
    type: Literal["text", "resource", "error"] = "text"
    resource_ids: tuple[str, ...] = ()


@dataclasses.dataclass(slots=True)
class Resource:
    """Something a session made or was given."""

    id: str
    type: str
    source: Literal["generated", "user_uploaded"]
    created: float
    metadata: dict[str, Any]


@dataclasses.dataclass(slots=True)
class Session:
    """One session. `due` is when its phase ends, in work time; `seconds` how long its next video will be.

    `told` is what it was told last, `drafts` how many drafts it has shown, `paid` how many videos were paid for.
    `stopping`: it stops at its next step. `twist` is what goes wrong without a word. `lost`: it cannot be read any more
    although it goes on.
    """

    seq: int
    id: str
    account: Account
    request: CreateSession
    created: float
    phase: Phase
    due: float
    seconds: float
    language: str | None = None
    kind: Kind = "agent"
    messages: list[Message] = dataclasses.field(default_factory=list)
    resources: dict[str, Resource] = dataclasses.field(default_factory=dict)
    videos: list[str] = dataclasses.field(default_factory=list)
    told: str = ""
    asked: bool = False
    drafts: int = 0
    runs: int = 0
    paid: int = 1
    fate: Failure | None = None
    twist: Twist | None = None
    stopping: bool = False
    lost: bool = False

    @property
    def working(self) -> bool:
        """Whether it needs a place under the cap."""
        return self.phase in ("thinking", "generating")

    @property
    def title(self) -> str:
        """What lists call it."""
        return self.request.prompt.split("\n")[0][:60]

    @property
    def progress(self) -> int:
        """From 0 to 100; a session that died has got nowhere."""
        steps = {"thinking": 10, "waiting_for_input": 20, "reviewing": 40, "generating": 70, "completed": 100}
        return steps.get(self.phase, 0)


class Agents:
    """All sessions by id. `on_end` hears of each that completed or failed."""

    def __init__(
        self,
        jobs: Jobs,
        clock: Clock,
        work: WorkClock,
        chance: random.Random,
        on_end: Callable[[Session], None],
    ) -> None:
        self.all: dict[str, Session] = {}
        self.twists: list[Twist] = []
        self._jobs = jobs
        self._clock = clock
        self._work = work
        self._chance = chance
        self._on_end = on_end

    def places(self, account: Account) -> list[float]:
        """When the account's working sessions may be done with what they do."""
        return [session.due for session in self.all.values() if session.account is account and session.working]

    def begin(self, account: Account, body: CreateSession, key: str | None) -> Session:
        """Begin a session: a place and the money for its video are needed now."""
        seconds = self._length(body.prompt)
        price = agent_price(seconds)
        self._jobs.admit(account, "agent", [price])
        now = self._clock.now()
        session = Session(
            seq=self._jobs.state.next_seq(),
            id=f"{self._chance.getrandbits(128):032x}",
            account=account,
            request=body,
            created=now,
            phase="thinking",
            due=self._later(),
            seconds=seconds,
            fate=self._jobs.planned_failure("agent"),
            twist=self.twists.pop(0) if self.twists else None,
        )
        session.messages.append(Message("user", body.prompt, now))
        for _ in body.files or ():
            self._resource(session, "image", "user_uploaded", {})
        self.all[session.id] = session
        self._jobs.ledger.charge(account, session, price, key)
        return session

    def get(self, account: Account, session_id: str) -> Session:
        """The account's own session, or 404; also for one that was lost."""
        session = self.all.get(session_id)
        if session is None or session.account is not account or session.lost:
            raise missing("resource_not_found", "The session")
        return session

    def say(self, session: Session, body: Say, key: str | None) -> str:
        """Take a message and return the id of the run it begins; only a session in chat mode that listens does."""
        if session.request.mode != "chat":
            raise Refusal(400, "invalid_parameter", "This session is not in chat mode.", param="session_id")
        if session.phase == "failed" or session.stopping:
            raise Refusal(409, "conflict", "This session has ended.")
        if session.working and self._jobs.state.switches.busy_agents_refuse:
            raise Refusal(409, "resource_not_ready", "This session is busy.")
        if session.phase == "completed":
            self._revise(session, body.message, key)
        elif not session.working:
            self._jobs.admit(session.account, "agent", [0])
        session.messages.append(Message("user", body.message, self._clock.now()))
        session.told, session.runs = body.message, session.runs + 1
        if not session.working:
            self._enter(session, "thinking", self._later())
        return f"run-{session.runs}"

    def give(self, session: Session, kind: str) -> Resource:
        """Let a session make something."""
        return self._resource(session, kind, "generated", {})

    def stop(self, session: Session) -> None:
        """Let a session stop at its next step; one that has ended is left alone."""
        if session.phase in ("completed", "failed"):
            return
        session.stopping = True
        session.due = min(session.due, self._work.now() + 2.0)

    def tick(self) -> None:
        """Move every session to where it should be by now."""
        now = self._work.now()
        for session in list(self.all.values()):
            while now >= session.due and session.phase not in ("completed", "failed") and self._step(session):
                pass

    def hurry(self, session: Session, fail: Failure | None = None) -> bool:
        """Take a working session to the end of what it does, at once; whether it was working."""
        if not session.working:
            return False
        session.fate = fail or session.fate
        if session.phase == "generating":
            self._finish_video(session)
        else:
            self._step(session)
        return True

    def video_ended(self, job: Job) -> None:
        """Hear that a video that is part of a session has come to its end."""
        session = self.all.get(job.part_of or "")
        if session is None or session.phase != "generating":
            return
        if job.state is JobState.COMPLETED:
            session.messages.append(
                Message("model", READY, self._clock.now(), "resource", self._video_resource(session))
            )
            self._end(session, "completed")
        else:
            self._fail(session)

    def _step(self, session: Session) -> bool:
        """End a phase and begin the next one; whether there is one that may end at once as well."""
        if session.stopping:
            self._stopped(session)
        elif session.twist == "hang":
            session.due = math.inf
        elif session.twist == "silence" or session.fate is not None:
            self._fail(session)
        elif session.phase == "thinking":
            self._think(session)
        return session.phase == "thinking"

    def _think(self, session: Session) -> None:
        """What comes of having thought: a video, a question, or a draft."""
        if session.request.mode == "generate" or GOOD.search(session.told) or session.videos:
            self._make(session)
        elif not session.asked:
            session.asked = True
            self._answer(session, QUESTION, "waiting_for_input")
        else:
            session.drafts += 1
            draft = self._resource(session, "draft", "generated", {"version": session.drafts})
            session.messages.append(Message("model", "", self._clock.now(), "resource", (draft.id,)))
            self._answer(session, DRAFT, "reviewing")

    def _make(self, session: Session) -> None:
        fields = {"title": session.title, "output_format": "mp4"}
        job = self._jobs.accept(
            session.account,
            "video",
            fields,
            seconds=session.seconds,
            price=0,
            key=None,
            part_of=session.id,
            at=min(session.due, self._work.now()),
        )
        session.videos.append(job.id)
        session.messages.append(Message("model", MAKING, self._clock.now()))
        self._enter(session, "generating", job.due + 1.0)

    def _finish_video(self, session: Session) -> None:
        self._jobs.finish(self._jobs.state.jobs[session.videos[-1]], session.fate)

    def _answer(self, session: Session, text: str, phase: Phase) -> None:
        session.messages.append(Message("model", text, self._clock.now()))
        self._enter(session, phase, math.inf)

    def _fail(self, session: Session) -> None:
        """Failed sessions are not charged; most say nothing about why, not even that they failed."""
        if session.fate is not None and session.twist is None:
            session.messages.append(Message("model", session.fate.message, self._clock.now(), "error"))
        self._give_back(session)
        self._end(session, "failed")

    def _give_back(self, session: Session) -> None:
        """What was paid for a video that will not come."""
        if session.paid > sum(map(self._video_done, session.videos)):
            self._jobs.ledger.refund(session.id, newest_only=True)

    def _stopped(self, session: Session) -> None:
        """A video there is stays; without one the session has failed, and costs nothing."""
        self._give_back(session)
        done = [job_id for job_id in session.videos if self._video_done(job_id)]
        for job_id in set(session.videos) - set(done):
            self._jobs.state.jobs.pop(job_id, None)
        session.videos = done
        session.messages.append(Message("model", STOPPED, self._clock.now()))
        self._end(session, "completed" if done else "failed")

    def _video_done(self, job_id: str) -> bool:
        job = self._jobs.state.jobs.get(job_id)
        return job is not None and job.state is JobState.COMPLETED

    def _end(self, session: Session, phase: Phase) -> None:
        self._enter(session, phase, math.inf)
        self._on_end(session)

    def _revise(self, session: Session, message: str, key: str | None) -> None:
        """Another video, which costs again."""
        session.seconds = self._length(message, usual=session.seconds)
        price = agent_price(session.seconds)
        self._jobs.admit(session.account, "agent", [price])
        self._jobs.ledger.charge(session.account, session, price, key)
        session.paid += 1

    def _enter(self, session: Session, phase: Phase, due: float) -> None:
        session.phase, session.due = phase, due

    def _resource(
        self, session: Session, kind: str, source: Literal["generated", "user_uploaded"], metadata: dict[str, Any]
    ) -> Resource:
        made = Resource(f"res_{self._chance.getrandbits(64):016x}", kind, source, self._clock.now(), metadata)
        session.resources[made.id] = made
        return made

    def _video_resource(self, session: Session) -> tuple[str]:
        return (self._resource(session, "video", "generated", {"video_id": session.videos[-1]}).id,)

    def _length(self, prompt: str, usual: float = DEFAULT_SECONDS) -> float:
        """How long the video will be: near what the prompt says, never just that."""
        match = LENGTH.search(prompt)
        asked = usual if match is None else float(match[1]) * (60 if match[2].lower().startswith("m") else 1)
        return round(max(4.0, asked) * self._chance.uniform(SHORTER, LONGER), 1)

    def _later(self) -> float:
        return self._work.now() + self._chance.uniform(*self._jobs.state.switches.agent_thinks_seconds)


def session_view(session: Session) -> dict[str, Any]:
    """A session as it is read, with its newest messages first."""
    return {
        "session_id": session.id,
        "status": session.phase,
        "progress": session.progress,
        "title": session.title,
        "video_id": session.videos[-1] if session.videos else None,
        "created_at": int(session.created),
        "messages": [_message(message) for message in reversed(session.messages[-SHOWN_MESSAGES:])],
    }


def _message(message: Message) -> dict[str, Any]:
    return {
        "role": message.role,
        "content": message.content,
        "type": message.type,
        "created_at": int(message.created),
        "resource_ids": list(message.resource_ids) or None,
    }


def resource_view(resource: Resource, sign: Callable[[str], str]) -> dict[str, Any]:
    """A resource as it is read; videos have their own links."""
    video_id = resource.metadata.get("video_id")
    picture = sign(f"{resource.id}.png")
    return {
        "resource_id": resource.id,
        "resource_type": resource.type,
        "source_type": resource.source,
        "url": sign(f"{video_id}.mp4") if video_id else picture,
        "preview_url": picture,
        "thumbnail_url": picture,
        "metadata": resource.metadata or None,
        "created_at": int(resource.created),
    }
