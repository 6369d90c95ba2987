"""The part of the composition root that builds what Slack shows of threads as a whole."""

from __future__ import annotations

from contextlib import AsyncExitStack

from agent.ports import Clock
from bot.app_installs import Installs
from bot.slack.pacing import Pacer
from bot.slack.sessions import AgentSessions
from bot.store import Store
from bot.store.thread_states import ThreadStates


def sessions_of(stack: AsyncExitStack, installs: Installs, store: Store, pacer: Pacer, clock: Clock) -> AgentSessions:
    """What tells Slack; it is closed with the stack."""
    sessions = AgentSessions(installs.clients, states=ThreadStates(store.database), pacer=pacer, clock=clock)
    stack.push_async_callback(sessions.close)
    return sessions
