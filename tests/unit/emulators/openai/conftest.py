"""One emulator for the run, reset for each test, and a real client that never retries."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import httpx2
import pytest
from openai import AsyncOpenAI, DefaultAsyncHttpx2Client

from emulators.openai import OpenAIEmulator

# Loopback needs no certificates; loading them would be most of a test's time.
NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
MODEL = "emulated-planner"

Ask = Callable[..., Coroutine[Any, Any, Any]]


@pytest.fixture(scope="session")
async def running_openai() -> AsyncIterator[OpenAIEmulator]:
    emulator = OpenAIEmulator()
    await emulator.start()
    yield emulator
    await emulator.stop()


@pytest.fixture
def emulator(running_openai: OpenAIEmulator) -> OpenAIEmulator:
    running_openai.reset()
    return running_openai


@pytest.fixture
async def client(emulator: OpenAIEmulator) -> AsyncIterator[AsyncOpenAI]:
    http = DefaultAsyncHttpx2Client(verify=NO_CERTIFICATES)
    async with AsyncOpenAI(
        api_key="sk-emulated", base_url=emulator.base_url, max_retries=0, http_client=http
    ) as opened:
        yield opened


@pytest.fixture
async def raw(emulator: OpenAIEmulator) -> AsyncIterator[httpx2.AsyncClient]:
    headers = {"Authorization": "Bearer sk-emulated"}
    async with httpx2.AsyncClient(base_url=emulator.base_url, headers=headers, verify=NO_CERTIFICATES) as opened:
        yield opened


@pytest.fixture
def ask(client: AsyncOpenAI) -> Ask:
    """Ask over the Responses wire; keyword arguments change the request."""

    async def create(text: Any = "hello", **fields: Any) -> Any:
        body: dict[str, Any] = {"model": MODEL, "input": text, "store": False} | fields
        return await client.responses.create(**body)

    return create


@pytest.fixture
def chat(client: AsyncOpenAI) -> Ask:
    """Ask over the Chat Completions wire; keyword arguments change the request."""

    async def create(text: Any = "hello", **fields: Any) -> Any:
        messages = [{"role": "user", "content": text}] if isinstance(text, str) else text
        body: dict[str, Any] = {"model": MODEL, "messages": messages} | fields
        return await client.chat.completions.create(**body)

    return create


@pytest.fixture
def post(raw: httpx2.AsyncClient) -> Ask:
    """Post a body as it is to the Responses wire, whatever the SDK would say; answers status and error."""

    async def send(_path: str = "/responses", **fields: Any) -> tuple[int, Any]:
        body = {"model": MODEL, "input": "hello", "store": False} | fields
        response = await raw.post(_path, json={key: value for key, value in body.items() if value is not ...})
        return response.status_code, response.json().get("error")

    return send
