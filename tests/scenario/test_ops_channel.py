"""The operators' channel: what waits for an approval is shown there too, and decided there too."""

from __future__ import annotations

from decimal import Decimal

import pytest

from emulators.slack import Message
from tests.scenario.stage import Stage

pytestmark = pytest.mark.full


async def asked(stage: Stage) -> tuple[str, Message]:
    """Alice's request in #videos, and its copy in #general, where the operators are."""
    general = stage.slack.workspace.place("general").id
    await stage.with_approvers("bob", ops_channel=general)
    root = stage.translate("French")
    await stage.card(root, "waiting for an approval")
    return root, await stage.wait(lambda: next((m for m in stage.slack.messages("general") if m.from_app), None))


async def test_what_waits_is_shown_there_with_the_way_to_the_thread(stage: Stage) -> None:
    root, copy = await asked(stage)
    text = copy.rendered_text()
    assert "waiting for an approval" in text
    assert "about $2.10" in text
    assert copy.links()[-1].endswith(f"/p{root.replace('.', '')}")
    assert copy.thread_ts is None


async def test_a_click_there_decides_and_both_cards_say_so(stage: Stage) -> None:
    root, copy = await asked(stage)
    assert "Only an approver" in await stage.press(copy, "approve_request", "carol")
    assert "Approved" in await stage.press(copy, "approve_request", "bob")
    by_bob = f"approved by <@{stage.user('bob')}>"
    await stage.card(root, by_bob, "in progress")
    await stage.wait(lambda: by_bob in copy.rendered_text())
    assert stage.buttons(copy) == set()
    await stage.finish()
    await stage.closing(root, "ready.")
    await stage.wait(lambda: "came to about $2.10" in copy.rendered_text())
    assert len([m for m in stage.slack.messages("general") if m.from_app]) == 1


async def test_what_is_declined_there_is_told_in_the_thread(stage: Stage) -> None:
    root, copy = await asked(stage)
    await stage.press(copy, "decline_request", "bob")
    await stage.closing(root, f"was declined by <@{stage.user('bob')}>")
    await stage.wait(lambda: "declined by" in copy.rendered_text())


async def test_a_change_from_there_goes_on_in_the_thread(stage: Stage) -> None:
    root, copy = await asked(stage)
    await stage.change(copy, "German")
    await stage.card(root, "waiting for an approval", "German")
    await stage.wait(lambda: len([m for m in stage.slack.messages("general") if m.from_app]) == 2)
    assert "changed by" in copy.rendered_text()


async def test_what_needs_no_approval_is_not_shown_there(stage: Stage) -> None:
    general = stage.slack.workspace.place("general").id
    await stage.restart(ops_channel=general, auto_approve_max=Decimal(10))
    stage.translate("French")
    await stage.submitted(1)
    await stage.slack.settle()
    assert [m for m in stage.slack.messages("general") if m.from_app] == []
