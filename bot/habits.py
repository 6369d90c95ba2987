"""Who speaks for whom where nobody is named (`agent.presenters.Habits`), on the account that a workspace has now."""

from __future__ import annotations

from agent.ports import Accounts
from agent.presenters import Usual
from bot.store.usual import UsualSpeakers


class Habits:
    """Reads what was chosen in the App Home."""

    def __init__(self, rows: UsualSpeakers, accounts: Accounts) -> None:
        self._rows = rows
        self._accounts = accounts

    async def usual(self, workspace_id: str, user_id: str) -> Usual:
        """See `agent.presenters.Habits.usual`."""
        return await self._rows.usual(workspace_id, user_id, await self._accounts.account_id(workspace_id))

    async def chosen(self, workspace_id: str, user_id: str) -> Usual:
        """What somebody has chosen for themselves, or for everybody (`bot.store.usual.EVERYBODY`)."""
        return await self._rows.chosen(workspace_id, user_id, await self._accounts.account_id(workspace_id))
