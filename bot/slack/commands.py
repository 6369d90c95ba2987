"""The handlers behind `/heygen`. Answers are private; what takes time becomes an inbox row."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import assert_never

from agent.ports import Clock
from agent.records import Json
from bot.slack.blocks import Post
from bot.slack.budget import Budgets
from bot.slack.cancels import CancelCommand
from bot.slack.connect_views import invitation
from bot.slack.forgetting import Forgetting
from bot.slack.live_command import NOT_SET_UP, LiveCommand, go_live
from bot.slack.memory_command import MemoryCommand
from bot.slack.ports import LinkFor, RecentJobs
from bot.slack.router import Answer, Interaction, Router
from bot.slack.schedule_actions import ScheduleActions
from bot.slack.talk_actions import TalkActions
from bot.slack.text import plain, safe
from bot.slack.typed import (
    BeQuiet,
    Call,
    Cancel,
    EndLive,
    ForgetMe,
    GoLive,
    Help,
    Jobs,
    Lipsync,
    Memory,
    Schedule,
    Settings,
    ShowBudget,
    Translate,
    UsageError,
    parse,
)
from bot.slack.views import help_view, jobs_list
from bot.slack.wishes import opening

JOBS_SHOWN = 20
NOT_HERE = "I'm not set up to work for you in this channel. An admin can change that with `/heygen settings`."

Dialog = Callable[[Interaction], Awaitable[Answer]]


class Commands:
    """The handlers of `/heygen`. `dialogs` ask for what was not typed, by the name of the topic."""

    def __init__(
        self,
        *,
        jobs: RecentJobs,
        budgets: Budgets,
        cancelling: CancelCommand,
        forgetting: Forgetting,
        clock: Clock,
        link_for: LinkFor,
        live: LiveCommand | None = None,
        schedules: ScheduleActions | None = None,
        memory: MemoryCommand | None = None,
        talk: TalkActions | None = None,
        connected: Callable[[str], Awaitable[bool]] | None = None,
    ) -> None:
        self._jobs = jobs
        self._budgets = budgets
        self._cancelling = cancelling
        self._forgetting = forgetting
        self._live = live
        self._schedules = schedules
        self._memory = memory
        self._talk = talk
        self._clock = clock
        self._link_for = link_for
        self._connected = connected
        self.dialogs: Mapping[str, Dialog] = {}

    def register(self, router: Router) -> None:
        """Add the command to the router."""
        router.add("command", "/heygen", self.handle)

    async def handle(self, interaction: Interaction) -> Answer:
        """Answer one command; what takes time becomes an inbox row that opens a conversation.

        Where no HeyGen account is connected there is no work to begin, only one to connect.
        """
        answer = await self._decide(interaction)
        if answer.event is None or self._connected is None or await self._connected(interaction.team_id):
            return answer
        return _answer(invitation())

    async def _decide(self, interaction: Interaction) -> Answer:
        if self._talk is not None and not await self._talk.hears(interaction):
            return Answer(text=NOT_HERE)
        command = parse(interaction.text)
        match command:
            case Translate() | Lipsync() | Call():
                return made_answer(interaction, command)
            case Settings() | BeQuiet():
                return await self._talked(interaction, command)
            case Jobs():
                return _answer(await self._recent(interaction))
            case ShowBudget():
                return _answer(await self._budgets.show(interaction))
            case Cancel(wanted):
                return _answer(await self._cancelling.handle(interaction, wanted))
            case GoLive() | EndLive():
                return await self._lively(interaction, command)
            case Schedule() | Memory():
                return await self._noted(interaction, command)
            case ForgetMe():
                return _answer(self._forgetting.offer())
            case Help(topic):
                return _answer(help_view(topic))
            case UsageError():
                return await self._asked(interaction, command)
            case _:
                assert_never(command)

    async def _asked(self, interaction: Interaction, error: UsageError) -> Answer:
        """What is wrong; where nothing was typed, a dialog that asks for it, and the words only if it cannot open."""
        dialog = self.dialogs.get(error.dialog or "")
        if dialog is None:
            return Answer(text=error.sentence)
        return replace(await dialog(interaction), text=error.sentence)

    async def _lively(self, interaction: Interaction, command: GoLive | EndLive) -> Answer:
        if self._live is None:
            return Answer(text=NOT_SET_UP)
        if isinstance(command, GoLive):
            return go_live(interaction, command.reason)
        return await self._live.end(interaction)

    async def _talked(self, interaction: Interaction, command: Settings | BeQuiet) -> Answer:
        if self._talk is None:
            return Answer(text=NOT_SET_UP)
        if isinstance(command, Settings):
            return await self._talk.settings(interaction)
        return await self._talk.quiet(interaction, off=command.off)

    async def _noted(self, interaction: Interaction, command: Schedule | Memory) -> Answer:
        if isinstance(command, Memory):
            return await self._memory.handle(interaction, command) if self._memory else Answer(text=NOT_SET_UP)
        return await self._schedules.typed(interaction, command) if self._schedules else Answer(text=NOT_SET_UP)

    async def _recent(self, interaction: Interaction) -> Post:
        jobs = await self._jobs.recent(interaction.team_id, requester=interaction.user_id, limit=JOBS_SHOWN)
        return jobs_list(jobs, now=self._clock.now(), link_for=self._link_for)


def _answer(post: Post) -> Answer:
    return Answer(text=post.text, blocks=post.blocks)


def made_answer(interaction: Interaction, command: Translate | Lipsync | Call) -> Answer:
    """The answer to a command that opens a thread and has something done there."""
    match command:
        case Translate():
            return translate_answer(interaction, command)
        case Lipsync():
            return lipsync_answer(interaction, command)
        case Call(name, arguments, said, what):
            text = f"Got it: {what}. I open a thread in this channel and report there."
            return Answer(text=text, event=opening(interaction, name, arguments, plain(said)))
        case _:
            assert_never(command)


def translate_answer(interaction: Interaction, command: Translate) -> Answer:
    """The private word to the person, and the event that opens the conversation."""
    languages = ", ".join(command.languages)
    arguments: Json = {"source": command.source, "languages": list(command.languages)}
    said = f"/heygen translate {command.source} into {languages}"
    text = f"Got it: {safe(languages, 500)}. I open a thread in this channel and report there."
    return Answer(text=text, event=opening(interaction, "translate_video", arguments, said))


def lipsync_answer(interaction: Interaction, command: Lipsync) -> Answer:
    """The same for a lip-sync."""
    arguments: Json = {"video": command.video, "audio": command.audio}
    said = f"/heygen lipsync {command.video} with {command.audio}"
    text = "Got it: a lip-sync. I open a thread in this channel and report there."
    return Answer(text=text, event=opening(interaction, "lipsync_video", arguments, said))
