"""What people think of answers: the buttons below them, and the modal that asks what was wrong."""

from __future__ import annotations

from slack_sdk.models.blocks import (
    Block,
    ContextActionsBlock,
    FeedbackButtonObject,
    FeedbackButtonsElement,
)

from agent.records import Json
from bot.slack.fields import WORDS, typed_in, words_dialog

ACTION = "answer_feedback"
MODAL = "feedback_words"
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
    return words_dialog(
        MODAL,
        turn_id,
        title="What was wrong?",
        submit="Tell",
        label="Say what was wrong",
        hint="Whoever runs this bot reads it, with the answer it is about.",
        longest=LONGEST_WORDS,
    )


def entered(state: Json) -> str:
    """The words in a submitted modal's `state`."""
    return typed_in(state, WORDS).strip()[:LONGEST_WORDS]
