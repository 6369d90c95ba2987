"""What an upload does next, and what a failure means for it."""

from __future__ import annotations

import random
from typing import Any

import pytest

from agent.assets import (
    ATTEMPTS,
    PLACES_TRIED,
    PROCESSING_SECONDS,
    WAIT_CAP,
    Again,
    Asset,
    AssetState,
    Ended,
    Origin,
    Step,
    after_failure,
    at_once,
    check_size,
    check_type,
    next_step,
)
from agent.errors import SourceRefused
from agent.jobs import KEY_HONOURED_SECONDS
from heygen import (
    Conflict,
    ConnectionFailed,
    FileChanged,
    InvalidRequest,
    NotFound,
    RateLimited,
    RequestInProgress,
    ServerError,
    StorageRefused,
    Unauthorized,
)
from heygen.catalogue.assets import SIMPLE_LIMIT, SIMPLE_TYPES

NOW = 1_800_000_000.0


def asset(state: AssetState = AssetState.WAITING, **other: Any) -> Asset:
    given: dict[str, Any] = {"id": "asset_1", "workspace_id": "T1", "account_id": "A1", "conversation_id": "C1"}
    given |= {"requester": "U1", "origin": Origin.SLACK, "place": "F1", "call_key": "k", "created_at": NOW}
    return Asset(**given, state=state, **other)


def api(kind: Any, status: int, code: str = "x", **more: Any) -> Any:
    return kind(operation="assetCreate", status=status, code=code, **more)


def after(state: AssetState, error: Any, **other: Any) -> Again | Ended:
    return after_failure(asset(state, **other), error, random.Random(1))  # noqa: S311 - jitter


# -- what is next


@pytest.mark.parametrize(
    ("state", "step"),
    [
        (AssetState.WAITING, Step.SEND),
        (AssetState.SENDING, Step.SEND),
        (AssetState.RESERVING, Step.SEND),
        (AssetState.PUTTING, Step.SEND),
        (AssetState.COMPLETING, Step.COMPLETE),
        (AssetState.PROCESSING, Step.LOOK),
    ],
)
def test_every_state_goes_on_where_it_stands(state: AssetState, step: Step) -> None:
    assert next_step(asset(state, keyed_at=NOW - 60), NOW) is step


@pytest.mark.parametrize("state", [AssetState.READY, AssetState.FAILED])
def test_what_is_final_has_no_next_step(state: AssetState) -> None:
    with pytest.raises(ValueError, match="final"):
        next_step(asset(state), NOW)


def test_a_call_whose_key_is_forgotten_is_not_made_again() -> None:
    step = next_step(asset(AssetState.SENDING, keyed_at=NOW - KEY_HONOURED_SECONDS - 1), NOW)
    assert isinstance(step, Ended)
    assert step.code == "too_late"


@pytest.mark.parametrize("state", [AssetState.RESERVING, AssetState.PUTTING])
def test_a_place_that_is_forgotten_is_replaced_for_it_holds_nothing(state: AssetState) -> None:
    step = next_step(asset(state, keyed_at=NOW - KEY_HONOURED_SECONDS - 1), NOW)
    assert step == Again(0.0, AssetState.WAITING, "place_expired", fresh=True)


def test_a_check_that_never_ends_is_given_up() -> None:
    begun = {"processing_since": NOW - PROCESSING_SECONDS - 1}
    assert isinstance(next_step(asset(AssetState.PROCESSING, **begun), NOW), Ended)


def test_each_key_is_a_new_one() -> None:
    assert [asset(number=n).key for n in (1, 2)] == ["asset_1-1", "asset_1-2"]


# -- failures


@pytest.mark.parametrize(
    "error",
    [
        ConnectionFailed(operation="x", sent=None, outcome_unknown=True, retryable=True),
        api(ServerError, 502, outcome_unknown=True, retryable=True),
        api(RequestInProgress, 409, retryable=True),
        api(RateLimited, 429, retryable=True),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_may_pass_is_tried_again_with_the_same_key(error: Any) -> None:
    again = after(AssetState.SENDING, error)
    assert isinstance(again, Again)
    assert (again.state, again.fresh) == (AssetState.SENDING, False)
    assert isinstance(after(AssetState.SENDING, error, attempts=ATTEMPTS), Ended)


def test_waits_grow_and_have_an_end_and_what_heygen_asks_counts() -> None:
    error = api(ServerError, 502, retryable=True)
    waits = [after(AssetState.SENDING, error, attempts=n) for n in range(ATTEMPTS)]
    seconds = [one.seconds for one in waits if isinstance(one, Again)]
    assert seconds[0] < 2 < seconds[3] < seconds[-1] <= 1.25 * WAIT_CAP
    asked = after(AssetState.SENDING, api(RateLimited, 429, retryable=True, retry_after=120.0))
    assert isinstance(asked, Again)
    assert asked.seconds == 120.0


def test_a_link_that_is_refused_is_replaced_a_few_times() -> None:
    refused = StorageRefused(status=403, code="AccessDenied")
    assert after(AssetState.PUTTING, refused) == Again(0.0, AssetState.WAITING, "storage_refused", fresh=True)
    ended = after(AssetState.PUTTING, refused, number=PLACES_TRIED)
    assert isinstance(ended, Ended)
    assert ended.code == "storage_refused"


def test_a_store_in_trouble_is_asked_again_for_the_same_place() -> None:
    again = after(AssetState.PUTTING, StorageRefused(status=503))
    assert isinstance(again, Again)
    assert (again.state, again.fresh) == (AssetState.PUTTING, False)


def test_bytes_that_are_not_there_after_all_are_put_once_more() -> None:
    again = after(AssetState.COMPLETING, api(Conflict, 409, "resource_not_ready", retryable=True))
    assert isinstance(again, Again)
    assert (again.state, again.fresh) == (AssetState.PUTTING, False)


def test_a_place_that_is_gone_is_replaced() -> None:
    again = after(AssetState.COMPLETING, api(NotFound, 404))
    assert isinstance(again, Again)
    assert (again.state, again.fresh) == (AssetState.WAITING, True)


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (SourceRefused("not_the_file", "Slack showed me a page."), "not_the_file", "Slack showed me a page."),
        (FileChanged(announced=5, found=6), "file_changed", "changed while I was reading"),
        (api(InvalidRequest, 413), "too_large", "too large"),
        (api(InvalidRequest, 400, message="The file is damaged."), "x", "The file is damaged"),
        (api(Unauthorized, 401), "x", "API key"),
    ],
    ids=["page", "changed", "413", "400", "401"],
)
def test_what_does_not_pass_ends_with_a_sentence(error: Any, code: str, words: str) -> None:
    ended = after(AssetState.SENDING, error)
    assert isinstance(ended, Ended)
    assert ended.code == code
    assert words in ended.sentence


def test_a_source_in_trouble_is_read_again() -> None:
    error = SourceRefused("unreachable", "Slack did not answer.", retryable=True)
    assert isinstance(after(AssetState.WAITING, error), Again)
    assert after(AssetState.WAITING, error, attempts=ATTEMPTS) == Ended("unreachable", "Slack did not answer.")


# -- what may go


def test_sizes() -> None:
    check_size(1)
    for size, code in ((0, "empty"), (1_000_000_001, "too_large")):
        with pytest.raises(SourceRefused) as caught:
            check_size(size)
        assert caught.value.code == code
    assert at_once(SIMPLE_LIMIT)
    assert not at_once(SIMPLE_LIMIT + 1)


@pytest.mark.parametrize("content_type", sorted(SIMPLE_TYPES))
def test_types_that_heygen_takes(content_type: str) -> None:
    check_type(content_type)


@pytest.mark.parametrize(
    ("content_type", "words"),
    [("video/quicktime", "this is a QuickTime film (MOV)"), ("text/html", "a web page"), ("a/b", "HeyGen takes MP4")],
)
def test_other_types_are_named(content_type: str, words: str) -> None:
    with pytest.raises(SourceRefused) as caught:
        check_type(content_type)
    assert caught.value.code == "wrong_type"
    assert words in caught.value.sentence
