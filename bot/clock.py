"""The production clock and the production ids."""

from __future__ import annotations

import asyncio
import secrets
import time

ID_BYTES = 12


class SystemClock:
    """This machine's clock."""

    def now(self) -> float:
        """Unix seconds."""
        return time.time()

    async def sleep(self, seconds: float) -> None:
        """Wait `seconds`."""
        await asyncio.sleep(seconds)


class MonotonicClock:
    """Time that nobody can set back or forward, for what is only measured."""

    def now(self) -> float:
        """Seconds since some moment."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait `seconds`."""
        await asyncio.sleep(seconds)


class RandomIds:
    """Ids nobody can guess: a prefix and 96 random bits."""

    def new(self, prefix: str) -> str:
        """A fresh id such as `job_5f0c…`."""
        return f"{prefix}_{secrets.token_hex(ID_BYTES)}"
