"""The clock that tests move, and the production ids."""

from __future__ import annotations

import asyncio

from bot.clock import RandomIds, SystemClock
from tests.support.clock import ManualClock


async def test_a_sleeper_wakes_when_its_time_has_come() -> None:
    clock = ManualClock()
    sleeper = asyncio.create_task(clock.sleep(10))
    await asyncio.sleep(0)
    clock.advance(9)
    await asyncio.sleep(0)
    assert (sleeper.done(), clock.sleeping) == (False, 1)
    clock.advance(1)
    await sleeper


async def test_a_cancelled_sleeper_is_forgotten() -> None:
    clock = ManualClock()
    sleeper = asyncio.create_task(clock.sleep(10))
    await asyncio.sleep(0)
    sleeper.cancel()
    await asyncio.wait([sleeper])
    assert clock.sleeping == 0
    clock.advance(10)


async def test_the_systems_clock_moves_by_itself() -> None:
    clock = SystemClock()
    before = clock.now()
    await clock.sleep(0.001)
    assert clock.now() > before


def test_ids_are_new_and_say_what_they_are_of() -> None:
    ids = {RandomIds().new("job") for _ in range(100)}
    assert len(ids) == 100
    assert all(len(i) == 28 and i.startswith("job_") for i in ids)
