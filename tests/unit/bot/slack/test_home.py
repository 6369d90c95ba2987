"""The App Home is drawn when it changes, within Slack's limits, and never over a newer drawing."""

from __future__ import annotations

from slack_sdk.models.blocks import Block
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.blocks import section
from bot.slack.home import WATCH_SECONDS, Home, Viewer
from emulators.slack import SlackEmulator
from tests.support.clock import ManualClock

TEAM, ALICE = "T0GREENROOM", "U0ALICE001"


class Drawn:
    """A Home of one section, whose text a test changes."""

    def __init__(self, client: AsyncWebClient, clock: ManualClock) -> None:
        self.text, self.count = "one", 1
        self.home = Home(lambda _: client, sections=[self.section], clock=clock)

    async def section(self, viewer: Viewer) -> list[Block]:
        return [section(f"{self.text} for {viewer.user_id}")] * self.count


def published(slack: SlackEmulator) -> int:
    return len(slack.journal.select("POST", "/api/views.publish"))


def shown(slack: SlackEmulator) -> str:
    return str(slack.workspace.homes[ALICE].body["blocks"][0]["text"]["text"])


async def test_it_is_drawn_again_only_where_something_has_changed(slack: SlackEmulator, client: AsyncWebClient) -> None:
    clock = ManualClock()
    drawn = Drawn(client, clock)
    before = published(slack)
    drawn.home.opened(TEAM, ALICE)
    await drawn.home.refresh()
    await drawn.home.refresh()
    assert (published(slack) - before, shown(slack)) == (1, f"one for {ALICE}")
    drawn.text = "two"
    await drawn.home.refresh()
    assert (published(slack) - before, shown(slack)) == (2, f"two for {ALICE}")
    clock.advance(WATCH_SECONDS + 1)
    drawn.text = "three"
    await drawn.home.refresh()
    assert published(slack) - before == 2
    await drawn.home.close()


async def test_of_two_processes_neither_draws_over_what_it_has_not_seen(
    slack: SlackEmulator, client: AsyncWebClient
) -> None:
    one, other = Drawn(client, ManualClock()), Drawn(client, ManualClock())
    one.home.opened(TEAM, ALICE)
    await one.home.refresh()
    other.text = "newer"
    other.home.opened(TEAM, ALICE)
    await other.home.refresh()
    one.text = "late"
    await one.home.refresh()
    assert shown(slack) == f"newer for {ALICE}"
    await one.home.refresh()
    assert shown(slack) == f"late for {ALICE}"
    for drawn in (one, other):
        await drawn.home.close()


async def test_a_view_is_cut_to_what_slack_takes(slack: SlackEmulator, client: AsyncWebClient) -> None:
    drawn = Drawn(client, ManualClock())
    drawn.count = 130
    drawn.home.opened(TEAM, ALICE)
    await drawn.home.refresh()
    assert len(slack.workspace.homes[ALICE].body["blocks"]) == 100
    await drawn.home.close()
