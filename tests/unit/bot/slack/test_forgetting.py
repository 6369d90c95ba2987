"""`/heygen forget me`: offered with what stays, done by a press, and only for whoever presses."""

from __future__ import annotations

import pytest

from bot.slack.forgetting import Forgetting
from bot.slack.router import Interaction, Router, parse
from bot.slack.text import mention
from bot.slack.typed import ForgetMe, UsageError
from bot.slack.typed import parse as typed
from bot.store import Store
from tests.support.store_steps import PERSON, WORKSPACE
from tests.unit.bot.slack.posts import asks, assert_sendable, buttons


def press(user: str = PERSON) -> Interaction:
    action = {"action_id": "forget_me", "value": "me", "action_ts": "1.1"}
    return parse("action", {"actions": [action], "user": {"id": user}, "team": {"id": WORKSPACE}})


async def test_the_offer_can_be_sent_and_asks_once_more(store: Store) -> None:
    offered = Forgetting(store.erasures).offer()
    assert_sendable(offered)
    assert set(buttons(offered)) == {"forget_me"}
    assert "can't be undone" in asks(offered, "forget_me")


async def test_a_press_is_a_deletion_that_the_person_asked_for_once(store: Store) -> None:
    forgetting = Forgetting(store.erasures)
    for _ in range(2):
        assert "forgetting you" in str((await forgetting.forget(press())).text)
    asked = await store.erasures.forget_person(WORKSPACE, PERSON)
    assert (asked.user_id, asked.actor) == (PERSON, asked.pseudonym)
    assert await store.erasures.run_due() == 1


async def test_the_button_has_a_handler(store: Store) -> None:
    router = Router(lanes=store.lanes, wake=lambda: None)
    Forgetting(store.erasures).register(router)
    with pytest.raises(ValueError, match="handler already"):
        Forgetting(store.erasures).register(router)


@pytest.mark.parametrize("text", ["forget me", "Forget ME", "  forget   me "])
def test_the_command_is_two_words(text: str) -> None:
    assert typed(text) == ForgetMe()


@pytest.mark.parametrize("text", ["forget", "forget bob", "forget me please"])
def test_anything_else_is_explained(text: str) -> None:
    assert isinstance(typed(text), UsageError)


@pytest.mark.parametrize(
    ("user", "shown"), [("U0ALICE", "<@U0ALICE>"), ("deleted-0a1b2c3d", "somebody whose data was deleted")]
)
def test_a_pseudonym_is_no_mention(user: str, shown: str) -> None:
    assert mention(user) == shown
