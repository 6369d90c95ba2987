"""`/heygen live`: offers a live avatar in a thread of its own, or ends what the person who types has open."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Protocol

from agent.live.records import CommandKind, LiveSession, LiveState
from bot.slack.router import Answer, Interaction
from bot.slack.text import safe
from bot.slack.wishes import opening

LOOKED_AT = 200
NOT_SET_UP = (
    "Live sessions can't be opened here: an admin has to connect LiveAvatar in my Home, if it is offered there, or to "
    "set `LIVEAVATAR_API_KEY`, `LIVEAVATAR_AVATAR_ID` and `PUBLIC_URL`. Nothing is billed."
)
OVER = frozenset({LiveState.CLOSING, LiveState.ENDED})
NOTHING_OPEN = "You have no live session. `/heygen live` offers one; others' sessions end on their cards."


class OpenSessions(Protocol):
    """The rows of live sessions, as far as the command ends them."""

    async def sessions(self, workspace_id: str, limit: int = 20) -> Sequence[LiveSession]:
        """Newest first."""
        ...

    async def decline(self, session_id: str, actor: str) -> object:
        """Withdraw one that nobody has joined."""
        ...

    async def command(
        self, session_id: str, kind: CommandKind, *, actor: str, text: str, message_ts: str | None, key: str
    ) -> bool:
        """Hand something to a running session, once per key."""
        ...


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class LiveCommand:
    """Nobody else's sessions are touched: those have their cards."""

    live: OpenSessions
    kick: Callable[[], None]

    async def end(self, interaction: Interaction) -> Answer:
        """End what runs, withdraw what is offered."""
        user = interaction.user_id
        found = await self.live.sessions(interaction.team_id, LOOKED_AT)
        own = [session for session in found if session.requester == user and session.state not in OVER]
        running = [session for session in own if session.running]
        for session in own:
            if session.running:
                key = f"{interaction.event_id}:{session.id}"
                await self.live.command(session.id, CommandKind.END, actor=user, text="", message_ts=None, key=key)
            else:
                await self.live.decline(session.id, user)
        self.kick()
        return Answer(text=_ended(running, own))


def _ended(running: Sequence[LiveSession], own: Sequence[LiveSession]) -> str:
    if running:
        return "Your live session is being ended; what it came to follows in its thread."
    return "The offer is withdrawn. Nothing was billed." if own else NOTHING_OPEN


def go_live(interaction: Interaction, reason: str) -> Answer:
    """The private word to the person, and the event that opens the conversation."""
    event = opening(interaction, "start_live_avatar", {}, f"/heygen live {reason}".strip())
    about = f": {safe(reason, 200)}" if reason else ""
    return Answer(text=f"Got it{about}. I open a thread in this channel and offer a live avatar there.", event=event)
