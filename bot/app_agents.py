"""The part of the composition root that builds video agents: tools, watch, posts, presses, relay."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from agent.money import Prices
from agent.ordering import Ordering
from agent.presenters import Presenters
from agent.spending import Spending
from agent.toolbox import ToolSpec
from agent.video_agents.rules import Patience
from agent.video_agents.tools import VideoAgentTools
from agent.video_agents.watch import AgentWatch
from agent.video_agents.work import AgentVideos
from bot.app_needs import Needs
from bot.slack.agent_actions import AgentActions
from bot.slack.agent_posts import AgentRenderer
from bot.slack.agent_relay import AgentRelay, Relay, Relays
from bot.store import Store
from bot.web.agent_resources import AgentResources


def agent_work(store: Store, prices: Prices) -> AgentVideos:
    """The kind of work."""
    return AgentVideos(sessions=store.agents, prices=prices)


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoAgentParts(Needs):
    """The parts of video agents."""

    def tools(self, presenters: Presenters, ordering: Ordering, spending: Spending) -> list[ToolSpec]:
        """What the model can do with them."""
        tools = VideoAgentTools(
            turns=self.store.turns,
            jobs=self.store.jobs,
            sessions=self.store.agents,
            accounts=self.accounts,
            presenters=presenters,
            ordering=ordering,
            spending=spending,
            cancels=self.store.cancellations,
            roles=self.roles,
        )
        return tools.tools()

    def watch(self, patience: Patience) -> Callable[[], Awaitable[int]]:
        """One round of watching."""
        watch = AgentWatch(rows=self.store.agents, accounts=self.accounts, clock=self.clock, patience=patience)
        return watch.run_due

    def resources(self) -> AgentResources:
        """The links to what they show."""
        return AgentResources(
            public_url=self.settings.public_url,
            secret=self.settings.secret("secret_key"),
            sessions=self.store.agents,
            accounts=self.accounts,
            clock=self.clock,
        )

    def renderer(self) -> AgentRenderer:
        """What is posted."""
        return AgentRenderer(agents=self.store.agents, jobs=self.store.jobs, link_for=self.resources().link)

    def actions(self) -> AgentActions:
        """What is pressed."""
        store = self.store
        return AgentActions(agents=store.agents, cancels=store.cancellations, roles=self.roles, kick=self.kick)

    def relays(self, *others: Relay) -> Relays:
        """Whom messages in a thread may be for: `others` first, then a video agent that asks there."""
        own = AgentRelay(
            agents=self.store.agents,
            cancels=self.store.cancellations,
            notices=self.store.deliveries,
            kick=self.kick,
        )
        return Relays([*others, own])
