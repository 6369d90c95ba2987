"""The modals in which an operator says something through the avatar, or whispers to the model."""

from __future__ import annotations

from agent.live.records import LiveSession
from agent.records import Json
from bot.slack.fields import WORDS, typed_in, words_dialog

SAY = "live_say"
WHISPER = "live_whisper"
LONGEST_WORDS = 2_000

TITLES = {SAY: "Say it", WHISPER: "Whisper"}
LABELS = {SAY: "What the avatar says", WHISPER: "What the model should know or do"}
HINTS = {
    SAY: "Spoken word for word, and shown as a teammate's words.",
    WHISPER: "Only the model reads it. It is never spoken by itself.",
}


def words_modal(kind: str, session: LiveSession) -> Json:
    """Asks for words; `kind` is `SAY` or `WHISPER`, and the view's callback id."""
    return words_dialog(
        kind,
        session.id,
        title=TITLES[kind],
        submit=TITLES[kind],
        label=LABELS[kind],
        hint=HINTS[kind],
        longest=LONGEST_WORDS,
    )


def entered(state: Json) -> str:
    """The words in a submitted modal's `state`."""
    return typed_in(state, WORDS).strip()[:LONGEST_WORDS]
