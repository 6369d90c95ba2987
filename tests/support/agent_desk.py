"""The translating tools with everything around them, so that a test makes one tool call as a turn would."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from agent.adding import Adding
from agent.leads import LeadVideos
from agent.ordering import Ordering
from agent.premade import AccountTemplates
from agent.presenters import Presenters
from agent.records import InboxRow, Lease, SubmissionState, TurnRecord
from agent.request import opening
from agent.retrying import Retrying
from agent.spending import Spending
from agent.submitter import Submitter
from agent.tool_calls import Deferred, NeedsApproval, Outcome, TryAgain
from agent.toolbox import CallContext, Planned, Toolbox
from agent.translation import Translation
from agent.videos import Videos
from agent.work import Works
from bot.app_works import WorkTools
from tests.support.agent_assets import FakeAssetStore
from tests.support.agent_batch_store import FakeBatchStore, FakeFiles
from tests.support.agent_fakes import FakeAccounts, FakeProbe
from tests.support.agent_job_store import FakeJobStore
from tests.support.agent_rows import command, message
from tests.support.agent_stores import FakeTurnStore
from tests.support.clock import ManualClock

VIDEO = "https://example.com/talks/intro.mp4"
LANE = Lease("C1", "worker", 1)


class Desk:
    """A call is made by a turn whose person has asked for just that in words, unless `said` says otherwise."""

    def __init__(
        self,
        *,
        turns: FakeTurnStore,
        jobs: FakeJobStore,
        accounts: FakeAccounts,
        submitter: Submitter,
        spending: Spending,
        works: Works,
        probe: FakeProbe,
        clock: ManualClock,
        batches: FakeBatchStore,
        presenters: Presenters,
        files: FakeFiles,
    ) -> None:
        self.turns = turns
        self.jobs = jobs
        self.probe = probe
        self.kicks = 0
        self.batches, self.files = batches, files
        ordering = Ordering(
            jobs=jobs,
            batches=batches,
            submitter=submitter,
            spending=spending,
            works=works,
            clock=clock,
            kick=self._kick,
        )
        self.assets = FakeAssetStore(clock)
        known: Any = {"turns": turns, "accounts": accounts, "spending": spending, "clock": clock}
        self.adding = Adding(assets=self.assets, kick=self._kick, **known)
        translation = Translation(ordering=ordering, files=self.adding, max_languages=2, **known)
        retrying = Retrying(turns=turns, jobs=jobs, batches=batches, ordering=ordering, spending=spending, works=works)
        templates = AccountTemplates(accounts)
        common: Any = {"turns": turns, "accounts": accounts, "presenters": presenters, "ordering": ordering}
        one, many = (
            Videos(spending=spending, **common),
            LeadVideos(spending=spending, files=files, templates=templates, **common),
        )
        others = WorkTools(turns, jobs, accounts, presenters, ordering, spending, self.adding, templates)
        tools = [
            *translation.tools(),
            *self.adding.tools(),
            *one.tools(),
            *many.tools(),
            *others.tools(),
            *retrying.tools(),
        ]
        self.toolbox = Toolbox(tools)

    def _kick(self) -> None:
        self.kicks += 1

    async def turn(self, row: InboxRow) -> TurnRecord:
        """The turn of a row, begun when there is none."""
        start = await opening(self.turns, row)
        kept: dict[str, Any] = {"requester": start.requester, "items": start.items, "tainted": start.tainted}
        return await self.turns.begin_turn(self.turns.lease(), row, origin=start.origin, **kept)

    async def ask(self, name: str, call_id: str = "call_1", *, said: str | InboxRow, **arguments: Any) -> Outcome:
        """One call of the turn that `said` has opened."""
        row = message(said, f"row_{call_id}") if isinstance(said, str) else said
        plan = self.toolbox.plan(name, json.dumps(arguments))
        assert isinstance(plan, Planned)
        context = CallContext(LANE, await self.turn(row), call_id, f"gr-{call_id}")
        return await plan.spec.run(context, plan.arguments)

    async def translate(
        self,
        *languages: str,
        source: str = VIDEO,
        call_id: str = "call_1",
        said: str | InboxRow | None = None,
        **arguments: Any,
    ) -> Outcome:
        words = said or f"translate {source} into {', '.join(languages)}"
        called: dict[str, Any] = {"source": source, "languages": list(languages), **arguments}
        return await self.ask("translate_video", call_id, said=words, **called)

    async def retry(self, *handles: str, call_id: str = "call_2", said: str | InboxRow | None = None) -> Outcome:
        words = said or f"do {' and '.join(handles)} again"
        return await self.ask("retry_jobs", call_id, said=words, jobs=list(handles))

    async def by_command(self, name: str, **arguments: Any) -> Outcome:
        """The call of a command or a button."""
        return await self.ask(name, "call_c", said=command(name, arguments, "row_c"), **arguments)

    async def refused(self, *languages: str, source: str = VIDEO) -> TryAgain:
        """The complaint about a request, for which nothing was written down."""
        outcome = await self.translate(*languages, source=source)
        assert isinstance(outcome, TryAgain)
        assert not self.jobs.submissions
        return outcome

    def needs(self, outcome: Outcome) -> str | None:
        """Why the newest request needs a click: None when it has gone by itself."""
        newest = [*self.jobs.submissions.values()][-1]
        waits = newest.state is SubmissionState.WAITING_APPROVAL
        assert isinstance(outcome, NeedsApproval if waits else Deferred)
        assert (newest.approved_hash is None) is waits
        assert waits is (newest.needs is not None)
        return newest.needs.value if newest.needs else None

    def change_job(self, job_id: str, **values: Any) -> None:
        self.jobs.jobs[job_id] = dataclasses.replace(self.jobs.jobs[job_id], **values)
