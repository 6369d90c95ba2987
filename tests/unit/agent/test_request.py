"""How an inbox row becomes the first items of a turn."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.conversation import message_text
from agent.records import InboxRow, Source
from agent.request import TEXT_LIMIT, links_in, opening
from tests.support.agent_stores import FakeTurnStore
from tests.support.clock import ManualClock


def row(kind: str = "message", **payload: Any) -> InboxRow:
    return InboxRow(1, "row1", "C1", "W1", kind, {"user": "U1", "text": "", "ts": "1.0", **payload})


async def described(text: str, **payload: Any) -> str:
    """What the model reads of a person's message."""
    start = await opening(FakeTurnStore(ManualClock()), row(text=text, **payload))
    return message_text(start.items[0][1])


async def test_a_message_is_one_item_of_the_person() -> None:
    start = await opening(FakeTurnStore(ManualClock()), row(text=" hello "))
    assert (start.origin, start.requester) == ("message", "U1")
    assert [(source, message_text(body)) for source, body in start.items] == [(Source.USER, "hello")]


async def test_a_command_is_a_message_and_the_call_it_means() -> None:
    command = row("command", text="/heygen jobs", name="list_jobs", arguments={"a": 1})
    start = await opening(FakeTurnStore(ManualClock()), command)
    (said, message), (source, call) = start.items
    assert (start.origin, said, source) == ("command", Source.USER, Source.COMMAND)
    assert message_text(message) == "/heygen jobs"
    assert (call["name"], json.loads(call["arguments"])) == ("list_jobs", {"a": 1})


async def test_an_empty_mention_says_so() -> None:
    assert await described("  ") == "[The person mentioned you without saying anything.]"


async def test_a_long_message_is_cut_and_says_so() -> None:
    text = await described("x" * (TEXT_LIMIT + 1))
    assert text.startswith("x" * TEXT_LIMIT + "\n[The message was longer")


async def test_a_plain_link_stays_as_it_was_typed() -> None:
    assert await described("see https://example.com/a.mp4") == "see https://example.com/a.mp4"


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/a.mp4?sig=SECRET",
        "https://me:SECRET@example.com/a.mp4",
        "https://example.com/a.mp4" + "?SECRET" * 100,
    ],
)
async def test_a_link_with_secrets_becomes_a_handle(url: str) -> None:
    text = await described(f"translate {url}, please")
    assert text == "translate V1 (example.com/a.mp4), please"


@pytest.mark.parametrize("url", ["https://[SECRET/a.mp4", "https://[SECRET/a?b=c"])
async def test_a_broken_link_becomes_a_handle(url: str) -> None:
    assert await described(url) == "V1 (a link)"


async def test_a_link_inside_a_longer_one_does_not_spoil_it() -> None:
    text = await described("https://e.com/a?t=1 and https://e.com/a?t=1&sig=SECRET")
    assert text == "V1 (e.com/a) and V2 (e.com/a)"


async def test_a_handle_stands_for_the_whole_link() -> None:
    store = FakeTurnStore(ManualClock())
    await opening(store, row(text="https://e.com/a?sig=SECRET"))
    assert await store.resolve_source("C1", "V1") == "https://e.com/a?sig=SECRET"


async def test_the_same_link_keeps_its_handle() -> None:
    text = await described("https://e.com/a?t=1 https://e.com/a?t=1")
    assert text == "V1 (e.com/a) V1 (e.com/a)"


async def test_attached_files_are_named() -> None:
    file = {"id": "F99", "name": "intro.mp4", "mimetype": "video/mp4"}
    assert await described("this one", files=[file]) == "this one\n[Attached file F1: intro.mp4, video/mp4]"


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("nothing", []),
        ("https://a.com/x.", ["https://a.com/x"]),
        ("(http://a.com/x), HTTPS://B.com", ["http://a.com/x", "HTTPS://B.com"]),
        ("<https://a.com/x|label>", ["https://a.com/x"]),
        ("«https://a.com/x»", ["https://a.com/x"]),
        ("ftp://a.com", []),
    ],
)
def test_links_are_found_without_their_punctuation(text: str, links: list[str]) -> None:
    assert links_in(text) == links


@given(st.text(st.sampled_from("htps:/.?@[]<>|&= a\\%‹é1"), max_size=60).map(lambda rest: "https://" + rest))
async def test_any_text_opens_a_turn(text: str) -> None:
    links_in(text)
    assert await described(text)


@given(st.text(max_size=300))
def test_links_are_pieces_of_the_text(text: str) -> None:
    assert all(link in text for link in links_in(text))


async def test_a_commands_secret_link_is_a_handle_for_the_model_and_the_tool() -> None:
    store = FakeTurnStore(ManualClock())
    url = "https://example.com/a.mp4?sig=SECRET"
    arguments = {"source": url, "languages": ["French"]}
    text = f"/heygen translate {url} into French"
    start = await opening(store, row("command", text=text, name="translate_video", arguments=arguments))
    (_, message), (_, call) = start.items
    assert json.loads(call["arguments"]) == {"source": "V1", "languages": ["French"]}
    assert message_text(message) == "/heygen translate V1 (example.com/a.mp4) into French"
    assert await store.resolve_source("C1", "V1") == url


async def test_a_commands_plain_link_stays_as_it_is() -> None:
    arguments = {"source": "https://example.com/a.mp4"}
    start = await opening(FakeTurnStore(ManualClock()), row("command", name="x", arguments=arguments))
    assert json.loads(start.items[1][1]["arguments"]) == arguments
