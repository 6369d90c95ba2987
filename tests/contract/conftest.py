"""One stand-in for each service a module, reset for each test, and real clients that never retry."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator

import httpx2
import pytest
from openai import AsyncOpenAI, DefaultAsyncHttpx2Client

from emulators.liveavatar import LiveAvatarEmulator
from emulators.openai import OpenAIEmulator
from heygen.live import LiveClient, live_transport
from tests.support.live_world import LiveWorld

# Loopback needs no certificates; loading them would be most of a test's time.
NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@pytest.fixture(scope="module")
async def running() -> AsyncIterator[OpenAIEmulator]:
    emulator = OpenAIEmulator()
    await emulator.start()
    yield emulator
    await emulator.stop()


@pytest.fixture
def emulator(running: OpenAIEmulator) -> OpenAIEmulator:
    running.reset()
    return running


@pytest.fixture
async def client(emulator: OpenAIEmulator) -> AsyncIterator[AsyncOpenAI]:
    http = DefaultAsyncHttpx2Client(verify=NO_CERTIFICATES)
    async with AsyncOpenAI(
        api_key=emulator.api_key, base_url=emulator.base_url, max_retries=0, http_client=http
    ) as opened:
        yield opened


@pytest.fixture(scope="module")
async def running_avatars() -> AsyncIterator[LiveAvatarEmulator]:
    emulator = LiveAvatarEmulator(rate=0, cap=10)
    await emulator.start()
    yield emulator
    await emulator.stop()


@pytest.fixture
def avatars(running_avatars: LiveAvatarEmulator) -> LiveAvatarEmulator:
    running_avatars.reset()
    return running_avatars


@pytest.fixture
async def world(avatars: LiveAvatarEmulator, emulator: OpenAIEmulator, client: AsyncOpenAI) -> AsyncIterator[LiveWorld]:
    """A desk between the two. When a test is over, nothing may cost money any more."""
    async with httpx2.AsyncClient(verify=NO_CERTIFICATES) as http:
        live = LiveClient(live_transport(avatars.url, "la-key-1", http, "greenroom/1"))
        made = LiveWorld(avatars, emulator, live, client)
        yield made
        await made.close()
        assert made.open_sessions == 0, "a session still costs money"
        assert made.running_tasks == [], "something still runs"
