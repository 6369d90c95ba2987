"""Looks at the HeyGen wallet now and then, and lets the ledger tell what it cannot explain."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from decimal import Decimal

import structlog

from agent.money import MICRO, dollars
from agent.ports import Accounts
from bot.store.wallet import Reading, Wallet
from heygen import HeyGenError

log = structlog.get_logger(__name__)

ALERT_AT = MICRO  # a dollar that nobody can explain


class WalletWatch:
    """Reads the wallet of one account. `alert` tells the operators in words."""

    def __init__(
        self, *, wallet: Wallet, accounts: Accounts, account_id: str, alert: Callable[[str, str], Awaitable[None]]
    ) -> None:
        self._wallet = wallet
        self._accounts = accounts
        self._account_id = account_id
        self._alert = alert

    async def look(self) -> int:
        """One look; returns 0, for a loop. A wallet that is not in dollars cannot be compared and is left alone."""
        client = await self._accounts.client(self._account_id)
        mark = await self._wallet.mark(self._account_id)
        try:
            balance = await client.get_balance()
        except HeyGenError as error:
            log.warning("wallet_unread", account=self._account_id, error=str(error))
            return 0
        if balance.currency != "usd" or balance.remaining is None:
            return 0
        micro = int((Decimal(balance.remaining) * MICRO).to_integral_value())
        reading = await self._wallet.record(self._account_id, micro, since=mark)
        if reading is not None and reading.drift:
            await self._tell(reading, mark)
        return 0

    async def _tell(self, reading: Reading, mark: int) -> None:
        log.warning("wallet_drift", account=self._account_id, micro_dollars=reading.drift)
        if reading.drift >= ALERT_AT:
            text = (
                f":warning: The HeyGen wallet has lost {dollars(reading.drift)} more than the ledger can explain: "
                "prices have changed, or somebody else uses the account. The difference is booked as drift; "
                "`/heygen budget` shows it."
            )
            await self._alert(f"drift:{self._account_id}:{mark}", text)
