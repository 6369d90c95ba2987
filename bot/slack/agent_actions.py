"""What is pressed under a video agent's question. Each press is checked and committed before the ack."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection
from typing import Protocol

from agent.cancelling import Cancelled, told
from agent.ports import Roles
from agent.records import Json
from agent.rights import Right, Role, may, roles_towards
from agent.video_agents.records import AgentSession, AgentState
from bot.slack.agent_posts import ANSWER, APPROVE, GO_AHEAD, MODAL_LIMIT, STOP, answer_modal, asked_by
from bot.slack.fields import WORDS, typed_in
from bot.slack.router import Answer, Interaction, Router
from bot.slack.text import mention

UNKNOWN = "I don't know this video agent any more. Ask for a video in words, or try `/heygen help`."
NOT_ASKED = "This question was answered already, or the video agent has gone on. Nothing was sent."
PASSED_ON = "Passed on to the video agent. What it answers is posted in the thread."
NO_WORDS = "There are no words in it."


class AnsweredSessions(Protocol):
    """The rows of sessions, as far as presses change them."""

    async def session(self, session_id: str) -> AgentSession:
        """One session; `KeyError` when there is none."""
        ...

    async def answer(
        self, session_id: str, *, key: str, actor: str, text: str, message_ts: str | None, round: int | None = None
    ) -> bool:
        """Hand an answer to a session that asks, once per key; False when it does not ask (this)."""
        ...


class CancelsRequests(Protocol):
    """Ends requests."""

    async def cancel(self, submission_id: str, *, actor: str, handles: Collection[str] | None = None) -> Cancelled:
        """Cancel a request; `KeyError` when there is none."""
        ...


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class AgentActions:
    """The handlers. `kick` has the loops look around."""

    agents: AnsweredSessions
    cancels: CancelsRequests
    roles: Roles
    kick: Callable[[], None]

    def register(self, router: Router) -> None:
        """Add the buttons and the modal to the router."""
        router.add("action", ANSWER, self.ask_words)
        router.add("view", ANSWER, self.words)
        router.add("action", APPROVE, self.approve)
        router.add("action", STOP, self.stop)

    async def ask_words(self, interaction: Interaction) -> Answer:
        """Open the modal for an answer."""
        found = await self._asked(interaction, Right.CHANGE)
        return found if isinstance(found, Answer) else Answer(open_view=answer_modal(found))

    async def words(self, interaction: Interaction) -> Answer:
        """The modal was sent."""
        text = _entered(interaction.state)
        if not text:
            return Answer(errors={WORDS: NO_WORDS})
        found = await self._asked(interaction, Right.CHANGE)
        if isinstance(found, Answer):
            return Answer(errors={WORDS: found.text or NOT_ASKED})
        said = await self._say(interaction, found, text)
        return said if said.text == PASSED_ON else Answer(errors={WORDS: NOT_ASKED})

    async def approve(self, interaction: Interaction) -> Answer:
        """The draft is good."""
        found = await self._asked(interaction, Right.CHANGE)
        return found if isinstance(found, Answer) else await self._say(interaction, found, GO_AHEAD)

    async def stop(self, interaction: Interaction) -> Answer:
        """End it, whatever it is doing."""
        session = await self._about(interaction)
        if session is None:
            return Answer(text=UNKNOWN)
        if not may(Right.CANCEL, self._roles(interaction, session)):
            who = mention(session.requester)
            return Answer(text=f"Only {who}, who asked for this, an operator or an admin can stop it.")
        done = await self.cancels.cancel(session.submission_id, actor=interaction.user_id)
        self.kick()
        return Answer(text=told(done))

    async def _say(self, interaction: Interaction, session: AgentSession, text: str) -> Answer:
        about = asked_by(interaction.value)
        taken = await self.agents.answer(
            session.id,
            key=interaction.event_id,
            actor=interaction.user_id,
            text=text,
            message_ts=None,
            round=about[1] if about else -1,
        )
        if not taken:
            return Answer(text=NOT_ASKED)
        self.kick()
        return Answer(text=PASSED_ON)

    async def _asked(self, interaction: Interaction, right: Right) -> AgentSession | Answer:
        """The session whose question this is, or what to say instead."""
        session = await self._about(interaction)
        if session is None:
            return Answer(text=UNKNOWN)
        if not may(right, self._roles(interaction, session)):
            return Answer(text=f"Only {mention(session.requester)}, who asked for this, can answer.")
        about = asked_by(interaction.value)
        if session.state is not AgentState.ASKING or about is None or about[1] != session.round:
            return Answer(text=NOT_ASKED)
        return session

    async def _about(self, interaction: Interaction) -> AgentSession | None:
        """The session of this workspace that a button is about."""
        about = asked_by(interaction.value)
        if about is None:
            return None
        try:
            session = await self.agents.session(about[0])
        except KeyError:
            return None
        return session if session.workspace_id == interaction.team_id else None

    def _roles(self, interaction: Interaction, session: AgentSession) -> frozenset[Role]:
        appointed = self.roles.appointed(session.workspace_id, interaction.user_id)
        return roles_towards(session.requester, interaction.user_id, appointed, anybody_approves=False)


def _entered(state: Json) -> str:
    return typed_in(state, WORDS).strip()[:MODAL_LIMIT]
