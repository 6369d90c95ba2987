"""Socket Mode: Slack's events and interactions over websockets that we open, for where Slack cannot reach us.

`fleet` decides without input or output, `link` is one websocket, `mode` supervises, `wire` opens, `answers` asks Bolt.
"""

from bot.slack.socket.answers import BoltAnswers
from bot.slack.socket.fleet import Bounds
from bot.slack.socket.mode import ANOTHER_APP, SocketMode, SocketStatus
from bot.slack.socket.wire import Refused, ask_for_address, opening

__all__ = [
    "ANOTHER_APP",
    "BoltAnswers",
    "Bounds",
    "Refused",
    "SocketMode",
    "SocketStatus",
    "ask_for_address",
    "opening",
]
