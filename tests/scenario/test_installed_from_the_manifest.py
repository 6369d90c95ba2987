"""The app is installed from its own manifest: people are offered what the code answers, and it may do what it does."""

from __future__ import annotations

import pytest

from bot.slack.app import COMMAND
from bot.slack.manifest import SHORTCUTS, scopes
from emulators.slack import CannotDoError
from tests.scenario.stage import Stage


async def test_what_people_are_offered_is_what_the_code_answers(stage: Stage) -> None:
    assert stage.app is not None
    assert stage.app.router.names("shortcut") == {shortcut.callback_id for shortcut in SHORTCUTS}
    assert stage.app.router.names("command") == {COMMAND}


async def test_nothing_is_granted_that_is_not_asked_for(stage: Stage) -> None:
    assert stage.slack.workspace.scopes == set(scopes())
    with pytest.raises(CannotDoError):
        await stage.slack.command("alice", "videos", "/video", "help")


@pytest.mark.full
async def test_what_slack_escapes_in_a_command_is_understood(stage: Stage) -> None:
    root = await stage.command_root(f"translate {stage.video} into French")
    await stage.reply(root)
    await stage.finish()
    assert (await stage.closing(root, "ready.")).links()


@pytest.mark.full
async def test_a_direct_message_is_taken(stage: Stage) -> None:
    root = stage.slack.say("alice", "@heygen", "hello")
    channel = stage.slack.direct_channel("alice")
    assert await stage.reply(root, channel=channel)
