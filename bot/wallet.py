"""Looks at the HeyGen wallet now and then, and lets the ledger tell what it cannot explain."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from decimal import Decimal

import structlog

from agent.money import MICRO, dollars
from agent.ports import Accounts
from bot.store.directory import Account
from bot.store.wallet import Reading, Wallet
from heygen import HeyGenError
from heygen.truto import ReconnectNeeded

log = structlog.get_logger(__name__)

ALERT_AT = MICRO  # a dollar that nobody can explain
RECONNECT = (
    ":warning: The connection between Truto and HeyGen has ended. Nothing can be asked for or looked at until somebody "
    "reconnects HeyGen in Truto; what HeyGen already has goes on there, and is told afterwards."
)


class WalletWatch:
    """Reads the wallet of one account. `alert` tells the operators in words."""

    def __init__(
        self, *, wallet: Wallet, accounts: Accounts, account_id: str, alert: Callable[[str, str], Awaitable[None]]
    ) -> None:
        self._wallet = wallet
        self._accounts = accounts
        self._account_id = account_id
        self._alert = alert
        self._called = ""

    async def look(self) -> int:
        """One look; returns 0, for a loop. A wallet that is not in dollars cannot be compared and is left alone."""
        client = await self._accounts.client(self._account_id)
        mark = await self._wallet.mark(self._account_id)
        try:
            balance = await client.get_balance()
        except HeyGenError as error:
            log.warning("wallet_unread", account=self._account_id, error=str(error))
            if isinstance(error, ReconnectNeeded):
                await self._call_for_a_reconnect()
            return 0
        if balance.currency != "usd" or balance.remaining is None:
            return 0
        micro = int((Decimal(balance.remaining) * MICRO).to_integral_value())
        reading = await self._wallet.record(self._account_id, micro, since=mark)
        if reading is not None and reading.drift:
            await self._tell(reading, mark)
        return 0

    async def _call_for_a_reconnect(self) -> None:
        """Once for each time that the connection ends, which is after another last look."""
        last = await self._wallet.last(self._account_id)
        key = f"reconnect:{self._account_id}:{0 if last is None else last.read_at:.0f}"
        if key != self._called:
            self._called = key
            await self._alert(key, RECONNECT)

    async def _tell(self, reading: Reading, mark: int) -> None:
        log.warning("wallet_drift", account=self._account_id, micro_dollars=reading.drift)
        if reading.drift >= ALERT_AT:
            text = (
                f":warning: The HeyGen wallet has lost {dollars(reading.drift)} more than the ledger can explain: "
                "prices have changed, or somebody else uses the account. The difference is booked as drift; "
                "`/heygen budget` shows it."
            )
            await self._alert(f"drift:{self._account_id}:{mark}", text)


class WalletWatches:
    """A watch for each account there is; `known` lists them; `alert` tells a workspace's operators."""

    def __init__(
        self,
        *,
        wallet: Wallet,
        accounts: Accounts,
        known: Callable[[], Awaitable[Sequence[Account]]],
        alert: Callable[[str, str, str], Awaitable[None]],
    ) -> None:
        self._wallet = wallet
        self._accounts = accounts
        self._known = known
        self._alert = alert
        self._watches: dict[str, WalletWatch] = {}

    async def look(self) -> int:
        """One look at each, one after the other; returns 0, for a loop."""
        there = await self._known()
        self._watches = {one.id: self._watches.get(one.id) or self._watch(one) for one in there}
        for watch in self._watches.values():
            await watch.look()
        return 0

    def _watch(self, account: Account) -> WalletWatch:
        async def alert(key: str, text: str) -> None:
            await self._alert(account.workspace_id, key, text)

        return WalletWatch(wallet=self._wallet, accounts=self._accounts, account_id=account.id, alert=alert)
