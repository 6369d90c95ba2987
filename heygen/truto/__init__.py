"""HeyGen by way of Truto: a second transport under the same client, and Truto's own tools of an account.

Proven against our own emulator and what Truto publishes, never against Truto itself; see docs/truto.md.
"""

from __future__ import annotations

from .contacts import Contact, contacts
from .definitions import Tool
from .errors import CannotTell, ReconnectNeeded, TrutoBusy, TrutoFailed, TrutoRefused
from .looking import MarkingTransport, mark_of
from .pace import Pace
from .replies import heygens_body, read_heygen, read_plain, truto_error
from .tools import Listed, TrutoTools
from .transport import SETTLE_SECONDS, TrutoTransport
from .wire import DEFAULT_BASE, TrutoAccess, TrutoWire

__all__ = [
    "DEFAULT_BASE",
    "SETTLE_SECONDS",
    "CannotTell",
    "Contact",
    "Listed",
    "MarkingTransport",
    "Pace",
    "ReconnectNeeded",
    "Tool",
    "TrutoAccess",
    "TrutoBusy",
    "TrutoFailed",
    "TrutoRefused",
    "TrutoTools",
    "TrutoTransport",
    "TrutoWire",
    "contacts",
    "heygens_body",
    "mark_of",
    "read_heygen",
    "read_plain",
    "truto_error",
]
