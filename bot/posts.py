"""What the lane worker posts by itself, through the same outbox as everything else."""

from __future__ import annotations

from collections.abc import Callable

from agent.records import DeliveryKind, DeliveryState
from bot.store import Store
from bot.store.outbox import NewDelivery


class Posts:
    """`bot.lane_worker.Outbox` over the store."""

    def __init__(self, store: Store, kick: Callable[[], None]) -> None:
        self._store = store
        self._kick = kick

    async def say_root(self, conversation_id: str, text: str, user: str) -> DeliveryState:
        """See `bot.lane_worker.Outbox.say_root`."""
        body = {"text": text, "user": user}
        delivery_id = await self._store.deliveries.enqueue(
            NewDelivery(conversation_id, DeliveryKind.ROOT, f"root:{conversation_id}", body=body)
        )
        self._kick()
        return (await self._store.deliveries.get(delivery_id)).state

    async def say_notice(self, key: str, conversation_id: str, text: str) -> None:
        """See `bot.lane_worker.Outbox.say_notice`."""
        await self._store.deliveries.enqueue(
            NewDelivery(conversation_id, DeliveryKind.REPLY, f"notice:{key}", body={"text": text})
        )

    async def tell_operators(self, workspace_id: str, channel_id: str | None, key: str, text: str) -> None:
        """Post into the operators' channel, if there is one; once per key."""
        if channel_id is not None:
            await self._store.deliveries.announce(workspace_id, channel_id, key, text)
            self._kick()

    async def refresh_card(self, subject_id: str) -> None:
        """See `bot.lane_worker.Outbox.refresh_card`."""
        await self._store.deliveries.refresh(f"card:{subject_id}")
