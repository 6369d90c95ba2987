"""What sessions are made of: the ports and services that the process gives to all of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import structlog

from agent.live.brain import Brain
from agent.live.ears import EarsMaker
from agent.live.ports import LiveAccounts, LiveStore
from agent.live.records import LiveSession
from agent.live.stage import Bounds
from agent.live.voice import Voice
from agent.ports import Budget, Clock, Ids, JobStore, TurnStore
from heygen.live import LiveConnection, SessionOptions

log = structlog.get_logger(__name__)

Connect = Callable[[str, Callable[[], Awaitable[bool]]], LiveConnection]
"""Makes a connection to the address of a session's websocket; asked before it is reopened: whether that is wanted."""

Observe = Callable[[str, int, str, float], None]
"""Takes the time of something in a turn: session, turn, mark, seconds of the clock. See `agent.live.latency`."""


def _nothing(session_id: str, turn: int, mark: str, at: float) -> None:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveParts:
    """Ports and services. Without `ears` or `voice` sessions go on by text, and say so.

    `options` says what LiveAvatar's session is to be, or raises a `HeyGenError`. `connect` opens its websocket.
    """

    store: LiveStore
    accounts: LiveAccounts
    turns: TurnStore
    jobs: JobStore
    budget: Budget
    brain: Brain
    ears: EarsMaker | None
    voice: Voice | None
    clock: Clock
    ids: Ids
    connect: Connect
    options: Callable[[LiveSession], Awaitable[SessionOptions]]
    bounds: Bounds = field(default_factory=Bounds)
    observe: Observe = _nothing
