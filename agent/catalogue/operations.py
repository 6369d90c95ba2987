"""HeyGen's operations as tools: reads at once, changes with a person's own words or a click, nothing that is paid for.

The model sees handles in place of ids. What each stands for is kept with the outcome of the call that showed it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from pydantic import BaseModel

from agent.catalogue.gates import OWN, Gate, callable_operations, composites_of, gate_of, right_for
from agent.catalogue.handles import free_texts, handles_in, revealed, shown
from agent.catalogue.index import Entry
from agent.ports import Accounts, JobStore, Roles, TurnStore
from agent.records import Job, Json, TurnRecord
from agent.rights import Right, may, roles_towards
from agent.spending import Spending
from agent.tool_calls import ADDED, Failed, Outcome, TryAgain, Value
from agent.toolbox import CallContext, Effect, ToolSpec
from heygen import OPERATIONS, Client, InvalidArguments, NotFound, Operation
from heygen import catalogue as heygen_catalogue

REMEMBERED = 200  # tool calls back, in one conversation
LONGEST_WISH = 1_200  # characters of arguments that a button can carry
WISHED = "Nothing has been changed yet: somebody has to press the button that I have posted."
NOT_YOURS = {
    Right.SEE_LIBRARY: "Only an operator or an admin can look at what others have made.",
    Right.CHANGE_LIBRARY: "Only an operator or an admin can change what the HeyGen account holds.",
    Right.MANAGE_ACCOUNT: "Only an admin can manage the HeyGen account.",
}
WHERE = "They are called R and eight characters, and stand in what a tool has listed in this thread; jobs are J1, J2."


@dataclass(frozen=True, slots=True)
class Wish:
    """A change that somebody has to press a button for: the call, and what it does in words for people.

    `about` are the names of what it concerns, `texts` what would be written down.
    """

    tool: str
    arguments: Json
    purpose: str
    about: tuple[str, ...]
    texts: tuple[str, ...]


class Wishes(Protocol):
    """Where wishes are put before people."""

    async def ask(self, context: CallContext, wish: Wish) -> None:
        """Post the button in the conversation; once for each call."""
        ...


class Deeds(Protocol):
    """The record of what was done in somebody's name."""

    async def changed(self, workspace_id: str, actor: str, operation: str) -> None:
        """Note that `actor` had HeyGen carry out `operation`."""
        ...


class Operations:
    """The tools of the catalogue. One per process."""

    def __init__(
        self,
        *,
        turns: TurnStore,
        jobs: JobStore,
        accounts: Accounts,
        roles: Roles,
        spending: Spending,
        wishes: Wishes,
        deeds: Deeds,
    ) -> None:
        self._turns = turns
        self._jobs = jobs
        self._accounts = accounts
        self._roles = roles
        self._spending = spending
        self._wishes = wishes
        self._deeds = deeds

    def tools(self, taken: Sequence[str] = ()) -> list[ToolSpec]:
        """A tool for each operation that may be called, except those whose name one of ours has `taken`."""
        return [self._tool(operation) for operation in callable_operations() if operation.name not in taken]

    def _tool(self, operation: Operation[Any, Any]) -> ToolSpec:
        async def run(context: CallContext, arguments: BaseModel) -> Outcome:
            return await self.perform(context, operation, arguments)

        reads = operation.effect is heygen_catalogue.Effect.READ
        return ToolSpec(
            operation.name,
            operation.purpose,
            operation.offered,
            Effect.READ if reads else Effect.DESTRUCTIVE,
            run,
            taints=operation.taints,
        )

    def may(self, context: CallContext, name: str) -> bool:
        """Whether a search shows this tool to this person; tools that are no operation of HeyGen's it always shows."""
        operation = OPERATIONS.get(name)
        return operation is None or name in OWN or self.permits(context.turn, operation)

    def permits(self, turn: TurnRecord, operation: Operation[Any, Any]) -> bool:
        """Whether the person of a turn has the right by their roles."""
        return permitted(self._roles, turn.workspace_id, turn.requester, operation)

    async def perform(self, context: CallContext, operation: Operation[Any, Any], arguments: BaseModel) -> Outcome:
        """Carry an operation out, ask for a click first, or say why not. `HeyGenError` passes through."""
        given = arguments.model_dump(mode="json", exclude_none=True)
        known = await self._known(context.turn.conversation_id)
        if unknown := [one for one in handles_in(given) if one not in known]:
            return TryAgain("unknown_handle", f"There is nothing called {unknown[0][:20]!r} here.", WHERE)
        if not self.permits(context.turn, operation) and not await self._own(context.turn, given):
            right = right_for(operation) or Right.CHANGE_LIBRARY
            return Failed("not_allowed", NOT_YOURS[right])
        if await self._needs_click(context, operation, given):
            return await self._wish(context, operation, given, known)
        client = await self._accounts.client(await self._accounts.account_id(context.turn.workspace_id))
        ids = {handle: str(what["id"]) for handle, what in known.items()}
        return await self._call(context, client, operation, revealed(given, ids))

    async def _call(
        self, context: CallContext, client: Client, operation: Operation[Any, Any], arguments: Json
    ) -> Outcome:
        key = context.key if operation.keyed else None
        try:
            answer = await client.call_plain(operation, arguments, idempotency_key=key)
        except InvalidArguments as error:
            place, what = error.problems[0]
            return TryAgain("invalid_arguments", f"{place}: {what}", "Correct the arguments and call again.")
        except NotFound:
            return Failed("not_found", "HeyGen has nothing like that, or not any more.", "List them again.")
        told, kept = shown(answer, context.turn.conversation_id)
        if operation.effect is heygen_catalogue.Effect.READ:
            return Value(told, kept)
        await self._deeds.changed(context.turn.workspace_id, context.turn.requester, operation.name)
        return Value({**told, ADDED: f"HeyGen has done it: {operation.name.replace('_', ' ')}."}, kept)

    async def _needs_click(self, context: CallContext, operation: Operation[Any, Any], given: Json) -> bool:
        """Whether a button has to be pressed first; a press comes as a command. A program cannot press it."""
        if context.turn.origin == "command":
            return False
        if context.turn.exact:
            return gate_of(operation) in (Gate.CLICK, Gate.ASKED)
        match gate_of(operation):
            case Gate.CLICK:
                return True
            case Gate.ASKED:
                return await self._turns.tainted(context.turn.id) or not await self._said(context.turn, given)
            case _:
                return False

    async def _said(self, turn: TurnRecord, given: Json) -> bool:
        """Whether the person's own words of this message hold what would be written down."""
        words = _plain(await self._spending.words_of(turn))
        return all(_plain(text) in words for text in free_texts(given))

    async def _wish(
        self, context: CallContext, operation: Operation[Any, Any], given: Json, known: Mapping[str, Json]
    ) -> Outcome:
        texts = free_texts(given)
        if len(str(given)) > LONGEST_WISH:
            return Failed("too_long", "That is too much for one step.")
        about = [str(known[handle].get("name") or handle) for handle in handles_in(given)]
        await self._wishes.ask(context, Wish(operation.name, given, operation.purpose, tuple(about), tuple(texts)))
        return Value({"done": False, "waits_for": "a press on the button in the thread", ADDED: WISHED})

    async def _own(self, turn: TurnRecord, given: Json) -> bool:
        """Whether all that is concerned are results of this person's own requests."""
        jobs = await self._by_handle(turn.conversation_id)
        handles = handles_in(given)
        mine = [jobs[handle] for handle in handles if handle in jobs]
        if not handles or len(mine) < len(handles):
            return False
        whose = [(await self._jobs.submission(job.submission_id)).requester for job in mine]
        return set(whose) == {turn.requester}

    async def _known(self, conversation_id: str) -> dict[str, Json]:
        """What the handles of a conversation stand for: of its jobs, and of what tools have listed in it."""
        known: dict[str, Json] = {}
        for outcome in await self._turns.recent_outcomes(conversation_id, REMEMBERED):
            known = {**outcome.get("kept", {}), **known}
        jobs = await self._by_handle(conversation_id)
        return known | {
            handle: {"id": job.provider_id, "name": job.label} for handle, job in jobs.items() if job.provider_id
        }

    async def _by_handle(self, conversation_id: str) -> dict[str, Job]:
        return {job.handle: job for job in await self._jobs.conversation_jobs(conversation_id)}


class NotDoneHere:
    """The operations that are not called, and why not. `offered` are the names of all tools there are."""

    def __init__(self, offered: Sequence[str]) -> None:
        self._offered = frozenset(offered)

    def entries(self) -> list[Entry]:
        """Those whose work no tool of ours does."""
        refused = [one for one in OPERATIONS.values() if gate_of(one) in (Gate.COMPOSITE, Gate.SECRET)]
        return [Entry(one.name, one.purpose) for one in refused if self._composite(one) is None]

    def sentence(self, name: str) -> str:
        """Why not, in a sentence."""
        return refusal(OPERATIONS[name], self._composite(OPERATIONS[name]))

    def why_not(self, name: str) -> str | None:
        """Why there is no tool of this name, if it is an operation of HeyGen's."""
        return self.sentence(name) if name in OPERATIONS else None

    def _composite(self, operation: Operation[Any, Any]) -> str | None:
        return next((name for name in composites_of(operation) if name in self._offered), None)


def permitted(roles: Roles, workspace_id: str, user_id: str, operation: Operation[Any, Any]) -> bool:
    """Whether somebody's roles allow an operation."""
    right = right_for(operation)
    appointed = roles.appointed(workspace_id, user_id)
    return right is None or may(right, roles_towards(user_id, user_id, appointed, anybody_approves=False))


def refusal(operation: Operation[Any, Any], composite: str | None) -> str:
    """Why an operation is not called by itself."""
    match gate_of(operation):
        case Gate.SECRET:
            return "What HeyGen answers to this is for an admin's eyes only: it is done at HeyGen's own pages."
        case Gate.HANDSHAKE:
            return f"This is one step of several: {composite or 'a tool of ours'} does them all."
        case _ if composite:
            return f"{composite} does this, with its price and its job."
        case _:
            costs = "" if operation.price.free else "This costs money. "
            return f"{costs}There is no safe way to it in this conversation yet."


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
