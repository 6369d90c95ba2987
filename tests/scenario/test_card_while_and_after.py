"""What a card shows besides its lines: when it will usually be ready, and a picture of what was made."""

from __future__ import annotations

from typing import Any

from emulators.slack import Message
from tests.scenario.stage import Stage

MAKE = 'Make a video saying "Welcome to our studio"'


def pictures(message: Message) -> list[dict[str, Any]]:
    """The pictures of a card."""
    return [b["accessory"] for b in message.blocks if b.get("accessory", {}).get("type") == "image"]


async def test_a_card_says_when_it_will_usually_be_ready(stage: Stage) -> None:
    root = stage.translate("French")
    await stage.submitted(1)
    shown = await stage.card(root, "Usually ready between")
    assert shown.rendered_text().count("<!date^") == 2
    await stage.finish(1)
    await stage.wait(lambda: "Usually" not in stage.cards(root)[-1].rendered_text())


async def test_a_made_video_has_its_picture_on_the_card(stage: Stage) -> None:
    root = stage.ask(MAKE)
    await stage.finish(1)
    await stage.card(root, "ready.")
    [picture] = pictures(stage.cards(root)[-1])
    assert picture["alt_text"].startswith("A picture of")
    assert picture["image_url"].startswith(f"{stage.public_url}/v/")
    assert (await stage.browse(picture["image_url"])).headers["content-type"] == "image/png"


async def test_a_picture_that_slack_cannot_fetch_costs_the_card_no_more_than_the_picture(stage: Stage) -> None:
    stage.slack.configure(images_reachable=False)
    try:
        root = stage.ask(MAKE)
        await stage.finish(1)
        card = await stage.card(root, "ready.")
        assert pictures(card) == []
        assert "translate_result" in stage.buttons(card)
    finally:
        stage.slack.configure(images_reachable=True)
