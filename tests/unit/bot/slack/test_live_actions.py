"""The buttons, modals and the shortcut of live sessions over a real store: who may press what, and what it does."""

from __future__ import annotations

from typing import Any

import pytest

from agent.live.records import CommandKind, LiveEnd, LivePass, LiveSession, LiveState
from agent.records import Delivery, Json
from agent.rights import MATRIX, Right, Role
from bot.slack.blocks import Post
from bot.slack.live_actions import NOT_RUNNING, NOT_YET, PASSED_ON, STEERING, UNKNOWN, LiveActions
from bot.slack.live_command import NOT_SET_UP
from bot.slack.live_modals import LONGEST_WORDS, words_modal
from bot.slack.router import Answer, Router
from bot.slack.router import parse as read
from bot.store import Store
from bot.store.inbox import NewEvent
from tests.support import live_rows
from tests.support.clock import ManualClock
from tests.support.live_rows import OFFER, REQUESTER
from tests.support.store_steps import WORKSPACE
from tests.unit.bot.slack.memory import MemoryLanes, MemoryRoles, Wakes
from tests.unit.bot.slack.posts import assert_sendable

BOB, OLGA, ADA, CAROL = "UBOB", "UOLGA", "UADA", "UCAROL"
PEOPLE = {BOB: Role.APPROVER, OLGA: Role.OPERATOR, ADA: Role.ADMIN}


class Desk:
    """The handlers behind a router; Bob approves, Olga operates, Ada is an admin, Carol is nobody."""

    def __init__(self, store: Store, wakes: Wakes) -> None:
        self.store, self.wakes, self.lanes = store, wakes, MemoryLanes()
        self.router = Router(lanes=self.lanes, wake=wakes)
        self.page: str | None = "https://greenroom.example/live"
        LiveActions(
            live=store.live,
            places=store.turns,
            roles=MemoryRoles(**{user: {role} for user, role in PEOPLE.items()}),
            approvers=lambda _: [f"<@{BOB}>"],
            link_for=self.link,
            kick=wakes,
        ).register(self.router)

    def link(self, made: LivePass) -> str | None:
        return self.page and f"{self.page}/{made.id}"

    async def press(self, name: str, about: LiveSession | str, user: str, team: str = WORKSPACE) -> Answer:
        value = about if isinstance(about, str) else about.id
        action = {"type": "button", "action_id": name, "block_id": "b", "value": value, "action_ts": "1.0"}
        body = {"user": {"id": user}, "team": {"id": team}, "channel": {"id": "C1"}, "actions": [action]}
        body |= {"container": {"message_ts": "2.0", "thread_ts": "1.0"}, "trigger_id": "t"}
        return await self.router.dispatch(read("action", body))

    async def told(self, name: str, about: LiveSession | str, user: str, team: str = WORKSPACE) -> str:
        return (await self.press(name, about, user, team)).text or ""

    async def submit(self, kind: str, about: LiveSession, words: Any, user: str = OLGA, **more: Any) -> Answer:
        state = {"values": {"words": {"words": {"type": "plain_text_input", "value": words}}}}
        view = {"id": "V1", "hash": "h", "callback_id": kind, "state": state, "private_metadata": about.id}
        body: Json = {"type": "view_submission", "team": {"id": WORKSPACE}, "user": {"id": user}, "view": view}
        return await self.router.dispatch(read("view", body | more))

    async def now(self, about: LiveSession) -> LiveSession:
        return await self.store.live.session(about.id)

    async def running(self) -> LiveSession:
        self.lease = await live_rows.running(self.store)
        return await self.store.live.session(self.lease.id)

    async def commanded(self) -> list[tuple[CommandKind, str, str]]:
        return [(each.kind, each.actor, each.text) for each in await self.store.live.commands(self.lease)]

    async def notice(self, about: LiveSession, what: str) -> Delivery | None:
        return await self.store.deliveries.find(f"live:{about.id}:{what}")


@pytest.fixture
def desk(store: Store, wakes: Wakes) -> Desk:
    return Desk(store, wakes)


# -- rights

RIGHTS = {
    "live_join": Right.JOIN_LIVE,
    "live_decline": Right.DECLINE_LIVE,
    "live_claim": Right.CLAIM_LIVE,
    "live_approve": Right.APPROVE,
    "live_end": Right.END_LIVE,
    "live_say": Right.STEER_LIVE,
    "live_whisper": Right.STEER_LIVE,
    "live_follow_up": Right.ASK_LIVE,
    **dict.fromkeys(STEERING, Right.STEER_LIVE),
}


@pytest.mark.parametrize("action", RIGHTS)
async def test_each_press_is_checked_against_the_matrix(desk: Desk, action: str) -> None:
    waiting = action in ("live_join", "live_decline", "live_claim", "live_approve")
    needs_approval = action == "live_approve"
    about = await live_rows.offer(desk.store, needs_approval=needs_approval) if waiting else await desk.running()
    roles = {CAROL: None, REQUESTER: Role.REQUESTER, **PEOPLE}
    may = [user for user, role in roles.items() if role in MATRIX[RIGHTS[action]]]
    for user in roles.keys() - may:
        assert (await desk.told(action, about, user)).startswith("Only ")
    assert await desk.now(about) == about
    assert desk.lanes.events == []
    assert waiting or await desk.commanded() == []
    assert may
    for user in may:
        assert not (await desk.told(action, about, user)).startswith("Only ")


@pytest.mark.parametrize("action", [*RIGHTS, "live_again"])
async def test_a_button_about_nothing_of_this_workspace_gets_a_sentence(desk: Desk, action: str) -> None:
    for value in ("", "live_99", "x" * 3_000):
        assert await desk.told(action, value, OLGA) == UNKNOWN
    about = await live_rows.offer(desk.store)
    assert await desk.told(action, about, REQUESTER, team="T2") == UNKNOWN
    assert await desk.now(about) == about


# -- joining


async def test_the_requester_gets_a_link_of_their_own_and_nothing_begins(desk: Desk) -> None:
    about = await live_rows.offer(desk.store)
    first, second = [await desk.told("live_join", about, REQUESTER) for _ in range(2)]
    assert "<https://greenroom.example/live/pass" in first
    assert "$0.12 a minute" in first
    assert first != second
    assert (await desk.now(about)).state is LiveState.OFFERED


async def test_where_there_is_no_page_that_is_said(desk: Desk) -> None:
    desk.page = None
    assert await desk.told("live_join", await live_rows.offer(desk.store), REQUESTER) == NOT_SET_UP


async def test_who_lost_the_page_gets_another_link(desk: Desk) -> None:
    assert "<https://greenroom.example/live/" in await desk.told("live_join", await desk.running(), REQUESTER)


async def test_what_nobody_approved_cannot_be_joined(desk: Desk) -> None:
    about = await live_rows.offer(desk.store, needs_approval=True)
    assert await desk.told("live_join", about, REQUESTER) == NOT_YET


async def test_while_the_team_is_called_there_is_nothing_to_join(desk: Desk) -> None:
    assert "the team is being called" in await desk.told("live_join", await live_rows.call(desk.store), REQUESTER)


async def test_what_is_over_cannot_be_joined(desk: Desk) -> None:
    about = await live_rows.offer(desk.store)
    await desk.press("live_decline", about, REQUESTER)
    assert f"<@{REQUESTER}> declined it" in await desk.told("live_join", about, REQUESTER)


# -- deciding


async def test_a_declined_offer_is_over(desk: Desk) -> None:
    about = await live_rows.offer(desk.store)
    assert await desk.told("live_decline", about, REQUESTER) == "Declined. Nothing is billed."
    assert (await desk.now(about)).end is LiveEnd.DECLINED
    assert desk.wakes.count == 1


@pytest.mark.parametrize("user", [OLGA, ADA])
async def test_a_claim_is_a_persons_and_the_requester_is_called(desk: Desk, user: str) -> None:
    about = await live_rows.call(desk.store)
    assert "It is yours" in await desk.told("live_claim", about, user)
    assert (await desk.now(about)).claimed_by == user
    notice = await desk.notice(about, "claimed")
    assert notice is not None
    assert notice.body == {
        "text": f"<@{REQUESTER}> <@{user}> has this conversation now and goes on here. Nothing is billed.",
        "user": REQUESTER,
    }


async def test_who_claims_too_late_hears_who_was_faster(desk: Desk) -> None:
    about = await live_rows.call(desk.store)
    await desk.press("live_claim", about, OLGA)
    assert f"<@{OLGA}> has this conversation now" in await desk.told("live_claim", about, ADA)
    assert "It is yours" in await desk.told("live_claim", about, OLGA)


async def test_what_runs_cannot_be_claimed_or_declined(desk: Desk) -> None:
    about = await desk.running()
    assert "its card has the controls" in await desk.told("live_claim", about, OLGA)
    assert "its card has the controls" in await desk.told("live_decline", about, REQUESTER)
    assert (await desk.now(about)).state is LiveState.LIVE


async def test_an_approved_offer_can_be_joined(desk: Desk) -> None:
    about = await live_rows.offer(desk.store, needs_approval=True)
    assert "Only an approver can decide this: <@UBOB>." in await desk.told("live_approve", about, REQUESTER)
    assert "Approved: $0.12 a minute" in await desk.told("live_approve", about, BOB)
    assert (await desk.now(about)).approved_by == BOB
    assert "Open your live session" in await desk.told("live_join", about, REQUESTER)


async def test_an_approval_that_is_not_needed_says_so(desk: Desk) -> None:
    assert "nothing to decide" in await desk.told("live_approve", await live_rows.offer(desk.store), BOB)


async def test_an_approval_that_comes_too_late_is_told_so(desk: Desk, clock: ManualClock) -> None:
    about = await live_rows.offer(desk.store, needs_approval=True)
    clock.advance(OFFER + 1)
    await desk.store.live.run_due()
    assert "nobody joined in time" in await desk.told("live_approve", about, BOB)


# -- steering


@pytest.mark.parametrize("action", STEERING)
async def test_steering_reaches_the_session_once(desk: Desk, action: str) -> None:
    about = await desk.running()
    for _ in range(2):  # Slack may deliver a press twice
        assert await desk.told(action, about, OLGA) == PASSED_ON[STEERING[action]]
    assert await desk.commanded() == [(STEERING[action], OLGA, "")]


@pytest.mark.parametrize("user", [REQUESTER, OLGA])
async def test_those_who_may_end_it(desk: Desk, user: str) -> None:
    assert "being ended" in await desk.told("live_end", await desk.running(), user)
    assert await desk.commanded() == [(CommandKind.END, user, "")]


@pytest.mark.parametrize("action", ["live_end", "live_say", *STEERING])
async def test_what_does_not_run_cannot_be_steered(desk: Desk, action: str) -> None:
    assert await desk.told(action, await live_rows.offer(desk.store), OLGA) == NOT_RUNNING


@pytest.mark.parametrize(("kind", "command"), [("live_say", CommandKind.SAY), ("live_whisper", CommandKind.WHISPER)])
async def test_words_are_asked_for_and_passed_on(desk: Desk, kind: str, command: CommandKind) -> None:
    about = await desk.running()
    view = (await desk.press(kind, about, OLGA)).open_view
    assert view is not None
    assert (view["callback_id"], view["private_metadata"]) == (kind, about.id)
    assert await desk.submit(kind, about, " Hold on, please. ") == Answer()
    assert await desk.commanded() == [(command, OLGA, "Hold on, please.")]


@pytest.mark.parametrize("words", [None, "", "  ", 7])
async def test_a_modal_without_words_complains(desk: Desk, words: Any) -> None:
    answer = await desk.submit("live_say", await desk.running(), words)
    assert answer.errors == {"words": "There are no words in it."}
    assert await desk.commanded() == []


async def test_words_of_somebody_who_may_not_are_refused(desk: Desk) -> None:
    answer = await desk.submit("live_say", await desk.running(), "Hello", user=REQUESTER)
    assert "Only operators and admins" in str(answer.errors)
    assert await desk.commanded() == []


async def test_words_that_come_too_late_are_told_so(desk: Desk) -> None:
    about = await live_rows.offer(desk.store)
    assert (await desk.submit("live_say", about, "Hello")).errors == {"words": NOT_RUNNING}


async def test_a_closed_modal_does_nothing(desk: Desk) -> None:
    assert await desk.submit("live_say", await desk.running(), "Hello", type="view_closed") == Answer()
    assert await desk.commanded() == []


async def test_more_words_than_fit_are_cut_where_slack_would_have_stopped(desk: Desk) -> None:
    await desk.submit("live_say", await desk.running(), "a" * (LONGEST_WORDS + 5))
    assert [len(text) for _, _, text in await desk.commanded()] == [LONGEST_WORDS]


# -- afterwards


async def test_a_follow_up_is_an_ordinary_message_of_the_thread(desk: Desk) -> None:
    about = await live_rows.offer(desk.store)
    await desk.press("live_follow_up", about, REQUESTER)
    (event,) = desk.lanes.events
    assert (event.kind, event.thread_ts, event.opens) == ("message", "Ev1.0", False)
    assert event.payload["mentioned"] is True
    assert "follow-up video of live session L1" in event.payload["text"]
    assert event.payload["user"] == REQUESTER


async def test_anybody_may_ask_again_and_is_then_the_requester(desk: Desk) -> None:
    await desk.press("live_again", await live_rows.offer(desk.store), CAROL)
    (event,) = desk.lanes.events
    assert (event.kind, event.thread_ts, event.payload["name"], event.payload["user"]) == (
        "action",
        "Ev1.0",
        "escalate",
        CAROL,
    )


async def shortcut(desk: Desk, **changes: Any) -> tuple[Answer, list[NewEvent]]:
    message = {"ts": "7.0", "text": "<!channel> my secret", "user": BOB}
    body: Json = {"callback_id": "live_avatar", "user": {"id": CAROL}, "team": {"id": WORKSPACE}, "action_ts": "9.0"}
    body |= {"channel": {"id": "C9"}, "message": message, "trigger_id": "t"} | changes
    return await desk.router.dispatch(read("shortcut", body)), desk.lanes.events


async def test_the_shortcut_opens_a_conversation_in_the_messages_thread(desk: Desk) -> None:
    answer, (event,) = await shortcut(desk)
    assert answer.text
    assert (event.channel_id, event.thread_ts, event.opens, event.kind) == ("C9", "7.0", True, "action")
    assert event.payload == {
        "name": "escalate",
        "user": CAROL,
        "text": "[used “Bring in a live avatar” on a message here]",
    }


async def test_the_shortcut_on_a_reply_belongs_to_its_thread(desk: Desk) -> None:
    _, (event,) = await shortcut(desk, message={"ts": "7.0", "thread_ts": "5.0", "text": "x"})
    assert event.thread_ts == "5.0"


async def test_the_shortcut_without_a_message_says_how_it_goes(desk: Desk) -> None:
    answer, events = await shortcut(desk, message={}, channel={})
    assert "Use this on a message" in str(answer.text)
    assert events == []


@pytest.mark.parametrize("kind", ["live_say", "live_whisper"])
async def test_the_modals_fit_into_slack(desk: Desk, kind: str) -> None:
    view = words_modal(kind, await live_rows.offer(desk.store))
    assert all(len(view[part]["text"]) <= 24 for part in ("title", "submit", "close"))
    assert_sendable(Post("x", view["blocks"]))
