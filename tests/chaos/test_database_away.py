"""The database goes away in the middle of a translation and comes back: nothing is lost, nothing is paid twice."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from tests.chaos.stand import Stand, free_port
from tests.chaos.tables import quiet
from tests.conftest import no_postgres
from tests.support import postgres

pytestmark = [pytest.mark.chaos, pytest.mark.full, pytest.mark.timeout(120)]

LEASE = 2.0
AWAY_SECONDS = 10.0
PATIENCE = 40.0
ASK = "into French and German"


class Outage(Stand):
    """One application on a PostgreSQL server of its own."""

    def __init__(self, folder: Path, server: postgres.Server) -> None:
        super().__init__(folder)
        self.server = server
        self.port, self.pid = free_port(), 0
        self.database_url = ""

    async def open(self) -> None:
        """Start it."""
        await super().open()
        self.database_url = await asyncio.to_thread(postgres.new_database, self.server.url)
        self.reset(f"http://127.0.0.1:{self.port}")
        order = {"points": "", "log": str(self.folder / "app.log"), "kill_at": None, "lease": LEASE}
        settings = self.settings(self.database_url, f"http://127.0.0.1:{self.port}")
        self.pid = await self.zygote.start({**order, "settings": settings, "port": self.port})
        await self.until_up(self.pid, self.port, PATIENCE)

    async def close(self) -> None:
        """Stop it as SIGTERM does."""
        os.kill(self.pid, signal.SIGTERM)
        assert await self.zygote.ended(self.pid) == 0
        await super().close()

    async def away(self, seconds: float) -> None:
        """Break every connection to the database and let it be gone for a while."""
        await asyncio.to_thread(self.server.stop)
        await asyncio.sleep(seconds)
        await asyncio.to_thread(self.server.start)

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait for something that people see; retries of Slack's come soon."""
        async with asyncio.timeout(PATIENCE):
            while not condition():
                self.slack.redeliver_now()
                await asyncio.sleep(0.2)

    def ask(self) -> str:
        """Wish for a translation; returns the thread."""
        link = f"{self.heygen.url}/sources/launch.mp4"
        return self.slack.say("alice", "videos", f"<@{self.slack.bot_user}> Translate {link} {ASK}")

    def told(self, root: str) -> tuple[int, int, int]:
        """How many answers, cards and closings stand in a thread."""
        return len(self.replies(root)), len(self.with_key(root, "card:")), len(self.with_key(root, "closing:"))


@pytest.fixture
async def outage(tmp_path: Path) -> AsyncIterator[Outage]:
    """An application and a database that can go away."""
    try:
        with postgres.server() as server:
            running = Outage(tmp_path, server)
            await running.open()
            yield running
            await running.close()
    except postgres.PostgresUnavailable as error:
        no_postgres(error)


async def test_a_translation_survives_while_the_database_is_away(outage: Outage) -> None:
    root = outage.ask()
    await outage.until(lambda: outage.heygen.charges)
    await outage.away(AWAY_SECONDS)
    await outage.until(lambda: outage.told(root) == (1, 1, 1) and quiet(outage.database_url))
    languages = [str(charge.language) for charge in outage.heygen.charges]
    assert sorted(languages) == ["French (France)", "German (Germany)"]


async def test_slack_is_told_to_come_again_while_the_database_is_away(outage: Outage) -> None:
    gone = asyncio.create_task(outage.away(AWAY_SECONDS))
    await asyncio.sleep(1.0)
    root = outage.ask()
    mine = [event for event in outage.slack.deliveries if event.event.get("ts") == root]
    async with asyncio.timeout(PATIENCE):
        while not all(event.statuses for event in mine):
            await asyncio.sleep(0.05)
    await gone
    await outage.until(lambda: outage.told(root) == (1, 1, 1) and quiet(outage.database_url))
    assert {event.statuses[0] for event in mine} == {500}
    assert len({charge.idempotency_key for charge in outage.heygen.charges}) == 1
