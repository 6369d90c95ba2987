"""What is asked depends on what is known."""

from __future__ import annotations

import pytest

from bot.setup.questions import after_slack, hint, of_slack


@pytest.mark.parametrize(
    ("known", "asked"),
    [
        ({}, ["SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"]),
        ({"PUBLIC_URL": "https://green.example"}, ["SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET"]),
        ({"PUBLIC_URL": "https://green.example", "SLACK_APP_TOKEN": "xapp-1"}, ["SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"]),
    ],
)
def test_how_slack_comes_decides_what_it_is_known_by(known: dict[str, str], asked: list[str]) -> None:
    assert [one.name for one in of_slack(known)] == asked


def test_heygens_key_is_not_asked_for_where_truto_has_it() -> None:
    assert "HEYGEN_API_KEY" in [one.name for one in after_slack({})]
    assert "HEYGEN_API_KEY" not in [one.name for one in after_slack({"HEYGEN_TRANSPORT": "truto"})]


def test_an_odd_signing_secret_is_noticed() -> None:
    assert hint("SLACK_SIGNING_SECRET", "0123456789abcdef0123456789abcdef") is None
    assert hint("SLACK_SIGNING_SECRET", "xoxb-1") is not None
    assert hint("SLACK_BOT_TOKEN", "odd") is None
