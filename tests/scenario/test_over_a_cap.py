"""Caps: what would pass one is refused before anything leaves, whoever asks and whoever agrees."""

from __future__ import annotations

from decimal import Decimal

import pytest

from emulators.slack import Message
from tests.scenario.stage import Stage

pytestmark = pytest.mark.full


async def capped(stage: Stage, **caps: float) -> None:
    await stage.restart(**{f"cap_{name}": Decimal(str(amount)) for name, amount in caps.items()})


@pytest.mark.parametrize(
    ("name", "whose"),
    [
        ("person_day", "your $5.00 for this day"),
        ("channel_month", "this channel's $5.00 for this month"),
        ("workspace_day", "the workspace's $5.00 for this day"),
    ],
)
async def test_what_would_pass_a_cap_is_refused_with_what_is_left(stage: Stage, name: str, whose: str) -> None:
    await capped(stage, **{name: 5})
    stage.translate("French")
    await stage.submitted(1)
    root = await stage.command_root(f"translate {stage.video} into German and Japanese")
    reply = await stage.reply(root)
    assert f"$2.90 of {whose} are left. Nothing was sent." in reply
    assert len(stage.charges) == 1


async def test_the_cap_of_one_person_does_not_bind_another(stage: Stage) -> None:
    await capped(stage, person_day=3)
    stage.translate("French")
    stage.translate("German", user="bob")
    await stage.submitted(2)
    assert len(stage.charges) == 2


async def test_the_cap_of_one_channel_does_not_bind_another(stage: Stage) -> None:
    await capped(stage, channel_day=3)
    stage.translate("French")
    stage.translate("German", channel="general")
    await stage.submitted(2)
    assert len(stage.charges) == 2


async def test_what_failed_gives_its_room_back(stage: Stage) -> None:
    await capped(stage, person_day=3)
    root = stage.translate("French")
    await stage.finish(fail="no speech found")
    await stage.closing(root, "failed")
    stage.say(f"translate {stage.video} into German", root)
    await stage.submitted(2)


async def waiting_two(stage: Stage) -> tuple[Message, Message]:
    """Two requests that both fit when they were asked for, but not together."""
    await stage.with_approvers("bob", cap_person_day=Decimal(3))
    roots = [stage.translate(language) for language in ("French", "German")]
    first, second = [await stage.card(root, "waiting for an approval") for root in roots]
    return first, second


async def test_an_approval_that_would_pass_a_cap_is_refused_and_the_request_still_waits(stage: Stage) -> None:
    first, second = await waiting_two(stage)
    await stage.press(first, "approve_request", "bob")
    told = await stage.press(second, "approve_request", "bob")
    assert f"$0.90 of <@{stage.user()}>'s $3.00 for this day are left" in told
    await stage.submitted(1)
    await stage.probe()
    assert stage.attempts() == 1
    assert "waiting for an approval" in second.rendered_text()


async def test_what_is_cancelled_before_it_was_sent_gives_its_room_back(stage: Stage) -> None:
    await capped(stage, person_day=5)
    await stage.restart(heygen_max_concurrent=1)
    stage.translate("French")
    await stage.submitted(1)
    queued = await stage.card(stage.translate("German"), "no free place")
    assert "$0.80 of your $5.00" in await stage.reply(await stage.command_root(f"translate {stage.video} into Dutch"))
    assert "nothing is billed: J1 German" in await stage.press(queued, "cancel_request")
    assert await stage.card(stage.translate("Dutch"), "no free place")
