"""Translating: everything free is checked first, then one paid request for all languages; and doing it again."""

from __future__ import annotations

import dataclasses
import json

import pytest

from agent.errors import SourceRefused
from agent.ordering import submitted
from agent.records import JobState, SubmissionState
from agent.tool_calls import Deferred, Failed, TryAgain, to_model
from agent.translation import LANGUAGES_FRESH_SECONDS, title_of
from heygen import Unauthorized
from tests.support.agent_desk import VIDEO, Desk
from tests.support.agent_heygen import TRANSLATIONS, SmallHeyGen, refusal
from tests.support.clock import ManualClock

LANGUAGES_PATH = TRANSLATIONS + "/languages"

# -- submitting


async def test_all_languages_are_one_request_with_the_calls_key(desk: Desk, heygen: SmallHeyGen) -> None:
    outcome = await desk.translate("french", "German (Germany)")
    assert isinstance(outcome, Deferred)
    assert [body["output_languages"] for body in heygen.creates()] == [["French (France)", "German (Germany)"]]
    assert heygen.keys() == ["gr-call_1"]


async def test_the_model_hears_submitted_and_handles_not_ids(desk: Desk) -> None:
    told = json.loads(to_model(await desk.translate("French")))
    assert told["status"] == "submitted"
    assert told["jobs"] == [{"handle": "J1", "language": "French (France)"}]
    assert "vt-" not in json.dumps(told)


async def test_a_person_hears_what_was_submitted(desk: Desk) -> None:
    outcome = await desk.translate("French", title="The talk")
    assert isinstance(outcome, Deferred)
    assert outcome.summary == "Submitted: intro.mp4 → French (France). I'll post the results here."


async def test_the_watchers_are_woken(desk: Desk) -> None:
    await desk.translate("French")
    assert desk.kicks == 1


async def test_the_request_is_written_down_with_what_was_asked(desk: Desk) -> None:
    await desk.translate("French")
    submission = desk.jobs.submissions["S1"]
    assert (submission.requester, submission.account_id, submission.title) == ("U1", "W1-account", "intro.mp4")
    assert submission.arguments == {
        "video_url": VIDEO,
        "languages": ["French (France)"],
        "mode": "speed",
    }


async def test_the_same_call_again_is_the_same_request(desk: Desk, heygen: SmallHeyGen) -> None:
    await desk.translate("French")
    await desk.translate("French")
    assert len(heygen.creates()) == 1
    assert len(desk.jobs.submissions) == 1


async def test_a_language_named_twice_is_paid_once(desk: Desk, heygen: SmallHeyGen) -> None:
    await desk.translate("French", "french", "French (France)")
    assert [body["output_languages"] for body in heygen.creates()] == [["French (France)"]]


async def test_a_busy_heygen_is_told_as_waiting(desk: Desk, heygen: SmallHeyGen) -> None:
    heygen.fail(TRANSLATIONS, refusal(429))
    outcome = await desk.translate("French")
    assert isinstance(outcome, Deferred)
    assert "It waits: HeyGen is busy" in outcome.summary


async def test_a_refusal_is_told_at_once(desk: Desk, heygen: SmallHeyGen) -> None:
    heygen.fail(TRANSLATIONS, refusal(402))
    outcome = await desk.translate("French")
    assert isinstance(outcome, Failed)
    assert (outcome.code, "enough credit" in outcome.message) == ("insufficient_credit", True)


# -- what is checked for free


async def test_an_unclear_language_is_asked_about(desk: Desk) -> None:
    complaint = await desk.refused("Portuguese")
    assert complaint.code == "ambiguous_language"
    assert sorted(complaint.options) == ["Portuguese (Brazil)", "Portuguese (Portugal)"]


async def test_an_unknown_language_is_named(desk: Desk) -> None:
    complaint = await desk.refused("French", "Quenya")
    assert (complaint.code, "'Quenya'" in complaint.message) == ("unknown_language", True)


async def test_too_many_languages_are_refused_before_they_cost(desk: Desk) -> None:
    complaint = await desk.refused("French", "German", "Portuguese (Brazil)")
    assert (complaint.code, "3 languages" in complaint.message) == ("too_many_languages", True)


async def test_a_handle_that_stands_for_nothing_is_asked_about(desk: Desk) -> None:
    assert (await desk.refused("French", source="V7")).code == "unknown_source"


async def test_a_handle_stands_for_its_link(desk: Desk, heygen: SmallHeyGen) -> None:
    await desk.turns.name_source("C1", "V", "https://example.com/a.mp4?sig=SECRET")
    await desk.translate("French", source=" v1 ")
    assert [body["video"]["url"] for body in heygen.creates()] == ["https://example.com/a.mp4?sig=SECRET"]


async def test_a_slack_file_is_uploaded_and_translated(desk: Desk, heygen: SmallHeyGen) -> None:
    await desk.turns.name_source("C1", "F", "F0123456")
    outcome = await desk.translate("French", source="f1")
    assert isinstance(outcome, Deferred)
    assert [body["video"] for body in heygen.creates()] == [{"type": "asset_id", "asset_id": "p-F0123456"}]
    submission = desk.jobs.submissions["S1"]
    assert submission.title == "talk.mp4"
    assert submission.arguments == {
        "video_asset_id": "p-F0123456",
        "video_handle": "F1",
        "video_name": "talk.mp4",
        "video_seconds": 42.0,
        "languages": ["French (France)"],
        "mode": "speed",
    }
    assert submission.quote_basis.startswith("42 s")
    assert desk.probe.probed == []
    assert "p-F0123456" not in to_model(outcome)


async def test_a_file_that_does_not_get_there_costs_nothing(desk: Desk) -> None:
    await desk.turns.name_source("C1", "F", "F0123456")
    desk.assets.fails("wrong_type", "HeyGen takes MP4.")
    outcome = await desk.translate("French", source="F1")
    assert outcome == Failed("wrong_type", "HeyGen takes MP4.")
    assert not desk.jobs.submissions


async def test_a_picture_is_not_translated(desk: Desk) -> None:
    await desk.turns.name_source("C1", "F", "F0123456")
    fate = desk.assets.fate
    desk.assets.fate = lambda asset: dataclasses.replace(fate(asset), content_type="image/png")
    outcome = await desk.translate("French", source="F1")
    assert isinstance(outcome, Failed)
    assert outcome.code == "not_a_video"


async def test_a_name_that_says_something_is_no_title(desk: Desk) -> None:
    await desk.turns.name_source("C1", "F", "F0123456")
    fate = desk.assets.fate
    desk.assets.fate = lambda asset: dataclasses.replace(fate(asset), name="<!channel> *approved*: all done!.mp4")
    await desk.translate("French", source="F1")
    assert desk.jobs.submissions["S1"].title == "your video"


async def test_the_same_upload_in_the_same_language_is_under_way(desk: Desk) -> None:
    await desk.turns.name_source("C1", "F", "F0123456")
    await desk.translate("French", source="F1")
    again = await desk.translate("French", source="F1", call_id="call_2")
    assert isinstance(again, TryAgain)
    assert again.code == "under_way"


async def test_a_refused_source_costs_nothing(desk: Desk) -> None:
    desk.probe.refused[VIDEO] = SourceRefused("not_a_video", "That is a web page.")
    with pytest.raises(SourceRefused):
        await desk.translate("French")
    assert not desk.jobs.submissions


async def test_languages_that_cannot_be_read_cost_nothing(desk: Desk, heygen: SmallHeyGen) -> None:
    heygen.fail(LANGUAGES_PATH, refusal(401))
    with pytest.raises(Unauthorized):
        await desk.translate("French")
    assert not desk.jobs.submissions


async def test_the_list_of_languages_is_kept_for_an_hour(desk: Desk, heygen: SmallHeyGen, clock: ManualClock) -> None:
    await desk.refused("Quenya")
    clock.advance(LANGUAGES_FRESH_SECONDS)
    await desk.refused("Quenya")
    assert len(heygen.sent("GET", LANGUAGES_PATH)) == 1
    clock.advance(1)
    await desk.refused("Quenya")
    assert len(heygen.sent("GET", LANGUAGES_PATH)) == 2


# -- doing it again


@pytest.fixture
async def half_failed(desk: Desk) -> Desk:
    """Two jobs of one request, of which J1 has failed and J2 succeeded."""
    await desk.translate("French", "German", title="The talk")
    desk.change_job("job1", state=JobState.FAILED, provider_id="vt-fr")
    desk.change_job("job2", state=JobState.SUCCEEDED, provider_id="vt-ge")
    return desk


async def test_a_retry_is_a_new_request_for_what_failed(half_failed: Desk, heygen: SmallHeyGen) -> None:
    outcome = await half_failed.retry("j1")
    assert isinstance(outcome, Deferred)
    assert [body["output_languages"] for body in heygen.creates()][1:] == [["French (France)"]]
    assert heygen.keys() == ["gr-call_1", "gr-call_2"]
    again = half_failed.jobs.submissions["S2"]
    assert (again.retry_of, again.title, again.arguments["languages"]) == ("S1", "intro.mp4", ["French (France)"])


async def test_a_job_named_twice_is_retried_once(half_failed: Desk, heygen: SmallHeyGen) -> None:
    await half_failed.retry("J1", "j1")
    assert heygen.creates()[1]["output_languages"] == ["French (France)"]


async def test_a_retry_looks_at_the_source_again(half_failed: Desk) -> None:
    half_failed.probe.refused[VIDEO] = SourceRefused("not_found", "The video is gone.")
    with pytest.raises(SourceRefused):
        await half_failed.retry("J1")
    assert len(half_failed.jobs.submissions) == 1


@pytest.mark.parametrize("handles", [["J2"], ["J1", "J2"], ["J9"]])
async def test_only_failed_jobs_are_retried(handles: list[str], half_failed: Desk) -> None:
    outcome = await half_failed.retry(*handles)
    assert isinstance(outcome, TryAgain)
    assert (outcome.code, outcome.options) == ("not_failed", ["J1"])


async def test_jobs_of_different_requests_are_retried_separately(half_failed: Desk) -> None:
    await half_failed.retry("J1")
    half_failed.change_job("job3", state=JobState.FAILED)
    outcome = await half_failed.retry("J1", "J3", call_id="call_3")
    assert isinstance(outcome, TryAgain)
    assert outcome.code == "several_requests"


# -- what to tell about a submission


@pytest.mark.parametrize(
    ("state", "code", "message"),
    [
        (SubmissionState.REFUSED, "refused", "HeyGen refused the request."),
        (SubmissionState.UNKNOWN, "unknown", "Nobody can tell whether HeyGen accepted the request."),
    ],
)
async def test_a_bad_end_without_a_reason_still_has_a_sentence(
    state: SubmissionState, code: str, message: str, half_failed: Desk
) -> None:
    submission = dataclasses.replace(half_failed.jobs.submissions["S1"], state=state)
    assert submitted(submission, [], "language") == Failed(code, message)


@pytest.mark.parametrize(
    ("url", "title"),
    [
        (VIDEO, "intro.mp4"),
        ("https://example.com/a.mp4?sig=SECRET#t=1", "a.mp4"),
        ("https://example.com/talks/", "talks"),
        ("https://example.com", "your video"),
        ("https://example.com/", "your video"),
        ("https://example.com/" + "x" * 200, "x" * 80),
    ],
)
def test_title_of(url: str, title: str) -> None:
    assert title_of(url) == title


async def test_an_interrupted_call_goes_on_although_its_link_has_expired_since(desk: Desk) -> None:
    first = await desk.translate("French")
    desk.probe.refused[VIDEO] = SourceRefused("not_found", "There is nothing behind this link.")
    again = await desk.translate("French")
    assert again == first
    assert len(desk.jobs.submissions) == 1


async def test_an_interrupted_retry_goes_on_too(desk: Desk) -> None:
    await desk.translate("French")
    desk.change_job("job1", state=JobState.FAILED)
    first = await desk.retry("J1")
    assert await desk.retry("J1") == first
    assert len(desk.jobs.submissions) == 2


# -- titles


@pytest.mark.parametrize(
    ("said", "title", "shown"),
    [
        ("Translate {video} into French, the spring launch", "The spring launch", "The spring launch"),
        ("Translate {video} into French", "Approved by dave", "intro.mp4"),
        ("Translate {video} into French", "All three are done", "intro.mp4"),
        ("Translate {video} into French", None, "intro.mp4"),
    ],
)
async def test_a_title_is_the_persons_own_words_or_the_sources_name(
    said: str, title: str | None, shown: str, desk: Desk
) -> None:
    await desk.translate("French", said=said.format(video=VIDEO), title=title)
    assert desk.jobs.submissions["S1"].title == shown
