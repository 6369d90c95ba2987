"""Who can speak: found by words, and put before people with pictures and sound."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from agent.catalogue.casting import SHOWN, AvatarArguments, Card, Casting, VoiceArguments
from agent.presenters import AccountPresenters
from agent.records import Lease, TurnRecord, TurnState
from agent.tool_calls import TryAgain, Value, to_model
from agent.toolbox import CallContext
from tests.support.agent_fakes import FakeAccounts
from tests.support.agent_heygen import SmallHeyGen, look, voice
from tests.support.clock import ManualClock

TURN = TurnRecord(
    id="turn_1",
    workspace_id="W1",
    conversation_id="C1",
    inbox_id="row1",
    origin="message",
    requester="U1",
    message_ts=None,
    state=TurnState.RUNNING,
    created_at=0.0,
)
CONTEXT = CallContext(Lease("C1", "worker", 1), TURN, "call", "key")


class Shown:
    """`Gallery`: what was put before people."""

    def __init__(self) -> None:
        self.cards: list[Card] = []

    async def show(self, context: CallContext, title: str, cards: Sequence[Card]) -> None:
        self.cards += cards


@pytest.fixture
def gallery() -> Shown:
    return Shown()


@pytest.fixture
def casting(accounts: FakeAccounts, clock: ManualClock, heygen: SmallHeyGen, gallery: Shown) -> Casting:
    heygen.looks = [
        look("l1", "Ava in red", "v1", gender="female", preview_image_url="https://cdn.test/1.png"),
        look("l2", "Tim", "v1", gender="male", preferred_orientation="portrait"),
        look("l3", "https://evil.test now", None, gender="male"),
    ]
    heygen.voices = [
        voice("v1", "Emma", gender="female", preview_audio_url="https://cdn.test/1.mp3"),
        voice("v2", "Luc", language="French (France)", gender="male"),
    ]
    offers = AccountPresenters(accounts=accounts, clock=clock)
    return Casting(accounts=accounts, offers=offers, gallery=gallery)


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        ({}, ["Ava in red", "Tim"]),
        ({"words": "RED ava"}, ["Ava in red"]),
        ({"gender": "male"}, ["Tim"]),
        ({"orientation": "portrait"}, ["Tim"]),
    ],
)
async def test_avatars_by_what_is_known_of_them(
    casting: Casting, gallery: Shown, wanted: dict[str, Any], names: list[str]
) -> None:
    outcome = await casting.avatars(CONTEXT, AvatarArguments(**wanted))
    assert isinstance(outcome, Value)
    assert [one["name"] for one in outcome.data["avatars"]] == names
    assert [card.name for card in gallery.cards] == names


@pytest.mark.parametrize(("wanted", "names"), [({"language": "french"}, ["Luc"]), ({"gender": "female"}, ["Emma"])])
async def test_voices_by_language_and_gender(
    casting: Casting, gallery: Shown, wanted: dict[str, Any], names: list[str]
) -> None:
    await casting.voices(CONTEXT, VoiceArguments(**wanted))
    assert [card.name for card in gallery.cards] == names


async def test_only_what_has_a_preview_promises_one(casting: Casting, gallery: Shown) -> None:
    await casting.avatars(CONTEXT, AvatarArguments())
    assert [card.preview for card in gallery.cards] == [True, False]


async def test_the_model_is_told_no_ids_and_no_links(casting: Casting) -> None:
    told = to_model(await casting.avatars(CONTEXT, AvatarArguments()))
    assert "l1" not in told
    assert "http" not in told


async def test_a_few_are_shown_and_the_rest_is_counted(casting: Casting, heygen: SmallHeyGen, gallery: Shown) -> None:
    heygen.looks = [look(f"l{number}", f"Ava {number}", None) for number in range(10)]
    outcome = await casting.avatars(CONTEXT, AvatarArguments())
    assert isinstance(outcome, Value)
    assert (len(gallery.cards), outcome.data["not_shown"]) == (SHOWN, 10 - SHOWN)


async def test_nothing_that_fits_is_said(casting: Casting, gallery: Shown) -> None:
    assert isinstance(await casting.voices(CONTEXT, VoiceArguments(language="Klingon")), TryAgain)
    assert gallery.cards == []
