"""A CSV that is attached in Slack, or a list that is pasted: looked at, sampled, made, and told row by row."""

from __future__ import annotations

import pytest

from emulators.slack import Message
from tests.scenario.stage import Stage

ROWS = ["Sarah,Acme", "John,Globex", "Mike,Initech", "Zoë,Ünï Ltd", "Ana,Bolt"]


async def approved(stage: Stage, root: str) -> Message:
    """The card once it has been approved by the person who asked: nobody else is appointed."""
    card = await stage.card(root, "waiting for an approval")
    assert "Approved" in await stage.press(card, "approve_batch")
    return card


async def sampled(stage: Stage, root: str) -> Message:
    """The post that shows the sample."""
    await approved(stage, root)
    await stage.finish(1)
    return await stage.closing(root, "Is it good?")


async def test_a_csv_is_looked_at_sampled_and_made(stage: Stage) -> None:
    root = stage.ask_with_list([*ROWS, ",Nobody", "Sarah,Acme"])
    card = await stage.card(root, "HeyGen would make 5 videos", "2 rows left out", "Row 7: no name.", "same as row 2")
    assert "`{name}` is the column “name”" in card.rendered_text()
    assert stage.charges == []
    sample = await sampled(stage, root)
    assert len(sample.links()) == 1
    assert "make_rest" in stage.buttons(await stage.card(root, "The sample is ready"))
    await stage.press(sample, "make_rest")
    await stage.finish(5)
    await stage.closing(root, "all 5 are ready", number=2)
    rows = await stage.wait(lambda: stage.results(root))
    assert [(row["row"], row["name"], row["state"]) for row in rows] == [
        ("2", "Sarah", "ready"),
        ("3", "John", "ready"),
        ("4", "Mike", "ready"),
        ("5", "Zoë", "ready"),
        ("6", "Ana", "ready"),
    ]
    assert len(stage.charges) == 5
    assert not stage.buttons(sample) & {"make_rest", "refuse_sample"}


async def test_a_pasted_list_goes_the_same_way(stage: Stage) -> None:
    wish = "Make a personal video for each of these saying “Hi {name}, hello {company}”:"
    root = stage.ask(f"{wish}\n```\nSarah; Acme\nJohn; Globex\n```")
    await stage.card(root, "waiting for an approval", "One each for: Sarah (Acme), John (Globex)")
    await stage.press((await sampled(stage, root)), "make_rest")
    await stage.finish(2)
    await stage.closing(root, "all 2 are ready", number=2)
    assert [video["script"] for video in stage.videos()] == ["Hi Sarah, hello Acme", "Hi John, hello Globex"]


async def test_a_sample_that_nobody_likes_costs_one_video(stage: Stage) -> None:
    root = stage.ask_with_list(ROWS)
    sample = await sampled(stage, root)
    assert "4 were not sent and are not billed" in await stage.press(sample, "refuse_sample")
    closing = await stage.closing(root, "1 of 5 is ready, 4 cancelled", number=2)
    assert "stopped after the sample" in closing.rendered_text()
    await stage.wait(lambda: [row["state"] for row in stage.results(root)] == ["ready", *["cancelled"] * 4])
    await stage.probe()
    assert len(stage.charges) == 1
    assert not {"make_rest", "refuse_sample"} & stage.buttons(await stage.card(root, "4 cancelled"))


async def test_a_sample_that_fails_costs_nothing_and_all_can_be_tried_again(stage: Stage) -> None:
    root = stage.ask_with_list(ROWS)
    await approved(stage, root)
    await stage.finish(1, fail="voice_unavailable")
    closing = await stage.closing(root, "1 failed, 4 cancelled", "the sample could not be made")
    await stage.click(closing, "retry_batch")
    await stage.finish(2)
    again = await stage.closing(root, "Is it good?", number=2)
    await stage.press(again, "make_rest")
    await stage.finish(6)
    await stage.closing(root, "all 5 are ready", number=3)
    assert sum(not charge.refunded for charge in stage.charges) == 5


async def test_a_declined_list_costs_nothing(stage: Stage) -> None:
    await stage.with_approvers("bob")
    root = stage.ask_with_list(ROWS)
    card = await stage.card(root, "waiting for an approval")
    assert "Declined" in await stage.press(card, "decline_batch", user="bob")
    await stage.closing(root, "declined by", "nothing is billed")
    await stage.probe()
    assert stage.charges == []
    assert stage.results(root) == []


async def test_nobody_decides_in_time(stage: Stage) -> None:
    root = stage.ask_with_list(ROWS)
    await stage.card(root, "waiting for an approval")
    stage.clock.advance(25 * 3600)
    await stage.closing(root, "was not decided in time", "nothing is billed")
    assert stage.charges == []


async def test_cancelled_in_the_middle_bills_only_what_heygen_has(stage: Stage) -> None:
    await stage.restart(heygen_max_concurrent=2)
    root = stage.ask_with_list(ROWS)
    await stage.press(await sampled(stage, root), "make_rest")
    await stage.submitted(3)
    card = await stage.card(root, "2 in progress")
    assert "HeyGen has 2, which can't be stopped and are billed" in stage.asks(card, "cancel_batch")
    told = await stage.press(card, "cancel_batch")
    assert "Cancelled before it was sent, nothing is billed: J4" in told
    await stage.finish(3)
    await stage.card(root, "HeyGen made it and billed it")
    await stage.probe()
    assert len(stage.charges) == 3
    states = [row["state"] for row in await stage.wait(lambda: stage.results(root))]
    assert sorted(states) == ["cancelled", "cancelled", "no longer wanted", "no longer wanted", "ready"]


async def test_a_deleted_message_takes_its_list_back(stage: Stage) -> None:
    root = stage.ask_with_list(ROWS)
    await stage.card(root, "waiting for an approval")
    stage.slack.delete("alice", "videos", root)
    await stage.card(root, "cancelled")
    await stage.probe()
    assert stage.charges == []


async def test_the_command_lists_and_cancels_a_batch(stage: Stage) -> None:
    root = stage.ask_with_list(ROWS)
    await stage.card(root, "waiting for an approval")
    listed = await stage.whispered("cancel")
    assert "5 videos from the attached list" in listed.rendered_text()
    assert "nothing is billed: J1" in (await stage.whispered("cancel all")).rendered_text()
    await stage.card(root, "cancelled")


async def test_where_files_cannot_be_shared_the_list_is_a_message(stage: Stage) -> None:
    stage.slack.workspace.file_uploads_enabled = False
    root = stage.ask_with_list(ROWS[:2])
    await stage.press(await sampled(stage, root), "make_rest")
    await stage.finish(2)
    await stage.wait(lambda: any("Slack does not let me share files" in m.rendered_text() for m in stage.replies(root)))
    text = next(m for m in stage.replies(root) if "share files" in m.rendered_text()).rendered_text()
    assert "Sarah (Acme): ready" in text


@pytest.mark.full
async def test_only_the_requester_may_retry(stage: Stage) -> None:
    root = stage.ask_with_list(ROWS[:2])
    await stage.press(await sampled(stage, root), "make_rest")
    await stage.finish(2, fail="no_voice")
    closing = await stage.closing(root, "1 failed", number=2)
    assert "who asked for this, can retry it" in await stage.press(closing, "retry_batch", user="bob")
