"""The product as it is run, `python -m bot serve`, in a process of its own, and what the system says it takes."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
START_SECONDS = 20.0
END_SECONDS = 30.0
LOOK_SECONDS = 0.05
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process has taken so far: seconds of processor time and its largest resident size in megabytes."""

    cpu_seconds: float
    peak_megabytes: float


class Serving:
    """One serving process. `log` is where its standard error went."""

    def __init__(self, folder: Path, port: int) -> None:
        self.log = folder / "serve.log"
        self.port = port
        self._folder = folder
        self._process: asyncio.subprocess.Process | None = None

    async def start(self, settings: Mapping[str, str]) -> None:
        """Start it with these settings and nothing else of the environment; returns when it listens."""
        with self.log.open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "bot",
                "serve",
                env={"PYTHONPATH": str(ROOT), "PORT": str(self.port), **settings},
                cwd=self._folder,  # away from a developer's .env
                stderr=log,
            )
        async with asyncio.timeout(START_SECONDS):
            while not await self._listens():
                assert self._process.returncode is None, self.log.read_text()
                await asyncio.sleep(LOOK_SECONDS)

    async def stop(self) -> int:
        """Ask it to end as a service manager does; returns its exit status. Killed when it takes too long."""
        if self._process is None:
            return 0
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGTERM)
        try:
            return await asyncio.wait_for(self._process.wait(), END_SECONDS)
        except TimeoutError:
            self._process.kill()
            return await self._process.wait()

    @property
    def pid(self) -> int:
        """The process's id."""
        assert self._process is not None
        return self._process.pid

    def usage(self) -> Usage:
        """What it has taken so far; only where the system tells in `/proc`."""
        assert self._process is not None
        folder = Path("/proc") / str(self._process.pid)
        fields = (folder / "stat").read_text().rpartition(")")[2].split()
        status = dict(line.split(":", 1) for line in (folder / "status").read_text().splitlines())
        return Usage((int(fields[11]) + int(fields[12])) / TICKS, int(status["VmHWM"].split()[0]) / 1024)

    async def _listens(self) -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            return False
        writer.close()
        return True


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
