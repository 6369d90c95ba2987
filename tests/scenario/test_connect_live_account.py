"""Each workspace connects a LiveAvatar account of its own: checked at once, paid for its own sessions only."""

from __future__ import annotations

import pytest

from emulators.liveavatar.catalogue import EXPIRED, PORTRAIT
from emulators.slack import Workspace
from tests.scenario.live_stage import LiveStage
from tests.scenario.visits import SECOND, connect, home, install, open_to_all

KEY = "la-key-of-the-second"


@pytest.fixture
async def second(live: LiveStage) -> Workspace:
    """A team that has installed the app; its people have accounts at HeyGen and LiveAvatar."""
    await open_to_all(live, live_connect=True)
    live.heygen.add_account("hg-key-2", name="second")
    live.liveavatar.add_account(KEY, name="second", credits=30.0)
    team: Workspace = live.slack.add_team(SECOND, "Second")
    await install(live, team)
    return team


async def connect_face(live: LiveStage, key: str, face: str, user: str = "alice") -> str:
    """Press Connect LiveAvatar in the Home and type both; what the dialog shows then."""
    slack = live.slack
    for view in slack.views(user):
        await slack.close_view(user, view.id)
    at_home = await home(live, "connect_liveavatar", user=user)
    await slack.click_view(user, at_home.id, "connect_liveavatar")
    [view] = await live.wait(lambda: slack.views(user))
    assert (await slack.submit_view(user, view.id, {"live_key": key, "live_avatar": face})).ok
    [after] = slack.views(user)
    return str(after.errors or after.body)


async def test_a_workspace_talks_on_its_own_account_and_on_no_other(live: LiveStage, second: Workspace) -> None:
    with live.slack.visiting(second):
        await connect(live, "hg-key-2")
        live.slack.open_home("alice")
        assert "does not accept this key" in await connect_face(live, "la-no-such-key", PORTRAIT)
        assert "not shared" in await connect_face(live, "la-key-1", PORTRAIT)  # the settings' own
        assert "no avatar with this id" in await connect_face(live, KEY, "nobody")
        assert "not active" in await connect_face(live, KEY, EXPIRED)
        shown = await connect_face(live, KEY, PORTRAIT)
        assert ("*Portrait* talks with people. It has 30 credits left." in shown, KEY in shown) == (True, False)
        root = await live.offered()
        visitor = await live.joined(root)
        live.liveavatar.add_account("la-key-newer", name="newer")
        await connect_face(live, "la-key-newer", PORTRAIT)  # what runs goes on, and is stopped, with its own
        await visitor.end()
        await live.ended(root)
    [session] = live.liveavatar.state.sessions.values()
    assert session.avatar_id == PORTRAIT
    assert {charge.account for charge in live.liveavatar.charges} == {"second"}


async def test_without_an_account_none_is_offered_and_only_admins_connect_one(
    live: LiveStage, second: Workspace
) -> None:
    with live.slack.visiting(second):
        await connect(live, "hg-key-2")
        root = live.ask("open a live avatar session, please")
        assert "not set up here" in await live.reply(root)
        live.slack.open_home("bob")
        seen = await home(live, "Welcome", user="bob")
        assert "connect_liveavatar" not in str(seen.body)
        live.slack.open_home("alice")
        await connect_face(live, KEY, PORTRAIT)
        at_home = await home(live, "remove_liveavatar")
        await live.slack.click_view("alice", at_home.id, "remove_liveavatar")
        await home(live, "Connect LiveAvatar")
        again = live.ask("open a live avatar session, please")
        assert "not set up here" in await live.reply(again)
    assert live.untouched()
