"""Customers and their money, as tests and the playground set them up and look at them."""

from __future__ import annotations

from emulators.base import Clock, Journal
from emulators.heygen.billing import AutoReload, Billing, Wallet, units
from emulators.heygen.jobs import Jobs
from emulators.heygen.state import Account, Adjustment, Charge, Refund, State

DEFAULT_KEY = "hg-key-1"
DEFAULT_BALANCE = 100.0
DEFAULT_CAP = 10


class Accounts:
    """Accounts, what moved their money, and what moves it from outside. Mixed into `HeyGenEmulator`."""

    state: State
    jobs: Jobs
    clock: Clock
    journal: Journal

    def add_account(
        self,
        api_key: str,
        *,
        name: str | None = None,
        bearer: str | None = None,
        balance: float = DEFAULT_BALANCE,
        cap: int = DEFAULT_CAP,
    ) -> Account:
        """Add a customer with a wallet of `balance` USD; `bearer` is an OAuth token that works as well."""
        account = Account(name or api_key, api_key, bearer, Wallet(units(balance)), cap)
        self.state.accounts[account.name] = account
        return account

    def account(self, api_key: str = DEFAULT_KEY) -> Account:
        """The account of a key; `KeyError` for an unknown one."""
        by_key = {account.api_key: account for account in self.state.accounts.values()}
        return by_key[api_key]

    def bill_by(self, billing: Billing, api_key: str = DEFAULT_KEY) -> None:
        """Let an account pay in another way: `Wallet`, `Subscription` or `UsageBased`."""
        self.account(api_key).billing = billing

    def top_up(self, amount: float, api_key: str = DEFAULT_KEY) -> None:
        """Add USD to a wallet, as its owner does on the vendor's site."""
        self.jobs.ledger.adjust(self.account(api_key), units(amount), "top_up")
        self.journal.wake()

    def spend_elsewhere(self, amount: float, api_key: str = DEFAULT_KEY) -> None:
        """Take USD from a wallet for something that was not bought through this API."""
        self.jobs.ledger.adjust(self.account(api_key), -units(amount), "elsewhere")
        self.journal.wake()

    def auto_reload(self, below: float, amount: float, api_key: str = DEFAULT_KEY) -> None:
        """From now on add `amount` USD whenever a charge leaves less than `below` USD in a wallet."""
        self.account(api_key).wallet.reload = AutoReload(units(below), units(amount))

    @property
    def charges(self) -> list[Charge]:
        """Every charge in order; those of failed jobs are marked refunded."""
        return self.state.charges

    @property
    def refunds(self) -> list[Refund]:
        """Every refund in order: one for each charge whose job failed."""
        return self.state.refunds

    @property
    def adjustments(self) -> list[Adjustment]:
        """Everything else that moved a wallet: `top_up`, `spend_elsewhere` and reloads.

        Beginning − charges + refunds + adjustments is the balance, exactly, when all are counted in units.
        """
        return self.state.adjustments
