"""What the emulated service remembers: accounts, tokens, sessions, charges, and the switches of its behaviour."""

from __future__ import annotations

import dataclasses
import time
from collections import deque
from typing import Any, Literal

from emulators.base import Clock

Mode = Literal["LITE", "FULL"]
Rounding = Literal["minute", "second"]
ErrorShape = Literal["message", "data", "detail", "error", "text"]
EndReason = Literal[
    "UNKNOWN",
    "USER_DISCONNECTED",
    "SERVER_ERROR",
    "IDLE_TIMEOUT",
    "NO_CREDITS",
    "USER_CLOSED",
    "AVATAR_DELETED",
    "MAX_DURATION_REACHED",
    "ZOMBIE_SESSION_REAP",
    "AGENT_HANG_UP",
]

CREDITS_PER_MINUTE: dict[Mode, float] = {"LITE": 1.0, "FULL": 2.0}
FRAMES_KEPT = 20_000
FINDINGS_KEPT = 1_000
INTERRUPTIONS_KEPT = 1_000


class RatedClock(Clock):
    """The emulator's time at `rate` seconds per second of the machine: 1 is real time, 0 moves only when told to."""

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate
        self._began = time.time()

    def now(self) -> float:
        """Unix seconds on this clock."""
        return self._began + (time.time() - self._began) * self.rate + self.offset


@dataclasses.dataclass(slots=True)
class Switches:
    """Behaviour that a test or the playground may change; `reset` restores it.

    Times are seconds on the emulator's clock. Where the vendor publishes nothing, the default is the strict or
    the measured side, named in the comment.
    """

    # REST: what the vendor's documents and its clients disagree about.
    success_code: int = 1000  # or 100
    error_shape: ErrorShape = "message"
    omit_from_start: frozenset[str] = frozenset()
    requests_per_second: int | None = None  # the vendor's numbers are not public: none unless asked for
    token_seconds: float = 3600.0
    # Money and ends.
    rounding: Rounding = "minute"
    overage: bool = False
    idle_seconds: float = 300.0
    viewer_seconds: float | None = 300.0
    zombie_seconds: float | None = 200.0  # 194 to 210 measured after the client had vanished
    sandbox_seconds: float = 60.0
    mute_at_limit: bool = False  # the session ends in silence: no event, no close
    # The session's websocket.
    connect_seconds: float = 0.0
    start_latency: float = 0.2  # from the first audio to speak_started, measured
    first_chunk_seconds: float = 0.4  # less than this does not begin to play before speak_end
    starvation_seconds: float = 1.0
    keep_audio_bytes: int = 2_000_000


@dataclasses.dataclass(slots=True)
class Account:
    """One customer: key, credits, how many sessions may be open together, and the plan's longest session."""

    name: str
    api_key: str
    credits: float
    cap: int
    longest_session: int


@dataclasses.dataclass(frozen=True, slots=True)
class Charge:
    """Credits taken from an account (negative: given back) for a session, and the minute it pays for."""

    session_id: str
    account: str
    credits: float
    minute: int
    at: float


@dataclasses.dataclass(frozen=True, slots=True)
class Finding:
    """Something the client did that the real service would ignore, refuse or answer with a broken session."""

    at: float
    code: str
    detail: str


@dataclasses.dataclass(frozen=True, slots=True)
class Frame:
    """One thing in a session's journal: a message on its websocket, a REST call about it, somebody in its room.

    `audio_bytes` stands for the audio, which is left out of `content`.
    """

    at: float
    direction: Literal["in", "out"]
    type: str
    content: dict[str, Any]
    audio_bytes: int = 0


@dataclasses.dataclass(slots=True)
class Interruption:
    """One `agent.interrupt` and what arrived after it, until the next one.

    `stale_bytes` is audio that still belonged to an utterance this interrupt had dropped.
    """

    at: float
    event_id: str | None
    bytes_after: int = 0
    stale_bytes: int = 0


@dataclasses.dataclass(slots=True)
class Session:
    """One session from its token to its end. Times are unix seconds on the emulator's clock."""

    id: str
    account: str
    avatar_id: str
    mode: Mode
    connector: bool
    is_sandbox: bool
    requested: dict[str, Any]
    limit: int
    created: float
    token: str
    token_expires: float
    secret: str
    viewer_token: str
    started: float | None = None
    ended: float | None = None
    end_reason: EndReason | None = None
    stopped: bool = False  # by the client, whatever reason it gave
    kept_alive: float = 0.0
    minutes_paid: int = 0
    credits: float = 0.0
    viewers: int = 0
    viewer_gone_since: float | None = None
    socket_gone_since: float | None = None
    muted: bool = False
    frames: deque[Frame] = dataclasses.field(default_factory=lambda: deque(maxlen=FRAMES_KEPT))
    findings: deque[Finding] = dataclasses.field(default_factory=lambda: deque(maxlen=FINDINGS_KEPT))
    interruptions: deque[Interruption] = dataclasses.field(default_factory=lambda: deque(maxlen=INTERRUPTIONS_KEPT))
    audio_bytes: int = 0

    @property
    def open(self) -> bool:
        """Whether it runs, occupies a place and is paid for."""
        return self.started is not None and self.ended is None

    def billed_seconds(self, now: float) -> float:
        """Seconds from start to end, or to `now` while it is open."""
        if self.started is None:
            return 0.0
        return (self.ended if self.ended is not None else now) - self.started

    def note(self, at: float, name: str, **content: Any) -> None:
        """Put something the client did, other than a frame, into the journal."""
        self.frames.append(Frame(at, "in", name, content))

    def found(self, at: float, code: str, detail: str) -> None:
        """Note a violation by the client."""
        self.findings.append(Finding(at, code, detail))


@dataclasses.dataclass(slots=True)
class State:
    """Everything `reset()` forgets: accounts by name; sessions by id, by their token and by their viewer's."""

    accounts: dict[str, Account] = dataclasses.field(default_factory=dict)
    sessions: dict[str, Session] = dataclasses.field(default_factory=dict)
    by_token: dict[str, Session] = dataclasses.field(default_factory=dict)
    by_viewer_token: dict[str, Session] = dataclasses.field(default_factory=dict)
    charges: list[Charge] = dataclasses.field(default_factory=list)
    deleted_avatars: set[str] = dataclasses.field(default_factory=set)
    switches: Switches = dataclasses.field(default_factory=Switches)
