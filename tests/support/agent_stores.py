"""The agent's turn store in memory, as its port describes it. The job store is in `agent_job_store`.

A store can be told to crash at a named step (`crash`) and to give a lease away (`take_over`), so that a test can
stop a turn at any checkpoint and go on with a new runner over the same rows.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

from agent.errors import LeaseLost
from agent.ports import Clock
from agent.records import (
    Conversation,
    InboxRow,
    Interruption,
    Item,
    Json,
    Lease,
    ModelCall,
    Source,
    TurnRecord,
    TurnState,
)

OWNER = "worker"
FINAL = frozenset({TurnState.DONE, TurnState.FAILED, TurnState.CANCELLED})
CONVERSATION = Conversation("C1", "W1", "CH1", "channel", "1700000000.000100")


class Crash(Exception):
    """The process died here."""


class Steps:
    """What a test arranges for a store's next write of a name: `crash("append_outputs")`, or anything with `on`.

    Things happen before the write, or with `after=True` once it is committed; each of them once.
    """

    def __init__(self) -> None:
        self._arranged: dict[tuple[str, bool], Callable[[], object]] = {}

    def crash(self, step: str, *, after: bool = False) -> None:
        """The process dies at `step`."""

        def die() -> None:
            raise Crash(step)

        self.on(step, die, after=after)

    def on(self, step: str, action: Callable[[], object], *, after: bool = False) -> None:
        """`action` happens at `step`."""
        self._arranged[step, after] = action

    def before(self, step: str) -> None:
        """Called as a step begins."""
        self._arranged.pop((step, False), bool)()

    def after(self, step: str) -> None:
        """Called once a step is committed."""
        self._arranged.pop((step, True), bool)()


class FakeTurnStore(Steps):
    """`agent.ports.TurnStore` over dictionaries. `replies` are the queued deliveries: (turn id, text)."""

    def __init__(self, clock: Clock, conversation: Conversation = CONVERSATION) -> None:
        super().__init__()
        self._clock = clock
        self._conversation = conversation
        self._epoch = 1
        self._outcomes: dict[str, dict[str, Json]] = {}
        self._sources: dict[str, str] = {}
        self.log: list[Item] = []
        self.turns: dict[str, TurnRecord] = {}
        self.replies: list[tuple[str, str]] = []
        self.calls: list[ModelCall] = []
        self._about_message: dict[str | None, Interruption] = {}
        self._stopped: set[str] = set()

    def lease(self) -> Lease:
        """A fresh claim on the conversation's lane; whoever held it before has lost it."""
        self._epoch += 1
        return Lease(self._conversation.id, OWNER, self._epoch)

    take_over = lease

    def add(self, source: Source, body: Json, turn_id: str | None = None) -> None:
        """Append one item to the log."""
        self.log.append(Item(len(self.log) + 1, turn_id, source, body))

    def interrupt(self, why: Interruption, ts: str = "row1.ts") -> None:
        """Something happened to the message `ts`; a stop is for all turns that are there."""
        if why is Interruption.STOPPED:
            self._stopped.update(self.turns)
        else:
            self._about_message.setdefault(ts, why)

    async def conversation(self, conversation_id: str) -> Conversation:
        if conversation_id != self._conversation.id:
            raise KeyError(conversation_id)
        return self._conversation

    async def items(self, conversation_id: str) -> list[Item]:
        return list(self.log)

    async def turn_of_row(self, inbox_id: str) -> TurnRecord | None:
        return next((turn for turn in self.turns.values() if turn.inbox_id == inbox_id), None)

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
        self._enter("begin_turn", lease)
        if existing := await self.turn_of_row(row.id):
            if existing.state is TurnState.QUEUED:
                self._change(existing.id, state=TurnState.RUNNING)
            return self.turns[existing.id]
        turn = TurnRecord(
            id=f"turn_{row.id}",
            workspace_id=row.workspace_id,
            conversation_id=row.conversation_id,
            inbox_id=row.id,
            origin=origin,
            requester=requester,
            message_ts=row.payload.get("ts"),
            state=TurnState.RUNNING,
            created_at=self._clock.now(),
            tainted=tainted,
        )
        self.turns[turn.id] = turn
        self._append(turn.id, items)
        self.after("begin_turn")
        return turn

    async def record_model_call(self, lease: Lease, turn_id: str, items: Sequence[Json], call: ModelCall) -> None:
        self._enter("record_model_call", lease)
        self._append(turn_id, [(Source.MODEL, body) for body in items])
        self._count(turn_id, call)
        self.after("record_model_call")

    async def outcomes(self, turn_id: str) -> dict[str, Json]:
        return dict(self._outcomes.get(turn_id, {}))

    async def recent_outcomes(self, conversation_id: str, limit: int) -> list[Json]:
        mine = [turn for turn in self.turns.values() if turn.conversation_id == conversation_id]
        bodies = [body for turn in mine for body in self._outcomes.get(turn.id, {}).values()]
        return bodies[::-1][:limit]

    async def record_outcome(
        self, lease: Lease, turn_id: str, *, call_id: str, name: str, outcome: Json, taints: bool = False
    ) -> None:
        self._enter("record_outcome", lease)
        if taints:
            self._change(turn_id, tainted=True)
        self._outcomes.setdefault(turn_id, {}).setdefault(call_id, outcome)
        self.after("record_outcome")

    async def append_outputs(self, lease: Lease, turn_id: str, outputs: Sequence[Json]) -> None:
        self._enter("append_outputs", lease)
        self._append(turn_id, [(Source.TOOL, body) for body in outputs])
        self.after("append_outputs")

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
        if state not in FINAL:
            raise ValueError(state)
        self._enter("finish_turn", lease)
        if self.turns[turn_id].state in FINAL:
            return next((f"delivery_{owner}" for owner, _ in self.replies if owner == turn_id), None)
        self._append(turn_id, items)
        if call is not None:
            self._count(turn_id, call)
        self._change(turn_id, state=state, error=error)
        if reply is not None:
            self.replies.append((turn_id, reply))
        self.after("finish_turn")
        return None if reply is None else f"delivery_{turn_id}"

    async def defer_turn(self, lease: Lease, turn_id: str, *, not_before: float, error: str) -> None:
        self._enter("defer_turn", lease)
        if self.turns[turn_id].state in FINAL:
            return
        self._change(turn_id, attempts=self.turns[turn_id].attempts + 1, not_before=not_before, error=error)

    async def tainted(self, turn_id: str) -> bool:
        return turn_id in self.turns and self.turns[turn_id].tainted

    async def mixed(self, turn_id: str) -> bool:
        own = self.turns[turn_id]
        here = [turn for turn in self.turns.values() if turn.conversation_id == own.conversation_id]
        return any(turn.tainted or turn.requester != own.requester for turn in here)

    async def interruption(self, turn_id: str) -> Interruption | None:
        self.before("interruption")
        turn = self.turns[turn_id]
        about = None if turn.message_ts is None else self._about_message.get(turn.message_ts)
        return about or (Interruption.STOPPED if turn_id in self._stopped else None)

    async def name_source(self, conversation_id: str, kind: str, value: str) -> str:
        known = [handle for handle, named in self._sources.items() if named == value and handle[0] == kind]
        handle = known[0] if known else f"{kind}{1 + sum(name[0] == kind for name in self._sources)}"
        self._sources[handle] = value
        return handle

    async def resolve_source(self, conversation_id: str, handle: str) -> str | None:
        return self._sources.get(handle)

    def _enter(self, step: str, lease: Lease) -> None:
        self.before(step)
        if lease.epoch != self._epoch:
            raise LeaseLost(step)

    def _append(self, turn_id: str, items: Sequence[tuple[Source, Json]]) -> None:
        for source, body in items:
            self.add(source, body, turn_id)

    def _count(self, turn_id: str, call: ModelCall) -> None:
        self.calls.append(call)
        turn = self.turns[turn_id]
        tokens = turn.tokens + call.input_tokens + call.output_tokens
        self._change(turn_id, model_calls=turn.model_calls + 1, tokens=tokens)

    def _change(self, turn_id: str, **values: Any) -> None:
        self.turns[turn_id] = dataclasses.replace(self.turns[turn_id], **values)
