"""From the rows of batches to what is posted of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from agent.batches import Batch, Member
from agent.ports import Clock
from agent.records import Delivery
from bot.slack.batch_cards import Shown, card, closing, ops_card, sample_post
from bot.slack.blocks import Post
from bot.slack.live_rendering import Attachment
from bot.slack.ports import LinkFor
from bot.slack.results import results

CHAIN = 10  # retries of retries whose rows are listed together


class BatchReads(Protocol):
    """What is read of batches."""

    async def batch(self, batch_id: str) -> Batch:
        """One batch; `KeyError` when there is none."""
        ...

    async def members(self, batch_id: str) -> Sequence[Member]:
        """Its requests with their jobs, in order."""
        ...


class BatchCosts(Protocol):
    """What batches came to."""

    async def charged_batch(self, conversation_id: str, batch_id: str) -> int | None:
        """Micro-dollars; None while nothing has been charged."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchRenderer:
    """Renders what a delivery about a batch shows now; `KeyError` when its rows do not exist.

    `approvers` gives mentions of those who can approve.
    """

    batches: BatchReads
    costs: BatchCosts
    link_for: LinkFor
    approvers: Callable[[str], Sequence[str]]
    clock: Clock

    async def card(self, delivery: Delivery) -> tuple[Post, str]:
        """The card in the thread, and whose it is."""
        shown = await self._shown(delivery)
        return card(shown, approvers=self.approvers(shown.batch.workspace_id)), shown.batch.requester

    async def sample(self, delivery: Delivery) -> tuple[Post, str]:
        """The post that calls the requester to look at the sample."""
        shown = await self._shown(delivery)
        return sample_post(shown), shown.batch.requester

    async def closing(self, delivery: Delivery) -> tuple[Post, str]:
        """The closing, and whom it calls."""
        shown = await self._shown(delivery)
        return closing(shown), shown.batch.requester

    async def file(self, delivery: Delivery) -> Attachment:
        """The list of results; after a retry that of the batch it belongs to, as it is by now."""
        batch, members = await self._about(delivery)
        earlier: list[Sequence[Member]] = []
        before = batch.retry_of
        while before is not None and len(earlier) < CHAIN:
            older = await self.batches.batch(before)
            earlier.append(await self.batches.members(before))
            before = older.retry_of
        return results(batch, members, earlier, self.link_for)

    async def ops_card(self, delivery: Delivery, place: str) -> Post:
        """The copy where the operators are."""
        shown = await self._shown(delivery)
        return ops_card(shown, place=place, approvers=self.approvers(shown.batch.workspace_id))

    async def batch_of(self, delivery: Delivery) -> Batch:
        """The batch that a delivery is about."""
        if delivery.subject_id is None:
            raise KeyError(delivery.id)
        return await self.batches.batch(delivery.subject_id)

    async def _shown(self, delivery: Delivery) -> Shown:
        batch, members = await self._about(delivery)
        cost = await self.costs.charged_batch(batch.conversation_id, batch.id)
        return Shown(batch, members, self.clock.now(), self.link_for, cost)

    async def _about(self, delivery: Delivery) -> tuple[Batch, Sequence[Member]]:
        batch = await self.batch_of(delivery)
        return batch, await self.batches.members(batch.id)
