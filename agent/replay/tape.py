"""What a turn needs, played from a journal: rows, model and tools answer as they did then, and nothing reaches anybody.

A tape is one turn. It notes every step that today's code takes, and knows how far the journal has been used.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from typing import Any

from agent.conversation import INTERRUPTED
from agent.errors import ModelError
from agent.interruption import Interrupted
from agent.model import Completed, ModelEvent, ModelRequest
from agent.ports import Reply, Used
from agent.records import (
    Conversation,
    InboxRow,
    Interruption,
    Item,
    Job,
    Json,
    Lease,
    ModelCall,
    Source,
    SubmissionState,
    TurnRecord,
    TurnState,
)
from agent.replay.journal import Entry, Journal, PlayedTurn, groups, opening_of
from agent.replay.steps import Step, answered, ended, settled
from agent.schedules import SCHEDULED
from agent.tool_calls import Outcome, from_checkpoint
from agent.toolbox import ALL_EFFECTS, CallContext, Effect, Toolbox, ToolFunction, ToolSpec
from agent.trimming import total
from heygen import OPERATIONS

LINKS = "https://greenroom.invalid"
MODEL_CODES = frozenset(
    {
        *("rate_limited", "quota", "unauthorized", "forbidden", "no_model", "bad_request", "context_length"),
        *("too_long_answer", "refused", "filtered", "stream_incomplete", "timeout", "server", "connection"),
    }
)
OWN_BOUNDS = frozenset({"too_long", "too_many_tokens", "too_many_steps"})
REFUSED_UNSEEN = frozenset({"unknown_tool", "not_offered"})  # codes of calls that no tool has ever seen


class Departed(Exception):
    """Today's code does what it did not do then, so that the journal has no answer to it."""


class RunOut(Exception):
    """The journal ends here because the turn did, for no reason of the turn's own."""


class Tape:
    """One turn of a journal, from its opening on."""

    def __init__(self, journal: Journal, turn: PlayedTurn) -> None:
        self.journal = journal
        self.turn = turn
        self.steps: list[Step] = []
        entries = journal.of(turn.id)
        begun = opening_of(entries)
        self._groups = groups(entries[begun:])
        self._opening = entries[:begun]
        self._used = 0
        self._new: list[Item] = []
        self._outcomes: dict[str, Json] = {}
        self._tools = {called.call_id: called for called in turn.tools}
        self._names: dict[str, str] = {}

    # -- where it stands

    @property
    def now(self) -> float:
        """When the last thing was written that has been used so far."""
        used = self._groups[: self._used]
        return used[-1][-1].at if used else max([self.turn.created_at, *(entry.at for entry in self._opening)])

    @property
    def next_group(self) -> list[Entry] | None:
        """What came next in the log, None where the turn wrote nothing more."""
        return self._groups[self._used] if self._used < len(self._groups) else None

    def log(self) -> list[Item]:
        """The conversation as the turn reads it now: what was there, and what it has written itself."""
        group = self.next_group
        until = group[0].seq if group else None
        others = [
            entry.item
            for entry in self.journal.log
            if entry.turn_id != self.turn.id and (entry.at <= self.now or (until is not None and entry.seq < until))
        ]
        return [*others, *(entry.item for entry in self._opening), *self._new]

    def jobs(self) -> list[Job]:
        """The conversation's jobs as they were."""
        known = [job.at(self.now, self.journal.conversation_id) for job in self.journal.jobs]
        return [job for job in known if job is not None]

    # -- what happens

    def ask(self, request: ModelRequest) -> Completed:
        """The answer of then; what the model is told now is noted with it."""
        group = self.next_group
        if group is None or group[0].source is not Source.MODEL:
            raise self._nothing("asks the model")
        bodies = [entry.body for entry in group]
        size = f"{len(request.input)} items, about {total(request.input)} tokens"
        tools = f"{len(request.tools) + len(request.found)} tools" if request.use_tools else "tools off"
        self.steps.append(answered(bodies, f"{size}, {tools}"))
        self._names |= {body["call_id"]: body["name"] for body in bodies if body.get("type") == "function_call"}
        self._used += 1
        index = sum(each[0].source is Source.MODEL for each in self._groups[: self._used]) - 1
        spare = ModelCall("", "", None, 0, 0, 0)
        return Completed(tuple(bodies), self.turn.calls[index] if index < len(self.turn.calls) else spare)

    def carry_out(self, spec: ToolSpec, call_id: str) -> Outcome:
        """What the call came to then."""
        called = self._tools.get(call_id)
        if called is None or (self._is_over() and self.turn.error not in OWN_BOUNDS):
            raise self._nothing(f"carries out {spec.name}")
        if called.outcome.get("code") in self._unseen(spec):
            raise Departed(f"carries out {spec.name}, which was refused then ({called.outcome['code']})")
        try:
            return from_checkpoint(called.outcome)
        except (KeyError, TypeError) as error:
            raise Departed(f"cannot read what {spec.name} came to then") from error

    def append(self, source: Source, bodies: Sequence[Json]) -> None:
        """The turn writes into the log; outputs are a step."""
        if source is Source.TOOL and bodies:
            self.steps.append(settled(bodies, self._called_names(), self._outcomes))
            group = self.next_group
            self._used += group is not None and group[0].source is Source.TOOL
        last = self._new[-1].seq if self._new else max((entry.seq for entry in self._opening), default=0)
        self._new += [Item(last + 1 + place, self.turn.id, source, body) for place, body in enumerate(bodies)]

    def keep(self, call_id: str, outcome: Json) -> None:
        """A tool call is over."""
        self._outcomes[call_id] = outcome

    def outcomes(self) -> dict[str, Json]:
        """What the calls have come to so far."""
        return dict(self._outcomes)

    def end(self, state: TurnState, error: str | None, reply: str | None) -> None:
        """The turn is over."""
        self.steps.append(ended(state, error, reply))

    def interruption(self) -> Interruption | None:
        """Why it was ended, once there is nothing else left in the journal."""
        return self._why() if self.turn.state is TurnState.CANCELLED and self._is_over() else None

    # -- helpers

    def _why(self) -> Interruption:
        known = {one.value for one in Interruption}
        return Interruption(self.turn.error) if self.turn.error in known else Interruption.STOPPED

    def _nothing(self, deed: str) -> Exception:
        """What comes of a step that the journal has no answer to."""
        failed, error = self.turn.state is TurnState.FAILED, self.turn.error or ""
        if self.turn.state is TurnState.CANCELLED:
            return Interrupted(self._why())
        if not self._is_over() or self.turn.state is TurnState.DONE or error in OWN_BOUNDS:
            return Departed(deed)
        if failed and error in MODEL_CODES:
            return ModelError(error, retryable=False)
        return RunOut(error or self.turn.state.value)

    def _is_over(self) -> bool:
        """Whether nothing is left in the journal but that calls were not carried out."""
        return all(e.body.get("output") == INTERRUPTED for group in self._groups[self._used :] for e in group)

    def _unseen(self, spec: ToolSpec) -> Collection[str]:
        # HeyGen's operations check a part of their arguments themselves, with the same code.
        return REFUSED_UNSEEN if spec.name in OPERATIONS else REFUSED_UNSEEN | {"invalid_arguments"}

    def _called_names(self) -> Mapping[str, str]:
        own = [*(entry.body for entry in self._opening), *(item.body for item in self._new)]
        return self._names | {body["call_id"]: body["name"] for body in own if body.get("type") == "function_call"}


class PlayedTurns:
    """`agent.ports.TurnStore` over a tape."""

    def __init__(self, tape: Tape) -> None:
        self._tape = tape

    async def conversation(self, conversation_id: str) -> Conversation:
        """See the port."""
        return Conversation(conversation_id, self._tape.journal.workspace_id, "", "channel", "0")

    async def items(self, conversation_id: str) -> list[Item]:
        """See the port."""
        return self._tape.log()

    async def begin_turn(
        self,
        lease: Lease,
        row: InboxRow,
        *,
        origin: str,
        requester: str,
        items: Sequence[tuple[Source, Json]],
        tainted: bool = False,
    ) -> TurnRecord:
        """See the port. It begins as it began then."""
        return self._tape.turn.record(row.conversation_id, row.workspace_id)

    async def turn_of_row(self, inbox_id: str) -> TurnRecord | None:
        """See the port."""
        return None

    async def record_model_call(self, lease: Lease, turn_id: str, items: Sequence[Json], call: ModelCall) -> None:
        """See the port."""
        self._tape.append(Source.MODEL, items)

    async def outcomes(self, turn_id: str) -> dict[str, Json]:
        """See the port."""
        return self._tape.outcomes()

    async def recent_outcomes(self, conversation_id: str, limit: int) -> list[Json]:
        """See the port."""
        return list(self._tape.outcomes().values())[::-1][:limit]

    async def record_outcome(
        self, lease: Lease, turn_id: str, *, call_id: str, name: str, outcome: Json, taints: bool = False
    ) -> None:
        """See the port."""
        self._tape.keep(call_id, outcome)

    async def tainted(self, turn_id: str) -> bool:
        """See the port."""
        return self._tape.turn.tainted

    async def mixed(self, turn_id: str) -> bool:
        """See the port."""
        return self._tape.turn.tainted

    async def append_outputs(self, lease: Lease, turn_id: str, outputs: Sequence[Json]) -> None:
        """See the port."""
        self._tape.append(Source.TOOL, outputs)

    async def finish_turn(
        self,
        lease: Lease,
        turn_id: str,
        *,
        state: TurnState,
        reply: str | None,
        items: Sequence[tuple[Source, Json]] = (),
        call: ModelCall | None = None,
        error: str | None = None,
    ) -> str | None:
        """See the port."""
        for source in (Source.MODEL, Source.TOOL):
            self._tape.append(source, [body for given, body in items if given is source])
        self._tape.end(state, error, reply)
        return None

    async def defer_turn(self, lease: Lease, turn_id: str, *, not_before: float, error: str) -> None:
        """See the port. Errors of the model are played as the last of their kind."""
        raise Departed(f"would try again after {error}")

    async def interruption(self, turn_id: str) -> Interruption | None:
        """See the port."""
        return self._tape.interruption()

    async def name_source(self, conversation_id: str, kind: str, value: str) -> str:
        """See the port."""
        return f"{kind}1"

    async def resolve_source(self, conversation_id: str, handle: str) -> str | None:
        """See the port."""
        return None


class PlayedJobs:
    """As much of `agent.ports.JobStore` as a turn asks for itself."""

    def __init__(self, tape: Tape) -> None:
        self._tape = tape

    async def conversation_jobs(self, conversation_id: str) -> list[Job]:
        """See the port."""
        return self._tape.jobs()

    async def unsent(self, conversation_id: str) -> Mapping[str, SubmissionState]:
        """See the port. What waited for whom is in no journal."""
        return {}


class PlayedModel:
    """`agent.model.Model`: answers what it answered."""

    def __init__(self, tape: Tape) -> None:
        self._tape = tape

    async def respond(self, request: ModelRequest) -> AsyncGenerator[ModelEvent, None]:
        """See the port."""
        yield self._tape.ask(request)


class Silent:
    """`agent.ports.Replies` and `Reply`: nobody sees anything. `Budget`: nothing is known."""

    def open(self, lease: Lease, turn: TurnRecord, conversation: Conversation) -> Reply:
        """See the port."""
        return self

    async def status(self, text: str) -> None:
        """See the port."""

    async def append(self, text: str) -> None:
        """See the port."""

    async def settle(self, delivery_id: str | None, text: str | None) -> None:
        """See the port."""

    async def steps(self, steps: Sequence[object]) -> None:
        """See the port."""

    async def restart(self) -> None:
        """See the port."""

    async def used(self, workspace_id: str, conversation_id: str, requester: str) -> Sequence[Used]:
        """See the port."""
        return ()


class PlayedLinks:
    """`agent.ports.JobLinks`: as a journal writes our links."""

    def link(self, job: Job) -> str | None:
        """See the port."""
        return f"{LINKS}/{job.handle}" if job.link_id else None


class PlayedLimits:
    """`agent.runner.Limits`: what was left to the requester."""

    def __init__(self, turn: PlayedTurn) -> None:
        self._turn = turn

    async def effects(self, turn: TurnRecord) -> Collection[Effect]:
        """See the port."""
        allowed = self._turn.allowed
        return ALL_EFFECTS if allowed is None else [effect for effect in Effect if effect in allowed]


class PlayedClock:
    """`agent.ports.Clock`: the time of then, which nobody can wait for."""

    def __init__(self, tape: Tape) -> None:
        self._tape = tape

    def now(self) -> float:
        """See the port."""
        return self._tape.now

    async def sleep(self, seconds: float) -> None:
        """See the port."""
        await asyncio.Event().wait()


def played_tools(toolbox: Toolbox, tape: Tape) -> Toolbox:
    """Today's tools, which check their arguments as today and answer as then."""

    def run_of(spec: ToolSpec) -> ToolFunction:
        async def run(context: CallContext, arguments: Any) -> Outcome:
            return tape.carry_out(spec, context.call_id)

        return run

    return toolbox.carried_out_by(run_of)


def row_of(journal: Journal, turn: PlayedTurn) -> InboxRow:
    """What brought the turn about, as far as a turn that begins from a journal looks at it."""
    payload: Json = {"user": turn.requester, "text": "", "note": "", "name": "", "arguments": {}, "files": []}
    kind = turn.origin if turn.origin in ("command", "mcp", SCHEDULED) else "message"
    return InboxRow(0, turn.id, journal.conversation_id, journal.workspace_id, kind, payload)
