"""Settings, being quiet, and feedback, as people type and press them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from agent.ports import Roles
from agent.rights import Right, may, roles_towards
from bot.slack import feedback, talk_modal
from bot.slack.router import Answer, Interaction, Router, refusal
from bot.talk import Policy, TalkSetting

ADMINS_ONLY = "Only admins can change these settings. Who is one is set where I run (`ADMINS`)."
NO_THREAD = (
    "I have not answered you in this channel yet. In a thread say “be quiet”, or react with :mute: to an answer."
)
QUIET_NOW = "I'm quiet there now; results still come. `/heygen mute off` or a mention wakes me."
QUIET_ALREADY = "I'm quiet there already. `/heygen mute off` or a mention wakes me."
LOUD_NOW = "I talk there again."
LOUD_ALREADY = "I'm not quiet there."
THANKS = "Thanks, noted."
GONE = "That answer is not kept any more."


class Rows(Protocol):
    """What is kept of it; `bot.store.talk.Talk` has it."""

    async def setting(self, workspace_id: str) -> TalkSetting:
        """A workspace's rules."""
        ...

    async def policy(self, workspace_id: str, channel_id: str) -> Policy | None:
        """A channel's own policy."""
        ...

    async def change(
        self, workspace_id: str, actor: str, setting: TalkSetting, channel_id: str | None, policy: Policy | None
    ) -> None:
        """Set a workspace's rules, and those of one channel."""
        ...

    async def recent_thread(self, workspace_id: str, channel_id: str, user_id: str) -> str | None:
        """The conversation in which a person was answered last in a channel."""
        ...

    async def mute(self, workspace_id: str, conversation_id: str, cause: str) -> bool:
        """Be quiet in a thread; whether that was a change."""
        ...

    async def unmute(self, workspace_id: str, conversation_id: str) -> bool:
        """Talk again; whether it was quiet."""
        ...

    async def rate(self, turn_id: str, user_id: str, *, good: bool, words: str | None = None) -> bool:
        """What somebody thinks of an answer; False where it is gone."""
        ...


class TalkActions:
    """The handlers. `kick` has posts looked at."""

    def __init__(self, *, talk: Rows, roles: Roles, kick: Callable[[], None]) -> None:
        self._talk = talk
        self._roles = roles
        self._kick = kick

    def register(self, router: Router) -> None:
        """Add the dialog and the buttons to the router."""
        router.add("view", talk_modal.MODAL, self.save)
        router.add("action", feedback.ACTION, self.rate)
        router.add("view", feedback.MODAL, self.say_why)

    async def hears(self, interaction: Interaction) -> bool:
        """Whether the person is listened to where they type a command."""
        setting = await self._talk.setting(interaction.team_id)
        direct = interaction.channel_id.startswith("D")
        return setting.hears(interaction.user_id) and setting.works_in(interaction.channel_id, direct=direct)

    async def settings(self, interaction: Interaction) -> Answer:
        """Open the dialog."""
        if not self._may(interaction):
            return Answer(text=ADMINS_ONLY)
        channel = None if interaction.channel_id.startswith("D") else interaction.channel_id
        policy = await self._talk.policy(interaction.team_id, channel) if channel else None
        view = talk_modal.settings_modal(await self._talk.setting(interaction.team_id), channel, policy)
        return Answer(open_view=view)

    async def save(self, interaction: Interaction) -> Answer:
        """Keep what was submitted."""
        if interaction.body.get("type") != "view_submission":
            return Answer()
        if not self._may(interaction):
            return refusal("policy", "Only admins can change these settings.")
        found = talk_modal.chosen(interaction.state, interaction.value)
        await self._talk.change(interaction.team_id, interaction.user_id, found.setting, found.channel_id, found.policy)
        return Answer()

    def _may(self, interaction: Interaction) -> bool:
        appointed = self._roles.appointed(interaction.team_id, interaction.user_id)
        roles = roles_towards("", interaction.user_id, appointed, anybody_approves=False)
        return may(Right.CHANGE_SETTINGS, roles)

    async def quiet(self, interaction: Interaction, *, off: bool) -> Answer:
        """Be quiet in the thread of this channel in which the person was answered last, or talk there again."""
        team, channel, user = interaction.team_id, interaction.channel_id, interaction.user_id
        thread = await self._talk.recent_thread(team, channel, user)
        if thread is None:
            return Answer(text=NO_THREAD)
        if off:
            return Answer(text=LOUD_NOW if await self._talk.unmute(team, thread) else LOUD_ALREADY)
        changed = await self._talk.mute(team, thread, interaction.event_id)
        self._kick()
        return Answer(text=QUIET_NOW if changed else QUIET_ALREADY)

    async def rate(self, interaction: Interaction) -> Answer:
        """A thumb: it counts at once; after thumbs down it is asked what was wrong."""
        found = feedback.pressed(interaction.value)
        if found is None:
            return Answer(text=GONE)
        good, turn_id = found
        if not await self._talk.rate(turn_id, interaction.user_id, good=good):
            return Answer(text=GONE)
        return Answer(text=THANKS) if good else Answer(open_view=feedback.words_modal(turn_id))

    async def say_why(self, interaction: Interaction) -> Answer:
        """What was wrong, in words."""
        words = feedback.entered(interaction.state)
        if interaction.body.get("type") == "view_submission" and words:
            await self._talk.rate(interaction.value, interaction.user_id, good=False, words=words)
        return Answer()
