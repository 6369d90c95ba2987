"""The one workspace of a test, as the app knows it with a token in its settings."""

from __future__ import annotations

from bot.slack.ports import BotIdentity, Member, TokenOf
from bot.workspaces import Workspaces
from tests.support.clock import ManualClock


def at_home(who: BotIdentity, token: str | None = None) -> Workspaces:
    """Knows only the workspace of the settings."""
    return Workspaces(home=Member(who, token or "xoxb-test"), rows=None, clock=ManualClock())


def held(token: str) -> TokenOf:
    """The same token for every workspace."""

    async def of(_workspace_id: str) -> str:
        return token

    return of
