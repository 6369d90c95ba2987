"""Background loops: kicked, failing and cancelled."""

from __future__ import annotations

import asyncio
import time

import pytest

from bot.loops import Loop


class Rounds:
    """Counts the rounds of a loop; `seen` is set after each."""

    def __init__(self) -> None:
        self.count = 0
        self.seen = asyncio.Event()

    async def __call__(self) -> int:
        self.count += 1
        self.seen.set()
        return 0

    async def next(self) -> None:
        await asyncio.wait_for(self.seen.wait(), 5)
        self.seen.clear()


@pytest.mark.parametrize("steps", range(4))
async def test_a_kick_that_comes_together_with_the_end_does_not_undo_the_end(steps: int) -> None:
    rounds = Rounds()
    loop = Loop("test", rounds, 3_600.0)
    task = asyncio.create_task(loop.run())
    await rounds.next()
    await asyncio.sleep(0)
    loop.kick()
    for _ in range(steps):  # how far the news of the kick has come
        await asyncio.sleep(0)
    task.cancel()
    done, _ = await asyncio.wait({task}, timeout=5)
    assert task in done


async def test_a_kick_begins_another_round() -> None:
    rounds = Rounds()
    loop = Loop("test", rounds, 3_600.0)
    task = asyncio.create_task(loop.run())
    await rounds.next()
    loop.kick()
    await rounds.next()
    task.cancel()
    await asyncio.wait({task}, timeout=5)
    assert rounds.count == 2


async def test_who_takes_no_kicks_waits_for_the_time() -> None:
    rounds = Rounds()
    loop = Loop("test", rounds, 3_600.0, takes_kicks=False)
    task = asyncio.create_task(loop.run())
    await rounds.next()
    loop.kick()
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait({task}, timeout=5)
    assert rounds.count == 1


async def test_kicks_during_a_rest_come_to_one_round_after_it() -> None:
    rounds = Rounds()
    loop = Loop("test", rounds, 3_600.0, rest=0.05)
    task = asyncio.create_task(loop.run())
    await rounds.next()
    began = time.monotonic()
    for _ in range(5):
        loop.kick()
        await asyncio.sleep(0)
    await rounds.next()
    assert time.monotonic() - began >= 0.04
    assert rounds.count == 2
    loop.kick()
    await rounds.next()
    task.cancel()
    await asyncio.wait({task}, timeout=5)
    assert rounds.count == 3
