"""The buttons of a batch: approve, decline, the word on its sample, cancel, refresh, retry.

As with single requests, a decision is committed before the ack, and who pressed is told privately what came of it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection
from typing import Protocol, assert_never

from agent.batches import Batch, BatchState
from agent.cancelling import Cancelled, told
from agent.errors import OverCap
from agent.ports import Roles
from agent.records import DeliveryKind, Json
from agent.rights import Right, Role, may, roles_towards
from bot.slack import batch_buttons as buttons
from bot.slack.batch_cards import why_ended
from bot.slack.buttons import Pressed, pressed
from bot.slack.decisions import EXPIRED, LOOK_AGAIN, UNKNOWN, Notices
from bot.slack.ports import Places
from bot.slack.router import Answer, Interaction, Router
from bot.slack.text import mention, safe
from bot.store.batches import BatchDecision, Verdict
from bot.store.inbox import NewEvent
from bot.store.outbox import NewDelivery

TITLE_LIMIT = 80
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
    """The handlers. `approvers` gives mentions of those who can approve; `kick` has the loops look around."""

    batches: BatchWords
    places: Places
    cancels: BatchCancels
    notices: Notices
    roles: Roles
    approvers: Callable[[], Collection[str]]
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
        if not self._may(Right.APPROVE, interaction, batch):
            return Answer(text=self._approvers_only(batch))
        try:
            decision = await self.batches.approve(
                batch.id, arguments_hash=shown.arguments_hash, actor=interaction.user_id, quoted=shown.quoted
            )
        except OverCap as error:
            own = interaction.user_id == batch.requester
            return Answer(text=error.sentence if own else error.for_others(mention(batch.requester)))
        self.kick()
        return Answer(text=_answer(decision, _approved(decision.batch)))

    async def decline(self, interaction: Interaction) -> Answer:
        """End the batch without sending anything."""
        if (found := await self._about(interaction)) is None:
            return Answer(text=UNKNOWN)
        _, batch = found
        if not self._may(Right.DECLINE, interaction, batch):
            return Answer(text=self._approvers_only(batch))
        decision = await self.batches.decline(batch.id, actor=interaction.user_id)
        self.kick()
        return Answer(text=_answer(decision, f"Declined: {_title(batch)}. Nothing was sent and nothing is billed."))

    async def make_rest(self, interaction: Interaction) -> Answer:
        """The sample is good: make the others."""
        if (found := await self._mine(interaction)) is None:
            return Answer(text=UNKNOWN)
        batch, refusal = found
        if refusal is not None:
            return Answer(text=refusal)
        decision = await self.batches.make_rest(batch.id, actor=interaction.user_id)
        self.kick()
        return Answer(text=_answer(decision, f"The rest of {_title(batch)} is being made now."))

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
        if not self._may(Right.CANCEL, interaction, batch):
            who = mention(batch.requester)
            return Answer(text=f"Only {who}, who asked for this, an operator or an admin can cancel it.")
        result = await self.cancels.cancel_batch(batch.id, actor=interaction.user_id)
        if result.unwanted and interaction.user_id != batch.requester:
            await self._tell_requester(interaction, batch, result)
        self.kick()
        return Answer(text=told(result))

    async def refresh(self, interaction: Interaction) -> Answer:
        """Look at the jobs of a batch now."""
        if (found := await self._about(interaction)) is None:
            return Answer(text=UNKNOWN)
        return Answer(event=await self._event(interaction, found[1], buttons.REFRESH))

    async def retry(self, interaction: Interaction) -> Answer:
        """Ask for what failed once more; anybody but the requester is told privately why not."""
        if (found := await self._about(interaction)) is None:
            return Answer(text=UNKNOWN)
        _, batch = found
        if not self._may(Right.RETRY, interaction, batch):
            return Answer(text=f"Only {mention(batch.requester)}, who asked for this, can retry it.")
        return Answer(event=await self._event(interaction, batch, buttons.RETRY))

    async def _mine(self, interaction: Interaction) -> tuple[Batch, str | None] | None:
        """The batch whose sample a button is about, and why this person has no say in it."""
        if (found := await self._about(interaction)) is None:
            return None
        _, batch = found
        if self._may(Right.CHANGE, interaction, batch):
            return batch, None
        return batch, f"Only {mention(batch.requester)}, who asked for this, can say whether the sample is good."

    async def _tell_requester(self, interaction: Interaction, batch: Batch, result: Cancelled) -> None:
        """What was never sent has its closing; of the rest the requester would only see the card."""
        text = f"{mention(batch.requester)} <@{interaction.user_id}> cancelled {_title(batch)}. {told(result)}"
        body: Json = {"text": text, "user": batch.requester}
        key = f"cancelled:{batch.id}:{result.unwanted[0].handle}"
        await self.notices.enqueue(NewDelivery(batch.conversation_id, DeliveryKind.NOTICE, key, body=body))

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

    def _may(self, right: Right, interaction: Interaction, batch: Batch) -> bool:
        return may(right, self._roles(interaction, batch))

    def _roles(self, interaction: Interaction, batch: Batch) -> frozenset[Role]:
        appointed = self.roles.appointed(batch.workspace_id, interaction.user_id)
        anybody = self.roles.anybody_approves(batch.workspace_id)
        return roles_towards(batch.requester, interaction.user_id, appointed, anybody_approves=anybody)

    def _approvers_only(self, batch: Batch) -> str:
        who = " or ".join(self.approvers()) or mention(batch.requester)
        return f"Only an approver can decide this: {who}. Nothing has changed."

    async def _event(self, interaction: Interaction, batch: Batch, name: str) -> NewEvent:
        """Work for the lane of the batch's thread, wherever the button was pressed."""
        place = await self.places.conversation(batch.conversation_id)
        return NewEvent(
            id=interaction.event_id,
            dedup_key=None,
            workspace_id=place.workspace_id,
            channel_id=place.channel_id,
            channel_type=place.channel_type,
            thread_ts=place.thread_ts,
            opens=False,
            kind="action",
            payload={"name": name, "batch_id": batch.id, "user": interaction.user_id},
        )


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
    return f"Approved: {_title(batch)}. {how}"


def decided(batch: Batch) -> str:
    """What has become of a batch that waits for this decision no more."""
    if batch.error_code == "expired":
        return EXPIRED
    if batch.state is BatchState.CANCELLED:
        return f"This {why_ended(batch)}"
    if batch.state is BatchState.GOING:
        return "This needs no decision any more: it is being made."
    return f"This was approved already by <@{batch.decided_by}>." if batch.decided_by else NOT_READY


def _title(batch: Batch) -> str:
    return safe(batch.title, TITLE_LIMIT)
