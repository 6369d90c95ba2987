"""The buttons of a batch: approve, decline, the word on its sample, cancel, refresh, retry.

As with single requests, a decision is committed before the ack, and who pressed is told privately what came of it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Protocol, assert_never

from agent.batches import Batch, BatchState
from agent.cancelling import Cancelled, told
from agent.errors import OverCap
from agent.rights import Right
from bot.slack import batch_buttons as buttons
from bot.slack.asked import (
    Bench,
    Notices,
    cancelled_by_another,
    only_cancelled_by,
    only_theirs,
    over_cap,
    title_of,
    work_for,
)
from bot.slack.batch_cards import why_ended
from bot.slack.buttons import Pressed, pressed
from bot.slack.decisions import EXPIRED, LOOK_AGAIN, UNKNOWN
from bot.slack.ports import Places
from bot.slack.router import Answer, Interaction, Router
from bot.store.batches import BatchDecision, Verdict

NOT_READY = "The sample is not ready yet. I call you when it is."


class BatchWords(Protocol):
    """Takes decisions about batches; `KeyError` where there is none with that id."""

    async def batch(self, batch_id: str) -> Batch:
        """One batch."""
        ...

    async def approve(
        self, batch_id: str, *, arguments_hash: str, actor: str, quoted: int | None = None
    ) -> BatchDecision:
        """Let it go, if it is what `actor` saw; `OverCap` when a cap has no room."""
        ...

    async def decline(self, batch_id: str, *, actor: str) -> BatchDecision:
        """End one that waits for an approval."""
        ...

    async def make_rest(self, batch_id: str, *, actor: str) -> BatchDecision:
        """The sample is good."""
        ...

    async def refuse_sample(self, batch_id: str, *, actor: str) -> BatchDecision:
        """The sample is not good."""
        ...


class BatchCancels(Protocol):
    """Ends batches."""

    async def cancel_batch(self, batch_id: str, *, actor: str) -> Cancelled:
        """Cancel a batch; `KeyError` when there is none."""
        ...


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class BatchDecisions:
    """The handlers. `kick` has the loops look around."""

    batches: BatchWords
    places: Places
    cancels: BatchCancels
    notices: Notices
    bench: Bench
    kick: Callable[[], None]

    def register(self, router: Router) -> None:
        """Add the buttons to the router."""
        router.add("action", buttons.APPROVE, self.approve)
        router.add("action", buttons.DECLINE, self.decline)
        router.add("action", buttons.MAKE_REST, self.make_rest)
        router.add("action", buttons.REFUSE_SAMPLE, self.refuse_sample)
        router.add("action", buttons.CANCEL, self.cancel)
        router.add("action", buttons.REFRESH, self.refresh)
        router.add("action", buttons.RETRY, self.retry)

    async def approve(self, interaction: Interaction) -> Answer:
        """Let the batch go, at the price that was on the card."""
        if (found := await self._about(interaction)) is None:
            return Answer(text=UNKNOWN)
        shown, batch = found
        if not self.bench.may(Right.APPROVE, interaction, batch):
            return Answer(text=self.bench.approvers_only(batch))
        try:
            decision = await self.batches.approve(
                batch.id, arguments_hash=shown.arguments_hash, actor=interaction.user_id, quoted=shown.quoted
            )
        except OverCap as error:
            return Answer(text=over_cap(error, batch, interaction.user_id))
        self.kick()
        return Answer(text=_answer(decision, _approved(decision.batch)))

    async def decline(self, interaction: Interaction) -> Answer:
        """End the batch without sending anything."""
        if (found := await self._about(interaction)) is None:
            return Answer(text=UNKNOWN)
        _, batch = found
        if not self.bench.may(Right.DECLINE, interaction, batch):
            return Answer(text=self.bench.approvers_only(batch))
        decision = await self.batches.decline(batch.id, actor=interaction.user_id)
        self.kick()
        return Answer(text=_answer(decision, f"Declined: {title_of(batch)}. Nothing was sent and nothing is billed."))

    async def make_rest(self, interaction: Interaction) -> Answer:
        """The sample is good: make the others."""
        if (found := await self._mine(interaction)) is None:
            return Answer(text=UNKNOWN)
        batch, refusal = found
        if refusal is not None:
            return Answer(text=refusal)
        decision = await self.batches.make_rest(batch.id, actor=interaction.user_id)
        self.kick()
        return Answer(text=_answer(decision, f"The rest of {title_of(batch)} is being made now."))

    async def refuse_sample(self, interaction: Interaction) -> Answer:
        """The sample is not good: stop."""
        if (found := await self._mine(interaction)) is None:
            return Answer(text=UNKNOWN)
        batch, refusal = found
        if refusal is not None:
            return Answer(text=refusal)
        decision = await self.batches.refuse_sample(batch.id, actor=interaction.user_id)
        self.kick()
        dropped = len(decision.cancelled.dropped)
        words = f"Stopped: {dropped} were not sent and are not billed. Say what should be different and I begin anew."
        return Answer(text=_answer(decision, words))

    async def cancel(self, interaction: Interaction) -> Answer:
        """End a batch: what has not left is dropped, what HeyGen has is marked as no longer wanted."""
        if (found := await self._about(interaction)) is None:
            return Answer(text=UNKNOWN)
        _, batch = found
        if not self.bench.may(Right.CANCEL, interaction, batch):
            return Answer(text=only_cancelled_by(batch))
        result = await self.cancels.cancel_batch(batch.id, actor=interaction.user_id)
        if result.unwanted and interaction.user_id != batch.requester:
            await self.notices.enqueue(cancelled_by_another(batch, interaction.user_id, result))
        self.kick()
        return Answer(text=told(result))

    async def refresh(self, interaction: Interaction) -> Answer:
        """Look at the jobs of a batch now."""
        if (found := await self._about(interaction)) is None:
            return Answer(text=UNKNOWN)
        return await self._work(interaction, found[1], buttons.REFRESH)

    async def retry(self, interaction: Interaction) -> Answer:
        """Ask for what failed once more; anybody but the requester is told privately why not."""
        if (found := await self._about(interaction)) is None:
            return Answer(text=UNKNOWN)
        _, batch = found
        if not self.bench.may(Right.RETRY, interaction, batch):
            return Answer(text=only_theirs(batch, "retry it"))
        return await self._work(interaction, batch, buttons.RETRY)

    async def _mine(self, interaction: Interaction) -> tuple[Batch, str | None] | None:
        """The batch whose sample a button is about, and why this person has no say in it."""
        if (found := await self._about(interaction)) is None:
            return None
        _, batch = found
        if self.bench.may(Right.CHANGE, interaction, batch):
            return batch, None
        return batch, only_theirs(batch, "say whether the sample is good")

    async def _about(self, interaction: Interaction) -> tuple[Pressed, Batch] | None:
        """What was pressed, and the batch as it is now; None for what is not of this workspace."""
        shown = pressed(interaction.value)
        if shown is None:
            return None
        try:
            batch = await self.batches.batch(shown.submission_id)
        except KeyError:
            return None
        return (shown, batch) if batch.workspace_id == interaction.team_id else None

    async def _work(self, interaction: Interaction, batch: Batch, name: str) -> Answer:
        place = await self.places.conversation(batch.conversation_id)
        return Answer(event=work_for(place, interaction, {"name": name, "batch_id": batch.id}))


def _answer(decision: BatchDecision, done: str) -> str:
    match decision.verdict:
        case Verdict.DONE:
            return done
        case Verdict.DECIDED:
            return decided(decision.batch)
        case Verdict.CHANGED:
            return LOOK_AGAIN
        case Verdict.EXPIRED:
            return EXPIRED
        case Verdict.NOT_READY:
            return NOT_READY
        case _:
            assert_never(decision.verdict)


def _approved(batch: Batch) -> str:
    how = "One goes to HeyGen now, as a sample." if batch.state is BatchState.SAMPLING else "It goes to HeyGen now."
    return f"Approved: {title_of(batch)}. {how}"


def decided(batch: Batch) -> str:
    """What has become of a batch that waits for this decision no more."""
    if batch.error_code == "expired":
        return EXPIRED
    if batch.state is BatchState.CANCELLED:
        return f"This {why_ended(batch)}"
    if batch.state is BatchState.GOING:
        return "This needs no decision any more: it is being made."
    return f"This was approved already by <@{batch.decided_by}>." if batch.decided_by else NOT_READY
