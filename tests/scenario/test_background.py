"""“Remove the background of this video”: its price is a guess, so somebody has to agree; then a job like any other."""

from __future__ import annotations

from emulators.slack import Message
from tests.scenario.stage import Stage

REMOVALS = "/v3/background-removals"


async def asked(stage: Stage) -> tuple[str, Message]:
    root = stage.ask(f"Remove the background of {stage.video}")
    return root, await stage.card(root, "waiting for an approval", "a video of the people alone of", "launch.mp4")


async def test_the_people_are_taken_out_of_a_video(stage: Stage) -> None:
    root, card = await asked(stage)
    assert "HeyGen publishes no price" in card.rendered_text()
    assert "language" not in card.rendered_text()
    assert stage.charges == []
    await stage.press(card, "approve_request")
    await stage.finish(1)
    closing = await stage.closing(root, "launch.mp4", "ready.")
    (link,) = closing.links()
    assert (await stage.browse(link)).status_code == 200
    (sent,) = stage.heygen.journal.select("POST", REMOVALS)
    assert sent.body["layers"] == ["foreground"]
    assert sent.body["request_id"].startswith("gr-")
    await stage.card(root, "came to about $2.10")


async def test_an_answer_that_is_lost_is_asked_for_again_and_paid_for_once(stage: Stage) -> None:
    stage.heygen.fail("drop_reply", REMOVALS, method="POST")
    root, card = await asked(stage)
    await stage.press(card, "approve_request")
    await stage.wait(lambda: len(stage.heygen.journal.select("POST", REMOVALS)) == 2)
    await stage.finish(1)
    await stage.closing(root, "ready.")
    assert len(stage.charges) == 1


async def test_one_that_fails_says_why_and_costs_nothing(stage: Stage) -> None:
    root, card = await asked(stage)
    await stage.press(card, "approve_request")
    await stage.finish(1, fail="Nobody is in this video.")
    await stage.closing(root, "failed", "Nobody is in this video")
    assert all(charge.refunded for charge in stage.charges)


async def test_what_heygen_refuses_is_told(stage: Stage) -> None:
    stage.heygen.fail("before", REMOVALS, method="POST", status=402)
    root, card = await asked(stage)
    await stage.press(card, "approve_request")
    await stage.closing(root, "failed", "does not have enough credit")
    assert stage.charges == []
