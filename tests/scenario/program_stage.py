"""A program beside the people of a scenario."""

from __future__ import annotations

from typing import Any

from pydantic import SecretStr

from emulators.slack import Message
from tests.scenario.stage import Stage
from tests.support.mcp import Json, OverHttp, secret_of, token_line

CHANNEL = "videos"


async def program(stage: Stage, dollars: str = "500", **settings: Any) -> OverHttp:
    """Give alice's program a token, and start the app again with it."""
    line = token_line(stage.slack.workspace.team_id, stage.user("alice"), dollars)
    settings = {"mcp_channel": stage.slack.workspace.place(CHANNEL).id, **settings}
    await stage.restart(mcp_tokens=SecretStr(line), **settings)
    return OverHttp(stage.public_url, secret_of())


def asked(stage: Stage, *languages: str) -> Json:
    """Arguments of a translation."""
    return {"source": stage.video, "languages": list(languages)}


async def root(stage: Stage) -> Message:
    """The first message of the program's thread."""
    return await stage.wait(
        lambda: next((m for m in stage._app_roots(CHANNEL) if "*robot*" in m.rendered_text()), None)
    )
