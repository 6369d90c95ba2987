"""People of another team: they install the app in their browser and use it where they are."""

from __future__ import annotations

from collections.abc import Mapping

import httpx2

from emulators.slack import View, Workspace
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


async def install(stage: Stage, team: Workspace, user: str = "alice", *, whole: bool = False) -> httpx2.Response:
    """Somebody of a team installs the app there, or for its `whole` organisation; the last page they see."""
    url, cookie = await begin(stage)
    return await visit(stage.slack.oauth.allow(url, team, user, whole=whole), {"Cookie": cookie})


async def connect(stage: Stage, key: str, user: str = "alice", *, works: bool = True) -> str:
    """Press Connect in a conversation with the app and type a key; what the dialog shows then."""
    slack = stage.slack
    for view in slack.views(user):
        await slack.close_view(user, view.id)
    typed = await stage.whispered(f"translate {stage.video} into French", user=user)
    await slack.click(user, typed.channel, typed.ts, "connect_heygen")
    [view] = await stage.wait(lambda: slack.views(user))
    assert (await slack.submit_view(user, view.id, {"api_key": key})).ok
    [after] = slack.views(user)
    assert bool(after.errors) is not works
    return str(after.errors or after.body)


async def home(stage: Stage, *words: str, user: str = "alice") -> View:
    """Somebody's Home, once it shows all of `words`."""
    homes, person = stage.slack.workspace.homes, stage.user(user)

    def shown() -> View | None:
        view: View | None = homes.get(person)
        return view if view is not None and all(word in str(view.body) for word in words) else None

    return await stage.wait(shown)


async def connect_at_home(stage: Stage, key: str, user: str = "alice") -> str:
    """Press Connect or Replace in the Home and type a key; what the dialog shows then."""
    slack = stage.slack
    for view in slack.views(user):
        await slack.close_view(user, view.id)
    at_home = await home(stage, "connect_heygen", user=user)
    await slack.click_view(user, at_home.id, "connect_heygen")
    [view] = await stage.wait(lambda: slack.views(user))
    assert (await slack.submit_view(user, view.id, {"api_key": key})).ok
    [after] = slack.views(user)
    return str(after.errors or after.body)
