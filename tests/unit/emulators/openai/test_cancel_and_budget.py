"""What the planner makes of "cancel …", "stop …" and questions about money, and how it tells what came of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from emulators.openai.planner import plan
from emulators.openai.script import Call, Say
from tests.unit.emulators.openai.toolset import STRING, TOOLS, array, call, developer, nullable, output, tool, user

Json = dict[str, Any]
CANCEL = tool("cancel_jobs", jobs=nullable(array(STRING)))
OFFERED = [*TOOLS, CANCEL]
FACTS = developer(
    'Facts of this moment (from the runtime):\n{"jobs_in_this_thread": [{"handle": "J1", "name": "French (France)", '
    '"state": "running"}, {"handle": "J2", "name": "German (Germany)", "state": "running"}]}'
)


def planned(text: str, tools: list[Json] = OFFERED) -> Any:
    [content] = plan("", [FACTS, user(text)], tools)
    return content


@pytest.mark.parametrize(
    ("text", "jobs"),
    [
        ("cancel J2", ["J2"]),
        ("please cancel j1 and J2", ["J1", "J2"]),
        ("stop J1, please", ["J1"]),
        ("Cancel the German translation", ["J2"]),
        ("stop the French video", ["J1"]),
        ("cancel", None),
        ("cancel it", None),
        ("cancel everything!", None),
        ("stop all the translations", None),
        ("Stop that", None),
        ("annule tout", None),
        ("Bitte brich alles ab", None),
        ("キャンセルしてください", None),
    ],
)
def test_cancelling_is_understood(text: str, jobs: list[str] | None) -> None:
    assert planned(text) == Call("cancel_jobs", {"jobs": jobs})


@pytest.mark.parametrize("text", ["cancel the second one", "cancel the other one", "cancel the Thai translation"])
def test_what_is_not_clear_is_asked_before_anything_is_cancelled(text: str) -> None:
    assert "Which job" in planned(text).text


@pytest.mark.parametrize("text", ["stop the live session", "please stop replying", "don't stop me now"])
def test_not_every_stop_cancels(text: str) -> None:
    assert getattr(planned(text), "name", None) != "cancel_jobs"


def test_cancelling_goes_with_other_wishes() -> None:
    contents = plan("", [FACTS, user("Translate V1 into Thai and stop J1")], OFFERED)
    assert [getattr(one, "name", None) for one in contents] == ["translate_video", "cancel_jobs"]


def test_an_older_tool_for_one_job_still_serves() -> None:
    assert planned("cancel J2", TOOLS) == Call("cancel_job", {"job": "J2"})


def test_without_a_tool_nothing_is_claimed_to_be_cancelled() -> None:
    assert planned("cancel J2", []).text.startswith("I cannot do that here")


@pytest.mark.parametrize(
    "text",
    [
        "what's left?",
        "What is left of our budget",
        "how much do we have left",
        "how much can we still spend",
        "how much money is left this month",
    ],
)
def test_questions_about_money_are_understood(text: str) -> None:
    assert planned(text) == Call("get_budget", {})


def told(text: str, name: str, answer: Json) -> str:
    [content] = plan("", [user(text), call(name), output(json.dumps({"ok": True, **answer}))], OFFERED)
    assert isinstance(content, Say)
    return content.text


def test_a_tools_own_sentence_is_repeated() -> None:
    answer = {"say": "J1 was taken back, J2 is billed.", "cancelled_unbilled": ["J1"], "still_billed": ["J2"]}
    assert told("cancel everything", "cancel_jobs", answer) == "J1 was taken back, J2 is billed."


def test_an_account_and_what_was_spent_are_told() -> None:
    answer = {
        "heygen_account": {"unit": "usd", "remaining": "97.53", "billing": "wallet"},
        "spending": [{"of": "person", "this": "day", "spent": "2.47", "cap": None}],
    }
    assert told("what's left?", "get_budget", answer) == "There is 97.53 usd left. of: person; this: day; spent: 2.47."
