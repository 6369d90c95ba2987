"""Two of three languages succeed and one fails: said so, and only that one can be tried again."""

from __future__ import annotations

from emulators.slack import Message
from tests.scenario.stage import Stage

GERMAN = "German (Germany)"


async def closed(stage: Stage) -> tuple[str, Message]:
    """A thread whose German job has failed, and its closing message."""
    root = stage.translate("French", "German", "Japanese")
    await stage.finish(3, fail="The speaker could not be detected.", only=[GERMAN])
    stage.heygen.finish()
    return root, await stage.closing(root)


async def test_the_closing_says_what_failed_and_why(stage: Stage) -> None:
    _, closing = await closed(stage)
    text = closing.rendered_text()
    assert "2 of 3 are ready, 1 failed" in text
    assert "The speaker could not be detected." in text
    assert len(closing.links()) == 2


async def test_retry_pays_for_the_failed_language_only(stage: Stage) -> None:
    root, closing = await closed(stage)
    await stage.click(closing, "retry_failed")
    await stage.finish(4)
    again = await stage.closing(root, "ready.", number=2)
    assert [request["output_languages"] for request in stage.paid()][1:] == [[GERMAN]]
    assert len(again.links()) == 1


async def test_retry_needs_no_model(stage: Stage) -> None:
    _, closing = await closed(stage)
    calls = len(stage.openai.calls)
    await stage.click(closing, "retry_failed")
    await stage.submitted(4)
    assert len(stage.openai.calls) == calls


async def test_somebody_elses_click_is_answered_privately(stage: Stage) -> None:
    root, closing = await closed(stage)
    await stage.reply(root)
    before = len(stage.replies(root))
    await stage.click(closing, "retry_failed", user="bob")
    private = await stage.wait(lambda: stage.slack.ephemerals("bob"))
    await stage.probe()
    assert f"<@{stage.user()}>" in private[-1].text
    assert (len(stage.charges), len(stage.replies(root))) == (3, before)


async def test_two_clicks_on_retry_are_one_request(stage: Stage) -> None:
    root, closing = await closed(stage)
    await stage.click(closing, "retry_failed")
    await stage.submitted(4)
    await stage.click(closing, "retry_failed")
    assert "asked for again already: it is J4" in await stage.reply(root, 3)
    await stage.probe()
    assert len(stage.paid()) == 2
