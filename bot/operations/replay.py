"""`replay`: a conversation's journal, masked, and what today's code would do where it did something then."""

from __future__ import annotations

import argparse
import asyncio
import json
import secrets
import sys
from collections.abc import Sequence
from pathlib import Path

from agent.formats import NewerWord
from agent.ports import Clock
from agent.records import Json
from agent.replay.journal import Journal, JournalError, from_json, to_json
from agent.replay.play import Result, play, same
from agent.replay.steps import Difference
from agent.toolbox import Toolbox
from bot import observability
from bot.app_replay import tools_alone
from bot.operations.console import opened, put, say
from bot.operations.masking import Masking, choices_of, ids_of, masked
from bot.operations.rendering import plain
from bot.processes import version
from bot.settings import Settings
from bot.store import Store
from bot.store.journal import journal_of, links_of, newest_conversations

STANDARD_INPUT = "-"


async def run(options: argparse.Namespace, settings: Settings, clock: Clock) -> int:
    """Export, or play again; exit code 1 where today's code differs, or where there is no such conversation."""
    observability.configure("error")  # what a turn logs as it is played says nothing of what happens now
    async with tools_alone(settings, clock) as toolbox:
        try:
            return await _run(options, settings, clock, toolbox)
        except JournalError as error:
            say(str(error))
            return 1


async def _run(options: argparse.Namespace, settings: Settings, clock: Clock, toolbox: Toolbox) -> int:
    if options.action == "run":
        journals = [await asyncio.to_thread(_read, file) for file in options.files]
        return await _play(journals, toolbox, options)
    async with opened(settings, clock) as store:
        wanted = options.conversations or await newest_conversations(store.database, options.workspace, options.limit)
        here = options.action == "check"  # nothing leaves, so rows may be called by their names
        words = here or options.with_text
        journals = [await _exported(store, one, settings, toolbox, words=words, here=here) for one in wanted]
    if here:
        return await _play(journals, toolbox, options)
    for journal in journals:
        put(json.dumps(to_json(journal), ensure_ascii=False))
    return 0


async def _exported(
    store: Store, conversation_id: str, settings: Settings, toolbox: Toolbox, *, words: bool, here: bool
) -> Journal:
    try:
        journal = await journal_of(store.database, conversation_id, version())
    except KeyError as error:
        raise JournalError(f"There is no conversation {conversation_id!r}.") from error
    except NewerWord as error:
        raise JournalError(f"Only a newer version can read {conversation_id!r}: {error}.") from error
    masking = Masking(
        secrets.token_bytes(32),
        words=words,
        known=ids_of(journal),
        links=await links_of(store.database, conversation_id),
        public_url=settings.public_url,
        choices=choices_of(toolbox.everything()),
        stay={conversation_id, *(turn.id for turn in journal.turns)} if here else (),
    )
    return masked(journal, masking)


def _read(file: str) -> Journal:
    try:
        text = sys.stdin.read() if file == STANDARD_INPUT else Path(file).read_text(encoding="utf-8")
        return from_json(json.loads(text))
    except (OSError, ValueError, RecursionError) as error:
        raise JournalError(f"{file} cannot be read: {type(error).__name__}.") from error


async def _play(journals: Sequence[Journal], toolbox: Toolbox, options: argparse.Namespace) -> int:
    played = [(journal, await play(journal, toolbox)) for journal in journals]
    if options.json:
        put(json.dumps([_as_data(*one, words=options.with_text) for one in played], ensure_ascii=False, indent=2))
    else:
        for journal, results in played:
            put(_as_text(journal, results, words=options.with_text))
    return 0 if all(same(results) for _, results in played) else 1


def _as_data(journal: Journal, results: Sequence[Result], *, words: bool) -> Json:
    turns = [
        {
            "turn": result.turn.id,
            "steps": [step.sentence for step in result.steps],
            "differences": [_difference(each, words=words) for each in result.differences],
            "note": result.note,
        }
        for result in results
    ]
    return {"conversation": journal.conversation_id, "made_by": journal.made_by, "same": same(results), "turns": turns}


def _as_text(journal: Journal, results: Sequence[Result], *, words: bool) -> str:
    compared = "with its words" if journal.words else "without its words, which are masked"
    lines = [f"{journal.conversation_id}, written by version {journal.made_by}, {compared}"]
    for result in results:
        turn = result.turn
        verdict = "differs" if result.differences else "the same"
        lines.append(f"  {turn.id} ({turn.origin}, {turn.state.value}): {verdict}")
        lines += [f"    {index} {step.sentence}" for index, step in enumerate(result.steps, 1)]
        lines += [f"    note: {result.note}"] if result.note else []
        for each in result.differences:
            told = _difference(each, words=words)
            lines += [f"    {told['what']}", f"      then: {told['then']}", f"      now:  {told['now']}"]
    return "\n".join(plain(line) for line in lines)


def _difference(difference: Difference, *, words: bool) -> dict[str, str]:
    """A difference for a reader; people's words only where they are wanted."""
    if words or not difference.words:
        return {"what": difference.what, "then": difference.then, "now": difference.now}
    then, now = difference.then, difference.now
    alike = next((at for at, (a, b) in enumerate(zip(then, now, strict=False)) if a != b), min(len(then), len(now)))
    where = f"other words from character {alike + 1} on (--with-text shows them)"
    return {
        "what": f"{difference.what}: {where}",
        "then": f"{len(then)} characters",
        "now": f"{len(now)} characters",
    }
