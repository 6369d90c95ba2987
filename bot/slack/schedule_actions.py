"""What is pressed and typed about schedules. Each press is checked and committed before the ack."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Protocol

from agent.money import dollars
from agent.ports import Roles
from agent.rights import Right, may, roles_towards
from agent.schedules import Schedule
from bot.slack.blocks import Post
from bot.slack.router import Answer, Interaction, Router
from bot.slack.schedule_cards import ALLOW, ASK, CANCEL, allowed, listing
from bot.slack.text import mention, safe
from bot.slack.typed import Schedule as Typed
from bot.slack.wishes import opening

UNKNOWN = "I don't know this schedule any more."
CHANGED = "It is over, or the card has changed. Nothing was done."


class ScheduleRows(Protocol):
    """The rows, as far as people change them."""

    async def get(self, schedule_id: str) -> Schedule:
        """One schedule; `KeyError` when there is none."""
        ...

    async def of_person(self, workspace_id: str, requester: str) -> list[Schedule]:
        """The person's active ones."""
        ...

    async def find(self, workspace_id: str, number: int) -> Schedule | None:
        """The one with this number."""
        ...

    async def cancel(self, schedule_id: str, *, actor: str) -> bool:
        """End it; False when it was over."""
        ...

    async def allow(self, schedule_id: str, *, actor: str, run: int, month: int) -> bool:
        """Let it spend; False when that is not what it offers to its own person."""
        ...

    async def ask(self, schedule_id: str, *, actor: str) -> bool:
        """Have it ask again."""
        ...


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleActions:
    """The handlers, and `/heygen schedule`. `kick` has the loops look around."""

    schedules: ScheduleRows
    roles: Roles
    kick: Callable[[], None]

    def register(self, router: Router) -> None:
        """Add the buttons to the router."""
        router.add("action", ALLOW, self.allow)
        router.add("action", ASK, self.ask)
        router.add("action", CANCEL, self.pressed_cancel)

    async def allow(self, interaction: Interaction) -> Answer:
        """Its person lets it spend what the button says."""
        about = allowed(interaction.value)
        found = await self._about(interaction, about[0] if about else "")
        if found is None or about is None:
            return Answer(text=UNKNOWN)
        if interaction.user_id != found.requester:
            return Answer(text=f"Only {mention(found.requester)}, whose schedule it is, can allow that.")
        _, run, month = about
        if not await self.schedules.allow(found.id, actor=interaction.user_id, run=run, month=month):
            return Answer(text=CHANGED)
        self.kick()
        limits = f"up to {dollars(run)} a run and {dollars(month)} a month"
        return Answer(text=f"{found.handle} may spend {limits}. “Ask me each time” takes that back.")

    async def ask(self, interaction: Interaction) -> Answer:
        """Every run asks again."""
        found = await self._about(interaction, interaction.value)
        if found is None:
            return Answer(text=UNKNOWN)
        if not await self.schedules.ask(found.id, actor=interaction.user_id):
            return Answer(text=f"Only {mention(found.requester)} can change that, while it may spend something.")
        self.kick()
        return Answer(text=f"{found.handle} asks before each run spends anything.")

    async def pressed_cancel(self, interaction: Interaction) -> Answer:
        """End it."""
        found = await self._about(interaction, interaction.value)
        return Answer(text=UNKNOWN if found is None else await self._cancel(interaction, found))

    async def typed(self, interaction: Interaction, command: Typed) -> Answer:
        """`/heygen schedule`: the list, a cancellation, or a new one in a thread of its own."""
        if command.what is not None:
            return new_schedule(interaction, command.when or "", command.what)
        if command.cancelled is None:
            return _answer(listing(await self.schedules.of_person(interaction.team_id, interaction.user_id)))
        found = await self.schedules.find(interaction.team_id, command.cancelled)
        if found is None:
            mine = await self.schedules.of_person(interaction.team_id, interaction.user_id)
            return _answer(listing(mine, f"There is no S{command.cancelled}."))
        return Answer(text=await self._cancel(interaction, found))

    async def _cancel(self, interaction: Interaction, found: Schedule) -> str:
        user = interaction.user_id
        appointed = self.roles.appointed(found.workspace_id, user)
        if not may(Right.CANCEL, roles_towards(found.requester, user, appointed, anybody_approves=False)):
            return f"Only {mention(found.requester)}, who made {found.handle}, an operator or an admin can cancel it."
        if not await self.schedules.cancel(found.id, actor=user):
            return CHANGED
        self.kick()
        return f"{found.handle} is cancelled. A run that has begun goes on."

    async def _about(self, interaction: Interaction, schedule_id: str) -> Schedule | None:
        """The schedule of this workspace that a button is about."""
        try:
            found = await self.schedules.get(schedule_id)
        except KeyError:
            return None
        return found if found.workspace_id == interaction.team_id else None


def new_schedule(interaction: Interaction, when: str, what: str) -> Answer:
    """The private word to the person, and the event that opens the conversation."""
    said = f"/heygen schedule {when}: {what}"
    event = opening(interaction, "schedule_request", {"when": when, "what": what}, said)
    return Answer(text=f"Got it: {safe(when, 200)}. I open a thread in this channel for it.", event=event)


def _answer(shown: Post) -> Answer:
    return Answer(text=shown.text, blocks=shown.blocks)
