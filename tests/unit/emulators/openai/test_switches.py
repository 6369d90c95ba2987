"""Misbehaviour: each switch does its one wrong thing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from emulators.openai import OpenAIEmulator, Say, Switches
from emulators.openai.planner import plan
from emulators.openai.script import Content
from tests.unit.emulators.openai.conftest import Ask
from tests.unit.emulators.openai.toolset import TOOLS, call, output, user

TRANSLATE = "Translate V1 into French"
SUBMITTED = json.dumps({"ok": True, "status": "submitted", "jobs": ["J7"]})
ASKED = [user(TRANSLATE)]
ANSWERED = [user(TRANSLATE), call("translate_video"), output(SUBMITTED)]


def planned(items: list[Any], **switches: Any) -> Content:
    [content] = plan("", items, TOOLS, switches=Switches(**switches))
    return content


def said(**switches: Any) -> str:
    content = planned(ANSWERED, **switches)
    assert isinstance(content, Say)
    return content.text


def test_lie_done_claims_a_submitted_job_is_finished() -> None:
    assert "J7 is finished" in said(lie_done=True)


def test_without_the_lie_nothing_is_finished() -> None:
    assert "finished" not in said()


def test_invent_link_adds_a_link_no_tool_gave() -> None:
    assert "https://videos.example.com/" in said(invent_link=True)


def test_invent_id_adds_a_job_no_tool_gave() -> None:
    assert "J99" in said(invent_id=True)


def test_wrong_language_answers_in_another_one() -> None:
    assert said(wrong_language=True) == "承知しました。"


def test_ping_channel_splits_the_ping_over_two_chunks() -> None:
    content = planned(ANSWERED, ping_channel=True)
    assert isinstance(content, Say)
    assert "<!channel>" in "".join(content.chunks)
    assert not any("<!channel>" in chunk for chunk in content.chunks)


def test_unknown_tool_calls_what_is_not_offered() -> None:
    content = planned(ASKED, unknown_tool=True)
    assert getattr(content, "name", None) == "make_everything_great"


def test_bad_json_sends_arguments_that_do_not_parse() -> None:
    with pytest.raises(json.JSONDecodeError):
        json.loads(getattr(planned(ASKED, bad_json=True), "arguments", "{}"))


@pytest.mark.parametrize("switch", ["unknown_tool", "bad_json"])
def test_spoilt_calls_are_repaired_in_the_next_step(switch: str) -> None:
    error = json.dumps({"ok": False, "error": {"code": "invalid_arguments", "message": "no"}})
    content = planned([*ASKED, call("x", arguments="{"), output(error)], **{switch: True})
    assert getattr(content, "name", None) == "translate_video"


async def test_split_chunks_sets_the_size_of_deltas(emulator: OpenAIEmulator, ask: Ask) -> None:
    emulator.switches.split_chunks = 3
    events = [event async for event in await ask("hello", stream=True)]
    deltas = [event.delta for event in events if event.type == "response.output_text.delta"]
    assert {len(delta) for delta in deltas[:-1]} == {3}


async def test_scripted_answers_are_not_spoilt(emulator: OpenAIEmulator, ask: Ask) -> None:
    emulator.switches.invent_link = True
    emulator.script([Say("plain")])
    assert (await ask()).output_text == "plain"
