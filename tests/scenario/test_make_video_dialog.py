"""“Make a video from this” on a message: a dialog with avatars to see and voices to hear, then the call as by words."""

from __future__ import annotations

import re
from typing import Any

from emulators.slack import View
from tests.scenario.stage import Stage

WORDS = "Our office moves on Monday."


async def opened(stage: Stage) -> tuple[str, View]:
    """A message of Bob's, and the dialog that Alice has opened on it."""
    somebody = stage.slack.workspace.person("carol").id
    root = stage.slack.say("bob", "videos", f"<@{somebody}>, {WORDS}")
    assert (await stage.slack.shortcut("alice", "video_from_message", "videos", root)).ok
    await stage.wait(lambda: stage.slack.views("alice"))
    return root, stage.slack.views("alice")[-1]


async def listed(stage: Stage, view: View, name: str, query: str = "") -> list[dict[str, Any]]:
    """What a list of the dialog offers."""
    answer = await stage.slack.suggest("alice", view.id, name, query)
    assert answer.ok
    return list(answer.body["options"])


def shown(view: View) -> str:
    """The dialog as text."""
    return str(view.body["blocks"])


async def test_a_message_becomes_a_video_with_whom_was_picked(stage: Stage) -> None:
    root, view = await opened(stage)
    assert view.values["script"]["script"]["value"] == WORDS
    looks, voices = await listed(stage, view, "pick_avatar"), await listed(stage, view, "pick_voice")
    look, voice = looks[-1], voices[-1]
    assert (await stage.slack.select_view("alice", view.id, "pick_avatar", look["value"])).ok
    await stage.wait(lambda: "'type': 'image'" in shown(view))
    assert (await stage.slack.select_view("alice", view.id, "pick_voice", voice["value"])).ok
    await stage.wait(lambda: "Listen to" in shown(view))
    for link in re.findall(rf"{stage.public_url}/p/[\w.-]+", shown(view)):
        assert (await stage.browse(link)).status_code == 200
    assert view.values["script"]["script"]["value"] == WORDS
    assert (await stage.slack.submit_view("alice", view.id)).body in (None, "", {})
    await stage.finish(1)
    await stage.closing(root, "ready")
    [paid] = stage.videos()
    assert (paid["script"], paid["avatar_id"], paid["voice_id"]) == (WORDS, look["value"], voice["value"])
    assert f"asked by <@{stage.user()}>" in stage.cards(root)[-1].rendered_text()
    assert not stage.openai.calls


async def test_lists_are_searched_by_words_and_nobody_has_to_pick(stage: Stage) -> None:
    root, view = await opened(stage)
    names = [option["text"]["text"] for option in await listed(stage, view, "pick_voice")]
    word = names[0].split()[0]
    found = [option["text"]["text"] for option in await listed(stage, view, "pick_voice", word.lower())]
    assert found
    assert all(word.lower() in name.lower() for name in found)
    assert await listed(stage, view, "pick_avatar", "nobody-is-called-so") == []
    await stage.slack.submit_view("alice", view.id, {"script": "Good morning."})
    await stage.finish(1)
    await stage.closing(root, "ready")
    assert [paid["script"] for paid in stage.videos()] == ["Good morning."]


async def test_a_list_stays_empty_while_heygen_does_not_answer(stage: Stage) -> None:
    _, view = await opened(stage)
    stage.heygen.fail("before", "/v3/avatars/looks", times=50)
    assert await listed(stage, view, "pick_avatar") == []
    assert stage.charges == []
