"""The agent's shells over stores in memory and a small HeyGen, with a clock that only tests move."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from agent.records import Lease
from agent.submitter import Submitter
from tests.support.agent_fakes import FakeAccounts
from tests.support.agent_heygen import SmallHeyGen
from tests.support.agent_stores import FakeJobStore
from tests.support.agent_world import World
from tests.support.clock import ManualClock

LANE = Lease("C1", "worker", 1)
ACCOUNT = "W1-account"

# Properties are about results: a busy machine must not fail them.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def heygen(clock: ManualClock) -> SmallHeyGen:
    return SmallHeyGen(clock.now)


@pytest.fixture
def jobs(clock: ManualClock) -> FakeJobStore:
    return FakeJobStore(clock)


@pytest.fixture
def accounts(heygen: SmallHeyGen) -> FakeAccounts:
    return FakeAccounts({ACCOUNT: heygen.client()})


@pytest.fixture
def submitter(jobs: FakeJobStore, accounts: FakeAccounts, clock: ManualClock) -> Submitter:
    return Submitter(jobs=jobs, accounts=accounts, clock=clock, rng=random.Random(1))  # noqa: S311 - jitter


@pytest.fixture
def world(clock: ManualClock, jobs: FakeJobStore) -> Iterator[World]:
    """A runner's surroundings; at the end every scripted model step must have been asked for."""
    world = World(clock, jobs)
    yield world
    world.model.finish()
