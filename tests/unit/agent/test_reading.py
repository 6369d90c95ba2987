"""The reading tools tell what is true and nothing that is the vendor's."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

from agent.money import MICRO, Period, Scope
from agent.reading import SHOWN, Reading
from agent.records import JobState, Lease, TurnRecord, TurnState
from agent.tool_calls import ADDED, for_person, from_checkpoint, to_checkpoint, to_model
from agent.toolbox import CallContext, Effect, Planned, Toolbox
from heygen import Unauthorized
from tests.support.agent_fakes import FakeAccounts, FakeBudget, FakeUsed
from tests.support.agent_heygen import SmallHeyGen, refusal
from tests.support.agent_job_store import FakeJobStore
from tests.support.agent_rows import new_submission
from tests.support.clock import ManualClock

LANE = Lease("C1", "worker", 1)


@pytest.fixture
def budget() -> FakeBudget:
    return FakeBudget()


@pytest.fixture
def toolbox(jobs: FakeJobStore, accounts: FakeAccounts, budget: FakeBudget, clock: ManualClock) -> Toolbox:
    return Toolbox(Reading(jobs=jobs, accounts=accounts, budget=budget, clock=clock).tools())


async def ask(toolbox: Toolbox, name: str, **arguments: Any) -> dict[str, Any]:
    """What the model reads of one call, after the outcome went through storage."""
    turn = TurnRecord("turn_1", "W1", "C1", "row1", "message", "U1", None, TurnState.RUNNING, 0.0)
    plan = toolbox.plan(name, json.dumps(arguments))
    assert isinstance(plan, Planned)
    assert plan.spec.effect is Effect.READ
    outcome = await plan.spec.run(CallContext(LANE, turn, "call_1", "gr-1"), plan.arguments)
    assert for_person(outcome)
    stored = json.loads(json.dumps(to_checkpoint(outcome)))
    return json.loads(to_model(from_checkpoint(stored)))  # type: ignore[no-any-return]  # an object


async def test_jobs_are_told_with_their_true_state(toolbox: Toolbox, jobs: FakeJobStore) -> None:
    await jobs.intend(LANE, new_submission("French (France)"))
    jobs.jobs["job1"] = dataclasses.replace(
        jobs.jobs["job1"], state=JobState.FAILED, failure="no speech", provider_id="vt-secret"
    )
    told = {"handle": "J1", "name": "French (France)", "state": "failed", "reason": "no speech"}
    assert await ask(toolbox, "list_jobs") == {"ok": True, "jobs": [told], "count": 1}


async def test_only_this_threads_jobs_are_told(toolbox: Toolbox, jobs: FakeJobStore) -> None:
    await jobs.intend(LANE, new_submission(conversation_id="C2"))
    assert (await ask(toolbox, "list_jobs"))["count"] == 0


async def test_the_newest_jobs_are_shown_and_all_counted(toolbox: Toolbox, jobs: FakeJobStore) -> None:
    await jobs.intend(LANE, new_submission(*[f"L{number}" for number in range(SHOWN + 5)]))
    told = await ask(toolbox, "list_jobs")
    assert (told["count"], len(told["jobs"]), told["jobs"][-1]["name"]) == (SHOWN + 5, SHOWN, f"L{SHOWN + 4}")


async def test_the_budget_is_told_exactly(toolbox: Toolbox) -> None:
    account = {"unit": "usd", "remaining": "12.34", "billing": "wallet"}
    words = "Nothing was spent this month.\nThe HeyGen account has 12.34 usd left."
    told = {"ok": True, "heygen_account": account, "spending": [], ADDED: words}
    assert await ask(toolbox, "get_budget") == told


async def test_an_unknown_budget_is_told_as_unknown(toolbox: Toolbox, heygen: SmallHeyGen) -> None:
    heygen.user = {"username": "x"}
    assert (await ask(toolbox, "get_budget"))["heygen_account"] == {"unit": None, "remaining": None, "billing": None}


async def test_what_the_person_may_still_spend_is_told_in_dollars(toolbox: Toolbox, budget: FakeBudget) -> None:
    capped = FakeUsed(Scope.PERSON, Period.DAY, held=MICRO, charged=2 * MICRO, cap=5 * MICRO)
    budget.rows = (capped, FakeUsed(Scope.WORKSPACE, Period.MONTH, charged=1_234_560_000))
    (own, all_of_us) = (await ask(toolbox, "get_budget"))["spending"]
    assert own == {"of": "person", "this": "day", "spent": "$2.00", "promised": "$1.00", "cap": "$5.00"}
    assert all_of_us == {"of": "workspace", "this": "month", "spent": "$1,234.56", "promised": "$0.00", "cap": None}
    assert budget.asked == [("W1", "C1", "U1")]


async def test_what_was_spent_is_said_by_the_runtime(toolbox: Toolbox, budget: FakeBudget) -> None:
    capped = FakeUsed(Scope.PERSON, Period.DAY, held=MICRO, charged=2 * MICRO, cap=5 * MICRO)
    budget.rows = (capped, FakeUsed(Scope.CHANNEL, Period.DAY), FakeUsed(Scope.WORKSPACE, Period.MONTH, charged=MICRO))
    assert (await ask(toolbox, "get_budget"))[ADDED].splitlines() == [
        "You, today: $2.00 of $5.00 spent, $1.00 more promised.",
        "The workspace, this month: $1.00 spent.",
        "The HeyGen account has 12.34 usd left.",
    ]


@pytest.mark.parametrize(("name", "taints"), [("list_jobs", True), ("list_languages", True), ("get_budget", False)])
def test_answers_that_others_wrote_are_known_to_be(toolbox: Toolbox, name: str, taints: bool) -> None:
    plan = toolbox.plan(name, "{}")
    assert isinstance(plan, Planned)
    assert plan.spec.taints is taints


async def test_what_we_know_ourselves_is_told_while_heygen_is_away(toolbox: Toolbox, heygen: SmallHeyGen) -> None:
    heygen.fail("/v3/users/me", refusal(401))
    told = await ask(toolbox, "get_budget")
    assert told["heygen_account"]["remaining"] is None
    assert told[ADDED].endswith("HeyGen does not say at the moment what is left in its account.")


async def test_a_failed_read_is_heygens_error(toolbox: Toolbox, heygen: SmallHeyGen) -> None:
    heygen.fail("/v3/video-translations/languages", refusal(401))
    with pytest.raises(Unauthorized):
        await ask(toolbox, "list_languages")


@pytest.mark.parametrize(
    ("containing", "names"),
    [
        (None, ["French (France)", "German (Germany)", "Portuguese (Brazil)", "Portuguese (Portugal)"]),
        ("PORTU", ["Portuguese (Brazil)", "Portuguese (Portugal)"]),
        ("elvish", []),
    ],
)
async def test_languages_are_named_as_heygen_spells_them(
    containing: str | None, names: list[str], toolbox: Toolbox
) -> None:
    told = await ask(toolbox, "list_languages", containing=containing)
    assert (told["languages"], told["count"]) == (names, len(names))


async def test_many_languages_are_cut_and_counted(toolbox: Toolbox, heygen: SmallHeyGen) -> None:
    heygen.languages = [f"Language {number}" for number in range(300)]
    told = await ask(toolbox, "list_languages")
    assert (len(told["languages"]), told["count"]) == (200, 300)
