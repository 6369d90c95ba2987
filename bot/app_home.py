"""The part of the composition root that builds the App Home."""

from __future__ import annotations

from agent.ports import Clock, Roles
from bot.accounts import WorkspaceAccounts
from bot.app_accounts import AccountParts
from bot.habits import Habits
from bot.slack.home import Home
from bot.slack.home_sections import HomeSections
from bot.slack.ports import ClientOf, LinkFor


def home_of(
    connections: AccountParts,
    *,
    clients: ClientOf,
    accounts: WorkspaceAccounts,
    roles: Roles,
    clock: Clock,
    link_for: LinkFor,
) -> Home:
    """What draws it."""
    store = connections.store
    sections = HomeSections(
        jobs=store.jobs,
        live=store.live,
        schedules=store.schedules,
        ledger=store.ledger,
        wallet=store.wallet,
        accounts=accounts,
        own=connections.credentials.current,
        own_live=connections.faces.current if connections.settings.live_elsewhere() else None,
        roles=roles,
        habits=Habits(store.usual, accounts),
        clock=clock,
        link_for=link_for,
    )
    return Home(clients, sections=sections.all(), clock=clock)
