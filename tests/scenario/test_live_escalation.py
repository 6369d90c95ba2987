"""Somebody asks for a person or for a live avatar: who is called, what is offered, and that nothing costs by itself."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.scenario.live_stage import OPERATOR, PLEA, LiveStage

pytestmark = pytest.mark.full


async def test_a_plea_calls_the_operators_and_one_who_claims_has_the_conversation(live: LiveStage) -> None:
    root = live.ask(PLEA)
    card = await live.live_card(root, "whoever is free can claim this")
    assert f"<@{live.user(OPERATOR)}>" in card.rendered_text()
    assert "my intro has no sound" in card.rendered_text()
    await live.said(root, "I have called the team.", "within 60 s")
    assert "Only operators and admins" in await live.press(card, "live_claim", "carol")
    assert "It is yours" in await live.press(card, "live_claim", OPERATOR)
    await live.said(root, f"<@{live.user()}> <@{live.user(OPERATOR)}> has this conversation now")
    await live.live_card(root, "has this conversation now")
    assert live.buttons(card) == set()
    assert live.untouched()


async def test_when_nobody_claims_it_an_avatar_is_offered(live: LiveStage) -> None:
    root = live.ask(PLEA)
    await live.live_card(root, "whoever is free can claim this")
    live.pass_time(61)
    await live.said(root, "nobody of the team is free right now")
    card = await live.live_card(root, "is ready for you", "This is an AI.", "$0.12 a minute", "at most $1.80")
    assert live.buttons(card) == {"live_join", "live_decline", "live_claim"}
    assert live.untouched()


async def test_without_operators_the_avatar_is_offered_at_once(live: LiveStage) -> None:
    await live.restart(operators=frozenset())
    root = live.ask(PLEA)
    await live.live_card(root, "is ready for you")
    assert live.untouched()


async def test_where_operators_have_a_channel_they_are_called_there(live: LiveStage) -> None:
    general = live.slack.workspace.place("general").id
    await live.restart(ops_channel=general)
    root = live.ask(PLEA)
    call = await live.wait(lambda: next((m for m in live.slack.messages("general") if m.from_app), None))
    assert "asks for a person" in call.rendered_text()
    assert call.links()[-1].endswith(f"/p{root.replace('.', '')}")
    assert "It is yours" in await live.press(call, "live_claim", OPERATOR)
    await live.live_card(root, "has this conversation now")
    await live.wait(lambda: "has this conversation now" in call.rendered_text())


async def test_a_command_opens_a_thread_with_the_offer(live: LiveStage) -> None:
    root = await live.command_root("live my intro has no sound")
    await live.live_card(root, "is ready for you")
    await live.said(root, "A live avatar is offered on the card here")
    assert "The offer is withdrawn" in (await live.whispered("live end")).rendered_text()
    await live.live_card(root, "declined it")
    assert "You have no live session." in (await live.whispered("live end")).rendered_text()
    assert live.untouched()


async def test_a_shortcut_on_anybodys_message_opens_a_session_in_its_thread(live: LiveStage) -> None:
    root = live.slack.say("bob", "videos", "my intro has no sound")
    assert (await live.slack.shortcut("alice", "live_avatar", "videos", root)).ok
    card = await live.live_card(root, f"<@{live.user()}> live session L1 is ready for you")
    assert "Only " in await live.press(card, "live_join", "bob")
    assert live.untouched()


async def test_a_shortcut_where_the_app_may_not_write_is_answered_directly(live: LiveStage) -> None:
    live.slack.add_channel("elsewhere", ["alice", "bob"])
    root = live.slack.say("bob", "elsewhere", "my intro has no sound")
    await live.slack.shortcut("alice", "live_avatar", "elsewhere", root)
    direct = live.slack.direct_channel("alice")
    offer = await live.wait(lambda: next((m for m in live.slack.messages(direct) if m.blocks), None))
    assert "I could not post this in" in offer.rendered_text()
    assert "live_join" in live.buttons(offer)


async def test_an_offer_that_nobody_opens_is_remembered_once_withdrawn_and_costs_nothing(live: LiveStage) -> None:
    root = await live.offered()
    offer = list((await live.live_card(root)).blocks)
    live.pass_time(601)
    await live.said(root, "the live avatar still waits for you")
    live.pass_time(301)
    card = await live.live_card(root, "nobody joined in time")
    assert live.buttons(card) == set()
    assert "This session is over" in await live.press_stale(card, offer, "live_join", "alice")
    await live.probe()
    assert len([m for m in live.by_app(root) if "still waits for you" in m.rendered_text()]) == 1
    assert live.untouched()


async def test_an_offer_can_be_declined(live: LiveStage) -> None:
    root = await live.offered()
    card = await live.live_card(root)
    assert "Only " in await live.press(card, "live_decline", "carol")
    assert await live.press(card, "live_decline") == "Declined. Nothing is billed."
    await live.live_card(root, f"<@{live.user()}> declined it")
    assert live.untouched()


async def test_a_second_session_is_not_opened_while_one_is_open(live: LiveStage) -> None:
    root = await live.offered()
    live.say(f"<@{live.slack.bot_user}> {PLEA}", root)
    await live.said(root, "A live avatar is offered here already")
    assert len(live.about_live(root)) == 1


async def test_without_an_account_people_can_still_be_called(live: LiveStage) -> None:
    await live.restart(liveavatar_api_key=None)
    root = live.ask(PLEA)
    await live.live_card(root, "whoever is free can claim this")
    live.pass_time(61)
    await live.said(root, "nobody of the team could answer in time")
    await live.live_card(root, "nobody joined in time")


async def test_without_account_and_operators_that_is_said(live: LiveStage) -> None:
    await live.restart(liveavatar_api_key=None, operators=frozenset())
    root = live.ask(PLEA)
    assert "Live avatars are not set up here" in await live.reply(root)
    assert live.about_live(root) == []


async def test_what_may_cost_too_much_needs_an_approval_first(live: LiveStage) -> None:
    await live.with_approvers("bob", auto_approve_max=Decimal("1.79"))
    root = live.ask("open a live avatar session, please")
    card = await live.live_card(root, "waits for an approval by", f"<@{live.user('bob')}>")
    assert "Only an approver" in await live.press(card, "live_approve")
    assert "at most $1.80" in live.asks(card, "live_approve")
    assert "Approved: $0.12 a minute" in await live.press(card, "live_approve", "bob")
    await live.said(root, f"<@{live.user()}>, your live session was approved")
    card = await live.live_card(root, "is ready for you", f"Approved by <@{live.user('bob')}>")
    assert "/live/" in await live.link(card)


async def test_a_cap_bounds_the_minutes(live: LiveStage) -> None:
    await live.restart(cap_person_day=Decimal("0.50"))
    root = live.ask("open a live avatar session, please")
    await live.live_card(root, "4 min at the longest: at most $0.48")


async def test_a_used_up_cap_is_told_and_nothing_is_opened(live: LiveStage) -> None:
    await live.restart(cap_person_day=Decimal("0.10"))
    root = live.ask("open a live avatar session, please")
    assert "the budget leaves less than that" in await live.reply(root)
    assert live.about_live(root) == []
