"""`agent.checking.Looks`: fetches a result into a temporary file and has it decoded in a process that may be killed."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import tempfile
from collections.abc import Collection
from importlib.util import find_spec
from typing import IO

import structlog

from agent.errors import SourceRefused
from agent.result_check import Measured
from bot.decoding import NO_VIDEO
from bot.fetch import MEGABYTE
from bot.link_files import LinkFiles

log = structlog.get_logger(__name__)

LARGEST = 200 * MEGABYTE
ONE_AT_A_TIME = 1  # decoding takes a whole core


def can_look() -> bool:
    """Whether the extra is installed."""
    return find_spec("av") is not None


class ResultLooks:
    """Looks at results. `allowed_hosts` are as for `bot.fetch.SafeProbe`."""

    def __init__(self, allowed_hosts: Collection[str] = ()) -> None:
        self._files = LinkFiles(allowed_hosts)
        self._gate = asyncio.Semaphore(ONE_AT_A_TIME)

    async def look(self, url: str, seconds: float) -> Measured | None:
        """See `agent.checking.Looks.look`."""
        why = "timeout"
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds), self._gate:
                try:
                    return await self._look(url)
                except SourceRefused as refused:
                    why = refused.code
                except OSError as error:  # no room for the file, or no process
                    why = type(error).__name__
        log.info("result_not_checked", why=why)
        return None

    async def _look(self, url: str) -> Measured | None:
        with tempfile.NamedTemporaryFile(prefix="greenroom-", suffix=".mp4") as file:
            await self._fetch(url, file)
            code, output = await _decoded(file.name)
        if code == NO_VIDEO:
            return Measured(video=False)
        if code != 0:
            log.warning("result_not_decoded", code=code)
            return None
        return Measured(**json.loads(output))

    async def _fetch(self, url: str, file: IO[bytes]) -> None:
        async with self._files.open(url, largest=LARGEST) as source:
            async for piece in source.chunks():
                await asyncio.to_thread(file.write, piece)
        await asyncio.to_thread(file.flush)


async def _decoded(path: str) -> tuple[int, bytes]:
    """Exit code and output of the decoding process, which does not outlive this call."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot.decoding", path),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        output, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode or 0, output
