"""What the operator's commands accept."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Protocol

from bot.store.overview import LIST_LIMIT, Kind

COMMANDS = {
    "turns": Kind.TURN,
    "jobs": Kind.JOB,
    "submissions": Kind.SUBMISSION,
    "deliveries": Kind.DELIVERY,
}
_WHAT = {
    Kind.TURN: "turns: one request of a person and its answer",
    Kind.JOB: "jobs: one piece of work at HeyGen",
    Kind.SUBMISSION: "submissions: one request that costs money",
    Kind.DELIVERY: "deliveries: one post in Slack",
}
_RETRY = {
    Kind.TURN: "queue a failed turn again, or have a waiting one go on now",
    Kind.JOB: "look at a job now, also at one that was called unknown",
    Kind.SUBMISSION: "send a waiting submission now, with the same key",
    Kind.DELIVERY: "post a dead delivery after all, or a waiting one now",
}
_GIVE_UP = {
    Kind.TURN: "end an unfinished turn as failed and tell the person",
    Kind.JOB: "stop watching a job: it becomes unknown",
    Kind.SUBMISSION: "do not send it any more: it becomes refused, or unknown if it may have been accepted",
    Kind.DELIVERY: "do not post it any more",
}
_DEFAULT = "list"
_EXPORT = "write a conversation's journal as JSON, without secrets and, unless --with-text, without anybody's words"
AUDIT, LEDGER, APPROVALS, DATA, FEEDBACK, REPLAY = "audit", "ledger", "approvals", "data", "feedback", "replay"
MOST_DAYS = 3_650
OTHERS = (AUDIT, LEDGER, APPROVALS, DATA, FEEDBACK, REPLAY)
"""Commands that are about no single kind of row."""


class Subparsers(Protocol):
    """What `ArgumentParser.add_subparsers` returns."""

    def add_parser(self, name: str, *, help: str, description: str) -> argparse.ArgumentParser:
        """A parser for the command `name`."""
        ...


def completed(arguments: Sequence[str]) -> list[str]:
    """`arguments` with `list` put in where an operator's command has no action."""
    if not arguments or arguments[0] not in COMMANDS:
        return list(arguments)
    command, *rest = arguments
    if rest and (not rest[0].startswith("-") or rest[0] in ("-h", "--help")):
        return list(arguments)
    return [command, _DEFAULT, *rest]


def add_commands(commands: Subparsers) -> None:
    """Add the operator's commands to the program's."""
    for name, kind in COMMANDS.items():
        what = f"look after {_WHAT[kind]}"
        parser = commands.add_parser(name, help=what, description=f"{what[0].upper()}{what[1:]}.")
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        _add_list(actions, kind)
        _add_show(actions, kind)
        _add_change(actions, "retry", _RETRY[kind])
        _add_change(actions, "give-up", _GIVE_UP[kind])
    _add_books(commands)
    _add_data(commands)
    _add_replay(commands)


def _add_books(commands: Subparsers) -> None:
    """Reading what was agreed to, what was spent and what waits."""
    _add_lines(commands, AUDIT, "who approved, declined, cancelled, deleted what, or was given a role, newest first")
    ledger = _add_lines(commands, LEDGER, "what was promised and spent, newest first, and the sums")
    ledger.add_argument("--person", metavar="ID", help="only what this person asked for")
    ledger.add_argument("--channel", metavar="ID", help="only what was asked for in this channel")
    ledger.add_argument("--days", type=_days, metavar="N", help="only the last N days")
    _add_lines(commands, FEEDBACK, "what people thought of answers, newest first, with their words where they gave any")
    _add_lines(commands, APPROVALS, "what waits for an approval: since when, until when, for how much")


def _add_lines(commands: Subparsers, name: str, text: str) -> argparse.ArgumentParser:
    parser = _add(commands, name, text)
    parser.add_argument("--workspace", metavar="ID", help="only those of this workspace")
    parser.add_argument("--limit", type=_limit, default=20, help=f"how many lines at most (20; up to {LIST_LIMIT})")
    return parser


def _add_data(commands: Subparsers) -> None:
    """Deleting what is known of somebody."""
    what = "delete what is known of a person or of a workspace"
    parser = commands.add_parser(DATA, help=what, description=f"{what[0].upper()}{what[1:]}.")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    person = _add_change(actions, "forget-person", "delete a person's words; amounts stay under a pseudonym")
    person.add_argument("--workspace", metavar="ID", help="the person's workspace (needed where there are several)")
    workspace = _add_change(actions, "forget-workspace", "delete everything of a workspace, its ledger included")
    workspace.add_argument("--force", action="store_true", help="also while HeyGen works on jobs, which are billed")


def _add_replay(commands: Subparsers) -> None:
    """Writing conversations down, and playing them again."""
    what = "play a conversation again, offline: what was done, and what this version would do otherwise"
    parser = commands.add_parser(REPLAY, help=what, description=f"{what[0].upper()}{what[1:]}.")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    export = actions.add_parser("export", help=_EXPORT, description=f"{_EXPORT[0].upper()}{_EXPORT[1:]}.")
    check = _add(actions, "check", "play conversations of the database; exit code 1 where this version differs")
    played = _add(actions, "run", "play journals that were exported; exit code 1 where this version differs")
    played.add_argument("files", metavar="FILE", nargs="+", help="journals; - is standard input")
    for one in (export, check):
        one.add_argument("conversations", metavar="CONVERSATION", nargs="*" if one is check else 1, help="its id")
    check.add_argument("--workspace", metavar="ID", help="without CONVERSATION: only those of this workspace")
    check.add_argument("--limit", type=_limit, default=20, help=f"how many of the newest (20; up to {LIST_LIMIT})")
    for one in (export, check, played):
        one.add_argument("--with-text", action="store_true", help="with what people wrote and were told, too")


def _add(actions: Subparsers, name: str, text: str) -> argparse.ArgumentParser:
    parser = actions.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")
    parser.add_argument("--json", action="store_true", help="print JSON for programs")
    return parser


def _add_list(actions: Subparsers, kind: Kind) -> None:
    parser = _add(actions, "list", "list them, newest first (the default)")
    parser.add_argument("--state", choices=kind.states, help="only those in this state")
    parser.add_argument("--workspace", metavar="ID", help="only those of this workspace")
    parser.add_argument("--conversation", metavar="ID", help="only those of this conversation")
    parser.add_argument("--limit", type=_limit, default=20, help=f"how many at most (20; up to {LIST_LIMIT})")


def _add_show(actions: Subparsers, kind: Kind) -> None:
    parser = _add(actions, "show", "show one of them with its times and relatives")
    parser.add_argument("id", metavar="ID", help=f"the {kind}'s id")
    parser.add_argument("--reveal", action="store_true", help="also print what people wrote and were told")


def _add_change(actions: Subparsers, name: str, text: str) -> argparse.ArgumentParser:
    parser = _add(actions, name, text)
    parser.add_argument("id", metavar="ID", help="its id")
    parser.add_argument("--yes", action="store_true", help="do not ask (needed where there is no terminal)")
    return parser


def _limit(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= LIST_LIMIT:
        raise argparse.ArgumentTypeError(f"has to be a number from 1 to {LIST_LIMIT}")
    return int(text)


def _days(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= MOST_DAYS:
        raise argparse.ArgumentTypeError(f"has to be a number from 1 to {MOST_DAYS}")
    return int(text)
