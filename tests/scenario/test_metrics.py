"""What Prometheus reads of an app at work."""

from __future__ import annotations

import asyncio

import httpx2
from pydantic import SecretStr

from tests.scenario.stage import PATIENCE, Stage

TOKEN = "metrics-token"


async def read(stage: Stage, token: str | None = TOKEN) -> httpx2.Response:
    """What Prometheus would."""
    async with httpx2.AsyncClient() as prometheus:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return await prometheus.get(f"{stage.public_url}/metrics", headers=headers)


async def until(stage: Stage, *lines: str) -> str:
    """The page, once it has all of these lines: a post is seen before its row says so."""
    page = ""
    try:
        async with asyncio.timeout(PATIENCE):
            while missing := set(lines) - set((page := (await read(stage)).text).splitlines()):
                pass  # each look is a request of its own
    except TimeoutError:
        raise AssertionError(f"{missing} not in\n{page}") from None
    return page


async def test_a_turn_a_job_and_what_they_took_are_counted(stage: Stage) -> None:
    assert (await read(stage)).status_code == 404  # without a token in the settings there is no such page
    await stage.restart(metrics_token=SecretStr(TOKEN))
    root = stage.translate("French")
    await stage.reply(root)
    await stage.finish()
    await stage.closing(root, "ready.")
    page = await until(
        stage,
        'greenroom_turns{state="done"} 1.0',
        'greenroom_turns{state="running"} 0.0',
        'greenroom_jobs{state="succeeded"} 1.0',
        'greenroom_submissions{state="sent"} 1.0',
        'greenroom_deliveries{state="posted"} 3.0',
        'greenroom_deliveries{state="pending"} 0.0',
        'greenroom_model_calls_total{outcome="ok"} 2.0',
        'greenroom_oldest_waiting_seconds{loop="lanes"} 0.0',
        "greenroom_live_orphans 0.0",
        "greenroom_conversations_left_to_newer 0.0",
    )
    assert 'greenroom_heygen_requests_total{status="ok"}' in page
    assert 'greenroom_loop_round_seconds_count{loop="deliveries"}' in page
    private = (root, stage.user(), stage.slack.workspace.team_id, "French", "://")
    assert [one for one in private if one in page] == []
    assert (await read(stage, "wrong")).status_code == (await read(stage, None)).status_code == 401
