"""What people think of answers: the buttons below them, and the modal that asks what was wrong."""

from __future__ import annotations

from slack_sdk.models.blocks import (
    Block,
    ContextActionsBlock,
    FeedbackButtonObject,
    FeedbackButtonsElement,
    InputBlock,
    PlainTextInputElement,
    PlainTextObject,
)
from slack_sdk.models.views import View

from agent.records import Json

ACTION = "answer_feedback"
MODAL = "feedback_words"
WORDS = "words"
LONGEST_WORDS = 2_000
GOOD, BAD = "good", "bad"


def buttons(turn_id: str) -> Block:
    """Thumbs up and down for the answer of a turn."""
    return ContextActionsBlock(
        elements=[
            FeedbackButtonsElement(
                action_id=ACTION,
                positive_button=FeedbackButtonObject(
                    text="Good answer", value=f"{GOOD}:{turn_id}", accessibility_label="This was a good answer"
                ),
                negative_button=FeedbackButtonObject(
                    text="Bad answer", value=f"{BAD}:{turn_id}", accessibility_label="This was a bad answer"
                ),
            )
        ]
    )


def pressed(value: str) -> tuple[bool, str] | None:
    """Whether it was found good, and which turn's answer; None for no button of ours."""
    verdict, _, turn_id = value.partition(":")
    return (verdict == GOOD, turn_id) if verdict in (GOOD, BAD) and turn_id else None


def words_modal(turn_id: str) -> Json:
    """Asks what was wrong. Thumbs down counts whether it is answered or not."""
    entry = PlainTextInputElement(action_id=WORDS, multiline=True, max_length=LONGEST_WORDS)
    view = View(
        type="modal",
        callback_id=MODAL,
        title=PlainTextObject(text="What was wrong?"),
        submit=PlainTextObject(text="Tell"),
        close=PlainTextObject(text="Not now"),
        private_metadata=turn_id,
        blocks=[
            InputBlock(
                block_id=WORDS,
                label=PlainTextObject(text="Say what was wrong"),
                hint=PlainTextObject(text="Whoever runs this bot reads it, with the answer it is about."),
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
