"""The agent's other ports in memory: a scripted model, and recorders for what people would see."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, field

from agent.errors import SourceRefused
from agent.model import Completed, ModelEvent, ModelRequest
from agent.money import Period, Scope
from agent.ports import Reply
from agent.records import Conversation, Job, JobState, Json, Lease, TurnRecord
from agent.rights import Right, Role, may
from agent.steps import Step
from heygen import Client

ModelStep = Sequence[ModelEvent | Exception]


class ScriptedModel:
    """Answers one step for each call, in order. A call too many fails at once, a step too many in `finish`."""

    def __init__(self, *steps: ModelStep) -> None:
        self.steps = list(steps)
        self.requests: list[ModelRequest] = []
        self.on_event: Callable[[], None] | None = None

    async def respond(self, request: ModelRequest) -> AsyncGenerator[ModelEvent, None]:
        self.requests.append(request)
        if not self.steps:
            raise AssertionError(f"unexpected model call {len(self.requests)}")
        for event in self.steps.pop(0):
            if isinstance(event, Exception):
                raise event
            if self.on_event and isinstance(event, Completed):
                self.on_event()
            yield event

    def finish(self) -> None:
        """Fail if a step was never asked for."""
        assert not self.steps, f"{len(self.steps)} scripted model steps were not consumed"


@dataclass
class RecordedReply:
    """One `agent.ports.Reply`: what was done to it, in order."""

    turn_id: str
    done: list[tuple[str, str | None]] = field(default_factory=list)
    shown: list[Step] = field(default_factory=list)

    async def status(self, text: str) -> None:
        self.done.append(("status", text))

    async def append(self, text: str) -> None:
        self.done.append(("append", text))

    async def steps(self, steps: Sequence[Step]) -> None:
        self.shown.extend(steps)

    async def settle(self, delivery_id: str | None, text: str | None) -> None:
        self.done.append(("settle", text))

    async def restart(self) -> None:
        self.done.append(("restart", None))

    def texts(self, kind: str) -> list[str | None]:
        """What was passed to the calls of one kind."""
        return [text for name, text in self.done if name == kind]


class RecordingReplies:
    """`agent.ports.Replies`: keeps every reply it opens."""

    def __init__(self) -> None:
        self.opened: list[RecordedReply] = []

    def open(self, lease: Lease, turn: TurnRecord, conversation: Conversation) -> Reply:
        self.opened.append(RecordedReply(turn.id))
        return self.opened[-1]


class FakeLinks:
    """`agent.ports.JobLinks`: a link for each job that has succeeded."""

    def link(self, job: Job) -> str | None:
        return f"https://green.room/v/{job.handle}" if job.state is JobState.SUCCEEDED else None


@dataclass(frozen=True)
class FakeFacts:
    """`agent.ports.SourceFacts`."""

    content_type: str = "video/mp4"
    duration: float | None = 60.0
    size: int | None = 1_000


class FakeProbe:
    """`agent.ports.SourceProbe` and `SoundProbe`: every URL is good, except those in `refused`.

    A video has `duration` seconds, a recording `sound`.
    """

    def __init__(self) -> None:
        self.probed: list[str] = []
        self.refused: dict[str, SourceRefused] = {}
        self.duration: float | None = 60.0
        self.sound: float | None = 30.0

    async def probe_sound(self, url: str) -> FakeFacts:
        await self.probe(url)
        return FakeFacts("audio/mpeg", duration=self.sound)

    async def probe(self, url: str) -> FakeFacts:
        self.probed.append(url)
        if url in self.refused:
            raise self.refused[url]
        return FakeFacts(duration=self.duration)


class FakeRoles:
    """`agent.ports.Roles`: nobody is appointed to anything, unless `people` says so."""

    def __init__(self) -> None:
        self.people: dict[str, frozenset[Role]] = {}

    def appointed(self, workspace_id: str, user_id: str) -> frozenset[Role]:
        return self.people.get(user_id, frozenset())

    def anybody_approves(self, workspace_id: str) -> bool:
        return not any(may(Right.APPROVE, roles) for roles in self.people.values())


@dataclass(frozen=True)
class FakeUsed:
    """`agent.ports.Used`."""

    scope: Scope = Scope.PERSON
    period: Period = Period.DAY
    held: int = 0
    charged: int = 0
    cap: int | None = None


class FakeBudget:
    """`agent.ports.Budget`: `rows`, whoever asks. `asked` is for whom and where."""

    def __init__(self, *rows: FakeUsed) -> None:
        self.rows = rows
        self.asked: list[tuple[str, str, str]] = []

    async def used(self, workspace_id: str, conversation_id: str, requester: str) -> Sequence[FakeUsed]:
        self.asked.append((workspace_id, conversation_id, requester))
        return self.rows


class FakeAccounts:
    """`agent.ports.Accounts`: one account for each workspace, each with its own client."""

    def __init__(self, clients: dict[str, Client], callback: str | None = None) -> None:
        self._clients = clients
        self._callback = callback

    async def account_id(self, workspace_id: str) -> str:
        return f"{workspace_id}-account"

    async def client(self, account_id: str) -> Client:
        return self._clients[account_id]

    async def callback(self, account_id: str, key: str, *, needed: bool = False) -> str | None:
        return self._callback


def tool_definition(name: str) -> Json:
    """A strict function tool without arguments, as it goes over the wire."""
    parameters = {"type": "object", "properties": {}, "required": [], "additionalProperties": False}
    return {"type": "function", "name": name, "description": name, "parameters": parameters, "strict": True}
