"""The two hundred leads under kill -9: a CSV, its approval, its sample and the rest, while the application keeps dying.

The people behave as people do: they press a button that they see, and press again when nothing came of it. Everything
is judged from the emulators: what was charged and when, what ran at once, and the file that was shared in the thread.
"""

from __future__ import annotations

import asyncio
import csv
import io
import signal
from collections import Counter
from pathlib import Path
from typing import Any

from emulators.slack import Message
from tests.chaos.rig import SETTLE_SECONDS, Place, Rig
from tests.chaos.stand import key_of
from tests.chaos.tables import quiet

REQUESTER = "alice"
PLACES = 7  # what the application may use; HeyGen itself would take more, so that it is ours that holds
HEYGENS_OWN = 60
WISH = "Make a personal intro video for everybody in this list"
BUTTONS = {"approve_batch": "card:", "make_rest": "sample:"}
"""What is pressed, and on which post: on the card the sample could be agreed to before anybody was called to it."""


class LeadsRig(Rig):
    """Plays a CSV of `count` rows; the application dies at each of the places in turn and is started again."""

    def __init__(self, folder: Path, count: int, server_url: str | None = None) -> None:
        super().__init__(folder, server_url)
        self.count = count
        self.deaths: list[Place] = []
        self._pressed: Counter[str] = Counter()

    def settings(self, database_url: str, public_url: str) -> dict[str, Any]:
        """With fewer places than HeyGen has."""
        return super().settings(database_url, public_url) | {"heygen_max_concurrent": PLACES}

    async def through(self, kills: list[Place], seconds: float) -> list[str]:
        """Play it all; returns what was wrong. `deaths` are the places at which the application did die."""
        home = self.folder / "leads"
        home.mkdir()
        self.reset(self.public_url)
        self.heygen.switches.video_seconds = (20.0, 60.0)
        next(iter(self.heygen.state.accounts.values())).cap = HEYGENS_OWN
        self._database_url = await self._new_database(home, None)
        root = ""
        try:
            async with asyncio.timeout(seconds):
                for number, place in enumerate([*kills, None]):
                    pid = await self._start(home, f"life-{number}", place)
                    await self.until_up(pid, self.port, SETTLE_SECONDS)
                    root = root or self._ask()
                    self.slack.redeliver_now()
                    await self._live(root, pid)
                    if (status := await self._end(pid)) == -signal.SIGKILL and place is not None:
                        self.deaths.append(place)
                    elif status != 0:
                        return [f"life {number} ended with {status}"]
        except TimeoutError:
            return [f"not done in {seconds:.0f} s: {len(self.heygen.charges)} charges", *self._wrong(root)]
        return self._wrong(root)

    def _ask(self) -> str:
        rows = "".join(f"Lead {number},Company {number}\n" for number in range(1, self.count + 1))
        files = [("leads.csv", f"name,company\n{rows}".encode())]
        return self.slack.say(REQUESTER, "videos", f"<@{self.slack.bot_user}> {WISH}", files=files)

    async def _live(self, root: str, pid: int) -> None:
        """Until this life is over, or everything is done."""
        while self.zygote.status(pid) is None and not self._done(root):
            await self._act(root)
            await asyncio.sleep(0.05)

    async def _act(self, root: str) -> None:
        """Press what is offered."""
        for message in self.by_app(root):
            for action, post in BUTTONS.items():
                if action in str(message.blocks) and str(key_of(message)).startswith(post):
                    await self.slack.click(REQUESTER, message.channel, message.ts, action)

    def _done(self, root: str) -> bool:
        return bool(self._files(root)) and quiet(self._database_url)

    # -- judging -----------------------------------------------------------------------------------------------

    def _wrong(self, root: str) -> list[str]:
        charges = self.heygen.charges
        wrong = []
        if len(charges) != self.count or any(charge.refunded for charge in charges):
            wrong.append(f"{len(charges)} charges")
        if len({charge.idempotency_key for charge in charges}) != len(charges):
            wrong.append("a key was charged twice")
        bodies = {entry.body["script"] for entry in self.heygen.journal.select("POST", "/v3/videos")}
        if len(bodies) != self.count:
            wrong.append(f"{len(bodies)} different scripts")
        if (most := self.most_at_once()) > PLACES:
            wrong.append(f"{most} ran at once")
        return [*wrong, *self._wrong_posts(root)]

    def _wrong_posts(self, root: str) -> list[str]:
        wrong = []
        for what in ("card:", "sample:", "closing:"):
            if len(found := self.with_key(root, what)) != 1:
                wrong.append(f"{len(found)} posts with key {what}")
        files = self._files(root)
        if len(files) != 1:
            return [*wrong, f"{len(files)} lists of results"]
        rows = list(csv.DictReader(io.StringIO(files[0].decode("utf-8-sig"))))
        delivered = {row["name"] for row in rows if row["state"] == "ready" and row["link"]}
        if len(rows) != self.count or len(delivered) != self.count:
            wrong.append(f"{len(delivered)} of {len(rows)} rows were delivered")
        card = self.with_key(root, "card:")
        if card and f"all {self.count} are ready" not in card[0].rendered_text():
            wrong.append("the card is not up to date")
        return wrong

    def most_at_once(self) -> int:
        """How many videos HeyGen was paid for and not done with at the same time."""
        moments: list[tuple[float, int]] = []
        for job in self.heygen.state.jobs.values():
            moments += [(job.created, 1), (job.completed or float("inf"), -1)]
        running = most = 0
        for _, change in sorted(moments):
            running += change
            most = max(most, running)
        return most

    def _files(self, root: str) -> list[bytes]:
        shared: list[Message] = [message for message in self.by_app(root) if message.files]
        return [file.data for message in shared for file in message.files]
