"""The tools that put off what a person asks for, list it and take it back."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Protocol

from pydantic import Field

from agent.conversation import message_text
from agent.foreign import harmless
from agent.money import micro
from agent.ports import Clock, Roles, TurnStore
from agent.records import Json, Source, TurnRecord
from agent.recurrence import is_zone, zone_of
from agent.request import own_lines
from agent.rights import Right, may, roles_towards
from agent.schedules import MOST, SCHEDULED, TEXT_LIMIT, UTC_ZONE, NewSchedule, Schedule, Schedules, offered, timing
from agent.tool_calls import ADDED, Failed, Outcome, TryAgain, Value
from agent.toolbox import Arguments, CallContext, Effect, ToolSpec
from agent.when import Unclear

LISTED_TEXT = 200
TOO_MANY = f"One person may have {MOST} schedules at a time. Cancel one first."
NOT_THEIRS = "`what` has to stand in the person's own message, word for word."
NOTE = (
    "Written down; nothing was made or sent. The card in this thread says when it is due and has the buttons. Without "
    "a press on it every run asks before it spends."
)


class ScheduleArguments(Arguments):
    """Arguments of `schedule_request`."""

    when: str = Field(
        max_length=200,
        description="In English, the person's local time: “every weekday at 8:30”, “every month on the 1st at 9”, "
        "“in two hours”, “on Friday at noon”.",
    )
    what: str = Field(
        min_length=3,
        max_length=TEXT_LIMIT,
        description="The person's own words, without those that say when.",
    )
    most_per_run: float | None = Field(default=None, description="In dollars, if named.")
    most_per_month: float | None = Field(default=None, description="In dollars, if named.")


class NoArguments(Arguments):
    """Arguments of `list_schedules`."""


class CancelScheduleArguments(Arguments):
    """Arguments of `cancel_schedule`."""

    schedule: str = Field(max_length=20, description="The handle, such as S1.")


class Person(Protocol):
    """What is known of somebody right now."""

    @property
    def zone(self) -> str | None:
        """The name of their time zone; None where nobody says."""
        ...


class People(Protocol):
    """Who people are."""

    async def person(self, workspace_id: str, user_id: str) -> Person:
        """What is known of a person of a workspace."""
        ...


class Scheduling:
    """The tools. One per process; `limit` is what goes without a click, in micro-dollars."""

    def __init__(
        self, *, turns: TurnStore, schedules: Schedules, people: People, roles: Roles, clock: Clock, limit: int
    ) -> None:
        self._turns = turns
        self._schedules = schedules
        self._people = people
        self._roles = roles
        self._clock = clock
        self._limit = limit

    def tools(self) -> list[ToolSpec]:
        """The tool specifications."""
        return [
            ToolSpec(
                "schedule_request",
                "Have something done later, once or again and again. Use it in place of the tool that would do it now.",
                ScheduleArguments,
                Effect.SUBMIT,
                self.schedule,
            ),
            ToolSpec(
                "list_schedules",
                "The person's scheduled requests: recurring ones and those that are due later.",
                NoArguments,
                Effect.READ,
                self.listed,
            ),
            ToolSpec(
                "cancel_schedule",
                "Cancel a scheduled request (a handle such as S1), so that it is not done any more.",
                CancelScheduleArguments,
                Effect.DESTRUCTIVE,
                self.cancel,
            ),
        ]

    async def schedule(self, context: CallContext, arguments: ScheduleArguments) -> Outcome:
        """Write it down; nothing is done now."""
        if made := await self._schedules.made(context.key):
            return Value(_told(made))
        turn = context.turn
        if turn.origin == SCHEDULED:
            return Failed("not_allowed", "What is scheduled can schedule nothing.", "Only a person's message can.")
        if turn.origin != "command" and not await self._theirs(context, arguments.what):
            return TryAgain("not_their_words", NOT_THEIRS, "Copy that part of the message.")
        zone = await self._zone(turn)
        due = timing(arguments.when, self._clock.now(), zone)
        if isinstance(due, Unclear):
            return TryAgain("unclear_time", due.sentence, "Correct `when`, or ask the person.")
        try:
            run, month = (None if one is None else micro(one) for one in _wished(arguments))
        except ValueError as error:
            return TryAgain("no_amount", f"A limit {error}.")
        new = NewSchedule(
            key=context.key,
            workspace_id=turn.workspace_id,
            conversation_id=turn.conversation_id,
            turn_id=turn.id,
            requester=turn.requester,
            text=arguments.what,
            timing=due,
            offer=offered(self._limit, due.monthly, run=run, month=month),
        )
        made = await self._schedules.make(context.lease, new)
        return Failed("too_many", TOO_MANY) if made is None else Value(_told(made))

    async def listed(self, context: CallContext, _arguments: NoArguments) -> Outcome:
        """What the person has."""
        turn = context.turn
        found = await self._schedules.of_person(turn.workspace_id, turn.requester)
        return Value({"schedules": [_line(one) for one in found]})

    async def cancel(self, context: CallContext, arguments: CancelScheduleArguments) -> Outcome:
        """End one, with the person's own rights."""
        turn = context.turn
        if await self._turns.tainted(turn.id):
            return Failed("not_allowed", "Not after reading what others wrote.", "The card has a button for it.")
        number = number_in(arguments.schedule)
        found = None if number is None else await self._schedules.find(turn.workspace_id, number)
        if found is None:
            return TryAgain("unknown_schedule", "There is no such schedule.", "list_schedules names them.")
        appointed = self._roles.appointed(turn.workspace_id, turn.requester)
        if not may(Right.CANCEL, roles_towards(found.requester, turn.requester, appointed, anybody_approves=False)):
            return Failed("not_allowed", "Only the person who made it, an operator or an admin can cancel it.")
        ended = await self._schedules.cancel(found.id, actor=turn.requester)
        said = f"{found.handle} is cancelled." if ended else f"{found.handle} was over before."
        return Value({"schedule": found.handle, "cancelled": ended, ADDED: said})

    async def _theirs(self, context: CallContext, what: str) -> bool:
        """Whether these words stand in the message that asks: what a model wrote is nobody's wish."""
        items = await self._turns.items(context.turn.conversation_id)
        own = [item for item in items if item.turn_id == context.turn.id and item.source is Source.USER]
        return _folded(what) in _folded("\n".join(own_lines(message_text(item.body)) for item in own))

    async def _zone(self, turn: TurnRecord) -> str:
        zone = (await self._people.person(turn.workspace_id, turn.requester)).zone
        return zone if zone is not None and is_zone(zone) else UTC_ZONE


def number_in(handle: str) -> int | None:
    """The number of a handle such as `S1`."""
    match = re.fullmatch(r"\s*[sS]?(\d{1,9})\s*", handle)
    return int(match[1]) if match else None


def local_words(at: float, zone: str) -> str:
    """An instant as the clocks of a zone show it."""
    return datetime.fromtimestamp(at, UTC).astimezone(zone_of(zone)).strftime("%A %Y-%m-%d %H:%M")


def _line(one: Schedule) -> Json:
    due = None if one.next_at is None else f"{local_words(one.next_at, one.zone)} ({one.zone})"
    return {"handle": one.handle, "when": one.words, "next": due, "what": harmless(one.text, LISTED_TEXT)}


def _told(made: Schedule) -> Json:
    line = _line(made)
    due = f"next on {line['next']}" if line["next"] else "not due any more"
    return {
        **line,
        "note": NOTE,
        ADDED: f"{made.handle} is due {made.words}, {due}. Nothing was made yet: see the card.",
    }


def _wished(arguments: ScheduleArguments) -> tuple[float | None, float | None]:
    return arguments.most_per_run, arguments.most_per_month


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())
