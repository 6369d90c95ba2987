"""A request that costs more than goes by itself, and somebody who may approves it."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest

from emulators.slack import Message
from tests.scenario.stage import Stage

LANGUAGES = ("French", "German", "Japanese")


async def asked(stage: Stage, *languages: str) -> tuple[str, Message]:
    """Alice asks for a translation that Bob has to approve; the thread and the card that waits."""
    await stage.with_approvers("bob")
    root = stage.translate(*(languages or LANGUAGES))
    return root, await stage.card(root, "waiting for an approval")


async def test_nothing_is_sent_before_somebody_agrees(stage: Stage) -> None:
    root, card = await asked(stage)
    await stage.reply(root)
    await stage.probe()
    assert stage.attempts() == 0
    assert stage.closings(root) == []
    assert stage.buttons(card) == {"approve_request", "change_request", "decline_request"}


async def test_the_card_says_for_what_how_much_why_and_who_can_agree(stage: Stage) -> None:
    _, card = await asked(stage)
    text = card.rendered_text()
    assert f"asked by <@{stage.user()}>" in text
    assert "/sources/launch.mp4` into 3 languages: French (France), German (Germany), Japanese (Japan)" in text
    assert "*about $6.30*\n42 s × 3 × $0.05 a second" in text
    assert "It may cost more than what goes without a click." in text
    assert f"<@{stage.user('bob')}> can approve it until <!date^" in text
    assert f"<@{stage.user('bob')}>" in card.text
    assert "Spend about $6.30?" in stage.asks(card, "approve_request")


@pytest.mark.full
async def test_one_click_of_an_approver_sends_it_once(stage: Stage) -> None:
    root, card = await asked(stage)
    assert "Approved: launch.mp4, about $6.30." in await stage.press(card, "approve_request", "bob")
    approved = await stage.card(root, f"approved by <@{stage.user('bob')}>", "in progress")
    assert (approved.ts, len(stage.cards(root))) == (card.ts, 1)
    assert stage.buttons(approved) == {"refresh_card", "cancel_request"}
    await stage.finish(3)
    await stage.closing(root, "all 3 are ready")
    assert (len(stage.paid()), stage.attempts(), len(stage.charges)) == (1, 1, 3)


@pytest.mark.full
async def test_the_final_card_says_what_it_came_to(stage: Stage) -> None:
    root, card = await asked(stage, "French")
    await stage.press(card, "approve_request", "bob")
    await stage.finish()
    await stage.card(root, "ready", "came to about $2.10")


@pytest.mark.full
async def test_the_model_says_that_it_waits_and_nothing_else(stage: Stage) -> None:
    root, _ = await asked(stage)
    reply = await stage.reply(root)
    assert "Submitted" not in reply
    assert "J1 French" in reply.splitlines()[-1]


@pytest.mark.full
async def test_below_the_limit_nobody_has_to_click(stage: Stage) -> None:
    await stage.with_approvers("bob", auto_approve_max=Decimal(7))
    root = stage.translate(*LANGUAGES)
    await stage.finish(3)
    await stage.closing(root, "all 3 are ready")
    assert len(stage.charges) == 3


@pytest.mark.full
async def test_a_command_waits_like_a_sentence(stage: Stage) -> None:
    await stage.with_approvers("bob")
    root = await stage.command_root(f"translate {stage.video} into French")
    card = await stage.card(root, "waiting for an approval", "about $2.10")
    assert "waits for an approval" in await stage.reply(root)
    await stage.press(card, "approve_request", "bob")
    await stage.finish()
    await stage.closing(root, "ready.")


@pytest.mark.full
async def test_an_approval_is_waited_for_over_a_restart(stage: Stage) -> None:
    root, card = await asked(stage, "French")
    await stage.restart()
    await stage.press(card, "approve_request", "bob")
    await stage.finish()
    await stage.closing(root, "ready.")
    assert (stage.attempts(), len(stage.charges)) == (1, 1)


@pytest.mark.full
async def test_an_approval_just_before_the_process_ends_is_carried_out_after_it(stage: Stage) -> None:
    root, card = await asked(stage, "French")
    stage.heygen.hold_submissions()
    await stage.press(card, "approve_request", "bob")
    stopping = asyncio.create_task(stage.stop())
    await asyncio.sleep(0)
    stage.heygen.release_submissions()
    await stopping
    await stage.start()
    await stage.finish()
    await stage.closing(root, "ready.")
    assert (len(stage.paid()), len(stage.charges)) == (1, 1)


@pytest.mark.full
async def test_a_second_click_is_told_that_it_was_approved_already(stage: Stage) -> None:
    root, card = await asked(stage, "French")
    await asyncio.gather(*(stage.click(card, "approve_request", "bob") for _ in range(2)))
    await stage.wait(lambda: len(stage.slack.ephemerals("bob")) == 2)
    told = sorted(note.rendered_text() for note in stage.slack.ephemerals("bob"))
    assert "Approved: launch.mp4" in told[0]
    assert f"approved already by <@{stage.user('bob')}>" in told[1]
    await stage.finish()
    await stage.closing(root, "ready.")
    assert (stage.attempts(), len(stage.charges)) == (1, 1)


@pytest.mark.full
async def test_of_two_approvers_at_once_one_approves_and_the_other_is_told_who(stage: Stage) -> None:
    await stage.with_approvers("bob", "carol")
    root = stage.translate("French")
    card = await stage.card(root, "waiting for an approval")
    await asyncio.gather(*(stage.click(card, "approve_request", user) for user in ("bob", "carol")))
    await stage.wait(lambda: stage.slack.ephemerals("bob") and stage.slack.ephemerals("carol"))
    told = {user: stage.slack.ephemerals(user)[-1].rendered_text() for user in ("bob", "carol")}
    (winner,) = [user for user, text in told.items() if text.startswith("Approved")]
    (other,) = {"bob", "carol"} - {winner}
    assert f"approved already by <@{stage.user(winner)}>" in told[other]
    await stage.finish()
    await stage.card(root, f"approved by <@{stage.user(winner)}>")
    assert (stage.attempts(), len(stage.charges)) == (1, 1)


@pytest.mark.full
async def test_where_nobody_is_appointed_people_agree_to_their_own_spending(stage: Stage) -> None:
    await stage.restart(auto_approve_max=Decimal(0))
    root = stage.translate("French")
    card = await stage.card(root, "waiting for an approval", f"<@{stage.user()}> can approve it")
    assert "Only an approver" in await stage.press(card, "approve_request", "bob")
    assert "Approved" in await stage.press(card, "approve_request", "alice")
    await stage.finish()
    await stage.closing(root, "ready.")


@pytest.mark.full
async def test_a_member_of_a_named_group_may_approve(stage: Stage) -> None:
    group = stage.slack.workspace.usergroup("video-approvers").id
    await stage.restart(auto_approve_max=Decimal(0), approvers=frozenset({group}))
    root = stage.translate("French")
    card = await stage.card(root, f"<!subteam^{group}> can approve it")
    assert f"<!subteam^{group}>" in card.text
    assert "Approved" in await stage.press(card, "approve_request", "dave")
    await stage.finish()
    await stage.closing(root, "ready.")


@pytest.mark.full
async def test_a_source_of_unknown_length_is_quoted_as_a_range_and_needs_a_click(stage: Stage) -> None:
    root = stage.ask(f"Translate {stage.heygen.url}/sources/unknown.mp4 into French")
    card = await stage.card(root, "*between $0.50 and $90.00*", "length unknown, at most 30 min")
    await stage.press(card, "approve_request")
    await stage.finish()
    await stage.card(root, "came to about $3.75")
