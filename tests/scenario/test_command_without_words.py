"""`/heygen video` and `/heygen translate` with nothing behind them: a dialog asks, or the usage if it cannot open."""

from __future__ import annotations

import pytest

from emulators.slack import View
from tests.scenario.stage import Stage

WORDS = "Our office moves on Monday."


async def asked(stage: Stage, text: str) -> View:
    """The dialog that a command has opened; the answer to the command itself says nothing."""
    before = len(stage.slack.ephemerals("alice"))
    assert (await stage.command(text)).ok
    await stage.wait(lambda: stage.slack.views("alice"))
    assert len(stage.slack.ephemerals("alice")) == before
    return stage.slack.views("alice")[-1]


async def test_a_video_without_words_asks_for_them_in_a_dialog(stage: Stage) -> None:
    view = await asked(stage, "video")
    assert (await stage.slack.submit_view("alice", view.id, {"script": WORDS})).body in (None, "", {})
    await stage.submitted(1)
    assert [body["script"] for body in stage.videos()] == [WORDS]


@pytest.mark.full
async def test_a_translation_without_a_link_asks_for_one_in_a_dialog(stage: Stage) -> None:
    view = await asked(stage, "translate")
    refused = await stage.slack.submit_view("alice", view.id, {"link": "launch.mp4", "languages": "French"})
    assert "not a link" in str(refused.body)
    view = stage.slack.views("alice")[-1]
    taken = await stage.slack.submit_view("alice", view.id, {"link": stage.video, "languages": "French"})
    assert taken.body in (None, "", {})
    await stage.submitted(1)
    assert [body["output_languages"] for body in stage.paid()] == [["French (France)"]]


@pytest.mark.full
@pytest.mark.parametrize(("text", "words"), [("video", "What should it say?"), ("translate", "Which video?")])
async def test_where_no_dialog_opens_the_usage_is_said(stage: Stage, text: str, words: str) -> None:
    stage.slack.fail("before", "/api/views.open", status=200, body={"ok": False, "error": "expired_trigger_id"})
    told = (await stage.whispered(text)).rendered_text()
    assert words in told
    assert f"Usage: /heygen {text}" in told.replace("`", "")
