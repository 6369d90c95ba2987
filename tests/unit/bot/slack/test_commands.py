"""The handlers behind `/heygen`."""

from __future__ import annotations

import pytest

from agent.money import Cap, Period, Scope
from agent.records import JobState
from agent.rights import Role
from bot.slack.blocks import Post
from bot.slack.budget import Budgets
from bot.slack.cancels import CancelCommand
from bot.slack.commands import Commands
from bot.slack.forgetting import Forgetting
from bot.slack.live_command import LiveCommand
from bot.slack.router import Answer, Interaction
from bot.slack.router import parse as read
from bot.store import Store
from tests.support.clock import ManualClock
from tests.support.store_steps import (
    ACCOUNT,
    CHANNEL,
    PERSON,
    PRICE,
    WORKSPACE,
    intend,
    new_submission,
    open_turn,
    run_jobs,
)
from tests.unit.bot.slack.memory import MemoryRoles, Wakes
from tests.unit.bot.slack.posts import asks, assert_sendable, buttons, words

URL = "https://example.com/talk.mp4"


class Desk:
    """The command over a real store, typed into by Alice unless another is named."""

    def __init__(self, store: Store, clock: ManualClock, wakes: Wakes) -> None:
        self.store, self.clock = store, clock
        self.roles = MemoryRoles()
        self.live: LiveCommand | None = None
        self._wakes = wakes

    @property
    def commands(self) -> Commands:
        store = self.store
        budgets = Budgets(
            ledger=store.ledger, wallet=store.wallet, accounts=OneAccount(), roles=self.roles, clock=self.clock
        )
        cancelling = CancelCommand(
            requests=store.jobs,
            batches=store.batches,
            cancels=store.cancellations,
            clock=self.clock,
            kick=self._wakes,
        )
        return Commands(
            jobs=store.jobs,
            budgets=budgets,
            cancelling=cancelling,
            forgetting=Forgetting(store.erasures),
            clock=self.clock,
            link_for=lambda job: None,
            live=self.live,
        )

    async def type(self, text: str, user: str = PERSON, channel: str = CHANNEL) -> Answer:
        return await self.commands.handle(interaction(text, user, channel))

    async def said(self, text: str, user: str = PERSON) -> str:
        answer = await self.type(text, user)
        assert answer.blocks
        return words(Post(answer.text or "", answer.blocks))


class OneAccount:
    async def account_id(self, workspace_id: str) -> str:
        return ACCOUNT


def interaction(text: str, user: str = PERSON, channel: str = CHANNEL) -> Interaction:
    body = {
        "command": "/heygen",
        "text": text,
        "user_id": user,
        "channel_id": channel,
        "team_id": WORKSPACE,
        "trigger_id": "t",
    }
    return read("command", body)


@pytest.fixture
def desk(store: Store, clock: ManualClock, wakes: Wakes) -> Desk:
    return Desk(store, clock, wakes)


async def test_a_translation_opens_a_conversation_whose_root_is_to_be_posted(desk: Desk) -> None:
    asked = interaction(f"translate {URL} into French")
    event = (await desk.commands.handle(asked)).event
    assert event is not None
    assert (event.id, event.kind, event.opens, event.thread_ts) == (asked.event_id, "command", True, None)
    assert event.payload == {
        "name": "translate_video",
        "arguments": {"source": URL, "languages": ["French"]},
        "user": PERSON,
        "text": f"/heygen translate {URL} into French",
    }


@pytest.mark.parametrize(("channel", "kind"), [("C1", "channel"), ("D1", "im")])
async def test_the_conversations_kind_follows_its_id(desk: Desk, channel: str, kind: str) -> None:
    event = (await desk.type(f"translate {URL} into fr", channel=channel)).event
    assert event is not None
    assert event.channel_type == kind


async def test_the_private_word_cannot_ping_anybody(desk: Desk) -> None:
    answer = await desk.type(f"translate {URL} into <!channel>")
    assert "<!channel>" not in str(answer.text)


async def test_jobs_shows_ones_own_jobs(desk: Desk) -> None:
    await intend(desk.store, "German")
    assert "German" in await desk.said("jobs")
    assert "German" not in await desk.said("jobs", user="UBOB")


async def test_help_and_mistakes_commit_nothing(desk: Desk) -> None:
    for text in ("help", "help translate", "nonsense", "cancel the other one"):
        answer = await desk.type(text)
        assert answer.event is None
        assert answer.text


# -- budget ----------------------------------------------------------------------------------------------------


async def test_what_is_promised_counts_against_the_cap(desk: Desk) -> None:
    desk.store.ledger.caps = (Cap(Scope.PERSON, Period.DAY, 4 * PRICE),)
    await intend(desk.store, "German", "French")
    shown = await desk.said("budget")
    assert "today: `█████░░░░░` $2.00 of $4.00, $2.00 left (spent $0.00, promised $2.00)" in shown
    assert "this month: $2.00, no cap" in shown


async def test_nobody_sees_what_others_spend(desk: Desk) -> None:
    desk.roles = MemoryRoles(UDAVE={Role.APPROVER})
    await intend(desk.store, "German")
    assert "today: $0.00, no cap" in (await desk.said("budget", user="UBOB")).split("*This channel*")[0]
    assert "whole workspace" not in await desk.said("budget", user="UBOB")


@pytest.mark.parametrize("role", [Role.APPROVER, Role.ADMIN])
async def test_those_who_answer_for_the_money_see_the_workspace(desk: Desk, role: Role) -> None:
    desk.roles = MemoryRoles(UDAVE={role})
    await intend(desk.store, "German")
    shown = await desk.said("budget", user="UDAVE")
    assert "today: $1.00" in shown.split("*The whole workspace*")[1]


async def test_the_wallet_is_told_as_it_was_read_last(desk: Desk) -> None:
    assert "not read it yet" in await desk.said("budget")
    await desk.store.wallet.record(ACCOUNT, 93_700_000, since=0)
    desk.clock.advance(180)
    assert "$93.70 (US dollars) by HeyGen's own count, 3 min ago" in await desk.said("budget")


async def test_a_difference_is_told_to_those_who_answer_for_the_money(desk: Desk) -> None:
    desk.roles = MemoryRoles(UDAVE={Role.APPROVER})
    await desk.store.wallet.record(ACCOUNT, 90_000_000, since=0)
    await desk.store.wallet.record(ACCOUNT, 85_000_000, since=0)
    assert "Last difference: $5.00 more had been taken" in await desk.said("budget", user="UDAVE")
    assert "difference" not in await desk.said("budget", user="UBOB")


# -- cancel ----------------------------------------------------------------------------------------------------


async def test_open_requests_are_listed_with_a_button_each(desk: Desk) -> None:
    asked = await intend(desk.store, "German", "French")
    answer = await desk.type("cancel")
    post = Post(answer.text or "", answer.blocks or [])
    assert "J1 German, J2 French" in words(post)
    assert buttons(post)["cancel_request"].startswith(f"{asked.id}:")
    assert "nothing will be billed" in asks(post, "cancel_request")
    assert_sendable(post)


async def test_other_peoples_requests_are_not_listed(desk: Desk) -> None:
    await intend(desk.store, "German")
    assert await desk.said("cancel", user="UBOB") == "There is nothing to cancel."


async def test_one_job_is_cancelled_by_its_handle(desk: Desk, wakes: Wakes) -> None:
    asked = await intend(desk.store, "German", "French")
    assert "nothing is billed: J2 French." in await desk.said("cancel j2")
    states = [one.state for one in await desk.store.jobs.jobs_of(asked.id)]
    assert states == [JobState.WAITING, JobState.CANCELLED]
    assert wakes.count == 1


async def test_a_handle_that_nothing_open_has_gets_the_list(desk: Desk) -> None:
    await intend(desk.store, "German")
    shown = await desk.said("cancel J9")
    assert "You have no open job called J9." in shown
    assert "J1 German" in shown


async def test_a_handle_of_two_threads_gets_the_list(desk: Desk) -> None:
    for name in ("Ev1", "Ev2"):
        lease, turn = await open_turn(desk.store, name, thread_ts=name)
        await desk.store.jobs.intend(lease, new_submission(lease, "German", key=name, turn_id=turn.id))
    assert "You have several open jobs called J1." in await desk.said("cancel J1")
    assert len(await desk.store.jobs.open_requests(WORKSPACE, PERSON, 10)) == 2


async def test_all_that_is_open_is_cancelled_and_told_apart(desk: Desk) -> None:
    await run_jobs(desk.store, "German")
    lease, turn = await open_turn(desk.store, "Ev2", thread_ts="2.0")
    await desk.store.jobs.intend(lease, new_submission(lease, "French", key="key-2", turn_id=turn.id))
    said = await desk.said("cancel all")
    assert "nothing is billed: J1 French." in said
    assert "HeyGen already has J1 German and can't be stopped; it will bill about $1.00" in said
    assert await desk.said("cancel") == "There is nothing to cancel."


@pytest.mark.parametrize("typed", ["live", "live end"])
async def test_where_there_are_no_live_sessions_that_is_said(desk: Desk, typed: str) -> None:
    answer = await desk.type(typed)
    assert "LIVEAVATAR_API_KEY" in str(answer.text)
    assert answer.event is None


async def test_live_offers_and_ends(desk: Desk) -> None:
    desk.live = LiveCommand(live=desk.store.live, kick=lambda: None)
    event = (await desk.type("live my intro has no sound")).event
    assert event is not None
    assert event.payload["text"] == "/heygen live my intro has no sound"
    assert "You have no live session." in str((await desk.type("live end")).text)
