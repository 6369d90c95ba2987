"""Drives a turn: asks the state machine for the next step and performs it. Every effect is a checkpoint.

Whoever runs a turn again after a crash sees the same log and goes on from there: an answer that was stored is not
asked for again, a finished tool call is not repeated, and an unfinished one runs under the same key.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import random
from collections.abc import Collection, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Protocol, assert_never

import structlog
from structlog.contextvars import bound_contextvars

from agent import prompts, sentences
from agent.answer import final_text, finished, outgoing_context
from agent.catalogue.finding import found_in
from agent.conversation import INTERRUPTED, open_calls
from agent.errors import LeaseLost, ModelError, SourceRefused
from agent.facts import facts_block
from agent.interruption import Interrupted, Watch
from agent.live.records import LiveSession
from agent.model import Completed, Model, ModelRequest
from agent.outgoing import OutgoingContext, OutgoingFilter
from agent.ports import Budget, Clock, JobLinks, JobStore, Replies, Reply, TurnStore, Used
from agent.recall import SHARES, Recall
from agent.records import (
    EXACT,
    Conversation,
    InboxRow,
    Item,
    Job,
    Json,
    Lease,
    ModelCall,
    Source,
    TurnRecord,
    TurnState,
)
from agent.request import opening
from agent.schedules import SCHEDULED
from agent.spans import NO_SPANS, event_of
from agent.steps import Step as Shown
from agent.steps import StepState, state_of, title_of
from agent.tool_calls import Failed, Outcome, for_person, from_checkpoint, output_item, to_checkpoint
from agent.toolbox import ALL_EFFECTS, READ_ONLY, CallContext, Effect, Planned, Toolbox, call_key
from agent.turn import Bounds, CallModel, Finish, GiveUp, Report, Settle, Step, Turn
from agent.video_agents.records import AgentSession, tools_for
from heygen import HeyGenError

log = structlog.get_logger(__name__)

PARALLEL_CALLS = 4
RETRY_CAP = 60.0
RETRY_WINDOW = 600.0
DEFAULT_BOUNDS = Bounds()
PERSONAL = frozenset({"message", "command", SCHEDULED})
PROGRAMS = frozenset({Effect.READ, Effect.SUBMIT, Effect.DESTRUCTIVE})  # a live session is between people


@dataclass(frozen=True, slots=True)
class Parked:
    """The turn waits; run it again at `not_before`."""

    not_before: float


class OpenLive(Protocol):
    """Which live sessions are open."""

    async def open_session(self, conversation_id: str) -> LiveSession | None:
        """The conversation's session that has not ended."""
        ...


class OpenAgents(Protocol):
    """Which video agents a conversation has."""

    async def sessions(self, conversation_id: str) -> Sequence[AgentSession]:
        """All of them, oldest first."""
        ...


class Limits(Protocol):
    """How much is done for whom."""

    async def effects(self, turn: TurnRecord) -> Collection[Effect]:
        """What tools may do for the turn's requester; nothing at all for whom we do not work."""
        ...


class Runner:
    """Runs turns. One per process; holds no state of any turn. Without `live` there are no live sessions.

    Without `limits` everything is done for everybody.
    """

    def __init__(
        self,
        *,
        turns: TurnStore,
        jobs: JobStore,
        toolbox: Toolbox,
        model: Model,
        replies: Replies,
        links: JobLinks,
        budget: Budget,
        clock: Clock,
        secret: bytes,
        bounds: Bounds = DEFAULT_BOUNDS,
        live: OpenLive | None = None,
        agents: OpenAgents | None = None,
        limits: Limits | None = None,
        recall: Recall | None = None,
    ) -> None:
        self.turns = turns
        self.jobs = jobs
        self.toolbox = toolbox
        self.model = model
        self.replies = replies
        self.links = links
        self.budget = budget
        self.clock = clock
        self.bounds = bounds
        self.live = live
        self.agents = agents
        self.limits = limits
        self.recall = recall or Recall()
        self.spans = NO_SPANS
        self._secret = secret

    async def run(self, lease: Lease, row: InboxRow) -> Parked | None:
        """Bring the turn of an inbox row to its end, or as far as it goes now. `LeaseLost` when taken over."""
        start = await opening(self.turns, row)
        turn = await self.turns.begin_turn(
            lease, row, origin=start.origin, requester=start.requester, items=start.items, tainted=start.tainted
        )
        if turn.not_before > self.clock.now():
            return Parked(turn.not_before)
        conversation = await self.turns.conversation(row.conversation_id)
        facts: Json = {"origin": turn.origin, "attempt": turn.attempts + 1}
        under = event_of(turn.id) if row.kind not in (SCHEDULED, "mcp") else None
        named = bound_contextvars(conversation=row.conversation_id, turn=turn.id)
        with named, self.spans.span("turn", turn=turn.id, under=under, **facts) as span:
            log.info("turn_begun", **facts, model_calls=turn.model_calls)
            one = _Run(self, lease, turn, conversation)
            parked = await one.run()
            span.add(state=one.ended or "parked")
            return parked

    async def has_begun(self, row: InboxRow) -> bool:
        """Whether a turn exists for the row."""
        return await self.turns.turn_of_row(row.id) is not None

    async def abandon(self, lease: Lease, row: InboxRow) -> bool:
        """End the row's turn with a word to the person, after faults of ours; False when there is no turn to end."""
        turn = await self.turns.turn_of_row(row.id)
        if turn is None and row.kind in ("message", *EXACT):
            start = await opening(self.turns, row)
            turn = await self.turns.begin_turn(
                lease, row, origin=start.origin, requester=start.requester, items=start.items, tainted=start.tainted
            )
        if turn is None:
            return False
        conversation = await self.turns.conversation(row.conversation_id)
        with bound_contextvars(conversation=row.conversation_id, turn=turn.id):
            await _Run(self, lease, turn, conversation).abandon()
        return True

    def person(self, turn: TurnRecord) -> str:
        """A keyed hash that stands for the requester at the model's provider."""
        text = f"{turn.workspace_id}|{turn.requester}".encode()
        return hmac.new(self._secret, text, hashlib.sha256).hexdigest()[:40]


class _Run:
    """One attempt at one turn."""

    def __init__(self, runner: Runner, lease: Lease, turn: TurnRecord, conversation: Conversation) -> None:
        self._runner = runner
        self._lease = lease
        self._turn = turn
        self._calls = turn.model_calls
        self._tokens = turn.tokens
        self._reply: Reply = runner.replies.open(lease, turn, conversation)
        self._watch = Watch(runner.turns, runner.clock, turn.id)
        self._history = 0
        self._of_use: list[str] = []
        self.ended: TurnState | None = None
        # What no person has asked for may look, but neither spend nor change anything.
        self._allowed = ALL_EFFECTS
        self._effects = ALL_EFFECTS if turn.origin in PERSONAL else PROGRAMS if turn.exact else READ_ONLY

    async def run(self) -> Parked | None:
        """Step until the turn ends or has to wait."""
        try:
            if not await self._limited():
                await self._end(await self._bodies(), TurnState.DONE, sentences.NOT_FOR_OUTSIDERS)
                return None
            while True:
                items = await self._runner.turns.items(self._turn.conversation_id)
                own = [item for item in items if item.turn_id == self._turn.id]
                await self._watch.check()
                if await self._perform(self._position(own).step(), items, own):
                    return None
        except Interrupted as stop:
            await self._end(await self._bodies(), TurnState.CANCELLED, None, stop.why)
            return None
        except ModelError as error:
            return await self._model_failed(error)

    async def _limited(self) -> bool:
        """Keep to what is done for the requester; False where that is nothing."""
        if self._runner.limits is None:
            return True
        self._allowed = frozenset(await self._runner.limits.effects(self._turn))
        self._effects = self._effects & self._allowed
        return bool(self._allowed)

    async def _bodies(self) -> list[Json]:
        """The wire items of this turn so far."""
        items = await self._runner.turns.items(self._turn.conversation_id)
        return [item.body for item in items if item.turn_id == self._turn.id]

    async def abandon(self) -> None:
        """End the turn as failed."""
        await self._end(await self._bodies(), TurnState.FAILED, sentences.for_internal(self._turn.id), "internal")

    def _position(self, own: Sequence[Item]) -> Turn:
        return Turn(
            items=own,
            conversational=not self._turn.exact,
            model_calls=self._calls,
            tokens=self._tokens,
            age=self._runner.clock.now() - self._turn.created_at,
            bounds=self._runner.bounds,
        )

    async def _perform(self, step: Step, items: Sequence[Item], own: Sequence[Item]) -> bool:
        """Do one step; True when the turn has ended."""
        match step:
            case CallModel(tools):
                return await self._ask(items, tools)
            case Settle(calls):
                await self._settle(calls)
                return False
            case Finish(text):
                context = await self._context(items)
                await self._end(bodies_of(own), TurnState.DONE, finished(text, context, await self._outcomes()))
            case Report():
                await self._end(bodies_of(own), TurnState.DONE, await self._report())
            case GiveUp(code):
                await self._give_up(bodies_of(own), code)
            case _:
                assert_never(step)
        return True

    # -- the model ---------------------------------------------------------------------------------------------

    async def _ask(self, items: Sequence[Item], tools: bool) -> bool:
        jobs = await self._runner.jobs.conversation_jobs(self._turn.conversation_id)
        context = outgoing_context(items, jobs, await self._outcomes(), self._runner.links)
        await self._reply.status("is thinking…")
        person = self._runner.person(self._turn)
        digest = await self._watch.over(self._runner.recall.digest(self._lease, self._turn, items, person))
        told = self._runner.recall.input(items, digest, await self._facts(jobs), self._history)
        request = self._request(items, told, tools)
        answer = await self._watch.over(self._stream(request, context))
        self._count(answer.call)
        if open_calls(answer.items):
            await self._runner.turns.record_model_call(self._lease, self._turn.id, answer.items, answer.call)
            if not tools:  # some models call although they must not: those calls are not carried out
                await self._give_up(answer.items, "too_many_steps")
                return True
            await self._reply.status("is working on it…")
            return False
        text = finished(final_text(answer.items), context, await self._outcomes())
        stored = [(Source.MODEL, body) for body in answer.items]
        delivery = await self._runner.turns.finish_turn(
            self._lease, self._turn.id, state=TurnState.DONE, reply=text, items=stored, call=answer.call
        )
        self._log_end(TurnState.DONE, None)
        await self._reply.settle(delivery, text)
        return True

    async def _facts(self, jobs: Sequence[Job]) -> str:
        live = self._runner.live
        session = await live.open_session(self._turn.conversation_id) if live else None
        now = self._runner.clock.now()
        unsent = await self._runner.jobs.unsent(self._turn.conversation_id)
        agents = self._runner.agents
        sessions = await agents.sessions(self._turn.conversation_id) if agents else ()
        self._of_use = tools_for(sessions)
        kept = await self._runner.recall.facts(self._turn)
        usual = await self._runner.recall.usual(self._turn)
        return facts_block(jobs, now, await self._budget(), unsent, session, sessions, kept, usual)

    async def _budget(self) -> Sequence[Used]:
        turn = self._turn
        return await self._runner.budget.used(turn.workspace_id, turn.conversation_id, turn.requester)

    def _count(self, call: ModelCall) -> None:
        self._calls += 1
        self._tokens += call.input_tokens + call.output_tokens
        tokens = {"input_tokens": call.input_tokens, "output_tokens": call.output_tokens}
        log.info("model_answered", response=call.response_id, request_id=call.request_id, **tokens)

    def _request(self, items: Sequence[Item], told: Sequence[Json], tools: bool) -> ModelRequest:
        toolbox = self._runner.toolbox
        own = [item for item in items if item.turn_id == self._turn.id]
        found = toolbox.named((one for one in found_in(bodies_of(own)) if one not in self._of_use), self._effects)
        of_use = toolbox.named(self._of_use, self._effects)
        return ModelRequest(
            instructions=prompts.INSTRUCTIONS,
            input=told,
            tools=toolbox.definitions(self._effects, found=len(found) + len(self._of_use)) + of_use,
            found=found,
            use_tools=tools,
            cache_key=f"{self._turn.workspace_id}-{prompts.VERSION}"[:64],
            person=self._runner.person(self._turn),
        )

    async def _stream(self, request: ModelRequest, context: OutgoingContext) -> Completed:
        """The whole answer; text is shown while it comes, a safe piece at a time."""
        outgoing = OutgoingFilter(context)
        streamed = False
        async with aclosing(self._runner.model.respond(request)) as events:
            async for event in events:
                if isinstance(event, Completed):
                    if streamed and open_calls(event.items):
                        await self._reply.restart()  # what looked like the answer was only talk before a tool call
                    return event
                if event.final and (text := outgoing.feed(event.text)):
                    streamed = True
                    await self._reply.append(text)
        raise ModelError("stream_incomplete", retryable=True)

    async def _model_failed(self, error: ModelError) -> Parked | None:
        runner, turn = self._runner, self._turn
        log.warning("model_failed", code=error.code, status=error.status, request_id=error.request_id)
        if error.code == "context_length" and self._history + 1 < len(SHARES):
            self._history += 1
            return await self.run()
        await self._reply.restart()
        attempts = turn.attempts + 1
        now = runner.clock.now()
        if error.retryable and attempts < runner.bounds.attempts and now - turn.created_at < RETRY_WINDOW:
            not_before = now + retry_wait(attempts, error.retry_after)
            await runner.turns.defer_turn(self._lease, turn.id, not_before=not_before, error=error.code)
            log.info("turn_parked", code=error.code, attempts=attempts, seconds=round(not_before - now, 1))
            await self._reply.status("is waiting for the language model…")
            return Parked(not_before)
        sentence = sentences.for_model_error(error, turn.id)
        await self._end(await self._bodies(), TurnState.FAILED, sentence, error.code)
        return None

    # -- tool calls --------------------------------------------------------------------------------------------

    async def _settle(self, calls: Sequence[Json]) -> None:
        known = await self._runner.turns.outcomes(self._turn.id)
        # What a schedule may spend by itself is counted call by call.
        gate = asyncio.Semaphore(1 if self._turn.origin == SCHEDULED else PARALLEL_CALLS)
        await self._show_steps([call for call in calls if call["call_id"] not in known], StepState.PENDING)
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(self._settled(call, known, gate)) for call in calls]
        except ExceptionGroup as failures:
            lost = [error for error in failures.exceptions if isinstance(error, LeaseLost)]
            raise (lost or failures.exceptions)[0] from failures  # one is enough to stop the turn, LeaseLost above all
        outputs = [output_item(call["call_id"], task.result()) for call, task in zip(calls, tasks, strict=True)]
        await self._runner.turns.append_outputs(self._lease, self._turn.id, outputs)

    async def _settled(self, call: Json, known: Mapping[str, Json], gate: asyncio.Semaphore) -> Outcome:
        call_id = call["call_id"]
        if call_id in known:
            return from_checkpoint(known[call_id])
        async with gate:
            await self._show_steps([call], StepState.IN_PROGRESS)
            outcome, theirs = await self._call(call)
        await self._runner.turns.record_outcome(
            self._lease,
            self._turn.id,
            call_id=call_id,
            name=call["name"][:64],
            outcome=to_checkpoint(outcome),
            taints=theirs,
        )
        await self._show_steps([call], state_of(outcome))
        return outcome

    async def _show_steps(self, calls: Sequence[Json], state: StepState) -> None:
        """Where somebody talks with us; what was typed or pressed is one step that everybody knows."""
        if self._turn.exact:
            return
        await self._reply.steps([Shown(call["call_id"], title_of(call["name"]), state) for call in calls])

    async def _call(self, call: Json) -> tuple[Outcome, bool]:
        """What a call came to, and whether it holds words of others."""
        plan = self._runner.toolbox.plan(call["name"], call["arguments"], self._effects)
        if isinstance(plan, Failed) and plan.code == "not_allowed" and self._allowed != ALL_EFFECTS:
            return Failed("not_allowed", sentences.ONLY_LOOKING), False
        if not isinstance(plan, Planned):
            return plan, False
        key = call_key(self._turn.id, call["call_id"])
        context = CallContext(self._lease, self._turn, call["call_id"], key)
        try:
            return await plan.spec.run(context, plan.arguments), plan.spec.holds_others(plan.arguments)
        except LeaseLost:
            raise
        except SourceRefused as error:
            refused = Failed(error.code, error.sentence, retryable=error.retryable)
            return refused, plan.spec.holds_others(plan.arguments)
        except HeyGenError as error:
            log.warning("tool_failed", tool=plan.spec.name, error=str(error))
            code, sentence = sentences.reason_code(error), sentences.for_heygen(error)
            return Failed(code, sentence, retryable=error.retryable, retry_after=error.retry_after), True

    # -- the end -----------------------------------------------------------------------------------------------

    async def _give_up(self, bodies: Sequence[Json], code: str) -> None:
        await self._end(bodies, TurnState.FAILED, sentences.for_give_up(code, self._turn.id), code)

    async def _end(self, bodies: Sequence[Json], state: TurnState, reply: str | None, error: str | None = None) -> None:
        """Commit the end of the turn (open calls get an output, so that the log stays whole), then show it.

        A program is answered by the outcome of its call: nothing is said in the thread.
        """
        reply = None if self._turn.origin == "mcp" else reply
        calls = open_calls(bodies)
        outputs: list[tuple[Source, Json]] = [
            (Source.TOOL, {"type": "function_call_output", "call_id": call["call_id"], "output": INTERRUPTED})
            for call in calls
        ]
        delivery = await self._runner.turns.finish_turn(
            self._lease, self._turn.id, state=state, reply=reply, items=outputs, error=error
        )
        self._log_end(state, error)
        await self._reply.settle(delivery, reply)

    def _log_end(self, state: TurnState, error: str | None) -> None:
        self.ended = state
        log.info("turn_finished", state=state, error=error, model_calls=self._calls, tokens=self._tokens)

    async def _report(self) -> str:
        """What came of a command's calls, for the person."""
        return "\n".join(map(for_person, await self._outcomes()))

    async def _outcomes(self) -> list[Outcome]:
        """What this turn's tool calls have come to so far."""
        return [from_checkpoint(each) for each in (await self._runner.turns.outcomes(self._turn.id)).values()]

    async def _context(self, items: Sequence[Item]) -> OutgoingContext:
        jobs = await self._runner.jobs.conversation_jobs(self._turn.conversation_id)
        return outgoing_context(items, jobs, await self._outcomes(), self._runner.links)


def bodies_of(items: Sequence[Item]) -> list[Json]:
    """The wire items of a log."""
    return [item.body for item in items]


def retry_wait(attempt: int, asked: float | None) -> float:
    """Seconds before attempt `attempt` + 1: what the server asked for, else full jitter under a growing cap."""
    if asked is not None:
        return min(asked, RETRY_WINDOW)
    return random.uniform(0.5, min(RETRY_CAP, 2.0**attempt))  # noqa: S311 - jitter, not a secret
