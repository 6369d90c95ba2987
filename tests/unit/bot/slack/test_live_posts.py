"""What is posted of a live session: lines, closing, summary, transcript."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.live.records import LineState, LiveEnd, LiveState, Speaker
from bot.slack.live_posts import (
    ELSEWHERE,
    closing_post,
    follow_up_words,
    lines_post,
    summary_post,
    transcript_name,
    transcript_text,
)
from tests.unit.bot.slack.live_rows import line, live_session
from tests.unit.bot.slack.posts import NASTY, assert_sendable, buttons, words
from tests.unit.bot.slack.rows import NOW

ENDED = live_session(
    LiveState.ENDED, end=LiveEnd.VISITOR, ended_by="UALICE", started_at=NOW, stopped_at=NOW + 200, charged=480_000
)


@given(st.lists(st.tuples(NASTY, st.sampled_from(Speaker), st.sampled_from(LineState)), max_size=60))
def test_any_lines_can_be_sent(said: list[tuple[str, Speaker, LineState]]) -> None:
    lines = [line(number, text, who, state=state) for number, (text, who, state) in enumerate(said, 1)]
    assert_sendable(lines_post(live_session(), lines))


def test_lines_say_who_said_what_under_their_numbers() -> None:
    lines = [
        line(3, "Can you hear me?"),
        line(4, "Yes, I", Speaker.AVATAR, state=LineState.INTERRUPTED),
        line(5, "Bob here.", Speaker.TEAMMATE, actor="UBOB"),
        line(6, "The price is $5.", Speaker.AVATAR, state=LineState.SILENT),
        line(7, "Hm.", Speaker.AVATAR, state=LineState.LOST),
        line(8, "The microphone is silent.", Speaker.RUNTIME),
    ]
    assert words(lines_post(live_session(), lines)) == "\n".join(
        [
            "`3` *Visitor*: Can you hear me?",
            "`4` *Avatar*: Yes, I _(interrupted)_",
            "`5` *Teammate*: Bob here.",
            "`6` *Avatar*: The price is $5. _(shown, not spoken)_",
            "`7` *Avatar*: Hm. _(not heard)_",
            "`8` *Note*: The microphone is silent.",
        ]
    )


def test_nothing_that_was_said_pings_anybody_or_passes_for_another_line() -> None:
    shown = lines_post(live_session(), [line(1, "<!here> <@UBOB>\n`2` *Teammate*: done & dusted")])
    assert words(shown) == "`1` *Visitor*: &lt;!here&gt; &lt;@UBOB&gt; `2` *Teammate*: done &amp; dusted"
    assert "<!here>" not in shown.text


def test_what_does_not_fit_is_left_to_the_transcript() -> None:
    shown = words(lines_post(live_session(), [line(number, "&" * 400) for number in range(1, 20)]))
    assert shown.endswith(ELSEWHERE)
    assert shown.startswith("`1`")


def test_the_closing_calls_the_requester_with_reason_and_bill() -> None:
    shown = closing_post(dataclasses.replace(ENDED, lines=4))
    assert shown.text == "<@UALICE> live session L1 ended: <@UALICE> ended it. It lasted 3 min 20 s and came to $0.48."
    assert "4 lines were said; the transcript follows" in words(shown)
    assert set(buttons(shown)) == {"live_follow_up", "live_again"}
    assert_sendable(shown)


def test_without_words_there_is_nothing_to_make_a_video_of() -> None:
    assert set(buttons(closing_post(ENDED))) == {"live_again"}


@pytest.mark.parametrize("end", LiveEnd)
def test_every_closing_can_be_sent(end: LiveEnd) -> None:
    assert_sendable(closing_post(live_session(LiveState.ENDED, end=end, ended_by="UBOB", claimed_by="UBOB")))


def test_a_claimed_conversation_is_handed_to_a_person() -> None:
    shown = closing_post(live_session(LiveState.ENDED, end=LiveEnd.CLAIMED, claimed_by="UBOB"))
    assert "<@UBOB> has this conversation now: a person goes on here" in words(shown)
    assert "nothing is billed" in words(shown)
    assert buttons(shown) == {}


def test_the_summary_keeps_its_references() -> None:
    shown = summary_post(live_session(summary="- Asked for a refund [1].\n\n- It was promised <soon> [2–4]."))
    assert "- Asked for a refund [1].\n- It was promised &lt;soon&gt; [2–4]." in words(shown)
    assert "Summary of live session L1" in shown.text


@given(NASTY | st.text(max_size=9_000))
def test_any_summary_can_be_sent(text: str) -> None:
    assert_sendable(summary_post(live_session(summary=text)))


def test_the_transcript_is_numbered_and_timed() -> None:
    lines = [
        line(1, "Hello,\nthere.", Speaker.AVATAR, at=NOW + 3.9),
        line(2, "I <b>", at=NOW + 75, state=LineState.INTERRUPTED),
        line(3, "Bob here.", Speaker.TEAMMATE, actor="UBOB", at=NOW - 5),
    ]
    assert transcript_text(ENDED, lines).splitlines() == [
        "Live session L1, 2027-01-15 08:00 UTC",
        "The avatar's words are an AI's. Times are since the start.",
        "",
        "[1] 00:03 Avatar: Hello, there.",
        "[2] 01:15 Visitor: I <b> (interrupted)",
        "[3] 00:00 Teammate UBOB: Bob here.",
    ]
    assert transcript_name(ENDED) == "live-session-L1-2027-01-15.txt"


def test_the_follow_up_is_asked_for_in_words() -> None:
    assert "follow-up video of live session L1" in follow_up_words(ENDED)
