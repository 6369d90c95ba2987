"""People of another team: they install the app in their browser and use it where they are."""

from __future__ import annotations

from collections.abc import Mapping

import httpx2

from emulators.slack import Workspace
from tests.scenario.stage import Stage

SECOND = "T0SECOND01"


async def open_to_all(stage: Stage, **overrides: object) -> None:
    """Start again as an app that others may install."""
    oauth = stage.slack.oauth
    await stage.restart(slack_client_id=oauth.client_id, slack_client_secret=oauth.client_secret, **overrides)
    oauth.redirect_uris = {f"{stage.public_url}/slack/oauth_redirect"}


async def begin(stage: Stage) -> tuple[str, str]:
    """Open the page to install from; where it leads to, and the cookie it leaves."""
    answer = await visit(f"{stage.public_url}/slack/install")
    assert answer.status_code == 302
    return answer.headers["location"], answer.headers["set-cookie"].partition(";")[0]


async def visit(url: str, headers: Mapping[str, str] | None = None) -> httpx2.Response:
    """What a browser gets, without following where it leads."""
    async with httpx2.AsyncClient(timeout=10.0) as browser:
        return await browser.get(url, headers=dict(headers or {}))


async def install(stage: Stage, team: Workspace, user: str = "alice") -> httpx2.Response:
    """Somebody of a team installs the app there; the last page they see."""
    url, cookie = await begin(stage)
    return await visit(stage.slack.oauth.allow(url, team, user), {"Cookie": cookie})
