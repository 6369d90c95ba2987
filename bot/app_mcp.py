"""The part of the composition root that builds what programs reach over MCP."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx2
import structlog
from slack_sdk.web.async_client import AsyncWebClient
from starlette.routing import Route

from agent.ports import JobLinks
from agent.toolbox import Toolbox
from bot.app_needs import Needs
from bot.heygen_account import truto_tools
from bot.mcp.tokens import Token, Tokens
from bot.settings import Settings, SettingsError
from bot.slack.slack_calls import SlackCalls

if TYPE_CHECKING:
    from bot.mcp.server import Parts

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Programs:
    """What answers programs. `over_stdio` answers one of them until it has gone."""

    parts: Parts
    tokens: Tokens
    version: str
    routes: list[Route]

    def token(self, secret: str | None) -> Token:
        """The token for standard input and output; `SettingsError` when it is not clear which."""
        if secret is not None:
            token = self.tokens.of(secret)
            if token is None:
                raise SettingsError("MCP_TOKEN is none of MCP_TOKENS.")
            return token
        if len(self.tokens) != 1:
            raise SettingsError("MCP_TOKEN is missing: MCP_TOKENS has several, and one of them is this program's.")
        return next(iter(self.tokens))

    async def over_stdio(self, token: Token) -> None:
        """Answer on standard input and output until the input ends."""
        from bot.mcp.stdio import serve

        await serve(self.parts, token, self.version)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramNeeds(Needs):
    """What it takes to answer programs."""

    toolbox: Toolbox
    links: JobLinks
    slack: AsyncWebClient
    http: httpx2.AsyncClient
    user_agent: str


async def programs(stack: AsyncExitStack, needs: ProgramNeeds) -> list[Programs]:
    """What answers programs, started: nothing where no token was set. What it takes is loaded only then.

    `SettingsError` when a token is of another workspace than the bot's.
    """
    settings = needs.settings
    tokens = settings.tokens()
    if not tokens:
        return []
    if strange := [one.name for one in tokens if one.workspace_id != needs.roles.workspace_id]:
        raise SettingsError(f"MCP_TOKENS: {strange[0]} is of another workspace than SLACK_BOT_TOKEN.")
    from bot.mcp.calls import Calls
    from bot.mcp.extra import NoExtraTools, TrutoPassThrough
    from bot.mcp.http import Door
    from bot.mcp.jobs import Jobs
    from bot.mcp.places import Places
    from bot.mcp.resources import Resources
    from bot.mcp.server import Parts

    store = needs.store
    places = Places(store=store, slack=SlackCalls(needs.slack), channel_id=settings.mcp_channel or settings.ops_channel)
    calls = Calls(store=store, toolbox=needs.toolbox, places=places, kick=needs.kick)
    jobs = Jobs(store=store, calls=calls, places=places, links=needs.links)
    through_truto = settings.heygen_transport == "truto"
    extra = (
        TrutoPassThrough(truto_tools(settings, needs.http, needs.user_agent), needs.roles)
        if through_truto
        else NoExtraTools()
    )
    parts = Parts(needs.toolbox, calls, jobs, Resources(store=store, jobs=jobs), extra)
    version = needs.user_agent.rpartition("/")[2]
    door = Door(tokens, parts, version=version, public_url=settings.public_url)
    await stack.enter_async_context(door.open())
    return [Programs(parts, tokens, version, [door.route()])]


async def over_stdio(settings: Settings, stopped: Callable[[], Awaitable[None]]) -> None:
    """The whole application, and one program on standard input and output, until it has gone or `stopped` returns.

    It listens, too, since an approval in Slack or a webhook has to reach somebody. Where the port is taken it does not:
    on PostgreSQL that is another process of ours, and SQLite has let no other in.
    """
    from bot.app import running
    from bot.server import Server, bound

    async with running(settings) as app:
        (found,) = [app.programs] if app.programs else []
        token = found.token(settings.mcp_token.get_secret_value() if settings.mcp_token else None)
        async with AsyncExitStack() as stack:
            try:
                server = Server(app.asgi, bound(settings.host, settings.port))
            except OSError as error:
                log.warning("not_listening", error=type(error).__name__, port=settings.port)
            else:
                await server.start()
                stack.push_async_callback(server.stop)
            tasks = {asyncio.create_task(found.over_stdio(token)), asyncio.create_task(_until(stopped))}
            done, left = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)
            for task in done:
                task.result()


async def _until(stopped: Callable[[], Awaitable[None]]) -> None:
    await stopped()
