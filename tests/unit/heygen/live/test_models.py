"""The records: what they show of secrets, and what a session may cost."""

from __future__ import annotations

from decimal import Decimal

import pytest

from heygen.live import SessionToken, StartedSession, credits_at_most


def test_no_secret_is_in_a_repr() -> None:
    token = SessionToken(session_id="s1", token="secret-1")
    started = StartedSession(
        session_id="s1", socket_url="wss://x/?secret-2", room_url="wss://room", room_token="secret-3"
    )

    assert "secret" not in repr(token) + repr(started)


@pytest.mark.parametrize(("seconds", "cost"), [(0, 1), (1, 1), (60, 1), (60.1, 2), (600, 10)])
def test_a_session_costs_a_credit_for_each_minute_begun(seconds: float, cost: int) -> None:
    assert credits_at_most(seconds) == Decimal(cost)


def test_a_session_shorter_than_the_margin_is_not_usable() -> None:
    started = StartedSession(session_id="s", socket_url="ws://x", room_url="ws://r", room_token="t", max_seconds=10)

    assert started.usable_seconds == 0
