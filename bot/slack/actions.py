"""The buttons on cards and closings: a click becomes an inbox row of the thread it was made in."""

from __future__ import annotations

from agent.records import Json
from bot.slack.ports import Requests
from bot.slack.router import Answer, Interaction, Router
from bot.slack.text import safe
from bot.store.inbox import NewEvent

LONGEST_ID = 200


class Actions:
    """The handlers of the buttons. `requests` tells whose request a button belongs to."""

    def __init__(self, *, requests: Requests) -> None:
        self._requests = requests

    def register(self, router: Router) -> None:
        """Add the buttons to the router."""
        router.add("action", "refresh_card", self.refresh_card)
        router.add("action", "retry_failed", self.retry_failed)

    async def refresh_card(self, interaction: Interaction) -> Answer:
        """Look at the jobs of a request now."""
        return _about_submission(interaction, "refresh")

    async def retry_failed(self, interaction: Interaction) -> Answer:
        """Ask for what failed once more; anybody but the requester is told privately why not."""
        try:
            submission = await self._requests.submission(interaction.value)
        except KeyError:
            return Answer(text="I don't know this request any more. Ask me in words instead.")
        if interaction.user_id != submission.requester:
            return Answer(text=f"Only <@{safe(submission.requester, 20)}>, who asked for this, can retry it.")
        return _about_submission(interaction, "retry_failed")


def _about_submission(interaction: Interaction, name: str) -> Answer:
    if not interaction.value or len(interaction.value) > LONGEST_ID or interaction.thread_ts is None:
        return Answer(text="I can't tell which request this button belongs to. Ask me in words instead.")
    payload: Json = {"name": name, "submission_id": interaction.value, "user": interaction.user_id}
    event = NewEvent(
        id=interaction.event_id,
        dedup_key=None,
        workspace_id=interaction.team_id,
        channel_id=interaction.channel_id,
        channel_type="im" if interaction.channel_id.startswith("D") else "channel",
        thread_ts=interaction.thread_ts,
        opens=False,
        kind="action",
        payload=payload,
    )
    return Answer(event=event)
