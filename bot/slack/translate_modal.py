"""The dialog that asks into which languages: from a finished card, or from a message with a video."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from typing import Protocol

from slack_sdk.models.blocks import InputBlock, PlainTextInputElement, PlainTextObject, SectionBlock
from slack_sdk.models.views import View

from agent.records import Job, JobKind, JobState, Json, Submission
from agent.request import links_in
from agent.work import PLAYED
from bot.slack.buttons import TRANSLATE
from bot.slack.fields import typed_in
from bot.slack.kinds import shown_source
from bot.slack.modals import LANGUAGES, LONGEST_INPUT, complaint, entered, named
from bot.slack.ports import Places
from bot.slack.router import Answer, Interaction, Router, refusal
from bot.slack.text import safe
from bot.slack.typed.topics import EXAMPLE_URL
from bot.slack.wishes import LONGEST_LINK, Thread, given, wished

SHORTCUT = "translate_video"
LINK = "link"
NO_LINK = "That is not a link. It begins with https://"
LOOKED_AT = 20
NAME_LIMIT = 80
UNKNOWN = "I don't know this request any more. Ask me in words instead."
NO_VIDEO = "I see no video in this message: neither a video file nor a link. Attach one, or type `/heygen translate`."
NOT_A_MESSAGE = "Use this on a message with a video, or type `/heygen translate`."


class Jobs(Protocol):
    """What is read of requests and jobs."""

    async def submission(self, submission_id: str) -> Submission:
        """One submission; `KeyError` when there is none."""
        ...

    async def jobs_of(self, submission_id: str) -> Sequence[Job]:
        """Its jobs in the order they were asked for."""
        ...

    async def recent(self, workspace_id: str, requester: str | None = None, limit: int = 20) -> Sequence[Job]:
        """Somebody's, newest first."""
        ...


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TranslateModal:
    """The handlers of the button, the message's shortcut and the dialog."""

    jobs: Jobs
    places: Places

    def register(self, router: Router) -> None:
        """Add them to the router."""
        router.add("action", TRANSLATE, self.open)
        router.add("shortcut", SHORTCUT, self.shortcut)
        router.add("view", TRANSLATE, self.submitted)

    async def open(self, interaction: Interaction) -> Answer:
        """The dialog for what a card shows as ready."""
        found = await self._result(interaction, interaction.value)
        if found is None:
            return Answer(text=UNKNOWN)
        submission, _ = found
        return await self.dialog(interaction, safe(submission.title, NAME_LIMIT), {"submission": submission.id})

    async def shortcut(self, interaction: Interaction) -> Answer:
        """The dialog for the video of a message."""
        message = interaction.body.get("message")
        if not interaction.channel_id or not isinstance(message, dict):
            return Answer(text=NOT_A_MESSAGE)
        video = given(message, ("video/",))
        if video is None:
            return Answer(text=NO_VIDEO)
        name = shown_source(video.link) if video.link else safe(video.name, NAME_LIMIT)
        about = {"channel": interaction.channel_id, "thread": interaction.thread_ts}
        return await self.dialog(interaction, name, {**about, "file": video.file_id, "link": video.link})

    async def typed(self, interaction: Interaction) -> Answer:
        """The dialog for somebody who typed the command and nothing else: it asks for a link, too."""
        about = json.dumps({"channel": interaction.channel_id, "asks": True})
        return Answer(open_view=modal(None, await self._last(interaction), about))

    async def submitted(self, interaction: Interaction) -> Answer:
        """Ask for the translation, as somebody would by words."""
        if interaction.is_dismissal:
            return Answer()
        languages = entered(interaction.state)
        if problem := complaint(languages, ()):
            return refusal(LANGUAGES, problem)
        about = json.loads(interaction.value)
        link = _link(interaction.state) if "asks" in about else about.get("link") or ""
        if link is None:
            return refusal(LINK, NO_LINK)
        arguments: Json = {"source": link, "languages": list(languages)}
        attached = {"source": about["file"]} if about.get("file") else {}
        place = Thread(about.get("channel") or "", about.get("thread"))
        if "submission" in about:
            found = await self._result(interaction, about["submission"])
            if found is None:
                return refusal(LANGUAGES, UNKNOWN)
            submission, arguments["source"] = found
            conversation = await self.places.conversation(submission.conversation_id)
            place = Thread(conversation.channel_id, conversation.thread_ts)
            arguments["title"] = submission.title
        what = arguments["source"] or "the file"
        said = f"[asked in a dialog] translate {what} into {', '.join(languages)}"
        return Answer(event=wished(interaction, place, "translate_video", arguments, said, attached=attached))

    async def _result(self, interaction: Interaction, submission_id: str) -> tuple[Submission, str] | None:
        """A request, and what of it is to be translated: a translation's own source, or else what was made."""
        try:
            submission = await self.jobs.submission(submission_id)
        except KeyError:
            return None
        if submission.workspace_id != interaction.team_id or not submission.arguments:
            return None
        if submission.kind is JobKind.TRANSLATION:
            asked = submission.arguments
            return submission, str(asked.get("video_handle") or asked.get("video_url") or "")
        ready = [job for job in await self.jobs.jobs_of(submission.id) if job.state is JobState.SUCCEEDED]
        return (submission, ready[0].handle) if ready and submission.kind in PLAYED else None

    async def dialog(self, interaction: Interaction, name: str, about: Json) -> Answer:
        """The dialog; `name` (mrkdwn) is what is translated, and `about` says where it comes from."""
        languages = await self._last(interaction)
        return Answer(open_view=modal(name, languages, json.dumps(about)))

    async def _last(self, interaction: Interaction) -> list[str]:
        """The languages that the person asked for last."""
        recent = await self.jobs.recent(interaction.team_id, requester=interaction.user_id, limit=LOOKED_AT)
        theirs = [job for job in recent if job.kind is JobKind.TRANSLATION]
        return [job.label for job in reversed(theirs) if job.submission_id == theirs[0].submission_id]


def modal(name: str | None, languages: Sequence[str], about: str) -> Json:
    """The dialog. `name` (mrkdwn) is what is translated; None lets it ask for a link."""
    now = ", ".join(named(language) for language in languages)[:LONGEST_INPUT]
    entry = PlainTextInputElement(
        action_id=LANGUAGES,
        initial_value=now or None,
        max_length=LONGEST_INPUT,
        placeholder=PlainTextObject(text="French, German, Spanish (Mexico)"),
    )
    hint = (
        "Separated by commas. It is a paid request; what it costs stands on its card, which may wait for an approval."
    )
    view = View(
        type="modal",
        callback_id=TRANSLATE,
        title=PlainTextObject(text="Translate a video"),
        submit=PlainTextObject(text="Translate"),
        close=PlainTextObject(text="Not now"),
        private_metadata=about,
        blocks=[
            SectionBlock(text=f"Speech and lips of {name or 'a video'}, into other languages."),
            *([] if name else [_which()]),
            InputBlock(
                block_id=LANGUAGES,
                label=PlainTextObject(text="Languages"),
                hint=PlainTextObject(text=hint),
                element=entry,
            ),
        ],
    )
    return view.to_dict()


def _which() -> InputBlock:
    entry = PlainTextInputElement(
        action_id=LINK, max_length=LONGEST_LINK, placeholder=PlainTextObject(text=EXAMPLE_URL)
    )
    return InputBlock(block_id=LINK, label=PlainTextObject(text="Link to the video"), element=entry)


def _link(state: Json) -> str | None:
    """The link that was typed; None where there is none."""
    links = links_in(typed_in(state, LINK)[:LONGEST_LINK])
    return links[0] if links else None
