"""The modal that changes a request before it is approved."""

from __future__ import annotations

from collections.abc import Sequence

from slack_sdk.models.blocks import InputBlock, PlainTextInputElement, PlainTextObject
from slack_sdk.models.views import View

from agent.records import Json, Submission
from bot.slack.buttons import value_of
from bot.slack.fields import typed_in
from bot.slack.typed import MOST_LANGUAGES, split_languages

CHANGE = "change_request"
LANGUAGES = "languages"
LONGEST_INPUT = 3000


def change_modal(submission: Submission) -> Json:
    """Asks for other languages; those it has are filled in."""
    now = ", ".join(named(name) for name in submission.arguments.get("languages", []))
    entry = PlainTextInputElement(action_id=LANGUAGES, initial_value=now[:LONGEST_INPUT], max_length=LONGEST_INPUT)
    view = View(
        type="modal",
        callback_id=CHANGE,
        title=PlainTextObject(text="Change the request"),
        submit=PlainTextObject(text="Change"),
        close=PlainTextObject(text="Keep it"),
        private_metadata=value_of(submission),
        blocks=[
            InputBlock(
                block_id=LANGUAGES,
                label=PlainTextObject(text="Languages"),
                hint=PlainTextObject(text="Separated by commas. The changed request takes the place of this one."),
                element=entry,
            )
        ],
    )
    return view.to_dict()


def named(name: str) -> str:
    """A language so that it is read back as the same one."""
    return name if split_languages(f"{name},") == (name,) else f'"{name}"'


def entered(state: Json) -> tuple[str, ...]:
    """The languages in a submitted modal's `state`."""
    return split_languages(" ".join(typed_in(state, LANGUAGES)[:LONGEST_INPUT].split()))


def complaint(languages: Sequence[str], before: Sequence[str]) -> str | None:
    """What is wrong with the languages that were entered, None when nothing is."""
    if not languages:
        return "Into which languages?"
    if len(languages) > MOST_LANGUAGES:
        return f"That is {len(languages)} languages; I take at most {MOST_LANGUAGES} at once."
    if {name.casefold() for name in languages} == {name.casefold() for name in before}:
        return "These are the languages it has already."
    return None
