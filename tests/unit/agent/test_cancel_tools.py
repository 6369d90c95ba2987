"""Cancelling by a sentence: with the person's own rights, and with the truth as the answer."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

from agent.cancel_tools import Cancelling
from agent.conversation import user_message
from agent.records import JobState, Source, SubmissionState, TurnRecord, TurnState
from agent.rights import Role
from agent.tool_calls import ADDED, Failed, Outcome, TryAgain, Value
from agent.toolbox import CallContext, Effect, Planned, Toolbox
from tests.support.agent_fakes import FakeRoles
from tests.support.agent_job_store import FakeCancels, FakeJobStore
from tests.support.agent_rows import message, new_submission
from tests.support.agent_stores import FakeTurnStore


class Desk:
    """The cancelling tool with everything around it. `ask` makes one call as a turn of `user` would."""

    def __init__(self, turns: FakeTurnStore, jobs: FakeJobStore) -> None:
        self.turns = turns
        self.jobs = jobs
        self.cancels = FakeCancels(jobs)
        self.roles = FakeRoles()
        tools = Cancelling(turns=turns, jobs=jobs, cancels=self.cancels, roles=self.roles).tools()
        self.toolbox = Toolbox(tools)

    async def requested(self, *languages: str, by: str = "U1", **fields: Any) -> str:
        """A request that was written down and not sent; its id."""
        key = f"gr-{len(self.jobs.submissions)}"
        new = new_submission(*languages, key=key, requester=by, **fields)
        return (await self.jobs.intend(self.turns.lease(), new)).id

    async def sent(self, *languages: str, by: str = "U1") -> str:
        """A request that HeyGen has."""
        submission_id = await self.requested(*languages, by=by)
        claimed = await self.jobs.claim_submission(submission_id)
        assert claimed
        await self.jobs.record_sent(claimed[0], [f"vt-{submission_id}"])
        return submission_id

    async def turn(self, user: str = "U1", tainted: bool = False, said: str = "cancel it") -> TurnRecord:
        row = message(said, f"row-{user}", user=user)
        items = [(Source.USER, user_message(said))]
        return await self.turns.begin_turn(
            self.turns.lease(), row, origin="message", requester=user, items=items, tainted=tainted
        )

    async def ask(self, *handles: str, user: str = "U1", tainted: bool = False, said: str = "cancel it") -> Outcome:
        plan = self.toolbox.plan("cancel_jobs", json.dumps({"jobs": list(handles) or None}))
        assert isinstance(plan, Planned)
        context = CallContext(self.turns.lease(), await self.turn(user, tainted, said), "call_1", "gr-call")
        return await plan.spec.run(context, plan.arguments)

    async def data(self, *handles: str, user: str = "U1") -> dict[str, Any]:
        outcome = await self.ask(*handles, user=user)
        assert isinstance(outcome, Value)
        return outcome.data

    def states(self) -> list[JobState]:
        return [job.state for job in self.jobs.jobs.values()]


@pytest.fixture
def desk(turns: FakeTurnStore, jobs: FakeJobStore) -> Desk:
    return Desk(turns, jobs)


async def test_a_whole_batch_is_cancelled_as_one(desk: Desk) -> None:
    for name in ("Sarah", "John", "Mike"):
        await desk.requested(name)
    for submission_id in ("S1", "S2"):
        desk.jobs.submissions[submission_id] = dataclasses.replace(desk.jobs.submissions[submission_id], batch_id="B1")
    for job_id in ("job1", "job2"):
        desk.jobs.jobs[job_id] = dataclasses.replace(desk.jobs.jobs[job_id], batch_id="B1")
    data = await desk.data("J1", "J2")
    assert desk.cancels.asked == [("B1", "U1")]
    assert data["cancelled_unbilled"] == ["J1", "J2"]
    assert desk.states() == [JobState.CANCELLED, JobState.CANCELLED, JobState.WAITING]


async def test_one_of_a_batch_is_cancelled_alone(desk: Desk) -> None:
    for name in ("Sarah", "John"):
        submission_id = await desk.requested(name)
        desk.jobs.submissions[submission_id] = dataclasses.replace(desk.jobs.submissions[submission_id], batch_id="B1")
    for job_id in ("job1", "job2"):
        desk.jobs.jobs[job_id] = dataclasses.replace(desk.jobs.jobs[job_id], batch_id="B1")
    await desk.data("J2")
    assert desk.cancels.asked == [("S2", "U1")]
    assert desk.states() == [JobState.WAITING, JobState.CANCELLED]


def test_it_is_offered_as_what_it_is(desk: Desk) -> None:
    plan = desk.toolbox.plan("cancel_jobs", '{"jobs": null}')
    assert isinstance(plan, Planned)
    assert plan.spec.effect is Effect.DESTRUCTIVE
    assert not plan.spec.taints


async def test_what_was_not_sent_is_taken_back(desk: Desk) -> None:
    submission_id = await desk.requested("French", "German")
    data = await desk.data()
    assert (data["cancelled_unbilled"], data["still_billed"]) == (["J1", "J2"], [])
    assert "nothing is billed" in data[ADDED]
    assert desk.jobs.submissions[submission_id].state is SubmissionState.CANCELLED
    assert desk.jobs.booked == {}


async def test_what_heygen_has_is_still_billed(desk: Desk) -> None:
    await desk.sent("French")
    data = await desk.data()
    assert (data["cancelled_unbilled"], data["still_billed"]) == ([], ["J1"])
    assert "can't be stopped" in data[ADDED]
    assert desk.jobs.booked == {"job1": 3_000_000}


async def test_only_the_named_jobs_are_cancelled(desk: Desk) -> None:
    submission_id = await desk.requested("French", "German")
    assert (await desk.data(" j2 ", "J2"))["cancelled_unbilled"] == ["J2"]
    assert desk.states() == [JobState.WAITING, JobState.CANCELLED]
    assert desk.jobs.submissions[submission_id].arguments["languages"] == ["French"]


async def test_jobs_of_several_requests_are_told_together(desk: Desk) -> None:
    await desk.requested("French")
    await desk.sent("German")
    data = await desk.data("J1", "J2")
    assert (data["cancelled_unbilled"], data["still_billed"]) == (["J1"], ["J2"])


async def test_what_has_ended_is_said_to_have_ended(desk: Desk) -> None:
    await desk.sent("French")
    desk.jobs.jobs["job1"] = dataclasses.replace(desk.jobs.jobs["job1"], state=JobState.SUCCEEDED)
    data = await desk.data("J1")
    assert (data["had_ended"], data["still_billed"]) == (["J1"], [])
    assert "ended already" in data[ADDED]


async def test_a_call_that_is_repeated_tells_the_truth_again(desk: Desk) -> None:
    await desk.requested("French")
    await desk.data("J1")
    assert "nothing is billed: J1 French" in (await desk.data("J1"))[ADDED]


async def test_without_open_jobs_there_is_nothing_to_cancel(desk: Desk) -> None:
    assert (await desk.data())[ADDED] == "There is nothing to cancel."


async def test_a_job_that_does_not_exist_is_asked_about(desk: Desk) -> None:
    await desk.requested("French")
    outcome = await desk.ask("J1", "J9")
    assert isinstance(outcome, TryAgain)
    assert (outcome.code, outcome.options) == ("unknown_job", ["J1"])
    assert desk.states() == [JobState.WAITING]


def test_an_empty_list_is_not_everything(desk: Desk) -> None:
    outcome = desk.toolbox.plan("cancel_jobs", '{"jobs": []}')
    assert isinstance(outcome, TryAgain)


# -- whose it is


async def test_somebody_elses_job_is_not_for_them_to_cancel(desk: Desk) -> None:
    await desk.requested("French", by="U1")
    for handles in ((), ("J1",)):
        outcome = await desk.ask(*handles, user="U2")
        assert isinstance(outcome, Failed)
        assert outcome.code == "not_allowed"
    assert desk.states() == [JobState.WAITING]
    assert desk.cancels.asked == []


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.ADMIN])
async def test_operators_and_admins_cancel_for_others_in_their_own_name(role: Role, desk: Desk) -> None:
    submission_id = await desk.requested("French", by="U1")
    desk.roles.people["U2"] = frozenset({role})
    assert (await desk.data("J1", user="U2"))["cancelled_unbilled"] == ["J1"]
    assert desk.cancels.asked == [(submission_id, "U2")]


async def test_an_approver_cancels_for_nobody(desk: Desk) -> None:
    await desk.requested("French", by="U1")
    desk.roles.people["U2"] = frozenset({Role.APPROVER})
    assert isinstance(await desk.ask("J1", user="U2"), Failed)


async def test_everything_is_everything_that_is_theirs(desk: Desk) -> None:
    await desk.requested("French", by="U1")
    await desk.requested("German", by="U2")
    assert (await desk.data(user="U2"))["cancelled_unbilled"] == ["J2"]
    assert desk.states() == [JobState.WAITING, JobState.CANCELLED]


async def test_a_list_with_somebody_elses_job_cancels_nothing(desk: Desk) -> None:
    await desk.requested("French", by="U1")
    await desk.requested("German", by="U2")
    assert isinstance(await desk.ask("J1", "J2", user="U2"), Failed)
    assert desk.states() == [JobState.WAITING, JobState.WAITING]


async def test_after_reading_what_others_wrote_only_the_button_cancels(desk: Desk) -> None:
    await desk.requested("French")
    outcome = await desk.ask("J1", tainted=True)
    assert isinstance(outcome, Failed)
    assert "button" in outcome.hint
    assert desk.states() == [JobState.WAITING]
    assert (await desk.turn()).state is TurnState.RUNNING


# -- where others have written too


@pytest.mark.parametrize(
    ("said", "handles", "cancelled"),
    [
        ("cancel j1, please", ["J1"], True),
        ("cancel J1 and J2", ["J1", "J2"], True),
        ("cancel it", ["J1"], False),
        ("cancel J1", ["J1", "J2"], False),
        ("cancel J12", ["J1"], False),
        ("> cancel J1\nwhat is this?", ["J1"], False),
        ("cancel everything", [], False),
    ],
)
async def test_where_others_have_written_the_person_has_to_name_the_jobs(
    said: str, handles: list[str], cancelled: bool, desk: Desk
) -> None:
    await desk.requested("French", "German")
    await desk.turn(user="U2", said="cancel J1 and J2")
    outcome = await desk.ask(*handles, said=said)
    assert isinstance(outcome, Value if cancelled else Failed)
    assert (JobState.CANCELLED in desk.states()) is cancelled
