"""“Translate…” on a finished card, and “Translate this video” on a message: a dialog, then the call as by words."""

from __future__ import annotations

from typing import Any

from emulators.heygen import media
from emulators.slack import View
from tests.scenario.stage import Stage

FILM = media.mp4("talk", 42, size=50_000)
MAKE = 'Make a video saying "Welcome to our studio"'


async def dialog(stage: Stage, user: str = "alice") -> View:
    """The dialog on somebody's screen."""
    await stage.wait(lambda: stage.slack.views(user))
    return stage.slack.views(user)[-1]


def languages(view: View) -> Any:
    """What is filled in."""
    return view.values["languages"]["languages"]["value"]


async def test_a_translation_goes_into_more_languages_from_its_card(stage: Stage) -> None:
    root = stage.translate("French", "German")
    await stage.finish(2)
    card = await stage.card(root, "all 2 are ready")
    assert (await stage.click(card, "translate_result", "bob")).ok
    assert languages(await dialog(stage, "bob")) is None
    assert (await stage.click(card, "translate_result")).ok
    view = await dialog(stage)
    assert languages(view) == "French (France), German (Germany)"
    assert (await stage.slack.submit_view("alice", view.id, {"languages": " "})).body["response_action"] == "errors"
    await stage.slack.submit_view("alice", view.id, {"languages": "Japanese"})
    await stage.finish(3)
    await stage.closing(root, "Japanese", "ready", number=2)
    assert [paid["video"] for paid in stage.paid()] == [{"type": "url", "url": stage.video}] * 2


async def test_a_made_video_is_translated_from_where_it_is_at_that_moment(stage: Stage) -> None:
    root = stage.ask(MAKE)
    await stage.finish(1)
    card = await stage.card(root, "ready")
    stage.heygen.expire_urls()
    assert (await stage.click(card, "translate_result")).ok
    await stage.slack.submit_view("alice", (await dialog(stage)).id, {"languages": "French"})
    await stage.finish(2)
    await stage.closing(root, "French", "ready", number=2)
    [paid] = stage.paid()
    assert paid["video"]["url"].startswith(f"{stage.heygen.url}/files/")
    assert "/files/" not in str([call.request for call in stage.openai.calls])


async def test_a_result_is_translated_by_words(stage: Stage) -> None:
    root = stage.ask(MAKE)
    await stage.finish(1)
    await stage.closing(root, "ready")
    await stage.reply(root)  # what is scripted now is for the next question
    stage.openai.script([stage.call("translate_video", source="J1", languages=["French"], title=None)])
    stage.say("translate J1 into French", root)
    await stage.finish(2)
    await stage.closing(root, "French", "ready", number=2)


async def test_the_video_of_anybodys_message_is_translated_in_its_thread(stage: Stage) -> None:
    root = stage.slack.say("bob", "videos", "our talk", files=[("talk.mp4", FILM)])
    assert (await stage.slack.shortcut("alice", "translate_video", "videos", root)).ok
    view = await dialog(stage)
    assert "talk.mp4" in str(view.body["blocks"])
    await stage.slack.submit_view("alice", view.id, {"languages": "French"})
    await stage.finish(1)
    await stage.closing(root, "ready")
    [asset] = stage.heygen.stored()
    assert stage.heygen.content_of(asset.id) == FILM
    assert f"asked by <@{stage.user()}>" in stage.cards(root)[-1].rendered_text()
    assert not stage.openai.calls


async def test_a_link_in_a_message_is_as_good_and_a_message_without_either_says_so(stage: Stage) -> None:
    root = stage.slack.say("bob", "videos", f"see <{stage.video}>")
    assert (await stage.slack.shortcut("alice", "translate_video", "videos", root)).ok
    await stage.slack.submit_view("alice", (await dialog(stage)).id, {"languages": "French"})
    await stage.finish(1)
    await stage.closing(root, "ready")
    other = stage.slack.say("bob", "videos", "nothing here")
    await stage.slack.shortcut("alice", "translate_video", "videos", other)
    await stage.wait(lambda: stage.slack.ephemerals("alice"))
    assert "no video in this message" in stage.slack.ephemerals("alice")[-1].rendered_text()
