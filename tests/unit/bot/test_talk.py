"""Who is listened to, and when we are quiet."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.talk import (
    ANSWER_SECONDS,
    Policy,
    Said,
    Standing,
    TalkSetting,
    Verdict,
    asks_for_quiet,
    asks_to_go_on,
    verdict,
)

OURS = Standing(conversation_id="c1")
NOT_OURS = Standing()
MUTED = replace(OURS, muted=True)
TOP = Said("U1", "C1", "what is running?")
REPLY = replace(TOP, threaded=True)
MENTION = replace(REPLY, mentioned=True)
DIRECT = replace(TOP, direct=True)


def by(policy: Policy, standing: Standing = NOT_OURS) -> Standing:
    return replace(standing, channel_policy=policy)


@pytest.mark.parametrize(
    ("said", "standing", "wanted"),
    [
        (MENTION, NOT_OURS, Verdict.OPEN),
        (DIRECT, NOT_OURS, Verdict.OPEN),
        (REPLY, OURS, Verdict.ANSWER),
        (REPLY, NOT_OURS, Verdict.IGNORE),
        (TOP, NOT_OURS, Verdict.IGNORE),
        (REPLY, by(Policy.MENTIONS, OURS), Verdict.IGNORE),
        (MENTION, by(Policy.MENTIONS, OURS), Verdict.OPEN),
        (TOP, by(Policy.EVERYTHING), Verdict.OPEN),
        (REPLY, by(Policy.EVERYTHING), Verdict.IGNORE),  # a thread of other people
        (REPLY, Standing(TalkSetting(Policy.EVERYTHING), Policy.MENTIONS, "c1"), Verdict.IGNORE),
        (replace(REPLY, others={"U2"}), OURS, Verdict.ASIDE),
        (replace(MENTION, others={"U2"}), OURS, Verdict.OPEN),
        (replace(DIRECT, others={"U2"}), OURS, Verdict.OPEN),
        (replace(TOP, others={"U2"}), by(Policy.EVERYTHING), Verdict.ASIDE),
        (REPLY, MUTED, Verdict.IGNORE),
        (MENTION, MUTED, Verdict.WAKE),
        (DIRECT, MUTED, Verdict.IGNORE),
        (replace(DIRECT, text="unmute"), MUTED, Verdict.WAKE),
        (replace(REPLY, text="Be quiet, please!"), OURS, Verdict.QUIET),
        (replace(MENTION, text="mute"), MUTED, Verdict.QUIET),
        (replace(REPLY, text="mute"), replace(MUTED, live=True), Verdict.ANSWER),
        (REPLY, by(Policy.MENTIONS, replace(OURS, live=True)), Verdict.ANSWER),
        (replace(REPLY, others={"U2"}), replace(OURS, live=True), Verdict.ASIDE),
        (replace(TOP, text="be quiet"), by(Policy.EVERYTHING), Verdict.OPEN),
    ],
)
def test_what_becomes_of_a_message(said: Said, standing: Standing, wanted: Verdict) -> None:
    assert verdict(said, standing, now=0.0) is wanted


@pytest.mark.parametrize(
    ("user", "seconds", "wanted"),
    [
        ("U1", 1.0, Verdict.ASIDE),
        ("U1", ANSWER_SECONDS, Verdict.ANSWER),
        ("U2", 1.0, Verdict.ANSWER),
    ],
)
def test_an_answer_to_somebody_else_is_not_for_us(user: str, seconds: float, wanted: Verdict) -> None:
    asked = replace(OURS, awaited="U1", awaited_at=100.0)
    assert verdict(replace(REPLY, user_id=user), asked, now=100.0 + seconds) is wanted


def test_an_answer_that_mentions_us_is_for_us() -> None:
    assert verdict(MENTION, replace(OURS, awaited="U1", awaited_at=0.0), now=1.0) is Verdict.OPEN


@pytest.mark.parametrize("direct", [True, False])
def test_only_channels_on_the_list_are_worked_in_but_direct_messages_always(direct: bool) -> None:
    said = replace(MENTION, direct=direct, channel_id="C9")
    found = verdict(said, Standing(TalkSetting(channels=("C1",))), now=0.0)
    assert found is (Verdict.OPEN if direct else Verdict.IGNORE)


@pytest.mark.parametrize("said", [MENTION, DIRECT, replace(REPLY, text="mute")])
def test_nobody_but_the_people_on_the_list_is_heard(said: Said) -> None:
    rules = TalkSetting(people=("U2",))
    assert verdict(said, replace(OURS, setting=rules), now=0.0) is Verdict.IGNORE
    assert verdict(replace(said, user_id="U2"), replace(OURS, setting=rules), now=0.0) is not Verdict.IGNORE


@pytest.mark.parametrize(
    "text", ["mute", "Be quiet", "please be quiet!", "stop replying here", "don’t reply", "Quiet."]
)
def test_whole_messages_ask_for_quiet(text: str) -> None:
    assert asks_for_quiet(text)


@pytest.mark.parametrize("text", ["mute the music in V1", "be quiet in the intro", "stop", "unmute", "", "stop J3"])
def test_requests_about_videos_do_not(text: str) -> None:
    assert not asks_for_quiet(text)


def test_quiet_is_taken_back_by_words() -> None:
    assert asks_to_go_on("Unmute please")
    assert not asks_to_go_on("unmute the music")
