"""The app is installed in another team as well: each is answered where it is, with its own token."""

from __future__ import annotations

import pytest

from bot.app_installs import SEALED
from bot.sealing import Sealer
from bot.store.installations import Installations
from emulators.slack import Workspace
from tests.scenario.stage import SECRET_KEY, Stage
from tests.scenario.visits import SECOND, begin, connect, install, open_to_all, visit


@pytest.fixture
async def second(stage: Stage) -> Workspace:
    """A team that has not installed the app yet."""
    await open_to_all(stage)
    team: Workspace = stage.slack.add_team(SECOND, "Second")
    return team


async def test_each_is_answered_where_it_is(stage: Stage, second: Workspace) -> None:
    page = await install(stage, second)
    assert (page.status_code, "Greenroom is installed in Second" in page.text) == (200, True)
    with stage.slack.visiting(second):
        there = stage.ask("hello")
        assert await stage.reply(there)
    here = stage.ask("hello")
    assert await stage.reply(here)


async def test_a_token_is_exchanged_before_it_expires_and_work_goes_on(stage: Stage, second: Workspace) -> None:
    await install(stage, second)
    [first] = second.tokens
    stage.clock.advance(11 * 3_600.0)
    await stage.wait(lambda: stage.slack.oauth.refreshed)
    await stage.wait(lambda: len(second.tokens) == 2)
    assert stage.app is not None
    kept = Installations(stage.app.store.database, Sealer(SECRET_KEY, SEALED))
    while (now := await kept.find(SECOND)) is None or now.token == first:
        await stage.probe()  # Slack has given a token that is not written down yet
    stage.slack.clock.advance(11 * 3_600.0)
    del second.tokens[first]  # its time is over
    with stage.slack.visiting(second):
        there = stage.ask("hello")
        assert await stage.reply(there)
    assert stage.slack.oauth.refreshed == 1


async def test_taken_out_it_falls_silent_and_comes_back_with_the_next_installation(
    stage: Stage, second: Workspace
) -> None:
    await install(stage, second)
    stage.heygen.add_account("hg-key-2", name="second")
    with stage.slack.visiting(second):
        await connect(stage, "hg-key-2")
        there = stage.translate("French")
        await stage.submitted(1)
        await stage.card(there, "French")
        looks = len(stage.slack.journal.select(None, "/api/auth.test"))
        stage.slack.uninstall()
    await stage.slack.settle()
    await stage.wait(lambda: len(stage.slack.journal.select(None, "/api/auth.test")) > looks)
    posts = len(stage.slack.journal.select("POST", "/api/chat.postMessage"))
    stage.heygen.finish()
    await stage.probe()
    assert len(stage.slack.journal.select("POST", "/api/chat.postMessage")) <= posts + 2  # the probe's own
    with stage.slack.visiting(second):
        assert stage.closings(there) == []
    await install(stage, second)
    with stage.slack.visiting(second):
        again = stage.ask("hello")
        assert await stage.reply(again)


async def test_people_are_looked_up_where_they_are(stage: Stage, second: Workspace) -> None:
    await install(stage, second)
    stage.heygen.add_account("hg-key-2", name="second")
    second.person("alice").timezone = "America/New_York"
    with stage.slack.visiting(second):
        await connect(stage, "hg-key-2")
        there = stage.ask(f"every day at nine, translate {stage.video} into French")
        await stage.wait(lambda: [m for m in stage.by_app(there) if "(America/New_York)" in m.rendered_text()])
        stage.clock.advance(86_400.0)
        await stage.wait(lambda: [m for m in stage.by_app(there) if "scheduled by" in m.text and "is due" in m.text])


async def test_an_installation_needs_the_browser_that_began_it_and_counts_once(stage: Stage, second: Workspace) -> None:
    url, cookie = await begin(stage)
    back = stage.slack.oauth.allow(url, second, "alice")
    assert (await visit(back)).status_code == 400
    assert not second.installed
    url, cookie = await begin(stage)
    back = stage.slack.oauth.allow(url, second, "alice")
    assert (await visit(back, {"Cookie": cookie})).status_code == 200
    repeated = await visit(back, {"Cookie": cookie})
    assert (repeated.status_code, "does not work any more" in repeated.text) == (401, True)
    denied = await visit(stage.slack.oauth.deny((await begin(stage))[0], second))
    assert "Nothing was installed" in denied.text
