"""Who speaks where nobody is named: chosen in the App Home, by people for themselves, by approvers for everybody."""

from __future__ import annotations

import json
from typing import Any

from emulators.slack import View
from tests.scenario.stage import Stage
from tests.scenario.visits import home

MINE, OURS = "change_defaults", "change_everybodys_defaults"


async def offered(stage: Stage, user: str, button: str) -> tuple[View, list[Any], list[Any]]:
    """The dialog behind a button of somebody's Home, and the avatars and voices that it offers."""
    stage.slack.open_home(user)
    at_home = await home(stage, button, user=user)
    await stage.slack.click_view(user, at_home.id, button)
    [view] = await stage.wait(lambda: stage.slack.views(user))
    answers = [await stage.slack.suggest(user, view.id, name, "") for name in ("pick_avatar", "pick_voice")]
    looks, voices = (answer.body["options"] for answer in answers)
    return view, looks, voices


async def choose(stage: Stage, user: str, button: str, avatar: int, voice: int | None) -> tuple[str, str | None]:
    """Choose by number; the ids that were chosen."""
    view, looks, voices = await offered(stage, user, button)
    look, speaker = looks[avatar], None if voice is None else voices[voice]
    assert (await stage.slack.submit_view(user, view.id, {"pick_avatar": look, "pick_voice": speaker})).ok
    assert stage.slack.views(user) == []
    return look["value"], None if speaker is None else speaker["value"]


async def speaks(stage: Stage, user: str, text: str) -> tuple[str, str | None]:
    """Who speaks in the video that somebody asks for with `text` after the command."""
    before = len(stage.videos())
    await stage.command(text, user=user)
    await stage.wait(lambda: len(stage.videos()) > before)
    made = stage.videos()[-1]
    return made["avatar_id"], made.get("voice_id")


async def test_what_people_choose_is_used_in_words_and_in_commands(stage: Stage) -> None:
    mine = await choose(stage, "alice", MINE, -1, -1)
    shown = await home(stage, "with the voice")
    [name] = [one.strip() for one in str(shown.body).split("*My videos:* ")[1].split(", with")[:1]]
    root = stage.ask("Make a video saying “Good morning, everybody”")
    await stage.wait(stage.videos)
    assert (stage.videos()[0]["avatar_id"], stage.videos()[0]["voice_id"]) == mine
    told = [str(call.request["input"]) for call in stage.openai.calls]
    assert any("speaks_if_nobody_is_named" in one and json.dumps(name)[1:-1] in one for one in told)
    assert await stage.card(root)
    assert await speaks(stage, "alice", "video Hello there") == mine
    assert await speaks(stage, "carol", "video Hello there") != mine


async def test_approvers_choose_for_everybody_and_people_over_that(stage: Stage) -> None:
    await stage.restart(approvers=frozenset({stage.user("bob")}))
    ours = await choose(stage, "bob", OURS, -1, -1)
    mine = await choose(stage, "alice", MINE, -2, None)
    at_home = await home(stage, MINE)
    assert OURS not in str(at_home.body)
    view, _, _ = await offered(stage, "alice", MINE)
    assert view.values["pick_avatar"]["pick_avatar"]["selected_option"]["value"] == mine[0]
    await stage.slack.close_view("alice", view.id)
    assert await speaks(stage, "bob", "video Hello there") == ours
    assert (await speaks(stage, "alice", "video Hello there"))[0] == mine[0]
    view, _, _ = await offered(stage, "alice", MINE)
    assert (await stage.slack.submit_view("alice", view.id, {"pick_avatar": None})).ok
    assert await speaks(stage, "alice", "video Hello again") == ours
