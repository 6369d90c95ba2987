"""`audit`, `ledger`, `approvals` and `feedback`: what was agreed to, spent, waits, or was thought of answers."""

from __future__ import annotations

import argparse
import dataclasses

from agent.money import dollars
from agent.ports import Clock
from agent.records import Json
from bot.operations.arguments import APPROVALS, AUDIT, FEEDBACK, LEDGER
from bot.operations.console import DAY, opened, put, say
from bot.operations.rendering import as_json, table
from bot.settings import Settings
from bot.store import Store
from bot.store.books import Sums, Wanted

NOTHING = {
    AUDIT: "Nothing was approved, cancelled or deleted yet.",
    LEDGER: "No line matches.",
    APPROVALS: "Nothing waits for an approval.",
    FEEDBACK: "Nobody has rated an answer yet.",
}


async def run(options: argparse.Namespace, settings: Settings, clock: Clock) -> int:
    """Print the lines that were asked for; returns the exit code."""
    async with opened(settings, clock) as store:
        if options.command == LEDGER:
            await _ledger(store, options, clock.now())
        else:
            rows = await _rows(store, options)
            _print(options.command, rows, clock.now(), as_data=options.json)
    return 0


async def _rows(store: Store, options: argparse.Namespace) -> list[Json]:
    if options.command == APPROVALS:
        return await store.books.waiting(options.workspace, options.limit)
    if options.command == FEEDBACK:
        return [dataclasses.asdict(one) for one in await store.talk.opinions(options.workspace, options.limit)]
    return [dataclasses.asdict(line) for line in await store.audit.recent(options.workspace, options.limit)]


async def _ledger(store: Store, options: argparse.Namespace, now: float) -> None:
    since = None if options.days is None else now - options.days * DAY
    wanted = Wanted(options.workspace, options.person, options.channel, since, options.limit)
    lines, sums = await store.books.lines(wanted), await store.books.sums(wanted)
    if options.json:
        put(as_json({"unit": "micro-dollars", "sums": dataclasses.asdict(sums), "lines": lines}))
        return
    _print(LEDGER, lines, now, as_data=False)
    if lines:
        put(f"\n{_totals(sums)}")


def _totals(sums: Sums) -> str:
    return (
        f"promised {dollars(sums.held)}  spent {dollars(sums.charged)}  "
        f"taken from the wallet without an explanation {dollars(sums.drift)}"
    )


def _print(command: str, rows: list[Json], now: float, *, as_data: bool) -> None:
    if as_data:
        put(as_json(rows))
    elif rows:
        put(table(command, rows, now))
    else:
        say(NOTHING[command])
