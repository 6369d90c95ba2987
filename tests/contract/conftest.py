"""One stand-in for OpenAI a module, reset for each test, and a real client that never retries."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator

import pytest
from openai import AsyncOpenAI, DefaultAsyncHttpx2Client

from emulators.openai import OpenAIEmulator

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
