"""`/heygen budget`: what was spent and promised, what the caps leave, and what is in the wallet, for one person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, assert_never

from agent.money import Period, Scope, dollars
from agent.ports import Clock, Roles, Used
from agent.rights import Right, may, roles_towards
from bot.slack.blocks import Post, context, post, section
from bot.slack.lines import elapsed
from bot.slack.router import Interaction
from bot.store.ledger import Spender
from bot.store.wallet import LastLook

BAR = 10
PERIODS = {Period.DAY: "today", Period.MONTH: "this month"}


class Usages(Protocol):
    """What has been spent."""

    async def usage(self, spender: Spender) -> Sequence[Used]:
        """For workspace, channel and person, today and this month."""
        ...


class Wallets(Protocol):
    """What the last look at a wallet showed."""

    async def last(self, account_id: str) -> LastLook | None:
        """None when nobody has looked yet."""
        ...


class Accounts(Protocol):
    """Whose wallet it is."""

    async def account_id(self, workspace_id: str) -> str:
        """The account of a workspace."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Budgets:
    """Answers from our own rows alone: it is asked before an ack."""

    ledger: Usages
    wallet: Wallets
    accounts: Accounts
    roles: Roles
    clock: Clock

    async def show(self, interaction: Interaction) -> Post:
        """What this person may see of the money."""
        workspace_id, user = interaction.team_id, interaction.user_id
        used = await self.ledger.usage(Spender(workspace_id, interaction.channel_id, user))
        look = await self.wallet.last(await self.accounts.account_id(workspace_id))
        sees_all = self._sees_all(workspace_id, user)
        return budget_post(used, look, now=self.clock.now(), sees_all=sees_all)

    def _sees_all(self, workspace_id: str, user: str) -> bool:
        anybody = self.roles.anybody_approves(workspace_id)
        roles = roles_towards(user, user, self.roles.appointed(workspace_id, user), anybody_approves=anybody)
        return may(Right.SEE_ALL_BUDGETS, roles)


def budget_post(used: Sequence[Used], look: LastLook | None, *, now: float, sees_all: bool) -> Post:
    """What was used by whom as bars; of the whole workspace, and of differences, only who `sees_all` is told."""
    scopes = [Scope.PERSON, Scope.CHANNEL, *([Scope.WORKSPACE] if sees_all else [])]
    parts = [_scope_words(scope, [one for one in used if one.scope is scope]) for scope in scopes]
    blocks = [section(part) for part in parts]
    note = "“Promised” is set aside for what is under way; days and months are those of UTC."
    wallet = _wallet_words(look, now, drift=sees_all)
    return post("\n".join(["Your budget", *parts, wallet]), [*blocks, section(wallet), context(note)])


def home_words(used: Sequence[Used], look: LastLook | None, *, now: float, sees_all: bool) -> list[str]:
    """The same without a channel: paragraphs for the person, perhaps the workspace, and the wallet."""
    scopes = [Scope.PERSON, *([Scope.WORKSPACE] if sees_all else [])]
    parts = [_scope_words(scope, [one for one in used if one.scope is scope]) for scope in scopes]
    return [*parts, _wallet_words(look, now, drift=sees_all)]


def _scope_words(scope: Scope, used: Sequence[Used]) -> str:
    lines = [_line(one) for one in sorted(used, key=lambda one: one.period is Period.MONTH)]
    return "\n".join([f"*{_name(scope)}*", *lines])


def _name(scope: Scope) -> str:
    match scope:
        case Scope.PERSON:
            return "You"
        case Scope.CHANNEL:
            return "This channel"
        case Scope.WORKSPACE:
            return "The whole workspace"
        case Scope.TOKEN:
            return "This program"
        case _:
            assert_never(scope)


def _line(used: Used) -> str:
    spent = f"spent {dollars(used.charged)}, promised {dollars(used.held)}"
    total = used.charged + used.held
    if used.cap is None:
        return f"{PERIODS[used.period]}: {dollars(total)}, no cap ({spent})"
    left = dollars(max(used.cap - total, 0))
    shown = f"`{bar(total, used.cap)}` {dollars(total)} of {dollars(used.cap)}"
    return f"{PERIODS[used.period]}: {shown}, {left} left ({spent})"


def bar(used: int, cap: int) -> str:
    """A bar of text; it is only empty when nothing is used, and only full when nothing is left."""
    if used >= cap:
        return "█" * BAR
    filled = 0 if used <= 0 else min(max(round(BAR * used / cap), 1), BAR - 1)
    return "█" * filled + "░" * (BAR - filled)


def _wallet_words(look: LastLook | None, now: float, *, drift: bool) -> str:
    if look is None:
        return "*HeyGen's wallet*\nI have not read it yet, or it is not in dollars."
    words = f"*HeyGen's wallet*\n{dollars(look.balance)} (US dollars) by HeyGen's own count, {_ago(now - look.read_at)}"
    if not drift:
        return words
    if look.drift_at is None:
        return f"{words}\nNo difference from our ledger so far."
    more = "more" if look.drift > 0 else "less"
    amount = f"{dollars(abs(look.drift))} {more} had been taken than our ledger can explain"
    return f"{words}\nLast difference: {amount}, {_ago(now - look.drift_at)}"


def _ago(seconds: float) -> str:
    return f"{elapsed(seconds)} ago"
