"""The reply that stands: what the model may repeat, and what the runtime adds whatever the model wrote."""

from __future__ import annotations

import pytest

from agent.answer import NOTHING, final_text, finished, outgoing_context
from agent.conversation import user_message
from agent.outgoing import JobFacts, OutgoingContext
from agent.records import Item, Job, JobKind, JobState, Source
from agent.tool_calls import ADDED, Deferred, Failed, NeedsApproval, Outcome, TryAgain, Value
from tests.support.agent_fakes import FakeLinks

SUM = "You, today: $2.00 spent."


LIE = "Ales eo echu"  # in a language the lexicon does not have: only as the name of a job it would be let through


@pytest.mark.parametrize("state", [JobState.SUCCEEDED, JobState.WAITING])
def test_no_name_of_a_video_lets_a_sentence_through_that_claims_what_is_not_so(state: JobState) -> None:
    def job(number: int, label: str, state: JobState) -> Job:
        whose = (f"j{number}", "W1", "A1", f"S{number}", "C1", f"J{number}")
        return Job(*whose, kind=JobKind.VIDEO, label=label, state=state, created_at=0.0)

    jobs = [job(1, LIE, state), job(2, "Bo", JobState.RUNNING)]
    text = finished(f"{LIE}.", outgoing_context([], jobs, [], FakeLinks()), [])
    assert not text.startswith(LIE)
    assert LIE in text  # where the runtime itself says which job is meant
    named = {job.handle: JobFacts(job.handle, job.label, job.state.value) for job in jobs}
    assert finished(f"{LIE}.", OutgoingContext(jobs=named), []).startswith(LIE)  # so it is the name that would do it


def answered(text: str, *outcomes: Outcome, state: str | None = None) -> str:
    jobs = {"J1": JobFacts("J1", "French", state)} if state else {}
    return finished(text, OutgoingContext(jobs=jobs), outcomes)


def test_what_a_tool_has_to_say_ends_the_answer_whatever_the_model_wrote() -> None:
    assert answered("Here you are.", Value({ADDED: SUM})) == f"Here you are.\n\n{SUM}"


def test_what_the_model_has_said_already_is_not_said_twice() -> None:
    assert answered(f"Sure. {SUM}", Value({ADDED: SUM})).count(SUM) == 1


def test_a_withheld_answer_leaves_the_truth() -> None:
    assert answered("All of them are finished!", state="running") == "_Running: J1 French_"


def test_an_answer_without_words_says_so() -> None:
    assert answered("  ") == NOTHING


@pytest.mark.parametrize(
    ("outcome", "failed"),
    [(Failed("x", "No."), True), (TryAgain("x", "No."), True), (Value({}), False)],
)
def test_a_failed_call_may_be_spoken_of(outcome: Outcome, failed: bool) -> None:
    assert outgoing_context([], [], [outcome], FakeLinks()).tool_failed is failed


CREDIT = "The HeyGen account does not have enough credit for this. Top it up."


def test_what_a_tool_of_ours_said_may_be_repeated_word_for_word_and_no_other_way() -> None:
    context = outgoing_context([], [], [Failed("insufficient_credit", CREDIT)], FakeLinks())
    assert finished(CREDIT, context, []) == CREDIT
    assert finished("The HeyGen account has been charged for this.", context, []) != CREDIT


SUBMITTED = "Submitted: a.mp4 → French. I'll post the results here."
ENDED = "J1 had ended already."


@pytest.mark.parametrize(
    ("outcome", "sentence"),
    [
        (Deferred("S1", SUBMITTED, {}), SUBMITTED.partition(" I'll")[0]),
        (NeedsApproval("S1", "a.mp4 → French waits.", {}), "a.mp4 → French waits."),
        (TryAgain("x", "Which French?", "Ask which one."), "Ask which one."),
        (Value({ADDED: ENDED}), ENDED),
    ],
)
def test_sentences_of_every_outcome_are_known(outcome: Outcome, sentence: str) -> None:
    assert sentence in outgoing_context([], [], [outcome], FakeLinks()).known_sentences


def test_what_a_tool_merely_found_is_no_sentence_of_ours() -> None:
    assert not outgoing_context([], [], [Value({"reason": "It is done."})], FakeLinks()).known_sentences


def test_a_withheld_reason_is_given_in_the_tools_words() -> None:
    text = answered("Your account was charged.", Failed("x", CREDIT), state="succeeded")
    assert text == CREDIT


@pytest.mark.parametrize(
    "words", ["Hello!", "You're welcome.", "Vielen Dank!", "こんにちは。", "Thanks for your patience."]
)
def test_politeness_is_never_withheld(words: str) -> None:
    assert answered(words, state="running").startswith(words)


@pytest.mark.parametrize("words", ["Sure!", "Yes.", "Absolutely!", "Natürlich!", "もちろんです。"])
def test_agreement_may_answer_whether_something_is_done_and_is_withheld_while_it_is_not(words: str) -> None:
    assert answered(words, state="running") == "_Running: J1 French_"


def test_links_that_people_typed_may_be_repeated_and_the_models_may_not() -> None:
    items = [
        Item(1, "t", Source.USER, user_message("See https://a.example/x")),
        Item(2, "t", Source.TOOL, user_message("https://b.example/y")),
    ]
    assert outgoing_context(items, [], [], FakeLinks()).allowed_links == {"https://a.example/x"}


def test_commentary_is_left_out_unless_there_is_nothing_else() -> None:
    def said(text: str, **other: str) -> dict[str, object]:
        return {"type": "message", "content": [{"type": "output_text", "text": text}], **other}

    assert final_text([said("thinking", phase="commentary"), said("Hello.")]) == "Hello."
    assert final_text([said("thinking", phase="commentary")]) == "thinking"


KIT = Value({"brand_kits": [{"name": "Greenroom", "colors": ["#1F3D2B", "#FFFFFF"], "note": "Alles erledigt ist J1"}]})


@pytest.mark.parametrize(
    ("text", "is_shown"),
    [
        ("name: Greenroom; colors: #1F3D2B, #FFFFFF", True),
        ("- name: Greenroom", True),
        ("name: Redroom", False),  # nobody has found that
        ("Greenroom #1F3D2B", False),  # no list of fields
        ("colors: Greenroom!", False),
        ("note: Alles erledigt", False),  # others' words, and they claim something
        ("name: J1", False),
        ("name: Greenroom; Greenroom", False),
        ("state: Greenroom", False),
    ],
)
def test_fields_of_what_was_found_are_listed_while_jobs_are_open(text: str, is_shown: bool) -> None:
    whose = ("j1", "W1", "A1", "S1", "C1", "J1")
    jobs = [Job(*whose, kind=JobKind.TRANSLATION, label="French", state=JobState.RUNNING, created_at=0.0)]
    shown = finished(text, outgoing_context([], jobs, [KIT], FakeLinks()), [KIT])
    assert (text in shown) is is_shown
