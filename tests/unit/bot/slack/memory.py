"""In-memory stand-ins for the ports that events and interactions need."""

from __future__ import annotations

from agent.rights import Role
from bot.store.inbox import Accepted, Duplicate, NewEvent, NotOurs


class MemoryLanes:
    """Accepts each id once; `error` is raised instead when set."""

    def __init__(self) -> None:
        self.events: list[NewEvent] = []
        self.error: Exception | None = None

    async def accept(self, event: NewEvent) -> Accepted | Duplicate | NotOurs:
        if self.error is not None:
            raise self.error
        if event.id in {known.id for known in self.events}:
            return Duplicate()
        self.events.append(event)
        return Accepted(len(self.events), "conversation_1")


class MemoryEchoes:
    """Remembers what was echoed."""

    def __init__(self) -> None:
        self.echoes: list[tuple[str, str, str, str]] = []

    async def record_echo(self, workspace_id: str, channel_id: str, key: str, ts: str) -> bool:
        self.echoes.append((workspace_id, channel_id, key, ts))
        return True


class Wakes:
    """Counts how often the workers were woken."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> None:
        self.count += 1


class MemoryRoles:
    """Who was appointed to what; nobody named as approver or admin means that anybody approves their own."""

    def __init__(self, **appointed: set[Role]) -> None:
        self.people = appointed

    def appointed(self, workspace_id: str, user_id: str) -> frozenset[Role]:
        return frozenset(self.people.get(user_id, ()))

    def anybody_approves(self, workspace_id: str) -> bool:
        return not any(roles & {Role.APPROVER, Role.ADMIN} for roles in self.people.values())
