"""The simple way to wait for jobs: one asyncio task each, which looks now and then and is woken by a webhook.

It is the peer of `benchmarks.open_jobs`: the same HTTP clients, the same times between two looks, no database. It reads
one JSON object on its standard input, says `ready` when it serves, and ends with its standard input.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
from typing import Any

import aiohttp
import httpx2
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from agent.jobs import PollPlan
from bot.server import Server, bound
from heygen import Client, HeyGenError, HttpTransport, RemoteStatus

PLAN = PollPlan()


class Waiting:
    """The tasks, and the webhooks that wake them."""

    def __init__(self, heygen: Client, slack: AsyncWebClient, age: float) -> None:
        self._heygen = heygen
        self._slack = slack
        self._age = age
        self._rng = random.Random(1)  # noqa: S311 - spreads looks
        self._hints: dict[str, asyncio.Event] = {}
        self.tasks: set[asyncio.Task[None]] = set()

    def begin(self, job: dict[str, str]) -> None:
        """Wait for one job."""
        self._hints[job["id"]] = asyncio.Event()
        self.tasks.add(asyncio.create_task(self._wait(job)))

    async def webhook(self, request: Request) -> Response:
        """HeyGen tells of an end."""
        told = json.loads(await request.body())
        data = told.get("event_data") or told.get("data") or {}
        for value in data.values():
            if isinstance(value, str) and value in self._hints:
                self._hints[value].set()
        return Response(status_code=200)

    async def _wait(self, job: dict[str, str]) -> None:
        hint, first = self._hints[job["id"]], True
        while True:
            seconds = PLAN.wait(self._age, self._rng) * (self._rng.random() if first else 1.0)
            first = False
            try:
                async with asyncio.timeout(seconds):
                    await hint.wait()
            except TimeoutError:
                pass
            try:
                found = await self._heygen.get_translation(job["id"])
            except HeyGenError:
                continue
            if found.status is RemoteStatus.COMPLETED:
                text = f"<@{job['person']}> ready: {found.video_url}"
                await self._slack.chat_postMessage(channel=job["channel"], thread_ts=job["thread"], text=text)
                return


async def main() -> None:
    """Until standard input ends."""
    asked: dict[str, Any] = json.loads(await asyncio.to_thread(sys.stdin.readline))
    async with httpx2.AsyncClient(timeout=30.0) as http, aiohttp.ClientSession() as session:
        heygen = Client(HttpTransport(asked["heygen"], asked["key"], http, "benchmark"))
        slack = AsyncWebClient(token=asked["token"], base_url=asked["slack"], session=session)
        waiting = Waiting(heygen, slack, asked["age"])
        server = Server(
            Starlette(routes=[Route("/webhooks", waiting.webhook, methods=["POST", "OPTIONS"])]),
            bound("127.0.0.1", asked["port"]),
        )
        await server.start()
        for job in asked["jobs"]:
            waiting.begin(job)
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.read)
        for task in waiting.tasks:
            task.cancel()
        await asyncio.gather(*waiting.tasks, return_exceptions=True)
        await server.stop()


if __name__ == "__main__":
    asyncio.run(main())
