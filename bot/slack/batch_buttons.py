"""The buttons of a batch. What they carry is what its person saw when pressing: hash and highest price."""

from __future__ import annotations

from collections.abc import Sequence

from slack_sdk.models.blocks import ActionsBlock, Block, ButtonElement

from agent.batches import Batch, Member
from agent.money import Quote, dollars
from agent.records import OPEN_JOB_STATES, Job, JobState
from bot.slack.buttons import NOT_SENT, TOO_LATE, confirm

APPROVE, DECLINE = "approve_batch", "decline_batch"
MAKE_REST, REFUSE_SAMPLE = "make_rest", "refuse_sample"
CANCEL, REFRESH, RETRY = "cancel_batch", "refresh_batch", "retry_batch"


def value_of(batch: Batch, highest: int = 0) -> str:
    """What a button of a batch carries; see `bot.slack.buttons.pressed`."""
    return f"{batch.id}:{batch.arguments_hash}:{highest}"


def decision(batch: Batch, quote: Quote) -> Block:
    """Approve and Decline under a batch that waits."""
    value, cost = value_of(batch, quote.high), quote.words()
    sampled = batch.sample_id is not None
    how = "One goes to HeyGen at once, as a sample." if sampled else f"It goes to HeyGen at once. {TOO_LATE}"
    approve = ButtonElement(
        text="Approve",
        action_id=APPROVE,
        value=value,
        style="primary",
        confirm=confirm(f"Spend {cost}?", how, "Approve"),
    )
    decline = ButtonElement(
        text="Decline",
        action_id=DECLINE,
        value=value,
        style="danger",
        confirm=confirm("Decline this?", "Nothing is sent and nothing is billed.", "Decline", danger=True),
    )
    return ActionsBlock(elements=[approve, decline])


def on_sample(batch: Batch, rest: Sequence[Member], cost: str) -> Block:
    """Yes and no under a sample that is ready; `cost` is what the rest will come to."""
    value, others = value_of(batch), len(rest)
    good = ButtonElement(
        text="Looks good, make the rest",
        action_id=MAKE_REST,
        value=value,
        style="primary",
        confirm=confirm(f"Make the other {others}?", f"They cost {cost}. {TOO_LATE}", "Make them"),
    )
    bad = ButtonElement(
        text="Stop here",
        action_id=REFUSE_SAMPLE,
        value=value,
        style="danger",
        confirm=confirm("Stop here?", "Only the sample is billed; nothing else is made.", "Stop", danger=True),
    )
    return ActionsBlock(elements=[good, bad])


def while_open(batch: Batch, still_open: Sequence[Member]) -> Block:
    """Refresh and Cancel, with what that can and cannot do at this moment."""
    refresh = ButtonElement(text="Refresh", action_id=REFRESH, value=value_of(batch))
    return ActionsBlock(elements=[refresh, cancel(batch, _cancel_words(still_open))])


def cancel(batch: Batch, words: str) -> ButtonElement:
    """Cancel; `words` say what that can and cannot do."""
    dialog = confirm("Cancel this?", words, "Cancel it", danger=True, deny="Keep it")
    return ButtonElement(text="Cancel", action_id=CANCEL, value=value_of(batch), style="danger", confirm=dialog)


def retry(batch: Batch, jobs: Sequence[Job]) -> Block | None:
    """The retry button, only when it can do something: all is final and something failed."""
    states = {job.state for job in jobs}
    if states & OPEN_JOB_STATES or JobState.FAILED not in states:
        return None
    return ActionsBlock(
        elements=[ButtonElement(text="Try the failed ones again", action_id=RETRY, value=value_of(batch))]
    )


def _cancel_words(still_open: Sequence[Member]) -> str:
    unsent = [one for one in still_open if one.submission.state in NOT_SENT]
    left = [one for one in still_open if one not in unsent]
    words = [f"{len(unsent)} have not been sent to HeyGen and will not be billed."] if unsent else []
    if left:
        cost = dollars(sum(one.job.price for one in left))
        words.append(f"HeyGen has {len(left)}, which can't be stopped and are billed, up to {cost}.")
    return " ".join(words)
