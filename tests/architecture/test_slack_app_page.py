"""The page about the Slack app has the scopes of the manifest."""

from __future__ import annotations

from tests.architecture import slack_app_docs


def test_the_scopes_are_those_of_the_manifest() -> None:
    assert slack_app_docs.PAGE.read_text() == slack_app_docs.page(), "python -m tests.architecture.slack_app_docs"
