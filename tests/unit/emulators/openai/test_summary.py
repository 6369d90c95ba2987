"""Second steps: the sentence after tool outputs repeats what they say and claims no more."""

from __future__ import annotations

import json
from typing import Any

import pytest

from emulators.openai.planner import plan
from emulators.openai.script import Call, Say
from tests.unit.emulators.openai.toolset import TOOLS, call, developer, output, user

Json = dict[str, Any]
SUBMITTED: Json = {"ok": True, "status": "submitted", "jobs": [{"handle": "J7", "language": "French"}]}


def told(*outputs: Json | str, instructions: str = "", facts: str = "") -> str:
    items: list[Json] = [user("please")]
    for number, value in enumerate(outputs):
        text = value if isinstance(value, str) else json.dumps(value)
        items += [call(call_id=f"call_{number}"), output(text, f"call_{number}")]
    [content] = plan(instructions, [*items, developer(facts)], TOOLS)
    assert isinstance(content, Say)
    return content.text


def test_submitted_jobs_are_named_and_not_called_done() -> None:
    text = told(SUBMITTED)
    assert text == "Submitted J7 (French). The results will be posted here."


@pytest.mark.parametrize("where", ["instructions", "facts"])
def test_jobs_are_placeholders_when_the_instructions_use_them(where: str) -> None:
    fields = {where: "Refer to a job by its placeholder, for example {{job:J2}}."}
    assert "{{job:J7}}" in told(SUBMITTED, **fields)


def test_several_jobs_are_listed() -> None:
    text = told({"status": "submitted", "jobs": ["J1", "J2", "J3"]})
    assert text.startswith("Submitted J1, J2 and J3.")


def test_states_are_told_as_they_are() -> None:
    jobs = [{"handle": "J1", "state": "running"}, {"handle": "J2", "state": "succeeded"}]
    assert told({"ok": True, "jobs": jobs}) == "J1 is running; J2 is done."


def test_no_jobs_are_no_news() -> None:
    assert told({"ok": True, "jobs": []}) == "There are no jobs here."


def test_an_error_is_told_with_its_hint_and_options() -> None:
    error = {"code": "unknown_language", "message": "There is no Klingon.", "hint": "Pick another."}
    text = told({"ok": False, "error": error | {"options": ["French", "German"]}})
    assert text == "That did not work: There is no Klingon. Pick another. You can choose: French, German."


def test_an_approval_that_is_needed_is_told() -> None:
    assert "needs an approval" in told({"ok": True, "status": "needs_approval", "job": "J1"})


def test_facts_are_repeated() -> None:
    assert told({"ok": True, "budget": {"left_usd": 12.5, "currency": "USD"}}) == "left usd: 12.5; currency: USD."


def test_lists_are_repeated() -> None:
    assert told({"ok": True, "languages": ["French", "German"]}) == "languages: French, German."


def test_plain_text_is_repeated_without_links() -> None:
    assert told("See https://vendor.example/secret?sig=1 for more") == "See (link) for more"


def test_links_in_facts_are_left_out() -> None:
    assert "vendor.example" not in told({"ok": True, "video": "https://vendor.example/v.mp4"})


def test_several_outputs_become_several_sentences() -> None:
    failed = {"ok": False, "error": {"message": "No."}}
    assert told(SUBMITTED, failed) == f"{told(SUBMITTED)} {told(failed)}"


@pytest.mark.parametrize("value", ["", "[]", "null", "{}", '{"ok": true}', '{"ok": false}', '{"error": null}'])
def test_empty_outputs_are_no_completion(value: str) -> None:
    assert "finished" not in told(value)


@pytest.mark.parametrize("code", ["unknown_tool", "invalid_arguments"])
def test_a_spoilt_first_call_is_made_again_properly(code: str) -> None:
    error = json.dumps({"ok": False, "error": {"code": code, "message": "no"}})
    items = [user("Translate V1 into French"), call("translate_film", arguments="{"), output(error)]
    [content] = plan("", items, TOOLS)
    assert isinstance(content, Call)
    assert content.name == "translate_video"


def test_a_proper_call_that_was_refused_is_not_made_again() -> None:
    items = [user("Translate V1 into French")]
    [made] = plan("", items, TOOLS)
    assert isinstance(made, Call)
    error = json.dumps({"ok": False, "error": {"code": "invalid_arguments", "message": "no"}})
    items += [call(made.name, arguments=json.dumps(made.arguments)), output(error)]
    assert isinstance(plan("", items, TOOLS)[0], Say)
