"""One emulator and one receiver for the whole run, reset for each test."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qsl

import httpx2
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from emulators.base import Emulator
from emulators.slack import SlackEmulator


class Receiver(Emulator):
    """A minimal app: checks signatures with the SDK's verifier, keeps what it got, answers what it is told to."""

    name = "receiver"

    def __init__(self) -> None:
        super().__init__()
        self.envelopes: list[dict[str, Any]] = []
        self.interactions: list[dict[str, Any]] = []
        self.commands: list[dict[str, str]] = []
        self.answers: list[Response] = []
        self.verifier = SignatureVerifier("unset")

    def routes(self) -> list[BaseRoute]:
        return [Route("/slack/events", self.receive, methods=["POST"])]

    @property
    def events(self) -> list[dict[str, Any]]:
        return [envelope["event"] for envelope in self.envelopes]

    def of_type(self, *types: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event["type"] in types]

    async def receive(self, request: Request) -> Response:
        raw = await request.body()
        try:
            valid = self.verifier.is_valid_request(raw, dict(request.headers))
        except ValueError:
            valid = False
        if not valid:
            return PlainTextResponse("bad signature", 401)
        return self.keep(raw, request.headers["content-type"])

    def keep(self, raw: bytes, content_type: str) -> Response:
        if content_type == "application/json":
            body = json.loads(raw)
            if body["type"] == "url_verification":
                return JSONResponse({"challenge": body["challenge"]})
            self.envelopes.append(body)
        else:
            form = dict(parse_qsl(raw.decode(), keep_blank_values=True))
            if "payload" in form:
                self.interactions.append(json.loads(form["payload"]))
            else:
                self.commands.append(form)
        return self.answers.pop(0) if self.answers else PlainTextResponse("")


@pytest.fixture(scope="session")
async def _servers() -> AsyncIterator[tuple[SlackEmulator, Receiver]]:
    emulator, receiver = SlackEmulator(), Receiver()
    await emulator.start()
    await receiver.start()
    yield emulator, receiver
    await emulator.stop()
    await receiver.stop()


@pytest.fixture
async def slack(_servers: tuple[SlackEmulator, Receiver]) -> AsyncIterator[SlackEmulator]:
    """The emulator with an empty workspace and nobody listening."""
    emulator = _servers[0]
    emulator.configure("", ack_seconds=3.0, concurrency=1)
    emulator.reset()
    yield emulator
    with contextlib.suppress(TimeoutError):  # what is on its way would arrive in the next test's receiver
        await emulator.settle(5.0)
    emulator.reset()


@pytest.fixture
async def app(_servers: tuple[SlackEmulator, Receiver], slack: SlackEmulator) -> Receiver:
    """The app under the emulator, listening."""
    receiver = _servers[1]
    # A request that a test before has given up may still be on its way through the receiver; it is before this one.
    async with httpx2.AsyncClient(trust_env=False) as client:
        await client.get(f"{receiver.url}/nothing-is-here")
    receiver.reset()
    for kept in (receiver.envelopes, receiver.interactions, receiver.commands, receiver.answers):
        kept.clear()
    receiver.verifier = SignatureVerifier(slack.signing_secret)
    slack.configure(f"{receiver.url}/slack/events")
    return receiver


class Api:
    """The SDK's client with one habit more: `refused` returns the error it must answer with."""

    def __init__(self, client: AsyncWebClient) -> None:
        self.client = client

    async def refused(self, method: str, **arguments: Any) -> str:
        with pytest.raises(SlackApiError) as caught:
            await self.client.api_call(method, json=arguments)
        return str(caught.value.response["error"])

    async def messages_of(self, method: str, **arguments: Any) -> str:
        with pytest.raises(SlackApiError) as caught:
            await self.client.api_call(method, json=arguments)
        return " ".join(caught.value.response["response_metadata"]["messages"])


@pytest.fixture
async def client(slack: SlackEmulator) -> AsyncWebClient:
    """The app's Web API client, without retries."""
    return AsyncWebClient(token=slack.bot_token, base_url=slack.api_url, retry_handlers=[])


@pytest.fixture
async def api(client: AsyncWebClient) -> Api:
    """The same client, for refusals."""
    return Api(client)
