"""A program's tool call: a row in the lane of its conversation, carried out by the same worker as everything else.

The call is written down before anything is answered. Its handle tells what came of it, whoever carried it out and
whether or not the connection it came by still exists.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import secrets
from collections.abc import Callable

import structlog

from agent.records import Json
from agent.runner import PROGRAMS
from agent.tool_calls import Deferred, Failed, NeedsApproval, Outcome, from_checkpoint
from agent.toolbox import Effect, Planned, Toolbox, call_key
from bot.mcp import answers
from bot.mcp.places import Places
from bot.mcp.tokens import Token
from bot.store import Store
from bot.store.inbox import NewEvent
from bot.store.programs import CallState
from bot.store.turns import turn_id_of

log = structlog.get_logger(__name__)

CALL_SECONDS = 20.0  # how long a connection waits for what came of a call; it stands as a row all the same
FIRST_LOOK = 0.02
LONGEST_LOOK = 0.25
MOST_WAITING = 32  # calls of one token that are not done
MARK = "mcp-"
BUSY = "There are too many calls of this program under way. Call again in a moment."
UNPOSTABLE = (
    "The thread in Slack could not be opened, so nothing was done. An admin has to invite the bot to the channel."
)
UNDONE = "The call came to no end. Nothing was sent for it; call again."


class Calls:
    """Takes calls and tells what came of them. One per process; `seconds` bounds the wait of a connection."""

    def __init__(
        self,
        *,
        store: Store,
        toolbox: Toolbox,
        places: Places,
        kick: Callable[[], None],
        seconds: float = CALL_SECONDS,
    ) -> None:
        self._store = store
        self._toolbox = toolbox
        self._places = places
        self._kick = kick
        self._seconds = seconds

    async def call(self, token: Token, name: str, arguments: Json, *, once: str | None = None) -> Json:
        """Write the call down and tell what came of it. The same `once` is the same call, however often it comes."""
        plan = self._toolbox.plan(name, json.dumps(arguments), PROGRAMS)
        call = handle_of(token, once)
        if not isinstance(plan, Planned):
            return answers.of_outcome(plan, call)
        if await self._store.programs.waiting(token.workspace_id, token.name) >= MOST_WAITING:
            return answers.error("busy", BUSY, retryable=True, retry_after=answers.AT_ONCE)
        await self._write(token, plan, name, arguments, call)
        self._kick()
        return await self._told(token, call, self._seconds)

    async def state(self, token: Token, call: str) -> Json | None:
        """What has become of a call, as it stands; None for one that this token has not made."""
        return None if await self._look(token, call) is None else await self._told(token, call, 0.0)

    async def _write(self, token: Token, plan: Planned, name: str, arguments: Json, call: str) -> None:
        channel = await self._places.channel(token)
        payload: Json = {
            "name": name,
            "arguments": arguments,
            "user": token.person,
            "text": f"[{token.name} called {name}]",
            "program": token.name,
            "opens": plan.spec.effect is not Effect.READ,  # what may cost or change something is seen in a thread
        }
        await self._store.lanes.accept(
            NewEvent(
                id=call,
                dedup_key=None,
                workspace_id=token.workspace_id,
                channel_id=channel,
                channel_type="im" if channel.startswith("D") else "channel",
                thread_ts=None,
                opens=True,
                kind="mcp",
                payload=payload,
                via=token.name,
            )
        )
        log.info("program_called", program=token.name, tool=name, row=call)

    async def _look(self, token: Token, call: str) -> CallState | None:
        return await self._store.programs.call(token.workspace_id, token.name, call)

    async def _told(self, token: Token, call: str, seconds: float) -> Json:
        """The outcome, once it is there; what stands so far when that takes longer."""
        outcome = await self._outcome(token, call, seconds)
        if outcome is None:
            outcome = await self._written_down(call)
        if outcome is None:
            return answers.of_waiting(call)
        told = answers.of_outcome(outcome, call)
        if isinstance(outcome, NeedsApproval):
            told["waits_at"] = await self._places.card(outcome.submission_id, patient=seconds > 0)
        return told

    async def _outcome(self, token: Token, call: str, seconds: float) -> Outcome | None:
        loop = asyncio.get_running_loop()
        until, pause = loop.time() + seconds, FIRST_LOOK
        while True:
            state = await self._look(token, call)
            if state is not None and state.outcome is not None:
                return from_checkpoint(state.outcome)
            if state is not None and state.over:
                return Failed("not_done", UNDONE) if state.turn_id else Failed("cannot_post", UNPOSTABLE)
            if loop.time() >= until:
                return None
            await asyncio.sleep(pause)  # a connection waits in real time
            pause = min(pause * 1.5, LONGEST_LOOK)

    async def _written_down(self, call: str) -> Outcome | None:
        """What a call that is still being sent has promised already."""
        turn_id = turn_id_of(call)
        submission = await self._store.jobs.submission_of(call_key(turn_id, call_id_of(call)))
        if submission is None:
            return None
        jobs = await self._store.jobs.jobs_of(submission.id)
        named = [{"handle": job.handle, "name": job.label} for job in jobs]
        return Deferred(submission.id, submission.title, {"jobs": named, "title": submission.title})


def handle_of(token: Token, once: str | None) -> str:
    """The handle of a call: a new one, or always the same for what the program calls `once`."""
    if once is None:
        return MARK + secrets.token_hex(12)
    return MARK + hashlib.sha256(f"{token.workspace_id}|{token.name}|{once}".encode()).hexdigest()[:24]


def call_id_of(call: str) -> str:
    """The id of the function call in the log, as `agent.request.opening` makes it."""
    return f"call_{call}"[:64]
