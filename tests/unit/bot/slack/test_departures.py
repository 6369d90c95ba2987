"""Which installations an event says are over, in every shape in which Slack tells it."""

from __future__ import annotations

from typing import Any

import pytest

from bot.slack.departures import departed

GONE: dict[str, Any] = {"event": {"type": "app_uninstalled"}}
WHOLE = {"enterprise_id": "E1", "team_id": None, "is_enterprise_install": True}
ALONE = {"enterprise_id": "E1", "team_id": "T1", "is_enterprise_install": False}


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (GONE | {"team_id": "T1"}, ["T1"]),
        (GONE | {"team_id": "T1", "enterprise_id": "E1"}, ["T1", "E1"]),  # it does not say which of the two
        (GONE | {"enterprise_id": "E1"}, ["E1"]),
        (GONE | {"team_id": "T2", "enterprise_id": "E1", "authorizations": [WHOLE]}, ["E1"]),
        (GONE | {"team_id": "T2", "enterprise_id": "E1", "authorizations": [ALONE]}, ["T1"]),
        (GONE | {"team_id": 7, "authorizations": "none"}, []),
        ({"event": {"type": "tokens_revoked", "tokens": {"bot": ["U1"]}}, "team_id": "T1"}, ["T1"]),
        ({"event": {"type": "tokens_revoked", "tokens": {"oauth": ["U1"]}}, "team_id": "T1"}, []),
        ({"event": {"type": "message"}, "team_id": "T1"}, []),
        ({}, []),
    ],
)
def test_what_is_to_be_looked_at(body: dict[str, Any], found: list[str]) -> None:
    assert departed(body) == found
