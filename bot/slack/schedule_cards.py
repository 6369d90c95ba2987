"""What people see of schedules: the card with its buttons, and the list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol, assert_never

from slack_sdk.models.blocks import ActionsBlock, Block, ButtonElement, MarkdownTextObject, SectionBlock

from agent.money import dollars
from agent.records import Delivery
from agent.recurrence import zone_of
from agent.schedules import Schedule, ScheduleState
from bot.slack.blocks import Post, context, post, section
from bot.slack.buttons import LONGEST_VALUE, confirm
from bot.slack.text import cut, escape, mention, safe

ALLOW, ASK, CANCEL = "schedule_allow", "schedule_ask", "schedule_cancel"
TEXT_LIMIT = 2_000
LISTED_LIMIT = 150
NONE = "You have no schedules. Try `/heygen schedule every Monday at 9: translate &lt;url&gt; into French`."
ASKS = "Each run asks before it spends anything."


class ScheduleReads(Protocol):
    """What is read of schedules."""

    async def get(self, schedule_id: str) -> Schedule:
        """One schedule; `KeyError` when there is none."""
        ...


@dataclass(frozen=True, slots=True)
class ScheduleRenderer:
    """Renders the card of a schedule."""

    schedules: ScheduleReads

    async def post(self, delivery: Delivery) -> tuple[Post, str]:
        """The card as it is now, and whom it is for; `KeyError` when its row does not exist."""
        found = await self.schedules.get(delivery.subject_id or "")
        return card(found), found.requester


def card(one: Schedule) -> Post:
    """What is due when, for whom, what it may spend, and the buttons while it is active."""
    quoted = "\n".join(f"> {line}" for line in escape(cut(one.text, TEXT_LIMIT)).splitlines()) or "> (deleted)"
    headline = f"*{one.handle}* · {_due(one)}\nscheduled by {mention(one.requester)}"
    blocks: list[Block] = [section(headline), section(quoted)]
    if one.state is ScheduleState.ACTIVE:
        blocks += [context(_money(one)), _buttons(one)]
    return post(f"{one.handle}: {_due(one)}", blocks)


def _due(one: Schedule) -> str:
    match one.state:
        case ScheduleState.ACTIVE:
            zone = safe(one.zone, 60)
            when = "once" if one.rule is None else f"{safe(one.words, 100)} ({zone})"
            return f"{when}, next {moment(one.next_at, one.zone)}"
        case ScheduleState.DONE:
            return "done"
        case ScheduleState.CANCELLED:
            return "cancelled, nothing more happens"
        case ScheduleState.LEFT:
            return "over: whoever made it has left"
        case _:
            assert_never(one.state)


def moment(at: float | None, zone: str) -> str:
    """An instant as each reader's Slack shows it; as the zone's clocks do where that cannot."""
    if at is None:
        return "never"
    plain = datetime.fromtimestamp(at, UTC).astimezone(zone_of(zone)).strftime("%a %Y-%m-%d %H:%M")
    return f"<!date^{int(at)}^{{date_short_pretty}} {{time}}|{plain} {safe(zone, 60)}>"


def _money(one: Schedule) -> str:
    if one.per_run is not None and one.per_month is not None:
        return f"It may spend up to {dollars(one.per_run)} a run and {dollars(one.per_month)} a month without a click."
    if one.offer_run is None:
        return ASKS
    return f"{ASKS} What a run costs is known when it is due; the button sets the most it may be."


def _buttons(one: Schedule) -> Block:
    elements = [_cancel(one)]
    if one.per_run is not None:
        elements.insert(0, ButtonElement(text="Ask me each time", action_id=ASK, value=one.id))
    elif one.offer_run is not None and one.offer_month is not None:
        elements.insert(0, _allow(one, one.offer_run, one.offer_month))
    return ActionsBlock(elements=elements)


def _allow(one: Schedule, run: int, month: int) -> ButtonElement:
    limits = f"up to {dollars(run)} a run and {dollars(month)} a month"
    return ButtonElement(
        text=cut(f"Spend up to {dollars(run)} a run without asking", 75),
        action_id=ALLOW,
        value=value_of(one, run, month),
        confirm=confirm("Let it spend?", f"Runs of {one.handle} spend {limits} without asking anybody.", "Let it"),
    )


def _cancel(one: Schedule) -> ButtonElement:
    dialog = confirm("Cancel this schedule?", "What has begun goes on.", "Cancel it", danger=True, deny="Keep it")
    return ButtonElement(text="Cancel", action_id=CANCEL, value=one.id, style="danger", confirm=dialog)


def value_of(one: Schedule, run: int, month: int) -> str:
    """What the allowing button carries: exactly what the person saw."""
    return f"{one.id}:{run}:{month}"


def allowed(value: str) -> tuple[str, int, int] | None:
    """The schedule and the amounts that a button carried; None for what none of ours does."""
    parts = value.rsplit(":", 2)
    if len(value) > LONGEST_VALUE or len(parts) != 3 or not all(one.isascii() and one.isdigit() for one in parts[1:]):
        return None
    return parts[0], int(parts[1]), int(parts[2])


def listing(found: Sequence[Schedule], word: str = "") -> Post:
    """A person's schedules with a Cancel button each."""
    if not found:
        return post(f"{word} {NONE}".strip(), [section(f"{word} {NONE}".strip())])
    headline = f"{word} *Your schedules*".strip()
    entries = [
        SectionBlock(
            text=MarkdownTextObject(text=f"*{one.handle}* · {_due(one)}\n{safe(one.text, LISTED_LIMIT)}"),
            accessory=_cancel(one),
        )
        for one in found
    ]
    return post(f"{headline}: {', '.join(one.handle for one in found)}", [section(headline), *entries])
