"""Calling a person, offering a live avatar, ending one: what a conversation that needs a face is given.

Nothing here costs anything. A session costs money once the requester has pressed Join, read what it is and agreed on
its page; the longest it may last is fixed when it is offered, by what the caps leave then.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, assert_never

from agent.conversation import message_text
from agent.live.records import CommandKind, LiveSession, LiveState, NewLiveSession
from agent.money import dollars
from agent.plain_text import one_line
from agent.ports import Budget, Roles, TurnStore, Used
from agent.reading import NoArguments
from agent.records import Json, Source, TurnRecord
from agent.request import own_words
from agent.rights import Right, may, roles_towards
from agent.tool_calls import ADDED, Failed, Outcome, Value
from agent.toolbox import CallContext, Effect, ToolSpec

REASON_LIMIT = 300
NO_REASON = "No reason was given."
TAINTED = Failed("not_allowed", "Not after reading what others wrote.", "`/heygen live` and the buttons do it.")
NO_AVATAR = Failed("not_configured", "Live avatars are not set up here.", "A person of the team can be called instead.")
NOBODY = Failed(
    "not_configured",
    "Live avatars are not set up here, and nobody is appointed to answer calls.",
    "An admin can change that in my Home, if LiveAvatar is offered there; else with `LIVEAVATAR_API_KEY`, "
    "`LIVEAVATAR_AVATAR_ID`, `PUBLIC_URL` and `OPERATORS`.",
)

_TYPED = re.compile(r"^\s*/heygen\s+\w+\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveTerms:
    """What live sessions cost and how long things take: micro-dollars, minutes, seconds."""

    price_per_minute: int
    max_minutes: int
    auto_approve_max: int
    call_seconds: float
    offer_seconds: float


class LiveDoor(Protocol):
    """The rows of live sessions, as far as a turn opens and ends them."""

    async def open(self, new: NewLiveSession) -> LiveSession:
        """Write a session down with its card; the one that has its key, or the conversation's open one, if any."""
        ...

    async def open_session(self, conversation_id: str) -> LiveSession | None:
        """The conversation's session that has not ended."""
        ...

    async def decline(self, session_id: str, actor: str) -> object:
        """Withdraw one that nobody has joined."""
        ...

    async def command(
        self, session_id: str, kind: CommandKind, *, actor: str, text: str, message_ts: str | None, key: str
    ) -> bool:
        """Hand something to a running session, once per key; False when it does not run (any more)."""
        ...


class LiveAccountOf(Protocol):
    """Finds LiveAvatar accounts."""

    async def current(self, workspace_id: str) -> str | None:
        """The account for a workspace's next session. None where none can be held; people can still be called then."""
        ...


def live_account_id(workspace_id: str) -> str:
    """The LiveAvatar account that the settings give a workspace: money of its own, beside HeyGen's."""
    return f"{workspace_id}-liveavatar"


def minutes_left(used: Sequence[Used], price_per_minute: int, most: int) -> int:
    """How many whole minutes the caps have room for, at most `most`."""
    if price_per_minute <= 0:
        return most
    left = [(one.cap - one.held - one.charged) // price_per_minute for one in used if one.cap is not None]
    return max(min([most, *left]), 0)


class Escalation:
    """The tools. One per process. `called` says whether somebody is appointed to answer calls in a workspace.

    `kick` has the loops look around, so that the card comes at once.
    """

    def __init__(
        self,
        *,
        turns: TurnStore,
        live: LiveDoor,
        budget: Budget,
        roles: Roles,
        terms: LiveTerms,
        accounts: LiveAccountOf,
        called: Callable[[str], bool],
        kick: Callable[[], None],
    ) -> None:
        self._turns = turns
        self._live = live
        self._budget = budget
        self._roles = roles
        self._terms = terms
        self._accounts = accounts
        self._called = called
        self._kick = kick

    def tools(self) -> list[ToolSpec]:
        """The tool specifications."""
        return [
            ToolSpec(
                "ask_for_human",
                "Call a person of the team into this thread. If nobody is free, a live avatar is offered. For somebody "
                "who asks for a person, or whom you could not help.",
                NoArguments,
                Effect.LIVE,
                self.ask,
            ),
            ToolSpec(
                "start_live_avatar",
                "Offer a live video session with an avatar that speaks your answers. The person sees what it costs and "
                "decides; nothing begins before they join.",
                NoArguments,
                Effect.LIVE,
                self.start,
            ),
            ToolSpec(
                "end_live_avatar",
                "End this thread's live session, or withdraw its offer.",
                NoArguments,
                Effect.DESTRUCTIVE,
                self.end,
            ),
        ]

    async def ask(self, context: CallContext, _: NoArguments) -> Outcome:
        """Call the operators; where there are none, offer the avatar at once.

        Asking costs nothing, so it is allowed after reading what others wrote; but then an approver has to look before
        anybody can join.
        """
        return await self._opened(context, call=self._called(context.turn.workspace_id))

    async def start(self, context: CallContext, _: NoArguments) -> Outcome:
        """Offer the avatar at once."""
        if await self._turns.tainted(context.turn.id):
            return TAINTED
        return await self._opened(context, call=False)

    async def end(self, context: CallContext, _: NoArguments) -> Outcome:
        """End what runs, withdraw what is offered."""
        turn = context.turn
        if await self._turns.tainted(turn.id):
            return TAINTED
        if await self._turns.mixed(turn.id):
            return Failed("not_allowed", "Others have written here too.", "The buttons on the card do it.")
        session = await self._live.open_session(turn.conversation_id)
        if session is None or session.state is LiveState.CLOSING:
            return Failed("no_session", "There is no live session in this thread.")
        appointed = self._roles.appointed(turn.workspace_id, turn.requester)
        if not may(Right.END_LIVE, roles_towards(session.requester, turn.requester, appointed, anybody_approves=False)):
            return Failed("not_allowed", "Only the person who asked for it, an operator or an admin can end it.")
        return await self._ended(context, session)

    async def _ended(self, context: CallContext, session: LiveSession) -> Outcome:
        actor = context.turn.requester
        if session.running:
            key = context.key
            await self._live.command(session.id, CommandKind.END, actor=actor, text="", message_ts=None, key=key)
            sentence = "The live session is being ended; what it came to follows here."
        else:
            await self._live.decline(session.id, actor)
            sentence = "The offer is withdrawn. Nothing was billed."
        self._kick()
        return Value({"live_session": session.handle, ADDED: sentence})

    async def _opened(self, context: CallContext, *, call: bool) -> Outcome:
        turn = context.turn
        session = await self._live.open_session(turn.conversation_id)
        if session is None:
            account_id = await self._accounts.current(turn.workspace_id)
            minutes = 0 if account_id is None else await self._minutes(turn)
            if not minutes and not call:
                return self._refused(turn, available=account_id is not None)
            new = await self._new(context, account_id, minutes=minutes, call=call)
            session = await self._live.open(new)
            self._kick()
        sentence = opened_words(session) if session.key == context.key else standing_words(session)
        return Value(_told(session, sentence))

    async def _minutes(self, turn: TurnRecord) -> int:
        """The longest a session could last now."""
        used = await self._budget.used(turn.workspace_id, turn.conversation_id, turn.requester)
        return minutes_left(used, self._terms.price_per_minute, self._terms.max_minutes)

    def _refused(self, turn: TurnRecord, *, available: bool) -> Failed:
        if not available:
            return NO_AVATAR if self._called(turn.workspace_id) else NOBODY
        price = dollars(self._terms.price_per_minute)
        return Failed(
            "over_cap",
            f"A live avatar costs {price} a minute, and the budget leaves less than that. Nothing was opened.",
            "`/heygen budget` shows the caps; an admin can raise them.",
        )

    async def _new(self, context: CallContext, account_id: str | None, *, minutes: int, call: bool) -> NewLiveSession:
        turn, terms = context.turn, self._terms
        cost = minutes * terms.price_per_minute
        return NewLiveSession(
            key=context.key,
            workspace_id=turn.workspace_id,
            account_id=account_id or live_account_id(turn.workspace_id),
            conversation_id=turn.conversation_id,
            requester=turn.requester,
            reason=await self._reason(turn),
            max_seconds=minutes * 60,
            price_per_minute=terms.price_per_minute,
            call_seconds=terms.call_seconds if call else None,
            offer_seconds=terms.offer_seconds if minutes else 0.0,
            needs_approval=cost > terms.auto_approve_max or await self._turns.tainted(turn.id),
        )

    async def _reason(self, turn: TurnRecord) -> str:
        """The person's own words of this message, never the model's: operators act on them."""
        items = await self._turns.items(turn.conversation_id)
        own = [item for item in items if item.turn_id == turn.id and item.source is Source.USER]
        return reason_of("\n".join(own_words(message_text(item.body)) for item in own))


def reason_of(words: str) -> str:
    """A person's words as the reason of a session: one line, without the command."""
    return one_line(_TYPED.sub("", words), REASON_LIMIT) or NO_REASON


def opened_words(session: LiveSession) -> str:
    """What has just been opened, and what that means."""
    if session.state is LiveState.CALLING:
        seconds = max(round((session.call_until or session.created_at) - session.created_at), 0)
        after = "I offer a live avatar here" if session.max_seconds else "the card here says so"
        return f"I have called the team. If nobody takes this within {seconds} s, {after}."
    approval = " Somebody has to approve it first." if _unapproved(session) else ""
    return (
        f"A live avatar is offered on the card here: {price_words(session)}.{approval} "
        "Nothing is billed until you join."
    )


def standing_words(session: LiveSession) -> str:
    """What there is already."""
    match session.state:
        case LiveState.CALLING:
            return "The team has been called already; the card here shows who answers."
        case LiveState.OFFERED:
            return "A live avatar is offered here already: press Join on its card."
        case LiveState.JOINED | LiveState.STARTING | LiveState.LIVE | LiveState.HUMAN_TAKEOVER:
            return "A live session is running in this thread already."
        case LiveState.CLOSING | LiveState.ENDED:
            return "The last live session is just ending. Ask again in a minute."
        case _:
            assert_never(session.state)


def price_words(session: LiveSession) -> str:
    """“$0.12 a minute, at most 15 min, so at most $1.80”."""
    minutes = session.max_seconds // 60
    each = dollars(session.price_per_minute)
    return f"{each} a minute, at most {minutes} min, so at most {dollars(session.price_at_most)}"


def _unapproved(session: LiveSession) -> bool:
    return session.needs_approval and session.approved_by is None


def _told(session: LiveSession, sentence: str) -> Json:
    return {"live_session": session.handle, "state": session.state.value, ADDED: sentence}
