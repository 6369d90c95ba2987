"""How an account pays: a wallet, a subscription's credits, or usage up to a cap.

Money is whole ten-thousandths of a dollar ("units") inside, so that charges, refunds and balances add up exactly.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Literal

UNITS_PER_USD = 10_000
UNITS_PER_CREDIT = 500

BillingType = Literal["wallet", "subscription", "usage_based"]
Plan = Literal["free", "starter", "creator", "pro", "team", "enterprise", "business_plus"]


def units(usd: float) -> int:
    """Dollars as units, to the nearest."""
    return round(usd * UNITS_PER_USD)


def dollars(amount: int) -> float:
    """Units as dollars, for people and for JSON."""
    return amount / UNITS_PER_USD


def credits_for(price: int) -> int:
    """What a price in units is in credits; a begun credit counts."""
    return math.ceil(price / UNITS_PER_CREDIT)


@dataclasses.dataclass(frozen=True, slots=True)
class Payment:
    """Where the money of one charge came from: units of money, and credits of two pools."""

    money: int = 0
    credits: int = 0
    add_on: int = 0


@dataclasses.dataclass(slots=True)
class AutoReload:
    """Below `threshold` units `amount` units are added."""

    threshold: int
    amount: int


@dataclasses.dataclass(slots=True)
class Wallet:
    """Prepaid money in units."""

    balance: int
    reload: AutoReload | None = None

    def affords(self, prices: Sequence[int]) -> bool:
        """Whether all these prices can be paid."""
        return sum(prices) <= self.balance

    def take(self, price: int) -> Payment:
        """Pay."""
        self.balance -= price
        return Payment(money=price)

    def give_back(self, payment: Payment) -> None:
        """Undo a payment."""
        self.balance += payment.money

    def view(self, now: float) -> dict[str, Any]:
        """The block of `GET /v3/users/me`."""
        reload = self.reload
        shown = {
            "enabled": reload is not None,
            "threshold_usd": dollars(reload.threshold) if reload else None,
            "amount_usd": dollars(reload.amount) if reload else None,
        }
        return {"currency": "usd", "remaining_balance": dollars(self.balance), "auto_reload": shown}


@dataclasses.dataclass(slots=True)
class Subscription:
    """Credits of a plan, then bought ones (`add_on`; None: never bought any). They are not refilled."""

    premium: int
    add_on: int | None = None
    plan: Plan = "creator"

    def affords(self, prices: Sequence[int]) -> bool:
        """Whether all these prices can be paid."""
        return sum(map(credits_for, prices)) <= self.premium + (self.add_on or 0)

    def take(self, price: int) -> Payment:
        """Pay, the plan's credits first."""
        cost = credits_for(price)
        payment = Payment(credits=min(cost, self.premium), add_on=max(0, cost - self.premium))
        self.premium -= payment.credits
        if self.add_on is not None:
            self.add_on -= payment.add_on
        return payment

    def give_back(self, payment: Payment) -> None:
        """Undo a payment."""
        self.premium += payment.credits
        if self.add_on is not None:
            self.add_on += payment.add_on

    def view(self, now: float) -> dict[str, Any]:
        """The block of `GET /v3/users/me`."""
        add_on = None if self.add_on is None else {"remaining": self.add_on, "resets_at": None}
        premium = {"remaining": self.premium, "resets_at": _next_month(now)}
        return {"plan": self.plan, "credits": {"premium_credits": premium, "add_on_credits": add_on}}


@dataclasses.dataclass(slots=True)
class UsageBased:
    """Included credits, then money on account: `spent` units so far, `cap` units at most (None: no cap)."""

    included: int
    remaining: int
    cap: int | None = None
    spent: int = 0

    def affords(self, prices: Sequence[int]) -> bool:
        """Whether all these prices can be paid."""
        beyond = max(0, sum(map(credits_for, prices)) - self.remaining) * UNITS_PER_CREDIT
        return self.cap is None or self.spent + beyond <= self.cap

    def take(self, price: int) -> Payment:
        """Pay, the included credits first."""
        cost = credits_for(price)
        included = min(cost, self.remaining)
        payment = Payment(money=(cost - included) * UNITS_PER_CREDIT, credits=included)
        self.remaining -= payment.credits
        self.spent += payment.money
        return payment

    def give_back(self, payment: Payment) -> None:
        """Undo a payment."""
        self.remaining += payment.credits
        self.spent -= payment.money

    def view(self, now: float) -> dict[str, Any]:
        """The block of `GET /v3/users/me`."""
        return {
            "included_credits": self.included,
            "remaining_credits": self.remaining,
            "spending_cap_usd": None if self.cap is None else dollars(self.cap),
            "spending_current_usd": dollars(self.spent),
        }


Billing = Wallet | Subscription | UsageBased


def billing_type(billing: Billing) -> BillingType:
    """The vendor's name for this way of paying."""
    match billing:
        case Wallet():
            return "wallet"
        case Subscription():
            return "subscription"
        case UsageBased():
            return "usage_based"


def billing_view(billing: Billing, now: float, *, hidden: bool) -> dict[str, Any]:
    """The billing part of `GET /v3/users/me`: exactly one block; `hidden` leaves its amounts null."""
    kind = billing_type(billing)
    block = billing.view(now)
    blocks: dict[str, Any] = {"wallet": None, "subscription": None, "usage_based": None}
    return {"billing_type": kind, **blocks, kind: _without_amounts(block) if hidden else block}


def _without_amounts(block: dict[str, Any]) -> dict[str, Any]:
    return {name: _without_amount(value) for name, value in block.items()}


def _without_amount(value: Any) -> Any:
    if isinstance(value, dict):
        return _without_amounts(value)
    return None if isinstance(value, int | float) and not isinstance(value, bool) else value


def _next_month(now: float) -> str:
    today = datetime.fromtimestamp(now, UTC)
    year, month = (today.year + 1, 1) if today.month == 12 else (today.year, today.month + 1)
    return f"{year:04d}-{month:02d}-01T00:00:00Z"
