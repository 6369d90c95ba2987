"""Money: what a request will cost, when a person has to agree first, and what a cap still allows. No I/O.

Amounts are whole micro-dollars (1 USD is 1,000,000), so that sums are exact. The built-in prices are the upper ends of
what HeyGen's pages said in mid 2026: a quote that turns out too low is worse than one that turns out too high.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_CEILING, Decimal, InvalidOperation

MICRO = 1_000_000
LARGEST_DOLLARS = 10**9
SHORTEST_SECONDS = 10.0
LONGEST_SECONDS = 1_800.0  # HeyGen makes no video longer than 30 minutes

PER_SECOND: Mapping[str, int] = {
    "translation.speed": 50_000,
    "translation.precision": 100_000,
    "lipsync.speed": 50_000,
    "lipsync.precision": 100_000,
    "video.avatar_iii": 43_300,
    "video.avatar_iv": 100_000,
    "video.avatar_v": 100_000,
    "agent": 33_300,
    "speech": 667,
    "proofread": 50_000,
    "background_removal": 50_000,
    "clipping": 50_000,
}
# HeyGen publishes no price for these: ours is that of a translation.
GUESSED = frozenset({"proofread", "background_removal", "clipping"})
PER_PIECE: Mapping[str, int] = {"cinematic": 7 * MICRO, "avatar": MICRO}
PER_MINUTE: Mapping[str, int] = {"live": 120_000}  # one credit of LiveAvatar's; each minute that begins is paid


class Reason(enum.StrEnum):
    """Why a paid request needs somebody's click."""

    TOO_DEAR = "too_dear"
    UNTRUSTED = "untrusted"
    NOT_ASKED = "not_asked"
    CHANGED = "changed"
    GUESSED = "guessed"
    SCHEDULED = "scheduled"


class Entry(enum.StrEnum):
    """What a line of the ledger is. Holds, charges and drift are amounts spent, a release is a negative one.

    `DRIFT`: the wallet has lost this much more than the ledger can explain; a negative one says that it has more left,
    since HeyGen took less than quoted or somebody filled it up.
    """

    HOLD = "hold"
    RELEASE = "release"
    CHARGE = "charge"
    DRIFT = "drift"


class Scope(enum.StrEnum):
    """Whose spending a cap limits."""

    WORKSPACE = "workspace"
    CHANNEL = "channel"
    PERSON = "person"
    TOKEN = "token"  # noqa: S105 - a program's, see docs/mcp.md


class Period(enum.StrEnum):
    """For how long a cap counts; days and months are those of UTC."""

    DAY = "day"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Cap:
    """At most `amount` micro-dollars in each `period`."""

    scope: Scope
    period: Period
    amount: int


@dataclass(frozen=True, slots=True)
class Quote:
    """What `pieces` equal pieces of work will cost together, between `low` and `high` micro-dollars.

    `rate` is micro-dollars per second of one piece, None where a piece has one price. `basis` says for people how the
    amount comes about. `guessed`: nobody has published the price.
    """

    low: int
    high: int
    basis: str
    pieces: int = 1
    rate: int | None = None
    guessed: bool = False

    @property
    def per_piece(self) -> int:
        """The most that one piece will cost."""
        return -(-self.high // max(self.pieces, 1))

    def words(self) -> str:
        """“about $6.30”, or a range."""
        if self.low == self.high:
            return f"about {dollars(self.high)}"
        return f"between {dollars(self.low)} and {dollars(self.high)}"


class Prices:
    """The price table: the built-in prices with those of the installation in their place."""

    def __init__(self, own: Mapping[str, int] | None = None) -> None:
        prices = {**PER_SECOND, **PER_PIECE, **PER_MINUTE, **(own or {})}
        self._guessed = GUESSED - set(own or ())
        self._per_second = {name: prices[name] for name in PER_SECOND}
        self._per_piece = {name: prices[name] for name in PER_PIECE}
        self._per_minute = {name: prices[name] for name in PER_MINUTE}

    def by_second(self, name: str, pieces: int, seconds: float | None) -> Quote:
        """`pieces` of `seconds` each; a range where nobody knows how long they are. `KeyError` for an unknown name."""
        rate, guessed = self._per_second[name], name in self._guessed
        shown = f"{pieces} × {dollars(rate, exact=True)} a second"
        if seconds is None:
            low, high = (pieces * cost_of(rate, bound) for bound in (SHORTEST_SECONDS, LONGEST_SECONDS))
            return Quote(low, high, f"length unknown, at most 30 min, {shown}", pieces, rate, guessed)
        total = pieces * cost_of(rate, seconds)
        return Quote(total, total, f"{seconds:.0f} s × {shown}", pieces, rate, guessed)

    def by_piece(self, name: str, pieces: int) -> Quote:
        """`pieces` at a fixed price each. `KeyError` for an unknown name."""
        price = self._per_piece[name]
        return Quote(pieces * price, pieces * price, f"{pieces} × {dollars(price)}", pieces)

    def per_minute(self, name: str) -> int:
        """Micro-dollars for each minute that begins. `KeyError` for an unknown name."""
        return self._per_minute[name]


def prices_from(text: str) -> dict[str, int]:
    """Prices of an installation from `name=dollars, …`; `ValueError` says which part is wrong."""
    own: dict[str, int] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, amount = (piece.strip() for piece in part.partition("="))
        if name not in (names := [*PER_SECOND, *PER_PIECE, *PER_MINUTE]):
            raise ValueError(f"{name[:40]!r} is no price; there are: {', '.join(names)}")
        try:
            own[name] = micro(amount)
        except ValueError as error:
            raise ValueError(f"{name} {error}") from error
    return own


def micro(amount: str | float | Decimal) -> int:
    """Micro-dollars from dollars, rounded up; `ValueError` for what is no amount of money."""
    try:
        value = Decimal(str(amount).strip().removeprefix("$"))
    except InvalidOperation:
        value = Decimal(-1)
    if not (value.is_finite() and 0 <= value < LARGEST_DOLLARS):
        raise ValueError("has to be an amount in dollars, such as 12.50")
    return int((value * MICRO).to_integral_value(ROUND_CEILING))


def dollars(amount: int, *, exact: bool = False) -> str:
    """An amount for people: cents are enough, unless it is a price per second (`exact`) or less than one."""
    value = Decimal(amount) / MICRO
    if exact or 0 < abs(value) < Decimal("0.01"):
        digits = f"{value.normalize():f}"
        return f"-${digits[1:]}" if value < 0 else f"${digits}"
    return f"{'-' if value < 0 else ''}${abs(value):,.2f}"


def cost_of(rate: int, seconds: float) -> int:
    """What `seconds` cost at `rate` micro-dollars a second, rounded up."""
    return math.ceil(rate * Decimal(str(max(seconds, 0.0))))


def click_needed(quote: Quote, *, limit: int, tainted: bool, asked: bool) -> Reason | None:
    """Why a request needs a click; None when it may go by itself.

    It may only if it surely costs no more than `limit` (a price that was guessed is not sure), the person asked for
    exactly this, and nothing that others wrote has entered the turn (`tainted`).
    """
    if quote.high > limit:
        return Reason.TOO_DEAR
    if quote.guessed:
        return Reason.GUESSED
    if tainted:
        return Reason.UNTRUSTED
    return None if asked else Reason.NOT_ASKED


def period_start(period: Period, now: float) -> float:
    """When the day or month of `now` began, in unix seconds."""
    day = datetime.fromtimestamp(now, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    match period:
        case Period.DAY:
            return day.timestamp()
        case Period.MONTH:
            return day.replace(day=1).timestamp()


def drift(expected: int, held: int, balance: int) -> int:
    """How much of a wallet's `balance` the ledger cannot explain, in micro-dollars.

    `expected` is what should be left if nothing that is held has been taken yet. HeyGen may take a held amount at any
    time before we know how a job ended, so anything between that and `expected - held` is explained.
    """
    if balance > expected:
        return expected - balance
    return max(expected - held - balance, 0)
