"""The part of the composition root for replaying: the tools that the settings offer, over a store that stays shut."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from pydantic import SecretStr

from agent.ports import Clock
from agent.toolbox import Toolbox
from bot.app import Tempo, clients_of, parts_of
from bot.app_installs import Installs
from bot.clock import RandomIds
from bot.identity import IdentityHolder
from bot.processes import Part
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
    settings, ids = _without_credentials(settings), RandomIds()
    async with AsyncExitStack() as stack:
        store = Store(Database(settings.database_url, clock, NOBODY), clock, ids, 0.0)
        clients = await clients_of(stack, settings)
        nowhere = Workspaces(home=None, rows=None, clock=clock)
        installs = Installs(
            settings=settings,
            store=store,
            slack=AppClient(clients.slack),
            clock=clock,
            workspaces=nowhere,
            clients=SlackClients(nowhere, clients.slack),
            rows=None,
        )
        identity = IdentityHolder()
        parts = parts_of(stack, settings, store, clients, identity, installs, clock, ids, Tempo(), Part.WORKER)
        yield parts.tools_alone()


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
