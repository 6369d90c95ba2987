"""Live sessions as rows: `agent.live.ports.LiveStore`, and what the edge needs besides."""

from __future__ import annotations

from bot.store.live_offers import Decision, LiveOffers
from bot.store.live_owned import LiveOwned
from bot.store.live_passes import LivePasses
from bot.store.live_rows import LiveParts, LiveUnavailable
from bot.store.live_words import LiveWords

__all__ = ["Decision", "LiveParts", "LiveSessions", "LiveUnavailable"]


class LiveSessions(LiveOffers, LiveOwned, LiveWords, LivePasses):
    """From the first call for a person to the bill. Every method is one transaction."""
