"""What the app sends to Slack is of the types that Slack publishes, as TypeScript's compiler sees it.

The calls are those of a run of its own, and those of every scenario when `GREENROOM_RECORD` says where they are.
"""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator, Callable
from decimal import Decimal
from pathlib import Path

import pytest

from bot.slack.app import SUBSCRIBED_EVENTS
from bot.slack.manifest import METHODS, manifest
from emulators.heygen import HeyGenEmulator
from emulators.openai import OpenAIEmulator
from emulators.slack import SlackEmulator
from tests.outside.typescript import complaints
from tests.scenario.stage import Stage
from tests.support.slack_calls import Called, calls, program, recorded

pytestmark = [pytest.mark.outside, pytest.mark.timeout(120)]

MANIFEST = 'Given<WebClient["apps"]["manifest"]["validate"]>["manifest"]'
EVENT = 'SlackEvent["type"]'
FORGOTTEN = {"agent_session_stopped", "agent_session_title_changed", "app_context_changed"}
FORGOTTEN_SCOPES = {"assistant:write"}
"""Events and scopes that the type of manifests does not list yet. That the events exist has a test below."""

USUAL = {
    *("auth.test", "chat.postMessage", "chat.startStream", "chat.appendStream", "chat.stopStream", "chat.update"),
    *("agents.sessions.setStatus", "chat.postEphemeral", "views.open", "files.getUploadURLExternal"),
    "files.completeUploadExternal",
}
"""What the run here calls at the least."""

POST = {"channel": "C1", "text": "Hello", "thread_ts": "1.2"}
MISTAKES = {
    "a number for an id": Called("chat.postMessage", POST | {"channel": 7}, text=False),
    "a text is missing": Called("chat.postMessage", {"channel": "C1"}, text=False),
    "an argument that is not": Called("chat.update", {"channel": "C1", "ts": "1.2", "txt": "Hello"}, text=False),
    "a button without an id of its kind": Called(
        "chat.postMessage",
        POST | {"blocks": [{"type": "actions", "elements": [{"type": "buton", "action_id": "a"}]}]},
        text=False,
    ),
    "a style that is not": Called(
        "chat.postMessage",
        POST
        | {
            "blocks": [
                {
                    "type": "actions",
                    "elements": [
                        {
                            "type": "button",
                            "style": "loud",
                            "text": {"type": "plain_text", "text": "A"},
                            "action_id": "a",
                        }
                    ],
                }
            ]
        },
        text=False,
    ),
    "no number in a form": Called("conversations.replies", {"channel": "C1", "ts": "1.2", "limit": "many"}, text=True),
    "a modal without a title": Called(
        "views.open", {"trigger_id": "1", "view": {"type": "modal", "blocks": []}}, text=False
    ),
    "a method that is not": Called("chat.shout", POST, text=False),
}


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    slack, openai, heygen = SlackEmulator(), OpenAIEmulator(), HeyGenEmulator(speed="step")
    for emulator in (slack, openai, heygen):
        await emulator.start()
    slack.install(manifest(url="https://green.example"))
    slack.limits.enabled = False
    stage = Stage(slack, openai, heygen, tmp_path)
    await stage.start(approvers=frozenset({slack.workspace.person("bob").id}), auto_approve_max=Decimal(0))
    yield stage
    await stage.stop()
    for emulator in (heygen, openai, slack):
        await emulator.stop()


async def a_usual_day(stage: Stage) -> None:
    """A request that is changed and approved, a list, refused clicks, a command: what most people do."""
    root = stage.translate("French", "German")
    card = await stage.card(root, "waiting for an approval")
    await stage.change(card, "Spanish (Mexico), Japanese")
    card = await stage.card(root, "waiting for an approval", "Japanese")
    await stage.press(card, "approve_request", "alice")
    await stage.press(card, "approve_request", "bob")
    await stage.finish(2)
    await stage.closing(root, "ready")
    await stage.reply(root)
    await stage.command("jobs")
    leads = stage.ask_with_list(["Sarah,Acme", "John,Globex"])
    await stage.press(await stage.card(leads, "waiting for an approval"), "approve_batch", "bob")
    await stage.finish(3)
    await stage.press(await stage.closing(leads, "Is it good?"), "make_rest")
    await stage.finish(4)
    await stage.wait(lambda: stage.results(leads))


def numbered(lines: list[str]) -> tuple[str, dict[int, str]]:
    """A program, and the lines of it by their numbers."""
    whole = program(lines)
    first = whole.count("\n") - len(lines) + 1
    return whole, {first + place: line for place, line in enumerate(lines)}


async def test_what_the_app_sends_is_of_slacks_types(stage: Stage, figure: Callable[[str], None]) -> None:
    await a_usual_day(stage)
    sent = list(calls(stage.slack.journal.entries))
    assert {one.method for one in sent} >= USUAL
    if folder := os.environ.get("GREENROOM_RECORD"):  # noqa: TID251 - the tests', not the product's
        sent += recorded(Path(folder))
    called = {one.method for one in sent}
    figure(f"{len(sent)} kinds of calls to Slack held against its types; not called: {sorted(set(METHODS) - called)}")

    whole, lines = numbered([one.line(f"call{number}") for number, one in enumerate(sent)])

    assert {text: lines.get(number) for number, text in complaints(whole).items()} == {}


def test_the_manifest_is_of_slacks_type() -> None:
    made = [
        manifest(url="https://green.example"),
        manifest(url="https://green.example", oauth=True),
        manifest(socket=True),
    ]
    for one in made:
        events = one["settings"]["event_subscriptions"]
        events["bot_events"] = sorted(set(events["bot_events"]) - FORGOTTEN)
        scopes = one["oauth_config"]["scopes"]
        scopes["bot"] = sorted(set(scopes["bot"]) - FORGOTTEN_SCOPES)
    lines = [f"export const made{number}: {MANIFEST} = {json.dumps(one)};" for number, one in enumerate(made)]
    assert complaints(program(lines)) == {}


def test_every_event_is_one_of_slacks() -> None:
    names = sorted({name.split(".")[0] for name in SUBSCRIBED_EVENTS})
    lines = [f'export const event{number}: {EVENT} = "{name}";' for number, name in enumerate(names)]
    assert complaints(program(lines)) == {}


def test_the_compiler_finds_mistakes() -> None:
    """A judge that passes everything would make the tests above worthless."""
    wrong = json.dumps({"display_information": {"description": "no name"}})
    lines = [one.line(f"call{number}") for number, one in enumerate(MISTAKES.values())]
    lines += [f"export const made: {MANIFEST} = {wrong};", f'export const event: {EVENT} = "shouted";']
    whole, numbers = numbered(lines)
    assert set(complaints(whole)) == set(numbers)
