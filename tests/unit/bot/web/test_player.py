"""The page on which a result is watched: nobody's words are markup, and the policy names two places."""

from __future__ import annotations

from typing import Any

from agent.proofreading import Subtitles
from bot.web.player import STYLE, Screening, headers, page, refusal
from bot.web.watched import watched
from heygen import RemoteStatus, Translation, Video

NASTY = '"><script>alert(1)</script>$main'
FILE, POSTER = "https://files.vendor.test/v.mp4?sig=1", "https://pictures.vendor.test:8443/p.png?sig=2"


def screening(**changed: Any) -> Screening:
    values = {"title": "Launch", "about": "French · 42 s", "address": "/v/token", "element": "video", "poster": True}
    values |= {"captions": "French", "part": 1, "parts": 1, "until": 86_400.0}
    return Screening(**(values | changed))


def test_words_of_people_are_no_markup() -> None:
    shown = page(screening(title=NASTY, about=NASTY, captions=NASTY)) + refusal(NASTY, NASTY)
    assert "<script" not in shown
    assert "$main" in shown


def test_a_page_has_its_player_with_captions_and_an_end() -> None:
    shown = page(screening())
    assert '<video src="/v/token/file" controls' in shown
    assert 'poster="/v/token/poster"' in shown
    assert '<track kind="captions" src="/v/token/captions.vtt" label="French">' in shown
    assert "02 January 1970" in shown


def test_sound_is_played_without_a_picture() -> None:
    shown = page(screening(element="audio"))
    assert "<audio src" in shown
    assert "<video" not in shown


def test_parts_lead_to_each_other() -> None:
    shown = page(screening(part=2, parts=3))
    assert 'href="/v/token" aria-label="Part 1">' in shown
    assert 'href="/v/token/2" aria-label="Part 2" aria-current="page">' in shown
    assert 'src="/v/token/2/file"' in shown


def test_the_policy_runs_nothing_and_names_where_the_files_are() -> None:
    policy = headers(media=[FILE], pictures=[POSTER, None])["Content-Security-Policy"]
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == "'none'"
    assert rules["media-src"] == "'self' https://files.vendor.test"
    assert rules["img-src"] == "'self' data: https://pictures.vendor.test:8443"
    assert "script-src" not in rules
    assert "sig=" not in policy
    assert "</style" not in STYLE


def test_what_there_is_beside_a_result() -> None:
    state: dict[str, Any] = {"id": "1", "status": RemoteStatus.COMPLETED, "status_word": "completed"}
    translation = watched(Translation(**state, video_url=FILE, srt_url="https://x/s.srt"))
    assert translation is not None
    assert (translation.file, translation.captions) == (FILE, "https://x/s.srt")
    video = watched(Video(**state, video_url="file:///etc/passwd", thumbnail_url=POSTER))
    assert video is not None
    assert (video.file, video.poster) == (None, POSTER)
    assert watched(Subtitles(RemoteStatus.COMPLETED, "completed", FILE, None, None), 2) is None
