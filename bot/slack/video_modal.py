"""The dialog that makes a video: what is said, by which avatar, in which voice, with a picture and a sample of them."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable, Sequence

from slack_sdk.models.blocks import (
    Block,
    ExternalDataSelectElement,
    InputBlock,
    PlainTextInputElement,
    PlainTextObject,
)
from slack_sdk.models.views import View

from agent.presenters import Known
from agent.records import Json
from bot.picks import Picks
from bot.slack.catalogue_posts import PreviewLink
from bot.slack.fields import picked_in, typed_in
from bot.slack.pickers import AVATAR, VOICE, called, options, picked, preview
from bot.slack.router import Answer, Interaction, Router, refusal
from bot.slack.text import plain
from bot.slack.wishes import Thread, wished

MAKE = "make_video"
SHORTCUT = "video_from_message"
SCRIPT = "script"
LONGEST_SCRIPT = 3000
NOT_A_MESSAGE = "Use this on a message, or ask me in words."
WHICH = "Which avatar shall speak it?"
PAID = "It is a paid request; what it costs stands on its card."
WORDS = f"The avatar says it word for word. {PAID}"
ROWS = f"With {{name}}, {{company}} or any other column of the list where they differ. {PAID}"
NOTHING = "There is nothing to say in it."
NOT_NOW = "I can't ask HeyGen who that is at the moment. Please try again in a minute, or leave the choice empty."
_MENTION = re.compile(r"\s*<[@!][^<>]*>[ ,:]*")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class VideoModal:
    """The handlers of the shortcut, the dialog and its lists."""

    picks: Picks
    preview_link: PreviewLink

    def register(self, router: Router) -> None:
        """Add them to the router."""
        router.add("shortcut", SHORTCUT, self.shortcut)
        router.add("options", AVATAR, self.avatars)
        router.add("options", VOICE, self.voices)
        router.add("action", AVATAR, self.show)
        router.add("action", VOICE, self.show)
        router.add("view", MAKE, self.submitted)

    async def shortcut(self, interaction: Interaction) -> Answer:
        """The dialog, with the words of a message filled in."""
        message = interaction.body.get("message")
        if not interaction.channel_id or not isinstance(message, dict):
            return Answer(text=NOT_A_MESSAGE)
        words = spoken(plain(str(message.get("text") or "")))
        return await self.open(interaction, words, Thread(interaction.channel_id, interaction.thread_ts))

    async def typed(self, interaction: Interaction) -> Answer:
        """The dialog for somebody who typed the command and no words; the video gets a thread of its own."""
        return await self.open(interaction, "", Thread(interaction.channel_id, None))

    async def open(self, interaction: Interaction, script: str, place: Thread) -> Answer:
        """The dialog, for a video that is reported in `place`."""
        about = json.dumps({"channel": place.channel_id, "thread": place.thread_ts})
        return Answer(open_view=modal(about, script[:LONGEST_SCRIPT]))

    def speaking(self, recording: str, place: Thread) -> Answer:
        """The dialog for an avatar that speaks a recording, by its handle."""
        about = {"channel": place.channel_id, "thread": place.thread_ts, "audio": recording}
        return Answer(open_view=modal(json.dumps(about), ""))

    def for_rows(self, rows: str, place: Thread) -> Answer:
        """The dialog for a video for each row of a list, by its handle."""
        about = {"channel": place.channel_id, "thread": place.thread_ts, "list": rows}
        return Answer(open_view=modal(json.dumps(about), ""))

    async def avatars(self, interaction: Interaction) -> Answer:
        """The avatars that fit what was typed."""
        return await self._options(interaction, lambda known: options(known.looks, interaction.value))

    async def voices(self, interaction: Interaction) -> Answer:
        """The voices that fit what was typed."""
        return await self._options(interaction, lambda known: options(known.voices, interaction.value))

    async def show(self, interaction: Interaction) -> Answer:
        """The dialog once more, with a picture and a sample of what was picked."""
        view = interaction.body.get("view")
        found = await self.picks.of(interaction.team_id)
        if found is None or not isinstance(view, dict):
            return Answer()
        account_id, known = found
        look = picked(known.looks, picked_in(interaction.state, AVATAR))
        voice = picked(known.voices, picked_in(interaction.state, VOICE))
        shown = preview(account_id, look, voice, self.preview_link)
        about, script = str(view.get("private_metadata") or ""), _written(interaction.state)
        return Answer(update_view=modal(about, script, shown))

    async def submitted(self, interaction: Interaction) -> Answer:
        """Ask for the video, as somebody would by words."""
        if interaction.is_dismissal:
            return Answer()
        script, about = _written(interaction.state), json.loads(interaction.value)
        recording = about.get("audio")
        if recording is None and not any(map(str.isalnum, script)):
            return refusal(SCRIPT, NOTHING)
        arguments: Json = {"script": script} if recording is None else {"video": None, "audio": recording}
        arguments |= {"file": about["list"]} if "list" in about else {}
        chosen = {name: value for name in (AVATAR, VOICE) if (value := picked_in(interaction.state, name))}
        if chosen:
            found = await self.picks.of(interaction.team_id)
            if found is None:
                return refusal(next(iter(chosen)), NOT_NOW)
            arguments |= _named(found[1], chosen)
        if recording is not None and "avatar" not in arguments:
            return refusal(AVATAR, WHICH)
        place = Thread(about["channel"], about.get("thread"))
        said = f"[asked in a dialog] {script or 'an avatar speaks the recording'}"
        return Answer(event=wished(interaction, place, _tool(about), arguments, said))

    async def _options(self, interaction: Interaction, of: Callable[[Known], list[Json]]) -> Answer:
        found = await self.picks.of(interaction.team_id)
        return Answer(options=of(found[1]) if found is not None else [])


def _tool(about: Json) -> str:
    """What makes the video that a dialog is about."""
    if "audio" in about:
        return "lipsync_video"
    return "create_videos" if "list" in about else "create_video"


def _named(known: Known, chosen: Json) -> Json:
    """What was picked, by the names that the tool knows."""
    look, voice = picked(known.looks, chosen.get(AVATAR)), picked(known.voices, chosen.get(VOICE))
    named: Json = {} if look is None else {"avatar": called(known.looks, look)}
    return named if voice is None else {**named, "voice": called(known.voices, voice)}


def spoken(text: str) -> str:
    """A message as somebody would say it: without mentions, which no voice can read."""
    return _MENTION.sub(" ", text).strip()


def modal(about: str, script: str, shown: Sequence[Block] = ()) -> Json:
    """The dialog; `shown` is what is seen and heard of those who were picked."""
    words = PlainTextInputElement(
        action_id=SCRIPT, multiline=True, initial_value=script or None, max_length=LONGEST_SCRIPT
    )
    kind = json.loads(about)
    voiced = "audio" not in kind
    spoken = InputBlock(
        block_id=SCRIPT,
        label=PlainTextObject(text="What each video says" if "list" in kind else "What is said"),
        hint=PlainTextObject(text=ROWS if "list" in kind else WORDS),
        element=words,
    )
    view = View(
        type="modal",
        callback_id=MAKE,
        title=PlainTextObject(text="Make a video"),
        submit=PlainTextObject(text="Make it"),
        close=PlainTextObject(text="Not now"),
        private_metadata=about,
        blocks=[
            *([spoken] if voiced else []),
            _picker(AVATAR, "Avatar", "The usual one" if voiced else "Whose lips follow the recording"),
            *([_picker(VOICE, "Voice", "The avatar's own")] if voiced else []),
            *shown,
        ],
    )
    return view.to_dict()


def _picker(name: str, label: str, otherwise: str) -> Block:
    """A list to type into, which may stay empty; picking is told at once."""
    select = ExternalDataSelectElement(action_id=name, placeholder=PlainTextObject(text=otherwise), min_query_length=0)
    return InputBlock(
        block_id=name, label=PlainTextObject(text=label), element=select, optional=True, dispatch_action=True
    )


def _written(state: Json) -> str:
    return typed_in(state, SCRIPT)[:LONGEST_SCRIPT].strip()
