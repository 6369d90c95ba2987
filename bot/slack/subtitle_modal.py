"""The dialog in which the subtitles of a proofread are corrected; what it says goes the way of a file sent back."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import Protocol

from slack_sdk.models.blocks import InputBlock, PlainTextInputElement, PlainTextObject
from slack_sdk.models.views import View

from agent.records import Conversation, Job, JobKind, JobState, Json, Submission
from bot.slack.asked import only_theirs, work_for
from bot.slack.buttons import CORRECT
from bot.slack.fields import typed_in
from bot.slack.job_files import FileUnavailable
from bot.slack.router import Answer, Interaction, Router, refusal

TEXT = "subtitles"
LONGEST_INPUT = 3000  # Slack's own
SECONDS = 2.0  # Slack wants the dialog within three
UNKNOWN = "These subtitles are gone. Ask for them again in words."
TOO_LONG = (
    "These subtitles are too long for a dialog. Correct the file in the thread and send it back with *finish {}*."
)
NOT_NOW = (
    "I can't fetch the subtitles quickly enough at the moment. Please press again, or send the corrected file here."
)
EMPTY = "There is nothing in it."


class Requests(Protocol):
    """What is read of requests."""

    async def job(self, job_id: str) -> Job:
        """One job; `KeyError` when there is none."""
        ...

    async def submission(self, submission_id: str) -> Submission:
        """One submission; `KeyError` when there is none."""
        ...


class Places(Protocol):
    """Where threads are."""

    async def conversation(self, conversation_id: str) -> Conversation:
        """One thread; `KeyError` when there is none."""
        ...


class Contents(Protocol):
    """Fetches results (`bot.slack.job_files.JobFiles`)."""

    async def content(self, job: Job) -> bytes:
        """What a job has made; `FileUnavailable` where it cannot be fetched now."""
        ...


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SubtitleModal:
    """The handlers of the button and the dialog."""

    requests: Requests
    places: Places
    contents: Contents
    seconds: float = SECONDS

    def register(self, router: Router) -> None:
        """Add both to the router."""
        router.add("action", CORRECT, self.open)
        router.add("view", CORRECT, self.submitted)

    async def open(self, interaction: Interaction) -> Answer:
        """Show the subtitles as they are now, if they fit."""
        found = await self._about(interaction)
        if found is None:
            return Answer(text=UNKNOWN)
        job, submission = found
        if interaction.user_id != submission.requester:
            return Answer(text=only_theirs(submission, "correct the subtitles"))
        try:
            async with asyncio.timeout(self.seconds):
                text = (await self.contents.content(job)).decode("utf-8", "replace").removeprefix("\ufeff")
        except (FileUnavailable, TimeoutError):
            return Answer(text=NOT_NOW)
        if len(text) > LONGEST_INPUT:
            return Answer(text=TOO_LONG.format(job.handle))
        return Answer(open_view=modal(job, text))

    async def submitted(self, interaction: Interaction) -> Answer:
        """Take what was corrected: from here it is the call that a person would make by words."""
        if interaction.is_dismissal:
            return Answer()
        found = await self._about(interaction)
        if found is None:
            return refusal(TEXT, UNKNOWN)
        job, submission = found
        if interaction.user_id != submission.requester:
            return refusal(TEXT, "Only the person who asked for this can correct it.")
        text = entered(interaction.state)
        if not text.strip():
            return refusal(TEXT, EMPTY)
        place = await self.places.conversation(submission.conversation_id)
        asked: Json = {
            "name": "perform_operation",
            "tool": "finish_proofread",
            "arguments": {"job": job.handle, "lines": text.splitlines()},
            "text": f"[corrected the subtitles of {job.handle}]",
        }
        return Answer(event=work_for(place, interaction, asked))

    async def _about(self, interaction: Interaction) -> tuple[Job, Submission] | None:
        try:
            job = await self.requests.job(interaction.value)
            submission = await self.requests.submission(job.submission_id)
        except KeyError:
            return None
        whole = bool(submission.arguments) and submission.workspace_id == interaction.team_id
        ready = job.kind is JobKind.PROOFREAD and job.state is JobState.SUCCEEDED
        return (job, submission) if whole and ready else None


def modal(job: Job, text: str) -> Json:
    """The dialog with the subtitles in it."""
    entry = PlainTextInputElement(action_id=TEXT, multiline=True, initial_value=text, max_length=LONGEST_INPUT)
    view = View(
        type="modal",
        callback_id=CORRECT,
        title=PlainTextObject(text="Correct the subtitles"),
        submit=PlainTextObject(text="Make the video"),
        close=PlainTextObject(text="Not now"),
        private_metadata=job.id,
        blocks=[
            InputBlock(
                block_id=TEXT,
                label=PlainTextObject(text=job.label[:100]),
                hint=PlainTextObject(text="Change the words and leave numbers and times. The video is a paid request."),
                element=entry,
            )
        ],
    )
    return view.to_dict()


def entered(state: Json) -> str:
    """The subtitles in a submitted dialog's `state`."""
    return typed_in(state, TEXT)[:LONGEST_INPUT]
