"""Why a session's websocket ended, as a value."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class EndReason(enum.Enum):
    """The closed set of reasons."""

    CLOSED = "closed"  # we asked for it
    ENDED_THERE = "ended_there"  # LiveAvatar said that the session is over
    REFUSED = "refused"  # the websocket's address is no longer good, or never was
    NOT_READY = "not_ready"  # connected, but no word that commands are accepted
    LOST = "lost"  # the connection broke and could not be made again
    NOT_OURS = "not_ours"  # it broke, and was not to be opened again


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """The end of a websocket. Only harmless words are in it, so that it may be logged and shown.

    `word` is the vendor's state or reason, `code` the websocket's close code or, for `REFUSED`, the HTTP status.
    """

    reason: EndReason
    word: str | None = None
    code: int | None = None

    def __str__(self) -> str:
        details = [str(part) for part in (self.code, self.word) if part is not None]
        return self.reason.value + (f" ({', '.join(details)})" if details else "")
