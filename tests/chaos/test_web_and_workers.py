"""Workers and web processes under kills, a rolling restart into the next version, and a live session that moves."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from tests.chaos.cluster import Cluster, Plan

pytestmark = [pytest.mark.chaos, pytest.mark.full]

SHORT = Plan(conversations=2, messages=2, kills=3, settle_seconds=60.0, pause=(0.5, 1.5))
LONG = Plan(conversations=30, messages=12, kills=60, settle_seconds=120.0)


@pytest.fixture
async def cluster(tmp_path: Path, postgres_url: str, request: pytest.FixtureRequest) -> AsyncIterator[Cluster]:
    """Five running processes; `--chaos-seed` repeats a run."""
    if request.node.get_closest_marker("soak") and "soak" not in request.config.option.markexpr:
        pytest.skip("takes minutes: select it with -m soak")
    given = request.config.getoption("--chaos-seed")
    seed = random.SystemRandom().randrange(10**9) if given is None else given
    print(f"\nchaos seed {seed}: repeat with --chaos-seed={seed}")
    cluster = Cluster(tmp_path, postgres_url, seed)
    try:
        await cluster.open()
        yield cluster
    finally:
        await cluster.close()


async def play(cluster: Cluster, plan: Plan, figure: Callable[[str], None]) -> None:
    wrong = await cluster.play(plan)
    figure(
        f"three workers and two web processes, seed {cluster.seed}: {plan.conversations} conversations of "
        f"{plan.messages} messages, {plan.kills} kills, a rolling restart, a live session moved; settled "
        f"{cluster.settled_after:.1f} s after the last; {len(wrong)} wrong"
    )
    print("\n".join([*wrong, *(cluster.told() if wrong else [])]))
    assert wrong == []
    assert "web-1" in cluster.said_draining  # while its live session moved


@pytest.mark.timeout(240)
async def test_kills_and_a_rolling_restart_disturb_nobody(cluster: Cluster, figure: Callable[[str], None]) -> None:
    await play(cluster, SHORT, figure)


@pytest.mark.soak
@pytest.mark.timeout(1_800)
async def test_many_kills_and_a_rolling_restart_disturb_nobody(cluster: Cluster, figure: Callable[[str], None]) -> None:
    await play(cluster, LONG, figure)
