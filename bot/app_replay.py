"""The part of the composition root for replaying: the tools that the settings offer, over a store that stays shut."""

from __future__ import annotations

import random
import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from pydantic import SecretStr

from agent.money import Prices
from agent.ports import Clock
from agent.submitter import Submitter
from agent.toolbox import Toolbox
from bot.app import USER_AGENT, Tempo, _clients, _Parts
from bot.app_accounts import account_parts
from bot.app_agents import agent_work
from bot.app_home import home_of
from bot.app_installs import Installs
from bot.app_links import links_of
from bot.app_model import model_of
from bot.app_works import all_works
from bot.clock import RandomIds
from bot.fetch import SafeProbe
from bot.identity import IdentityHolder
from bot.processes import Part
from bot.roles import AppointedRoles
from bot.settings import Settings
from bot.store import Store
from bot.store.database import Database
from bot.workspaces import AppClient, SlackClients, Workspaces

NOBODY = "nobody-is-spoken-to"
NOWHERE = "sqlite:///nowhere"


@asynccontextmanager
async def tools_alone(settings: Settings, clock: Clock) -> AsyncIterator[Toolbox]:
    """Every tool that a turn is offered. They can be described and checked; none may be carried out.

    Needs no credentials: which tools there are hangs on other settings.
    """
    settings = _without_credentials(settings)
    async with AsyncExitStack() as stack:
        parts = await _parts(stack, settings, clock)
        spending = parts._spending()
        submitter = Submitter(
            jobs=parts.store.jobs,
            accounts=parts.accounts,
            works=parts.works,
            spending=spending,
            clock=clock,
            rng=random.Random(),  # noqa: S311 - jitter
        )
        model = model_of(settings, parts.clients.openai)
        yield parts._toolbox(submitter, spending, parts._live_needs(model))


def _without_credentials(settings: Settings) -> Settings:
    nothing = SecretStr(NOBODY)
    return settings.model_copy(
        update={
            "database_url": NOWHERE,
            "openai_api_key": nothing,
            "openai_model": NOBODY,
            "heygen_api_key": nothing,
            "heygen_transport": "direct",
            "slack_bot_token": nothing,
            "secret_key": SecretStr(secrets.token_hex(16)),
        }
    )


async def _parts(stack: AsyncExitStack, settings: Settings, clock: Clock) -> _Parts:
    ids, tempo = RandomIds(), Tempo()
    store = Store(Database(settings.database_url, clock, NOBODY), clock, ids, 0.0)
    clients = await _clients(stack, settings)
    workspaces = Workspaces(home=None, rows=None, clock=clock)
    installs = Installs(
        settings=settings,
        store=store,
        slack=AppClient(clients.slack),
        clock=clock,
        workspaces=workspaces,
        clients=SlackClients(workspaces, clients.slack),
        rows=None,
    )
    connections = account_parts(settings, store, ids, clients.http, own=clients.heygen, home="", agent=USER_AGENT)
    accounts, prices = connections.accounts(), Prices(settings.prices)
    works = all_works(probe=SafeProbe(settings.fetch_allowed_hosts), jobs=store.jobs, accounts=accounts, prices=prices)
    works.add(agent_work(store, prices))
    links = links_of(settings, store, accounts, works, clock)
    roles = AppointedRoles(
        client=clients.slack, members=store.roles, workspace_id="", appointments=settings.appointments()
    )
    home = home_of(
        connections, clients=installs.clients, accounts=accounts, roles=roles, clock=clock, link_for=links.link
    )
    stack.push_async_callback(home.close)
    known = (IdentityHolder(), accounts, works, links, roles, prices)
    return _Parts(settings, store, clients, clock, ids, tempo, *known, Part.WORKER, installs, connections, home)
