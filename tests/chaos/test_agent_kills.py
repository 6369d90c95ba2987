"""kill -9 while a video agent works, then a restart: one session, one charge, each word of each side once."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from tests.chaos.agents import AgentRig
from tests.chaos.points import ID

pytestmark = [pytest.mark.chaos, pytest.mark.full]

SESSION = re.compile(r"(commit (agent|submission|job)\.\w+|call (GET|POST) /v3/video-agents\S*) (before|after)")
MOMENTS = (
    ("commit submission.sending after", 1),
    ("call POST /v3/video-agents after", 1),  # it is begun and paid for, and nothing says so
    ("commit submission.sent after", 1),
    ("commit agent.adopt before", 1),
    ("commit agent.step before", 2),
    ("commit agent.step after", 2),  # the question is queued
    ("commit agent.answer after", 1),
    ("commit agent.telling after", 1),
    ("call POST /v3/video-agents after", 2),  # it has the answer, and nothing says so
    ("commit agent.told before", 1),
    ("call POST /v3/video-agents after", 3),  # it has the yes to its draft
    ("commit job.update before", 3),
)
TRIES = 2


@pytest.fixture
async def rig(tmp_path: Path, server_url: str | None) -> AsyncIterator[AgentRig]:
    """A rig that is open."""
    async with AgentRig(tmp_path, server_url) as rig:
        yield rig


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
@pytest.mark.timeout(400)
async def test_a_kill_at_each_moment_of_a_session(rig: AgentRig, figure: Callable[[str], None]) -> None:
    whole = await rig.play(None)
    assert whole.wrong == []
    points = {ID.sub("", label) for label in whole.points if SESSION.fullmatch(label)}
    assert {label for label, _ in MOMENTS} <= points
    wrong: dict[str, list[str]] = {}
    for moment in MOMENTS:
        for _ in range(TRIES):
            run = await rig.play(moment)
            if run.wrong:
                wrong[f"{moment}"] = run.wrong
            if run.killed:
                break
        else:
            wrong[f"{moment}"] = ["it never came to this"]
    figure(f"video agent: {len(MOMENTS)} kills, {len(wrong)} wrong")
    assert wrong == {}
