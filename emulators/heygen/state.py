"""What the emulated service remembers: accounts, jobs, charges, and the switches of its behaviour."""

from __future__ import annotations

import dataclasses
import enum
from typing import Any, Literal, assert_never

from emulators.base import Clock
from emulators.heygen.billing import Billing, Payment, Wallet, billing_type, dollars, units

AdjustmentReason = Literal["top_up", "auto_reload", "elsewhere"]
Kind = Literal[
    "translation",
    "video",
    "lipsync",
    "proofread",
    "agent",
    "clipping",
    "background_removal",
    "voice",
    "look",
    "speech",
]
COUNTED: frozenset[Kind] = frozenset({"translation", "video", "lipsync"})  # sessions of agents as well
Speed = Literal["real", "fast", "step"]
RATES: dict[Speed, float] = {"real": 1.0, "fast": 100.0, "step": 0.0}


class WorkClock:
    """The time in which jobs and redeliveries progress, in seconds.

    It follows moves of the emulator's clock, but between them runs at the rate of `speed`: as the wall clock
    (`real`), a hundred times faster (`fast`), or not at all (`step`). Keys and links expire on the emulator's
    own clock, whatever the speed.
    """

    def __init__(self, clock: Clock, speed: Speed) -> None:
        self._clock = clock
        self._worked = 0.0
        self._since = self._wall()
        self.speed = speed

    def now(self) -> float:
        """Seconds of work time."""
        return self._worked + (self._wall() - self._since) * self.rate + self._clock.offset

    @property
    def rate(self) -> float:
        """Work seconds per wall second."""
        return RATES[self.speed]

    def set_speed(self, speed: Speed) -> None:
        """Go on at another speed from here."""
        self._worked = self.now() - self._clock.offset
        self._since = self._wall()
        self.speed = speed

    def _wall(self) -> float:
        return self._clock.now() - self._clock.offset


class JobState(enum.Enum):
    """Where a job stands, in our words; `views` knows the vendor's."""

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"

    @property
    def open(self) -> bool:
        """Whether the job still occupies a place under the concurrency cap."""
        match self:
            case JobState.QUEUED | JobState.RUNNING:
                return True
            case JobState.COMPLETED | JobState.FAILED:
                return False
            case _:
                assert_never(self)


@dataclasses.dataclass(slots=True)
class Switches:
    """Behaviour that a test or the playground may change; all of it has a realistic default.

    Durations are seconds of work time, drawn per job between the two bounds; timeouts are wall seconds.
    """

    check_sources: bool = True
    fetch_timeout: float = 5.0
    slow_seconds: float = 3.0
    probe_endpoints: bool = True
    propagation_seconds: float = 0.0
    bulk_words: Literal["batch", "resource"] = "batch"
    assumed_seconds: float = 60.0
    output_size: int = 2_000
    films: bool = False  # finished videos play
    hide_amounts: bool = False
    webhook_time: Literal["wall", "clock"] = "wall"
    translation_seconds: tuple[float, float] = (240.0, 420.0)
    video_seconds: tuple[float, float] = (90.0, 240.0)
    lipsync_seconds: tuple[float, float] = (180.0, 360.0)
    proofread_seconds: tuple[float, float] = (180.0, 300.0)
    clipping_seconds: tuple[float, float] = (120.0, 300.0)
    background_removal_seconds: tuple[float, float] = (60.0, 180.0)
    voice_seconds: tuple[float, float] = (20.0, 60.0)
    look_seconds: tuple[float, float] = (30.0, 90.0)
    asset_seconds: tuple[float, float] = (1.0, 5.0)
    agent_thinks_seconds: tuple[float, float] = (20.0, 60.0)
    upload_seconds: float = 900.0  # how long an upload link is good, on the emulator's own clock
    busy_agents_refuse: bool = True

    def within(self, kind: Kind) -> tuple[float, float]:
        """How long work of a kind takes at least and at most."""
        bounds: tuple[float, float] = getattr(self, f"{kind}_seconds", (0.0, 0.0))
        return bounds


@dataclasses.dataclass(slots=True)
class Account:
    """One customer: credentials, how it pays, and how many jobs may run together."""

    name: str
    api_key: str
    bearer: str | None
    billing: Billing
    cap: int

    @property
    def wallet(self) -> Wallet:
        """The prepaid money; `TypeError` for an account that pays in another way."""
        if not isinstance(self.billing, Wallet):
            raise TypeError(f"{self.name} has no wallet, it pays by {billing_type(self.billing)}")
        return self.billing

    @property
    def balance(self) -> float:
        """What is left in the wallet, in dollars; setting it leaves no trace in any journal."""
        return dollars(self.wallet.balance)

    @balance.setter
    def balance(self, usd: float) -> None:
        self.wallet.balance = units(usd)


@dataclasses.dataclass(slots=True)
class Charge:
    """The price of one job in units, taken by `payment` at submission; `refunded` when the job failed."""

    job_id: str
    account: str
    kind: Kind
    language: str | None
    units: int
    payment: Payment
    idempotency_key: str | None
    at: float
    refunded: bool = False

    @property
    def amount(self) -> float:
        """The price in dollars."""
        return dollars(self.units)


@dataclasses.dataclass(frozen=True, slots=True)
class Refund:
    """The price of one failed job in units, given back the way it was paid."""

    job_id: str
    account: str
    units: int
    payment: Payment
    at: float

    @property
    def amount(self) -> float:
        """The price in dollars."""
        return dollars(self.units)


@dataclasses.dataclass(frozen=True, slots=True)
class Adjustment:
    """Units added to a wallet (or taken from it, negative) that belong to no job of this emulator."""

    account: str
    units: int
    reason: AdjustmentReason
    at: float


@dataclasses.dataclass(slots=True)
class Failure:
    """Why a job fails."""

    message: str
    code: str = "rendering_failed"


@dataclasses.dataclass(slots=True)
class PlannedFailure:
    """An armed failure of a job to come; empty filters match every job."""

    failure: Failure
    language: str | None
    kind: Kind | None

    def matches(self, kind: Kind, language: str | None) -> bool:
        """Whether it applies to such a job."""
        return self.kind in (None, kind) and self.language in (None, language)


@dataclasses.dataclass(slots=True)
class Job:
    """One asynchronous unit. `starts`, `due` and `ended` are work time, `created` and `completed` unix.

    `part_of` is the session that made it, where one did.
    """

    seq: int
    id: str
    account: str
    kind: Kind
    language: str | None
    seconds: float
    fields: dict[str, Any]
    created: float
    starts: float
    due: float
    fate: Failure | None = None
    state: JobState = JobState.QUEUED
    ended: float | None = None
    completed: float | None = None
    part_of: str | None = None

    @property
    def counted(self) -> bool:
        """Whether it needs a place under the cap; what is part of a session shares that one's."""
        return self.kind in COUNTED and self.part_of is None

    @property
    def callback_url(self) -> str | None:
        """Where the requester wants to hear of this job."""
        return self.fields.get("callback_url")

    @property
    def format(self) -> str:
        """Extension of the output file."""
        return str(self.fields.get("output_format") or "mp4")


@dataclasses.dataclass(slots=True)
class State:
    """Everything `reset()` forgets."""

    # accounts by name, jobs by id
    accounts: dict[str, Account] = dataclasses.field(default_factory=dict)
    jobs: dict[str, Job] = dataclasses.field(default_factory=dict)
    charges: list[Charge] = dataclasses.field(default_factory=list)
    refunds: list[Refund] = dataclasses.field(default_factory=list)
    adjustments: list[Adjustment] = dataclasses.field(default_factory=list)
    planned_failures: list[PlannedFailure] = dataclasses.field(default_factory=list)
    switches: Switches = dataclasses.field(default_factory=Switches)
    made: int = 0

    def next_seq(self) -> int:
        """The place of what is made now in the order of all that was made."""
        self.made += 1
        return self.made
