"""Socket Mode's connections are refreshed, break and go away: no message is lost, and none is answered twice."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx2
import pytest

from tests.scenario.stage import Stage

BURST = 16


def burst(stage: Stage, count: int, user: str = "alice") -> list[str]:
    """So many questions in threads of their own."""
    return [stage.ask(f"hello {number}", user=user) for number in range(count)]


async def delivered(stage: Stage) -> None:
    """Wait until Slack has a confirmation of everything, skipping the minutes that it would wait before repeating."""

    def done() -> bool:
        if stage.slack.courier.idle and stage.slack.sockets.live:
            stage.slack.redeliver_now()
        return stage.slack.courier.idle and all(one.state == "acked" for one in stage.slack.deliveries)

    await stage.wait(done)


async def answered_once(stage: Stage, roots: list[str]) -> None:
    """Every thread has exactly one answer."""
    await delivered(stage)
    for root in roots:
        await stage.reply(root)
    await stage.probe()
    assert {root: len(stage.replies(root)) for root in roots} == dict.fromkeys(roots, 1)


@pytest.mark.parametrize("what", ["refresh", pytest.param("warn", marks=pytest.mark.full)])
async def test_a_refresh_in_the_middle_of_a_burst(socket_stage: Stage, what: Any) -> None:
    stage = socket_stage
    stage.slack.sockets.grace = 0.3
    roots = burst(stage, BURST // 2)
    await stage.slack.disturb_sockets(what)
    roots += burst(stage, BURST // 2)
    await answered_once(stage, roots)
    assert len(stage.slack.sockets.history) >= 2


@pytest.mark.full
async def test_a_drop_in_the_middle_of_a_burst(socket_stage: Stage) -> None:
    stage = socket_stage
    roots = burst(stage, BURST // 2)
    await stage.wait(lambda: stage.slack.sockets.live[0].carried)
    await stage.slack.disturb_sockets("drop")
    roots += burst(stage, BURST // 2)
    await answered_once(stage, roots)


LONG = pytest.mark.full


@pytest.mark.parametrize(
    "kind",
    [pytest.param("before", marks=LONG), pytest.param("half", marks=LONG), pytest.param("sent", marks=LONG), "acked"],
)
async def test_a_connection_that_breaks_around_an_envelope(socket_stage: Stage, kind: Any) -> None:
    stage = socket_stage
    stage.slack.sockets.trouble(kind)
    root = stage.translate("French")
    await delivered(stage)
    await stage.reply(root)
    await stage.finish()
    await stage.closing(root, "ready.")
    await stage.probe()
    assert (len(stage.replies(root)), len(stage.charges), len(stage.closings(root))) == (1, 1, 1)


async def test_a_click_whose_ack_is_lost_counts_once(socket_stage: Stage) -> None:
    stage = socket_stage
    await stage.with_approvers("bob")
    root = stage.translate("French")
    card = await stage.card(root, "waiting for an approval")
    await stage.slack.settle()
    stage.slack.sockets.trouble("acked")
    assert not (await stage.click(card, "approve_request", "bob")).ok
    await stage.wait(lambda: stage.slack.sockets.live)
    await stage.finish()
    await stage.closing(root, "ready.")
    assert len(stage.charges) == 1


@pytest.mark.full
async def test_events_that_come_over_both_connections_of_a_refresh_count_once(socket_stage: Stage) -> None:
    stage = socket_stage
    stage.slack.sockets.doubles, stage.slack.sockets.grace = True, 1.0
    await stage.slack.disturb_sockets("refresh")
    await stage.wait(lambda: len(stage.slack.sockets.live) == 2)
    roots = burst(stage, 6)
    await answered_once(stage, roots)


@pytest.mark.full
async def test_what_is_said_while_nobody_is_connected_is_handled_later(socket_stage: Stage) -> None:
    stage = socket_stage
    await stage.stop()
    root = stage.translate("French")
    await stage.wait(lambda: stage.slack.deliveries[-1].attempts == 2)
    await stage.start()
    await answered_once(stage, [root])
    assert len(stage.charges) == 1


@pytest.mark.full
async def test_stopping_in_the_middle_of_a_burst_loses_nothing(socket_stage: Stage) -> None:
    stage = socket_stage
    roots = burst(stage, BURST)
    await stage.wait(lambda: stage.slack.sockets.live[0].carried > 4)
    await stage.restart()
    await answered_once(stage, roots)


async def test_switched_off_the_process_says_that_it_cannot_be_reached(socket_stage: Stage) -> None:
    stage = socket_stage
    await stage.slack.disturb_sockets("disable")
    async with httpx2.AsyncClient() as http, asyncio.timeout(10):
        while (answer := await http.get(f"{stage.public_url}/readyz")).status_code == 200:
            pass  # each look is a request of its own
    assert (answer.json()["status"], answer.json()["socket"]) == ("failing", "refused")
