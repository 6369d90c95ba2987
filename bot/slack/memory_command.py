"""`/heygen memory`: what is remembered, and forgetting it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from agent.memory import Fact
from agent.ports import Roles
from agent.rights import Right, may, roles_towards
from bot.slack.router import Answer, Interaction
from bot.slack.text import safe
from bot.slack.typed.remembering import Memory

NOTHING = "I remember nothing here. Tell me in a thread to remember something."
UNKNOWN = "There is no {number} in this list: `/heygen memory` shows what there is."
NOT_YOURS = (
    "{number} was told by somebody else, or counts for everybody: an operator or an admin can have it forgotten."
)
NONE_YOURS = "There is nothing here that you can have forgotten."
HOW = "`/heygen memory forget <number>` deletes one, `/heygen memory forget all` what you may."


class KnownFacts(Protocol):
    """What is remembered."""

    async def shown(self, workspace_id: str, user_id: str, channel_id: str) -> Sequence[Fact]:
        """What a person may see."""
        ...

    async def forget(self, workspace_id: str, numbers: Collection[int]) -> int:
        """Delete some; returns how many there were."""
        ...


@dataclass(frozen=True, slots=True)
class MemoryCommand:
    """Answers the command."""

    facts: KnownFacts
    roles: Roles

    async def handle(self, interaction: Interaction, command: Memory) -> Answer:
        """The list, or what became of it."""
        shown = await self.facts.shown(interaction.team_id, interaction.user_id, interaction.channel_id)
        if command.everything:
            return await self._forget_all(interaction, shown)
        if command.number is not None:
            return await self._forget_one(interaction, shown, command.number)
        return Answer(text=_listed(shown, interaction.user_id))

    async def _forget_one(self, interaction: Interaction, shown: Sequence[Fact], number: int) -> Answer:
        fact = next((one for one in shown if one.number == number), None)
        if fact is None:
            return Answer(text=UNKNOWN.format(number=number))
        if not self._may(interaction, fact):
            return Answer(text=NOT_YOURS.format(number=number))
        await self.facts.forget(interaction.team_id, [number])
        return Answer(text=f"Forgotten: {safe(fact.text, 300)}")

    async def _forget_all(self, interaction: Interaction, shown: Sequence[Fact]) -> Answer:
        mine = [fact.number for fact in shown if self._may(interaction, fact)]
        if not mine:
            return Answer(text=NONE_YOURS)
        count = await self.facts.forget(interaction.team_id, mine)
        left = len(shown) - len(mine)
        rest = f" {left} that you may not change are left." if left else ""
        return Answer(text=f"Forgotten: {count}.{rest}")

    def _may(self, interaction: Interaction, fact: Fact) -> bool:
        appointed = self.roles.appointed(interaction.team_id, interaction.user_id)
        if fact.everywhere:
            return may(Right.CHANGE_MEMORY, appointed)
        towards = roles_towards(fact.told_by, interaction.user_id, appointed, anybody_approves=False)
        return may(Right.DROP_THREAD_FACTS, towards)


def _listed(facts: Sequence[Fact], user_id: str) -> str:
    if not facts:
        return NOTHING
    return "\n".join(["*What I remember*", *(_line(fact, user_id) for fact in facts), HOW.replace("<", "&lt;")])


def _line(fact: Fact, user_id: str) -> str:
    where = "for everybody" if fact.everywhere else f"in a thread of <#{fact.channel_id}>"
    who = "you" if fact.told_by == user_id else f"<@{fact.told_by}>"
    return f"{fact.number}. {safe(fact.text, 300)} _({where}, told by {who})_"
