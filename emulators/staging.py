"""What all scenarios have in their hands: the emulators, a report, and a thread that is told as it unfolds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from emulators.heygen import HeyGenEmulator
from emulators.liveavatar import LiveAvatarEmulator
from emulators.openai import OpenAIEmulator
from emulators.slack import Message, SlackEmulator

PATIENCE = 60.0
REQUESTER = "alice"


@dataclass(slots=True)
class Stage:
    """The emulators, and where to print what happens."""

    slack: SlackEmulator
    openai: OpenAIEmulator
    heygen: HeyGenEmulator
    liveavatar: LiveAvatarEmulator
    tell: Callable[[str], None]


@dataclass(slots=True)
class Report:
    """What was expected and whether it was so."""

    checks: list[tuple[str, bool]] = field(default_factory=list)

    def expect(self, what: str, holds: object) -> None:
        """Note one expectation."""
        self.checks.append((what, bool(holds)))

    @property
    def passed(self) -> bool:
        """Whether anything was checked and all of it held."""
        return bool(self.checks) and all(holds for _, holds in self.checks)


def by_app(stage: Stage, root: str) -> list[Message]:
    """What the app wrote into a thread."""
    return [message for message in stage.slack.thread("videos", root) if message.from_app]


@asynccontextmanager
async def narrated(stage: Stage, root: str) -> AsyncIterator[None]:
    """Tell what happens in a thread meanwhile."""
    watcher = asyncio.create_task(_narrate(stage, "videos", root))
    try:
        yield
    finally:
        await asyncio.sleep(0.3)  # the last edit of the card is still to be told
        watcher.cancel()


async def _narrate(stage: Stage, channel: str, root: str) -> None:
    """Tell each message of the thread as it comes, and each edit of it."""
    told: dict[str, str] = {}
    names = {user.id: user.name for user in stage.slack.workspace.users.values()}
    while True:
        changed = stage.slack.version
        for message in stage.slack.thread(channel, root):
            text = message.rendered_text().strip()
            if text and told.get(message.ts) != text and message.stream_state != "streaming":
                stage.tell(_told(names.get(message.user, message.user), text, message.ts in told, names))
                told[message.ts] = text
        await stage.slack.changed_since(changed, 0.5)


def _told(name: str, text: str, edited: bool, names: dict[str, str]) -> str:
    for user_id, user_name in names.items():
        text = text.replace(f"<@{user_id}>", f"@{user_name}")
    lines = text.splitlines()
    head = f"{name}{' (edited)' if edited else ''}: "
    return head + ("\n" + " " * 4).join(lines)
