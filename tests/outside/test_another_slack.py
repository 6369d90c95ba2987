"""The real app over HTTP in a Slack that none of us wrote: no streams, no statuses, events with hardly any fields.

Its events have neither `channel_type` nor `authorizations`, and it knows no `app_mention`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from emulators.heygen import media
from emulators.openai import Say, Stall
from tests.outside.foreign_slack import BOT_USER, ForeignSlack, Json

pytestmark = [pytest.mark.outside, pytest.mark.timeout(120)]

FILM = media.mp4("talk", 42, size=200_000)
LACKING = {"assistant.threads.setStatus", "chat.startStream", "chat.stopStream", "agents.sessions.setStatus"}
NOT_FOUND = 404
SILENCE = 50.0  # seconds; it is ended by the test
SHOWN_EVENTS = 9  # of a stream, before its last pieces
MENTION = f"<@{BOT_USER}>"


@pytest.fixture
async def slack(tmp_path: Path) -> AsyncIterator[ForeignSlack]:
    async with ForeignSlack(tmp_path) as slack:
        yield slack
        assert [one for one in await slack.deliveries() if one["status"] != 200] == []
        assert [call for call in await slack.calls() if call["error"] and call["method"] not in LACKING] == []


def card_of(thread: list[Json]) -> Json:
    """The only card of a thread."""
    [card] = [message for message in thread if "asked by" in str(message.get("blocks"))]
    return card


async def closing_of(slack: ForeignSlack, root: str) -> Json:
    """The message that says that all is ready, with its links."""

    async def shown() -> Json | None:
        found = [m for m in await slack.thread(root) if "/v/" in str(m) and "asked by" not in str(m.get("blocks"))]
        return next((m for m in found if f"<@{slack.user}>" in str(m) and "ready" in str(m)), None)

    return await slack.wait(shown, "a closing message")


async def test_a_translation_from_the_question_to_the_result(slack: ForeignSlack) -> None:
    """A mention in the text of a message is answered in its thread; one card is edited as the jobs go on."""
    root = await slack.say(f"{MENTION} Translate {slack.heygen.url}/sources/launch.mp4 into French and German")
    before = await slack.told(root, "asked by", "French", "German")

    slack.heygen.finish()
    closing = await closing_of(slack, root)
    assert len(slack.heygen.charges) == 2

    async def answered_and_edited() -> bool:
        thread = await slack.thread(root)
        card, others = card_of(thread), [m for m in thread if m["ts"] not in {before["ts"], closing["ts"]}]
        return (card["ts"], len(others)) == (before["ts"], 1) and "ready" in str(card["blocks"])

    await slack.wait(answered_and_edited, "an edited card and an answer")


async def test_a_file_comes_in_by_its_event(slack: ForeignSlack) -> None:
    root = await slack.share("talk.mp4", FILM, f"{MENTION} translate this into French")
    await slack.told(root, "asked by", "talk.mp4")

    slack.heygen.finish()
    await closing_of(slack, root)

    [asset] = slack.heygen.stored()
    assert slack.heygen.content_of(asset.id) == FILM


async def test_a_direct_conversation_is_known_by_its_id(slack: ForeignSlack) -> None:
    direct = (await slack.alice.conversations_open(users=BOT_USER))["channel"]["id"]
    root = await slack.say("hello", direct)
    answer = await slack.told(root, channel=direct)
    assert answer["text"]
    assert all("channel_type" not in one["body"]["event"] for one in await slack.deliveries())


async def test_an_answer_grows_by_edits(slack: ForeignSlack) -> None:
    """Without streams an answer is a message that is edited, and nobody keeps asking for what is not there."""
    pieces = [
        "This is what I can see so far.\n\n",
        "There is more of it, ",
        "and then there is the rest. ",
        "That was all.",
    ]
    for _ in range(2):
        slack.openai.script([[Say("".join(pieces), chunks=pieces), Stall(SILENCE, SHOWN_EVENTS)]])
        root = await slack.say(f"{MENTION} what do you see?")
        begun = await slack.told(root, "so far.")
        assert "That was all" not in begun["text"]
        slack.openai.release()
        assert (await slack.told(root, "That was all."))["ts"] == begun["ts"]
    refused = [call["method"] for call in await slack.calls() if call["status"] == NOT_FOUND]
    asked = ("agents.sessions.setStatus", "assistant.threads.setStatus", "chat.startStream")
    assert [refused.count(method) for method in asked] == [1, 1, 1]
