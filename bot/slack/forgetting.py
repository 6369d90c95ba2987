"""`/heygen forget me`: what goes and what stays is said first, and a button that asks once more does it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from slack_sdk.models.blocks import ActionsBlock, ButtonElement

from bot.slack.blocks import Post, post, section
from bot.slack.buttons import confirm
from bot.slack.router import Answer, Interaction, Router

ACTION = "forget_me"
EXPLAINED = (
    "*Delete what I know of you in this workspace?*\n"
    "Gone for good: what you wrote to me and what I answered, your requests' titles and sources, links to your videos, "
    "your roles. What was not sent to HeyGen yet is cancelled; what HeyGen has can't be stopped and is billed.\n"
    "What stays: amounts in the ledger, under a random name nobody can trace to you; your messages and mine in Slack; "
    "videos in the HeyGen account. Delete those there, or ask an admin to."
)
BEGUN = "I am forgetting you; in a moment it is done. What you ask me from now on begins anew."


class Erasures(Protocol):
    """Takes requests to delete."""

    async def forget_person(self, workspace_id: str, user_id: str) -> object:
        """Ask for a person's data to be deleted, by that person; twice is once."""
        ...


@dataclass(frozen=True, slots=True)
class Forgetting:
    """The command's answer and its button. The deletion itself is carried out in the background."""

    erasures: Erasures

    def register(self, router: Router) -> None:
        """Add the button to the router."""
        router.add("action", ACTION, self.forget)

    def offer(self) -> Post:
        """What would be deleted, and the button."""
        dialog = confirm("Forget you?", "This can't be undone.", "Forget me", danger=True)
        button = ButtonElement(text="Forget me", action_id=ACTION, value="me", style="danger", confirm=dialog)
        return post(EXPLAINED, [section(EXPLAINED), ActionsBlock(elements=[button])])

    async def forget(self, interaction: Interaction) -> Answer:
        """Whoever presses is forgotten: nobody can do it for somebody else."""
        await self.erasures.forget_person(interaction.team_id, interaction.user_id)
        return Answer(text=BEGUN)
