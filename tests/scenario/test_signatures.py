"""Requests that did not come from Slack."""

from __future__ import annotations

import pytest

from emulators.slack.interactivity import Forgery
from tests.scenario.stage import Stage

FORGERIES: list[Forgery] = ["bad_signature", "missing", "stale", "future", "not_a_number", "other_secret"]


QUICK = ("bad_signature", "not_a_number", "stale")


@pytest.mark.parametrize(
    "kind", [pytest.param(kind, marks=[] if kind in QUICK else [pytest.mark.full]) for kind in FORGERIES]
)
async def test_a_forged_request_is_refused_and_changes_nothing(stage: Stage, kind: Forgery) -> None:
    event = {"type": "app_mention", "user": stage.user(), "channel": "C0VIDEOS01", "ts": "1700000000.000100"}
    text = f"<@{stage.slack.bot_user}> translate {stage.video} into French"
    body = {
        "type": "event_callback",
        "event_id": "Ev0FORGED",
        "team_id": "T0GREENROOM",
        "event": event | {"text": text},
    }
    assert (await stage.slack.forge(kind, body)).status == 401
    await stage.probe()
    assert (len(stage.openai.calls), len(stage.charges)) == (1, 0)


@pytest.mark.full
async def test_slacks_own_check_of_the_address_is_answered(stage: Stage) -> None:
    answer = await stage.slack.url_verification()
    assert (answer.ok, answer.reason) == (True, "")
