"""Lines become final in the order in which they began."""

from __future__ import annotations

from agent.live.ports import NewLine
from agent.live.records import LineState, LiveLine, Manner, Speaker
from agent.live.transcript import REMEMBERED, Transcript


def line(text: str, speaker: Speaker = Speaker.VISITOR) -> NewLine:
    return NewLine(at=0.0, speaker=speaker, manner=Manner.VOICE, text=text)


def test_what_is_still_being_said_holds_back_what_came_after() -> None:
    transcript = Transcript()
    transcript.begin("a")
    assert transcript.add("b", line("Mm.")) == []
    assert [one.text for one in transcript.end("a", line("Hello.", Speaker.AVATAR))] == ["Hello.", "Mm."]
    assert [one.text for one in transcript.add("c", line("And?"))] == ["And?"]


def test_what_left_no_line_holds_nothing_back() -> None:
    transcript = Transcript()
    transcript.begin("a")
    transcript.add("b", line("Mm."))
    assert [one.text for one in transcript.end("a", None)] == ["Mm."]
    assert transcript.end("a", line("again")) == []


def test_what_the_model_is_told_has_whispers_and_captions() -> None:
    past = LiveLine(
        seq=1, at=0.0, speaker=Speaker.AVATAR, manner=Manner.VOICE, text="Before.", state=LineState.INTERRUPTED
    )
    transcript = Transcript([past])
    transcript.add("b", line("Hello."))
    transcript.whisper("Be kind.")
    told = [(one.text, one.state, one.whisper, one.caption) for one in transcript.remarks]
    assert told == [
        ("Before.", LineState.INTERRUPTED, False, None),
        ("Hello.", LineState.SAID, False, "b"),
        ("Be kind.", LineState.SAID, True, None),
    ]


def test_it_remembers_only_so_much() -> None:
    transcript = Transcript()
    for number in range(REMEMBERED + 5):
        transcript.add(str(number), line(str(number)))
    assert len(transcript.remarks) == REMEMBERED
    assert transcript.remarks[-1].text == str(REMEMBERED + 4)
