"""The modals in which an operator says something through the avatar, or whispers to the model."""

from __future__ import annotations

from slack_sdk.models.blocks import InputBlock, PlainTextInputElement, PlainTextObject
from slack_sdk.models.views import View

from agent.live.records import LiveSession
from agent.records import Json

SAY = "live_say"
WHISPER = "live_whisper"
WORDS = "words"
LONGEST_WORDS = 2_000

TITLES = {SAY: "Say it", WHISPER: "Whisper"}
LABELS = {SAY: "What the avatar says", WHISPER: "What the model should know or do"}
HINTS = {
    SAY: "Spoken word for word, and shown as a teammate's words.",
    WHISPER: "Only the model reads it. It is never spoken by itself.",
}


def words_modal(kind: str, session: LiveSession) -> Json:
    """Asks for words; `kind` is `SAY` or `WHISPER`, and the view's callback id."""
    entry = PlainTextInputElement(action_id=WORDS, multiline=True, max_length=LONGEST_WORDS)
    view = View(
        type="modal",
        callback_id=kind,
        title=PlainTextObject(text=TITLES[kind]),
        submit=PlainTextObject(text=TITLES[kind]),
        close=PlainTextObject(text="Not now"),
        private_metadata=session.id,
        blocks=[
            InputBlock(
                block_id=WORDS,
                label=PlainTextObject(text=LABELS[kind]),
                hint=PlainTextObject(text=HINTS[kind]),
                element=entry,
            )
        ],
    )
    return view.to_dict()


def entered(state: Json) -> str:
    """The words in a submitted modal's `state`."""
    block = state.get(WORDS)
    field = block.get(WORDS) if isinstance(block, dict) else None
    value = field.get("value") if isinstance(field, dict) else None
    return value.strip()[:LONGEST_WORDS] if isinstance(value, str) else ""
