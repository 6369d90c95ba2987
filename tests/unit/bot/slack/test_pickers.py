"""What a dialog's lists offer, what an option stands for, and what is shown of it."""

from __future__ import annotations

from bot.slack.blocks import post
from bot.slack.pickers import MOST, called, options, picked, preview
from heygen.records import AvatarLook, Voice
from tests.unit.bot.slack.posts import assert_sendable

AVA = AvatarLook(id="l1", name="Ava in the office", gender="female", preview_image_url="https://vendor.test/1.png")
TIM = AvatarLook(id="l2", name="Tim", gender="male")
EMMA = Voice(id="v1", name="Emma <b>", language="English", preview_audio_url="https://vendor.test/1.mp3")
ELSE = Voice(id="v2", name="Emma <b>", language="French")


def link(kind: str, account_id: str, vendor_id: str) -> str | None:
    return f"https://green.example/p/{kind}-{vendor_id}"


def test_words_find_names_genders_and_languages() -> None:
    assert [one["value"] for one in options([AVA, TIM], "OFFICE ava")] == ["l1"]
    assert [one["value"] for one in options([AVA, TIM], "")] == ["l1", "l2"]
    assert options([AVA, TIM], "emma") == []


def test_slack_takes_what_is_offered() -> None:
    long = [AvatarLook(id=f"l{n}", name=f"Ava number {n} " + "of the office " * 5) for n in range(MOST + 20)]
    offered = options(long, "")
    assert len(offered) <= MOST
    assert all(len(one["text"]["text"]) <= 75 for one in offered)
    assert options([AvatarLook(id="l" * 200, name="Ava"), AvatarLook(id="l3", name="")], "") == []


def test_an_option_is_told_to_tools_by_a_name_that_means_no_other() -> None:
    voices = [EMMA, ELSE]
    assert [called(voices, one) for one in voices] == ["Emma <b>", "v2"]
    assert picked(voices, "v2") is ELSE
    assert picked(voices, None) is picked(voices, "gone") is None


def test_pictures_and_samples_are_ours() -> None:
    shown = post("x", preview("A1", AVA, EMMA, link))
    assert_sendable(shown)
    assert [block["type"] for block in shown.blocks] == ["image", "context"]
    assert "vendor.test" not in str(shown.blocks)
    assert "<b>" not in str(shown.blocks)
    assert preview("A1", TIM, ELSE, link) == []
    assert preview("A1", AVA, EMMA, lambda *_: None) == []
