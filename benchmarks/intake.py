"""How many events a second the intake takes, by what they are: signature, Bolt, classification and commit.

Run it with `python -m benchmarks.intake [ROUNDS]`. The kinds take turns in short batches, so that whatever else the
machine does falls on all of them; the ratios are what counts.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import structlog
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient

from bot.clock import RandomIds, SystemClock
from bot.slack.app import build_app
from bot.slack.intake import Intake
from bot.slack.ports import BotIdentity
from bot.slack.router import Router
from bot.store import Store
from bot.store.database import Database

SECRET = "benchmark-signing-secret"  # noqa: S105 - of nothing
US = BotIdentity(bot_user_id="U0BOT", bot_id="B0BOT", app_id="A0BOT", team_id="T0TEAM")
ROUNDS = 20
BATCH = 25
AT_ONCE = 10  # Slack sends several at a time

Json = dict[str, Any]
Maker = Callable[[], Json]


class Events:
    """Makes bodies of each kind. `twin` is the second event of the latest addressed message."""

    def __init__(self) -> None:
        self._numbers: Iterator[int] = itertools.count(1)
        self._twins: list[Json] = []

    def addressed(self) -> Json:
        """A mention in a new thread: a conversation, a lane and an inbox row."""
        body = self._message(f"<@{US.bot_user_id}> what is running?", "app_mention")
        self._twins.append(body["event"])
        return body

    def twin(self) -> Json:
        """The same words as a message: a duplicate."""
        return self._body({**self._twins.pop(0), "type": "message"})

    def other_thread(self) -> Json:
        """A reply in a thread that is not ours: only the store knows that."""
        body = self._message("They are in the sheet.")
        body["event"]["thread_ts"] = "1700000000.000001"
        return body

    def chatter(self) -> Json:
        """People among themselves: nothing for the store."""
        return self._message("Has anybody seen the numbers?")

    def _message(self, text: str, kind: str = "message") -> Json:
        ts = f"{1_800_000_000 + next(self._numbers)}.000100"
        return self._body({"type": kind, "channel": "C0TEAM", "user": "U0ALICE", "text": text, "ts": ts})

    def _body(self, event: Json) -> Json:
        event_id = f"Ev{next(self._numbers)}"
        return {"type": "event_callback", "team_id": US.team_id, "event_id": event_id, "event": event}


def main() -> None:
    """Measure and print."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    with tempfile.TemporaryDirectory() as folder:
        seconds = asyncio.run(_measured(folder, rounds))
    events = rounds * BATCH
    slowest = max(seconds.values())
    for name, taken in seconds.items():
        print(f"{name:13} {events / taken:7.0f} events/s, {slowest / taken:5.2f} times the slowest")


async def _measured(folder: str, rounds: int) -> dict[str, float]:
    """Seconds for each kind, over all rounds."""
    clock, ids = SystemClock(), RandomIds()
    store = Store(Database(f"sqlite:///{folder}/greenroom.db", clock, "benchmark"), clock, ids, 86_400.0)
    await store.start()
    events, app = Events(), _app(store)
    makers: dict[str, Maker] = {
        "addressed": events.addressed,
        "twin": events.twin,
        "other thread": events.other_thread,
        "chatter": events.chatter,
    }
    seconds = dict.fromkeys(makers, 0.0)
    try:
        for _ in range(rounds):
            for name, make in makers.items():
                seconds[name] += await _batch(app, make)
    finally:
        await store.stop()
    return seconds


def _app(store: Store) -> AsyncApp:
    intake = Intake(lanes=store.lanes, echoes=store.deliveries, identity=lambda: US, wake=lambda: None)
    router = Router(lanes=store.lanes, wake=lambda: None)
    client = AsyncWebClient(token="xoxb-benchmark")  # noqa: S106 - of nothing
    return build_app(client, signing_secret=SECRET, identity=lambda: US, intake=intake, router=router)


async def _batch(app: AsyncApp, make: Maker) -> float:
    """Seconds that one batch takes, `AT_ONCE` events at a time."""
    waiting = [_request(make()) for _ in range(BATCH)]
    started = time.perf_counter()
    await asyncio.gather(*(_send(app, waiting) for _ in range(AT_ONCE)))
    return time.perf_counter() - started


async def _send(app: AsyncApp, waiting: list[AsyncBoltRequest]) -> None:
    while waiting:
        answer = await app.async_dispatch(waiting.pop())
        assert answer.status == 200


def _request(body: Json) -> AsyncBoltRequest:
    raw, timestamp = json.dumps(body), str(int(time.time()))
    signature = SignatureVerifier(SECRET).generate_signature(timestamp=timestamp, body=raw)
    headers: dict[str, str | Sequence[str]] = {
        "content-type": ["application/json"],
        "x-slack-request-timestamp": [timestamp],
        "x-slack-signature": [str(signature)],
    }
    return AsyncBoltRequest(body=raw, headers=headers)


if __name__ == "__main__":
    main()
