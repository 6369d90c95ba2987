"""The button that withdraws the links of a request."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Protocol

from agent.rights import Right
from bot.slack.asked import Bench, title_of
from bot.slack.buttons import WITHDRAW
from bot.slack.ports import Requests
from bot.slack.router import Answer, Interaction, Router
from bot.slack.text import mention

UNKNOWN = "I don't know this request any more."
WITHDRAWN = "Withdrawn: the links of {} lead nowhere any more. Files that stand in Slack stay there."
ALREADY = "There is no link left to withdraw."


class LinkRows(Protocol):
    """The links that were given out."""

    async def withdraw(self, submission_id: str, *, actor: str) -> int:
        """End those of a request; how many were still good. `KeyError` when there is no such request."""
        ...


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class LinkButtons:
    """The handler. `kick` has the loops look around."""

    requests: Requests
    links: LinkRows
    bench: Bench
    kick: Callable[[], None]

    def register(self, router: Router) -> None:
        """Add the button to the router."""
        router.add("action", WITHDRAW, self.withdraw)

    async def withdraw(self, interaction: Interaction) -> Answer:
        """End the links, if whoever pressed may."""
        try:
            submission = await self.requests.submission(interaction.value)
        except KeyError:
            return Answer(text=UNKNOWN)
        if submission.workspace_id != interaction.team_id:
            return Answer(text=UNKNOWN)
        if not self.bench.may(Right.WITHDRAW, interaction, submission):
            who = mention(submission.requester)
            return Answer(text=f"Only {who}, who asked for this, an operator or an admin can withdraw its links.")
        ended = await self.links.withdraw(submission.id, actor=interaction.user_id)
        self.kick()
        return Answer(text=WITHDRAWN.format(title_of(submission)) if ended else ALREADY)
