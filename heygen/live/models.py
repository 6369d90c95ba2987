"""What LiveAvatar's REST interface takes and tells, as records. Tokens and addresses stay out of their `repr`."""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

# At its maximum duration the service was seen to go mute instead of closing: no error, no event, the line cut off
# in the middle (measured by others, September 2026). So we end before.
MUTE_MARGIN_SECONDS = 15.0
CREDITS_PER_MINUTE = Decimal(1)  # LITE mode; FULL mode and embedded avatars cost two


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionOptions:
    """What a LITE session is to be. `max_seconds` is always sent: it bounds what a session nobody stops can cost.

    A sandbox session costs nothing, lasts about a minute and takes only certain avatars.
    """

    avatar_id: str
    max_seconds: int
    sandbox: bool = False
    quality: Literal["very_high", "high", "medium", "low"] = "high"
    encoding: Literal["H264", "VP8"] = "H264"

    def __post_init__(self) -> None:
        if not self.avatar_id:
            raise ValueError("a session needs an avatar")
        if self.max_seconds <= 0:
            raise ValueError("a session lasts at least a second")

    def to_json(self) -> dict[str, Any]:
        """The vendor's request. Quality and encoding at the top level, as some clients send them, have no effect."""
        return {
            "mode": "LITE",
            "avatar_id": self.avatar_id,
            "is_sandbox": self.sandbox,
            "video_settings": {"quality": self.quality, "encoding": self.encoding},
            "max_session_duration": self.max_seconds,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionToken:
    """A session that does not run yet and costs nothing yet."""

    session_id: str
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class StartedSession:
    """A session that runs and costs money until it is stopped.

    `socket_url` is ours alone: it carries its own authority. `room_url` and `room_token` are for the viewer's
    browser. `max_seconds` is the limit that really applies, None where LiveAvatar does not tell.
    """

    session_id: str
    socket_url: str = field(repr=False)
    room_url: str
    room_token: str = field(repr=False)
    max_seconds: int | None = None

    @property
    def usable_seconds(self) -> float | None:
        """How long after the start the avatar can be relied on to speak."""
        return None if self.max_seconds is None else max(self.max_seconds - MUTE_MARGIN_SECONDS, 0.0)


class StopReason(enum.Enum):
    """Why a session is stopped, in the vendor's words."""

    UNKNOWN = "UNKNOWN"
    USER_DISCONNECTED = "USER_DISCONNECTED"
    SERVER_ERROR = "SERVER_ERROR"
    IDLE_TIMEOUT = "IDLE_TIMEOUT"
    NO_CREDITS = "NO_CREDITS"
    USER_CLOSED = "USER_CLOSED"
    AVATAR_DELETED = "AVATAR_DELETED"
    MAX_DURATION_REACHED = "MAX_DURATION_REACHED"
    ZOMBIE_SESSION_REAP = "ZOMBIE_SESSION_REAP"
    AGENT_HANG_UP = "AGENT_HANG_UP"


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRecord:
    """A session as LiveAvatar keeps it; `duration` in seconds. It has no tag: which are ours only our table knows."""

    id: str
    created_at: datetime | None = None
    updated_at: datetime | None = None
    duration: float | None = None
    source: str = ""
    mode: str = ""
    sandbox: bool = False
    credits: Decimal | None = None
    ended_at: datetime | None = None
    end_reason: str = ""

    @property
    def over(self) -> bool:
        """Whether it says that it has ended. Absence is no proof that it still runs."""
        return self.ended_at is not None or bool(self.end_reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class Avatar:
    """A face. Starting a session with one that is not `usable` fails, so it is refused before that."""

    id: str
    name: str | None = None
    kind: str = ""
    status: str = ""
    expired: bool = False
    full_hd: bool = False
    preview_url: str | None = field(default=None, repr=False)

    @property
    def usable(self) -> bool:
        """Whether a session can be started with it."""
        return self.status == "ACTIVE" and not self.expired


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """A stored voice. Only FULL mode speaks with it; LITE sessions get the audio from us."""

    id: str
    name: str | None = None


def credits_at_most(seconds: float) -> Decimal:
    """The most that `seconds` of a LITE session can cost: a minute is set aside at the start and at each minute.

    What it did cost is `SessionRecord.credits`.
    """
    return CREDITS_PER_MINUTE * max(math.ceil(seconds / 60.0), 1)
