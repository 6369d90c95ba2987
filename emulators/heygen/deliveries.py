"""The queue of webhook deliveries: order, retries, trouble on purpose, and the loop that sends."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Literal

import httpx2

from emulators.heygen.sources import on_loopback

CALLBACK = "callback"
QUEUE_LIMIT = 10_000
SEND_TIMEOUT = 10.0
PARALLEL = 16
FIRST_RETRY = 5.0
LONGEST_RETRY = 3600.0
GIVE_UP_AFTER = 24 * 3600.0
PULSE = 0.05

Outcome = int | Literal["dropped", "unreachable", "outside", "overflow", "gone"]


@dataclasses.dataclass(frozen=True, slots=True)
class Message:
    """One POST."""

    url: str
    body: bytes
    headers: dict[str, str]


@dataclasses.dataclass(slots=True)
class Delivery:
    """One event on its way to one receiver. `due` and `first` are work time."""

    endpoint: str
    url: str
    event_id: str
    event_type: str
    body: bytes
    attempt: int = 1
    due: float = 0.0
    first: float | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Record:
    """What came of one attempt: the receiver's HTTP status, or why there was none."""

    endpoint: str
    url: str
    event_id: str
    event_type: str
    attempt: int
    status: Outcome
    at: float

    def to_json(self) -> dict[str, Any]:
        """A JSON-safe copy."""
        return dataclasses.asdict(self)


class Deliveries:
    """A bounded queue; one delivery at a time per receiver, so that order is what the queue says.

    `render` makes the request at the time of sending (secrets rotate), `work` tells work time, and `changed`
    is called after every attempt.
    """

    def __init__(
        self,
        *,
        work: Callable[[], float],
        stamp: Callable[[], float],
        render: Callable[[Delivery, int], Message | None],
        changed: Callable[[], None],
    ) -> None:
        self._work = work
        self._stamp = stamp
        self._render = render
        self._changed = changed
        self.waiting: list[Delivery] = []
        self.records: deque[Record] = deque(maxlen=QUEUE_LIMIT)
        self.paused = False
        self.to_drop = 0
        self.to_duplicate = 0
        self.copies = 2
        self._busy: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()

    def clear(self) -> None:
        """Forget everything, and break off what is being sent."""
        for task in self._tasks:
            task.cancel()
        self.waiting.clear()
        self.records.clear()
        self._busy.clear()
        self.paused = False
        self.to_drop = self.to_duplicate = 0

    def add(self, delivery: Delivery) -> None:
        """Queue a delivery; the oldest one gives way when the queue is full."""
        if len(self.waiting) >= QUEUE_LIMIT:
            self._record(self.waiting.pop(0), "overflow")
        delivery.due = max(delivery.due, self._work())
        self.waiting.append(delivery)
        self.wake()

    def reorder(self) -> None:
        """Turn round the order of what waits; pause first, so that something does."""
        self.waiting.reverse()

    def wake(self) -> None:
        """Look at the queue at once."""
        self._wake.set()

    async def run(self, client: httpx2.AsyncClient, tick: Callable[[], None]) -> None:
        """Send for ever. `tick` is called before each look at the queue."""
        async with asyncio.TaskGroup() as group:
            while True:
                self._wake.clear()
                tick()
                while delivery := self._take():
                    self._send_in(group, client, delivery)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), PULSE)

    def _take(self) -> Delivery | None:
        """The next delivery that is due and whose receiver is free."""
        if self.paused or len(self._busy) >= PARALLEL:
            return None
        now = self._work()
        ready = (d for d in self.waiting if d.due <= now and d.url not in self._busy)
        if delivery := next(ready, None):
            self.waiting.remove(delivery)
        return delivery

    def _send_in(self, group: asyncio.TaskGroup, client: httpx2.AsyncClient, delivery: Delivery) -> None:
        self._busy.add(delivery.url)
        task = group.create_task(self._attempt(client, delivery))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _attempt(self, client: httpx2.AsyncClient, delivery: Delivery) -> None:
        copies = 1
        if self.to_duplicate > 0:
            self.to_duplicate -= 1
            copies = self.copies
        for _ in range(copies):
            outcome = await self._outcome(client, delivery)
            self._record(delivery, outcome)
        self._busy.discard(delivery.url)
        if outcome == "unreachable" or (isinstance(outcome, int) and not 200 <= outcome < 300):
            self._retry(delivery)
        self.wake()

    async def _outcome(self, client: httpx2.AsyncClient, delivery: Delivery) -> Outcome:
        if self.to_drop > 0:
            self.to_drop -= 1
            return "dropped"
        message = self._render(delivery, int(self._stamp()))
        if message is None:
            return "gone"
        return await send(client, message)

    def _retry(self, delivery: Delivery) -> None:
        """Queue the next attempt with a growing wait, until a day has passed since the first."""
        now = self._work()
        delivery.first = now if delivery.first is None else delivery.first
        delivery.due = now + min(LONGEST_RETRY, FIRST_RETRY * 2 ** (delivery.attempt - 1))
        delivery.attempt += 1
        if delivery.due - delivery.first <= GIVE_UP_AFTER:
            self.waiting.append(delivery)

    def _record(self, delivery: Delivery, outcome: Outcome) -> None:
        self.records.append(
            Record(
                delivery.endpoint,
                delivery.url,
                delivery.event_id,
                delivery.event_type,
                delivery.attempt,
                outcome,
                time.time(),
            )
        )
        self._changed()


async def send(client: httpx2.AsyncClient, message: Message) -> Outcome:
    """POST a message to a receiver on this machine and tell what came of it."""
    if not on_loopback(message.url):
        return "outside"
    try:
        async with asyncio.timeout(SEND_TIMEOUT):
            answer = await client.post(message.url, content=message.body, headers=message.headers)
    except (httpx2.HTTPError, httpx2.InvalidURL, TimeoutError):
        return "unreachable"
    return answer.status_code


async def probe(client: httpx2.AsyncClient, url: str, seconds: float = 1.0) -> bool:
    """Whether a receiver answers OPTIONS with 2xx in time; one elsewhere is believed to."""
    if not on_loopback(url):
        return True
    try:
        async with asyncio.timeout(seconds):
            answer = await client.request("OPTIONS", url)
    except (httpx2.HTTPError, httpx2.InvalidURL, TimeoutError):
        return False
    return answer.is_success
