"""The steps of a turn, as they can be compared: what was done then, what today's code does, and where they part."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from agent.conversation import INTERRUPTED, message_text
from agent.outgoing import STATE_WORDS
from agent.records import JobState, Json, Source, TurnState
from agent.replay.journal import Journal, PlayedTurn, groups, opening_of

NOTHING = "nothing"
_OPEN = re.compile(rf"(?<![\w'])(?:{STATE_WORDS[JobState.RUNNING]}|{STATE_WORDS[JobState.WAITING]})(?![\w'])", re.I)
_STATE_LINE = re.compile(r"(?:\A|\n\n)_[^\n]*_\Z")


@dataclass(frozen=True, slots=True)
class Step:
    """Something that a turn does. `shape` is what it is, `words` what stands in it; `note` is said beside it."""

    kind: str
    shape: tuple[str, ...]
    words: tuple[str, ...] = ()
    note: str = ""

    @property
    def sentence(self) -> str:
        """The step for a reader, without anybody's words."""
        said = f"{self.kind}: {', '.join(self.shape)}"
        return f"{said} ({self.note})" if self.note else said


@dataclass(frozen=True, slots=True)
class Difference:
    """Where today's code does something else. `then` and `now` may hold people's words only where `words` is true."""

    what: str
    then: str
    now: str
    words: bool = False


def answered(bodies: Sequence[Json], note: str = "") -> Step:
    """The model has answered."""
    return Step("model", tuple(filter(None, map(_part, bodies))) or (NOTHING,), note=note)


def _part(body: Json) -> str:
    match body.get("type"):
        case "message":
            return f"a message of {len(message_text(body))} characters"
        case "function_call":
            return f"calls {body['name']}"
        case "reasoning":
            return ""
        case other:
            return str(other)


def settled(outputs: Sequence[Json], names: Mapping[str, str], outcomes: Mapping[str, Json]) -> Step:
    """Calls have been answered. What a call came to is its outcome's kind and code."""
    shape = [_came_to(names.get(each["call_id"], "?"), each, outcomes.get(each["call_id"])) for each in outputs]
    return Step("tools", tuple(shape), tuple(_readable(each["output"]) for each in outputs))


def _came_to(name: str, output: Json, outcome: Json | None) -> str:
    if output["output"] == INTERRUPTED or outcome is None:
        return f"{name} → not carried out"
    code = outcome.get("code")
    return f"{name} → {outcome['outcome']}{f' {code}' if code else ''}"


def _readable(output: str) -> str:
    """An output with its parts in one order; of one that was cut only that it was."""
    try:
        value = json.loads(output)
    except ValueError:
        return output
    if isinstance(value, dict) and value.get("truncated"):
        return "truncated"
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def ended(state: TurnState, error: str | None, reply: str | None) -> Step:
    """The turn is over. Whether something was said is its shape, what was said its words."""
    shape = (state.value, *([str(error)] if error else []), "with a reply" if reply is not None else "without a reply")
    return Step("end", shape, (_comparable(reply or ""),))


def _comparable(reply: str) -> str:
    """A reply without what hangs on the moment: whether a job that is open had begun, and the state line."""
    return _OPEN.sub("open", _STATE_LINE.sub("\n\n(states)", reply))


def recorded(journal: Journal, turn: PlayedTurn) -> list[Step]:
    """What the turn did then."""
    entries = journal.of(turn.id)
    names = {e.body["call_id"]: e.body["name"] for e in entries if e.body.get("type") == "function_call"}
    outcomes = {called.call_id: called.outcome for called in turn.tools}
    steps = []
    for group in groups(entries[opening_of(entries) :]):
        bodies = [entry.body for entry in group]
        is_answer = group[0].source is Source.MODEL
        steps.append(answered(bodies) if is_answer else settled(bodies, names, outcomes))
    return [*steps, ended(turn.state, turn.error, turn.reply)]


def differences(then: Sequence[Step], now: Sequence[Step], *, words: bool) -> list[Difference]:
    """Where two turns part, step by step. Words are compared only where there are any.

    What follows a step of another kind is not compared: it is another story.
    """
    found: list[Difference] = []
    for number, (was, done) in enumerate(zip_longest(then, now), 1):
        if was is None or done is None or was.kind != done.kind:
            was_said, is_said = (one.sentence if one else NOTHING for one in (was, done))
            return [*found, Difference(f"step {number}", was_said, is_said)]
        if was.shape != done.shape:
            found.append(Difference(f"step {number}", was.sentence, done.sentence))
        elif words and was.words != done.words:
            found += [
                Difference(f"step {number}, {was.kind}", old, new, words=True)
                for old, new in zip_longest(was.words, done.words, fillvalue="")
                if old != new
            ]
    return found
