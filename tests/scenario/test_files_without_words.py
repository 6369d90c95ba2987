"""Files that come without a word: what can be done with each is asked by buttons, and a press is as good as words."""

from __future__ import annotations

import pytest

from emulators.heygen import media
from emulators.slack import Message, View
from tests.scenario.stage import Stage

FILM = media.mp4("talk", 42, size=50_000)
SOUND = media.mp3(20.0)
LIST = b"name,company\nSarah,Acme\nJohn,Globex\n"


async def asked(stage: Stage, *files: tuple[str, bytes], user: str = "alice") -> tuple[str, Message]:
    """A message of files alone, and the question that it gets."""
    root = stage.ask("", files=list(files), user=user)
    return root, await stage.wait(
        lambda: next((m for m in stage.by_app(root) if "What shall I do with" in m.rendered_text()), None)
    )


async def dialog(stage: Stage) -> View:
    await stage.wait(lambda: stage.slack.views("alice"))
    return stage.slack.views("alice")[-1]


@pytest.mark.parametrize(
    ("name", "data", "buttons"),
    [
        ("talk.mp4", FILM, {"offer_translate", "offer_upload"}),
        ("note.mp3", SOUND, {"offer_speak", "offer_upload"}),
        ("logo.png", media.png("logo"), {"offer_upload"}),
        ("leads.csv", LIST, {"offer_videos"}),
    ],
)
async def test_each_file_has_the_buttons_that_fit(stage: Stage, name: str, data: bytes, buttons: set[str]) -> None:
    root, question = await asked(stage, (name, data))
    assert name in question.rendered_text()
    assert stage.buttons(question) == buttons
    await stage.wait(lambda: any("say in words" in m.rendered_text() for m in stage.replies(root)))
    assert not stage.openai.calls
    assert stage.charges == []


async def test_a_video_is_translated_by_a_press_and_known_in_words_later(stage: Stage) -> None:
    root, question = await asked(stage, ("talk.mp4", FILM))
    assert (await stage.click(question, "offer_translate")).ok
    await stage.slack.submit_view("alice", (await dialog(stage)).id, {"languages": "French"})
    await stage.finish(1)
    await stage.closing(root, "ready")
    stage.say("translate the file into German", root)
    await stage.submitted(2)
    [asset] = stage.heygen.stored()
    assert [paid["video"] for paid in stage.paid()] == [{"type": "asset_id", "asset_id": asset.id}] * 2


async def test_a_recording_is_spoken_by_the_avatar_that_was_picked(stage: Stage) -> None:
    root, question = await asked(stage, ("note.mp3", SOUND))
    assert (await stage.click(question, "offer_speak")).ok
    view = await dialog(stage)
    assert (await stage.slack.submit_view("alice", view.id)).body["response_action"] == "errors"
    answer = await stage.slack.suggest("alice", view.id, "pick_avatar", "")
    picked = answer.body["options"][0]["value"]
    await stage.slack.submit_view("alice", view.id, {"pick_avatar": picked})
    card = await stage.card(root, "waiting for an approval", "speaks the recording")
    await stage.press(card, "approve_request")
    await stage.finish(1)
    await stage.closing(root, "ready")
    [paid] = stage.videos()
    assert paid["avatar_id"] == picked
    assert "script" not in paid


async def test_a_list_becomes_a_video_for_each_row_by_the_way_of_every_list(stage: Stage) -> None:
    root, question = await asked(stage, ("leads.csv", LIST))
    assert (await stage.click(question, "offer_videos")).ok
    await stage.slack.submit_view("alice", (await dialog(stage)).id, {"script": "Hello {name} of {company}!"})
    card = await stage.card(root, "2 videos")
    assert "Sarah" in card.rendered_text()


async def test_a_picture_is_uploaded(stage: Stage) -> None:
    root, question = await asked(stage, ("logo.png", media.png("logo", 640, 360)))
    assert (await stage.click(question, "offer_upload")).ok
    await stage.wait(lambda: any("as A1" in m.rendered_text() for m in stage.replies(root)))
    assert [asset.mime_type for asset in stage.heygen.stored()] == ["image/png"]


@pytest.mark.parametrize(("name", "words"), [("french.srt", "finish J1"), ("notes.txt", "can't do anything")])
async def test_what_takes_words_says_which(stage: Stage, name: str, words: str) -> None:
    reply = await stage.reply(stage.ask("", files=[(name, b"1\n00:00:00,000 --> 00:00:01,000\nBonjour\n")]))
    assert words in reply
