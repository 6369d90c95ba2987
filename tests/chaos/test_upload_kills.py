"""kill -9 at every point of an upload, then a restart: one asset, whole, and one charge for what was made of it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from tests.chaos.points import ID
from tests.chaos.rig import Place, places
from tests.chaos.uploads import UploadRig

pytestmark = [pytest.mark.chaos, pytest.mark.full]

UPLOADING = re.compile(r"(commit asset\.\w+|call (GET|POST|PUT) /(v3/assets|storage|files-pri)\S*) (before|after)")
PHASES = {
    "one call": ("commit asset.sending after", "call POST /v3/assets after", "commit asset.ready before"),
    "direct": (
        "commit asset.reserving after",
        "call POST /v3/assets/direct-uploads after",
        "commit asset.putting after",
        "call PUT /storage after",
        "commit asset.completing after",
        "call POST /v3/assets/complete after",
        "commit asset.processing after",
        "commit asset.ready before",
    ),
}
TRIES = 3


@pytest.fixture
async def rig(way: str, tmp_path: Path, server_url: str | None) -> AsyncIterator[UploadRig]:
    """A rig that is open."""
    async with UploadRig(tmp_path, server_url, direct=way == "direct") as rig:
        yield rig


def phase_of(label: str) -> str:
    """A point without the ids in it."""
    return ID.sub("", label)


def uploading(points: list[str]) -> list[Place]:
    """The points of a run that belong to the upload."""
    return [place for place in places(points) if UPLOADING.fullmatch(place[0])]


async def killed_in(rig: UploadRig, wanted: list[str]) -> dict[str, list[str]]:
    """What was wrong after a kill in each of these phases; ids differ from run to run, so places are named anew."""
    wrong: dict[str, list[str]] = {}
    for phase in wanted:
        for _ in range(TRIES):
            run = await rig.play((phase, 1))
            if run.wrong:
                wrong[phase] = run.wrong
            if run.killed:
                break
        else:
            wrong[phase] = ["it never came to this"]
    return wrong


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
@pytest.mark.parametrize("way", ["one call", "direct"])
@pytest.mark.timeout(900)
async def test_a_kill_at_every_point_of_an_upload(rig: UploadRig, way: str, figure: Callable[[str], None]) -> None:
    run = await rig.play(None)
    assert run.wrong == []
    every = sorted({phase_of(label) for label, _ in uploading(run.points)})
    assert set(PHASES[way]) <= set(every)
    wrong = await killed_in(rig, every)
    figure(f"upload in {way}: {len(every)} points, {len(wrong)} wrong")
    assert wrong == {}
