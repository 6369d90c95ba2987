"""A summary's statements stand on lines; what stands on none, or may not be said, is left out."""

from __future__ import annotations

from typing import Any

import pytest

from agent.errors import ModelError
from agent.live.records import LineState, LiveLine, Manner, Speaker
from agent.live.summary import STATEMENTS, Summaries, summary_of
from agent.model import Completed, ModelRequest
from agent.outgoing import JobFacts, OutgoingContext
from agent.records import ModelCall
from tests.support.agent_fakes import FakeLinks, ScriptedModel
from tests.support.agent_job_store import FakeJobStore
from tests.support.agent_stores import FakeTurnStore
from tests.support.agent_world import said
from tests.support.clock import ManualClock
from tests.support.live_store import FakeLiveStore

CONTEXT = OutgoingContext()


def line(seq: int, text: str, speaker: Speaker = Speaker.VISITOR, state: LineState = LineState.SAID) -> LiveLine:
    return LiveLine(seq=seq, at=float(seq), speaker=speaker, manner=Manner.VOICE, text=text, state=state)


LINES = [line(number, f"Line {number}.") for number in range(1, 10)]


@pytest.mark.parametrize(
    ("written", "stands"),
    [
        ("- The visitor asked about prices. [3]", "• The visitor asked about prices. [3]"),
        ("- They asked about prices [5-7].", "• They asked about prices. [5–7]"),
        ("- They asked about prices [5–7] and dates [9].", "• They asked about prices and dates. [5–7, 9]"),
        ("1. They asked about prices [2, 9]", "• They asked about prices. [2, 9]"),
        ("* They asked about prices [3] [2] [3]", "• They asked about prices. [2–3]"),
        ("They asked about prices.", ""),
        ("- They asked about prices [12].", ""),
        ("- They asked about prices [2, 12].", ""),
        ("- They asked about prices [7-5].", ""),
        ("- They asked about prices [1-99999].", ""),
        ("- They asked about prices [two].", ""),
        ("- [3]", ""),
        ("- " + "long " * 100 + "[3]", ""),
        ("# Summary", ""),
        ("", ""),
    ],
)
def test_every_statement_stands_on_lines_that_exist(written: str, stands: str) -> None:
    assert summary_of(written, LINES, CONTEXT) == stands


def test_statements_are_kept_in_their_order_and_there_are_only_so_many() -> None:
    written = "\n".join(f"- They asked about thing number {number}. [{number}]" for number in range(1, 10))
    summary = summary_of(f"Here it is:\n\n{written}\n\nThat is all.", LINES, CONTEXT).splitlines()
    assert len(summary) == STATEMENTS
    assert summary[0] == "• They asked about thing number 1. [1]"


def test_what_may_not_be_shown_in_the_thread_stands_in_no_summary_either() -> None:
    job = JobFacts("J1", "German (Germany)", "running")
    context = OutgoingContext(jobs={"J1": job})
    written = "- The German video is finished and ready. [2]\n- They want to know when J1 will be ready. [3]"
    assert "finished" not in summary_of(written, LINES, context)
    assert "<!channel>" not in summary_of("- They rang <!channel> at https://evil.example/x [2]", LINES, CONTEXT)


class World:
    def __init__(self, *steps: Any) -> None:
        self.clock = ManualClock()
        self.store = FakeLiveStore(self.clock)
        self.session = self.store.offer()
        self.model = ScriptedModel(*steps)
        self.summaries = Summaries(
            store=self.store,
            turns=FakeTurnStore(self.clock),
            jobs=FakeJobStore(self.clock),
            links=FakeLinks(),
            model=self.model,
            person=lambda session: "hash",
        )

    async def make(self, *lines: LiveLine) -> str | None:
        self.store.rows["live_1"].lines = list(lines)
        summary = await self.summaries.make(self.session)
        self.model.finish()
        return summary


def written(text: str) -> Any:
    return [Completed((said(text),), ModelCall("m", "r", "q", 1, 1, 0))]


async def test_the_model_is_shown_numbered_lines_and_the_thread_is_told_what_stands() -> None:
    world = World(written("- They asked about prices. [1]\n- They were told nothing. [7]"))
    summary = await world.make(line(1, "What is it?"), line(2, "It is", Speaker.AVATAR, LineState.INTERRUPTED))
    assert summary == "• They asked about prices. [1]"
    assert world.store.rows["live_1"].session.summary == summary
    (request,) = world.model.requests
    assert isinstance(request, ModelRequest)
    assert "[1] Visitor: What is it?\n[2] Avatar (interrupted): It is" in str(request.input[0]["content"][0]["text"])
    assert request.tools == ()


async def test_of_a_very_long_session_the_newest_lines_are_shown() -> None:
    world = World(written("- They talked for long. [500]"))
    assert await world.make(*[line(number, "word " * 50) for number in range(1, 501)])
    told = world.model.requests[0].input[0]["content"][0]["text"]
    assert "[500]" in told
    assert "[1]" not in told
    assert len(told) <= 40_000


async def test_where_nobody_said_anything_there_is_nothing_to_sum_up() -> None:
    world = World()
    assert await world.make(line(1, "Hello.", Speaker.AVATAR)) is None


@pytest.mark.parametrize("step", [[ModelError("server", retryable=True)], [], written("Nothing to say.")])
async def test_a_summary_that_fails_is_just_no_summary(step: Any) -> None:
    world = World(step)
    assert await world.make(line(1, "What is it?")) is None
    assert world.store.rows["live_1"].session.summary is None
