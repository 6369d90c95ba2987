"""Which part of the work a process does: everything, or what answers requests, or what works by itself.

The parts share a database and nothing else. Both hold live sessions' desk, the worker's only to stop what nobody has.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from importlib import metadata

from bot.loops import Loop
from bot.settings import Settings, SettingsError
from bot.store.database import Database


class Part(enum.StrEnum):
    """What a process is started as."""

    SERVE = "serve"
    WEB = "web"
    WORKER = "worker"

    @property
    def answers(self) -> bool:
        """Whether it takes what Slack, HeyGen and browsers send."""
        return self is not Part.WORKER

    @property
    def works(self) -> bool:
        """Whether it works on turns, jobs and posts."""
        return self is not Part.WEB


# What a process that only answers cannot do without: its own live sessions, its leases, what others announce, who
# has been appointed to what, and the tokens it talks to Slack with.
ANSWERING = frozenset({"live", "heartbeat", "notifications", "roles", "tokens", "home"})


def loops_for(part: Part, loops: Iterable[Loop]) -> list[Loop]:
    """The loops that such a process runs."""
    return [loop for loop in loops if part.works or loop.name in ANSWERING]


def refuse_alone(part: Part, settings: Settings) -> None:
    """`SettingsError` where a process would share its database with nobody and so leave work undone."""
    if part is not Part.SERVE and settings.database_url.startswith("sqlite"):
        raise SettingsError(
            f"`{part}` shares its work with other processes, which needs PostgreSQL (DATABASE_URL=postgresql://…); "
            "on SQLite one process does everything: `serve`."
        )


def version() -> str:
    """The installed version of Greenroom."""
    try:
        return metadata.version("greenroom")
    except metadata.PackageNotFoundError:
        return "unknown"


def session_name(part: Part, database: Database) -> str:
    """What a process calls itself where PostgreSQL shows who is there."""
    return f"greenroom {part} {database.owner}"[:63]
