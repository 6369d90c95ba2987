"""A process that has imported the product once and forks a running application for every order it reads.

One order a line on standard input (JSON: settings, port, points, kill_at, tempo); `started PID` and `ended PID STATUS`
come back on standard output. Forking from here keeps a kill run under a second: imports are paid for once.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import signal
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

import httpx2
import uvloop
from openai import AsyncOpenAI

from agent import assets, uploading
from agent.jobs import PollPlan
from agent.lexicon import courtesies, lexicon
from agent.records import JobKind
from agent.video_agents.rules import Patience
from agent.work import UNKEYED
from bot import heygen_account, observability
from bot.app import Tempo, running
from bot.processes import Part
from bot.server import Server, bound
from bot.settings import Settings
from bot.slack import pacing, reply
from emulators.slack import SlackEmulator
from tests.chaos.next_version import become_the_next_version
from tests.chaos.points import Points, wrap

NOWHERE = "http://127.0.0.1:9"


def main() -> None:
    """Serve orders until standard input ends."""
    lexicon()  # read once here, not in every application
    courtesies()
    uvloop.run(_warm())
    gc.set_threshold(5_000, 20, 20)
    gc.freeze()  # what every application shares stays shared: a collector that looks at it would copy it
    for line in sys.stdin:
        order = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _child(order)
        print(f"started {pid}", flush=True)
        threading.Thread(target=_watch, args=(pid,), daemon=True).start()


async def _warm() -> None:
    """Live once without anybody, so that what is imported and compiled on first use is paid for once."""
    slack = SlackEmulator()
    await slack.start()
    with tempfile.TemporaryDirectory() as folder:
        async with running(Settings(_env_file=None, **_alone(slack, folder))):
            pass
    await slack.stop()
    stream, word = {"content-type": "text/event-stream"}, 'data: {"type": "response.created"}\n\n'
    silent = httpx2.MockTransport(lambda _: httpx2.Response(200, headers=stream, text=word))
    async with httpx2.AsyncClient(transport=silent) as http:
        client = AsyncOpenAI(api_key="none", http_client=http)
        async for _ in await client.responses.create(model="none", input="", stream=True):
            pass


def _alone(slack: SlackEmulator, folder: str) -> dict[str, Any]:
    """Settings of an application that nobody talks to."""
    return {
        "slack_bot_token": slack.bot_token,
        "slack_signing_secret": slack.signing_secret,
        "slack_api_url": slack.api_url,
        "openai_api_key": "none",
        "openai_base_url": NOWHERE,
        "openai_model": "none",
        "heygen_api_key": "none",
        "heygen_base_url": NOWHERE,
        "database_url": f"sqlite:///{folder}/greenroom.db",
        "secret_key": "k" * 40,
    }


def _watch(pid: int) -> None:
    _, status = os.waitpid(pid, 0)
    print(f"ended {pid} {os.waitstatus_to_exitcode(status)}", flush=True)


def _child(order: dict[str, Any]) -> None:
    """Run the application in this forked process; never returns."""
    code = 1
    try:
        sys.stdin.close()
        os.dup2(os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), 2)
        observability.configure("info", json_lines=True)
        reply.FLUSH_SECONDS = 0.02  # so that even a short answer is streamed
        pacing.PLACE_SECONDS = 0.05  # so that a run takes no longer than it must
        assets.AT_ONCE_BYTES = order.get("at_once", assets.AT_ONCE_BYTES)  # so that small files go either way
        assets.LOOK_SECONDS = uploading.LOOK_SECONDS = 0.2
        heygen_account.SETTLES_AFTER = 1.0  # seconds, for the same reason as the next line
        UNKEYED[JobKind.AGENT] = 1.0  # seconds; nothing is on its way for longer here
        if order.get("next_version"):
            become_the_next_version()
        if order["points"]:
            wrap(Points(Path(order["points"]), tuple(order["kill_at"]) if order["kill_at"] else None))
        uvloop.run(_serve(order))  # as `python -m bot` does
        code = 0
    finally:
        os._exit(code)


async def _serve(order: dict[str, Any]) -> None:
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    tempo = Tempo(
        lanes=0.5,
        deliveries=0.5,
        submissions=0.5,
        jobs=0.3,
        catch_up=30.0,
        lease=order["lease"],
        poll=PollPlan(steps=((10.0, 0.3),), last=0.5),
        agents=Patience(steps=((60.0, 0.2),), last=0.3),
    )
    settings = Settings(_env_file=None, **order["settings"])
    async with running(settings, tempo=tempo, part=Part(order.get("part", "serve"))) as app:
        server = Server(app.asgi, bound("127.0.0.1", order["port"]))
        await server.start()
        await stopped.wait()
        if order.get("drain"):
            await app.drain(order["drain"])
        await server.stop()


if __name__ == "__main__":
    main()
