"""The liar: final answers are lies, in the place and the pieces a test chooses, and the journal says so."""

from __future__ import annotations

import json
from typing import Any

import pytest

from emulators.openai import LIES, Liar, OpenAIEmulator, Say
from emulators.openai.planner import plan
from emulators.openai.switches import Switches
from tests.unit.emulators.openai.conftest import Ask
from tests.unit.emulators.openai.toolset import TOOLS, call, developer, output, user

SUBMITTED = json.dumps({"ok": True, "status": "submitted", "jobs": ["J7"]})
ANSWERED = [user("Translate V1 into French"), call("translate_video"), output(SUBMITTED)]
TRUTH = "Submitted J7. The results will be posted here."


def said(liar: Liar, items: list[Any] = ANSWERED) -> str:
    [content] = plan("", items, TOOLS, switches=Switches(liar=liar))
    assert isinstance(content, Say)
    return content.text


@pytest.mark.parametrize(
    ("place", "text"),
    [("instead", "It is done."), ("before", f"It is done. {TRUTH}"), ("after", f"{TRUTH} It is done.")],
)
def test_a_lie_has_its_place(place: Any, text: str) -> None:
    assert said(Liar(["It is done."], place)) == text


def test_lies_are_told_in_turn() -> None:
    liar = Liar(["one", "two"])
    assert [said(liar) for _ in range(3)] == ["one", "two", "one"]
    assert liar.told == 3


def test_a_lie_is_about_a_job_of_the_conversation() -> None:
    facts = developer('{"jobs": [{"handle": "J3", "state": "running"}]}')
    assert said(Liar(["{job} is done"])) == "J7 is done"
    assert said(Liar(["{job} is done"]), [user("hello"), facts]) == "J3 is done"
    assert said(Liar(["{job} is done"]), [user("hello")]) == "J99 is done"


def test_placeholders_of_the_application_are_used_for_jobs() -> None:
    facts = developer("Refer to a job by its placeholder, for example {{job:J2}}.")
    assert said(Liar(["{job} is done"]), [*ANSWERED, facts]) == "{{job:J7}} is done"


def test_calls_are_no_answers() -> None:
    liar = Liar(["It is done."])
    contents = plan("", [user("Translate V1 into French")], TOOLS, switches=Switches(liar=liar))
    assert not any(isinstance(content, Say) for content in contents)
    assert liar.told == 0


def test_the_built_in_lies_are_many_and_in_many_scripts() -> None:
    assert len(set(LIES)) == len(LIES) >= 20
    for letters in ("abc", "éñç", "бгд", "がすて", "完成", "업영", "فيد", "हैं", "ว"):
        assert any(letter in lie for lie in LIES for letter in letters)


@pytest.mark.parametrize("size", [1, 5])
async def test_lies_are_streamed_in_pieces_of_the_size_chosen(emulator: OpenAIEmulator, ask: Ask, size: int) -> None:
    emulator.switches.liar = Liar(["J7 is done: 完了 🎉"], chunk=size)
    events = [event async for event in await ask("hello", stream=True)]
    deltas = [event.delta for event in events if event.type == "response.output_text.delta"]
    assert "".join(deltas) == "J7 is done: 完了 🎉"
    assert {len(delta) for delta in deltas[:-1]} == {size}


async def test_the_journal_says_that_it_lied(emulator: OpenAIEmulator, ask: Ask) -> None:
    emulator.switches.liar = Liar(["It is done."], "before")
    for _ in range(2):
        await ask("hello")
    assert [call.misdeeds for call in emulator.calls] == [
        ("liar: told lie 1, before the truth",),
        ("liar: told lie 2, before the truth",),
    ]
    assert json.loads(json.dumps(emulator.snapshot()))["switches"]["liar"]["told"] == 2


async def test_starting_over_ends_the_lying(emulator: OpenAIEmulator, ask: Ask) -> None:
    emulator.switches.liar = Liar(["It is done."])
    emulator.reset()
    assert (await ask("hello")).output_text.startswith("Hello!")


@pytest.mark.parametrize("switch", ["invent_link", "invent_id", "ping_channel", "wrong_language"])
async def test_every_other_misdeed_is_in_the_journal_too(emulator: OpenAIEmulator, ask: Ask, switch: str) -> None:
    setattr(emulator.switches, switch, True)
    await ask("hello")
    assert emulator.calls[0].misdeeds == (switch,)


@pytest.mark.parametrize("switch", ["unknown_tool", "bad_json"])
async def test_spoilt_calls_are_in_the_journal(emulator: OpenAIEmulator, ask: Ask, switch: str) -> None:
    setattr(emulator.switches, switch, True)
    await ask("Translate V1 into French", tools=TOOLS)
    assert emulator.calls[0].misdeeds == (switch,)
