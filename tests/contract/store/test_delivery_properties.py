"""Whatever goes wrong on the way: first posts become visible in order, each once, and nothing is forgotten."""

from __future__ import annotations

import shutil
import tempfile
from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.records import Delivery, DeliveryKind, DeliveryState, Lease
from bot.store import Store
from bot.store.outbox import NewDelivery
from tests.support.clock import ManualClock
from tests.support.store_steps import CHANNEL, LEASE, WORKSPACE, accept, new_store, running, sqlite_url

pytestmark = pytest.mark.full

FATES = st.sampled_from(["post", "lose the reply", "lose the request", "refuse", "die before", "die after", "give up"])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("enqueue"), st.integers(0, 1), st.booleans()),
        st.tuples(st.just("deliver"), FATES),
        st.tuples(st.just("refresh"), st.integers(0, 9)),
        st.tuples(st.just("advance"), st.sampled_from([1.0, LEASE])),
    ),
    max_size=30,
)


class Play:
    """The outbox against a channel that remembers what it was shown."""

    def __init__(self, store: Store, clock: ManualClock, conversations: list[str]) -> None:
        self.store = store
        self.clock = clock
        self.conversations = conversations
        self.keys: dict[str, list[str]] = defaultdict(list)
        self.given_up: set[str] = set()
        self.visible: dict[str, list[str]] = defaultdict(list)
        self.places: dict[str, str] = {}

    async def step(self, step: tuple[object, ...]) -> None:
        match step:
            case ("enqueue", int(number), bool(root)):
                await self.enqueue(self.conversations[number], root=root)
            case ("deliver", str(fate)):
                for lease, delivery, _ in await self.store.deliveries.claim_due(10):
                    await self.deliver(lease, delivery, fate)
            case ("refresh", int(number)):
                await self.store.deliveries.refresh(f"key-{number}")
            case ("advance", float(seconds)):
                self.clock.advance(seconds)

    async def enqueue(self, conversation_id: str, *, root: bool) -> None:
        key = f"key-{sum(map(len, self.keys.values()))}"
        first = root and not self.keys[conversation_id]
        kind = DeliveryKind.ROOT if first else DeliveryKind.NOTICE
        await self.store.deliveries.enqueue(NewDelivery(conversation_id, kind, key))
        self.keys[conversation_id].append(key)

    async def deliver(self, lease: Lease, delivery: Delivery, fate: str) -> None:
        """What the real worker does, with something going wrong on purpose."""
        key, deliveries = delivery.key, self.store.deliveries
        if delivery.state is DeliveryState.UNKNOWN and key in self.places:
            await deliveries.mark_posted(lease, self.places[key], delivery.version)
            return
        delivery = await deliveries.mark_sending(lease)
        if fate in ("post", "lose the reply", "die after"):
            self.show(delivery)
        match fate:
            case "post":
                await deliveries.mark_posted(lease, self.places[key], delivery.version)
            case "lose the reply" | "lose the request":
                await deliveries.mark_unknown(lease)
            case "refuse":
                await deliveries.postpone(lease, self.clock.now() + 5, "rate_limited")
            case "give up":
                await deliveries.mark_dead(lease, "gone")
                self.given_up.add(key)

    def show(self, delivery: Delivery) -> None:
        if delivery.ts is None:
            self.visible[delivery.conversation_id].append(delivery.key)
            self.places[delivery.key] = f"ts-{delivery.key}"

    async def drain(self) -> None:
        """Nothing goes wrong any more."""
        self.clock.advance(LEASE * 2)
        while claimed := await self.store.deliveries.claim_due(10):
            for lease, delivery, _ in claimed:
                await self.deliver(lease, delivery, "post")


@settings(max_examples=20, deadline=None)
@given(steps=STEPS)
async def test_posts_become_visible_once_and_in_order(sqlite_file: Path, steps: list[tuple[object, ...]]) -> None:
    clock = ManualClock()
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(sqlite_file, folder)  # making the tables takes longer than what happens in them
        async with running(new_store(sqlite_url(Path(folder)), clock)) as store:
            conversations = [await accept(store, f"Ev{n}", thread_ts=f"{n}.0") for n in range(2)]
            play = Play(store, clock, conversations)
            for step in steps:
                await play.step(step)
            await play.drain()
            assert not await store.deliveries.record_echo(WORKSPACE, CHANNEL, "key-0", "late")
    for conversation_id, keys in play.keys.items():
        assert play.visible[conversation_id] == [key for key in keys if key in play.places]
        assert set(keys) == set(play.visible[conversation_id]) | (play.given_up & set(keys))
