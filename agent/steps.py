"""What a person is told of a tool call while it runs: a task with a title in plain words, and how far it has come.

The titles are ours alone: nothing of a call's arguments is in them, so that nobody's words are shown by this way.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass

from agent.tool_calls import Failed, Outcome, TryAgain

TITLE_LIMIT = 80


class StepState(enum.StrEnum):
    """How far a step has come; the last two are final. The words are Slack's as well."""

    PENDING = "pending"
    IN_PROGRESS = "in_progress"
    COMPLETE = "complete"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Step:
    """One tool call, by its id."""

    id: str
    title: str
    state: StepState


_TITLES: Mapping[str, str] = {
    "add_asset": "Uploading the file to HeyGen",
    "ask_for_human": "Calling the team",
    "cancel_jobs": "Cancelling what you don't want any more",
    "cancel_schedule": "Ending the schedule",
    "create_from_template": "Preparing the video from the template",
    "create_video": "Preparing the video",
    "create_videos": "Preparing the videos",
    "end_live_avatar": "Ending the live session",
    "find_avatars": "Asking HeyGen for avatars",
    "find_tools": "Looking for the right tool",
    "find_voices": "Asking HeyGen for voices",
    "finish_proofread": "Preparing the video with your subtitles",
    "get_budget": "Looking at the budget",
    "lipsync_video": "Preparing the lip-sync",
    "list_jobs": "Looking at your videos",
    "list_languages": "Asking HeyGen for the languages",
    "list_schedules": "Looking at the schedules",
    "make_clips": "Preparing the clips",
    "make_voiceover": "Preparing the voice-over",
    "message_video_agent": "Telling the video agent",
    "remember": "Making a note of it",
    "retry_jobs": "Trying again what failed",
    "schedule_request": "Making the schedule",
    "separate_background": "Preparing the removal of the background",
    "start_live_avatar": "Preparing a live avatar",
    "start_video_agent": "Calling HeyGen's video agent",
    "stop_video_agent": "Stopping the video agent",
    "translate_video": "Preparing the translation",
}


def title_of(tool: str) -> str:
    """What a call of this tool is called; `tool` is the model's word, of which nothing but letters is kept."""
    if (title := _TITLES.get(tool)) is not None:
        return title
    words = "".join(c if c.isascii() and c.isalpha() else " " for c in tool).split()
    return f"Asking HeyGen: {' '.join(words).lower()}"[:TITLE_LIMIT] if words else "Asking HeyGen"


def state_of(outcome: Outcome) -> StepState:
    """How a call has ended, for people: what waits for an approval or is under way has been done."""
    return StepState.ERROR if isinstance(outcome, (Failed, TryAgain)) else StepState.COMPLETE
