"""The buttons that decide about money: approve, change, decline, cancel.

The decision is committed before the ack, without any network in between; who pressed is told privately what came of it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection
from typing import Protocol, assert_never

from agent.cancelling import Cancelled, told
from agent.errors import OverCap
from agent.records import Submission, SubmissionState
from agent.rights import Right
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
from bot.slack.buttons import Pressed, pressed
from bot.slack.closings import ended_how
from bot.slack.kinds import KINDS
from bot.slack.modals import CHANGE, LANGUAGES, change_modal, complaint, entered
from bot.slack.ports import Places, Requests
from bot.slack.router import Answer, Interaction, Router, refusal
from bot.store.approvals import Decision, Verdict

UNKNOWN = "I don't know this request any more. Ask me in words instead."
LOOK_AGAIN = "This request has changed since you saw it. Look at the card again: what it costs may be another amount."
UNCHANGEABLE = "This can't be changed. Decline it and ask for what you want instead."
EXPIRED = "Nobody approved this in time, so it was dropped. Nothing is billed. Ask again if it is still wanted."


class Approvals(Protocol):
    """Decides requests that wait."""

    async def approve(
        self, submission_id: str, *, arguments_hash: str, actor: str, quoted: int | None = None
    ) -> Decision:
        """Let it go, if it is what `actor` saw; `OverCap` when a cap has no room."""
        ...

    async def decline(self, submission_id: str, *, actor: str) -> Decision:
        """End it without sending it."""
        ...


class Cancels(Protocol):
    """Ends requests."""

    async def cancel(self, submission_id: str, *, actor: str, handles: Collection[str] | None = None) -> Cancelled:
        """Cancel a request, or only its jobs with `handles`."""
        ...


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Decisions:
    """The handlers. `kick` has the loops look around."""

    requests: Requests
    places: Places
    approvals: Approvals
    cancels: Cancels
    notices: Notices
    bench: Bench
    kick: Callable[[], None]

    def register(self, router: Router) -> None:
        """Add the buttons and the modal to the router."""
        router.add("action", "approve_request", self.approve)
        router.add("action", "decline_request", self.decline)
        router.add("action", "change_request", self.change)
        router.add("action", "cancel_request", self.cancel)
        router.add("view", CHANGE, self.changed)

    async def approve(self, interaction: Interaction) -> Answer:
        """Let the request go, at the price that was on the card."""
        if (found := await self._about(interaction)) is None:
            return Answer(text=UNKNOWN)
        shown, submission = found
        if not self.bench.may(Right.APPROVE, interaction, submission):
            return Answer(text=self.bench.approvers_only(submission))
        try:
            decision = await self.approvals.approve(
                submission.id, arguments_hash=shown.arguments_hash, actor=interaction.user_id, quoted=shown.quoted
            )
        except OverCap as error:
            return Answer(text=over_cap(error, submission, interaction.user_id))
        self.kick()
        return Answer(text=_approved(decision))

    async def decline(self, interaction: Interaction) -> Answer:
        """End the request without sending it."""
        if (found := await self._about(interaction)) is None:
            return Answer(text=UNKNOWN)
        _, submission = found
        if not self.bench.may(Right.DECLINE, interaction, submission):
            return Answer(text=self.bench.approvers_only(submission))
        decision = await self.approvals.decline(submission.id, actor=interaction.user_id)
        self.kick()
        return Answer(text=_declined(decision))

    async def change(self, interaction: Interaction) -> Answer:
        """Open the modal that asks for other languages."""
        if (found := await self._about(interaction)) is None:
            return Answer(text=UNKNOWN)
        _, submission = found
        if not self.bench.may(Right.CHANGE, interaction, submission):
            return Answer(text=only_theirs(submission, "change it"))
        if submission.state is not SubmissionState.WAITING_APPROVAL:
            return Answer(text=decided(submission))
        if not KINDS[submission.kind].changeable:
            return Answer(text=UNCHANGEABLE)
        return Answer(open_view=change_modal(submission))

    async def changed(self, interaction: Interaction) -> Answer:
        """Take the modal's languages: the work is an inbox row of the request's thread."""
        if interaction.is_dismissal:
            return Answer()
        if (found := await self._about(interaction)) is None:
            return refusal(LANGUAGES, UNKNOWN)
        _, submission = found
        languages = entered(interaction.state)
        if problem := complaint(languages, submission.arguments.get("languages", [])):
            return refusal(LANGUAGES, problem)
        if not self.bench.may(Right.CHANGE, interaction, submission):
            return refusal(LANGUAGES, "Only the person who asked for this can change it.")
        if submission.state is not SubmissionState.WAITING_APPROVAL:
            return refusal(LANGUAGES, "This request was decided meanwhile. Ask for what you want in words.")
        place = await self.places.conversation(submission.conversation_id)
        asked = {"name": CHANGE, "submission_id": submission.id, "languages": list(languages)}
        return Answer(event=work_for(place, interaction, asked))

    async def cancel(self, interaction: Interaction) -> Answer:
        """End a request, or mark it as no longer wanted where HeyGen has it."""
        if (found := await self._about(interaction)) is None:
            return Answer(text=UNKNOWN)
        _, submission = found
        if not self.bench.may(Right.CANCEL, interaction, submission):
            return Answer(text=only_cancelled_by(submission))
        result = await self.cancels.cancel(submission.id, actor=interaction.user_id)
        if result.unwanted and interaction.user_id != submission.requester:
            await self.notices.enqueue(cancelled_by_another(submission, interaction.user_id, result))
        self.kick()
        return Answer(text=told(result))

    async def _about(self, interaction: Interaction) -> tuple[Pressed, Submission] | None:
        """What was pressed, and the request as it is now; None for what is not of this workspace."""
        shown = pressed(interaction.value)
        if shown is None:
            return None
        try:
            submission = await self.requests.submission(shown.submission_id)
        except KeyError:
            return None
        return (shown, submission) if submission.workspace_id == interaction.team_id else None


def _approved(decision: Decision) -> str:
    match decision.verdict:
        case Verdict.DONE:
            cost = decision.submission.quote(1).words()
            return f"Approved: {title_of(decision.submission)}, {cost}. It goes to HeyGen now."
        case Verdict.DECIDED:
            return decided(decision.submission)
        case Verdict.CHANGED:
            return LOOK_AGAIN
        case Verdict.EXPIRED:
            return EXPIRED
        case _:
            assert_never(decision.verdict)


def _declined(decision: Decision) -> str:
    if decision.verdict is Verdict.DONE:
        return f"Declined: {title_of(decision.submission)}. Nothing was sent and nothing is billed."
    return decided(decision.submission)


def decided(submission: Submission) -> str:
    """What has become of a request that waits no more."""
    if submission.error_code == "expired":
        return EXPIRED
    if submission.state is SubmissionState.CANCELLED:
        return f"This was {ended_how(submission)} already. Nothing was sent and nothing is billed."
    if submission.decided_by:
        return f"This was approved already by <@{submission.decided_by}>."
    return "This needs no approval any more: it is on its way."
