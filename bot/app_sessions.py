"""The part of the composition root that builds what Slack shows of threads as a whole, and what it offers to ask."""

from __future__ import annotations

from contextlib import AsyncExitStack

from agent.ports import Clock
from bot.accounts import WorkspaceAccounts
from bot.app_installs import Installs
from bot.slack.pacing import Pacer
from bot.slack.sessions import AgentSessions
from bot.slack.suggestions import Suggestions
from bot.store import Store
from bot.store.thread_states import ThreadStates


def sessions_of(stack: AsyncExitStack, installs: Installs, store: Store, pacer: Pacer, clock: Clock) -> AgentSessions:
    """What tells Slack; it is closed with the stack."""
    sessions = AgentSessions(installs.clients, states=ThreadStates(store.database), pacer=pacer, clock=clock)
    stack.push_async_callback(sessions.close)
    return sessions


def suggestions_of(
    stack: AsyncExitStack, installs: Installs, store: Store, accounts: WorkspaceAccounts, clock: Clock
) -> Suggestions:
    """What offers prompts; it is closed with the stack."""
    suggestions = Suggestions(installs.clients, jobs=store.jobs, connected=accounts.connected, clock=clock)
    stack.push_async_callback(suggestions.close)
    return suggestions
