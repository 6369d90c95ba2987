"""Performs the operator's commands: data goes to standard output, words go to standard error."""

from __future__ import annotations

import argparse
import os
import pwd
import secrets
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from agent.ports import Clock
from agent.records import Json
from bot import observability
from bot.clock import RandomIds, SystemClock
from bot.operations.arguments import COMMANDS
from bot.operations.rendering import as_json, page, table
from bot.settings import Settings, SettingsError
from bot.store import Store
from bot.store.interventions import Impossible
from bot.store.overview import Filter, Kind
from bot.store.shared import SharedDatabase

log = structlog.get_logger(__name__)

DAY = 86_400.0
CHANGES = ("retry", "give-up")


async def run(options: argparse.Namespace, settings: Settings, clock: Clock | None = None) -> int:
    """Perform one command; returns its exit code. `SettingsError` for a change nobody confirmed."""
    kind, clock = COMMANDS[options.command], clock or SystemClock()
    observability.configure("info")
    if options.action in CHANGES and not _confirmed(kind, options):
        _say("Nothing was changed.")
        return 1
    try:
        async with _opened(settings, clock) as store:
            return await _perform(store, kind, options, clock)
    except KeyError as error:
        if error.args != (getattr(options, "id", None),):
            raise
        _say(f"There is no {kind} {options.id!r}.")
        return 1


@asynccontextmanager
async def _opened(settings: Settings, clock: Clock) -> AsyncIterator[Store]:
    """The store beside the process that serves it."""
    owner = f"operator-{os.getpid()}-{secrets.token_hex(4)}"
    database = SharedDatabase(settings.database_url, clock, owner)
    store = Store(database, clock, RandomIds(), settings.retention_days * DAY)
    await store.start()
    try:
        yield store
    finally:
        await store.stop()


async def _perform(store: Store, kind: Kind, options: argparse.Namespace, clock: Clock) -> int:
    match options.action:
        case "list":
            wanted = Filter(options.state, options.workspace, options.conversation, options.limit)
            _list(kind, await store.overview.list(kind, wanted), as_data=options.json, now=clock.now())
            return 0
        case "show":
            detail = await store.overview.show(kind, options.id, reveal=options.reveal)
            shown = {**detail.row, **detail.relatives}
            _print(as_json(shown) if options.json else page(detail, clock.now()))
            return 0
        case _:
            return await _change(store, kind, options)


def _list(kind: Kind, rows: list[Json], *, as_data: bool, now: float) -> None:
    if as_data:
        _print(as_json(rows))
    elif rows:
        _print(table(kind, rows, now))
    else:
        _say(f"No {kind} matches.")


async def _change(store: Store, kind: Kind, options: argparse.Namespace) -> int:
    """Retry or give up, with a line in the log that says who did it."""
    change = store.interventions.retry if options.action == "retry" else store.interventions.give_up
    audit = log.bind(operator=_operator(), action=options.action, **{str(kind): options.id})
    try:
        done = await change(kind, options.id)
    except Impossible as reason:
        audit.warning("operator_refused")
        _say(str(reason))
        return 1
    audit.info("operator_action")
    if options.json:
        _print(as_json({"action": options.action, "kind": kind, "id": options.id, "done": done}))
    else:
        _say(done)
    return 0


def _confirmed(kind: Kind, options: argparse.Namespace) -> bool:
    if options.yes:
        return True
    if not sys.stdin.isatty():
        raise SettingsError(f"{options.action} changes something: add --yes, since there is no terminal to ask on.")
    sys.stderr.write(f"{options.action} {kind} {options.id}? [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _operator() -> str:
    """The operating system's user. Not the environment's word for it, which anybody can choose."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid {os.getuid()}"


def _print(data: str) -> None:
    sys.stdout.write(data + "\n")


def _say(sentence: str) -> None:
    sys.stderr.write(sentence + "\n")
