"""HeyGen's answers as a model sees them, and the way back from handles to ids."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.catalogue.handles import ANSWER_LIMIT, free_texts, handle_of, handles_in, is_id, revealed, shown
from agent.identifiers import looks_like_one

HERE = "conv_1"
VOICE = {
    "voice_id": "2d5b0e6cf36f460aa7fc47e3eee4ba54",
    "name": "Emma",
    "preview_audio_url": "https://files.example.com/a.mp3?sig=abc",
    "secret": "whsec_1",
    "tags": ["calm", "warm"],
    "failure_message": "see https://example.com/x?key=1 for more",
}


def test_ids_become_handles_that_tell_nothing() -> None:
    told, kept = shown(VOICE, HERE)
    handle = handle_of(HERE, VOICE["voice_id"])
    assert told == {
        "voice_id": handle,
        "name": "Emma",
        "tags": ["calm", "warm"],
        "failure_message": "see (link) for more",
    }
    assert kept == {handle: {"id": VOICE["voice_id"], "name": "Emma"}}
    assert not looks_like_one(handle)


def test_a_handle_is_good_in_its_own_conversation_only() -> None:
    assert handle_of("conv_1", "x") == handle_of("conv_1", "x") != handle_of("conv_2", "x")


def test_where_a_list_goes_on_is_a_handle_too() -> None:
    told, kept = shown({"items": [VOICE], "next_token": "b3BhcXVl"}, HERE)
    assert kept[told["next_token"]] == {"id": "b3BhcXVl"}
    assert "not_shown" not in told


def test_a_long_list_ends_at_a_whole_item_and_says_how_many_are_left() -> None:
    items = [{**VOICE, "voice_id": f"id-{number}", "name": "x" * 200} for number in range(50)]
    told, _ = shown({"items": items, "next_token": None}, HERE)
    assert len(json.dumps(told["items"])) <= ANSWER_LIMIT
    assert told["not_shown"] == 50 - len(told["items"])


def test_of_an_address_its_host_is_told() -> None:
    told, _ = shown({"endpoint_id": "e1", "url": "https://green.room/webhooks/secret-path"}, HERE)
    assert (told["host"], "url" in told) == ("green.room", False)


def test_an_address_that_is_none_has_no_host() -> None:
    assert "host" not in shown({"endpoint_id": "e1", "url": "http://[oops"}, HERE)[0]
    assert "host" not in shown({"endpoint_id": "e1"}, HERE)[0]


def test_times_are_told_as_people_read_them() -> None:
    told, _ = shown({"name": "Ava", "created_at": 1_735_689_600, "updated_at": 10**15}, HERE)
    assert told == {"name": "Ava", "created_at": "2025-01-01 00:00 UTC", "updated_at": 10**15}


@pytest.mark.parametrize("answer", [None, {}, {"items": []}])
def test_nothing_is_nothing(answer: Any) -> None:
    told, kept = shown(answer, HERE)
    assert (told.get("items", []), kept) == ([], {})


def test_arguments_find_their_ids_again() -> None:
    _, kept = shown(VOICE, HERE)
    ids = {handle: what["id"] for handle, what in kept.items()}
    (handle,) = ids
    assert revealed({"voice_id": f" {handle.lower()} ", "name": "Emma"}, ids) == {
        "voice_id": VOICE["voice_id"],
        "name": "Emma",
    }
    with pytest.raises(KeyError):
        revealed({"voice_id": VOICE["voice_id"]}, ids)


def test_handles_and_words_are_told_apart() -> None:
    arguments = {"video_ids": ["RAAAAAAAA", "j1"], "title": "Spring", "nested": {"look_id": "RBBBBBBBB", "limit": 3}}
    assert handles_in(arguments) == ["RAAAAAAAA", "J1", "RBBBBBBBB"]
    assert free_texts(arguments) == ["Spring"]


NAMES = st.sampled_from(["id", "voice_id", "url", "preview_url", "name", "secret", "next_token", "items", "text"])
LEAVES = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=300))
ANSWERS = st.dictionaries(
    NAMES,
    st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=30) | st.dictionaries(NAMES, inner, max_size=5)),
    max_size=6,
)


@given(ANSWERS)
def test_no_id_and_no_secret_gets_through(answer: dict[str, Any]) -> None:
    told, kept = shown(answer, HERE)
    assert "secret" not in json.dumps(list(_names(told)))
    for name, value in _leaves(told):
        if is_id(name) and isinstance(value, str):
            assert value in kept


def _names(value: Any) -> Any:
    if isinstance(value, dict):
        yield from value
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _names(one)


def _leaves(value: Any, name: str = "") -> Any:
    if isinstance(value, dict):
        for key, one in value.items():
            yield from _leaves(one, key)
    elif isinstance(value, list):
        for one in value:
            yield from _leaves(one, name)
    else:
        yield name, value
