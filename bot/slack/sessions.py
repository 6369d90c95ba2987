"""What Slack shows of a thread as a whole: that we work on it, or that it waits for somebody, and its title.

Nothing of it is a row: how a thread stands is read from the rows that there are, after every post that may have changed
it. So a crash costs nothing, and whoever posts next, in whichever process, says how things stand then.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Literal, Protocol

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from agent.errands import Errands
from agent.ports import Clock
from agent.records import Conversation, DeliveryKind, TurnRecord
from bot.slack.outcomes import SLACK_ERRORS, Failure, Verdict, judge
from bot.slack.pacing import Pacer
from bot.slack.ports import ClientOf
from bot.store.thread_states import Said, ThreadState

log = structlog.get_logger(__name__)

Status = Literal["processing", "active", "suspended"]
"""Slack's words. We never close a session: a thread can always be gone on with."""

METHOD = "agents.sessions.setStatus"
RENAME = "agents.sessions.rename"
BEGINNINGS = f"{METHOD}:processing"
CALL_SECONDS = 3.0
PATIENCE = 1.0
AGAIN_SECONDS = 3_600.0
RETRIES = 3
LONGEST_WAIT = 60.0
ERRANDS_AT_ONCE = 100
REMEMBERED = 10_000
OPENINGS = 5  # messages among which there is one that says what a thread is about
TITLE_LIMIT = 80
TRANSIENT = frozenset({Verdict.RATE_LIMITED, Verdict.UNSURE, Verdict.NOT_SENT})
RESTS_AFTER = frozenset(
    {DeliveryKind.REPLY, DeliveryKind.CARD, DeliveryKind.BATCH_CARD, DeliveryKind.BATCH_SAMPLE, DeliveryKind.AGENT}
)
"""The posts after which a thread may stand differently."""

_NOT_FOR_US = frozenset({"missing_scope", "not_allowed_token_type", "no_permission", "access_denied"})
_LINK = re.compile(r"<?(https?://[^\s<>|,;]+)(?:\|[^<>]*)?>?", re.IGNORECASE)
_MARKED = re.compile(r"<[@#!][^<>]*>|[*_~`<>]")


class States(Protocol):
    """How threads stand."""

    async def of(self, conversation_id: str) -> ThreadState:
        """One conversation's."""
        ...

    async def openings(self, conversation_id: str, limit: int) -> Sequence[Said]:
        """What its first messages said."""
        ...


class Lacking:
    """Workspaces in which a method does not work, until it is tried again after an hour."""

    def __init__(self, what: str, clock: Clock) -> None:
        self._what = what
        self._clock = clock
        self._until: dict[str, float] = {}

    def __contains__(self, workspace_id: str) -> bool:
        return self._until.get(workspace_id, 0.0) > self._clock.now()

    def add(self, workspace_id: str, code: str) -> None:
        """It was refused with `code`; said once an hour."""
        log.warning("method_off", what=self._what, workspace=workspace_id, code=code)
        if len(self._until) >= REMEMBERED:
            self._until.clear()
        self._until[workspace_id] = self._clock.now() + AGAIN_SECONDS


def is_lacking(failure: Failure) -> bool:
    """Whether a call was refused because the method is nothing for us, whatever the thread."""
    return failure.verdict in (Verdict.NO_STREAMS, Verdict.NO_METHOD) or failure.code in _NOT_FOR_US


class AgentSessions:
    """Tells Slack. Best effort and bounded: nothing waits for it longer than a few seconds, and nothing fails by it."""

    def __init__(self, clients: ClientOf, *, states: States, pacer: Pacer, clock: Clock) -> None:
        self._clients = clients
        self._states = states
        self._pacer = pacer
        self._clock = clock
        self._lacking = {METHOD: Lacking("sessions", clock), RENAME: Lacking("session titles", clock)}
        self._told: dict[str, ThreadState] = {}
        self._errands = Errands()

    async def work(self, turn: TurnRecord, place: Conversation) -> bool:
        """Show that `turn` is worked on; False where something else has to tell it.

        Beginnings leave room in Slack's limit for the ends: what says “working” must be able to say “done”.
        """
        if place.thread_ts is None or place.workspace_id in self._lacking[METHOD]:
            return False
        if self._pacer.wait(BEGINNINGS, place.channel_id, patience=0.0) > 0.0:
            return False
        opening = await self._states.openings(place.id, 1)
        title = titled(opening[0].text) if opening else None
        self._told.pop(place.id, None)
        failure = await self._set(place, "processing", title=title, initiator=turn.requester)
        if failure is None and title is None and len(self._errands) < ERRANDS_AT_ONCE:
            self._errands.run(self._rename(turn, place), "session-title")
        return failure is None

    async def _rename(self, turn: TurnRecord, place: Conversation) -> None:
        """Give a thread that began with a greeting its title once somebody says what it is about, and only then."""
        if place.workspace_id in self._lacking[RENAME]:
            return
        said = await self._states.openings(place.id, OPENINGS)
        named = next(((one.inbox_id, title) for one in said if (title := titled(one.text))), None)
        if named is None or named[0] != turn.inbox_id:
            return
        for _ in range(RETRIES):
            failure = await self._call(
                place,
                RENAME,
                lambda client: client.agents_sessions_rename(
                    channel_id=place.channel_id, thread_ts=place.thread_ts, title=named[1]
                ),
            )
            if failure is None or failure.verdict not in TRANSIENT:
                return
            await self._clock.sleep(min(failure.retry_after or PATIENCE, LONGEST_WAIT))

    async def resting(self, place: Conversation) -> ThreadState | None:
        """What the end of a stream in `place` says; None where Slack's own choice is as good."""
        return None if place.workspace_id in self._lacking[METHOD] else await self._states.of(place.id)

    def rested(self, place: Conversation, state: ThreadState) -> None:
        """A stream's end has said so."""
        self._remember(place.id, state)

    async def rest(self, place: Conversation) -> None:
        """Say how the thread stands, if anything has happened since that was said."""
        if (seconds := await self._rest(place)) is not None and len(self._errands) < ERRANDS_AT_ONCE:
            self._errands.run(self._later(place, seconds), "session")

    async def close(self) -> None:
        """Stop trying again."""
        await self._errands.close()

    async def _rest(self, place: Conversation) -> float | None:
        """Seconds after which to try again, None when there is nothing left to say."""
        if place.thread_ts is None or place.workspace_id in self._lacking[METHOD]:
            return None
        state = await self._states.of(place.id)
        if state.working or not (state.turns or state.requests) or self._told.get(place.id) == state:
            return None
        failure = await self._set(place, status_of(state))
        if failure is not None and failure.verdict in TRANSIENT:
            return failure.retry_after or PATIENCE
        self._remember(place.id, state)
        return None

    async def _later(self, place: Conversation, seconds: float) -> None:
        again: float | None = seconds
        for _ in range(RETRIES):
            if again is None:
                return
            await self._clock.sleep(min(again, LONGEST_WAIT))
            again = await self._rest(place)

    async def _set(
        self, place: Conversation, status: Status, *, title: str | None = None, initiator: str | None = None
    ) -> Failure | None:
        return await self._call(
            place,
            METHOD,
            lambda client: client.agents_sessions_setStatus(
                channel_id=place.channel_id,
                thread_ts=place.thread_ts,
                status=status,
                title=title,
                initiator_user_id=initiator,
            ),
        )

    async def _call(
        self, place: Conversation, method: str, call: Callable[[AsyncWebClient], Awaitable[object]]
    ) -> Failure | None:
        seconds = self._pacer.wait(method, place.channel_id, patience=PATIENCE)
        if seconds > PATIENCE:
            return Failure(Verdict.RATE_LIMITED, "paced", seconds)
        if seconds:
            await self._clock.sleep(seconds)
        try:
            async with asyncio.timeout(CALL_SECONDS):
                await call(self._clients(place.workspace_id))
        except SLACK_ERRORS as error:
            return self._failed(place, method, judge(error))
        return None

    def _failed(self, place: Conversation, method: str, failure: Failure) -> Failure:
        if is_lacking(failure):
            self._lacking[method].add(place.workspace_id, failure.code)
        elif failure.verdict is Verdict.RATE_LIMITED:
            self._pacer.blocked(method, failure.retry_after)
        else:
            log.info("session_not_told", code=failure.code)
        return failure

    def _remember(self, conversation_id: str, state: ThreadState) -> None:
        if len(self._told) >= REMEMBERED:
            self._told.clear()
        self._told[conversation_id] = state


def status_of(state: ThreadState) -> Status:
    """How a thread stands, in Slack's words."""
    if state.working:
        return "processing"
    return "suspended" if state.waiting else "active"


def titled(words: str) -> str | None:
    """A title made of what somebody asked for: links by their last part, one line; None where it says too little."""
    line = " ".join(_MARKED.sub("", _LINK.sub(_file_name, words)).split())
    if len(line.split()) < 2:
        return None
    return line if len(line) <= TITLE_LIMIT else line[: TITLE_LIMIT - 1].rsplit(" ", 1)[0] + "…"


def _file_name(link: re.Match[str]) -> str:
    """The last part of its path, or its host; never what may be a key, in its query."""
    path = re.split(r"[?#]", link[1])[0].rstrip("/")
    return path.rpartition("/")[2]
