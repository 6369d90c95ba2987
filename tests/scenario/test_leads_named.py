"""“Make a personal intro video for Sarah at Acme, John at Globex and Mike at Initech.”"""

from __future__ import annotations

import pytest

from tests.scenario.stage import THREE, Stage


async def test_three_people_who_are_named_get_a_video_each(stage: Stage) -> None:
    root = stage.ask(THREE)
    await stage.submitted(3)
    await stage.card(root, "Sarah (Acme)", "John (Globex)", "Mike (Initech)", "Kenji on stage", "Hi {name}")
    assert [video["script"].split(",")[0] for video in stage.videos()] == ["Hi Sarah", "Hi John", "Hi Mike"]
    assert len({entry.idempotency_key for entry in stage.charges}) == 3
    await stage.finish(3)
    closing = await stage.closing(root, "all 3 are ready")
    assert len(closing.links()) == 3
    rows = await stage.wait(lambda: stage.results(root))
    assert [(row["name"], row["company"], row["state"]) for row in rows] == [
        ("Sarah", "Acme", "ready"),
        ("John", "Globex", "ready"),
        ("Mike", "Initech", "ready"),
    ]
    assert [(await stage.browse(row["link"])).status_code for row in rows] == [200, 200, 200]
    await stage.card(root, "all 3 are ready", "came to about")
    assert len(stage.cards(root)) == len(stage.closings(root)) == 1
    assert len(stage.charges) == 3


@pytest.mark.full
async def test_one_that_fails_is_done_again_alone(stage: Stage) -> None:
    root = stage.ask(THREE)
    await stage.submitted(3)
    jobs = [job for job in stage.heygen.state.jobs.values() if job.kind == "video"]
    stage.heygen.finish(jobs[1].id, fail="voice_unavailable")
    stage.heygen.finish()
    closing = await stage.closing(root, "2 of 3 are ready, 1 failed")
    await stage.click(closing, "retry_batch")
    await stage.submitted(4)
    assert [video["script"].split(",")[0] for video in stage.videos()][3:] == ["Hi John"]
    await stage.finish(4)
    await stage.closing(root, "ready.", number=2)
    await stage.wait(lambda: [row["state"] for row in stage.results(root)] == ["ready"] * 3)
    assert len(stage.charges) == 4
    assert sum(not charge.refunded for charge in stage.charges) == 3


@pytest.mark.full
async def test_what_is_dear_waits_for_an_approver_and_then_for_the_sample(stage: Stage) -> None:
    await stage.with_approvers("bob")
    root = stage.ask(THREE)
    card = await stage.card(root, "waiting for an approval", "One each for: Sarah (Acme)")
    assert stage.charges == []
    assert "Only an approver" in await stage.press(card, "approve_batch", user="alice")
    assert "One goes to HeyGen now, as a sample" in await stage.press(card, "approve_batch", user="bob")
    await stage.finish(1)
    sample = await stage.closing(root, "the sample of", "Is it good?")
    await stage.probe()
    assert len(stage.charges) == 1
    assert "Only <@" in await stage.press(sample, "make_rest", user="bob")
    assert "is being made now" in await stage.press(sample, "make_rest", user="alice")
    await stage.finish(3)
    await stage.closing(root, "all 3 are ready", number=2)
    assert len(stage.charges) == 3
