"""Translations that are checked first: what subtitles may cost, how they go on, and what is put there before."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

from agent.errors import SourceRefused
from agent.money import MICRO, Prices, Reason
from agent.records import JobKind, JobState
from agent.tool_calls import Deferred, Failed, NeedsApproval, Outcome, TryAgain
from agent.work import Works, only
from tests.support.agent_desk import VIDEO, Desk
from tests.support.agent_fakes import FakeProbe
from tests.support.agent_heygen import SmallHeyGen

PROOFREADS = "/v3/video-translations/proofreads"
SAID = f"translate {VIDEO} into French, let me check the subtitles"


async def proofread(desk: Desk, *languages: str) -> Outcome:
    """Subtitles that are ready, as J1."""
    outcome = await desk.translate(*(languages or ("French",)), said=SAID, proofread=True)
    for job_id in [*desk.jobs.jobs]:
        desk.change_job(job_id, state=JobState.SUCCEEDED, provider_id=f"p-{job_id}")
    return outcome


async def finish(desk: Desk, said: str = "finish J1", call_id: str = "call_2", **arguments: Any) -> Outcome:
    given = {"job": "J1", "file": None, **arguments}
    return await desk.ask("finish_proofread", call_id, said=said, **given)


async def test_a_price_that_nobody_publishes_needs_a_click(desk: Desk) -> None:
    assert isinstance(await proofread(desk), NeedsApproval)
    (submission,) = desk.jobs.submissions.values()
    assert (submission.kind, submission.needs) == (JobKind.PROOFREAD, Reason.GUESSED)
    assert submission.arguments["languages"] == ["French (France)"]


def test_a_price_of_the_installation_is_no_guess() -> None:
    assert Prices().by_second("proofread", 1, 10.0).guessed
    assert not Prices({"proofread": 20_000}).by_second("proofread", 1, 10.0).guessed
    assert not Prices().by_second("translation.speed", 1, None).guessed


async def test_the_video_costs_what_a_translation_costs(desk: Desk, heygen: SmallHeyGen) -> None:
    await proofread(desk)
    assert isinstance(await finish(desk), Deferred)
    newest = [*desk.jobs.submissions.values()][-1]
    assert (newest.kind, newest.quote_high) == (JobKind.PROOFREAD_VIDEO, 60 * 50_000)
    assert not heygen.sent("PUT", f"{PROOFREADS}/.*")
    (request,) = heygen.sent("POST", f"{PROOFREADS}/p-job1/generate")
    assert request.headers["idempotency-key"] == "gr-call_2"


async def test_corrected_subtitles_are_put_there_before(desk: Desk, heygen: SmallHeyGen) -> None:
    await proofread(desk)
    await desk.turns.name_source("C1", "F", "F0SRT")
    await finish(desk, file="F1")
    methods = [(one.method, one.url.path) for one in heygen.requests if one.url.path.startswith(PROOFREADS)]
    assert methods == [("PUT", f"{PROOFREADS}/p-job1/srt"), ("POST", f"{PROOFREADS}/p-job1/generate")]
    (put,) = heygen.sent("PUT", f"{PROOFREADS}/p-job1/srt")
    assert json.loads(put.content) == {"srt": {"type": "asset_id", "asset_id": "p-F0SRT"}}


async def test_a_source_that_is_gone_is_no_reason_not_to_finish(desk: Desk, probe: FakeProbe) -> None:
    await proofread(desk)
    probe.refused[VIDEO] = SourceRefused("not_found", "It is gone.")
    assert isinstance(await finish(desk), NeedsApproval)
    newest = [*desk.jobs.submissions.values()][-1]
    assert (newest.needs, newest.quote_high) == (Reason.TOO_DEAR, 90 * MICRO)


async def test_only_subtitles_that_are_ready_can_be_finished(desk: Desk) -> None:
    await proofread(desk)
    desk.change_job("job1", state=JobState.RUNNING)
    for job in ("J1", "J7"):
        assert isinstance(await finish(desk, job=job), TryAgain)
    assert len(desk.jobs.submissions) == 1


async def test_a_link_is_no_file_of_subtitles(desk: Desk) -> None:
    await proofread(desk)
    outcome = await finish(desk, file="https://example.com/fr.srt")
    assert isinstance(outcome, TryAgain)
    assert outcome.code == "not_attached"


async def test_what_was_forgotten_cannot_be_finished(desk: Desk) -> None:
    await proofread(desk)
    desk.jobs.submissions["S1"] = dataclasses.replace(desk.jobs.submissions["S1"], arguments={})
    assert isinstance(await finish(desk), Failed)


async def test_nobody_has_asked_where_no_proofread_is_named(desk: Desk) -> None:
    await proofread(desk)
    assert isinstance(await finish(desk, said="looks good to me"), NeedsApproval)


async def test_a_second_video_of_the_same_is_not_paid_for(desk: Desk) -> None:
    await proofread(desk)
    await finish(desk)
    outcome = await finish(desk, call_id="call_3")
    assert isinstance(outcome, TryAgain)
    assert outcome.code == "under_way"


@pytest.mark.parametrize(("status", "url"), [("processing", None), ("completed", "https://files.example/fr.srt")])
async def test_what_can_be_fetched_of_a_proofread_is_its_subtitles(
    works: Works, heygen: SmallHeyGen, status: str, url: str | None
) -> None:
    heygen.proofreads["p-1"] = {"id": "p-1", "status": status, "output_language": "French (France)"}
    read = await works[JobKind.PROOFREAD].read(heygen.client(), "p-1")
    assert (read.status_word, read.video_url, read.duration) == (status, url, None)
    assert works[JobKind.PROOFREAD].label_of(read) == "French (France)"


def test_a_request_for_fewer_languages_is_smaller() -> None:
    assert only(JobKind.PROOFREAD, {"languages": ["a", "b"]}, ["b"]) == {"languages": ["b"]}


async def test_what_was_written_into_a_dialog_is_uploaded_under_a_key_of_its_own(
    desk: Desk, heygen: SmallHeyGen
) -> None:
    await proofread(desk)
    outcome = await desk.by_command("finish_proofread", job="J1", file=None, lines=["1", "a --> b", "Salut"])
    assert isinstance(outcome, Deferred)
    (upload,) = heygen.sent("POST", "/v3/assets")
    assert b"1\na --> b\nSalut\n" in upload.content
    assert upload.headers["idempotency-key"] == "gr-call_c-srt"
    (put,) = heygen.sent("PUT", f"{PROOFREADS}/p-job1/srt")
    assert json.loads(put.content) == {"srt": {"type": "asset_id", "asset_id": "asset-1"}}


async def test_a_model_writes_no_subtitles(desk: Desk, heygen: SmallHeyGen) -> None:
    await proofread(desk)
    outcome = await finish(desk, lines=["1", "a --> b", "Buy now"])
    assert isinstance(outcome, TryAgain)
    assert outcome.code == "not_yours"
