"""The language model is busy, breaks off, or calls tools in ways it should not."""

from __future__ import annotations

import json

import pytest

from emulators.openai import Call, CutAfter, ErrorEvent, Failed, HttpError, MalformedEvent, RawArguments, Refuse, Say
from tests.scenario.stage import Stage

pytestmark = pytest.mark.full


@pytest.mark.parametrize(
    "accident",
    [
        HttpError(429, headers={"retry-after": "20"}),
        pytest.param(HttpError(500), marks=pytest.mark.full),
        CutAfter(4),
        pytest.param(CutAfter(4, clean=False), marks=pytest.mark.full),
        pytest.param(MalformedEvent(), marks=pytest.mark.full),
        ErrorEvent(),
        pytest.param(Failed(), marks=pytest.mark.full),
    ],
    ids=["429", "500", "cut", "dropped", "broken", "error event", "failed"],
)
async def test_what_passes_is_asked_again_and_answered_once(stage: Stage, accident: HttpError) -> None:
    stage.openai.script([accident])
    root = stage.translate("French")
    assert "Submitted" in await stage.reply(root)
    await stage.probe()
    assert (len(stage.replies(root)), len(stage.charges)) == (1, 1)


async def test_an_answer_that_breaks_off_halfway_is_replaced_by_the_whole(stage: Stage) -> None:
    words = "One sentence after the other, and then one more. " * 40
    stage.openai.pace = 0.005
    stage.openai.script([[Say(words), CutAfter(100)], Say(words)])
    root = stage.ask("hello")
    await stage.wait(lambda: any(m.stream_state == "streaming" and m.text for m in stage.by_app(root)))
    stage.openai.pace = 0.0
    await stage.wait(lambda: [words.strip()] == [m.text for m in stage.replies(root)])
    assert len(stage.openai.calls) == 2


async def test_no_credit_is_said_with_a_reference(stage: Stage) -> None:
    stage.openai.script([HttpError(429, "insufficient_quota")])
    root = stage.translate("French")
    reply = await stage.reply(root)
    assert "has run out of credit" in reply
    assert "(reference turn_" in reply
    assert len(stage.openai.calls) == 1


@pytest.mark.full
async def test_a_model_that_stays_away_is_given_up_with_a_sentence(stage: Stage) -> None:
    stage.openai.script([HttpError(503, headers={"retry-after": "1"})] * 6)
    root = stage.ask("hello")
    assert "has a problem of its own" in await stage.reply(root)
    assert len(stage.openai.calls) == 6


@pytest.mark.full
async def test_after_a_failed_turn_the_thread_goes_on(stage: Stage) -> None:
    stage.openai.script([HttpError(400)])
    root = stage.ask("hello")
    await stage.reply(root)
    stage.say(f"translate {stage.video} into French", root)
    assert "Submitted" in await stage.reply(root, 2)


async def test_malformed_arguments_are_sent_back_and_corrected(stage: Stage) -> None:
    stage.openai.script([RawArguments("translate_video", '{"source": "unfin')])
    root = stage.translate("French")
    assert "Submitted" in await stage.reply(root)
    assert "invalid_arguments" in outputs(stage)[0]
    assert len(stage.charges) == 1


@pytest.mark.full
async def test_an_unknown_tool_is_named_as_such(stage: Stage) -> None:
    stage.openai.script([Call("make_everything_great")])
    root = stage.translate("French")
    await stage.reply(root)
    assert "unknown_tool" in outputs(stage)[0]


async def test_a_refusal_is_shown(stage: Stage) -> None:
    stage.openai.script([Refuse("I can't help with that.")])
    root = stage.ask("do something forbidden")
    assert "I can't help with that." in await stage.reply(root)


async def test_two_calls_at_once_are_both_answered(stage: Stage) -> None:
    stage.openai.script([[Call("list_jobs"), Call("get_budget")]])
    root = stage.ask("what is running, and what is left?")
    await stage.reply(root)
    assert len(outputs(stage)) == 2
    assert '"remaining": "100' in "".join(outputs(stage))


@pytest.mark.full
async def test_two_paid_calls_at_once_are_two_requests(stage: Stage) -> None:
    arguments = {"source": stage.video, "title": None}
    calls = [Call("translate_video", {**arguments, "languages": [name]}) for name in ("French", "German")]
    stage.openai.script([calls])
    root = stage.ask(f"translate {stage.video} twice, into French and into German")
    await stage.finish(2)
    await stage.closing(root, number=2)
    assert len(stage.paid()) == 2


async def test_the_same_failing_call_twice_switches_tools_off(stage: Stage) -> None:
    wrong = Call("translate_video", {"source": stage.video, "languages": ["Klingon"], "title": None})
    stage.openai.script([wrong, wrong, Say("HeyGen has no Klingon.")])
    root = stage.ask("translate it into Klingon")
    assert "HeyGen has no Klingon." in await stage.reply(root)
    assert [call.request["tool_choice"] for call in stage.openai.calls] == ["auto", "auto", "none"]


async def test_a_model_that_says_done_too_early_is_corrected_by_the_state_line(stage: Stage) -> None:
    stage.openai.switches.lie_done = True
    root = stage.translate("French")
    assert (await stage.reply(root)).splitlines()[-1].startswith(("_Running: J1 French", "_Waiting: J1 French"))


@pytest.mark.full
async def test_links_and_pings_that_the_model_invents_do_not_arrive(stage: Stage) -> None:
    stage.openai.switches.invent_link = stage.openai.switches.ping_channel = True
    root = stage.translate("French")
    reply = await stage.reply(root)
    assert "videos.example.com" not in reply
    assert "<!channel>" not in reply


def outputs(stage: Stage) -> list[str]:
    """What tools answered, as the model last saw it."""
    items = stage.openai.calls[-1].request["input"]
    return [json.dumps(json.loads(item["output"])) for item in items if item.get("type") == "function_call_output"]
