"""Every movement of an account's money, journalled: charges, refunds, and what tests and reloads add or take."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from emulators.base import Clock
from emulators.heygen.billing import Wallet
from emulators.heygen.state import Account, Adjustment, AdjustmentReason, Charge, Kind, Refund, State


class Work(Protocol):
    """What is paid for."""

    @property
    def id(self) -> str:
        """Its id."""
        ...

    @property
    def kind(self) -> Kind:
        """What it is."""
        ...

    @property
    def language(self) -> str | None:
        """Into which language, where it is a translation."""
        ...


class Ledger:
    """The one place that moves money. Amounts are in units, see `billing`."""

    def __init__(self, state: State, clock: Clock) -> None:
        self._state = state
        self._clock = clock

    def covers(self, account: Account, prices: Sequence[int]) -> bool:
        """Whether an account can pay all of `prices`."""
        return account.billing.affords(prices)

    def charge(self, account: Account, work: Work, price: int, key: str | None) -> None:
        """Take the price of some work; a wallet that falls below its threshold is reloaded at once."""
        payment = account.billing.take(price)
        now = self._clock.now()
        charge = Charge(work.id, account.name, work.kind, work.language, price, payment, key, now)
        self._state.charges.append(charge)
        self._reload(account)

    def refund(self, work_id: str, *, newest_only: bool = False) -> None:
        """Give back what failed work has cost, or only what was charged last, the way it was paid, once."""
        owed = [c for c in self._state.charges if c.job_id == work_id and not c.refunded]
        for charge in owed[-1:] if newest_only else owed:
            charge.refunded = True
            self._state.accounts[charge.account].billing.give_back(charge.payment)
            refund = Refund(charge.job_id, charge.account, charge.units, charge.payment, self._clock.now())
            self._state.refunds.append(refund)

    def adjust(self, account: Account, amount: int, reason: AdjustmentReason) -> None:
        """Add to a wallet, or take from it where `amount` is negative; `TypeError` for other ways of paying."""
        account.wallet.balance += amount
        self._state.adjustments.append(Adjustment(account.name, amount, reason, self._clock.now()))

    def _reload(self, account: Account) -> None:
        wallet = account.billing
        if isinstance(wallet, Wallet) and wallet.reload and wallet.balance < wallet.reload.threshold:
            self.adjust(account, wallet.reload.amount, "auto_reload")
