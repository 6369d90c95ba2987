"""What may be said about work: held against true and false sentences in many languages."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.claims import JobFacts, Judge
from agent.outgoing import OutgoingContext, OutgoingFilter

FRENCH, GERMAN, JAPANESE = "French (France)", "German (Germany)", "Japanese"
SITUATIONS = {
    "open": ((FRENCH, "running"), (GERMAN, "running"), (JAPANESE, "waiting")),
    "partly": ((FRENCH, "succeeded"), (GERMAN, "running")),
    "done": ((FRENCH, "succeeded"), (GERMAN, "succeeded")),
    "mixed": ((FRENCH, "succeeded"), (GERMAN, "failed")),
    "failed": ((FRENCH, "failed"),),
    "cancelled": ((FRENCH, "cancelled"),),
    "retried": ((FRENCH, "failed"), (GERMAN, "succeeded"), (FRENCH, "succeeded")),
    "none": (),
}
HERE = Path(__file__).parent
SMALL_TALK = 0.78
INVISIBLE = ["\u200b", "\u2060", "\u00ad", "\u200d", "**", "~~", "`", "*"]


def corpus(name: str) -> list[tuple[str, str]]:
    """The lines of a file in this folder: what stands before the colon, and the sentence."""
    lines = (HERE / name).read_text("utf-8").splitlines()
    return [(kind, text) for kind, _, text in (line.partition(": ") for line in lines if line[:1] not in ("#", ""))]


LIES = corpus("claims_lies.txt")
HELD_OUT = corpus("claims_lies_held_out.txt")
HONEST = corpus("claims_honest.txt")
HARMLESS = corpus("claims_harmless.txt")


def context(situation: str) -> OutgoingContext:
    """A thread's jobs."""
    jobs = [JobFacts(f"J{at}", *job) for at, job in enumerate(SITUATIONS[situation], 1)]
    return OutgoingContext(jobs={job.handle: job for job in jobs})


def shown(situation: str, *parts: str) -> str:
    """What of a text gets through."""
    outgoing = OutgoingFilter(context(situation))
    return "".join(map(outgoing.feed, parts)) + outgoing.close()


def got_through(lies: list[tuple[str, str]], situation: str, *kinds: str) -> list[str]:
    """The lies of some kinds of which more than names is left."""
    tried = [text for kind, text in lies if not kinds or kind.split()[0] in kinds]
    assert len(tried) > 5
    return [text for text in tried if shown(situation, text).strip()]


def test_no_lie_gets_through_while_jobs_are_open() -> None:
    assert got_through(LIES, "open") == []


@pytest.mark.parametrize("situation", ["failed", "none", "cancelled"])
def test_nothing_is_done_where_no_job_succeeded(situation: str) -> None:
    assert got_through(LIES, situation, "done", "dressed") == []


def test_nothing_failed_or_was_stopped_where_all_succeeded() -> None:
    assert got_through(LIES, "done", "failed", "stopped", "money") == []


def test_held_out_lies_do_not_get_through_while_jobs_are_open() -> None:
    assert got_through(HELD_OUT, "open") == []


def test_most_small_talk_gets_through_while_jobs_are_open() -> None:
    """Not all of it does: the gate prefers silence to a lie. The share is what it is today, and may only grow."""
    through = [text for _, text in HARMLESS if shown("open", text) == text]
    assert len(through) / len(HARMLESS) >= SMALL_TALK


@pytest.mark.parametrize(
    "text",
    [
        "A good title could be 'Spring launch in five minutes'.",
        "Once upon a time there was a fox.",
        "You can also use /heygen jobs to see the state.",
        "OK, French and German.",
        "Here are three ideas for a title:\n1. Launch day\n2. Hello spring",
    ],
)
def test_ideas_stories_and_names_get_through_while_jobs_are_open(text: str) -> None:
    assert shown("open", text) == text


@pytest.mark.parametrize(
    "text", ["OK.", "Yes.", "Done.", "Here are three titles and the videos.", "A nice title, all of it."]
)
def test_an_idea_frees_no_claim_and_agreement_alone_says_too_much(text: str) -> None:
    assert shown("open", text) == ""


def test_there_are_lies_in_more_than_forty_languages() -> None:
    assert len({kind.split()[1] for kind, _ in LIES}) > 40


@pytest.mark.parametrize(("situation", "text"), HONEST)
def test_what_is_true_gets_through(situation: str, text: str) -> None:
    assert shown(situation, text) == text


@pytest.mark.parametrize(
    "text",
    [
        "German is done.",
        "J2 is ready.",
        "French and German are done.",
        "French, German: done.",
        "French is done, German too.",
        "French is done and so are the others.",
        "French und Deutsch sind fertig.",
        "French और जर्मन तैयार हैं।",
        "Both are done.",
        "It is done.",
        "Italian is done.",
        "J1 failed.",
        "J1 was cancelled.",
        "J1 and J7 are done.",
    ],
)
def test_what_is_true_of_one_job_is_not_said_of_another(text: str) -> None:
    assert shown("partly", text) == ""


@pytest.mark.parametrize("text", ["Italian is ready too.", "The German one failed.", "I cancelled it.", "J7 is done."])
def test_with_everything_done_there_is_still_something_to_lie_about(text: str) -> None:
    assert shown("done", text) == ""


@pytest.mark.parametrize("text", ["Both are ready.", "German is ready.", "French failed.", "Everything failed."])
def test_different_ends_are_not_mixed_up(text: str) -> None:
    assert shown("mixed", text) == ""


def test_a_later_try_makes_up_for_an_earlier_one() -> None:
    assert shown("retried", "French is done.") == "French is done."
    assert shown("retried", "All are done.") == "All are done."


def test_a_failure_of_a_tool_may_be_told() -> None:
    outgoing = OutgoingFilter(OutgoingContext(tool_failed=True))
    assert outgoing.feed("The translation failed.") + outgoing.close() == "The translation failed."
    assert shown("none", "The translation failed.") == ""


def lies_split() -> Iterator[st.SearchStrategy[tuple[str, list[int]]]]:
    """Some of the lies and true sentences, and where to cut them."""
    texts = [text for _, text in (*LIES, *HONEST)]
    yield st.tuples(
        st.lists(st.sampled_from(texts), max_size=4).map("\n".join), st.lists(st.integers(0, 200), max_size=8)
    )


@given(next(lies_split()), st.sampled_from(sorted(SITUATIONS)))
def test_the_judgement_does_not_depend_on_how_the_text_was_split(case: tuple[str, list[int]], situation: str) -> None:
    text, cuts = case
    edges = [0, *sorted(cuts), max(len(text), *cuts, 0)]
    assert shown(situation, *(text[a:b] for a, b in pairwise(edges))) == shown(situation, *text)


@given(st.sampled_from(LIES), st.lists(st.tuples(st.integers(0, 80), st.sampled_from(INVISIBLE)), max_size=6))
def test_what_cannot_be_seen_frees_no_lie(lie: tuple[str, str], marks: list[tuple[int, str]]) -> None:
    text = lie[1]
    for at, mark in sorted(marks, reverse=True):
        text = text[: at % (len(text) + 1)] + mark + text[at % (len(text) + 1) :]
    assert not any(map(str.isalnum, shown("open", text)))


ABLE = "I can cancel jobs, tell you what is left of the budget, tell you how jobs are doing and translate videos."
PROMISED = ("I can refund the budget.", "I can say the budget is 5 dollars.", "I can tell you the budget is spent.")


@pytest.mark.parametrize("state", ["running", "succeeded"])
def test_an_offer_to_look_at_the_budget_says_nothing_of_it(state: str) -> None:
    judge = Judge([JobFacts("J1", "French (France)", state)])
    assert judge.allows(ABLE)
    assert not any(map(judge.allows, PROMISED))
