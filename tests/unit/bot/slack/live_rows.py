"""Live sessions and their lines, with everything that does not matter filled in."""

from __future__ import annotations

from typing import Any

from agent.live.records import LiveLine, LiveSession, LiveState, Manner, Speaker
from tests.unit.bot.slack.rows import NOW

PRICE = 120_000


def live_session(state: LiveState = LiveState.OFFERED, **changes: Any) -> LiveSession:
    values: dict[str, Any] = {
        "id": "live_1",
        "key": "gr-1",
        "workspace_id": "T1",
        "account_id": "T1-liveavatar",
        "conversation_id": "conversation_1",
        "handle": "L1",
        "requester": "UALICE",
        "reason": "my intro is broken",
        "state": state,
        "created_at": NOW,
        "max_seconds": 900,
        "price_per_minute": PRICE,
    }
    return LiveSession(**values | changes)


def line(seq: int, text: str = "Hello.", speaker: Speaker = Speaker.VISITOR, **changes: Any) -> LiveLine:
    values: dict[str, Any] = {"at": NOW + seq, "manner": Manner.VOICE}
    return LiveLine(seq=seq, text=text, speaker=speaker, **values | changes)
