"""Somebody asks to be forgotten, or an operator does it, while the app is serving."""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import json
import re
from collections.abc import Iterator

import pytest

from bot import operations
from emulators.openai import Say, Stall
from tests.scenario.stage import PATIENCE, Stage
from tests.support.logs import fresh_logs

pytestmark = pytest.mark.full


@pytest.fixture(autouse=True)
def _own_logs() -> Iterator[None]:
    with fresh_logs():
        yield


async def prompt(stage: Stage) -> None:
    """Restart with an app that looks for deletions all the time."""
    stage.tempo = dataclasses.replace(stage.tempo, erasures=0.1)
    await stage.restart()


async def forget(stage: Stage, user: str = "alice") -> str:
    """Type the command and press the button; returns what the person is told."""
    offered = await stage.whispered("forget me", user=user)
    assert "What stays" in offered.rendered_text()
    return await stage.press(offered, "forget_me", user=user)


async def nameless(stage: Stage, root: str, *words: str) -> str:
    """The text of a card that no longer says whose it is, once it shows all of `words`."""
    wanted = ("asked by somebody whose data was deleted", *words)

    def shown() -> str | None:
        texts = [message.rendered_text() for message in stage.by_app(root)]
        return next((text for text in texts if all(word in text for word in wanted)), None)

    return await stage.wait(shown)


def asked_of_the_model(stage: Stage) -> str:
    """The newest request that the model got, as text."""
    return json.dumps(stage.openai.journal.select("POST", "/v1/responses")[-1].body)


async def test_what_heygen_has_is_billed_and_shown_without_words_and_calls_nobody(stage: Stage) -> None:
    await prompt(stage)
    root = stage.translate("French")
    await stage.card(root, "in progress")
    assert "forgetting you" in await forget(stage)
    assert "launch.mp4" not in await nameless(stage, root, "no longer wanted")
    await stage.finish()
    done = await nameless(stage, root, "HeyGen made it and billed it")
    links = re.findall(r"http://[^\s|>]+/v/[^\s|>]+", done)
    assert [(await stage.browse(link)).status_code for link in links] == [410]
    await stage.probe()
    assert (len(stage.charges), stage.closings(root)) == (1, [])


async def test_what_waits_for_an_approval_is_never_sent(stage: Stage) -> None:
    await prompt(stage)
    await stage.with_approvers("bob")
    root = stage.translate("French")
    await stage.card(root, "waiting for an approval")
    await forget(stage)
    await nameless(stage, root)
    await stage.probe()
    assert stage.attempts() == 0


async def test_the_model_is_not_told_of_them_any_more_and_the_thread_goes_on(stage: Stage) -> None:
    await prompt(stage)
    root = stage.ask("my cat is called Zanzibar, say hello")
    await stage.reply(root)
    stage.say("what is new?", root, user="bob")
    await stage.reply(root, 2)
    assert "Zanzibar" in asked_of_the_model(stage)
    await forget(stage)
    await forgotten(stage)
    stage.say("and now?", root, user="bob")
    await stage.reply(root, 3)
    assert "Zanzibar" not in asked_of_the_model(stage)
    assert "what is new?" in asked_of_the_model(stage)


async def forgotten(stage: Stage) -> None:
    """Every deletion that was asked for is done."""
    assert stage.app is not None
    async with asyncio.timeout(PATIENCE):
        while await stage.app.store.erasures.under_way(stage.slack.workspace.team_id):
            await stage.clock.sleep(1.0)


async def test_an_operator_forgets_somebody_beside_the_app(stage: Stage) -> None:
    root = stage.translate("French")
    await stage.card(root, "in progress")
    options = {"command": "data", "action": "forget-person", "id": stage.user(), "workspace": None}
    options |= {"yes": True, "json": False}
    settings = stage._settings()
    assert await operations.run(argparse.Namespace(**options), settings, stage.clock) == 0
    await nameless(stage, root)


async def test_whoever_comes_back_begins_anew(stage: Stage) -> None:
    await prompt(stage)
    root = stage.translate("French")
    await stage.finish()
    await stage.closing(root, "ready.")
    await forget(stage)
    await forgotten(stage)
    assert "no jobs yet" in (await stage.whispered("jobs")).rendered_text()
    again = stage.translate("German")
    await stage.finish(2)
    await stage.closing(again, "ready.")


async def test_nobody_is_forgotten_by_a_word_too_little(stage: Stage) -> None:
    assert "only forget the person who asks" in (await stage.whispered("forget")).rendered_text()
    assert "only forget the person who asks" in (await stage.whispered("forget bob")).rendered_text()


async def test_an_answer_that_is_being_written_ends(stage: Stage) -> None:
    await prompt(stage)
    stage.openai.script([[Say("I am still thinking about it. " * 20), Stall(30.0, 40)]])
    root = stage.ask("tell me a story")
    await stage.wait(lambda: any(m.stream_state == "streaming" for m in stage.by_app(root)))
    await forget(stage)
    await forgotten(stage)
    await stage.wait(lambda: not any(m.stream_state == "streaming" for m in stage.by_app(root)))
    assert stage.slack.session("videos", root) != "processing"
    stage.say("hello", root, user="bob")
    assert await stage.reply(root)
