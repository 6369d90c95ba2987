"""The words for what cancelling came to are true, whatever state the jobs were in."""

from __future__ import annotations

from typing import Any

import pytest

from agent.cancelling import NOTHING, Cancelled, remaining, told
from agent.hashing import arguments_hash
from agent.money import MICRO
from agent.records import Job, JobKind, JobState


def job(number: int = 1, label: str = "French", state: JobState = JobState.WAITING, **fields: Any) -> Job:
    ids = {"id": f"job{number}", "handle": f"J{number}", "label": label, "state": state}
    owner = {"workspace_id": "W1", "account_id": "A1", "submission_id": "S1", "conversation_id": "C1"}
    return Job(**ids, **owner, kind=JobKind.TRANSLATION, created_at=0.0, **{"price": 3 * MICRO, **fields})  # type: ignore[arg-type]  # they fit


FRENCH, GERMAN = job(1), job(2, "German")


def test_nothing_was_there() -> None:
    assert told(Cancelled()) == NOTHING


def test_what_never_left_costs_nothing() -> None:
    assert told(Cancelled(dropped=(FRENCH, GERMAN))) == (
        "Cancelled before it was sent, nothing is billed: J1 French, J2 German."
    )


def test_what_heygen_has_is_billed_and_said_to_be() -> None:
    words = told(Cancelled(unwanted=(FRENCH,)))
    assert "HeyGen already has J1 French and can't be stopped; it will bill about $3.00 for it." in words
    assert "if it gets done, the card links to it" in words
    assert "nothing is billed" not in words


def test_the_cost_of_several_is_their_sum() -> None:
    words = told(Cancelled(unwanted=(FRENCH, GERMAN)))
    assert "it will bill about $6.00 for them." in words
    assert "I marked them as no longer wanted and won't call you; if they get done, the card links to them." in words


def test_a_cost_that_is_not_known_is_not_made_up() -> None:
    words = told(Cancelled(unwanted=(job(price=0),)))
    assert "it will bill it." in words
    assert "$" not in words


def test_both_kinds_are_told_apart() -> None:
    words = told(Cancelled(dropped=(FRENCH,), unwanted=(GERMAN,), over=(job(3, "Dutch", JobState.SUCCEEDED),)))
    assert words.index("nothing is billed: J1 French.") < words.index("HeyGen already has J2 German")


def test_many_are_counted() -> None:
    words = told(Cancelled(dropped=tuple(job(number) for number in range(1, 13))))
    assert "J10 French and 2 more." in words
    assert "J11" not in words


@pytest.mark.parametrize(
    ("state", "fields", "part"),
    [
        (JobState.SUCCEEDED, {}, "everything has ended already"),
        (JobState.FAILED, {}, "everything has ended already"),
        (JobState.UNWANTED, {"finished_at": 5.0}, "everything has ended already"),
        (JobState.CANCELLED, {}, "Cancelled before, nothing is billed: J1 French."),
        (JobState.UNWANTED, {}, "HeyGen cannot be stopped and bills: J1 French."),
        (JobState.UNKNOWN, {}, "Nobody can tell what became of J1 French; HeyGen may bill for it."),
    ],
)
def test_cancelling_what_cannot_be_cancelled_tells_how_it_stands(
    state: JobState, fields: dict[str, Any], part: str
) -> None:
    words = told(Cancelled(over=(job(state=state, **fields),)))
    assert part in words
    assert ("everything has ended" in words) is ("everything has ended" in part)


def test_results_add_up() -> None:
    total = Cancelled(dropped=(FRENCH,)) + Cancelled(unwanted=(GERMAN,)) + Cancelled(over=(FRENCH,))
    assert total == Cancelled((FRENCH,), (GERMAN,), (FRENCH,))
    assert total.anything
    assert not Cancelled(over=(FRENCH,)).anything


# -- what is left of a request

ASKED = {"video_url": "https://example.com/a.mp4", "languages": ["French", "German", "Dutch"], "mode": "speed"}


@pytest.mark.parametrize("agreed", [True, False])
def test_an_approval_moves_on_to_the_smaller_request(agreed: bool) -> None:
    columns = remaining(JobKind.TRANSLATION, ASKED, ["Dutch", "French"], agreed)
    assert columns["arguments"] == {**ASKED, "languages": ["French", "Dutch"]}
    assert columns["arguments_hash"] == arguments_hash(columns["arguments"]) != arguments_hash(ASKED)
    assert columns["approved_hash"] == (columns["arguments_hash"] if agreed else None)


def test_what_is_left_never_grows() -> None:
    assert remaining(JobKind.TRANSLATION, ASKED, ["French", "Elvish"], True)["arguments"]["languages"] == ["French"]
    assert ASKED["languages"] == ["French", "German", "Dutch"]
