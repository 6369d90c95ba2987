"""The part of the composition root that builds memory: what a turn recalls, the tool that keeps facts, the command."""

from __future__ import annotations

from dataclasses import dataclass

from agent.compaction import Summaries
from agent.memory import Remembering
from agent.model import Model
from agent.recall import Recall
from agent.toolbox import ToolSpec
from bot.app_needs import Needs
from bot.habits import Habits
from bot.slack.memory_command import MemoryCommand


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryParts(Needs):
    """The parts of memory."""

    def recall(self, model: Model) -> Recall:
        """What a turn is told beside what is asked now."""
        budget = self.settings.history_tokens
        summaries = Summaries(model=model, digests=self.store.summed, budget=budget)
        habits = Habits(self.store.usual, self.accounts)
        return Recall(budget=budget, compaction=summaries, facts=self.store.facts, habits=habits)

    def tools(self) -> list[ToolSpec]:
        """What the model can do with it."""
        return Remembering(facts=self.store.facts, turns=self.store.turns, roles=self.roles).tools()

    def command(self) -> MemoryCommand:
        """What people can."""
        return MemoryCommand(facts=self.store.facts, roles=self.roles)
