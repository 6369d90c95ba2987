"""Something is to be done later or again and again: it is, once each time, as if its person had asked then."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from emulators.slack import Message
from tests.scenario.stage import Stage

DAY = 86_400.0
WEEK = 7 * DAY


async def card_of(stage: Stage, root: str, *words: str, channel: str = "videos") -> Message:
    """The card of a schedule, once it shows all of `words`."""

    def found() -> Message | None:
        cards = [m for m in stage.by_app(root, channel) if re.search(r"\*S\d+\* · ", m.rendered_text())]
        return next((m for m in reversed(cards) if all(word in m.rendered_text() for word in words)), None)

    return await stage.wait(found)


def told_due(stage: Stage, root: str) -> list[str]:
    return [m.rendered_text() for m in stage.by_app(root) if "is due" in m.rendered_text() and "> " in m.text]


def to_a_tuesday(stage: Stage) -> None:
    """Go to noon (UTC) of the next Tuesday, so that what is due when does not depend on today."""
    now = datetime.fromtimestamp(stage.clock.now(), UTC)
    tuesday = now.replace(hour=12, minute=0, second=0, microsecond=0) + timedelta(days=(8 - now.weekday()) % 7 or 7)
    stage.clock.advance(tuesday.timestamp() - now.timestamp())


async def scheduled(stage: Stage, when: str = "every Monday at nine", user: str = "alice") -> tuple[str, Message]:
    to_a_tuesday(stage)
    return await put_off(stage, when, user)


async def put_off(stage: Stage, when: str, user: str = "alice") -> tuple[str, Message]:
    """The same on the day it is."""
    root = stage.ask(f"{when}, translate {stage.video} into French", user=user)
    return root, await card_of(stage, root, "scheduled by", "Each run asks")


async def test_every_monday_at_nine_it_is_done_as_if_it_was_asked_for_then(stage: Stage) -> None:
    root, card = await scheduled(stage)
    assert "every Monday at 09:00 (Europe/Berlin)" in card.rendered_text()
    assert stage.attempts() == 0
    told = await stage.press(card, "schedule_allow")
    assert "up to $10.00 a run and $50.00 a month" in told
    await card_of(stage, root, "It may spend up to $10.00 a run")
    stage.clock.advance(WEEK)
    await stage.wait(lambda: told_due(stage, root))
    await stage.finish()
    await stage.closing(root, "ready")
    assert len(stage.charges) == 1
    stage.clock.advance(WEEK)
    await stage.submitted(2)
    assert len(told_due(stage, root)) == 2


@pytest.mark.full
async def test_without_a_press_every_run_waits_for_a_click(stage: Stage) -> None:
    root, _ = await scheduled(stage, "in two hours")
    stage.clock.advance(2 * 3_600.0 + 1)
    waiting = await stage.card(root, "waiting for an approval", "A schedule has asked for it")
    assert stage.attempts() == 0
    await stage.press(waiting, "approve_request")
    await stage.finish()
    await stage.closing(root, "ready")
    assert (await card_of(stage, root, "done")).rendered_text()


@pytest.mark.full
async def test_nobody_elses_press_lets_it_spend_and_a_cap_of_zero_offers_nothing(stage: Stage) -> None:
    root, card = await scheduled(stage)
    assert "Only" in await stage.press(card, "schedule_allow", "bob")
    await stage.restart(auto_approve_max=Decimal(0))
    _, other = await put_off(stage, "tomorrow at 9:00")
    assert stage.buttons(other) == {"schedule_cancel"}
    assert "schedule_allow" in stage.buttons(await card_of(stage, root))


@pytest.mark.full
async def test_one_that_was_missed_runs_once_after_a_restart_and_says_that_it_is_late(stage: Stage) -> None:
    root, card = await scheduled(stage, "every day at nine")
    await stage.press(card, "schedule_allow")
    await stage.stop()
    stage.clock.advance(3 * DAY)
    await stage.start()
    await stage.submitted(1)
    [told] = await stage.wait(lambda: told_due(stage, root))
    assert "It is late" in told
    assert "2 more times were missed" in told
    await stage.probe()
    assert len(stage.charges) == 1


@pytest.mark.full
async def test_it_is_listed_and_cancelled_by_command_and_by_words(stage: Stage) -> None:
    root, _ = await scheduled(stage)
    listed = (await stage.whispered("schedule list")).rendered_text()
    assert "S1" in listed
    assert "every Monday at 09:00" in listed
    assert "You have no schedules" in (await stage.whispered("schedule", user="bob")).rendered_text()
    assert "Only" in (await stage.whispered("schedule cancel S1", user="bob")).rendered_text()
    stage.openai.script([stage.call("cancel_schedule", schedule="S1")])
    stage.say("cancel S1", root)
    await card_of(stage, root, "cancelled, nothing more happens")
    stage.clock.advance(WEEK)
    await stage.probe()
    assert (told_due(stage, root), stage.attempts()) == ([], 0)


@pytest.mark.full
async def test_a_command_opens_a_thread_for_it(stage: Stage) -> None:
    to_a_tuesday(stage)
    root = await stage.command_root(f"schedule every weekday at 8:30: translate {stage.video}?sig=secret into French")
    card = await card_of(stage, root, "every weekday at 08:30", "into French")
    assert "sig=secret" not in card.rendered_text()
    await stage.press(card, "schedule_allow")
    stage.clock.advance(DAY)
    await stage.submitted(1)
    assert stage.paid()[0]["video"]["url"].endswith("?sig=secret")


@pytest.mark.full
async def test_whoever_has_left_is_not_served(stage: Stage) -> None:
    root, card = await scheduled(stage, "tomorrow at 9:00", user="bob")
    await stage.press(card, "schedule_allow", "bob")
    stage.slack.workspace.person("bob").deleted = True
    stage.clock.advance(2 * DAY)
    await card_of(stage, root, "over: whoever made it has left")
    assert stage.attempts() == 0


@pytest.mark.full
async def test_an_edit_of_the_message_takes_back_what_it_had_put_off(stage: Stage) -> None:
    root, _ = await scheduled(stage)
    text = f"<@{stage.slack.bot_user}> every day at nine, translate {stage.video} into German"
    stage.slack.edit("alice", "videos", root, text)
    await card_of(stage, root, "S1", "cancelled")
    await card_of(stage, root, "S2", "every day at 09:00")
    stage.slack.delete("alice", "videos", root)
    await card_of(stage, root, "S2", "cancelled")
