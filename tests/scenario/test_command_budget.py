"""`/heygen budget`: private, from our own ledger, and HeyGen's wallet as it was read last."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.scenario.stage import Stage

pytestmark = pytest.mark.full


async def test_it_shows_what_is_promised_and_then_what_it_came_to(stage: Stage) -> None:
    await stage.restart(cap_person_day=Decimal(20))
    root = stage.translate("French", "German")
    await stage.submitted(2)
    promised = (await stage.whispered("budget")).rendered_text()
    assert "today: `██░░░░░░░░` $4.20 of $20.00, $15.80 left (spent $0.00, promised $4.20)" in promised
    await stage.finish(2)
    await stage.closing(root)
    assert (
        "$4.20 of $20.00, $15.80 left (spent $4.20, promised $0.00)"
        in (await stage.whispered("budget")).rendered_text()
    )


async def test_others_do_not_see_it_and_approvers_see_the_workspace(stage: Stage) -> None:
    await stage.restart(approvers=frozenset({stage.user("bob")}))
    stage.translate("French")
    await stage.submitted(1)
    carols = (await stage.whispered("budget", user="carol")).rendered_text()
    assert "*You*\ntoday: $0.00" in carols
    assert "whole workspace" not in carols
    bobs = (await stage.whispered("budget", user="bob", channel="general")).rendered_text()
    assert "*This channel*\ntoday: $0.00" in bobs
    assert "*The whole workspace*\ntoday: $2.10" in bobs


async def test_the_wallet_is_shown_in_heygens_own_unit_with_its_time(stage: Stage) -> None:
    shown = await stage.wait_for_budget("$100.00 (US dollars) by HeyGen's own count")
    assert " ago" in shown


async def test_the_command_asks_nobody_before_it_answers(stage: Stage) -> None:
    await stage.wait_for_budget("by HeyGen's own count")
    asked = len(stage.heygen.journal.select("GET"))
    await stage.whispered("budget")
    assert len(stage.heygen.journal.select("GET")) == asked
