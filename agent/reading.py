"""Tools that only read: this thread's jobs, the account's balance, the languages HeyGen offers."""

from __future__ import annotations

from pydantic import Field

from agent.money import dollars
from agent.ports import Accounts, Budget, Clock, JobStore, Used
from agent.records import Json
from agent.tool_calls import Outcome, Value
from agent.toolbox import Arguments, CallContext, Effect, ToolSpec

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
        client = await self._accounts.client(await self._accounts.account_id(context.turn.workspace_id))
        balance = await client.get_balance()
        remaining = None if balance.remaining is None else str(balance.remaining)
        account: Json = {"unit": balance.currency, "remaining": remaining, "billing": balance.billing_type}
        return Value({"heygen_account": account, "spending": [_spending(one) for one in used]})

    async def languages(self, context: CallContext, arguments: LanguageArguments) -> Outcome:
        """Names as HeyGen spells them."""
        client = await self._accounts.client(await self._accounts.account_id(context.turn.workspace_id))
        wanted = (arguments.containing or "").casefold()
        names = [name for name in await client.translation_languages() if wanted in name.casefold()]
        return Value({"languages": names[:200], "count": len(names)})


def _spending(used: Used) -> Json:
    cap = None if used.cap is None else dollars(used.cap)
    spent = {"spent": dollars(used.charged), "promised": dollars(used.held), "cap": cap}
    return {"of": used.scope.value, "this": used.period.value, **spent}
