"""The same work over Socket Mode: nothing of Slack's comes over HTTP, and no signing secret is set."""

from __future__ import annotations

import httpx2
import pytest

from bot.settings import SettingsError
from tests.scenario.stage import Stage


async def test_a_translation_from_the_mention_to_the_result(socket_stage: Stage) -> None:
    stage = socket_stage
    root = stage.translate("French", "German")
    assert "Submitted" in await stage.reply(root)
    await stage.finish(2)
    closing = await stage.closing(root, "all 2 are ready")
    assert (len(closing.links()), len(stage.charges), len(stage.cards(root))) == (2, 2, 1)
    await stage.slack.settle()
    assert stage.all_acked()


@pytest.mark.full
async def test_a_follow_up_needs_no_mention(socket_stage: Stage) -> None:
    root = await socket_stage.reply_thread()
    socket_stage.say("what is running?", root)
    assert await socket_stage.reply(root, 2)


async def test_a_button_approves(socket_stage: Stage) -> None:
    stage = socket_stage
    await stage.with_approvers("bob")
    root = stage.translate("French")
    card = await stage.card(root, "waiting for an approval")
    assert (await stage.click(card, "approve_request", "bob")).ok
    await stage.finish()
    await stage.closing(root, "ready.")
    assert len(stage.charges) == 1


@pytest.mark.full
async def test_a_click_that_is_not_allowed_is_answered_privately(socket_stage: Stage) -> None:
    stage = socket_stage
    await stage.with_approvers("bob")
    root = stage.translate("French")
    card = await stage.card(root, "waiting for an approval")
    assert "<@" in await stage.press(card, "approve_request", "carol")
    assert stage.attempts() == 0


async def test_a_modal_is_opened_checked_and_submitted(socket_stage: Stage) -> None:
    stage = socket_stage
    await stage.with_approvers("bob")
    root = stage.translate("French")
    card = await stage.card(root, "waiting for an approval")
    assert (await stage.change(card, " , ")).ok
    (view,) = stage.slack.views("alice")
    assert view.errors == {"languages": "Into which languages?"}
    assert (await stage.slack.submit_view("alice", view.id, {"languages": "German"})).ok
    assert stage.slack.views("alice") == []
    await stage.card(root, "waiting for an approval", "German")


async def test_a_command_is_answered_in_its_ack(socket_stage: Stage) -> None:
    assert "/heygen translate" in (await socket_stage.whispered("help")).rendered_text()


@pytest.mark.full
async def test_a_command_does_the_work(socket_stage: Stage) -> None:
    stage = socket_stage
    root = await stage.command_root(f"translate {stage.video} into French")
    await stage.finish()
    closing = await stage.closing(root, "ready.")
    assert len(closing.links()) == 1


async def test_nothing_of_slacks_is_served_over_http(socket_stage: Stage) -> None:
    async with httpx2.AsyncClient() as http:
        answer = await http.post(f"{socket_stage.public_url}/slack/events", json={"type": "url_verification"})
        ready = await http.get(f"{socket_stage.public_url}/readyz")
    assert answer.status_code == 404
    assert (ready.json()["status"], ready.json()["socket"]) == ("ready", "connected")


@pytest.mark.full
async def test_both_ways_at_once(socket_stage: Stage) -> None:
    stage = socket_stage
    await stage.restart(slack_signing_secret=stage.slack.signing_secret)
    over_the_socket = stage.ask("hello")
    await stage.reply(over_the_socket)
    stage.slack.configure(socket_mode=False)
    over_http = stage.ask("hello")
    assert await stage.reply(over_http)
    assert (await stage.slack.forge("bad_signature")).status == 401


@pytest.mark.parametrize(
    ("token", "enabled", "code"), [("xapp-wrong", True, "invalid_auth"), (None, False, "access_denied")]
)
async def test_what_slack_refuses_stops_the_start(
    socket_stage: Stage, token: str | None, enabled: bool, code: str
) -> None:
    await socket_stage.stop()
    socket_stage.slack.configure(socket_mode=enabled)
    with pytest.raises(SettingsError, match=f"refused by Slack: {code}"):
        await socket_stage.start(slack_app_token=token or socket_stage.slack.app_token)
