"""What the buttons of a request and those of a batch share: who may press them, and what is said to whom."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Protocol

from agent.cancelling import Cancelled, told
from agent.errors import OverCap
from agent.ports import Roles
from agent.records import Conversation, DeliveryKind, Json
from agent.rights import Right, may, roles_towards
from bot.slack.router import Interaction
from bot.slack.text import mention, safe
from bot.store.inbox import NewEvent
from bot.store.outbox import NewDelivery

TITLE_LIMIT = 80


class Asked(Protocol):
    """What somebody asked for: a request or a batch of them."""

    @property
    def id(self) -> str:
        """Which one."""
        ...

    @property
    def workspace_id(self) -> str:
        """Where it was asked for."""
        ...

    @property
    def conversation_id(self) -> str:
        """In which thread."""
        ...

    @property
    def requester(self) -> str:
        """By whom."""
        ...

    @property
    def title(self) -> str:
        """What it is, in words that may come from anywhere."""
        ...


class Notices(Protocol):
    """Queues posts."""

    async def enqueue(self, new: NewDelivery) -> str:
        """Queue a post, or leave the one that has its key."""
        ...


@dataclass(frozen=True, slots=True)
class Bench:
    """Who may decide. `approvers` gives mentions of those who can approve."""

    roles: Roles
    approvers: Callable[[str], Collection[str]]

    def may(self, right: Right, interaction: Interaction, asked: Asked) -> bool:
        """Whether who pressed has a right towards what somebody asked for."""
        user = interaction.user_id
        appointed = self.roles.appointed(asked.workspace_id, user)
        anybody = self.roles.anybody_approves(asked.workspace_id)
        return may(right, roles_towards(asked.requester, user, appointed, anybody_approves=anybody))

    def approvers_only(self, asked: Asked) -> str:
        """The sentence for somebody who may not decide about money."""
        who = " or ".join(self.approvers(asked.workspace_id)) or mention(asked.requester)
        return f"Only an approver can decide this: {who}. Nothing has changed."


def title_of(asked: Asked) -> str:
    """Its title, harmless and short enough for a sentence."""
    return safe(asked.title, TITLE_LIMIT)


def only_theirs(asked: Asked, what: str) -> str:
    """The sentence for somebody who did not ask for it."""
    return f"Only {mention(asked.requester)}, who asked for this, can {what}."


def only_cancelled_by(asked: Asked) -> str:
    """The sentence for somebody who may not cancel it."""
    return f"Only {mention(asked.requester)}, who asked for this, an operator or an admin can cancel it."


def over_cap(error: OverCap, asked: Asked, user: str) -> str:
    """A full cap, as the requester reads it or as others do."""
    return error.sentence if user == asked.requester else error.for_others(mention(asked.requester))


def cancelled_by_another(asked: Asked, user: str, result: Cancelled) -> NewDelivery:
    """What the requester is told. What was never sent has its closing; of the rest they would only see the card."""
    text = f"{mention(asked.requester)} <@{user}> cancelled {title_of(asked)}. {told(result)}"
    body: Json = {"text": text, "user": asked.requester}
    key = f"cancelled:{asked.id}:{result.unwanted[0].handle}"
    return NewDelivery(asked.conversation_id, DeliveryKind.NOTICE, key, body=body)


def work_for(place: Conversation, interaction: Interaction, payload: Json) -> NewEvent:
    """Work for the lane of the thread that asked, wherever the button was pressed."""
    return NewEvent(
        id=interaction.event_id,
        dedup_key=None,
        workspace_id=place.workspace_id,
        channel_id=place.channel_id,
        channel_type=place.channel_type,
        thread_ts=place.thread_ts,
        opens=False,
        kind="action",
        payload={**payload, "user": interaction.user_id},
    )
