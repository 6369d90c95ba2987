"""Who may come in with which link, and what everybody else is told. No I/O."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import assert_never

from agent.live.records import LivePass, LiveSession, LiveState


class Access(enum.Enum):
    """What a link, or the cookie that it was exchanged for, is worth at the moment."""

    NEW = "new"  # a link that nobody has opened
    BACK = "back"  # the browser that opened it
    FOREIGN = "foreign"  # opened by another browser
    EXPIRED = "expired"
    OVER = "over"  # its session has ended
    WITHDRAWN = "withdrawn"  # its session was never held
    UNKNOWN = "unknown"

    @property
    def granted(self) -> bool:
        """Whether it leads to the session."""
        return self in (Access.NEW, Access.BACK)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A status and the words for a person: what is the matter, and what to do."""

    status: int
    title: str
    text: str


def judge(found: tuple[LivePass, LiveSession] | None, *, held: bool, now: float) -> Access:
    """What a pass is worth at `now`; `held`: the browser that asks has the cookie it was exchanged for."""
    if found is None:
        return Access.UNKNOWN
    given, session = found
    if session.state in (LiveState.CLOSING, LiveState.ENDED):
        return Access.WITHDRAWN if session.started_at is None else Access.OVER
    if given.opened_at is not None:
        return Access.BACK if held else Access.FOREIGN
    return Access.NEW if now < given.expires_at else Access.EXPIRED


def refusal(access: Access) -> Refusal:
    """What is said to somebody who is not let in; `ValueError` for somebody who is."""
    match access:
        case Access.UNKNOWN:
            return Refusal(
                404,
                "This link leads nowhere",
                "Part of it may be missing. Press Join in the Slack thread to get a link of your own.",
            )
        case Access.FOREIGN:
            return Refusal(
                403,
                "This link has already been used",
                "It was opened in another browser, and each link opens once. If that was you, go on there, or press "
                "Join in the Slack thread for a new link. If it was not, please tell your team.",
            )
        case Access.EXPIRED:
            return Refusal(
                410,
                "This link has expired",
                "Press Join in the Slack thread for a new one. If the offer is gone, ask for a live session there.",
            )
        case Access.OVER:
            return Refusal(
                410,
                "This session has ended",
                "What was said is in the Slack thread. You can ask for another session there.",
            )
        case Access.WITHDRAWN:
            return Refusal(
                410,
                "This session did not take place",
                "The offer was withdrawn or somebody has taken over in Slack. Nothing was charged. Please go on in the "
                "Slack thread.",
            )
        case Access.NEW | Access.BACK:
            raise ValueError("nobody is refused who may come in")
        case _:
            assert_never(access)


NO_COOKIE = Refusal(
    403,
    "There is no session open in this browser",
    "Use the link that you got when you pressed Join in the Slack thread. If you did, this browser may block cookies.",
)
NOT_OURS = Refusal(403, "This request came from elsewhere", "Please open the link from Slack again.")
NOT_UNDERSTOOD = Refusal(400, "This request was not understood", "Please open the link from Slack again.")
