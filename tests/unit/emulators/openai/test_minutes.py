"""The planner sums up numbered lines when it is asked to, and only then."""

from __future__ import annotations

import pytest

from emulators.openai.minutes import STATEMENTS, WORDS, minutes
from emulators.openai.planner import plan
from emulators.openai.script import Say

ASKED = "You sum up a conversation for people who were not there. Its lines are numbered."
TALK = "[1] Avatar: Hello!\n[2] Visitor: My intro has no sound.\n[3] Avatar (interrupted): Let me\n[4] Note: muted"


def user(text: str) -> dict[str, object]:
    return {"role": "user", "content": text}


def test_each_statement_names_its_line() -> None:
    assert minutes(ASKED, [user(TALK)]) == (
        "- The avatar said: Hello [1]\n- The visitor said: My intro has no sound [2]\n- The avatar said: Let me [3]"
    )


def test_it_is_short() -> None:
    long = "\n".join(f"[{number}] Visitor: {'word ' * 40}" for number in range(1, 20))
    summary = minutes(ASKED, [user(long)]) or ""
    assert len(summary.splitlines()) == STATEMENTS
    assert all(len(line.split()) < WORDS + 8 for line in summary.splitlines())


@pytest.mark.parametrize(
    ("instructions", "text"), [("You help.", TALK), (ASKED, "translate my video"), (ASKED, "[a] Visitor: hi")]
)
def test_anything_else_is_no_summary(instructions: str, text: str) -> None:
    assert minutes(instructions, [user(text)]) is None


def test_the_planner_does_it_where_it_has_no_tools() -> None:
    (answer,) = plan(ASKED, [user(TALK)], [])
    assert isinstance(answer, Say)
    assert "[2]" in answer.text
    tool = {"name": "list_jobs", "parameters": {"type": "object", "properties": {}}}
    assert "[2]" not in str(plan(ASKED, [user(TALK)], [tool]))
