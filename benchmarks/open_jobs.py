"""Many open jobs in one process on SQLite, beside one asyncio task a job: what waiting takes, and how late it tells.

Run it with `python -m benchmarks.open_jobs [JOBS] [SECONDS]` (default 10000 and 60). Both sides are processes of their
own and take turns with the same emulators: first nothing happens for so long, then a few jobs end one after the other
while all the others go on waiting. The jobs are half an hour old, an age at which each is looked at once a minute.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from agent.jobs import PollPlan
from bot import observability
from bot.accounts import account_id_of, webhook_path
from bot.clock import RandomIds, SystemClock
from bot.store import Store
from bot.store.database import Database
from bot.store.directory import Account, Workspace
from bot.store.schema import conversation, job, submission, thread
from emulators.heygen import HeyGenEmulator
from emulators.heygen.state import Job, JobState
from emulators.openai import OpenAIEmulator
from emulators.slack import SlackEmulator
from tests.soak.serving import Serving, free_port

JOBS, SECONDS = 10_000, 60.0
ENDED = 10  # jobs that end while the others wait
AGE = 1_800.0
SETTLING = 5.0  # after a start, before it is measured
PAUSE = 2.0  # between two ends: a channel takes a post a second, and that wait is nobody's
PATIENCE = 20.0
KEY, SECRET, WEBHOOKS = "hg-key-1", "k" * 40, "whsec-benchmark"
FAR = 1e12
TICKS = os.sysconf("SC_CLK_TCK")

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Waiting:
    """A job that is waited for, and where its end is told."""

    number: int
    id: str
    thread: str


@dataclass(frozen=True, slots=True)
class Figures:
    """What one side took. `busy` is the share of a core while nothing happens, `requests` at HeyGen a second then."""

    busy: float
    requests: float
    megabytes: float
    late: list[float]

    def row(self, name: str) -> str:
        """A line of the table."""
        ordered = sorted(self.late)
        middle, last = (_told_after(one) for one in (ordered[len(ordered) // 2], ordered[-1]))
        counts = f"{100 * self.busy:>10.1f} % {self.requests:>12.1f} {self.megabytes:>9.0f} MB"
        return f"{name:<24} {counts} {middle:>15} {last:>15}"


def _told_after(seconds: float) -> str:
    return f"{1000 * seconds:.0f} ms" if seconds < PATIENCE else "never"


class PatientHeyGen(HeyGenEmulator):
    """Jobs end when they are told to: looking at ten thousand at every request would be most of what is measured."""

    def tick(self) -> None:
        """Nothing progresses by itself."""


class Scene:
    """The emulators, and the jobs as both sides know them."""

    def __init__(self, count: int) -> None:
        self.slack, self.openai, self.heygen = SlackEmulator(), OpenAIEmulator(), PatientHeyGen(speed="step")
        self.count = count
        self.jobs: list[Waiting] = []

    def fill(self, side: str) -> None:
        """Have HeyGen work on so many jobs; those that will end have a thread that exists."""
        self.heygen.state.jobs.clear()
        roots = [self.slack.say("alice", "videos", f"{side} {number}") for number in range(ENDED)]
        self.jobs = [
            Waiting(number, f"{side}{number}", roots[number] if number < ENDED else f"{number}.0")
            for number in range(self.count)
        ]
        created = time.time() - AGE
        for one in self.jobs:
            work = {"starts": 0.0, "due": FAR, "state": JobState.RUNNING, "created": created}
            what = {"account": "greenroom", "kind": "translation", "language": "French (France)", "seconds": 42.0}
            self.heygen.state.jobs[one.id] = Job(seq=one.number, id=one.id, fields={"title": "launch"}, **what, **work)

    @property
    def person(self) -> str:
        """Who asked for everything."""
        return self.slack.workspace.person("alice").id

    @property
    def channel(self) -> str:
        """Where it is told."""
        return self.slack.workspace.place("videos").id

    async def ended(self, one: Waiting) -> float:
        """Seconds from a job's end to the post that tells of it."""
        begun = time.monotonic()
        self.heygen.finish(one.id)
        try:
            await self.slack.journal.wait_for(lambda: self._told(one), PATIENCE)
        except TimeoutError:
            return float("inf")
        return time.monotonic() - begun

    def _told(self, one: Waiting) -> bool:
        posts = self.slack.thread("videos", one.thread)
        return any(post.from_app and self.person in post.text for post in posts)


def usage(pid: int) -> tuple[float, float]:
    """Seconds of processor time, and the resident size in megabytes, of a process."""
    folder = Path("/proc") / str(pid)
    fields = (folder / "stat").read_text().rpartition(")")[2].split()
    status = dict(line.split(":", 1) for line in (folder / "status").read_text().splitlines())
    return (int(fields[11]) + int(fields[12])) / TICKS, int(status["VmRSS"].split()[0]) / 1024


async def measured(scene: Scene, pid: int, seconds: float) -> Figures:
    """Nothing for a while, then one end after the other."""
    await asyncio.sleep(SETTLING)
    before, asked = usage(pid)[0], len(scene.heygen.journal.entries)
    begun = time.monotonic()
    await asyncio.sleep(seconds)
    passed = time.monotonic() - begun
    after, megabytes = usage(pid)
    requests = (len(scene.heygen.journal.entries) - asked) / passed
    late = []
    for one in scene.jobs[:ENDED]:
        await asyncio.sleep(PAUSE)
        late.append(await scene.ended(one))
    return Figures((after - before) / passed, requests, megabytes, late)


# -- ours ----------------------------------------------------------------------------------------------------------


async def filled(scene: Scene, url: str) -> None:
    """The rows of the jobs, as they are half an hour after somebody has asked for each in a thread of its own."""
    store = Store(Database(url, SystemClock(), "benchmark"), SystemClock(), RandomIds(), 86_400.0)
    await store.start()
    team = scene.slack.workspace.team_id
    account = account_id_of(team)
    await store.directory.put_workspace(Workspace(team, ""))
    await store.directory.put_account(Account(account, team, "direct", account))
    rng, plan, now = random.Random(1), PollPlan(), time.time()  # noqa: S311 - spreads looks
    places, threads, requests, jobs = [], [], [], []
    for one in scene.jobs:
        whose = {"workspace_id": team, "conversation_id": f"c{one.number}"}
        place = {"channel_id": scene.channel, "thread_ts": one.thread}
        made = {"created_at": now - AGE}
        places.append({"id": f"c{one.number}", "workspace_id": team, "channel_type": "channel", **place, **made})
        threads.append({**whose, **place})
        request = _request(one, scene.person, account, now)
        requests.append(request | whose | made)
        due = now + plan.wait(AGE, rng) * rng.random()
        jobs.append(_job(one, scene.person, account, due) | whose | made)
    async with store.database.transaction("benchmark.fill") as connection:
        for table, rows in ((conversation, places), (thread, threads), (submission, requests), (job, jobs)):
            await connection.execute(sa.insert(table), rows)
    await store.stop()


def _request(one: Waiting, person: str, account: str, now: float) -> Row:
    quote = {"quote_low": 2_100_000, "quote_high": 2_100_000, "quote_rate": 50_000, "quote_basis": "42 s"}
    asked = {"video_url": "https://example.com/launch.mp4", "languages": ["French (France)"], "mode": "speed"}
    return {
        **{"id": f"s{one.number}", "key": f"key-{one.number}", "account_id": account, "turn_id": "t", "call_id": "c"},
        **{"requester": person, "kind": "translation", "arguments": asked, "arguments_hash": "h", "title": "launch"},
        **{"state": "sent", "sent_at": now - AGE, "provider_ids": [one.id], "approved_hash": "h", "attempts": 1},
        **{"quoted_at": now - AGE, **quote},
    }


def _job(one: Waiting, person: str, account: str, due: float) -> Row:
    return {
        **{"id": f"j{one.number}", "account_id": account, "submission_id": f"s{one.number}", "requester": person},
        **{"number": 1, "handle": "J1", "kind": "translation", "label": "French (France)", "state": "running"},
        **{"provider_id": one.id, "status_word": "processing", "due_at": due, "polls": 30, "price": 2_100_000},
    }


@contextlib.asynccontextmanager
async def ours(scene: Scene, folder: Path) -> AsyncIterator[int]:
    """The product, serving; its process id."""
    url = f"sqlite:///{folder}/greenroom.db"
    await filled(scene, url)
    serving = Serving(folder, free_port())
    public = f"http://127.0.0.1:{serving.port}"
    scene.slack.configure(f"{public}/slack/events")
    scene.heygen.webhooks.endpoints.clear()
    await serving.start(
        {
            "SLACK_BOT_TOKEN": scene.slack.bot_token,
            "SLACK_SIGNING_SECRET": scene.slack.signing_secret,
            "SLACK_API_URL": scene.slack.api_url,
            "OPENAI_API_KEY": scene.openai.api_key,
            "OPENAI_BASE_URL": scene.openai.base_url,
            "OPENAI_MODEL": "emulated-planner",
            "HEYGEN_API_KEY": KEY,
            "HEYGEN_BASE_URL": scene.heygen.url,
            "HEYGEN_WEBHOOK_SECRET": WEBHOOKS,
            "DATABASE_URL": url,
            "PUBLIC_URL": public,
            "SECRET_KEY": SECRET,
            "SLACK_UPLOAD_MAX_MB": "0",
            "ALLOW_EMULATORS": "true",
        }
    )
    path = webhook_path(SECRET, account_id_of(scene.slack.workspace.team_id))
    scene.heygen.seed_endpoint(public + path, WEBHOOKS)
    try:
        yield serving.pid
    finally:
        await serving.stop()


# -- one task a job ------------------------------------------------------------------------------------------------


@contextlib.asynccontextmanager
async def a_task_each(scene: Scene, _folder: Path) -> AsyncIterator[int]:
    """The peer, serving; its process id."""
    port = free_port()
    scene.heygen.webhooks.endpoints.clear()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.task_a_job"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=2**26,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    place = {"channel": scene.channel, "person": scene.person}
    asked = {
        **{"heygen": scene.heygen.url, "key": KEY, "slack": scene.slack.api_url, "token": scene.slack.bot_token},
        **{"port": port, "age": AGE, "jobs": [{"id": one.id, "thread": one.thread, **place} for one in scene.jobs]},
    }
    process.stdin.write(json.dumps(asked).encode() + b"\n")
    await process.stdin.drain()
    assert await process.stdout.readline() == b"ready\n"
    scene.heygen.seed_endpoint(f"http://127.0.0.1:{port}/webhooks", WEBHOOKS)
    try:
        yield process.pid
    finally:
        process.stdin.close()
        await process.wait()


# -- the run -------------------------------------------------------------------------------------------------------

Side = Callable[[Scene, Path], contextlib.AbstractAsyncContextManager[int]]
SIDES: dict[str, Side] = {"greenroom": ours, "one asyncio task a job": a_task_each}


async def run(count: int, seconds: float) -> dict[str, Figures]:
    """Both sides, one after the other."""
    found: dict[str, Figures] = {}
    scene = Scene(count)
    async with contextlib.AsyncExitStack() as stack:
        for emulator in (scene.slack, scene.openai, scene.heygen):
            await emulator.start()
            stack.push_async_callback(emulator.stop)
        for number, (name, side) in enumerate(SIDES.items()):
            scene.fill(f"side{number}-")
            with tempfile.TemporaryDirectory() as folder:
                async with side(scene, Path(folder)) as pid:
                    found[name] = await measured(scene, pid, seconds)
            print(found[name].row(name), flush=True)
    return found


def table(found: dict[str, Figures], count: int, seconds: float) -> str:
    """The figures for people."""
    head = f"{'':<24} {'idle':>12} {'HeyGen req/s':>12} {'memory':>12} {'told after':>15} {'at most':>15}"
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    title = f"{count:,} open jobs, {seconds:.0f} s idle, {ENDED} ends; load of the machine {load}"
    return "\n".join([title, head, *(figures.row(name) for name, figures in found.items())])


async def main(count: int, seconds: float) -> None:
    """Run and print."""
    observability.configure("warning")
    print(table(await run(count, seconds), count, seconds))


if __name__ == "__main__":
    given = [float(one) for one in sys.argv[1:]]
    asyncio.run(main(int(given[0]) if given else JOBS, given[1] if len(given) > 1 else SECONDS))
