"""What the requester writes in a thread while a video agent asks there: handed to it word for word.

A message that mentions the bot is for the bot. Of others' messages none is passed on: the video is not theirs.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Sequence
from typing import Protocol

from agent.cancelling import told
from agent.records import DeliveryKind, InboxRow, Json
from agent.video_agents.records import AgentSession
from bot.slack.agent_actions import CancelsRequests
from bot.store.outbox import NewDelivery

LONGEST = 10_000  # characters, HeyGen's own
TOO_LONG = "This was not passed on to the video agent: more than 10,000 characters don't fit. Send it in parts."
FILES = "Files are not passed on to the video agent. Say in words what you mean."
_STOP = re.compile(
    r"\W*(?:please\s+)?(?:stop|cancel|abort)(?:\s+(?:it|this|that|now|please|the\s+(?:video\s+)?(?:agent|session|video)))*\W*",
    re.IGNORECASE,
)


class Relay(Protocol):
    """Takes messages that are for somebody else than the model."""

    async def take(self, row: InboxRow) -> bool:
        """Whether a message was taken. Twice is once."""
        ...


class AskingSessions(Protocol):
    """The rows of sessions, as far as messages go to them."""

    async def asking(self, conversation_id: str) -> AgentSession | None:
        """The session that waits for an answer here."""
        ...

    async def answered(self, key: str) -> bool:
        """Whether this was handed to a session."""
        ...

    async def answer(
        self, session_id: str, *, key: str, actor: str, text: str, message_ts: str | None, round: int | None = None
    ) -> bool:
        """Hand an answer to a session that asks, once per key; False when it does not ask (any more)."""
        ...


class Notices(Protocol):
    """Queues posts."""

    async def enqueue(self, new: NewDelivery) -> str:
        """Queue a post, or leave the one that has its key."""
        ...


def means_stop(text: str) -> bool:
    """Whether somebody says that it should stop, and nothing else."""
    return _STOP.fullmatch(text) is not None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class AgentRelay:
    """Passes answers on. `kick` has the loops look around."""

    agents: AskingSessions
    cancels: CancelsRequests
    notices: Notices
    kick: Callable[[], None]

    async def take(self, row: InboxRow) -> bool:
        """Whether a message was for a video agent: then it was passed on, or is told why not. Twice is once."""
        if row.payload.get("mentioned"):
            return False
        if await self.agents.answered(row.id):
            return True  # before we were interrupted
        session = await self.agents.asking(row.conversation_id)
        if session is None or row.payload["user"] != session.requester:
            return False
        taken = await self._passed(session, row)
        self.kick()
        return taken

    async def _passed(self, session: AgentSession, row: InboxRow) -> bool:
        """False when somebody else has answered meanwhile."""
        text, user = row.payload["text"].strip(), row.payload["user"]
        if means_stop(text):
            done = await self.cancels.cancel(session.submission_id, actor=user)
            await self._say(row, "agent-stop", told(done))
            return True
        if row.payload.get("files"):
            await self._say(row, "agent-files", FILES)
        if not text or len(text) > LONGEST:
            await self._say(row, "agent-long", TOO_LONG if text else FILES)
            return True
        ts = row.payload["ts"]
        return await self.agents.answer(session.id, key=row.id, actor=user, text=text, message_ts=ts)

    async def _say(self, row: InboxRow, what: str, text: str) -> None:
        body: Json = {"text": text}
        key = f"{what}:{row.id}"
        await self.notices.enqueue(NewDelivery(row.conversation_id, DeliveryKind.REPLY, key, body=body))


class Relays:
    """Several in one: the first that takes a message has it."""

    def __init__(self, relays: Sequence[Relay]) -> None:
        self._relays = relays

    async def take(self, row: InboxRow) -> bool:
        """See `Relay.take`."""
        for relay in self._relays:
            if await relay.take(row):
                return True
        return False
