"""The buttons that decide about money, what they carry, and what they ask before a press counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from slack_sdk.models.blocks import ActionsBlock, Block, ButtonElement, ConfirmObject, PlainTextObject

from agent.money import dollars
from agent.records import OPEN_JOB_STATES, Job, Submission, SubmissionState
from agent.work import STOPPABLE
from bot.slack.text import cut

LONGEST_VALUE = 400
CORRECT = "correct_subtitles"
WITHDRAW = "withdraw_links"
TRANSLATE = "translate_result"
CONFIRM_LIMIT = 300
TOO_LATE = "What HeyGen has can't be stopped and is billed."
NOT_SENT = frozenset({SubmissionState.WAITING_APPROVAL, SubmissionState.HELD, SubmissionState.INTENDED})


@dataclass(frozen=True, slots=True)
class Pressed:
    """What a button is about: a request as it was shown, by the hash of its arguments and its highest price."""

    submission_id: str
    arguments_hash: str = ""
    quoted: int | None = None


def value_of(submission: Submission) -> str:
    """What a button of a request carries: exactly what the person saw when pressing it."""
    return f"{submission.id}:{submission.arguments_hash}:{submission.quote_high}"


def pressed(value: str) -> Pressed | None:
    """What a button carried; None for what none of ours does."""
    if not value or len(value) > LONGEST_VALUE:
        return None
    submission_id, _, rest = value.partition(":")
    arguments_hash, _, quoted = rest.partition(":")
    amount = int(quoted) if quoted.isascii() and quoted.isdigit() and len(quoted) < 19 else None
    return Pressed(submission_id, arguments_hash, amount)


def decision(submission: Submission, cost: str, *, changeable: bool) -> Block:
    """Approve, Decline, and Change where there is a dialog for that, under a request that waits."""
    value = value_of(submission)
    approve = ButtonElement(
        text="Approve",
        action_id="approve_request",
        value=value,
        style="primary",
        confirm=confirm(f"Spend {cost}?", f"It goes to HeyGen at once. {TOO_LATE}", "Approve"),
    )
    change = ButtonElement(text="Change", action_id="change_request", value=value)
    decline = ButtonElement(
        text="Decline",
        action_id="decline_request",
        value=value,
        style="danger",
        confirm=confirm("Decline this?", "Nothing is sent and nothing is billed.", "Decline", danger=True),
    )
    return ActionsBlock(elements=[approve, *([change] if changeable else []), decline])


def cancel(submission: Submission, jobs: Sequence[Job]) -> ButtonElement:
    """Cancel, with what that can and cannot do at this moment."""
    dialog = confirm("Cancel this?", _cancel_words(submission, jobs), "Cancel it", danger=True, deny="Keep it")
    return ButtonElement(
        text="Cancel", action_id="cancel_request", value=value_of(submission), style="danger", confirm=dialog
    )


def translate(submission: Submission) -> ButtonElement:
    """Asks in a dialog into which languages what is ready shall be translated."""
    return ButtonElement(text="Translate…", action_id=TRANSLATE, value=submission.id)


def withdraw(submission: Submission) -> ButtonElement:
    """Ends the links to what a request has made."""
    ask = "Nobody can watch through them any more. Files that stand in Slack stay there."
    dialog = confirm("Withdraw the links?", ask, "Withdraw", danger=True)
    return ButtonElement(text="Withdraw links", action_id=WITHDRAW, value=submission.id, confirm=dialog)


def confirm(title: str, text: str, yes: str, *, danger: bool = False, deny: str = "Not now") -> ConfirmObject:
    """A dialog that asks before a press counts."""
    return ConfirmObject(
        title=PlainTextObject(text=cut(title, 100)),
        text=PlainTextObject(text=cut(text, CONFIRM_LIMIT)),
        confirm=PlainTextObject(text=yes),
        deny=PlainTextObject(text=deny),
        style="danger" if danger else "primary",
    )


def _cancel_words(submission: Submission, jobs: Sequence[Job]) -> str:
    if submission.state in NOT_SENT:
        return "It has not been sent to HeyGen yet: nothing will be billed."
    if submission.kind in STOPPABLE:
        return "HeyGen is told to stop. Only a video that is done by then is billed."
    cost = sum(job.price for job in jobs if job.state in OPEN_JOB_STATES)
    billed = f"about {dollars(cost)} will be billed" if cost else "it will be billed"
    has = "It is on its way to HeyGen" if submission.state is SubmissionState.SENDING else "HeyGen has it"
    return f"{has} and can't be stopped: {billed} all the same. I only won't call you any more."
