"""A conversation as it was: the items of its log by turn, what tools came to, and what was said. Plain data, no I/O.

A journal is JSON, so that it can be kept, sent to somebody and read by a later version.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field

from agent.records import (
    OPEN_JOB_STATES,
    Item,
    Job,
    JobKind,
    JobState,
    Json,
    ModelCall,
    Source,
    TurnRecord,
    TurnState,
)

VERSION = 1


class JournalError(Exception):
    """This is no journal, or one of a version that is not known here; the message is a sentence for the operator."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An item of the log and when it was written. `turn_id` None: the runtime wrote it, between turns or during one."""

    seq: int
    turn_id: str | None
    source: Source
    at: float
    body: Json

    @property
    def item(self) -> Item:
        """The item as a turn reads it."""
        return Item(self.seq, self.turn_id, self.source, self.body)


@dataclass(frozen=True, slots=True)
class Called:
    """What a tool call came to."""

    call_id: str
    name: str
    outcome: Json


@dataclass(frozen=True, slots=True)
class PlayedTurn:
    """A turn that has ended. `allowed` are the effects that were left to its requester, None where all were.

    `reply` is what was said in the end, None where nothing was; `calls` are the calls of the model, oldest first.
    """

    id: str
    origin: str
    requester: str
    state: TurnState
    error: str | None
    created_at: float
    tainted: bool
    calls: tuple[ModelCall, ...] = ()
    tools: tuple[Called, ...] = ()
    reply: str | None = None
    allowed: frozenset[str] | None = None

    def record(self, conversation_id: str, workspace_id: str) -> TurnRecord:
        """The turn as it was when it began."""
        return TurnRecord(
            id=self.id,
            workspace_id=workspace_id,
            conversation_id=conversation_id,
            inbox_id=self.id,
            origin=self.origin,
            requester=self.requester,
            message_ts=None,
            state=TurnState.RUNNING,
            created_at=self.created_at,
            tainted=self.tainted,
        )


@dataclass(frozen=True, slots=True)
class PlayedJob:
    """A job, as far as a turn's words hang on it. `linked`: there is a link to its result."""

    handle: str
    kind: JobKind
    label: str
    state: JobState
    created_at: float
    finished_at: float | None
    linked: bool = False

    def at(self, moment: float, conversation_id: str) -> Job | None:
        """The job as it was at `moment`, None before it existed. Of an open one nobody knows whether it had begun."""
        if self.created_at > moment:
            return None
        over = self.finished_at is not None and self.finished_at <= moment
        return Job(
            id=f"job_{self.handle}",
            workspace_id="",
            account_id="",
            submission_id=f"submission_{self.handle}",
            conversation_id=conversation_id,
            handle=self.handle,
            kind=self.kind,
            label=self.label,
            state=self.state if over or self.state in OPEN_JOB_STATES else JobState.RUNNING,
            created_at=self.created_at,
            finished_at=self.finished_at if over else None,
            link_id=self.handle if self.linked else None,
        )


@dataclass(frozen=True, slots=True)
class Journal:
    """A conversation. `words` False: what people wrote and were told is masked, so it cannot be compared."""

    conversation_id: str
    workspace_id: str
    words: bool
    turns: tuple[PlayedTurn, ...] = ()
    log: tuple[Entry, ...] = ()
    jobs: tuple[PlayedJob, ...] = ()
    made_by: str = ""
    version: int = field(default=VERSION)

    def of(self, turn_id: str) -> list[Entry]:
        """The items of one turn."""
        return [entry for entry in self.log if entry.turn_id == turn_id]


def to_json(journal: Journal) -> Json:
    """JSON that `from_json` turns back into the same journal."""
    data = asdict(journal)
    for turn in data["turns"]:
        turn["allowed"] = None if turn["allowed"] is None else sorted(turn["allowed"])
    return data


def from_json(data: object) -> Journal:
    """The journal that was written down; `JournalError` when it is none, or of another version."""
    if not isinstance(data, dict) or "conversation_id" not in data or "turns" not in data:
        raise JournalError("This is not a journal: `python -m bot replay export` writes them.")
    if data.get("version") != VERSION:
        raise JournalError(f"This journal is of version {data.get('version')!r}, and only {VERSION} is known here.")
    try:
        return Journal(
            conversation_id=data["conversation_id"],
            workspace_id=data["workspace_id"],
            words=data["words"],
            turns=tuple(map(_turn, data["turns"])),
            log=tuple(_entry(entry) for entry in data["log"]),
            jobs=tuple(_job(job) for job in data["jobs"]),
            made_by=data["made_by"],
        )
    except (KeyError, TypeError, ValueError) as error:
        raise JournalError(f"This journal cannot be read: {type(error).__name__} at {error}.") from error


def _turn(data: Json) -> PlayedTurn:
    return PlayedTurn(
        **{
            **data,
            "state": TurnState(data["state"]),
            "calls": tuple(ModelCall(**call) for call in data["calls"]),
            "tools": tuple(Called(**called) for called in data["tools"]),
            "allowed": None if data["allowed"] is None else frozenset(data["allowed"]),
        }
    )


def _entry(data: Json) -> Entry:
    return Entry(**{**data, "source": Source(data["source"])})


def _job(data: Json) -> PlayedJob:
    return PlayedJob(**{**data, "kind": JobKind(data["kind"]), "state": JobState(data["state"])})


def opening_of(entries: Sequence[Entry]) -> int:
    """How many of a turn's items it began with: all before the model answered or a tool did."""
    spoken = (Source.MODEL, Source.TOOL)
    return next((index for index, entry in enumerate(entries) if entry.source in spoken), len(entries))


def groups(entries: Iterable[Entry]) -> list[list[Entry]]:
    """Items that came at once: an answer of the model or the outputs of its calls, without what the runtime wrote."""
    found: list[list[Entry]] = []
    for entry in entries:
        if entry.source not in (Source.MODEL, Source.TOOL):
            continue
        if found and found[-1][0].source is entry.source:
            found[-1].append(entry)
        else:
            found.append([entry])
    return found
