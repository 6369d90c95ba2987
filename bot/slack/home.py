"""The App Home: drawn when somebody opens it, and again while they may be looking, when something has changed.

A view is made of our rows each time and is no row itself: what is lost is drawn anew with the next opening. `hash`
keeps an older drawing from replacing a newer one of another process.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import structlog
from slack_sdk.models.blocks import Block

from agent.errands import Errands
from agent.ports import Clock
from agent.records import Json
from bot.slack.outcomes import SLACK_ERRORS, judge
from bot.slack.ports import ClientOf

log = structlog.get_logger(__name__)

WATCH_SECONDS = 900.0  # Slack does not tell when somebody looks away
MOST_WATCHED = 100
MOST_AT_ONCE = 20
MOST_BLOCKS = 100
CONFLICT = "hash_conflict"


@dataclass(frozen=True, slots=True)
class Viewer:
    """Somebody who looks at their Home."""

    workspace_id: str
    user_id: str


Section = Callable[[Viewer], Awaitable[Sequence[Block]]]
"""One part of the Home; no blocks where it has nothing to show to this person."""


@dataclass(slots=True)
class _Seen:
    opened_at: float
    digest: str = ""
    hash: str | None = None
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Home:
    """Publishes. `sections` are drawn in their order, as far as they fit into a view."""

    def __init__(self, clients: ClientOf, *, sections: Sequence[Section], clock: Clock) -> None:
        self._clients = clients
        self._sections = sections
        self._clock = clock
        self._watched: dict[Viewer, _Seen] = {}
        self._errands = Errands()

    def opened(self, workspace_id: str, user_id: str) -> None:
        """Somebody has opened their Home: draw it soon. Does not wait, for it is called before an ack."""
        viewer = Viewer(workspace_id, user_id)
        if viewer not in self._watched and len(self._watched) >= MOST_WATCHED:
            oldest = min(self._watched, key=lambda one: self._watched[one].opened_at)
            del self._watched[oldest]
        self._watched[viewer] = _Seen(self._clock.now())  # what was drawn before may have been lost
        if len(self._errands) < MOST_AT_ONCE:  # else the next round draws it
            self._errands.run(self._draw(viewer), "home")

    async def refresh(self) -> int:
        """Draw again for whoever may be looking and where something has changed; returns 0, for a loop."""
        now = self._clock.now()
        for viewer, seen in list(self._watched.items()):
            if now - seen.opened_at > WATCH_SECONDS:
                self._watched.pop(viewer, None)
            else:
                await self._draw(viewer)
        return 0

    async def close(self) -> None:
        """Stop drawing."""
        await self._errands.close()

    async def _draw(self, viewer: Viewer) -> None:
        if (seen := self._watched.get(viewer)) is None:
            return
        async with seen.lock:
            view = await self._view(viewer)
            digest = hashlib.sha256(json.dumps(view, sort_keys=True).encode()).hexdigest()
            if digest != seen.digest and await self._publish(viewer, view, seen):
                seen.digest = digest

    async def _view(self, viewer: Viewer) -> Json:
        blocks = [block.to_dict() for section in self._sections for block in await section(viewer)]
        return {"type": "home", "blocks": blocks[:MOST_BLOCKS]}

    async def _publish(self, viewer: Viewer, view: Json, seen: _Seen) -> bool:
        """Whether it stands now. Where another process has drawn meanwhile, the next round draws over that."""
        try:
            answer = await self._clients(viewer.workspace_id).views_publish(
                user_id=viewer.user_id, view=view, hash=seen.hash
            )
        except SLACK_ERRORS as error:
            code = judge(error).code
            seen.hash = None
            if code != CONFLICT:
                log.warning("home_not_published", code=code)
            return False
        seen.hash = str(answer["view"]["hash"])
        return True
