"""A runner over stores in memory, with tools that count how often they really run."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable
from typing import Any

from agent.conversation import function_call
from agent.model import Completed, ModelEvent, TextDelta
from agent.recall import Recall
from agent.records import InboxRow, Item, Json, ModelCall, TurnState
from agent.runner import Parked, Runner
from agent.tool_calls import Outcome, TryAgain, Value
from agent.toolbox import Arguments, CallContext, Effect, Toolbox, ToolSpec
from agent.turn import Bounds
from emulators.openai.pairing import check_pairs
from tests.support.agent_fakes import FakeBudget, FakeLinks, RecordedReply, RecordingReplies, ScriptedModel
from tests.support.agent_job_store import FakeJobStore
from tests.support.agent_rows import message
from tests.support.agent_stores import FakeTurnStore
from tests.support.clock import ManualClock

BOUNDS = Bounds(model_calls=3, tokens=1_000, seconds=600.0, attempts=3)


class Word(Arguments):
    """Arguments of every tool here."""

    word: str


class Tools:
    """`work` answers with its word, `fail` asks to try again, `raise` waits for `gate` and raises `error`.

    `spend` answers like `work` and costs money, `read` answers like it with what others wrote.
    """

    def __init__(self) -> None:
        self.runs: Counter[str] = Counter()
        self.keys: list[str] = []
        self.error: Exception | None = None
        self.gate: asyncio.Event | None = None
        self.hook: Callable[[str], object] = bool

    def toolbox(self) -> Toolbox:
        return Toolbox(self.specs())

    def specs(self) -> list[ToolSpec]:
        tools = {"work": self.work, "fail": self.fail, "raise": self.throw}
        specs = [ToolSpec(name, f"To {name}.", Word, Effect.READ, run) for name, run in tools.items()]
        spend = ToolSpec("spend", "To spend.", Word, Effect.SUBMIT, self.work)
        read = ToolSpec("read", "To read.", Word, Effect.READ, self.work, taints=True)
        return [*specs, spend, read]

    def _count(self, context: CallContext, arguments: Word) -> None:
        self.runs[arguments.word] += 1
        self.keys.append(context.key)
        self.hook(arguments.word)

    async def work(self, context: CallContext, arguments: Word) -> Outcome:
        self._count(context, arguments)
        return Value({"word": arguments.word})

    async def fail(self, context: CallContext, arguments: Word) -> Outcome:
        self._count(context, arguments)
        return TryAgain("nope", "That did not work.", "Try another word.")

    async def throw(self, context: CallContext, arguments: Word) -> Outcome:
        self._count(context, arguments)
        if self.gate:
            await self.gate.wait()
        if self.error:
            raise self.error
        return Value({"word": arguments.word})


class World:
    """Everything a turn needs. `run` is one attempt of one worker; a new `World.runner` is a new process."""

    def __init__(self, clock: ManualClock, jobs: FakeJobStore) -> None:
        self.clock = clock
        self.jobs = jobs
        self.turns = FakeTurnStore(clock)
        self.model = ScriptedModel()
        self.replies = RecordingReplies()
        self.budget = FakeBudget()
        self.tools = Tools()
        self.bounds = BOUNDS
        self.recall = Recall()

    @property
    def runner(self) -> Runner:
        """A new runner over the same rows."""
        return Runner(
            turns=self.turns,
            jobs=self.jobs,
            toolbox=self.tools.toolbox(),
            model=self.model,
            replies=self.replies,
            links=FakeLinks(),
            budget=self.budget,
            clock=self.clock,
            secret=b"secret",
            bounds=self.bounds,
            recall=self.recall,
        )

    async def run(self, row: InboxRow | None = None) -> Parked | None:
        """A new worker claims the lane and runs the row."""
        return await self.runner.run(self.turns.lease(), row or message("go"))

    @property
    def reply(self) -> RecordedReply:
        """The visible side of the newest attempt."""
        return self.replies.opened[-1]

    @property
    def text(self) -> str:
        """The one final reply there is."""
        ((_, text),) = self.turns.replies
        return text

    @property
    def state(self) -> TurnState:
        """The state of the one turn there is."""
        (turn,) = self.turns.turns.values()
        return turn.state

    @property
    def error(self) -> str | None:
        """Why the one turn there is ended."""
        (turn,) = self.turns.turns.values()
        return turn.error

    def outputs(self) -> list[Json]:
        """What the tools answered, as the model reads it."""
        bodies = [item.body for item in self.turns.log if item.body["type"] == "function_call_output"]
        return [json.loads(body["output"]) for body in bodies]

    def check_log(self) -> list[Item]:
        """The log, with every call answered."""
        check_pairs([item.body for item in self.turns.log])
        return self.turns.log


def answered(*items: Json, tokens: int = 10, deltas: tuple[str, ...] = ()) -> list[ModelEvent | Exception]:
    """A model step: maybe some streamed text, then the complete answer."""
    completed = Completed(items, ModelCall("m", "resp", "req", tokens, 0, 0))
    return [*[TextDelta(delta, final=True) for delta in deltas], completed]


def said(text: str, phase: str = "final_answer") -> Json:
    """A message of the model."""
    content = [{"type": "output_text", "text": text}]
    return {"type": "message", "role": "assistant", "phase": phase, "content": content}


def called(call_id: str, name: str = "work", **arguments: Any) -> Json:
    """A tool call of the model; its word is its id unless it says otherwise."""
    return function_call(call_id, name, arguments or {"word": call_id})
