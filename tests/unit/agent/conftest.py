"""The agent's shells over stores in memory and a small HeyGen, with a clock that only tests move."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from agent.money import MICRO, Prices
from agent.presenters import AccountPresenters
from agent.records import Lease
from agent.spending import Spending
from agent.submitter import Submitter
from agent.work import Works
from bot.app_works import all_works
from tests.support.agent_batch_store import FakeBatchStore, FakeFiles
from tests.support.agent_desk import Desk
from tests.support.agent_fakes import FakeAccounts, FakeProbe
from tests.support.agent_heygen import SmallHeyGen
from tests.support.agent_job_store import FakeJobStore
from tests.support.agent_stores import FakeTurnStore
from tests.support.agent_world import World
from tests.support.clock import ManualClock

LANE = Lease("C1", "worker", 1)
ACCOUNT = "W1-account"

# Properties are about results: a busy machine must not fail them. CI tries more examples than somebody waits for.
EXAMPLES = 100 if os.environ.get("CI") == "true" else 30  # noqa: TID251 - the tests', not the product's
settings.register_profile(
    "unhurried", deadline=None, max_examples=EXAMPLES, suppress_health_check=[HealthCheck.too_slow]
)
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
def turns(clock: ManualClock) -> FakeTurnStore:
    return FakeTurnStore(clock)


@pytest.fixture
def probe() -> FakeProbe:
    return FakeProbe()


@pytest.fixture
def works(probe: FakeProbe, jobs: FakeJobStore, accounts: FakeAccounts) -> Works:
    return all_works(probe=probe, jobs=jobs, accounts=accounts, prices=Prices())


@pytest.fixture
def spending(turns: FakeTurnStore, works: Works, clock: ManualClock) -> Spending:
    """Up to ten dollars go without a click."""
    return Spending(turns=turns, works=works, clock=clock, auto_approve_max=10 * MICRO)


@pytest.fixture
def submitter(
    jobs: FakeJobStore, accounts: FakeAccounts, works: Works, spending: Spending, clock: ManualClock
) -> Submitter:
    rng = random.Random(1)  # noqa: S311 - jitter
    return Submitter(jobs=jobs, accounts=accounts, works=works, spending=spending, clock=clock, rng=rng)


@pytest.fixture
def batches(jobs: FakeJobStore) -> FakeBatchStore:
    return FakeBatchStore(jobs)


@pytest.fixture
def files() -> FakeFiles:
    return FakeFiles()


@pytest.fixture
def desk(
    turns: FakeTurnStore,
    jobs: FakeJobStore,
    accounts: FakeAccounts,
    submitter: Submitter,
    spending: Spending,
    works: Works,
    probe: FakeProbe,
    clock: ManualClock,
    batches: FakeBatchStore,
    files: FakeFiles,
) -> Desk:
    return Desk(
        turns=turns,
        jobs=jobs,
        accounts=accounts,
        submitter=submitter,
        spending=spending,
        works=works,
        probe=probe,
        clock=clock,
        batches=batches,
        presenters=AccountPresenters(accounts=accounts, clock=clock),
        files=files,
    )


@pytest.fixture
def world(clock: ManualClock, jobs: FakeJobStore) -> Iterator[World]:
    """A runner's surroundings; at the end every scripted model step must have been asked for."""
    world = World(clock, jobs)
    yield world
    world.model.finish()
