"""Performs the operator's commands about turns, jobs, submissions and deliveries, and hands the others on."""

from __future__ import annotations

import argparse

import structlog

from agent.ports import Clock
from agent.records import Json
from bot import observability
from bot.clock import SystemClock
from bot.operations import books, data
from bot.operations.arguments import COMMANDS, DATA, REPLAY
from bot.operations.console import confirmed, opened, operator, put, say
from bot.operations.rendering import as_json, page, table
from bot.settings import Settings
from bot.store import Store
from bot.store.interventions import Impossible
from bot.store.overview import Filter, Kind

log = structlog.get_logger(__name__)

CHANGES = ("retry", "give-up")


async def run(options: argparse.Namespace, settings: Settings, clock: Clock | None = None) -> int:
    """Perform one command; returns its exit code. `SettingsError` for a change nobody confirmed."""
    clock = clock or SystemClock()
    observability.configure("info")
    if options.command in COMMANDS:
        return await _run(COMMANDS[options.command], options, settings, clock)
    if options.command == REPLAY:
        from bot.operations import replay  # it builds the tools, which takes a while that the others need not wait

        return await replay.run(options, settings, clock)
    return await (data.run if options.command == DATA else books.run)(options, settings, clock)


async def _run(kind: Kind, options: argparse.Namespace, settings: Settings, clock: Clock) -> int:
    if options.action in CHANGES and not confirmed(options.action, f"{kind} {options.id}", yes=options.yes):
        say("Nothing was changed.")
        return 1
    try:
        async with opened(settings, clock) as store:
            return await _perform(store, kind, options, clock)
    except KeyError as error:
        if error.args != (getattr(options, "id", None),):
            raise
        say(f"There is no {kind} {options.id!r}.")
        return 1


async def _perform(store: Store, kind: Kind, options: argparse.Namespace, clock: Clock) -> int:
    match options.action:
        case "list":
            wanted = Filter(options.state, options.workspace, options.conversation, options.limit)
            _list(kind, await store.overview.list(kind, wanted), as_data=options.json, now=clock.now())
            return 0
        case "show":
            detail = await store.overview.show(kind, options.id, reveal=options.reveal)
            shown = {**detail.row, **detail.relatives}
            put(as_json(shown) if options.json else page(detail, clock.now()))
            return 0
        case _:
            return await _change(store, kind, options)


def _list(kind: Kind, rows: list[Json], *, as_data: bool, now: float) -> None:
    if as_data:
        put(as_json(rows))
    elif rows:
        put(table(kind, rows, now))
    else:
        say(f"No {kind} matches.")


async def _change(store: Store, kind: Kind, options: argparse.Namespace) -> int:
    """Retry or give up, with a line in the log that says who did it."""
    change = store.interventions.retry if options.action == "retry" else store.interventions.give_up
    audit = log.bind(operator=operator(), action=options.action, **{str(kind): options.id})
    try:
        done = await change(kind, options.id)
    except Impossible as reason:
        audit.warning("operator_refused")
        say(str(reason))
        return 1
    audit.info("operator_action")
    if options.json:
        put(as_json({"action": options.action, "kind": kind, "id": options.id, "done": done}))
    else:
        say(done)
    return 0
