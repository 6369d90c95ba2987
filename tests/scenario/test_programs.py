"""A program calls tools over MCP: what it asks for stands in Slack, and nothing but people approve it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from pydantic import SecretStr

from tests.scenario.stage import Stage
from tests.support.mcp import OverHttp, secret_of, token_line

CHANNEL = "videos"


async def program(stage: Stage, dollars: str = "500", **settings: Any) -> OverHttp:
    """Give alice's program a token, and start the app again with it."""
    line = token_line(stage.slack.workspace.team_id, stage.user("alice"), dollars)
    settings = {"mcp_channel": stage.slack.workspace.place(CHANNEL).id, **settings}
    await stage.restart(mcp_tokens=SecretStr(line), **settings)
    return OverHttp(stage.public_url, secret_of())


async def test_a_translation_is_submitted_and_read_back(stage: Stage) -> None:
    robot = await program(stage)

    told = await robot.call("translate_video", {"source": stage.video, "languages": ["French", "German"]})

    assert (told["code"], told["retryable"]) == ("submitted", True)
    handles = [job["handle"] for job in told["jobs"]]
    assert (await robot.call("get_job", {"handle": handles[0]}))["job"]["state"] in ("queued", "running")
    await stage.finish(2)
    done = await robot.call("wait_for_job", {"handles": handles, "seconds": 10}, progress="p1")
    assert (done["code"], done["done"], done["retryable"]) == ("completed", True, False)
    assert robot.notified[-1]["params"] | {"message": ""} == {
        "progressToken": "p1",
        "progress": 2,
        "total": 2,
        "message": "",
    }
    page = await stage.browse(done["jobs"][0]["video_url"])
    assert page.status_code == 200
