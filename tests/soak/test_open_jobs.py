"""Ten thousand jobs that are waited for in one process on SQLite: what it takes, beside one asyncio task a job."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from benchmarks import open_jobs

SECONDS = 60.0


@pytest.mark.soak
@pytest.mark.timeout(900)
async def test_the_end_of_each_is_told_while_ten_thousand_others_wait(figure: Callable[[str], None]) -> None:
    found = await open_jobs.run(open_jobs.JOBS, SECONDS)
    figure(open_jobs.table(found, open_jobs.JOBS, SECONDS))
    assert all(math.isfinite(late) for late in found["greenroom"].late)
