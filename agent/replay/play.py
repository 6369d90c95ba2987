"""Plays a journal: every turn that has ended runs again through today's code, offline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from agent.ports import JobStore
from agent.records import Lease
from agent.replay.journal import Journal, PlayedTurn
from agent.replay.steps import Difference, Step, differences, recorded
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
    apart: list[Difference] = []
    try:
        await _runner(tape, toolbox, bounds).run(lease, row_of(journal, turn))
    except Departed as other:
        place = len(tape.steps)
        was = then[place].sentence if place < len(then) else "nothing more"
        apart, then = [Difference(f"step {place + 1}", was, str(other))], then[:place]
    except RunOut as why:
        note, then = f"how it ended then ({why}) is not of its own doing and is not played", then[: len(tape.steps)]
    found = [*differences(then, tape.steps, words=journal.words), *apart]
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
