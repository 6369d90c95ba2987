"""kill -9 at every commit and every call outside of the translation, then a restart: one charge, one result each."""

from __future__ import annotations

import re
import zlib
from collections import Counter
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from tests.chaos.points import ID
from tests.chaos.rig import Place, Rig, anew, places

pytestmark = pytest.mark.chaos

SAMPLE = 10
TRIES = 3
SHARES = 4  # of the whole matrix, so that several processes can work on it
# What only a slow run comes to: the heartbeat's later beats, and the stream of an answer that takes two seconds.
BY_TIME = re.compile(r"claims\.extend|/api/chat\.(?:start|append|stop)Stream")


SQLITE = pytest.param("sqlite", id="sqlite")
POSTGRES = pytest.param("postgres", id="postgres", marks=pytest.mark.full)
on_both = pytest.mark.parametrize("database", [SQLITE, POSTGRES])


@pytest.fixture
async def rig(tmp_path: Path, server_url: str | None) -> AsyncIterator[Rig]:
    """A rig that is open."""
    async with Rig(tmp_path, server_url) as rig:
        yield rig


def _calls(points: list[str]) -> Counter[tuple[str, str]]:
    """How often each request was begun, by method and path."""
    begun = [re.fullmatch(r"call (\S+) (\S+) before", point) for point in points]
    return Counter((match[1], match[2]) for match in begun if match)


def _journalled(rig: Rig) -> Counter[tuple[str, str]]:
    """How often each request of the application arrived. HeyGen's own look at the source is not the application's."""
    entries = [e for emulator in (rig.slack, rig.openai, rig.heygen) for e in emulator.journal.entries]
    return Counter((e.method, e.path) for e in entries if "range" in e.headers or not e.path.startswith("/sources/"))


@pytest.mark.full
@on_both
@pytest.mark.timeout(60)
async def test_every_request_the_journals_show_is_a_point(rig: Rig) -> None:
    run = await rig.play(None)

    assert run.wrong == []
    assert _journalled(rig) - _calls(run.points) == Counter()
    assert len(run.points) > 2 * sum(_journalled(rig).values())


@on_both
@pytest.mark.timeout(120)
async def test_ten_kills_spread_over_the_run(rig: Rig) -> None:
    found = places((await rig.play(None)).points)
    chosen = [found[index * len(found) // SAMPLE] for index in range(SAMPLE)]

    wrong = {place: run.wrong for place in chosen if (run := await rig.play(place)).wrong}

    assert wrong == {}


@on_both
@pytest.mark.full
@pytest.mark.timeout(2_400)
@pytest.mark.parametrize("share", range(SHARES))
async def test_a_kill_at_every_point(rig: Rig, database: str, share: int, figure: Callable[[str], None]) -> None:
    """On a file at every point; on a server, which takes twice as long, at all that leave something of their own."""
    every = places((await rig.play(None)).points)
    found = [place for place in (every if database == "sqlite" else anew(every)) if _share_of(place) == share]
    wrong: dict[Place, list[str]] = {}
    missed: set[Place] = set()
    for place in found:
        for _ in range(TRIES):
            run = await rig.play(place)
            if run.wrong:
                wrong[place] = run.wrong
            if run.killed:
                break
        else:
            missed.add(place)
    kinds = {label for label, _ in found}
    lacking = {place for place in missed if not BY_TIME.search(place[0])}
    figure(
        f"kill matrix, share {share + 1} of {SHARES}: {len(found)} points of {len(kinds)} kinds, {len(wrong)} wrong, "
        f"{len(missed)} occurrences never came again: {sorted(missed)}"
    )

    assert wrong == {}
    # How often something happens may differ from run to run (polls, claims), but every kind has been killed at.
    assert {label for label, _ in lacking} - {label for label, _ in set(found) - missed} == set()
    assert len(lacking) <= max(2, len(found) // 10)


def _share_of(place: Place) -> int:
    """Which share kills here: by the label, so that every share means the same without knowing the others' runs."""
    return zlib.crc32(ID.sub("/ID", place[0]).encode()) % SHARES
