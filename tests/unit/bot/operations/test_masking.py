"""What leaves the house in a journal, and what does not."""

from __future__ import annotations

import json

import pytest

from agent.conversation import function_call, user_message
from agent.records import JobKind, JobState, Json, ModelCall, Source, TurnState
from agent.replay.journal import Called, Entry, Journal, PlayedJob, PlayedTurn
from bot.operations.masking import Masking, choices_of, ids_of, masked

KEY = b"k" * 32
TURN, PERSON, CALL = "turn_042b0e8fecced48f70b53eec", "U024BE7LH", "call_Zk3jd8aLq0Pw"
SOURCE = "https://films.example/launch/AKIA4EXAMPLE0123456789x.mp4?token=s3cr3t&x=1"
OURS = "https://green.room/v/linkid123.signature"
SAID = f"Translate <{SOURCE}> for jane.doe@acme.example, key sk-abcdef0123456789, ask <@{PERSON}> by 10:30"
REPLY = f"J2 is done: {OURS} (reference {TURN})"
SECRETS = ("s3cr3t", "AKIA4EXAMPLE", "jane.doe", "sk-abcdef", PERSON, TURN, CALL, "signature", "linkid123", "thoughts")


def journal() -> Journal:
    """A turn full of what must not leave."""
    arguments: Json = {"source": "V1", "languages": ["French"], "title": "Launch of Project Manta", "mode": "speed"}
    bodies = [
        user_message(SAID),
        {"type": "reasoning", "id": "rs_0123456789abcdef", "summary": [], "encrypted_content": "thoughts"},
        function_call(CALL, "translate_video", arguments),
        {"type": "function_call_output", "call_id": CALL, "output": json.dumps({"ok": True, "note": SAID})},
    ]
    sources = (Source.USER, Source.MODEL, Source.MODEL, Source.TOOL)
    outcome: Json = {"outcome": "deferred", "submission_id": "submission_5f0c5f0c5f0c", "summary": SAID, "data": {}}
    turn = PlayedTurn(
        TURN, "message", PERSON, TurnState.DONE, None, 1.0, False,
        calls=(ModelCall("gpt-5", "resp_0123456789abcdef", "req_0123456789", 10, 2, 0),),
        tools=(Called(CALL, "translate_video", outcome),), reply=REPLY,
    )  # fmt: skip
    log = [Entry(seq, TURN, source, 2.0, body) for seq, (source, body) in enumerate(zip(sources, bodies, strict=True))]
    job = PlayedJob("J2", JobKind.TRANSLATION, "Project Manta", JobState.SUCCEEDED, 1.0, 2.0, linked=True)
    return Journal("conversation_5f0c5f0c5f0c", "T024BE7LD", True, (turn,), tuple(log), (job,))


def masking(*, words: bool) -> Masking:
    return Masking(
        KEY,
        words=words,
        known=ids_of(journal()),
        links={"linkid123": "J2"},
        public_url="https://green.room",
        choices={"speed"},
    )


@pytest.mark.parametrize("words", [True, False])
def test_secrets_and_ids_are_gone_with_words_and_without(words: bool) -> None:
    text = repr(masked(journal(), masking(words=words)))
    assert [secret for secret in SECRETS if secret in text] == []
    assert ("Manta" in text, "films.example" in text) == (words, words)


def test_ids_are_the_same_everywhere() -> None:
    kept = masked(journal(), masking(words=True))
    (turn,) = kept.turns
    assert {entry.turn_id for entry in kept.log} == {turn.id}
    assert turn.tools[0].call_id == kept.log[2].body["call_id"] == kept.log[3].body["call_id"]
    assert f"(reference {turn.id})" in (turn.reply or "")
    assert f"<@{turn.requester}>" in kept.log[0].body["content"][0]["text"]
    assert "https://greenroom.invalid/J2" in (turn.reply or "")


def test_without_words_texts_keep_their_length_and_equal_ones_stay_equal() -> None:
    one = masking(words=False)
    first, second = one.text("Hello Jürgen, hello World 42!"), one.text("World")
    assert len(first) == len("Hello Jürgen, hello World 42!")
    assert second in first
    assert first != "Hello Jürgen, hello World 42!"
    assert first.split()[0].lower().rstrip(",") == first.split()[2].lower()
    assert masking(words=False).text("World") == second
    assert Masking(b"another", words=False).text("World") != second


def test_what_a_program_needs_stays() -> None:
    kept = masked(journal(), masking(words=False))
    arguments = json.loads(kept.log[2].body["arguments"])
    assert (kept.log[2].body["name"], arguments["source"], arguments["mode"]) == ("translate_video", "V1", "speed")
    assert json.loads(kept.log[3].body["output"])["ok"] is True
    assert kept.turns[0].tools[0].outcome["outcome"] == "deferred"
    assert "J2" in (kept.turns[0].reply or "")


def test_masking_what_is_masked_changes_no_id() -> None:
    one = masking(words=True)
    assert one.text(f"{PERSON} and {PERSON} of T024BE7LD") == "U0000000001 and U0000000001 of T0000000001"


def test_the_words_that_tools_choose_from_are_found_in_their_definitions() -> None:
    parameters = {"properties": {"mode": {"anyOf": [{"enum": ["speed", "precision"]}, {"const": "none"}]}}}
    assert choices_of([{"name": "x", "parameters": parameters}]) == {"speed", "precision", "none"}


@pytest.mark.parametrize("depth", [600, 5_000])
def test_arguments_that_are_nested_too_deeply_are_a_text_whose_words_go(depth: int) -> None:
    deep = '{"a":' * depth + '"secretword"' + "}" * depth
    assert "secretword" not in masking(words=False).quoted(deep)
