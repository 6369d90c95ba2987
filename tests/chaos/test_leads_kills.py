"""Two hundred videos while the process keeps dying: each is paid for once and delivered, the sample among them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.chaos.leads import PLACES, LeadsRig

pytestmark = [pytest.mark.chaos, pytest.mark.full]

COUNT = 200
SQLITE, POSTGRES = "sqlite", "postgres"
PAID = "call POST /v3/videos"
KILLS = [
    ("commit batch.intend before", 1),  # nothing is written
    ("commit batch.intend after", 1),  # all is written, nobody knows
    ("commit batch.approve after", 1),
    (f"{PAID} after", 1),  # the sample is paid for, and nothing says so
    ("commit batch.look_after before", 1),  # the sample is ready, its requester is not called yet
    ("commit batch.make_rest after", 1),
    (f"{PAID} after", 5),
    ("commit submission.sending after", 9),
    ("commit submission.sent before", 12),
    (f"{PAID} before", 15),
    ("commit job.update before", 20),
    (f"{PAID} after", 25),
    ("commit job.update after", 30),
]


@pytest.mark.parametrize("database", [SQLITE, POSTGRES])
@pytest.mark.timeout(600)
async def test_two_hundred_are_charged_once_and_delivered(
    database: str, tmp_path: Path, request: pytest.FixtureRequest, figure: Callable[[str], None]
) -> None:
    server = request.getfixturevalue("postgres_url") if database == POSTGRES else None
    rig = LeadsRig(tmp_path, COUNT, server)
    await rig.open()
    try:
        wrong = await rig.through(KILLS, 540)
        figure(
            f"leads ({database}): {COUNT} rows, {len(rig.deaths)} of {len(KILLS)} kills, {len(rig.heygen.charges)} "
            f"charges, at most {rig.most_at_once()} of {PLACES} places"
        )
    finally:
        await rig.close()
    assert wrong == []
    assert len(rig.deaths) >= len(KILLS) - 2
