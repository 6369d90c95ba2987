"""What is due becomes an event: for the person who made it, in the thread it was made in, exactly once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import structlog

from agent.ports import Clock
from agent.records import Json
from agent.schedule_tools import local_words
from agent.schedules import LATE_SECONDS, Schedule
from bot.slack.text import cut, escape, mention

log = structlog.get_logger(__name__)

AT_ONCE = 20
SHOWN = 1_500
NOTE = (
    "[runtime] {handle} is due: the person scheduled the message above and has not written it just now. Nobody may be "
    "reading. Do what it says; do not schedule it again."
)
LEFT = "{handle} was due and was not done: whoever made it is not in this workspace any more. It is over."


class Known(Protocol):
    """What is known of somebody."""

    @property
    def gone(self) -> bool:
        """Whether they are not there any more."""
        ...

    @property
    def unsure(self) -> bool:
        """Whether nobody can say for now."""
        ...


class People(Protocol):
    """Who people are."""

    async def person(self, workspace_id: str, user_id: str) -> Known:
        """What is known of a person of a workspace."""
        ...


class DueSchedules(Protocol):
    """The rows, as far as they become due."""

    async def due(self, limit: int) -> list[Schedule]:
        """Those whose time has come."""
        ...

    async def fire(self, due: Schedule, *, next_at: float | None, payload: Json, notice: str) -> bool:
        """Enter it and go on to `next_at`; False when somebody else has."""
        ...

    async def leave(self, due: Schedule, notice: str) -> bool:
        """End it without a run; False when it was over before."""
        ...


class DueWork:
    """One round at a time. `kick` wakes those who work on what was entered."""

    def __init__(self, *, schedules: DueSchedules, people: People, clock: Clock, kick: Callable[[], None]) -> None:
        self._schedules = schedules
        self._people = people
        self._clock = clock
        self._kick = kick

    async def run_due(self) -> int:
        """Enter what is due; how many that were. One whose person Slack cannot tell about waits for a later round."""
        done = 0
        for due in await self._schedules.due(AT_ONCE):
            person = await self._people.person(due.workspace_id, due.requester)
            if not person.unsure:
                done += await (self._leave(due) if person.gone else self._fire(due))
        if done:
            self._kick()
        return done

    async def _fire(self, due: Schedule) -> bool:
        now, at = self._clock.now(), due.next_at or 0.0
        again = due.recurrence
        next_at = again.next_after(max(now, at)) if again else None
        missed = again.missed(at, now) if again else 0
        payload: Json = {"user": due.requester, "text": due.text, "note": NOTE.format(handle=due.handle)}
        notice = told(due, late=now - at > LATE_SECONDS, missed=missed)
        fired = await self._schedules.fire(due, next_at=next_at, payload=payload, notice=notice)
        log.info("schedule_fired" if fired else "schedule_taken", schedule=due.id, late=round(now - at), missed=missed)
        return fired

    async def _leave(self, due: Schedule) -> bool:
        log.info("schedule_left", schedule=due.id)
        return await self._schedules.leave(due, LEFT.format(handle=due.handle))


def told(due: Schedule, *, late: bool, missed: int) -> str:
    """What the thread sees when something is due: whose it is, whether it is late, and the words."""
    how = ""
    if late:
        how = f" It is late: it was due on {local_words(due.next_at or 0.0, due.zone)} ({due.zone})."
    if missed:
        how += f" {missed} more {'time was' if missed == 1 else 'times were'} missed and not made up for."
    quoted = "\n".join(f"> {line}" for line in escape(cut(due.text, SHOWN)).splitlines())
    return f"{due.handle}, scheduled by {mention(due.requester)}, is due.{how}\n{quoted}"
