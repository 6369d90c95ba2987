"""Cancelling at every moment, by button, command and words, and what is said about the money is true."""

from __future__ import annotations

from decimal import Decimal

import pytest

from emulators.slack import Message
from tests.scenario.stage import Stage

pytestmark = pytest.mark.full

LANGUAGES = ("French", "German", "Japanese")


async def queued(stage: Stage) -> tuple[str, Message]:
    """A request that waits for a place at HeyGen."""
    await stage.restart(heygen_max_concurrent=1)
    stage.translate("French", user="bob")
    await stage.submitted(1)
    root = stage.translate("German")
    return root, await stage.card(root, "no free place")


async def running(stage: Stage, *languages: str) -> tuple[str, Message]:
    """A request that HeyGen is working on."""
    root = stage.translate(*(languages or LANGUAGES))
    return root, await stage.card(root, "in progress")


async def test_before_an_approval_a_command_takes_it_back(stage: Stage) -> None:
    await stage.with_approvers("bob")
    root = stage.translate("French")
    await stage.card(root, "waiting for an approval")
    told = (await stage.whispered("cancel J1")).rendered_text()
    assert "Cancelled before it was sent, nothing is billed: J1 French (France)." in told
    cancelled = await stage.card(root, f"cancelled by <@{stage.user()}>")
    assert stage.buttons(cancelled) == set()
    await stage.probe()
    assert (stage.attempts(), stage.closings(root)) == (0, [])


async def test_before_it_was_sent_the_button_says_and_does_that_nothing_is_billed(stage: Stage) -> None:
    root, card = await queued(stage)
    assert "It has not been sent to HeyGen yet: nothing will be billed." in stage.asks(card, "cancel_request")
    assert "nothing is billed: J1 German" in await stage.press(card, "cancel_request")
    await stage.card(root, f"cancelled by <@{stage.user()}>", "costs nothing")
    stage.heygen.finish()
    await stage.probe()
    assert stage.attempts() == 1


async def test_while_it_runs_the_button_says_what_will_be_billed(stage: Stage) -> None:
    root, card = await running(stage)
    assert "can't be stopped: about $6.30 will be billed" in stage.asks(card, "cancel_request")
    told = await stage.press(card, "cancel_request")
    assert "HeyGen already has J1 French (France), J2 German (Germany), J3 Japanese (Japan)" in told
    assert "it will bill about $6.30" in told
    unwanted = await stage.card(root, "no longer wanted; HeyGen can't be stopped and bills it (about $2.10)")
    assert "cancel_request" not in stage.buttons(unwanted)


async def test_what_gets_done_all_the_same_is_offered_on_the_card_and_calls_nobody(stage: Stage) -> None:
    root, card = await running(stage, "French")
    await stage.press(card, "cancel_request")
    await stage.finish()
    done = await stage.card(root, "no longer wanted, but HeyGen made it and billed it", "came to about $2.10")
    assert (await stage.browse(done.links()[-1])).headers["content-type"] == "video/mp4"
    await stage.probe()
    assert stage.closings(root) == []


async def test_a_second_press_says_that_there_is_nothing_left(stage: Stage) -> None:
    root, card = await running(stage, "French")
    seen = card.blocks
    await stage.press(card, "cancel_request")
    await stage.card(root, "no longer wanted")
    told = await stage.press_stale(card, seen, "cancel_request", "alice")
    assert "no longer wanted before" in told


async def test_one_of_three_is_cancelled_by_words(stage: Stage) -> None:
    root, _ = await running(stage)
    stage.openai.script([stage.call("cancel_jobs", jobs=["J3"])])
    stage.say("cancel the Japanese one", root)
    await stage.card(root, "*Japanese (Japan)*: no longer wanted")
    await stage.finish(3)
    await stage.closing(root, "2 of 3 are ready, 1 no longer wanted")
    assert len(stage.closings(root)) == 1


async def test_nobody_else_can_cancel_it(stage: Stage) -> None:
    root, card = await running(stage, "French")
    told = await stage.press(card, "cancel_request", "carol")
    assert f"Only <@{stage.user()}>, who asked for this, an operator or an admin can cancel it." in told
    assert "nothing to cancel" in (await stage.whispered("cancel all", user="carol")).rendered_text()
    await stage.finish()
    await stage.closing(root, "ready.")


async def test_an_operator_can_and_the_requester_is_told(stage: Stage) -> None:
    await stage.restart(operators=frozenset({stage.user("dave")}))
    root, card = await running(stage, "French")
    await stage.press(card, "cancel_request", "dave")
    closing = await stage.closing(root, f"<@{stage.user('dave')}> cancelled launch.mp4", "it will bill about $2.10")
    assert closing.text.startswith(f"<@{stage.user()}> ")


async def test_an_operator_who_cancels_what_was_not_sent_leaves_a_closing(stage: Stage) -> None:
    root, card = await queued(stage)
    await stage.restart(operators=frozenset({stage.user("dave")}))
    await stage.press(card, "cancel_request", "dave")
    await stage.closing(root, f"was cancelled by <@{stage.user('dave')}>", "nothing is billed")


async def test_the_command_lists_what_is_open_with_a_button_each(stage: Stage) -> None:
    await running(stage, "French")
    root, _ = await running(stage, "German")
    listed = await stage.whispered("cancel")
    assert "J1 French (France)" in listed.rendered_text()
    buttons = [block["accessory"] for block in listed.blocks if "accessory" in block]
    assert len(buttons) == 2
    before = len(stage.slack.ephemerals("alice"))
    await stage.slack.click("alice", listed.channel, listed.ts, "cancel_request", buttons[0]["value"])
    await stage.wait(lambda: len(stage.slack.ephemerals("alice")) > before)
    assert "HeyGen already has J1 German" in stage.slack.ephemerals("alice")[-1].rendered_text()
    await stage.card(root, "no longer wanted")


async def test_all_are_cancelled_and_told_apart(stage: Stage) -> None:
    await stage.restart(heygen_max_concurrent=1)
    first, _ = await running(stage, "French")
    second = stage.translate("German")
    await stage.card(second, "no free place")
    told = (await stage.whispered("cancel all")).rendered_text()
    assert "nothing is billed: J1 German" in told
    assert "HeyGen already has J1 French" in told
    await stage.card(first, "no longer wanted")
    await stage.card(second, "cancelled by")
    await stage.finish()
    await stage.probe()
    assert len(stage.charges) == 1


async def test_what_was_cancelled_before_it_was_sent_can_be_asked_for_again(stage: Stage) -> None:
    root, card = await queued(stage)
    await stage.press(card, "cancel_request")
    stage.heygen.finish()
    stage.say(f"translate {stage.video} into German", root)
    await stage.submitted(2)
    stage.heygen.finish()
    await stage.closing(root, "ready.")


async def test_a_cancelled_request_is_not_billed_after_an_approval_in_flight(stage: Stage) -> None:
    """Approve and cancel at once: whichever is first, the words and the bill agree."""
    await stage.restart(auto_approve_max=Decimal(0), heygen_max_concurrent=1)
    root = stage.translate("French")
    card = await stage.card(root, "waiting for an approval")
    await stage.press(card, "approve_request")
    told = (await stage.whispered("cancel all")).rendered_text()
    await stage.probe()
    assert ("nothing is billed" in told) is (stage.attempts() == 0)
