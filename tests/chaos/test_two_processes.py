"""Two processes on one PostgreSQL under random kills and a stall: order, answers and money stay right."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from tests.chaos.pair import Pair, Size

pytestmark = pytest.mark.chaos

SHORT = Size(conversations=10, messages=5, kills=8, settle_seconds=60.0)
LONG = Size(conversations=50, messages=20, kills=60, settle_seconds=120.0)


@pytest.fixture
async def pair(tmp_path: Path, postgres_url: str, request: pytest.FixtureRequest) -> AsyncIterator[Pair]:
    """Two running applications; `--chaos-seed` repeats a run."""
    if request.node.get_closest_marker("soak") and "soak" not in request.config.option.markexpr:
        pytest.skip("takes minutes: select it with -m soak")
    given = request.config.getoption("--chaos-seed")
    pair = Pair(tmp_path, postgres_url, random.SystemRandom().randrange(10**9) if given is None else given)
    print(f"\nchaos seed {pair.seed}: repeat with --chaos-seed={pair.seed}")
    try:
        await pair.open()
        yield pair
    finally:
        await pair.close()


async def play(pair: Pair, size: Size, figure: Callable[[str], None]) -> None:
    wrong = await pair.play(size)
    figure(
        f"two processes, seed {pair.seed}: {size.conversations} conversations of {size.messages} messages, "
        f"{size.kills} kills and a stall; settled {pair.settled_after:.1f} s after the last; {len(wrong)} wrong"
    )
    print("\n".join([*wrong, *(pair.told() if wrong else [])]))
    assert wrong == []


@pytest.mark.full
@pytest.mark.timeout(240)
async def test_kills_and_a_stall_disturb_nobody(pair: Pair, figure: Callable[[str], None]) -> None:
    await play(pair, SHORT, figure)


@pytest.mark.full
@pytest.mark.soak
@pytest.mark.timeout(1_200)
async def test_many_kills_and_a_stall_disturb_nobody(pair: Pair, figure: Callable[[str], None]) -> None:
    await play(pair, LONG, figure)
