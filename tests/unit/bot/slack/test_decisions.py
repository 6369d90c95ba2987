"""The buttons about money over a real store: who may press them, and what they are bound to."""

from __future__ import annotations

from typing import Any

import pytest

from agent.money import Cap, Period, Scope
from agent.records import DeliveryKind, Json, Submission, SubmissionState
from agent.rights import Role
from bot.slack import buttons
from bot.slack.asked import Bench
from bot.slack.decisions import EXPIRED, LOOK_AGAIN, UNKNOWN, Decisions
from bot.slack.modals import change_modal, entered
from bot.slack.router import Answer, Interaction, Router
from bot.slack.router import parse as read
from bot.store import Store
from tests.support.clock import ManualClock
from tests.support.store_steps import APPROVAL, PERSON, PRICE, WORKSPACE, ask, run_jobs
from tests.unit.bot.slack.memory import MemoryLanes, MemoryRoles, Wakes
from tests.unit.bot.slack.rows import submission

BOB, DAVE, OWN = "UBOB", "UDAVE", PERSON


class Desk:
    """The handlers behind a router; Bob approves, Dave operates."""

    def __init__(self, store: Store, wakes: Wakes) -> None:
        self.store, self.wakes, self.lanes = store, wakes, MemoryLanes()
        self.router = Router(lanes=self.lanes, wake=wakes)
        Decisions(
            requests=store.jobs,
            places=store.turns,
            approvals=store.approvals,
            cancels=store.cancellations,
            notices=store.deliveries,
            bench=Bench(MemoryRoles(UBOB={Role.APPROVER}, UDAVE={Role.OPERATOR}), lambda _: [f"<@{BOB}>"]),
            kick=wakes,
        ).register(self.router)

    async def press(self, name: str, about: Submission | str, user: str, team: str = WORKSPACE) -> Answer:
        value = about if isinstance(about, str) else buttons.value_of(about)
        return await self.router.dispatch(click(name, value, user, team))

    async def told(self, name: str, about: Submission | str, user: str, team: str = WORKSPACE) -> str:
        return (await self.press(name, about, user, team)).text or ""

    async def submit(self, about: Submission, languages: Any, user: str = OWN) -> Answer:
        return await self.router.dispatch(read("view", submitted(about, languages, user)))

    async def state(self, about: Submission) -> SubmissionState:
        return (await self.store.jobs.submission(about.id)).state


def click(name: str, value: str, user: str, team: str) -> Interaction:
    action = {"type": "button", "action_id": name, "block_id": "b", "value": value, "action_ts": "1.0"}
    body = {"user": {"id": user}, "team": {"id": team}, "channel": {"id": "C1"}, "actions": [action]}
    return read("action", {**body, "container": {"message_ts": "2.0", "thread_ts": "1.0"}, "trigger_id": "t"})


def submitted(about: Submission, languages: Any, user: str) -> Json:
    state = {"values": {"languages": {"languages": {"type": "plain_text_input", "value": languages}}}}
    view = {"id": "V1", "hash": "h", "callback_id": "change_request", "state": state}
    view["private_metadata"] = buttons.value_of(about)
    return {"type": "view_submission", "team": {"id": WORKSPACE}, "user": {"id": user}, "view": view}


@pytest.fixture
def desk(store: Store, wakes: Wakes) -> Desk:
    return Desk(store, wakes)


@pytest.mark.parametrize("user", [OWN, DAVE, "UCAROL"])
async def test_only_approvers_approve(desk: Desk, user: str) -> None:
    waiting = await ask(desk.store, "German")
    assert f"Only an approver can decide this: <@{BOB}>." in await desk.told("approve_request", waiting, user)
    assert await desk.state(waiting) is SubmissionState.WAITING_APPROVAL
    assert desk.wakes.count == 0


async def test_an_approval_is_committed_and_wakes_the_sender(desk: Desk) -> None:
    waiting = await ask(desk.store, "German")
    assert "Approved: A translation, about $1.00." in await desk.told("approve_request", waiting, BOB)
    assert await desk.state(waiting) is SubmissionState.INTENDED
    assert desk.wakes.count == 1


@pytest.mark.parametrize("spoilt", ["{id}:other:1000000", "{id}:{hash}:999999", "{id}"])
async def test_an_approval_counts_only_for_what_was_seen(desk: Desk, spoilt: str) -> None:
    waiting = await ask(desk.store, "German")
    value = spoilt.format(id=waiting.id, hash=waiting.arguments_hash)
    assert await desk.told("approve_request", value, BOB) == LOOK_AGAIN
    assert await desk.state(waiting) is SubmissionState.WAITING_APPROVAL


async def test_what_became_cheaper_may_be_approved_at_the_price_that_was_seen(desk: Desk) -> None:
    waiting = await ask(desk.store, "German")
    value = f"{waiting.id}:{waiting.arguments_hash}:{5 * PRICE}"
    assert "Approved" in await desk.told("approve_request", value, BOB)


async def test_a_cap_is_told_as_whose_it_is(desk: Desk) -> None:
    waiting = await ask(desk.store, "German")
    desk.store.ledger.caps = (Cap(Scope.PERSON, Period.DAY, PRICE // 2),)
    assert f"<@{PERSON}>'s $0.50 for this day" in await desk.told("approve_request", waiting, BOB)
    assert await desk.state(waiting) is SubmissionState.WAITING_APPROVAL


async def test_an_approval_that_comes_too_late_is_told_so(desk: Desk, clock: ManualClock) -> None:
    waiting = await ask(desk.store, "German")
    clock.advance(APPROVAL + 1)
    assert await desk.told("approve_request", waiting, BOB) == EXPIRED


@pytest.mark.parametrize("user", [OWN, BOB])
async def test_the_requester_and_approvers_decline(desk: Desk, user: str) -> None:
    waiting = await ask(desk.store, "German")
    assert "Declined: A translation." in await desk.told("decline_request", waiting, user)
    assert f"This was declined by <@{user}> already." in await desk.told("approve_request", waiting, BOB)


@pytest.mark.parametrize("name", ["approve_request", "decline_request", "change_request", "cancel_request"])
@pytest.mark.parametrize("value", ["", "submission_9", "submission_9:hash:1", "x" * 3_000])
async def test_a_button_about_nothing_gets_a_sentence(desk: Desk, name: str, value: str) -> None:
    assert await desk.told(name, value, BOB) == UNKNOWN


@pytest.mark.parametrize("name", ["approve_request", "decline_request", "change_request", "cancel_request"])
async def test_another_workspace_knows_nothing_of_it(desk: Desk, name: str) -> None:
    waiting = await ask(desk.store, "German")
    assert await desk.told(name, waiting, OWN, team="T2") == UNKNOWN
    assert await desk.state(waiting) is SubmissionState.WAITING_APPROVAL


async def test_only_the_requester_gets_the_modal(desk: Desk) -> None:
    waiting = await ask(desk.store, "German")
    assert (await desk.press("change_request", waiting, BOB)).open_view is None
    view = (await desk.press("change_request", waiting, OWN)).open_view
    assert view is not None
    assert view["blocks"][0]["element"]["initial_value"] == "German"


async def test_the_modals_languages_become_a_row_of_the_requests_thread(desk: Desk) -> None:
    waiting = await ask(desk.store, "German")
    assert (await desk.submit(waiting, "French, Spanish (Mexico)")).errors is None
    (event,) = desk.lanes.events
    place = await desk.store.turns.conversation(waiting.conversation_id)
    assert (event.kind, event.channel_id, event.thread_ts) == ("action", place.channel_id, place.thread_ts)
    assert not event.opens
    assert event.payload["languages"] == ["French", "Spanish (Mexico)"]
    assert event.payload["submission_id"] == waiting.id


@pytest.mark.parametrize(
    "languages", ["", "German", "german", None, ["x"], ", ,", ",".join(f"l{n}" for n in range(300))]
)
async def test_what_changes_nothing_is_a_complaint_in_the_modal(desk: Desk, languages: Any) -> None:
    waiting = await ask(desk.store, "German")
    answer = await desk.submit(waiting, languages)
    assert answer.response_action == "errors"
    assert desk.lanes.events == []


@pytest.mark.parametrize("name", ["Chinese (Mandarin, Simplified)", "Salt and Pepper", "French (France)"])
def test_a_language_in_the_modal_is_read_back_as_the_same_one(name: str) -> None:
    view = change_modal(submission(arguments={"languages": [name, "German"]}))
    shown = view["blocks"][0]["element"]["initial_value"]
    assert buttons.pressed(view["private_metadata"]) == buttons.Pressed("sub_1", "hash", 0)
    assert entered({"languages": {"languages": {"value": shown}}}) == (name, "German")


@pytest.mark.parametrize("user", [BOB, "UCAROL"])
async def test_others_do_not_cancel(desk: Desk, user: str) -> None:
    waiting = await ask(desk.store, "German")
    assert "an operator or an admin can cancel it" in await desk.told("cancel_request", waiting, user)


async def test_an_operator_who_cancels_what_was_sent_leaves_a_word_for_the_requester(desk: Desk) -> None:
    jobs = await run_jobs(desk.store, "German")
    running = await desk.store.jobs.submission(jobs[0].submission_id)
    assert "can't be stopped" in await desk.told("cancel_request", running, DAVE)
    notice = await desk.store.deliveries.find(f"cancelled:{running.id}:J1")
    assert notice is not None
    assert (notice.kind, notice.body["user"]) == (DeliveryKind.NOTICE, PERSON)
    assert f"<@{DAVE}> cancelled A translation." in notice.body["text"]


async def test_who_cancels_their_own_gets_no_notice(desk: Desk) -> None:
    jobs = await run_jobs(desk.store, "German")
    running = await desk.store.jobs.submission(jobs[0].submission_id)
    await desk.press("cancel_request", running, OWN)
    assert await desk.store.deliveries.find(f"cancelled:{running.id}:J1") is None
