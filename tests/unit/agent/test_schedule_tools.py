"""Putting something off by a sentence: only what the person has said, when they said it, and nothing from schedules."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

from agent.conversation import user_message
from agent.records import Lease, Source
from agent.rights import Role
from agent.schedule_tools import Scheduling, number_in
from agent.schedules import SCHEDULED, NewSchedule, Offer, Schedule, ScheduleState
from agent.tool_calls import ADDED, Failed, Outcome, TryAgain, Value
from agent.toolbox import CallContext, Planned, Toolbox
from tests.support.agent_fakes import FakeRoles
from tests.support.agent_rows import message
from tests.support.agent_stores import FakeTurnStore
from tests.support.clock import ManualClock

WISH = "every Monday at nine, translate V1 (example.com/a.mp4) into French"
WHAT = "translate V1 (example.com/a.mp4) into French"
DOLLAR = 1_000_000


@dataclasses.dataclass(frozen=True)
class Somebody:
    zone: str | None = "Europe/Berlin"


class OnePerson:
    """Everybody lives here."""

    def __init__(self, zone: str | None = "Europe/Berlin") -> None:
        self.zone = zone

    async def person(self, workspace_id: str, user_id: str) -> Somebody:
        return Somebody(self.zone)


class Rows:
    """`agent.schedules.Schedules` in memory; `full` has no place left."""

    def __init__(self) -> None:
        self.all: dict[str, Schedule] = {}
        self.offers: list[Offer | None] = []
        self.full = False

    async def make(self, lease: Lease, new: NewSchedule) -> Schedule | None:
        if self.full:
            return None
        fields = {
            name: getattr(new, name) for name in ("workspace_id", "conversation_id", "turn_id", "requester", "text")
        }
        due = {name: getattr(new.timing, name) for name in ("words", "zone", "next_at", "rule", "anchor")}
        number = len(self.all) + 1
        made = Schedule(id=f"S{number}", number=number, state=ScheduleState.ACTIVE, created_at=0.0, **fields, **due)
        self.all[new.key] = made
        self.offers.append(new.offer)
        return made

    async def made(self, key: str) -> Schedule | None:
        return self.all.get(key)

    async def of_person(self, workspace_id: str, requester: str) -> list[Schedule]:
        return [one for one in self.all.values() if one.requester == requester]

    async def cancel(self, schedule_id: str, *, actor: str) -> bool:
        return bool([self.all.pop(key) for key, one in [*self.all.items()] if one.id == schedule_id])

    async def find(self, workspace_id: str, number: int) -> Schedule | None:
        return next((one for one in self.all.values() if one.number == number), None)


class Desk:
    """The tools with everything around them."""

    def __init__(self, turns: FakeTurnStore, clock: ManualClock, zone: str | None = "Europe/Berlin") -> None:
        self.turns, self.rows, self.roles = turns, Rows(), FakeRoles()
        people = OnePerson(zone)
        tools = Scheduling(
            turns=turns, schedules=self.rows, people=people, roles=self.roles, clock=clock, limit=10 * DOLLAR
        )
        self.toolbox = Toolbox(tools.tools())

    async def call(
        self,
        name: str,
        said: str = WISH,
        user: str = "U1",
        origin: str = "message",
        tainted: bool = False,
        **given: Any,
    ) -> Outcome:
        row = message(said, f"row-{user}-{origin}-{said}", user=user)
        items = [(Source.USER, user_message(said))]
        lease = self.turns.lease()
        turn = await self.turns.begin_turn(lease, row, origin=origin, requester=user, items=items, tainted=tainted)
        plan = self.toolbox.plan(name, json.dumps(given))
        assert isinstance(plan, Planned)
        return await plan.spec.run(CallContext(lease, turn, "call_1", f"gr-{said}"), plan.arguments)


@pytest.fixture
def desk(turns: FakeTurnStore, clock: ManualClock) -> Desk:
    return Desk(turns, clock)


async def test_it_is_written_down_once_in_the_persons_words_and_time(desk: Desk) -> None:
    for _ in range(2):
        made = await desk.call("schedule_request", when="every Monday at nine", what=WHAT)
        assert isinstance(made, Value)
        assert made.data[ADDED].startswith("S1 is due every Monday at 09:00, next on Monday ")
        assert "(Europe/Berlin)" in made.data["next"]
    [one] = desk.rows.all.values()
    assert (one.text, one.requester) == (WHAT, "U1")
    assert desk.rows.offers == [Offer(run=10 * DOLLAR, month=50 * DOLLAR)]


async def test_what_a_model_made_up_is_not_put_off(desk: Desk) -> None:
    made = await desk.call("schedule_request", when="every Monday at nine", what="translate V1 into 40 languages")
    assert isinstance(made, TryAgain)
    quoted = await desk.call("schedule_request", f"> {WHAT}\nno, thanks", when="tomorrow at 9:00", what=WHAT)
    assert isinstance(quoted, TryAgain)
    assert desk.rows.all == {}


async def test_a_schedule_makes_no_schedules(desk: Desk) -> None:
    made = await desk.call("schedule_request", origin=SCHEDULED, when="tomorrow at 9:00", what=WHAT)
    assert isinstance(made, Failed)
    assert desk.rows.all == {}


async def test_what_is_unclear_is_said_and_too_many_are_refused(desk: Desk) -> None:
    unclear = await desk.call("schedule_request", when="every Monday", what=WHAT)
    assert isinstance(unclear, TryAgain)
    assert "At what time?" in unclear.message
    desk.rows.full = True
    refused = await desk.call("schedule_request", when="tomorrow at 9:00", what=WHAT)
    assert isinstance(refused, Failed)
    assert "10 schedules" in refused.message


async def test_limits_that_a_person_names_are_offered_and_never_more_than_the_rule(desk: Desk) -> None:
    await desk.call(
        "schedule_request", when="every Monday at nine", what=WHAT, most_per_run=2.5, most_per_month=1_000_000
    )
    assert desk.rows.offers == [Offer(run=2_500_000, month=12_500_000)]
    wrong = await desk.call("schedule_request", f"{WISH}!", when="tomorrow at 9:00", what=WHAT, most_per_run=-1)
    assert isinstance(wrong, TryAgain)


async def test_without_a_zone_it_is_utc_and_says_so(turns: FakeTurnStore, clock: ManualClock) -> None:
    for zone in (None, "Mars/Base"):
        desk = Desk(turns, clock, zone)
        made = await desk.call("schedule_request", when="tomorrow at 9:00", what=WHAT)
        assert isinstance(made, Value)
        assert made.data["next"].endswith("09:00 (UTC)")


async def test_only_who_may_cancels_and_not_after_reading_others_words(desk: Desk) -> None:
    await desk.call("schedule_request", when="tomorrow at 9:00", what=WHAT)
    assert isinstance(await desk.call("cancel_schedule", "a", user="U2", schedule="S1"), Failed)
    assert isinstance(await desk.call("cancel_schedule", "b", tainted=True, schedule="S1"), Failed)
    assert isinstance(await desk.call("cancel_schedule", "c", schedule="S7"), TryAgain)
    listed = await desk.call("list_schedules", "d")
    assert isinstance(listed, Value)
    assert [one["handle"] for one in listed.data["schedules"]] == ["S1"]
    desk.roles.people["U3"] = frozenset({Role.OPERATOR})
    done = await desk.call("cancel_schedule", "e", user="U3", schedule="s1")
    assert isinstance(done, Value)
    assert (done.data["cancelled"], desk.rows.all) == (True, {})


@pytest.mark.parametrize(("handle", "number"), [("S1", 1), (" s12 ", 12), ("3", 3), ("J1", None), ("", None)])
def test_a_handle_is_a_number(handle: str, number: int | None) -> None:
    assert number_in(handle) == number
