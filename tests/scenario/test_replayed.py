"""Conversations are written down and played again by the operator's command line."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.records import TurnState
from bot import operations
from bot.__main__ import _parser
from bot.store.overview import Filter, Kind
from emulators.openai import HttpError
from tests.scenario.stage import SECRET_KEY, Stage
from tests.support.logs import fresh_logs


@pytest.fixture(autouse=True)
def _own_logs() -> Iterator[None]:
    with fresh_logs():
        yield


async def replay(stage: Stage, *arguments: str) -> int:
    """What `python -m bot replay …` does beside the app that serves."""
    options = _parser().parse_args(["replay", *arguments])
    return await operations.run(options, stage._settings(), stage.clock)


async def conversation(stage: Stage, root: str) -> str:
    """The id of the conversation in a thread."""
    assert stage.app is not None
    workspace = stage.slack.workspace
    found = await stage.app.store.lanes.find(workspace.team_id, workspace.place("videos").id, root)
    assert found is not None
    return found.id


@pytest.mark.timeout(60)  # each command builds all tools
async def test_a_conversation_is_played_as_it_was_and_other_code_is_told(
    stage: Stage, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    secret = f"{stage.video}?signature=s3cr3t"
    root = stage.ask(f"Translate {secret} into French and German, mail jane.doe@acme.example")
    await stage.card(root)
    await stage.reply(root)
    stage.openai.script([HttpError(429, "insufficient_quota")])
    stage.say("And into Italian", root)
    await stage.reply(root, 2)
    await stage.finish(2)
    await stage.closing(root, "ready.")
    await stage.probe()
    place = await conversation(stage, root)

    assert await replay(stage, "check") == 0  # with all words, which it keeps to itself
    shown = capsys.readouterr().out
    assert shown.startswith(f"{place}, ") or f"\n{place}, " in shown
    assert "tools: translate_video → deferred" in shown
    assert "end: failed, quota, with a reply" in shown
    assert_harmless(shown, stage)

    for words in ([], ["--with-text"]):
        assert await replay(stage, "export", place, *words) == 0
        text = capsys.readouterr().out
        assert_harmless(text, stage)
        assert ("into French" in text) is bool(words)
        file = tmp_path / "journal.json"
        file.write_text(text, encoding="utf-8")
        assert await replay(stage, "run", str(file)) == 0
        assert "the same" in capsys.readouterr().out

    journal = json.loads(text)
    assert [turn["state"] for turn in journal["turns"]] == [TurnState.DONE, TurnState.FAILED]
    assert await altered(stage, journal) == 1
    report = json.loads(capsys.readouterr().out)
    difference = report[0]["turns"][0]["differences"][0]
    assert (difference["then"], difference["now"]) == (
        "tools: make_it_french → deferred",
        "tools: make_it_french → failed unknown_tool",
    )


async def altered(stage: Stage, journal: dict[str, Any]) -> int:
    """Plays a journal of a version whose tool for translations was called otherwise; from standard input."""
    renamed = json.dumps(journal).replace('"name": "translate_video"', '"name": "make_it_french"')
    before, sys.stdin = sys.stdin, io.StringIO(renamed)
    try:
        return await replay(stage, "run", "-", "--json")
    finally:
        sys.stdin = before


def assert_harmless(text: str, stage: Stage) -> None:
    """Nothing that opens anything, and nobody's address or id."""
    secrets = ("s3cr3t", "jane.doe", stage.slack.bot_token, stage.openai.api_key, SECRET_KEY, "/v/")
    people = (stage.user(), stage.slack.bot_user, stage.slack.workspace.team_id)
    assert [one for one in (*secrets, *people) if one in text] == []


async def test_who_asks_for_what_is_not_there_is_told(
    stage: Stage, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (deep := tmp_path / "deep.json").write_text("[" * 200_000)
    assert await replay(stage, "run", str(deep)) == 1
    assert "deep.json cannot be read" in capsys.readouterr().err
    assert await replay(stage, "export", "conversation_nowhere") == 1
    assert await replay(stage, "run", "nowhere.json") == 1
    assert "no conversation 'conversation_nowhere'" in (said := capsys.readouterr().err)
    assert "nowhere.json cannot be read" in said
    assert stage.app is not None
    assert await stage.app.store.overview.list(Kind.TURN, Filter()) == []
