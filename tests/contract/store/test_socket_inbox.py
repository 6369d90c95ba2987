"""A thousand messages over Socket Mode while its connections come and go: each is in the inbox once."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest
import sqlalchemy as sa
from slack_sdk.web.async_client import AsyncWebClient

from bot.clock import MonotonicClock
from bot.slack.app import build_app
from bot.slack.intake import Intake
from bot.slack.ports import BotIdentity
from bot.slack.router import Router
from bot.slack.socket import BoltAnswers, Bounds, SocketMode, opening
from bot.store import Store
from bot.store.schema import inbox
from emulators.slack import SlackEmulator
from tests.support.workspaces import at_home

pytestmark = [pytest.mark.full, pytest.mark.timeout(90)]

ROUNDS, EACH = 50, 20
BOUNDS = Bounds(opening=2.0, linger=0.1, steady=0.0, first_wait=0.02, longest_wait=0.1)
TROUBLES = ("before", "half", "sent", "acked")


@pytest.fixture
async def slack() -> AsyncIterator[SlackEmulator]:
    """The emulator with Socket Mode on, no limits, and websockets that end a moment after they are refreshed."""
    emulator = SlackEmulator()
    emulator.configure(socket_mode=True)
    emulator.limits.enabled = False
    emulator.sockets.grace = 0.2
    emulator.sockets.doubles = True
    await emulator.start()
    yield emulator
    await emulator.stop()


@pytest.fixture
async def processes(slack: SlackEmulator, store: Store) -> AsyncIterator[list[SocketMode]]:
    """Two processes' edges over one store."""
    who = BotIdentity(slack.bot_user, slack.workspace.bot_id, slack.workspace.app_id, slack.workspace.team_id)
    async with aiohttp.ClientSession() as session:
        client = AsyncWebClient(slack.bot_token, base_url=slack.api_url, session=session, retry_handlers=[])
        modes = [edge(slack, client, store, who) for _ in range(2)]
        for mode in modes:
            await mode.start(5.0)
        yield modes
        for mode in modes:
            await mode.stop()


def edge(slack: SlackEmulator, client: AsyncWebClient, store: Store, who: BotIdentity) -> SocketMode:
    intake = Intake(lanes=store.lanes, echoes=store.deliveries, members=at_home(who), wake=lambda: None)
    router = Router(lanes=store.lanes, wake=lambda: None)
    bolt = build_app(client, signing_secret="", members=at_home(who, client.token), intake=intake, router=router)
    return SocketMode(
        opening=opening(client, slack.app_token),
        answer=BoltAnswers(bolt),
        app_id=lambda: who.app_id,
        clock=MonotonicClock(),
        bounds=BOUNDS,
    )


async def disturb(slack: SlackEmulator, number: int) -> None:
    """Refresh every connection, each time with something else that goes wrong."""
    match number % 5:
        case 1:
            await slack.disturb_sockets("drop")
        case 2:
            slack.fail("before", "/link/", method="WEBSOCKET", status=408)
        case 3:
            slack.sockets.trouble(TROUBLES[number // 5 % 4])
        case 4:
            slack.fail("drop_reply", "/api/apps.connections.open")
    await slack.disturb_sockets("refresh")


async def test_none_is_lost_and_none_is_there_twice(
    slack: SlackEmulator, processes: list[SocketMode], store: Store
) -> None:
    said = set()
    for number in range(ROUNDS):
        said |= {slack.say("alice", "@heygen", f"message {number}.{one}") for one in range(EACH)}
        opened = len(slack.sockets.history)
        await disturb(slack, number)
        await slack.journal.wait_for(lambda opened=opened: len(slack.sockets.history) > opened)
        await slack.journal.wait_for(lambda: _delivered(slack), 15.0)
    async with store.database.reading() as connection:
        rows = (await connection.execute(sa.select(inbox.c.payload))).scalars().all()
    assert len(rows) == len(said) == ROUNDS * EACH
    assert {row["ts"] for row in rows} == said
    assert len(slack.sockets.history) > ROUNDS


def _delivered(slack: SlackEmulator) -> bool:
    """Whether Slack has a confirmation of everything; its minutes between attempts are skipped."""
    if slack.courier.idle and slack.sockets.live:
        slack.redeliver_now()
    return slack.courier.idle and all(delivery.state == "acked" for delivery in slack.deliveries)
