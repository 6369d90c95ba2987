"""Lip-syncs: what is asked of HeyGen, what they may cost, and when the person has asked for just that."""

from __future__ import annotations

import json
from typing import Any

import pytest

from agent.errors import SourceRefused
from agent.records import JobKind, JobState
from agent.submitter import QUOTE_FRESH_SECONDS, Submitter
from agent.tool_calls import Deferred, Failed, NeedsApproval, Outcome, TryAgain
from agent.work import Works
from tests.support.agent_desk import VIDEO, Desk
from tests.support.agent_fakes import FakeProbe
from tests.support.agent_heygen import SmallHeyGen, refusal
from tests.support.clock import ManualClock

VOICE = "https://example.com/voice.mp3"
SAID = f"Lip-sync {VIDEO} with {VOICE}"
LIPSYNCS = "/v3/lipsyncs"


async def lipsync(desk: Desk, call_id: str = "call_1", said: str = SAID, **arguments: Any) -> Outcome:
    given = {"video": VIDEO, "audio": VOICE, **arguments}
    return await desk.ask("lipsync_video", call_id, said=said, **given)


def body(heygen: SmallHeyGen, path: str = LIPSYNCS) -> dict[str, Any]:
    (request,) = heygen.sent("POST", path)
    sent: dict[str, Any] = json.loads(request.content)
    return sent


async def test_both_sources_go_to_heygen_under_one_key(desk: Desk, heygen: SmallHeyGen) -> None:
    assert isinstance(await lipsync(desk), Deferred)
    assert body(heygen)["video"] == {"type": "url", "url": VIDEO}
    assert body(heygen)["audio"] == {"type": "url", "url": VOICE}
    assert body(heygen)["mode"] == "speed"
    assert heygen.sent("POST", LIPSYNCS)[0].headers["idempotency-key"] == "gr-call_1"
    (job,) = desk.jobs.jobs.values()
    assert (job.kind, job.label) == (JobKind.LIPSYNC, "intro.mp4 with voice.mp3")


@pytest.mark.parametrize(
    ("video", "sound", "cost"),
    [
        (60.0, 30.0, (1_500_000, 3_000_000)),
        (30.0, 60.0, (1_500_000, 3_000_000)),
        (60.0, 60.0, (3_000_000, 3_000_000)),
        (60.0, None, (500_000, 30_000_000)),
        (None, 60.0, (500_000, 90_000_000)),
    ],
)
async def test_a_quote_covers_the_longer_of_both(
    works: Works, probe: FakeProbe, video: float | None, sound: float | None, cost: tuple[int, int]
) -> None:
    probe.duration, probe.sound = video, sound
    quote = await works[JobKind.LIPSYNC].quote({"video_url": VIDEO, "audio_url": VOICE})
    assert (quote.low, quote.high, quote.rate) == (*cost, 50_000)


async def test_the_best_fit_costs_twice_as_much(desk: Desk, heygen: SmallHeyGen) -> None:
    await lipsync(desk, precise=True)
    (submission,) = desk.jobs.submissions.values()
    assert (body(heygen)["mode"], submission.quote_rate) == ("precision", 100_000)


async def test_a_recording_that_has_become_longer_asks_again(
    desk: Desk, probe: FakeProbe, submitter: Submitter, clock: ManualClock, heygen: SmallHeyGen
) -> None:
    heygen.fail(LIPSYNCS, refusal(429, "rate_limit_exceeded"))
    await lipsync(desk)
    probe.sound = 90.0
    clock.advance(QUOTE_FRESH_SECONDS + 30.0)
    await submitter.run_due()
    (submission,) = desk.jobs.submissions.values()
    assert submission.state.value == "waiting_approval"


async def test_an_avatar_with_a_recording_is_a_video(desk: Desk, heygen: SmallHeyGen) -> None:
    """R33, R34: HeyGen's lip-sync takes no avatar."""
    said = f"A lipsync job using avatar Ben on stage and the voiceover {VOICE}"
    outcome = await lipsync(desk, said=said, video=None, avatar="Ben on stage")
    assert isinstance(outcome, Deferred)
    assert outcome.data["jobs"] == [{"handle": "J1", "name": "Ben on stage with voice.mp3"}]
    sent = body(heygen, "/v3/videos")
    assert (sent["avatar_id"], sent["audio_url"]) == ("look-2", VOICE)
    assert not {"script", "voice_id"} & set(sent)
    (submission,) = desk.jobs.submissions.values()
    assert (submission.quote_low, submission.quote_high) == (3_000_000, 3_000_000)


@pytest.mark.parametrize(("video", "avatar", "code"), [(None, None, "no_face"), (VIDEO, "Ben on stage", "two_faces")])
async def test_somebody_has_to_speak(desk: Desk, video: str | None, avatar: str | None, code: str) -> None:
    outcome = await lipsync(desk, video=video, avatar=avatar)
    assert isinstance(outcome, TryAgain)
    assert outcome.code == code
    assert not desk.jobs.submissions


async def test_what_the_person_did_not_give_needs_a_click(desk: Desk) -> None:
    assert isinstance(await lipsync(desk, said=f"Lip-sync {VIDEO} with whatever fits"), NeedsApproval)


async def test_a_command_is_somebodys_own_word(desk: Desk) -> None:
    outcome = await desk.by_command("lipsync_video", video=VIDEO, audio=VOICE)
    assert isinstance(outcome, Deferred)


async def test_the_same_again_while_it_is_made_pays_nothing(desk: Desk) -> None:
    await lipsync(desk)
    outcome = await lipsync(desk, "call_2")
    assert isinstance(outcome, TryAgain)
    assert outcome.code == "under_way"


async def test_what_cannot_be_used_is_told_before_anything_is_written(desk: Desk, probe: FakeProbe) -> None:
    probe.refused[VOICE] = SourceRefused("not_a_recording", "That is no recording.")
    with pytest.raises(SourceRefused):
        await lipsync(desk)
    assert not desk.jobs.submissions


async def test_a_finished_job_is_read_when_it_leaves(desk: Desk, heygen: SmallHeyGen) -> None:
    await lipsync(desk)
    heygen.videos["v-1"] |= {"status": "completed", "video_url": "https://files.example/fresh.mp4"}
    desk.change_job("job1", state=JobState.SUCCEEDED, duration=12.0, provider_id="v-1")
    outcome = await lipsync(desk, "call_2", said=f"Lip-sync J1 with {VOICE}", video="J1")
    assert isinstance(outcome, Deferred)
    sent = json.loads(heygen.sent("POST", LIPSYNCS)[-1].content)
    assert sent["video"] == {"type": "url", "url": "https://files.example/fresh.mp4"}
    newest = [*desk.jobs.submissions.values()][-1]
    assert newest.arguments["video_handle"] == "J1"
    assert "files.example" not in json.dumps(newest.arguments)


@pytest.mark.parametrize("source", ["J1", "J9", "V7"])
async def test_what_is_not_there_cannot_be_used(desk: Desk, source: str) -> None:
    await lipsync(desk)  # J1 is not ready
    assert isinstance(await lipsync(desk, "call_2", video=source), TryAgain | Failed)


def test_two_requests_are_the_same_by_what_they_are_made_from(works: Works) -> None:
    work = works[JobKind.LIPSYNC]
    asked = {"video_url": VIDEO, "audio_job": "job1", "mode": "speed"}
    assert work.same(asked, {**asked, "mode": "precision"})
    for other in ({"video_url": "x"}, {"audio_job": "job2"}, {"audio_url": VOICE}):
        assert not work.same(asked, asked | other)
    assert not work.same({}, {})


async def test_an_attached_file_is_uploaded_first(desk: Desk, heygen: SmallHeyGen) -> None:
    await desk.turns.name_source("C1", "F", "F0FILE")
    outcome = await lipsync(desk, said="Lip-sync F1 with " + VOICE, video="F1")
    assert isinstance(outcome, Deferred)
    (submission,) = desk.jobs.submissions.values()
    asked = submission.arguments
    assert (asked["video_asset_id"], asked["video_handle"], asked["video_seconds"]) == ("p-F0FILE", "F1", 42.0)
    assert body(heygen)["video"] == {"type": "asset_id", "asset_id": "p-F0FILE"}
    assert submission.quote_high == 42 * 50_000


async def test_a_video_that_was_attached_is_no_recording(desk: Desk) -> None:
    await desk.turns.name_source("C1", "F", "F0FILE")
    outcome = await lipsync(desk, said=f"Lip-sync {VIDEO} with F1", audio="F1")
    assert isinstance(outcome, Failed)
    assert outcome.code == "wrong_type"
