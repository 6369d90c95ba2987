"""Calls a teammate into a session that runs: in its thread, and where the operators are."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from agent.live.records import LiveSession
from agent.ports import Clock
from agent.records import Delivery, DeliveryKind
from bot.slack.ports import Places
from bot.slack.text import mention, safe
from bot.store.outbox import NewDelivery

AGAIN_SECONDS = 60.0  # at least, twice that at most
REASON_LIMIT = 200
LINK = re.compile(r"\b[a-z][a-z0-9+.-]*://\S+", re.IGNORECASE)

TellOperators = Callable[[str, str, str], Awaitable[None]]


class Posts(Protocol):
    """Queues posts, and knows them by their keys."""

    async def enqueue(self, new: NewDelivery) -> str:
        """Queue a post, or leave the one that has its key."""
        ...

    async def find(self, key: str) -> Delivery | None:
        """The post with this key."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveCalls:
    """`agent.live.ports.HumanCalls`. `operators` gives mentions of those who answer calls.

    `tell_operators` posts where they are (workspace, key, text), if they have a channel; once per key.
    """

    posts: Posts
    places: Places
    operators: Callable[[str], Sequence[str]]
    tell_operators: TellOperators
    clock: Clock
    kick: Callable[[], None]

    async def call(self, session: LiveSession, reason: str) -> bool:
        """Ask in the thread that somebody takes over; `reason` is the model's. False when it was asked just before."""
        now = int(self.clock.now() // AGAIN_SECONDS)
        before, key = (f"live:{session.id}:human:{number}" for number in (now - 1, now))
        if await self.posts.find(before) is not None or await self.posts.find(key) is not None:
            return False
        who = f"{mention(session.requester)} asks for a person in live session {safe(session.handle, 12)}"
        said = safe(LINK.sub("(link)", reason), REASON_LIMIT) or "no reason given"
        called = " ".join(self.operators(session.workspace_id))
        text = f"{called} {who}: {said}. Its card here lets you take over.".strip()
        body = {"text": text}
        await self.posts.enqueue(NewDelivery(session.conversation_id, DeliveryKind.REPLY, key, body=body))
        channel = (await self.places.conversation(session.conversation_id)).channel_id
        await self.tell_operators(session.workspace_id, f"{key}:ops", f"{who}, in <#{safe(channel, 20)}>: {said}.")
        self.kick()
        return True
