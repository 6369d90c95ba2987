"""Speech: what is asked of HeyGen, that its answer is kept, and that a lost one is never asked for again."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import httpx2
import pytest

from agent.jobs import reading
from agent.records import JobKind, JobState, SubmissionState
from agent.submitter import UNHEARD, Submitter
from agent.tool_calls import Deferred, Failed, Outcome, TryAgain
from agent.work import Works
from tests.support.agent_desk import Desk
from tests.support.agent_heygen import SmallHeyGen, refusal
from tests.support.clock import ManualClock

SPEECH = "/v3/voices/speech"
WORDS = "Welcome to our studio"


async def say(desk: Desk, call_id: str = "call_1", said: str = f'say "{WORDS}"', **arguments: Any) -> Outcome:
    return await desk.ask("make_voiceover", call_id, said=said, **{"script": WORDS, **arguments})


async def test_the_answer_is_kept_with_the_request(desk: Desk, works: Works, heygen: SmallHeyGen) -> None:
    assert isinstance(await say(desk), Deferred)
    (submission,) = desk.jobs.submissions.values()
    assert submission.arguments == {"script": WORDS, "voice_id": "voice-1", "voice": "Emma"}
    assert submission.provider_ids == (submission.id, "https://files.example/s-1.mp3", "2.5")
    (request,) = heygen.sent("POST", SPEECH)
    assert json.loads(request.content) == {"text": WORDS, "voice_id": "voice-1"}
    heygen.requests.clear()
    sound = await works[JobKind.SPEECH].read(heygen.client(), submission.id)
    assert not heygen.requests
    assert (sound.video_url, sound.duration) == ("https://files.example/s-1.mp3", 2.5)
    assert reading(sound, now=1.0, next_look=1.0).state is JobState.SUCCEEDED


async def test_only_voices_that_speak_alone_are_asked_for(desk: Desk, heygen: SmallHeyGen) -> None:
    await say(desk, voice="oliver")
    asked = [one.url.params.get("engine") for one in heygen.sent("GET", "/v3/voices")]
    assert asked.count("starfish") == 2
    (submission,) = desk.jobs.submissions.values()
    assert submission.arguments["voice_id"] == "voice-2"
    unknown = await say(desk, "call_2", voice="Nobody")
    assert isinstance(unknown, TryAgain)
    assert unknown.code == "unknown_voice"


@pytest.mark.parametrize(
    "outcome",
    [
        httpx2.ReadTimeout,
        httpx2.RemoteProtocolError,
        refusal(500),
        refusal(409, "request_in_progress"),
        httpx2.Response(200, text="<html>"),
        httpx2.Response(200, json={"data": {"duration": 2.5}}),
        httpx2.Response(200, json={"data": {"audio_url": "ftp://files.example/s-1.mp3"}}),
        httpx2.Response(200, json={"data": {"audio_url": "https://files.example/" + "s" * 9_000}}),
    ],
)
async def test_an_answer_that_nobody_understood_is_unknown(
    desk: Desk,
    heygen: SmallHeyGen,
    submitter: Submitter,
    clock: ManualClock,
    outcome: httpx2.Response | type[httpx2.TransportError],
) -> None:
    heygen.fail(SPEECH, outcome)
    told = await say(desk)
    assert isinstance(told, Failed)
    assert (told.code, told.message) == ("unknown", UNHEARD)
    clock.advance(7_200.0)
    assert await submitter.run_due() == 0
    assert len(heygen.sent("POST", SPEECH)) == 1
    assert [job.state for job in desk.jobs.jobs.values()] == [JobState.UNKNOWN]


async def test_a_process_that_died_before_the_answer_was_written_down_leaves_it_unknown(
    desk: Desk, heygen: SmallHeyGen, submitter: Submitter, clock: ManualClock
) -> None:
    await say(desk, said="please", script=WORDS)  # waits for a click
    (submission,) = desk.jobs.submissions.values()
    left = dataclasses.replace(submission, state=SubmissionState.SENDING, attempts=1, sent_at=clock.now())
    desk.jobs.submissions[submission.id] = left
    assert (await submitter.settle(submission.id)).state is SubmissionState.UNKNOWN
    assert not heygen.sent("POST", SPEECH)


async def test_a_refusal_at_the_door_is_no_doubt(desk: Desk, heygen: SmallHeyGen) -> None:
    heygen.fail(SPEECH, refusal(429, "rate_limit_exceeded"))
    assert isinstance(await say(desk), Deferred)
    (submission,) = desk.jobs.submissions.values()
    assert submission.state is SubmissionState.INTENDED


async def test_words_that_a_model_wrote_need_a_click(desk: Desk) -> None:
    assert desk.needs(await say(desk, said="say something nice")) == "not_asked"


async def test_nothing_to_say_is_nothing_to_pay_for(desk: Desk) -> None:
    told = await say(desk, script=" … ")
    assert isinstance(told, TryAgain)
    assert not desk.jobs.submissions


async def test_the_same_words_in_another_voice_are_another_request(works: Works) -> None:
    speech = works[JobKind.SPEECH]
    one = {"script": WORDS, "voice_id": "voice-1"}
    assert speech.same(one, dict(one))
    assert not speech.same(one, {**one, "voice_id": "voice-2"})
    assert not speech.same({}, {})
