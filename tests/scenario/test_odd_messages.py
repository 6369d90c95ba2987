"""Mentions that hold little, much, or unusual text."""

from __future__ import annotations

import pytest

from tests.scenario.stage import Stage

ODD = {
    "nothing": "",
    "blanks": " \u00a0\u200b ",
    "emoji": "🎬🇫🇷👩‍👩‍👧 :tada:",
    "right to left": "\u202eترجم هذا الفيديو إلى العربية\u202c מה רץ עכשיו",
    "markup": "&lt;!channel&gt; <!here> *`{{job:J1}}`* <https://example.com|x>",
    "long": "word " * 6_000,
    "one endless word": "x" * 30_000,
}


QUICK = ("nothing", "long", "right to left")


@pytest.mark.parametrize(
    "text",
    [pytest.param(text, id=name, marks=[] if name in QUICK else [pytest.mark.full]) for name, text in ODD.items()],
)
async def test_is_answered_once_and_costs_nothing(stage: Stage, text: str) -> None:
    root = stage.ask(text)
    assert (await stage.reply(root)).strip()
    await stage.probe()
    assert len(stage.replies(root)) == 1
    assert stage.all_acked()
    assert not stage.charges


@pytest.mark.full
async def test_a_request_after_30_000_characters_of_chatter_in_the_thread_works(stage: Stage) -> None:
    root = stage.ask("word " * 6_000)
    await stage.reply(root)
    stage.say(f"translate {stage.video} into French", root)
    await stage.submitted(1)


@pytest.mark.full
async def test_a_video_in_arabic_keeps_its_name_and_direction(stage: Stage) -> None:
    root = stage.ask(f"Translate {stage.video} into Arabic (Saudi Arabia)")
    await stage.finish()
    await stage.closing(root, "ready.")
    assert stage.charges[0].language == "Arabic (Saudi Arabia)"
