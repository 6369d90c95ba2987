"""Where the operator's commands print, whom they ask, and the store beside the process that serves it."""

from __future__ import annotations

import os
import pwd
import secrets
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from agent.ports import Clock
from bot.clock import RandomIds
from bot.settings import Settings, SettingsError
from bot.store import Store
from bot.store.shared import SharedDatabase

DAY = 86_400.0


@asynccontextmanager
async def opened(settings: Settings, clock: Clock) -> AsyncIterator[Store]:
    """The store beside the process that serves it."""
    owner = f"operator-{os.getpid()}-{secrets.token_hex(4)}"
    database = SharedDatabase(settings.database_url, clock, owner)
    store = Store(database, clock, RandomIds(), settings.retention_days * DAY)
    await store.start()
    try:
        yield store
    finally:
        await store.stop()


def confirmed(deed: str, subject: str, *, yes: bool) -> bool:
    """Whether somebody wants it; `SettingsError` where nobody can be asked."""
    if yes:
        return True
    if not sys.stdin.isatty():
        raise SettingsError(f"{deed} changes something: add --yes, since there is no terminal to ask on.")
    sys.stderr.write(f"{deed} {subject}? [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def operator() -> str:
    """The operating system's user. Not the environment's word for it, which anybody can choose."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid {os.getuid()}"


def put(data: str) -> None:
    """Data goes to standard output."""
    sys.stdout.write(data + "\n")


def say(sentence: str) -> None:
    """Words go to standard error."""
    sys.stderr.write(sentence + "\n")
