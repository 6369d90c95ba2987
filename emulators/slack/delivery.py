"""Sending to the app: signatures, the events queue, redelivery. Slack's timing on the emulator's clock."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import hashlib
import hmac
import json
import time
from collections import deque
from typing import TYPE_CHECKING, Any, Literal

import httpx2

from emulators.base import Journal
from emulators.slack.state import Json
from emulators.slack.workspace import Workspace

if TYPE_CHECKING:
    from emulators.slack.sockets import Sockets

RETRY_DELAYS = (0.0, 60.0, 300.0)
QUEUE_LIMIT = 10_000
RECORD_LIMIT = 20_000
BODY_LIMIT = 1_000_000
TICK = 0.05
ABOUT_THE_INSTALLATION = frozenset({"app_uninstalled", "tokens_revoked"})

DeliveryState = Literal["queued", "sending", "waiting", "acked", "failed", "suppressed", "dropped", "unsent"]


@dataclasses.dataclass(slots=True)
class Answer:
    """What the app answered. `status` 0 and a `reason` when there was no answer in time; `seconds` real time."""

    status: int
    body: Any = None
    reason: str = ""
    seconds: float = 0.0
    headers: dict[str, str] = dataclasses.field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether Slack counts this as an acknowledgement."""
        return 200 <= self.status < 300


@dataclasses.dataclass(slots=True)
class Delivery:
    """One event and its attempts: a status (0: no answer), a reason and the seconds it took, for each."""

    event_id: str
    type: str
    event: Json
    body: bytes
    state: DeliveryState = "queued"
    attempts: int = 0
    statuses: list[int] = dataclasses.field(default_factory=list)
    reasons: list[str] = dataclasses.field(default_factory=list)
    seconds: list[float] = dataclasses.field(default_factory=list)
    due: float = 0.0

    def to_json(self) -> Json:
        """A JSON-safe copy without the raw body."""
        return {name: getattr(self, name) for name in self.__slots__ if name != "body"}


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """Slack's v0 signature over a raw body."""
    base = b"v0:" + timestamp.encode() + b":" + body
    return "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()


def envelope(workspace: Workspace, event: Json) -> Json:
    """The outer body of an event. What an organisation has installed is authorised for no single team."""
    whole = None if workspace.organisation is None else workspace.organisation.id
    everywhere = workspace.whole and event["type"] in ABOUT_THE_INSTALLATION
    authorization = {
        "enterprise_id": whole,
        "team_id": None if workspace.whole else workspace.team_id,
        "user_id": workspace.bot.id,
        "is_bot": True,
        "is_enterprise_install": workspace.whole,
    }
    return {
        "token": "emulated-verification-token",
        **({} if everywhere else {"team_id": workspace.team_id}),
        **({} if whole is None else {"enterprise_id": whole}),
        "context_team_id": None if everywhere else workspace.team_id,
        "context_enterprise_id": whole,
        "api_app_id": workspace.app_id,
        "event": event,
        "type": "event_callback",
        "event_id": workspace.new_id("Ev", 10),
        "event_time": int(workspace.clock.now()),
        "authorizations": [authorization],
        "is_ext_shared_channel": False,
        "event_context": f"4-{workspace.new_id('', 40)}",
    }


class Poster:
    """Posts signed requests to the app and waits for each answer no longer than Slack would.

    Requests are signed with the machine's time and not with the emulator's clock: the app checks signatures
    against its own wall clock, which no test moves.
    """

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.ack_seconds = 3.0
        self._client: httpx2.AsyncClient | None = None

    async def post(self, url: str, body: bytes, content_type: str, **headers: str) -> Answer:
        """Send `body`; signature and timestamp are added unless `headers` bring their own."""
        timestamp = str(int(time.time()))
        signed = {
            "content-type": content_type,
            "user-agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
            "x-slack-request-timestamp": timestamp,
            "x-slack-signature": sign(self.workspace.signing_secret, timestamp, body),
            **headers,
        }
        started = time.monotonic()
        answer = await self._send(url, body, {name: value for name, value in signed.items() if value})
        answer.seconds = time.monotonic() - started
        return answer

    async def _send(self, url: str, body: bytes, headers: dict[str, str]) -> Answer:
        client = self._client = self._client or httpx2.AsyncClient(
            trust_env=False, follow_redirects=True, max_redirects=2, timeout=None
        )
        try:
            async with asyncio.timeout(self.ack_seconds):
                response = await client.post(url, content=body, headers=headers)
        except TimeoutError:
            return Answer(0, reason="http_timeout")
        except httpx2.TooManyRedirects:
            return Answer(0, reason="too_many_redirects")
        except httpx2.ConnectError:
            return Answer(0, reason="connection_failed")
        except httpx2.HTTPError:
            return Answer(0, reason="unknown_error")
        reason = "" if response.is_success else "http_error"
        return Answer(response.status_code, _decode(response), reason, headers=dict(response.headers))

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None


def _decode(response: httpx2.Response) -> Any:
    text = response.text[:BODY_LIMIT]
    if "json" not in response.headers.get("content-type", ""):
        return text
    try:
        return json.loads(text) if text else None
    except ValueError:
        return text


class Courier:
    """Delivers events in order of happening, several at a time, and again when they were not acknowledged.

    `concurrency` 1 keeps the order strict; Slack promises none. Retries are due at once, after one and after
    five minutes of the emulator's clock.
    """

    def __init__(self, workspace: Workspace, poster: Poster, sockets: Sockets, journal: Journal) -> None:
        self.url = ""
        self.concurrency = 8
        self.deliveries: deque[Delivery] = deque(maxlen=RECORD_LIMIT)
        self.workspace = workspace
        self._poster = poster
        self._sockets = sockets
        self._journal = journal
        self._queue: deque[Delivery] = deque()
        self._waiting: list[Delivery] = []
        self._running: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()
        self._pump: asyncio.Task[None] | None = None

    @property
    def idle(self) -> bool:
        """Nothing queued and nothing on the way; retries that are not due yet do not count."""
        return not self._queue and not self._running

    def send(self, event: Json, team: Workspace | None = None) -> None:
        """Queue one event for the app, of the first team unless another is given."""
        body = envelope(team or self.workspace, event)
        delivery = Delivery(body["event_id"], event["type"], event, json.dumps(body).encode())
        self.deliveries.append(delivery)
        if not self.url and not self.workspace.socket_mode:
            delivery.state = "unsent"
        elif len(self._queue) >= QUEUE_LIMIT:
            delivery.state = "dropped"
        else:
            self._enqueue(delivery)
        self._journal.wake()

    def _enqueue(self, delivery: Delivery) -> None:
        delivery.state = "queued"
        self._queue.append(delivery)
        self.wake()

    def wake(self) -> None:
        """Start the pump if there is a loop to run it, and let it look for work."""
        with contextlib.suppress(RuntimeError):
            loop = asyncio.get_running_loop()
            if self._pump is None or self._pump.done():
                self._pump = loop.create_task(self._run(), name="slack-emulator-events")
        self._wake.set()

    def redeliver_now(self) -> int:
        """Make every waiting retry due; returns how many there were."""
        for delivery in self._waiting:
            delivery.due = 0.0
        self.wake()
        return len(self._waiting)

    def redeliver(self, event_id: str) -> None:
        """Send an event again although it was acknowledged, as Slack does when the acknowledgement got lost."""
        delivery = next(known for known in self.deliveries if known.event_id == event_id)
        delivery.reasons.append("http_timeout")
        self._enqueue(delivery)

    async def _run(self) -> None:
        while True:
            self._promote_due()
            while self._queue and len(self._running) < self.concurrency:
                task = asyncio.create_task(self._attempt(self._queue.popleft()))
                self._running.add(task)
                task.add_done_callback(self._finished)
            self._wake.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(TICK if self._waiting else None):
                    await self._wake.wait()

    def _promote_due(self) -> None:
        now = self.workspace.clock.now()
        due = [delivery for delivery in self._waiting if delivery.due <= now]
        self._waiting = [delivery for delivery in self._waiting if delivery.due > now]
        for delivery in due:
            delivery.state = "queued"
            self._queue.append(delivery)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._wake.set()
        self._journal.wake()
        if not task.cancelled():
            task.result()

    async def _attempt(self, delivery: Delivery) -> None:
        delivery.state = "sending"
        carry = self._over_a_websocket if self.workspace.socket_mode else self._over_http
        attempt, delivery.attempts = delivery.attempts, delivery.attempts + 1
        answer = await carry(delivery, attempt)
        delivery.statuses.append(answer.status)
        delivery.reasons.append(answer.reason)
        delivery.seconds.append(answer.seconds)
        self._judge(delivery, answer)

    async def _over_http(self, delivery: Delivery, attempt: int) -> Answer:
        headers = {}
        if attempt:
            reason = delivery.reasons[-1] or "http_timeout"
            headers = {"x-slack-retry-num": str(attempt), "x-slack-retry-reason": reason}
        return await self._poster.post(self.url, delivery.body, "application/json", **headers)

    async def _over_a_websocket(self, delivery: Delivery, attempt: int) -> Answer:
        payload, reason = json.loads(delivery.body), "timeout" if attempt else ""
        return await self._sockets.deliver("events_api", payload, accepts=False, attempt=attempt, reason=reason)

    def _judge(self, delivery: Delivery, answer: Answer) -> None:
        if answer.ok:
            delivery.state = "acked"
        elif answer.headers.get("x-slack-no-retry") == "1":
            delivery.state = "suppressed"
        elif delivery.attempts > len(RETRY_DELAYS):
            delivery.state = "failed"
        else:
            delivery.state = "waiting"
            delivery.due = self.workspace.clock.now() + RETRY_DELAYS[delivery.attempts - 1]
            self._waiting.append(delivery)

    def clear(self) -> None:
        """Forget every event, also those on the way."""
        for task in self._running:
            task.cancel()
        self._queue.clear()
        self._waiting.clear()
        self.deliveries.clear()

    async def close(self) -> None:
        """Stop delivering."""
        tasks = [task for task in (self._pump, *self._running) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._pump = None
        self._wake = asyncio.Event()  # the next start may be on another loop
