"""Tasks that outlive whoever has started them, kept so that none is lost and all can be ended."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import structlog

log = structlog.get_logger(__name__)


class Errands:
    """Such tasks: stops, farewells, drawings. Their errors are logged."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    def __len__(self) -> int:
        """How many are not done."""
        return len(self._tasks)

    def run(self, work: Coroutine[Any, Any, Any], name: str) -> asyncio.Task[Any]:
        """Begin it; the task may be waited for or forgotten."""
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            # Its message may quote what people wrote, so its type and place alone are said.
            last = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{Path(last.filename).name}:{last.lineno}"
            log.error("errand_failed", errand=task.get_name(), error=type(error).__name__, where=where)

    @property
    def open(self) -> set[asyncio.Task[Any]]:
        """Those that are not done."""
        return set(self._tasks)

    async def close(self) -> None:
        """Cancel those that are not done, and wait for their ends."""
        tasks = self.open
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
