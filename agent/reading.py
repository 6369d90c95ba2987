"""Tools that only read: this thread's jobs, the account's balance, the languages HeyGen offers."""

from __future__ import annotations

from collections.abc import Sequence

import structlog
from pydantic import Field

from agent.foreign import is_name
from agent.money import Period, Scope, dollars
from agent.ports import Accounts, Budget, Clock, JobStore, Used
from agent.records import Json
from agent.tool_calls import ADDED, Outcome, Value
from agent.toolbox import Arguments, CallContext, Effect, ToolSpec
from heygen import Balance, HeyGenError

log = structlog.get_logger(__name__)

SHOWN = 60


class NoArguments(Arguments):
    """For tools that need nothing."""


class LanguageArguments(Arguments):
    """Arguments of `list_languages`."""

    containing: str | None = Field(default=None, description="Only names that contain this, or null for all.")


class Reading:
    """The reading tools. One per process."""

    def __init__(self, *, jobs: JobStore, accounts: Accounts, budget: Budget, clock: Clock) -> None:
        self._jobs = jobs
        self._accounts = accounts
        self._budget = budget
        self._clock = clock

    def tools(self) -> list[ToolSpec]:
        """The tool specifications."""
        return [
            ToolSpec(
                "list_jobs",
                "The jobs of this thread, their true states, and why they failed.",
                NoArguments,
                Effect.READ,
                self.jobs,
                taints=True,
            ),
            ToolSpec(
                "get_budget",
                "What was spent, what the caps leave, and what is left in the HeyGen account.",
                NoArguments,
                Effect.READ,
                self.budget,
            ),
            ToolSpec(
                "list_languages",
                "Languages a video can be translated into.",
                LanguageArguments,
                Effect.READ,
                self.languages,
                taints=True,
            ),
        ]

    async def jobs(self, context: CallContext, _: NoArguments) -> Outcome:
        """This conversation's jobs, newest last."""
        jobs = await self._jobs.conversation_jobs(context.turn.conversation_id)
        shown: list[Json] = [
            {"handle": job.handle, "name": job.label, "state": job.state.value, "reason": job.failure}
            for job in jobs[-SHOWN:]
        ]
        return Value({"jobs": shown, "count": len(jobs)})

    async def budget(self, context: CallContext, _: NoArguments) -> Outcome:
        """What was spent by our reckoning, and the balance as HeyGen states it, in its own unit."""
        turn = context.turn
        used = await self._budget.used(turn.workspace_id, turn.conversation_id, turn.requester)
        client = await self._accounts.client(await self._accounts.account_id(turn.workspace_id))
        try:
            balance = await client.get_balance()
        except HeyGenError as error:
            log.warning("balance_unread", error=str(error))
            balance = Balance(billing_type=None, currency=None, remaining=None)
        remaining = None if balance.remaining is None else str(balance.remaining)
        account: Json = {"unit": balance.currency, "remaining": remaining, "billing": balance.billing_type}
        data: Json = {"heygen_account": account, "spending": [_spending(one) for one in used]}
        return Value(data | {ADDED: _budget_words(used, balance.currency, remaining)})

    async def languages(self, context: CallContext, arguments: LanguageArguments) -> Outcome:
        """Names as HeyGen spells them."""
        client = await self._accounts.client(await self._accounts.account_id(context.turn.workspace_id))
        wanted = (arguments.containing or "").casefold()
        known = filter(is_name, await client.translation_languages())
        names = [name for name in known if wanted in name.casefold()]
        return Value({"languages": names[:200], "count": len(names)})


def _budget_words(used: Sequence[Used], currency: str | None, remaining: str | None) -> str:
    """What the person may read: sums are the runtime's to say, not the model's."""
    lines = [_period_words(one) for one in used if one.held or one.charged or one.cap is not None]
    account = "HeyGen does not say at the moment what is left in its account."
    if remaining and currency:
        account = f"The HeyGen account has {remaining} {currency} left."
    return "\n".join([*(lines or ["Nothing was spent this month."]), account]).strip()


def _period_words(used: Used) -> str:
    whose = {Scope.WORKSPACE: "The workspace", Scope.CHANNEL: "This channel", Scope.PERSON: "You"}.get(used.scope)
    whose = whose or "This program"
    when = "today" if used.period is Period.DAY else "this month"
    cap = "" if used.cap is None else f" of {dollars(used.cap)}"
    promised = f", {dollars(used.held)} more promised" if used.held else ""
    return f"{whose}, {when}: {dollars(used.charged)}{cap} spent{promised}."


def _spending(used: Used) -> Json:
    cap = None if used.cap is None else dollars(used.cap)
    spent = {"spent": dollars(used.charged), "promised": dollars(used.held), "cap": cap}
    return {"of": used.scope.value, "this": used.period.value, **spent}
