"""A live session as it is remembered: what it is, where it stands, what was said in it. Nothing here does I/O.

Times are unix seconds, money is micro-dollars, credits are LiveAvatar's own.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from decimal import Decimal


class LiveState(enum.StrEnum):
    """Where a live session stands; only `STARTING`, `LIVE`, `HUMAN_TAKEOVER` and `CLOSING` cost money.

    `CALLING`: operators were asked and nobody has answered yet. `OFFERED`: somebody may join. `JOINED`: a viewer is on
    the page and has agreed, nothing has been started. `CLOSING`: it is over for people, its stop is not confirmed.
    """

    CALLING = "calling"
    OFFERED = "offered"
    JOINED = "joined"
    STARTING = "starting"
    LIVE = "live"
    HUMAN_TAKEOVER = "human_takeover"
    CLOSING = "closing"
    ENDED = "ended"


WAITING_STATES = frozenset({LiveState.CALLING, LiveState.OFFERED})
RUNNING_STATES = frozenset({LiveState.JOINED, LiveState.STARTING, LiveState.LIVE, LiveState.HUMAN_TAKEOVER})
PAID_STATES = frozenset({LiveState.STARTING, LiveState.LIVE, LiveState.HUMAN_TAKEOVER, LiveState.CLOSING})
TALKING_STATES = frozenset({LiveState.LIVE, LiveState.HUMAN_TAKEOVER})


class LiveEnd(enum.StrEnum):
    """Why a live session ended."""

    CLAIMED = "claimed"  # a teammate took the conversation before anything was started
    DECLINED = "declined"
    EXPIRED = "expired"  # nobody joined
    VISITOR = "visitor"  # the person ended it, on the page or in the thread
    OPERATOR = "operator"
    HANDED_OVER = "handed_over"  # a teammate goes on in the thread
    GOODBYE = "goodbye"
    IDLE = "idle"
    LEFT = "left"  # the last viewer left and did not come back
    MAXIMUM = "maximum"
    BUDGET = "budget"
    PROVIDER = "provider"  # LiveAvatar ended it
    NOT_STARTED = "not_started"
    DRAINED = "drained"  # the process had to stop
    ORPHANED = "orphaned"  # the process that had it died


class Speaker(enum.StrEnum):
    """Whose words a line of the transcript holds."""

    VISITOR = "visitor"
    AVATAR = "avatar"
    TEAMMATE = "teammate"
    RUNTIME = "runtime"


class Manner(enum.StrEnum):
    """How a line came: by voice, typed on the page, from the thread, or written by us."""

    VOICE = "voice"
    PAGE = "page"
    THREAD = "thread"
    OURS = "ours"


class LineState(enum.StrEnum):
    """What became of a line. `INTERRUPTED`: its text is what was heard of it; `SILENT`: shown, never spoken."""

    SAID = "said"
    INTERRUPTED = "interrupted"
    LOST = "lost"
    SILENT = "silent"


class CommandKind(enum.StrEnum):
    """What somebody in Slack wants of a running session."""

    ASK = "ask"  # the requester writes to the avatar
    SAY = "say"  # verbatim
    WHISPER = "whisper"  # to the model alone
    TAKE_OVER = "take_over"
    HAND_BACK = "hand_back"
    MUTE = "mute"
    UNMUTE = "unmute"
    END = "end"
    HAND_OVER = "hand_over"  # end it, a teammate goes on in the thread


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLiveSession:
    """An escalation as it is first written down. `key` makes asking twice the same as asking once.

    With `call_seconds` operators are called first, for so long; then it is offered for `offer_seconds`.
    `needs_approval`: it may cost more than goes by itself, so an approver has to press before anybody can join.
    `reason` is the person's own wording or ours, shown to operators.
    """

    key: str
    workspace_id: str
    account_id: str
    conversation_id: str
    requester: str
    reason: str
    max_seconds: int
    price_per_minute: int
    call_seconds: float | None
    offer_seconds: float
    needs_approval: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveSession:
    """One live session. `handle` is `L1`, `L2` … within its conversation.

    `held` is the most it may cost, `charged` what it came to. `started_at` to `stopped_at` is what is billed.
    `usable_until` is when it has to end at the latest. `taken_by`: the operator who speaks through it.
    `viewer` is who is on the page, `approved_by` who agreed to its price where that was needed.
    """

    id: str
    key: str
    workspace_id: str
    account_id: str
    conversation_id: str
    handle: str
    requester: str
    reason: str
    state: LiveState
    created_at: float
    max_seconds: int
    price_per_minute: int
    call_until: float | None = None
    offer_seconds: float = 0.0
    offer_until: float | None = None
    reminded_at: float | None = None
    needs_approval: bool = False
    approved_by: str | None = None
    claimed_by: str | None = None
    provider_session_id: str | None = None
    started_at: float | None = None
    usable_until: float | None = None
    stopped_at: float | None = None
    ended_at: float | None = None
    end: LiveEnd | None = None
    ended_by: str | None = None
    credits: Decimal | None = None
    charged: int | None = None
    held: int = 0
    viewer: str | None = None
    taken_by: str | None = None
    muted: bool = False
    lines: int = 0
    summary: str | None = None

    @property
    def running(self) -> bool:
        """Whether a viewer is or was on the page and it is not over."""
        return self.state in RUNNING_STATES

    @property
    def price_at_most(self) -> int:
        """What it costs if it lasts as long as it may: each minute that begins is paid."""
        return self.price_per_minute * -(-self.max_seconds // 60)


@dataclass(frozen=True, slots=True)
class LiveAccess:
    """The two ways into a started session, and the viewer's key. Secrets: encrypted where they are stored."""

    socket_url: str = field(repr=False)
    room_url: str
    room_token: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveLine:
    """One line of the transcript; `seq` counts from 1 within its session. `actor` is a Slack user id."""

    seq: int
    at: float
    speaker: Speaker
    manner: Manner
    text: str
    state: LineState = LineState.SAID
    actor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveCommand:
    """Something that somebody in Slack wants of a session; `message_ts` is the message it came with, if any."""

    id: str
    session_id: str
    seq: int
    kind: CommandKind
    actor: str
    text: str
    message_ts: str | None
    created_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LivePass:
    """A personal way in: made by a press on Join, opened once (`opened_at`), good until its session ends."""

    id: str
    session_id: str
    user_id: str
    created_at: float
    expires_at: float
    opened_at: float | None = None
