"""The buttons of a batch over a real store: who may press them, what they are bound to, and what each one does."""

from __future__ import annotations

import pytest

from agent.batches import Batch, BatchState
from agent.money import Cap, Period, Scope
from agent.records import DeliveryKind, SubmissionState
from agent.rights import Role
from bot.slack import batch_buttons as buttons
from bot.slack.asked import Bench
from bot.slack.batch_decisions import NOT_READY, BatchDecisions
from bot.slack.decisions import EXPIRED, LOOK_AGAIN, UNKNOWN
from bot.slack.router import Answer, Router
from bot.store import Store
from tests.support.batch_steps import EACH, again, ask, going, intend, sampled, send, states
from tests.support.clock import ManualClock
from tests.support.store_steps import APPROVAL, PERSON, WORKSPACE
from tests.unit.bot.slack.memory import MemoryLanes, MemoryRoles, Wakes
from tests.unit.bot.slack.test_decisions import click

BOB, DAVE, OWN = "UBOB", "UDAVE", PERSON
EVERY = ["approve_batch", "decline_batch", "make_rest", "refuse_sample", "cancel_batch", "refresh_batch", "retry_batch"]


class Desk:
    """The handlers behind a router; Bob approves, Dave operates."""

    def __init__(self, store: Store, wakes: Wakes) -> None:
        self.store, self.wakes, self.lanes = store, wakes, MemoryLanes()
        self.router = Router(lanes=self.lanes, wake=wakes)
        BatchDecisions(
            batches=store.batches,
            places=store.turns,
            cancels=store.cancellations,
            notices=store.deliveries,
            bench=Bench(MemoryRoles(UBOB={Role.APPROVER}, UDAVE={Role.OPERATOR}), lambda _: [f"<@{BOB}>"]),
            kick=wakes,
        ).register(self.router)

    async def press(
        self, name: str, about: Batch | str, user: str, highest: int = 3 * EACH.high, team: str = WORKSPACE
    ) -> Answer:
        value = about if isinstance(about, str) else buttons.value_of(about, highest)
        return await self.router.dispatch(click(name, value, user, team))

    async def told(self, name: str, about: Batch | str, user: str, **other: int) -> str:
        return (await self.press(name, about, user, **other)).text or ""


@pytest.fixture
def desk(store: Store, wakes: Wakes) -> Desk:
    return Desk(store, wakes)


@pytest.mark.parametrize("user", [OWN, DAVE, "UCAROL"])
async def test_only_approvers_approve(desk: Desk, user: str) -> None:
    asked = await ask(desk.store)
    assert f"Only an approver can decide this: <@{BOB}>." in await desk.told("approve_batch", asked, user)
    assert (await again(desk.store, asked)).state is BatchState.WAITING_APPROVAL


async def test_an_approval_sends_the_sample_first(desk: Desk) -> None:
    asked = await ask(desk.store)
    told = await desk.told("approve_batch", asked, BOB)
    assert told == "Approved: Intros. One goes to HeyGen now, as a sample."
    assert desk.wakes.count == 1
    assert await desk.told("approve_batch", asked, BOB) == f"This was approved already by <@{BOB}>."


async def test_an_approval_is_bound_to_what_was_shown(desk: Desk, clock: ManualClock) -> None:
    asked = await ask(desk.store)
    assert await desk.told("approve_batch", asked, BOB, highest=3 * EACH.high - 1) == LOOK_AGAIN
    assert await desk.told("approve_batch", f"{asked.id}:other:9999999", BOB) == LOOK_AGAIN
    clock.advance(APPROVAL)
    assert await desk.told("approve_batch", asked, BOB) == EXPIRED
    assert (await again(desk.store, asked)).state is BatchState.WAITING_APPROVAL


async def test_a_full_cap_is_told(desk: Desk) -> None:
    desk.store.ledger.caps = (Cap(Scope.PERSON, Period.DAY, 10 * EACH.high),)
    asked = await ask(desk.store)
    desk.store.ledger.caps = (Cap(Scope.PERSON, Period.DAY, 1),)
    assert f"<@{OWN}>'s" in await desk.told("approve_batch", asked, BOB)
    assert (await again(desk.store, asked)).state is BatchState.WAITING_APPROVAL


async def test_a_decline_ends_it(desk: Desk) -> None:
    asked = await ask(desk.store)
    assert "Only an approver" in await desk.told("decline_batch", asked, "UCAROL")
    assert "Nothing was sent and nothing is billed." in await desk.told("decline_batch", asked, OWN)
    assert await desk.told("decline_batch", asked, BOB) == f"This was declined by <@{OWN}>."


@pytest.mark.parametrize("action", ["make_rest", "refuse_sample"])
@pytest.mark.parametrize("user", [BOB, DAVE, "UCAROL"])
async def test_only_the_requester_says_whether_the_sample_is_good(desk: Desk, action: str, user: str) -> None:
    asked = await sampled(desk.store)
    assert f"Only <@{OWN}>, who asked for this" in await desk.told(action, asked, user)
    assert (await again(desk.store, asked)).state is BatchState.SAMPLING


async def test_a_good_sample_lets_the_rest_go(desk: Desk) -> None:
    asked = await sampled(desk.store)
    assert await desk.told("make_rest", asked, OWN) == "The rest of Intros is being made now."
    assert await states(desk.store, asked) == [SubmissionState.SENT, *[SubmissionState.INTENDED] * 2]
    assert await desk.told("make_rest", asked, OWN) == "This needs no decision any more: it is being made."
    assert desk.wakes.count == 2


async def test_a_bad_sample_stops_it(desk: Desk) -> None:
    asked = await sampled(desk.store)
    assert "Stopped: 2 were not sent and are not billed." in await desk.told("refuse_sample", asked, OWN)
    assert await desk.told("make_rest", asked, OWN) == "This was stopped after the sample."


async def test_a_sample_that_is_not_there_yet_cannot_be_good(desk: Desk) -> None:
    assert await desk.told("make_rest", await intend(desk.store), OWN) == NOT_READY


async def test_a_cancel_says_what_is_billed_and_calls_the_requester(desk: Desk) -> None:
    asked = await going(desk.store)
    await send(desk.store, 1)
    assert "an operator or an admin can cancel it" in await desk.told("cancel_batch", asked, "UCAROL")
    told = await desk.told("cancel_batch", asked, DAVE)
    assert "Cancelled before it was sent, nothing is billed: J3 Mike (Initech)." in told
    assert "HeyGen already has J2 John (Globex)" in told
    notice = await desk.store.deliveries.find(f"cancelled:{asked.id}:J2")
    assert notice is not None
    assert (notice.kind, notice.body["user"]) == (DeliveryKind.NOTICE, OWN)


@pytest.mark.parametrize("action", ["refresh_batch", "retry_batch"])
async def test_work_of_its_own_goes_to_the_batchs_thread(desk: Desk, action: str) -> None:
    asked = await intend(desk.store)
    event = (await desk.press(action, asked, OWN)).event
    assert event is not None
    assert (event.kind, event.thread_ts) == ("action", "Ev1.0")
    assert event.payload == {"name": action, "batch_id": asked.id, "user": OWN}


async def test_only_the_requester_retries(desk: Desk) -> None:
    answer = await desk.press("retry_batch", await intend(desk.store), BOB)
    assert answer.event is None
    assert f"Only <@{OWN}>" in (answer.text or "")


@pytest.mark.parametrize("action", EVERY)
async def test_what_is_not_of_this_workspace_is_not_known(desk: Desk, action: str) -> None:
    asked = await intend(desk.store)
    assert (await desk.press(action, asked, OWN, team="T9")).text == UNKNOWN
    assert (await desk.press(action, "nobody:hash:1", OWN)).text == UNKNOWN
    assert (await desk.press(action, "", OWN)).text == UNKNOWN
