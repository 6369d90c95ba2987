"""Threads that are told to be quiet, and channels in which less or more is answered."""

from __future__ import annotations

from bot.talk import Policy, TalkSetting
from tests.scenario.stage import Stage


async def ruled(stage: Stage, setting: TalkSetting, channel: str | None = None, policy: Policy | None = None) -> None:
    """An admin has set these rules."""
    assert stage.app is not None
    place = None if channel is None else stage.slack.workspace.place(channel).id
    await stage.app.store.talk.change(stage.slack.workspace.team_id, stage.user(), setting, place, policy)


async def test_a_quiet_thread_still_gets_its_results_and_a_mention_wakes_it(stage: Stage) -> None:
    root = stage.translate("French")
    await stage.reply(root)
    stage.say("be quiet, please", root)
    assert "I'll be quiet in this thread" in await stage.reply(root, 2)
    stage.say("what is running?", root, user="bob")
    await stage.probe()
    await stage.finish()
    await stage.closing(root)
    assert len(stage.replies(root)) == 2
    stage.slack.say("bob", "videos", f"<@{stage.slack.bot_user}> hello", thread_ts=root)
    await stage.reply(root, 3)
    stage.say("hello again", root)
    await stage.reply(root, 4)


async def test_a_reaction_makes_a_thread_quiet_once(stage: Stage) -> None:
    root = await stage.reply_thread()
    for user, name in (("bob", "mute"), ("alice", "shushing_face")):
        stage.slack.react(user, "videos", root, name)
    await stage.reply(root, 2)
    stage.say("what is running?", root)
    await stage.probe()
    assert len(stage.replies(root)) == 2


async def test_an_answer_to_somebody_elses_question_is_not_for_us(stage: Stage) -> None:
    root = await stage.reply_thread()
    stage.say(f"<@{stage.user('bob')}> which one did you like?", root)
    await stage.probe()
    stage.say("the blue one", root, user="bob")
    await stage.probe()
    assert len(stage.replies(root)) == 1
    stage.say("hello", root, user="bob")
    await stage.reply(root, 2)


async def test_mentions_only(stage: Stage) -> None:
    await ruled(stage, TalkSetting(), "videos", Policy.MENTIONS)
    root = await stage.reply_thread()
    stage.say("what is running?", root)
    await stage.probe()
    assert len(stage.replies(root)) == 1
    stage.slack.say("alice", "videos", f"<@{stage.slack.bot_user}> hello", thread_ts=root)
    await stage.reply(root, 2)


async def test_everything_in_a_channel_of_its_own(stage: Stage) -> None:
    await ruled(stage, TalkSetting(), "videos", Policy.EVERYTHING)
    root = stage.slack.say("alice", "videos", "hello")
    await stage.reply(root)
    elsewhere = stage.slack.say("alice", "general", "hello")
    await stage.probe()
    assert stage.by_app(elsewhere, "general") == []


async def test_only_people_and_channels_on_the_lists(stage: Stage) -> None:
    here = stage.slack.workspace.place("videos").id
    general = stage.slack.workspace.place("general").id
    await ruled(stage, TalkSetting(channels=(general,), people=(stage.user("alice"), stage.user("carol"))))
    root, bobs = stage.ask("hello"), stage.ask("hello", user="bob", channel="general")
    await stage.probe()
    assert (stage.by_app(root), stage.by_app(bobs, "general")) == ([], [])
    await ruled(stage, TalkSetting(channels=(general, here)))
    await stage.reply(stage.ask("hello", user="bob"))
