"""The cards of a live session: what they say, and what they let press, in every state."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.live.records import LiveEnd, LiveState
from bot.slack.live_cards import call_card, live_card
from tests.unit.bot.slack.live_rows import live_session
from tests.unit.bot.slack.posts import NASTY, asks, assert_sendable, buttons, words
from tests.unit.bot.slack.rows import NOW

TEAM = ["<@UBOB>", "<!subteam^S1>"]
STEERING = {"live_say", "live_whisper", "live_mute", "live_take_over", "live_hand_over", "live_join", "live_end"}


@given(
    st.sampled_from(LiveState), NASTY, st.none() | st.sampled_from(LiveEnd), st.booleans(), st.sampled_from([60, 900])
)
def test_every_card_can_be_sent(state: LiveState, reason: str, end: LiveEnd | None, flag: bool, most: int) -> None:
    session = live_session(
        state,
        reason=reason,
        end=end,
        muted=flag,
        needs_approval=flag,
        max_seconds=most,
        started_at=NOW if flag else None,
        viewer="UALICE" if flag else None,
        call_until=NOW + 60,
        offer_until=NOW + 900,
    )
    assert_sendable(live_card(session, NOW + 70, operators=TEAM if flag else ()))
    assert_sendable(call_card(session, operators=TEAM, place="<#C1>"))


# -- calling the team


def test_the_call_names_who_why_and_until_when() -> None:
    card = call_card(live_session(LiveState.CALLING, call_until=NOW + 60), operators=TEAM, place="<#C1> · thread")
    text = words(card)
    assert "<@UBOB> <!subteam^S1> *<@UALICE> asks for a person*" in text
    assert "my intro is broken" in text
    assert f"until <!date^{int(NOW) + 60}^" in text
    assert "after that I offer a live avatar" in text
    assert "In <#C1> · thread" in text
    assert buttons(card) == {"live_claim": "live_1"}
    assert "<!subteam^S1>" in card.text


def test_the_team_is_called_once() -> None:
    card = call_card(live_session(LiveState.OFFERED), operators=TEAM, place=None)
    assert "<!subteam^S1>" not in words(card)
    assert buttons(card) == {"live_claim": "live_1"}


def test_where_operators_have_no_channel_they_are_called_in_the_thread() -> None:
    session = live_session(LiveState.CALLING, call_until=NOW + 60)
    card = live_card(session, NOW, operators=TEAM)
    assert "<@UALICE> asks for a person: my intro is broken" in words(card)
    assert "<@UBOB> <!subteam^S1>: whoever is free can claim this until" in words(card)
    assert set(buttons(card)) == {"live_claim", "live_decline"}
    assert "The team is being called until" in words(live_card(session, NOW))


@pytest.mark.parametrize("state", sorted(set(LiveState) - {LiveState.CALLING, LiveState.OFFERED}))
def test_what_runs_or_is_over_can_no_longer_be_claimed(state: LiveState) -> None:
    assert buttons(call_card(live_session(state, end=LiveEnd.CLAIMED), operators=TEAM, place=None)) == {}


def test_a_call_without_an_avatar_behind_it_promises_none() -> None:
    session = live_session(LiveState.CALLING, max_seconds=0)
    assert "live avatar" not in words(call_card(session, operators=TEAM, place=None))
    assert "live avatar" not in words(live_card(session, NOW))


def test_a_reason_cannot_ping_anybody() -> None:
    card = call_card(live_session(reason="<!channel> *hi*"), operators=[], place=None)
    assert "<!channel>" not in words(card) + card.text


# -- the offer


def test_the_offer_says_what_it_is_and_what_it_costs() -> None:
    card = live_card(live_session(offer_until=NOW + 900), NOW)
    text = words(card)
    assert "This is an AI." in text
    assert "$0.12 a minute" in text
    assert "15 min at the longest: at most $1.80" in text
    assert "Nothing is billed before you have joined and agreed." in text
    assert f"until <!date^{int(NOW) + 900}^" in text
    assert buttons(card) == dict.fromkeys(["live_join", "live_decline", "live_claim"], "live_1")
    assert "<@UALICE>" in card.text


def test_an_offer_that_waits_for_an_approval_cannot_be_joined() -> None:
    card = live_card(live_session(needs_approval=True), NOW, approvers=["<@UBOB>"])
    assert "waits for an approval by <@UBOB>" in words(card)
    assert set(buttons(card)) == {"live_approve", "live_decline", "live_claim"}
    assert "Spend at most $1.80?" in asks(card, "live_approve")


def test_where_nobody_is_named_the_requester_approves() -> None:
    assert "approval by <@UALICE>" in words(live_card(live_session(needs_approval=True), NOW))


def test_an_approved_offer_can_be_joined_and_says_who_agreed() -> None:
    card = live_card(live_session(needs_approval=True, approved_by="UBOB"), NOW)
    assert "Approved by <@UBOB>." in words(card)
    assert "live_join" in buttons(card)


# -- the controls


LIVE = live_session(LiveState.LIVE, started_at=NOW, usable_until=NOW + 870, viewer="UALICE")


def test_the_controls_tell_how_it_stands() -> None:
    text = words(live_card(LIVE, NOW + 130))
    assert "<@UALICE> speaks with the avatar" in text
    assert "(2 min 10 s)" in text
    assert "$0.36 so far" in text
    assert "(12 min 20 s left)" in text
    assert "on the page: <@UALICE>" in text


def test_nobody_on_the_page_is_said() -> None:
    assert "on the page: nobody at the moment" in words(live_card(dataclasses.replace(LIVE, viewer=None), NOW))


def test_a_running_session_can_be_steered_and_ended() -> None:
    card = live_card(LIVE, NOW)
    assert set(buttons(card)) == STEERING
    assert "What was used is billed." in asks(card, "live_end")


def test_whoever_has_taken_over_is_named_and_hands_back() -> None:
    taken = dataclasses.replace(LIVE, state=LiveState.HUMAN_TAKEOVER, taken_by="UBOB", muted=True)
    card = live_card(taken, NOW)
    assert "<@UBOB> speaks through the avatar, I am silent" in words(card)
    assert "the avatar is muted" in words(card)
    assert set(buttons(card)) == STEERING - {"live_take_over", "live_mute"} | {"live_hand_back", "live_unmute"}


@pytest.mark.parametrize("state", [LiveState.JOINED, LiveState.STARTING])
def test_what_begins_cannot_be_steered_yet(state: LiveState) -> None:
    card = live_card(live_session(state, viewer="UALICE"), NOW)
    assert "it begins" in words(card)
    assert set(buttons(card)) == {"live_join", "live_end"}


@pytest.mark.parametrize("state", [LiveState.CLOSING, LiveState.ENDED])
def test_what_is_over_has_no_buttons(state: LiveState) -> None:
    card = live_card(live_session(state, end=LiveEnd.IDLE, started_at=NOW, stopped_at=NOW + 5, charged=120_000), NOW)
    assert "nobody had said anything for a while" in words(card)
    assert buttons(card) == {}
