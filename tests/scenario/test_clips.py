"""“Cut clips out of this video”: its price is a guess, so somebody has to agree; one job, and a link to each clip."""

from __future__ import annotations

from emulators.slack import Message
from tests.scenario.stage import Stage

CLIPPINGS = "/v3/ai-clipping"


async def asked(stage: Stage) -> tuple[str, Message]:
    root = stage.ask(f"Cut clips out of {stage.video}")
    return root, await stage.card(root, "waiting for an approval", "short clips (portrait", "launch.mp4")


async def test_every_clip_has_a_link_in_the_closing_and_on_the_card(stage: Stage) -> None:
    root, card = await asked(stage)
    assert "HeyGen publishes no price" in card.rendered_text()
    assert stage.charges == []
    await stage.press(card, "approve_request")
    await stage.finish(1)
    closing = await stage.closing(root, "Clips of launch.mp4", "ready.", "2 clips")
    assert "42 s long" not in closing.rendered_text()
    links = closing.links()
    assert len(links) == 2
    seen = [await stage.browse(link) for link in links]
    assert [one.status_code for one in seen] == [200, 200]
    assert [one.url.path.rpartition("-")[2] for one in seen] == ["1.mp4", "2.mp4"]
    told = await stage.card(root, "came to about $2.10", "2 clips")
    assert set(links) <= set(told.links())
    assert (await stage.browse(links[0].removesuffix("/1"))).status_code == 200
    assert (await stage.browse(links[0].removesuffix("/1") + "/3")).status_code == 404
    (sent,) = stage.heygen.journal.select("POST", CLIPPINGS)
    assert sent.body["output_settings"] == {"aspect_ratio": "portrait"}
    assert sent.body["callback_url"].startswith(f"{stage.public_url}/webhooks/heygen/callback/")


async def test_an_answer_that_is_lost_is_looked_for_and_paid_for_once(stage: Stage) -> None:
    stage.heygen.fail("drop_reply", CLIPPINGS, method="POST")
    root, card = await asked(stage)
    await stage.press(card, "approve_request")
    await stage.wait(lambda: stage.heygen.journal.select("GET", CLIPPINGS))
    await stage.finish(1)
    await stage.closing(root, "ready.", "2 clips")
    assert len(stage.heygen.journal.select("POST", CLIPPINGS)) == 1
    assert len(stage.charges) == 1


async def test_one_that_fails_says_why_and_costs_nothing(stage: Stage) -> None:
    root, card = await asked(stage)
    await stage.press(card, "approve_request")
    await stage.finish(1, fail="Nobody speaks in this video.")
    await stage.closing(root, "failed", "Nobody speaks in this video")
    assert all(charge.refunded for charge in stage.charges)


async def test_what_heygen_refuses_is_told(stage: Stage) -> None:
    stage.heygen.fail("before", CLIPPINGS, method="POST", status=402)
    root, card = await asked(stage)
    await stage.press(card, "approve_request")
    await stage.closing(root, "failed", "does not have enough credit")
    assert stage.charges == []
