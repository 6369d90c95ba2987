"""Slack dislikes blocks, finds a text too long, knows our token no more; people write and are told very much."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from emulators.openai import Say
from emulators.slack import Message
from tests.scenario.stage import Stage
from tests.scenario.test_operator import dead, operate
from tests.support.rewriting import RewritingProxy, rewriting

POST = "/api/chat.postMessage"
WRITE = r"/api/chat\.(postMessage|update)"
SEVERAL = 11_900  # more than Slack takes in one message, less than an answer may be long
OTHERS = r"/api/(chat\.postMessage|chat\.update|conversations\.open)"


@pytest.fixture
async def proxy(stage: Stage) -> AsyncIterator[RewritingProxy]:
    """A proxy between the app and Slack's Web API."""
    async with rewriting(stage.slack.url) as between:
        await stage.restart(slack_api_url=f"{between.url}/api/")
        yield between
        await stage.stop()


def refusal(error: str) -> dict[str, Any]:
    """An answer as Slack refuses."""
    return {"ok": False, "error": error}


@pytest.mark.parametrize(
    "error",
    ["invalid_blocks", *(pytest.param(e, marks=pytest.mark.full) for e in ("msg_blocks_too_long",))],
)
async def test_where_blocks_are_refused_the_plain_text_says_it(stage: Stage, proxy: RewritingProxy, error: str) -> None:
    proxy.instead("POST", WRITE, lambda fields: refusal(error) if fields.get("blocks") else None)
    root = stage.translate("French", "German")
    await plain(stage, root, "2 in progress")
    await stage.finish(2)
    await plain(stage, root, f"<@{stage.user()}> launch.mp4: all 2 are ready")
    assert len(stage.charges) == 2


async def plain(stage: Stage, root: str, words: str) -> Message:
    """A message without blocks that shows `words`."""
    return await stage.wait(lambda: next((m for m in stage.by_app(root) if words in m.text and not m.blocks), None))


@pytest.mark.full
async def test_a_result_that_is_too_long_for_slack_is_told_directly(stage: Stage) -> None:
    root = stage.translate("French")
    await stage.card(root, "in progress")
    await stage.reply(root)
    await stage.probe()
    stage.slack.fail("before", POST, status=200, body=refusal("msg_too_long"))
    await stage.finish()
    direct = stage.slack.direct_channel("alice")
    await stage.wait(lambda: any("ready." in m.rendered_text() for m in stage.slack.messages(direct) if m.from_app))


@pytest.mark.full
async def test_a_card_that_is_too_long_for_slack_costs_the_card_and_not_the_result(stage: Stage) -> None:
    stage.slack.fail("before", POST, status=200, body=refusal("msg_too_long"))
    root = stage.translate("French")
    await stage.finish()
    await stage.closing(root, "ready.")
    assert len(stage.charges) == 1


@pytest.mark.full
async def test_while_our_token_is_dead_nothing_is_lost_or_paid_again(stage: Stage) -> None:
    root = stage.translate("French")
    await stage.card(root, "in progress")
    await stage.reply(root)
    await stage.probe()
    stage.slack.fail("before", OTHERS, status=200, body=refusal("account_inactive"), times=1_000)
    await stage.finish()
    closing_id = await dead(stage)
    stage.slack.faults.clear()
    assert await operate(stage, "deliveries", "retry", closing_id) == 0
    await stage.closing(root, "ready.")
    assert len(stage.charges) == 1


@pytest.mark.full
@pytest.mark.parametrize("size", [40_000, 100_000])
async def test_a_request_in_a_very_long_message_is_carried_out_once(stage: Stage, size: int) -> None:
    root = stage.translate("French " + "and so on and on, " * (size // 18))
    await stage.reply(root)
    await stage.probe()
    assert stage.all_acked()
    assert len(stage.replies(root)) == 1
    assert len(stage.charges) <= 1


STREAMING = pytest.mark.parametrize("streaming", [True, False], ids=["streamed", "posted"])


def sentences(size: int) -> list[str]:
    """An answer of about `size` characters."""
    return [f"Sentence number {number} of a long answer." for number in range(size // 42)]


@pytest.mark.full
@STREAMING
async def test_an_answer_of_several_messages_arrives_whole(stage: Stage, streaming: bool) -> None:
    stage.slack.workspace.streaming_enabled = streaming
    answer = sentences(SEVERAL)
    stage.openai.script([Say(" ".join(answer))])
    root = stage.ask("hello")
    await stage.wait(lambda: answer[-1] in told(stage, root))
    await stage.probe()
    assert [sentence for sentence in answer if sentence not in told(stage, root)] == []


@pytest.mark.full
@STREAMING
@pytest.mark.parametrize("size", [40_000, 100_000])
async def test_an_answer_that_the_model_cannot_finish_ends_in_a_clear_sentence(
    stage: Stage, size: int, streaming: bool
) -> None:
    stage.slack.workspace.streaming_enabled = streaming
    stage.openai.script([Say(" ".join(sentences(size)))])
    root = stage.ask("hello")
    await stage.wait(lambda: "Please ask for less at once" in told(stage, root))
    await stage.probe()
    assert len(stage.replies(root)) == 1


def told(stage: Stage, root: str) -> str:
    """All that the app has said in a thread."""
    return "\n".join(m.rendered_text() for m in stage.replies(root))
