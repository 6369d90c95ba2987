"""`/heygen settings`, `/heygen mute`, and commands that make and show things."""

from __future__ import annotations

import pytest

from bot.talk import Policy, Reach, TalkSetting
from tests.scenario.stage import Stage


async def setting(stage: Stage) -> TalkSetting:
    assert stage.app is not None
    return await stage.app.store.talk.setting(stage.slack.workspace.team_id)


async def test_an_admin_sets_the_rules_in_a_dialog(stage: Stage) -> None:
    await stage.restart(admins=frozenset({stage.user("alice")}))
    assert (await stage.command("settings")).ok
    view = (await stage.wait(lambda: stage.slack.views("alice")))[-1]
    videos = stage.slack.workspace.place("videos").id
    given = {"policy": "threads", "here": "mentions", "channels": [videos], "guests": "nothing", "strangers": "read"}
    assert (await stage.slack.submit_view("alice", view.id, given)).ok
    assert await setting(stage) == TalkSetting(channels=(videos,), guests=Reach.NOTHING)
    assert stage.app is not None
    assert await stage.app.store.talk.policy(stage.slack.workspace.team_id, videos) is Policy.MENTIONS
    assert "not set up to work for you" in (await stage.whispered("jobs", channel="general")).rendered_text()


@pytest.mark.full
async def test_nobody_else_does(stage: Stage) -> None:
    assert "Only admins" in (await stage.whispered("settings", user="bob")).rendered_text()
    assert stage.slack.views("bob") == []


@pytest.mark.full
async def test_the_last_thread_is_made_quiet_and_woken_by_command(stage: Stage) -> None:
    assert "have not answered you" in (await stage.whispered("mute")).rendered_text()
    root = await stage.reply_thread()
    assert "I'm quiet there now" in (await stage.whispered("mute")).rendered_text()
    await stage.reply(root, 2)
    assert "quiet there already" in (await stage.whispered("mute")).rendered_text()
    assert "I talk there again" in (await stage.whispered("mute off")).rendered_text()
    stage.say("hello", root)
    await stage.reply(root, 3)


@pytest.mark.full
async def test_a_video_and_the_avatars_by_command(stage: Stage) -> None:
    root = await stage.command_root('video "Hello there" --title Spring')
    await stage.card(root, "Spring")
    await stage.wait(stage.videos)
    assert stage.videos()[0]["script"] == "Hello there"
    shown = await stage.command_root("avatars", channel="general")
    await stage.reply(shown, 2, channel="general")
    assert any("Avatars: " in m.rendered_text() for m in stage.replies(shown, "general"))
