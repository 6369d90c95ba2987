"""What the log says about a translation: who it was about, each time, and never what was said or what opens doors."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from agent.records import Json
from bot import observability
from emulators.openai import HttpError
from tests.scenario.stage import SECRET_KEY, TRANSLATIONS, WEBHOOK_SECRET, Stage
from tests.support.logs import fresh_logs

pytestmark = pytest.mark.full

TOPIC = "the quarterly numbers of Project Nightingale"
SIGNATURE = "X-Amz-Signature=opensesame"
IDS = {
    "turn_begun": {"turn", "conversation", "row"},
    "model_answered": {"turn", "conversation", "row", "request_id"},
    "turn_finished": {"turn", "conversation", "row"},
    "submission_sent": {"submission", "turn", "conversation"},
    "model_failed": {"turn", "conversation", "row", "request_id"},
    "turn_parked": {"turn", "conversation", "row"},
    "submission_failed": {"submission", "turn", "conversation", "request_id"},
    "job_changed": {"job", "submission", "conversation"},
    "delivery_posted": {"delivery", "kind", "subject", "conversation"},
    "delivery_failed": {"delivery", "kind", "conversation", "request_id"},
}


@pytest.fixture(autouse=True)
def _everything() -> Iterator[None]:
    """The most that a process ever logs, as a machine reads it."""
    with fresh_logs():
        yield


@dataclass(frozen=True)
class Log:
    """What was written while a translation went its way, and what must not be in it."""

    text: str
    secrets: list[str]

    def lines(self) -> list[Json]:
        """Each line, parsed."""
        return [json.loads(line) for line in self.text.splitlines()]


_kept: list[Log] = []  # one translation is enough for all that is asked of it here


@pytest.fixture
async def output(stage: Stage, capfd: pytest.CaptureFixture[str]) -> Log:
    """All lines of a translation with some trouble."""
    if not _kept:
        observability.configure("debug", json_lines=True)
        await translated(stage)
        slack, openai = stage.slack, stage.openai
        keys = [slack.bot_token, slack.signing_secret, openai.api_key, "hg-key-1", WEBHOOK_SECRET, SECRET_KEY]
        _kept.append(Log(capfd.readouterr().err, keys))
    return _kept[0]


async def translated(stage: Stage) -> None:
    """A video behind a signed link is translated; the model, HeyGen and Slack fail once each."""
    stage.openai.script([HttpError(500)])
    stage.heygen.fail("before", TRANSLATIONS, method="POST", status=500)
    stage.slack.fail("before", "/api/chat.postMessage", status=500)
    root = stage.ask(f"Translate {stage.video}?{SIGNATURE} about {TOPIC} into German and French")
    await stage.finish(2)
    await stage.closing(root)
    await stage.stop()


async def test_every_line_names_what_it_is_about(output: Log) -> None:
    assert [line for line in output.lines() if not IDS.get(line["event"], set()) <= line.keys()] == []
    assert IDS.keys() - {line["event"] for line in output.lines()} == set()


async def test_no_line_holds_what_was_said(output: Log) -> None:
    said = ("Nightingale", "quarterly", "launch.mp4", "German", "opensesame", "Submitted")
    assert [word for word in said if word in output.text] == []


async def test_no_line_holds_what_opens_doors(output: Log) -> None:
    assert all(output.secrets)
    assert [secret for secret in output.secrets if secret in output.text] == []


async def test_no_line_holds_the_query_of_a_link(output: Log) -> None:
    assert re.findall(r"https?://[^\s\"]*\?[^\s\"*]+", output.text) == []


async def test_a_turn_can_be_followed_by_its_id(output: Log) -> None:
    (turn,) = {line["turn"] for line in output.lines() if line["event"] == "turn_begun"}
    story = [line["event"] for line in output.lines() if turn in line.values()]
    assert (story[0], story.count("model_answered"), story.count("turn_finished")) == ("turn_begun", 2, 1)
    assert story.index("submission_failed") < story.index("submission_sent")
    assert "delivery_posted" in story
