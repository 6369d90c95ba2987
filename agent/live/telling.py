"""What the model is told in a live turn: the thread, then the session, then the facts of this moment. No I/O."""

from __future__ import annotations

from collections.abc import Sequence

from agent.conversation import developer_message, model_input, user_message
from agent.live.records import LineState, Speaker
from agent.live.transcript import Remark
from agent.records import Item, Json

BEGINNING = "From here on the person speaks with you in a live session."
NOT_HEARD = {
    LineState.INTERRUPTED: "They interrupted you there and did not hear the rest.",
    LineState.LOST: "What you said there was not heard: the connection was lost.",
}
THREAD_TOKENS = 8_000
SPOKEN_CHARACTERS = 8_000


def told(items: Sequence[Item], remarks: Sequence[Remark], facts: str) -> list[Json]:
    """The input of a turn's first model call."""
    thread = model_input(items, BEGINNING, budget=THREAD_TOKENS)
    return [*thread, *_spoken(remarks), developer_message(facts)]


def _spoken(remarks: Sequence[Remark]) -> list[Json]:
    """What was said in the session, the newest of it within a bound."""
    kept: list[Remark] = []
    size = 0
    for remark in reversed(remarks):
        size += len(remark.text)
        if size > SPOKEN_CHARACTERS and kept:
            break
        kept.append(remark)
    return [body for remark in reversed(kept) for body in _bodies(remark)]


def _bodies(remark: Remark) -> list[Json]:
    if remark.whisper:
        return [developer_message(f"From a teammate, for you alone: {remark.text}")]
    match remark.speaker:
        case Speaker.VISITOR:
            return [user_message(remark.text)]
        case Speaker.AVATAR:
            said: Json = {"type": "message", "role": "assistant", "content": remark.text}
            note = NOT_HEARD.get(remark.state)
            return [said] if note is None else [said, developer_message(note)]
        case Speaker.TEAMMATE:
            return [developer_message(f"A teammate said through you: {remark.text}")]
        case Speaker.RUNTIME:
            return [developer_message(remark.text)]
