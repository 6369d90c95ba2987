"""The Slack emulator, the real SDK client, and the real store on a file."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.store import Store
from emulators.slack import SlackEmulator
from tests.support.clock import ManualClock
from tests.support.store_steps import new_store, running, sqlite_url
from tests.unit.bot.slack.memory import Wakes
from tests.unit.bot.slack.thread import Thread


@pytest.fixture(scope="session")
async def slack_server() -> AsyncIterator[SlackEmulator]:
    server = SlackEmulator()
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def slack(slack_server: SlackEmulator) -> SlackEmulator:
    slack_server.reset()
    return slack_server


@pytest.fixture
async def client(slack: SlackEmulator) -> AsyncIterator[AsyncWebClient]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session:
        yield AsyncWebClient(slack.bot_token, base_url=slack.api_url, session=session, retry_handlers=[])


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def wakes() -> Wakes:
    return Wakes()


@pytest.fixture
async def store(tmp_path: Path, clock: ManualClock) -> AsyncIterator[Store]:
    async with running(new_store(sqlite_url(tmp_path), clock)) as started:
        yield started


@pytest.fixture
async def thread(
    slack: SlackEmulator, client: AsyncWebClient, store: Store, clock: ManualClock
) -> AsyncIterator[Thread]:
    thread = Thread(slack, client, store, clock)
    yield thread
    await thread.sessions.close()  # before the store that it reads
