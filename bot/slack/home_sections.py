"""What stands in the App Home: one provider for each part, from our rows alone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from slack_sdk.models.blocks import ActionsBlock, Block, ButtonElement, ConfirmObject, HeaderBlock, PlainTextObject

from agent.live.records import LiveSession, LiveState
from agent.ports import Clock, Roles, Used
from agent.presenters import Usual
from agent.records import Job
from agent.rights import Right, Role, may, roles_towards
from agent.schedules import Schedule, ScheduleState
from bot.slack import connect_views, live_connect_views
from bot.slack.blocks import context, section
from bot.slack.budget import home_words
from bot.slack.defaults import MINE, OURS, change_button
from bot.slack.home import Section, Viewer
from bot.slack.ports import LinkFor, RecentJobs
from bot.slack.schedule_cards import moment
from bot.slack.text import safe
from bot.slack.views import jobs_lines
from bot.store.ledger import Spender
from bot.store.usual import EVERYBODY
from bot.store.wallet import LastLook

SHOWN = 10
SHOWN_NAME = 60
NOBODY_CHOSEN = "as everybody's"
MINUTE = 60.0
FIRST_USE = (
    "*Greenroom makes and translates videos with HeyGen.* Write to me in the Messages tab, or mention me in a channel "
    "that you have invited me to. For example:\n"
    "• _Translate https://example.com/launch.mp4 into Spanish and Japanese_\n"
    "• _Make a 30 second video that welcomes Sarah to Acme_\n"
    "I say what it costs before anything is spent, keep one card up to date, and call you when it is done."
)
EDITORS = frozenset({Role.OPERATOR, Role.ADMIN})


class Sessions(Protocol):
    """Live sessions of a workspace."""

    async def sessions(self, workspace_id: str, limit: int = 20) -> Sequence[LiveSession]:
        """Newest first."""
        ...


class Plans(Protocol):
    """What people have put off."""

    async def of_person(self, workspace_id: str, requester: str) -> Sequence[Schedule]:
        """A person's schedules that are active."""
        ...


class Money(Protocol):
    """What was spent."""

    async def usage(self, spender: Spender) -> Sequence[Used]:
        """By period and scope."""
        ...


class Wallets(Protocol):
    """What the last look at a wallet showed."""

    async def last(self, account_id: str) -> LastLook | None:
        """None when nobody has looked yet."""
        ...


class Choices(Protocol):
    """Who speaks where nobody is named."""

    async def chosen(self, workspace_id: str, user_id: str) -> Usual:
        """What somebody has chosen, or everybody's choice."""
        ...


class Accounts(Protocol):
    """Which account is a workspace's."""

    async def account_id(self, workspace_id: str) -> str:
        """The account."""
        ...

    async def connected(self, workspace_id: str) -> bool:
        """Whether there is one that work can go to."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeSections:
    """The providers. `own` tells which account a workspace has connected itself, None where it has none.

    `own_live` tells the same of LiveAvatar; None where that cannot be connected.
    """

    jobs: RecentJobs
    live: Sessions
    schedules: Plans
    ledger: Money
    wallet: Wallets
    accounts: Accounts
    own: Callable[[str], Awaitable[str | None]]
    roles: Roles
    clock: Clock
    link_for: LinkFor
    habits: Choices
    own_live: Callable[[str], Awaitable[str | None]] | None = None

    def all(self) -> list[Section]:
        """In the order in which they stand."""
        of_all = [self.account, self.live_account, self.my_jobs, self.budgets, self.live_sessions, self.plans]
        return [*of_all, self.defaults, self.workspace_jobs]

    async def account(self, viewer: Viewer) -> list[Block]:
        """The HeyGen account: connecting it for admins, who is to do that for the others, nothing where all is well."""
        connected = await self.accounts.connected(viewer.workspace_id)
        if not may(Right.MANAGE_ACCOUNT, self.roles.appointed(viewer.workspace_id, viewer.user_id)):
            return [] if connected else [section(connect_views.FIRST)]
        if not connected:
            return [section(connect_views.FIRST), ActionsBlock(elements=[connect_views.connect_button()])]
        mine = await self.own(viewer.workspace_id) is not None
        whose = "This workspace's HeyGen account is connected." if mine else "The HeyGen account is in the settings."
        replace = connect_views.connect_button("Replace" if mine else "Connect another")
        buttons = [replace, *([_remove("HeyGen", connect_views.REMOVE, "Nothing can be made")] if mine else [])]
        return [section(f":white_check_mark: {whose}"), ActionsBlock(elements=buttons)]

    async def live_account(self, viewer: Viewer) -> list[Block]:
        """The LiveAvatar account, for admins where workspaces may connect one."""
        appointed = self.roles.appointed(viewer.workspace_id, viewer.user_id)
        if self.own_live is None or not may(Right.MANAGE_ACCOUNT, appointed):
            return []
        if await self.own_live(viewer.workspace_id) is None:
            offer = "Live avatars talk with people face to face, on a LiveAvatar account of this workspace."
            return [section(offer), ActionsBlock(elements=[live_connect_views.connect_button("Connect LiveAvatar")])]
        buttons = [
            live_connect_views.connect_button("Replace"),
            _remove("LiveAvatar", live_connect_views.REMOVE, "Nobody can open a live session"),
        ]
        return [
            section(":white_check_mark: This workspace's LiveAvatar account is connected."),
            ActionsBlock(elements=buttons),
        ]

    async def my_jobs(self, viewer: Viewer) -> list[Block]:
        """The viewer's own, and how to begin for those who have none yet."""
        found = await self.jobs.recent(viewer.workspace_id, requester=viewer.user_id, limit=SHOWN)
        if not found:
            return [_header("Welcome"), section(FIRST_USE)]
        return self._listed("My videos", found)

    async def workspace_jobs(self, viewer: Viewer) -> list[Block]:
        """Everybody's, for those who look after them."""
        if EDITORS.isdisjoint(self.roles.appointed(viewer.workspace_id, viewer.user_id)):
            return []
        found = await self.jobs.recent(viewer.workspace_id, limit=SHOWN)
        return self._listed("In this workspace", found) if found else []

    def _listed(self, title: str, found: Sequence[Job]) -> list[Block]:
        return [_header(title), *jobs_lines(found, now=self._now(), link_for=self.link_for)]

    def _now(self) -> float:
        """To the minute: a Home that says another number of seconds each time would be drawn each time."""
        return (self.clock.now() // MINUTE + 1) * MINUTE

    async def budgets(self, viewer: Viewer) -> list[Block]:
        """What was spent and what is left."""
        place, user = viewer.workspace_id, viewer.user_id
        anybody = self.roles.anybody_approves(place)
        roles = roles_towards(user, user, self.roles.appointed(place, user), anybody_approves=anybody)
        sees_all = may(Right.SEE_ALL_BUDGETS, roles)
        used = await self.ledger.usage(Spender(place, "", user))
        look = await self.wallet.last(await self.accounts.account_id(place))
        parts = home_words(used, look, now=self._now(), sees_all=sees_all)
        return [_header("Money"), *(section(part) for part in parts)]

    async def live_sessions(self, viewer: Viewer) -> list[Block]:
        """Those that are open: everybody's for operators, else one's own."""
        everybody = not EDITORS.isdisjoint(self.roles.appointed(viewer.workspace_id, viewer.user_id))
        found = [
            one
            for one in await self.live.sessions(viewer.workspace_id)
            if one.state is not LiveState.ENDED and (everybody or one.requester == viewer.user_id)
        ]
        if not found:
            return []
        lines = [f"`{safe(one.handle, 12)}` <@{safe(one.requester, 20)}>: {one.state.value}" for one in found[:SHOWN]]
        return [_header("Live sessions"), section("\n".join(lines))]

    async def defaults(self, viewer: Viewer) -> list[Block]:
        """Who speaks in videos where nobody is named, and the buttons that change it."""
        if not await self.accounts.connected(viewer.workspace_id):
            return []
        mine = await self.habits.chosen(viewer.workspace_id, viewer.user_id)
        ours = await self.habits.chosen(viewer.workspace_id, EVERYBODY)
        words = f"*My videos:* {_speaks(mine, NOBODY_CHOSEN)}\n*Everybody's:* {_speaks(ours, 'as Greenroom is set up')}"
        buttons = [change_button(MINE, "Change mine")]
        if may(Right.CHOOSE_SPEAKERS, self.roles.appointed(viewer.workspace_id, viewer.user_id)):
            buttons.append(change_button(OURS, "Change everybody's"))
        return [_header("Who speaks"), section(words), ActionsBlock(elements=buttons)]

    async def plans(self, viewer: Viewer) -> list[Block]:
        """What is to be done later."""
        mine = await self.schedules.of_person(viewer.workspace_id, viewer.user_id)
        found = [one for one in mine if one.state is ScheduleState.ACTIVE][:SHOWN]
        if not found:
            return []
        lines = [f"`{one.handle}` {safe(one.text, 150)}: next {moment(one.next_at, one.zone)}" for one in found]
        return [_header("Later"), section("\n".join(lines)), context("`/heygen schedule` shows and cancels them.")]


def _speaks(usual: Usual, otherwise: str) -> str:
    parts = [safe(name, SHOWN_NAME) for name in (usual.avatar, usual.voice) if name]
    if usual.avatar is None and usual.voice is not None:
        return f"the voice {parts[0]}"
    return ", with the voice ".join(parts) or otherwise


def _header(text: str) -> Block:
    return HeaderBlock(text=PlainTextObject(text=text))


def _remove(service: str, action_id: str, what_goes: str) -> ButtonElement:
    sure = ConfirmObject(
        title=f"Disconnect {service}?",
        text=PlainTextObject(text=f"{what_goes} here until another account is connected."),
        confirm="Disconnect",
        deny="Keep it",
    )
    return ButtonElement(text="Disconnect", action_id=action_id, style="danger", confirm=sure)
