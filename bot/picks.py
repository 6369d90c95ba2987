"""Avatars and voices to pick from in a dialog, which Slack wants to see within three seconds.

What HeyGen lists may take longer than that to read, so it is read in the background once somebody has opened a dialog.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

from agent.catalogue.casting import Offers
from agent.ports import Accounts
from agent.presenters import Known
from heygen import HeyGenError

log = structlog.get_logger(__name__)

SECONDS = 2.0


class Picks:
    """What an account offers. `kick` has `run_once` called; `offers` remembers what was read for an hour."""

    def __init__(
        self, *, offers: Offers, accounts: Accounts, kick: Callable[[], None], seconds: float = SECONDS
    ) -> None:
        self._offers = offers
        self._accounts = accounts
        self._kick = kick
        self._seconds = seconds
        self._wanted: dict[str, asyncio.Future[Known]] = {}

    def want(self, account_id: str) -> asyncio.Future[Known]:
        """Have an account's offers read; somebody will ask for them in a moment."""
        if account_id not in self._wanted:
            self._wanted[account_id] = asyncio.get_running_loop().create_future()
            self._kick()
        return self._wanted[account_id]

    async def of(self, workspace_id: str) -> tuple[str, Known] | None:
        """The account of a workspace and what it offers; None while that cannot be told."""
        try:
            account_id = await self._accounts.account_id(workspace_id)
            async with asyncio.timeout(self._seconds):
                return account_id, await asyncio.shield(self.want(account_id))
        except (TimeoutError, HeyGenError):
            return None

    async def run_once(self) -> int:
        """Read what is wanted; returns how many accounts that was."""
        wanted = list(self._wanted.items())
        for account_id, asked in wanted:
            try:
                known = await self._offers.known(account_id)
            except HeyGenError as error:
                log.warning("offers_not_read", account=account_id, error=str(error))
                if not asked.done():
                    asked.set_exception(error)
                    asked.exception()  # nobody may be waiting any more
            else:
                if not asked.done():
                    asked.set_result(known)
            self._wanted.pop(account_id, None)
        return len(wanted)
