"""kill -9 in each phase of sharing a video as a file, then a restart: it stands in the thread once, and is whole.

What is doubled is the upload, which nobody sees before it is shared: a share that may have been made is looked for by
the file's name, which is the only one of its thread.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.chaos.points import ID
from tests.chaos.shares import ShareRig

pytestmark = [pytest.mark.chaos, pytest.mark.full]

TICKET, UPLOAD, SHARE, LOOK = (
    "call POST /api/files.getUploadURLExternal",
    "call POST /upload/v1",
    "call POST /api/files.completeUploadExternal",
    "call GET /api/conversations.replies",
)
PHASES = [f"{call} {when}" for call in (TICKET, UPLOAD, SHARE, LOOK) for when in ("before", "after")]
SAMPLE = [f"{UPLOAD} after", f"{SHARE} after"]
TRIES = 3


@pytest.fixture
async def rig(tmp_path: Path, server_url: str | None) -> AsyncIterator[ShareRig]:
    """A rig that is open."""
    async with ShareRig(tmp_path, server_url) as rig:
        yield rig


@pytest.mark.parametrize(("database", "phases"), [("sqlite", PHASES), ("postgres", SAMPLE)], ids=["sqlite", "postgres"])
@pytest.mark.timeout(240)
async def test_a_kill_while_a_video_is_shared_leaves_one_file(rig: ShareRig, phases: list[str]) -> None:
    calm = await rig.play(None)
    assert calm.wrong == []
    assert set(phases) <= {ID.sub("", label) for label in calm.points}
    wrong = {}
    for phase in phases:
        runs = []
        while len(runs) < TRIES and not (runs and runs[-1].killed):
            runs.append(await rig.play((phase, 1)))
        if problems := [problem for run in runs for problem in run.wrong] or (
            [] if runs[-1].killed else ["not killed"]
        ):
            wrong[phase] = problems
    assert wrong == {}
