"""`data`: delete what is known of a person or of a workspace, now, beside whoever serves."""

from __future__ import annotations

import argparse
import re

import structlog

from agent.money import dollars
from agent.ports import Clock
from bot.operations.console import confirmed, opened, operator, put, say
from bot.operations.rendering import as_json
from bot.settings import Settings, SettingsError
from bot.store import Store
from bot.store.database import TROUBLE
from bot.store.erasure import Erasure, Unfinished
from bot.store.person import Taken

log = structlog.get_logger(__name__)

USER = re.compile(r"[UW][A-Z0-9]{2,}")
INTERRUPTED = "The database went away meanwhile. What is left is deleted by whoever serves, or when you do this again."


class Refused(Exception):
    """It is not done; the text is a sentence for the operator."""


async def run(options: argparse.Namespace, settings: Settings, clock: Clock) -> int:
    """Delete; returns the exit code. `SettingsError` for something nobody confirmed."""
    forget = _person if options.action == "forget-person" else _workspace
    try:
        async with opened(settings, clock) as store:
            return await forget(store, options, settings)
    except Refused as reason:
        say(str(reason))
    except TROUBLE:
        say(INTERRUPTED)
    return 1


async def _person(store: Store, options: argparse.Namespace, settings: Settings) -> int:
    if not USER.fullmatch(options.id):
        raise SettingsError(f"{options.id!r} is not the id of a person in Slack (U…).")
    workspace_id = await _the_workspace(store, options.workspace)
    if not confirmed("forget-person", f"{options.id} of {workspace_id}", yes=options.yes):
        return _unchanged()
    asked = await store.erasures.forget_person(workspace_id, options.id, actor=f"operator:{operator()}")
    taken = await store.erasures.carry_out(asked)
    log.info("data_deleted", what="person", subject=asked.pseudonym, operator=operator())
    named = [name for name in ("operators", "approvers", "admins") if options.id in getattr(settings, name)]
    _told(options, asked, taken, _sentences(options.id, asked, taken, named))
    return 0


def _sentences(user_id: str, asked: Erasure, taken: Taken, named: list[str]) -> list[str]:
    told = [f"{user_id} is forgotten in {asked.workspace_id} and stands there as {asked.pseudonym} now."]
    if taken.dropped:
        told.append(f"Cancelled before they were sent, nothing is billed: {_jobs(taken.dropped)}.")
    if taken.unwanted:
        told.append(
            f"HeyGen already has {_jobs(taken.unwanted)} and can't be stopped: that is billed, and settled here."
        )
    if named:
        settings = ", ".join(name.upper() for name in named)
        told.append(f"{user_id} is still named in {settings}: without a change there the id comes back.")
    return told


def _at_work(unfinished: Unfinished) -> str:
    parts = [f"HeyGen works on {_jobs(unfinished.jobs)}"] if unfinished.jobs or not unfinished.sessions else []
    if unfinished.sessions:
        parts.append(f"LiveAvatar holds {unfinished.sessions} live session{'s' if unfinished.sessions > 1 else ''}")
    return " and ".join(parts)


def _jobs(count: int) -> str:
    return "1 job" if count == 1 else f"{count} jobs"


async def _workspace(store: Store, options: argparse.Namespace, _: Settings) -> int:
    workspace_id = await _the_workspace(store, options.id)
    unfinished = await store.erasures.unfinished(workspace_id)
    billed = f"{_at_work(unfinished)} of {workspace_id}: about {dollars(unfinished.amount)}"
    if (unfinished.jobs or unfinished.sessions) and not options.force:
        raise Refused(f"{billed}. Wait until they have ended; with --force they are billed and nobody settles them.")
    if not confirmed("forget-workspace", workspace_id, yes=options.yes):
        return _unchanged()
    asked = await store.erasures.forget_workspace(workspace_id, actor=f"operator:{operator()}")
    taken = await store.erasures.carry_out(asked)
    log.info("data_deleted", what="workspace", subject=workspace_id, operator=operator())
    told = [f"Everything of {workspace_id} is deleted, but for one line in the audit log."]
    if unfinished.jobs or unfinished.sessions:
        told.append(f"{billed} will still be billed.")
    _told(options, asked, taken, told)
    return 0


async def _the_workspace(store: Store, given: str | None) -> str:
    """The workspace that was named, or the only one there is."""
    known = sorted({account.workspace_id for account in await store.directory.accounts()})
    if given is None and len(known) == 1:
        return known[0]
    if given is None:
        raise SettingsError("--workspace is needed: there is not exactly one workspace.")
    if await store.directory.workspace(given) is None and not await store.erasures.under_way(given):
        raise Refused(f"There is no workspace {given!r}.")
    return given


def _told(options: argparse.Namespace, asked: Erasure, taken: Taken, sentences: list[str]) -> None:
    if options.json:
        deed = {"workspace_id": asked.workspace_id, "pseudonym": asked.pseudonym if asked.user_id else None}
        put(as_json({**deed, "cancelled": taken.dropped, "still_billed": taken.unwanted}))
    for sentence in sentences:
        say(sentence)


def _unchanged() -> int:
    say("Nothing was changed.")
    return 1
