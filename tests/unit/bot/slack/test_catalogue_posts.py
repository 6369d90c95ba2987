"""Pictures, voices and the button under a change: what people see, within what Slack takes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given

from bot.slack.blocks import Post
from bot.slack.catalogue_buttons import GOOD_FOR, TAKEN, TOO_LATE, UNKNOWN, WishButtons
from bot.slack.catalogue_posts import PERFORM, gallery, no_previews, wish
from bot.slack.router import Answer, Router
from tests.support.clock import ManualClock
from tests.unit.bot.slack.memory import MemoryLanes, Wakes
from tests.unit.bot.slack.posts import NASTY, asks, assert_sendable, buttons, words
from tests.unit.bot.slack.test_decisions import click

Json = dict[str, Any]
TEAM = "T1"


def card(kind: str = "look", name: str = "Ava", *, preview: bool = True) -> Json:
    return {
        "kind": kind,
        "account_id": "T1-heygen",
        "id": "x1",
        "name": name,
        "details": ["female"],
        "preview": preview,
    }


def link(kind: str, account_id: str, vendor_id: str) -> str:
    return f"https://green.room/p/{kind}-{vendor_id}"


def pictures(post: Post) -> list[str]:
    return [block["accessory"]["image_url"] for block in post.blocks if "accessory" in block]


def body(**fields: Any) -> Json:
    asked = {"tool": "delete_look", "arguments": {"look_id": "RAAAAAAAA"}, "purpose": "Deletes a look for good."}
    return {**asked, "about": ["Ava"], "texts": [], "key": "gr-1", "user": "UALICE", "asked_at": 0.0, **fields}


# -- what is shown


def test_a_look_has_its_picture() -> None:
    shown = gallery({"title": "Avatars", "cards": [card(), card(name="Tim", preview=False)]}, link)
    assert pictures(shown) == ["https://green.room/p/look-x1"]
    assert shown.text == "Avatars: Ava, Tim"
    assert "*Tim* · female" in words(shown)


def test_a_voice_has_a_link_to_listen_to() -> None:
    shown = gallery({"title": "Voices", "cards": [card("voice", "Emma")]}, link)
    assert "*Emma* · female · <https://green.room/p/voice-x1|listen>" in words(shown)


def test_without_links_of_ours_there_are_names_and_a_reason() -> None:
    shown = gallery({"title": "Avatars", "cards": [card()]}, no_previews)
    assert pictures(shown) == []
    assert "address of ours" in words(shown)


@given(NASTY)
def test_whatever_they_are_called_it_can_be_sent(name: str) -> None:
    assert_sendable(gallery({"title": "Avatars", "cards": [card(name=name)] * 6}, link))
    assert_sendable(wish(body(about=[name], texts=[name])))


def test_a_wish_says_what_it_is_about_and_asks_once_more() -> None:
    shown = wish(body(texts=["Ava red"]))
    assert "Deletes a look for good.\nIt is about *Ava*.\n&gt; Ava red" in words(shown).replace("> ", "&gt; ")
    assert asks(shown, PERFORM) == "Really? Deletes a look for good. It is about Ava."
    assert json.loads(buttons(shown)[PERFORM])["tool"] == "delete_look"


def test_once_pressed_there_is_no_button() -> None:
    shown = wish(body(), pressed=True)
    assert_sendable(shown)
    assert buttons(shown) == {}
    assert "It is about *Ava*." in words(shown)


def test_no_button_carries_more_than_slack_takes() -> None:
    with pytest.raises(ValueError, match="no button"):
        wish(body(arguments={"look_id": "x" * 2_000}))


# -- what a press does


class Desk:
    """The button behind a router; Bob may change what the account holds."""

    def __init__(self) -> None:
        self.lanes, self.wakes, self.clock = MemoryLanes(), Wakes(), ManualClock()
        self.router = Router(lanes=self.lanes, wake=self.wakes)
        WishButtons(may=lambda team, user, tool: user == "UBOB", clock=self.clock).register(self.router)

    async def press(self, user: str, value: str | None = None, **fields: Any) -> Answer:
        asked_at = self.clock.now()
        value = buttons(wish(body(**{"asked_at": asked_at, **fields})))[PERFORM] if value is None else value
        return await self.router.dispatch(click(PERFORM, value, user, TEAM))


@pytest.mark.parametrize("user", ["UALICE", "UBOB"])
async def test_who_asked_and_who_may_have_it_done(user: str) -> None:
    desk = Desk()
    answer = await desk.press(user)
    assert answer.text == TAKEN
    assert answer.event is not None
    assert (answer.event.kind, answer.event.thread_ts) == ("action", "1.0")
    assert answer.event.payload["tool"] == "delete_look"
    assert answer.event.payload["arguments"] == {"look_id": "RAAAAAAAA"}
    assert answer.event.payload["user"] == user
    assert desk.wakes.count == 1


async def test_every_press_of_one_wish_is_the_same_event() -> None:
    desk = Desk()
    first, second = await desk.press("UALICE"), await desk.press("UBOB")
    assert first.event is not None
    assert second.event is not None
    assert first.event.id == second.event.id == "wish:gr-1"


async def test_others_are_told_who_could() -> None:
    answer = await Desk().press("UCAROL")
    assert "Only <@UALICE>" in (answer.text or "")
    assert answer.event is None


async def test_after_a_day_it_is_too_late() -> None:
    desk = Desk()
    answer = await desk.press("UALICE", asked_at=desk.clock.now() - GOOD_FOR - 1)
    assert (answer.text, answer.event) == (TOO_LATE, None)


@pytest.mark.parametrize("value", ["", "{", "[]", "{}", '{"tool": 1}'])
async def test_what_no_button_of_ours_carries_is_refused(value: str) -> None:
    answer = await Desk().press("UALICE", value)
    assert (answer.text, answer.event) == (UNKNOWN, None)
