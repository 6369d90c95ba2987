"""The part of the composition root that builds schedules: tools, what becomes due, posts, presses."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from agent.money import micro
from agent.schedule_tools import Scheduling
from agent.toolbox import ToolSpec
from bot.app_needs import Needs
from bot.scheduling import DueWork
from bot.slack.people import Everybody
from bot.slack.ports import ClientOf
from bot.slack.schedule_actions import ScheduleActions
from bot.slack.schedule_cards import ScheduleRenderer


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleParts(Needs):
    """The parts of schedules."""

    def tools(self, clients: ClientOf) -> list[ToolSpec]:
        """What the model can do with them; `clients` look people up where they are."""
        tools = Scheduling(
            turns=self.store.turns,
            schedules=self.store.schedules,
            people=Everybody(clients, self.clock),
            roles=self.roles,
            clock=self.clock,
            limit=micro(self.settings.auto_approve_max),
        )
        return tools.tools()

    def due(self, clients: ClientOf) -> Callable[[], Awaitable[int]]:
        """One round of what has become due."""
        people = Everybody(clients, self.clock)
        work = DueWork(schedules=self.store.schedules, people=people, clock=self.clock, kick=self.kick)
        return work.run_due

    def renderer(self) -> ScheduleRenderer:
        """What is posted."""
        return ScheduleRenderer(self.store.schedules)

    def actions(self) -> ScheduleActions:
        """What is pressed and typed."""
        return ScheduleActions(schedules=self.store.schedules, roles=self.roles, kick=self.kick)
