"""Plays a journal: every turn that has ended runs again through today's code, offline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import structlog

from agent.ports import JobStore
from agent.records import Lease
from agent.replay.journal import Journal, PlayedTurn
from agent.replay.steps import NOTHING, Difference, Step, differences, recorded
from agent.replay.tape import (
    Departed,
    PlayedClock,
    PlayedJobs,
    PlayedLimits,
    PlayedLinks,
    PlayedModel,
    PlayedTurns,
    RunOut,
    Silent,
    Tape,
    played_tools,
    row_of,
)
from agent.runner import DEFAULT_BOUNDS, Runner
from agent.toolbox import Toolbox
from agent.turn import Bounds

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Result:
    """A turn that was played: the steps of today, where they are others than then, and what could not be played."""

    turn: PlayedTurn
    steps: tuple[Step, ...]
    differences: tuple[Difference, ...]
    note: str = ""


async def play(journal: Journal, toolbox: Toolbox, *, bounds: Bounds = DEFAULT_BOUNDS) -> list[Result]:
    """Play every turn of a journal, each from the log as it was when the turn began."""
    return [await _turn(journal, turn, toolbox, bounds) for turn in journal.turns]


async def _turn(journal: Journal, turn: PlayedTurn, toolbox: Toolbox, bounds: Bounds) -> Result:
    tape, then, note = Tape(journal, turn), recorded(journal, turn), ""
    lease = Lease(journal.conversation_id, "replay", 1)
    otherwise: str | None = None
    try:
        await _runner(tape, toolbox, bounds).run(lease, row_of(journal, turn))
    except Departed as other:
        otherwise = str(other)
    except RunOut as why:
        note, then = f"how it ended then ({why}) is not of its own doing and is not played", then[: len(tape.steps)]
    except Exception as error:
        log.exception("turn_not_played", turn=turn.id, error=type(error).__name__)
        otherwise = f"fails with {type(error).__name__}"
    place = len(tape.steps)
    common = then if otherwise is None else then[:place]
    found = differences(common, tape.steps, words=journal.words)
    if otherwise is not None:
        was = then[place].sentence if place < len(then) else NOTHING
        found.append(Difference(f"step {place + 1}", was, otherwise))
    return Result(turn, tuple(tape.steps), tuple(found), note)


def _runner(tape: Tape, toolbox: Toolbox, bounds: Bounds) -> Runner:
    silent = Silent()
    return Runner(
        turns=PlayedTurns(tape),
        jobs=cast("JobStore", PlayedJobs(tape)),  # of a job store a turn itself only reads
        toolbox=played_tools(toolbox, tape),
        model=PlayedModel(tape),
        replies=silent,
        links=PlayedLinks(),
        budget=silent,
        clock=PlayedClock(tape),
        secret=b"",
        bounds=bounds,
        limits=PlayedLimits(tape.turn),
    )


def same(results: Sequence[Result]) -> bool:
    """Whether today's code does everything as it was done."""
    return not any(result.differences for result in results)
