"""Many live sessions at once: nobody gets another's words, everything is stopped, and memory does not grow."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.soak.figures import percentile
from tests.soak.live_town import Town, town

SHARE = 0.1  # of the people who are in conversation
SHIFT = 25.0  # seconds until others are
LOOK_SECONDS = 2.0
WARM_UP_SECONDS = 60.0
MEGABYTE = 1024 * 1024
SLOPE_LIMIT = 1.0  # megabytes a minute
FEWEST_SAMPLES = 10
STOPS = frozenset({"USER_CLOSED", "USER_DISCONNECTED"})


def resident_megabytes() -> float:
    """What this process takes, as the system tells it."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / MEGABYTE


def slope(samples: list[tuple[float, float]]) -> float:
    """How fast the values grow, by least squares, for each unit of the first number."""
    count = len(samples)
    mean_x, mean_y = sum(x for x, _ in samples) / count, sum(y for _, y in samples) / count
    over = sum((x - mean_x) * (y - mean_y) for x, y in samples)
    return over / sum((x - mean_x) ** 2 for x, _ in samples)


async def watched(seconds: float, samples: list[tuple[float, float]]) -> None:
    """Look at the memory now and then; the first number of a sample is in minutes."""
    began = time.monotonic()
    while (passed := time.monotonic() - began) < seconds:
        samples.append((passed / 60, resident_megabytes()))
        await asyncio.sleep(LOOK_SECONDS)


@dataclass(frozen=True, slots=True)
class Lived:
    """A town that has been, what LiveAvatar knew of it at the end, and what it took. `memory` is by the minute."""

    town: Town
    snapshot: dict[str, Any]
    seconds: float
    cpu_seconds: float
    memory: list[tuple[float, float]]

    @property
    def growth(self) -> float | None:
        """Megabytes a minute after the warm-up; None when that was too short to tell."""
        settled = [(at, size) for at, size in self.memory if at * 60 >= WARM_UP_SECONDS]
        return slope(settled) if len(settled) > FEWEST_SAMPLES else None

    def line(self) -> str:
        """All of it, for people."""
        people, marks = self.town.people, self.town.marks
        added = [f"{percentile(marks, share) * 1000:.0f} ms" for share in (0.5, 0.95)] if marks else ["none", "none"]
        growth = "too short to tell" if self.growth is None else f"{self.growth:+.2f} MB a minute after the first"
        return (
            f"live: {len(people)} sessions for {self.seconds:.0f} s, {round(SHARE * len(people))} in conversation; "
            f"{sum(one.asked for one in people)} asked, {sum(one.answered for one in people)} answered, "
            f"{len(self.town.crosstalk)} with another's words; end of speech noticed to first sound "
            f"p50 {added[0]}, p95 {added[1]}; this process {100 * self.cpu_seconds / self.seconds:.0f} % of a core, "
            f"{self.memory[-1][1]:.0f} MB, growth {growth}; microphones at most {self.town.late * 1000:.0f} ms late; "
            f"notices {dict(self.town.notices)}; {self.starved} utterances starved"
        )

    @property
    def starved(self) -> int:
        """How often sound came too slowly for LiveAvatar: that is what a busy machine does."""
        found = [finding["code"] for one in self.snapshot["sessions"] for finding in one["findings"]]
        return found.count("starved")


async def lived(count: int, seconds: float, *, a_second: float) -> Lived:
    """So many sessions for so long, and their end."""
    memory: list[tuple[float, float]] = []
    async with town() as made:
        await made.fill(count, a_second=a_second)
        cpu = time.process_time()
        await asyncio.gather(made.talk(seconds, share=SHARE, shift=SHIFT), watched(seconds, memory))
        cpu = time.process_time() - cpu
        await made.empty()
        return Lived(made, await made.snapshot(), seconds, cpu, memory)


def wrong(been: Lived) -> list[str]:
    """Whatever is not as it should be."""
    sessions = been.snapshot["sessions"]
    found = [*been.town.crosstalk]
    found += [f"{one['id']} was not stopped" for one in sessions if one["started"] and one["ended"] is None]
    found += [f"{one['id']} ended by {one['end_reason']}" for one in sessions if one["end_reason"] not in STOPS]
    if len(sessions) != len(been.town.people):
        found.append(f"{len(sessions)} sessions for {len(been.town.people)} people")
    codes = [finding["code"] for one in sessions for finding in one["findings"] if finding["code"] != "starved"]
    found += [f"LiveAvatar complains: {code}" for code in codes]
    rows = [row.session for row in been.town.store.rows.values()]
    return found + [f"{row.id} is {row.state}" for row in rows if row.ended_at is None]


@pytest.mark.full
@pytest.mark.timeout(180)
async def test_twenty_sessions_for_twenty_seconds(figure: Callable[[str], None]) -> None:
    been = await lived(20, 20.0, a_second=10.0)
    figure(been.line())
    assert wrong(been)[:5] == []
    assert sum(person.answered for person in been.town.people) > 0


@pytest.mark.soak
@pytest.mark.timeout(900)
async def test_two_hundred_sessions_for_five_minutes(figure: Callable[[str], None]) -> None:
    been = await lived(200, 300.0, a_second=4.0)
    figure(been.line())
    assert wrong(been)[:5] == []
    assert been.growth is not None
    assert been.growth < SLOPE_LIMIT
