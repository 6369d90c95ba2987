"""Every kind of work has words of its own, and they are the request's and nobody else's."""

from __future__ import annotations

from agent.records import JobKind, JobState, SubmissionState
from bot.slack.cards import card
from bot.slack.kinds import KINDS, SCRIPT_LIMIT
from tests.unit.bot.slack.posts import assert_sendable, buttons, link_for, words
from tests.unit.bot.slack.rows import NOW, job, submission

SCRIPT = "Hi Sarah, this is Greenroom.\nSee <https://evil.example|here> & <!channel>"
ASKED = {"script": SCRIPT, "avatar_id": "secret-id", "avatar": "Ava", "voice_id": "v-1", "voice": "Emma"}
WAITS = {"state": SubmissionState.WAITING_APPROVAL, "quote_low": 1_000_000, "quote_high": 2_000_000}


def test_every_kind_can_be_told() -> None:
    assert set(KINDS) == set(JobKind)


def test_a_video_that_waits_is_quoted_word_for_word() -> None:
    waiting = submission(kind=JobKind.VIDEO, arguments=ASKED, **WAITS)
    post = card(waiting, [job(JobState.WAITING, kind=JobKind.VIDEO)], NOW, link_for)
    shown = words(post)
    assert_sendable(post)
    assert "HeyGen would make a video in which *Ava* (voice: *Emma*) says:\n> Hi Sarah, this is Greenroom." in shown
    assert "between $1.00 and $2.00" in shown
    assert "secret-id" not in shown
    assert not {"<!channel>", "<https://evil.example|here>"} & set(shown.split())


def test_what_no_dialog_can_change_has_no_button_for_it() -> None:
    for kind, told in KINDS.items():
        waiting = submission(kind=kind, arguments=ASKED, **WAITS)
        shown = buttons(card(waiting, [job(JobState.WAITING, kind=kind)], NOW, link_for))
        assert ("change_request" in shown) is told.changeable
        assert {"approve_request", "decline_request"} <= set(shown)


def test_the_longest_script_still_makes_a_card() -> None:
    waiting = submission(kind=JobKind.VIDEO, arguments={**ASKED, "script": "<&>" * SCRIPT_LIMIT}, **WAITS)
    assert_sendable(card(waiting, [job(JobState.WAITING, kind=JobKind.VIDEO)], NOW, link_for))


def test_what_was_forgotten_has_no_words_left() -> None:
    for kind in JobKind:
        waiting = submission(kind=kind, arguments={}, **WAITS)
        assert_sendable(card(waiting, [job(JobState.WAITING, kind=kind)], NOW, link_for))


def test_a_lip_sync_says_what_would_follow_what() -> None:
    asked = {
        "video_handle": "J3",
        "video_job": "job_1",
        "audio_url": "https://a.example/v.mp3?sig=secret",
        "mode": "speed",
    }
    waiting = submission(kind=JobKind.LIPSYNC, arguments=asked, **WAITS)
    shown = words(card(waiting, [job(JobState.WAITING, kind=JobKind.LIPSYNC)], NOW, link_for))
    assert "HeyGen would make the lips in *J3* follow the recording `a.example/v.mp3?…`." in shown
    assert "secret" not in shown
    assert "language" not in shown


def test_an_avatar_that_speaks_a_recording() -> None:
    asked = {"avatar": "Ava", "avatar_id": "look-1", "audio_url": "https://a.example/v.mp3"}
    waiting = submission(kind=JobKind.VIDEO, arguments=asked, **WAITS)
    shown = words(card(waiting, [job(JobState.WAITING, kind=JobKind.VIDEO)], NOW, link_for))
    assert "a video in which *Ava* speaks the recording `a.example/v.mp3`." in shown


def test_each_clip_has_its_link_and_those_beyond_ten_are_counted() -> None:
    for count, shown_links, more in ((1, 1, False), (2, 2, False), (10, 10, False), (40, 10, True)):
        word = f"completed, {count} part{'' if count == 1 else 's'}"
        ready = job(JobState.SUCCEEDED, kind=JobKind.CLIPS, status_word=word, link_id="link_7", duration=600.0)
        shown = card(submission(kind=JobKind.CLIPS, arguments={"shape": "square"}), [ready], NOW, link_for)
        assert_sendable(shown)
        said = words(shown)
        assert said.count(f"<{link_for(ready)}") == shown_links
        assert ("… and 30 more at HeyGen" in said) is more
        assert f", {count} clip" in said
        assert "10 min long" not in said


def test_what_would_be_looked_for_is_quoted() -> None:
    asked = {"video_url": "https://a.example/talk.mp4", "shape": "square", "prompt": "the <!channel> jokes"}
    waiting = submission(kind=JobKind.CLIPS, arguments=asked, **WAITS)
    shown = words(card(waiting, [job(JobState.WAITING, kind=JobKind.CLIPS)], NOW, link_for))
    assert "short clips (square, with subtitles) out of `a.example/talk.mp4`, looking for:\n> the" in shown
    assert "<!channel>" not in shown


def test_a_voiceover_says_what_would_be_said_by_whom() -> None:
    waiting = submission(kind=JobKind.SPEECH, arguments={**ASKED, "avatar": None}, **WAITS)
    shown = words(card(waiting, [job(JobState.WAITING, kind=JobKind.SPEECH)], NOW, link_for))
    assert "HeyGen would say, as sound alone, in the voice *Emma*:\n> Hi Sarah, this is Greenroom." in shown
