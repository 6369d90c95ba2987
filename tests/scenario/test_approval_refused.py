"""A request that waits, and nobody who may says yes to it."""

from __future__ import annotations

import pytest

from emulators.slack import Message
from tests.scenario.stage import Stage

pytestmark = pytest.mark.full

DAY = 86_400.0


async def asked(stage: Stage) -> tuple[str, Message]:
    await stage.with_approvers("bob")
    root = stage.translate("French", "German")
    await stage.reply(root)
    return root, await stage.card(root, "waiting for an approval")


async def test_who_may_not_approve_is_told_so_privately(stage: Stage) -> None:
    root, card = await asked(stage)
    for user in ("alice", "carol"):
        told = await stage.press(card, "approve_request", user)
        assert f"Only an approver can decide this: <@{stage.user('bob')}>." in told
    await stage.probe()
    assert stage.attempts() == 0
    assert "approve_request" in stage.buttons(await stage.card(root, "waiting for an approval"))


async def test_who_is_no_party_to_it_cannot_decline_or_change_it(stage: Stage) -> None:
    root, card = await asked(stage)
    assert "Only an approver" in await stage.press(card, "decline_request", "carol")
    told = await stage.press(card, "change_request", "carol")
    assert f"Only <@{stage.user()}>, who asked for this, can change it." in told
    await stage.probe()
    assert await stage.card(root, "waiting for an approval")


async def test_what_is_declined_calls_the_requester_back_with_who_did_it(stage: Stage) -> None:
    root, card = await asked(stage)
    assert "Declined: launch.mp4. Nothing was sent" in await stage.press(card, "decline_request", "bob")
    closing = await stage.closing(root, f"was declined by <@{stage.user('bob')}>", "nothing is billed", "ask again")
    assert closing.text.startswith(f"<@{stage.user()}> ")
    declined = await stage.card(root, f"declined by <@{stage.user('bob')}>")
    assert (declined.ts, stage.buttons(declined)) == (card.ts, set())
    await stage.probe()
    assert stage.attempts() == 0


async def test_who_declines_their_own_request_is_not_called_back(stage: Stage) -> None:
    root, card = await asked(stage)
    await stage.press(card, "decline_request", "alice")
    await stage.card(root, f"declined by <@{stage.user()}>")
    await stage.probe()
    assert stage.closings(root) == []


async def test_an_approval_after_a_decline_changes_nothing(stage: Stage) -> None:
    root, card = await asked(stage)
    seen = card.blocks
    await stage.press(card, "decline_request", "alice")
    await stage.card(root, "declined by")
    told = await stage.press_stale(card, seen, "approve_request", "bob")
    assert f"This was declined by <@{stage.user()}> already." in told
    await stage.probe()
    assert stage.attempts() == 0


async def test_what_nobody_decides_is_dropped_in_time_and_told(stage: Stage) -> None:
    root, card = await asked(stage)
    seen = card.blocks
    stage.clock.advance(DAY + 60)
    closing = await stage.closing(root, "was not approved in time", "nothing is billed", "ask again")
    assert closing.text.startswith(f"<@{stage.user()}> ")
    await stage.card(root, "expired")
    assert "Nobody approved this in time, so it was dropped." in await stage.press_stale(
        card, seen, "approve_request", "bob"
    )
    await stage.probe()
    assert (stage.attempts(), len(stage.closings(root))) == (0, 1)


async def test_a_thread_goes_on_after_a_decline(stage: Stage) -> None:
    root, card = await asked(stage)
    await stage.press(card, "decline_request", "bob")
    await stage.closing(root)
    stage.say(f"translate {stage.video} into French only", root)
    again = await stage.wait(lambda: next((c for c in stage.cards(root) if c.ts != card.ts), None))
    await stage.press(again, "approve_request", "bob")
    await stage.finish()
    await stage.closing(root, "ready.")
    assert [charge.language for charge in stage.charges] == ["French (France)"]
