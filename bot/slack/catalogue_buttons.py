"""The button under a wish: a press becomes the same call as a command's, by whoever pressed it."""

from __future__ import annotations

import json
from collections.abc import Callable

from agent.ports import Clock
from agent.records import Json
from bot.slack.catalogue_posts import PERFORM
from bot.slack.router import Answer, Interaction, Router
from bot.slack.text import safe
from bot.store.inbox import NewEvent

GOOD_FOR = 24 * 3_600.0  # seconds
TAKEN = "I have taken that in. What came of it stands in the thread in a moment; a second press changes nothing."
UNKNOWN = "I can't tell what this button belongs to. Ask me in words instead."
TOO_LATE = "That was asked for too long ago. Ask me again in words."
NOT_YOURS = "Only <@{user}>, who asked for this, can press it, or somebody who may change what the account holds."


class WishButtons:
    """`may` tells whether somebody of a workspace may carry out a tool by their roles."""

    def __init__(self, *, may: Callable[[str, str, str], bool], clock: Clock) -> None:
        self._may = may
        self._clock = clock

    def register(self, router: Router) -> None:
        """Add the button to the router."""
        router.add("action", PERFORM, self.perform)

    async def perform(self, interaction: Interaction) -> Answer:
        """Take the press in; the lane carries it out once, however often it is pressed."""
        wish = _read(interaction.value)
        if wish is None or interaction.thread_ts is None:
            return Answer(text=UNKNOWN)
        if wish["asked_at"] < self._clock.now() - GOOD_FOR:
            return Answer(text=TOO_LATE)
        user = interaction.user_id
        if user != wish["user"] and not self._may(interaction.team_id, user, wish["tool"]):
            return Answer(text=NOT_YOURS.format(user=safe(wish["user"], 20)))
        payload: Json = {
            "name": PERFORM,
            "tool": wish["tool"],
            "arguments": wish["arguments"],
            "text": f"[pressed the button: {wish['tool'].replace('_', ' ')}]",
            "user": user,
        }
        event = NewEvent(
            id=f"wish:{wish['key']}",
            dedup_key=None,
            workspace_id=interaction.team_id,
            channel_id=interaction.channel_id,
            channel_type="im" if interaction.channel_id.startswith("D") else "channel",
            thread_ts=interaction.thread_ts,
            opens=False,
            kind="action",
            payload=payload,
        )
        return Answer(text=TAKEN, event=event)


def _read(value: str) -> Json | None:
    """What a button of ours carried; None for what none did."""
    try:
        wish = json.loads(value)
    except ValueError:
        return None
    kinds = {"tool": str, "arguments": dict, "key": str, "user": str, "asked_at": int | float}
    if not isinstance(wish, dict) or not all(isinstance(wish.get(name), kind) for name, kind in kinds.items()):
        return None
    return wish
