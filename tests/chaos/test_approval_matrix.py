"""kill -9 along the approval path: no charge without an approval, none twice, none lost, and no decision forgotten."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from tests.chaos.approval import ApprovalRig, Decision
from tests.chaos.rig import Place, anew, places

pytestmark = [pytest.mark.chaos, pytest.mark.full]

SQLITE, POSTGRES = "sqlite", "postgres"
BEGINNING, END = "commit submission.intend before", "commit submission.sent after"
TRIES = 3
STRIDES = {"approve": 1, "decline": 4, "none": 4}  # without an approval there is less to get wrong


@pytest.fixture
async def rig(decision: Decision, tmp_path: Path, server_url: str | None) -> AsyncIterator[ApprovalRig]:
    """A rig that is open."""
    async with ApprovalRig(tmp_path, decision, server_url) as rig:
        yield rig


def on_the_path(points: list[str]) -> list[Place]:
    """The places from writing the request down until HeyGen's answer is written down, or to the end without one."""
    found = places(points)
    first = next(index for index, (label, _) in enumerate(found) if label == BEGINNING)
    last = next((index for index, (label, _) in enumerate(found) if label == END), len(found) - 1)
    return found[first : last + 1]


@pytest.mark.parametrize("database", [SQLITE, POSTGRES])
@pytest.mark.parametrize("decision", ["approve", "decline", "none"])
@pytest.mark.timeout(1_200)
async def test_a_kill_anywhere_before_the_request_is_sent(
    rig: ApprovalRig, database: str, figure: Callable[[str], None]
) -> None:
    calm = await rig.play(None)
    assert calm.wrong == []
    path = on_the_path(calm.points)
    path = (path if database == SQLITE else anew(path))[:: STRIDES[rig.decision]]
    wrong: dict[Place, list[str]] = {}
    missed: set[Place] = set()
    for place in path:
        for _ in range(TRIES):
            run = await rig.play(place)
            if run.wrong:
                wrong[place] = run.wrong
            if run.killed:
                break
        else:
            missed.add(place)
    figure(f"approval matrix ({rig.name}): {len(path)} points, {len(wrong)} wrong, {len(missed)} never came again")

    assert wrong == {}
    assert len(missed) <= len(path) // 4
    kinds = {label for label, _ in path}
    assert kinds - {label for label, _ in set(path) - missed} == set()


@pytest.mark.parametrize("database", [SQLITE])
@pytest.mark.parametrize("decision", ["approve"])
@pytest.mark.timeout(60)
async def test_the_path_holds_the_decision_and_the_request(rig: ApprovalRig) -> None:
    path = [label for label, _ in on_the_path((await rig.play(None)).points)]

    assert {"commit submission.approve before", "commit submission.approve after"} <= set(path)
    assert any(label.startswith("call POST") and "video-translations" in label for label in path)
