"""One clear sentence for each thing that can go wrong."""

from __future__ import annotations

import pytest

import heygen
from agent import sentences
from agent.errors import ModelError
from heygen import APIError, ConnectionFailed, HeyGenError, Timeout, UnexpectedReply
from heygen.truto import CannotTell, ReconnectNeeded, TrutoBusy, TrutoFailed, TrutoRefused


def api_error(kind: type[APIError], status: int, detail: str = "") -> APIError:
    return kind(operation="op", status=status, code="some_code", message=detail)


def through_truto(kind: type[APIError], status: int, code: str) -> APIError:
    return kind(operation="op", status=status, code=code)


LOST = ConnectionFailed(operation="op", sent=True, outcome_unknown=True, retryable=True)
SLOW = Timeout(operation="op", seconds=9, sent=None, outcome_unknown=True, retryable=True)
ODD = UnexpectedReply(operation="op", reason="is odd")


@pytest.mark.parametrize(
    ("code", "part"),
    [
        ("rate_limited", "busy"),
        ("quota", "credit"),
        ("unauthorized", "credentials"),
        ("bad_request", "rephrase"),
        ("context_length", "too long"),
        ("refused", "declined"),
        ("forbidden", "may not use"),
        ("no_model", "choose another one"),
        ("filtered", "filtered"),
        ("too_long_answer", "too long to finish"),
        ("stream_incomplete", "broke off"),
        ("timeout", "took too long"),
        ("server", "problem of its own"),
        ("connection", "could not be reached"),
        ("anything else", "could not be reached"),
    ],
)
def test_a_model_error_is_explained_with_its_reference(code: str, part: str) -> None:
    sentence = sentences.for_model_error(ModelError(code, retryable=False), "turn_7")
    assert part in sentence
    assert sentence.endswith("(reference turn_7)")


@pytest.mark.parametrize("code", ["too_long", "too_many_tokens", "too_many_steps"])
def test_a_bound_is_explained_with_its_reference(code: str) -> None:
    assert sentences.for_give_up(code, "turn_7").endswith("(reference turn_7)")


def test_a_fault_of_ours_is_owned() -> None:
    assert "our side" in sentences.for_internal("turn_7")
    assert "turn_7" in sentences.for_internal("turn_7")


@pytest.mark.parametrize(
    ("error", "part"),
    [
        (api_error(heygen.Unauthorized, 401), "API key"),
        (api_error(heygen.InsufficientCredit, 402), "enough credit"),
        (api_error(heygen.RateLimited, 429), "busy"),
        (api_error(heygen.NotFound, 404), "any more"),
        (api_error(heygen.Forbidden, 403), "not allowed"),
        (api_error(heygen.InvalidRequest, 400, "too short"), "did not accept the request: too short"),
        (api_error(heygen.InvalidRequest, 400), "problem of its own"),
        (api_error(heygen.ServerError, 500, "stack trace"), "problem of its own"),
        (LOST, "could not be reached"),
        (SLOW, "could not be reached"),
        (ODD, "problem of its own"),
        (through_truto(ReconnectNeeded, 401, "reconnect_needed"), "has to reconnect HeyGen in Truto"),
        (through_truto(TrutoBusy, 429, "truto_paced"), "through Truto right now"),
        (through_truto(TrutoFailed, 502, "truto_failed"), "problem of its own"),
        (through_truto(TrutoRefused, 401, "truto_token"), "TRUTO_API_KEY"),
        (through_truto(TrutoRefused, 404, "truto_unknown"), "TRUTO_ACCOUNT_ID"),
        (through_truto(TrutoRefused, 405, "truto_sandbox"), "sandbox"),
        (through_truto(TrutoRefused, 503, "truto_blocked"), "blocked"),
        (through_truto(TrutoRefused, 400, "truto_refused"), "in Truto"),
        (CannotTell("op", "no list"), "check the HeyGen account"),
    ],
)
def test_a_heygen_error_is_explained(error: HeyGenError, part: str) -> None:
    assert part in sentences.for_heygen(error)


@pytest.mark.parametrize(
    ("error", "code"), [(api_error(heygen.NotFound, 404), "some_code"), (LOST, "ConnectionFailed"), (SLOW, "Timeout")]
)
def test_the_operator_gets_a_code(error: HeyGenError, code: str) -> None:
    assert sentences.reason_code(error) == code
