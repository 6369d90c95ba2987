"""What LiveAvatar adds to this package's errors.

* HeyGenError
  + APIError
    - Forbidden
      · SessionLimitReached: as many sessions are open as the plan allows
  + SessionUnavailable: the websocket of a session could not be used

A call without credits is an `InsufficientCredit`, as everywhere.
"""

from __future__ import annotations

from ..errors import Forbidden, HeyGenError
from .ending import Ended


class SessionLimitReached(Forbidden):
    """Nothing was started: as many sessions are open as the plan allows, perhaps one that nobody stopped."""


class SessionUnavailable(HeyGenError):
    """The session's websocket never got ready; `ended` says why. The session itself may still cost money."""

    def __init__(self, ended: Ended) -> None:
        super().__init__(f"live session unavailable: {ended}")
        self.ended = ended
