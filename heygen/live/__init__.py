"""LiveAvatar in LITE mode: we send sound, it sends the face. REST, the sans-I/O channel, the websocket around it.

Sessions cost money from their start until they are stopped, whatever becomes of the websocket.
"""

from .audio import BYTES_PER_SECOND, seconds_of
from .channel import Channel, Happening, Over, Ready
from .client import LiveClient, live_transport
from .connection import Bounds, LiveConnection, Speech
from .ending import Ended, EndReason
from .errors import SessionLimitReached, SessionUnavailable
from .events import SessionState, Trouble, Unknown, Unreadable
from .models import (
    CREDITS_PER_MINUTE,
    MUTE_MARGIN_SECONDS,
    Avatar,
    SessionOptions,
    SessionRecord,
    SessionToken,
    StartedSession,
    StopReason,
    Voice,
    credits_at_most,
)
from .playback import Outcome, Speaking, Spoken
from .replies import read_live_reply
from .waiting import Clock

__all__ = [
    "BYTES_PER_SECOND",
    "CREDITS_PER_MINUTE",
    "MUTE_MARGIN_SECONDS",
    "Avatar",
    "Bounds",
    "Channel",
    "Clock",
    "EndReason",
    "Ended",
    "Happening",
    "LiveClient",
    "LiveConnection",
    "Outcome",
    "Over",
    "Ready",
    "SessionLimitReached",
    "SessionOptions",
    "SessionRecord",
    "SessionState",
    "SessionToken",
    "SessionUnavailable",
    "Speaking",
    "Speech",
    "Spoken",
    "StartedSession",
    "StopReason",
    "Trouble",
    "Unknown",
    "Unreadable",
    "Voice",
    "credits_at_most",
    "live_transport",
    "read_live_reply",
    "seconds_of",
]
