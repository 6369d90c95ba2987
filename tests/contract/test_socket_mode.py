"""Socket Mode against the emulated Slack: ours, and Slack's own client, which shows that the emulator is none of ours.

Times of the fleet are real here, and short.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import sqlalchemy as sa
from slack_bolt.adapter.socket_mode.websockets import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.clock import MonotonicClock
from bot.slack.intake import classify
from bot.slack.ports import BotIdentity
from bot.slack.socket import ANOTHER_APP, Bounds, Refused, SocketMode, opening
from bot.slack.socket.frames import Envelope
from bot.store import Store, schema
from bot.store.inbox import NewEvent
from emulators.slack import SlackEmulator
from tests.support.clock import ManualClock
from tests.support.store_steps import new_store, sqlite_url

VIDEOS = "C0VIDEOS01"
BOUNDS = Bounds(
    opening=2.0, ping=0.1, silence=0.4, linger=0.3, before_end=0.3, steady=0.0, first_wait=0.02, longest_wait=0.1,
    refused_wait=0.2,
)  # fmt: skip


class App:
    """Takes envelopes, as an app would: `taken` by the ids of events, `holds` them while it is told to."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.commands: list[str] = []
        self.accepts = True
        self.go = asyncio.Event()
        self.go.set()

    async def __call__(self, envelope: Envelope) -> tuple[bool, dict[str, Any] | None]:
        if envelope.kind == "slash_commands":
            self.commands.append(envelope.payload["text"])
            return True, {"text": f"you said {envelope.payload['text']}"}
        self.taken.append(envelope.payload.get("event_id", envelope.kind))
        await self.go.wait()
        return self.accepts, None


@pytest.fixture(scope="module")
async def server() -> AsyncIterator[SlackEmulator]:
    emulator = SlackEmulator()
    await emulator.start()
    yield emulator
    await emulator.stop()


@pytest.fixture
def slack(server: SlackEmulator) -> SlackEmulator:
    server.reset()
    server.configure(socket_mode=True, ack_seconds=3.0, concurrency=8)
    server.limits.enabled = False
    server.sockets.grace = 0.4
    return server


@pytest.fixture
async def client(slack: SlackEmulator) -> AsyncIterator[AsyncWebClient]:
    async with aiohttp.ClientSession() as session:
        yield AsyncWebClient(slack.bot_token, base_url=slack.api_url, session=session, retry_handlers=[])


@pytest.fixture
def app() -> App:
    return App()


class Modes:
    """Makes and stops what is tested."""

    def __init__(self, slack: SlackEmulator, client: AsyncWebClient, app: App) -> None:
        self._slack, self._client, self._app = slack, client, app
        self.made: list[SocketMode] = []

    async def start(self, *, token: str | None = None, app_id: str = "A0GREENROM", **bounds: float) -> SocketMode:
        mode = SocketMode(
            opening=opening(self._client, token or self._slack.app_token),
            answer=self._app,
            app_id=lambda: app_id,
            clock=MonotonicClock(),
            bounds=dataclasses.replace(BOUNDS, **bounds),
        )
        self.made.append(mode)
        await mode.start(5.0)
        return mode


@pytest.fixture
async def modes(slack: SlackEmulator, client: AsyncWebClient, app: App) -> AsyncIterator[Modes]:
    modes = Modes(slack, client, app)
    yield modes
    for mode in modes.made:
        await mode.stop()


def say(slack: SlackEmulator, count: int) -> None:
    for number in range(count):
        slack.say("alice", VIDEOS, str(number))


async def taken_once(slack: SlackEmulator, app: App, count: int) -> None:
    """Every event was confirmed; the app saw each (repetitions are the inbox's to know)."""
    await slack.journal.wait_for(lambda: _acked(slack) == count, 15.0)
    assert set(app.taken) == {delivery.event_id for delivery in slack.deliveries}
    assert list(slack.sockets.complaints) == []


def _acked(slack: SlackEmulator) -> int:
    if slack.courier.idle and slack.sockets.live:  # Slack would wait for minutes
        slack.redeliver_now()
    return sum(delivery.state == "acked" for delivery in slack.deliveries)


# -- working -----------------------------------------------------------------------------------------------------


async def test_events_are_taken_and_confirmed(slack: SlackEmulator, modes: Modes, app: App) -> None:
    mode = await modes.start()
    say(slack, 20)
    await taken_once(slack, app, 20)
    assert all(delivery.statuses == [200] for delivery in slack.deliveries)
    assert (mode.status.connected, mode.status.away, len(slack.sockets.live)) == (True, 0.0, 1)


async def test_a_command_gets_its_answer_in_the_ack(slack: SlackEmulator, modes: Modes, app: App) -> None:
    await modes.start()
    assert (await slack.command("alice", VIDEOS, "/heygen", "jobs")).ok
    assert slack.ephemerals("alice")[-1].text == "you said jobs"


async def test_what_the_app_does_not_take_is_not_confirmed(slack: SlackEmulator, modes: Modes, app: App) -> None:
    slack.configure(ack_seconds=0.1)
    app.accepts = False
    await modes.start()
    say(slack, 1)
    await slack.journal.wait_for(lambda: slack.deliveries[0].statuses == [0, 0])
    app.accepts = True
    slack.redeliver_now()
    await taken_once(slack, app, 1)
    assert len(app.taken) == 3


@pytest.mark.full
async def test_several_processes_share_the_work(slack: SlackEmulator, modes: Modes, app: App) -> None:
    for _ in range(3):
        await modes.start()
    say(slack, 60)
    await taken_once(slack, app, 60)
    assert all(connection.carried > 5 for connection in slack.sockets.live)


@pytest.mark.full
async def test_what_comes_over_two_connections_is_confirmed_on_both(
    slack: SlackEmulator, modes: Modes, app: App
) -> None:
    slack.sockets.doubles = True
    for _ in range(2):
        await modes.start()
    say(slack, 10)
    await taken_once(slack, app, 10)


@pytest.mark.full
async def test_more_than_it_works_on_waits_in_slacks_hands(slack: SlackEmulator, modes: Modes, app: App) -> None:
    slack.configure(concurrency=200, ack_seconds=10.0)
    app.go.clear()
    await modes.start(silence=0.3)
    say(slack, 150)
    await slack.journal.wait_for(lambda: len(app.taken) == 64)
    await asyncio.sleep(0.5)  # longer than the silence that kills: it is ours
    assert (len(app.taken), len(slack.sockets.history)) == (64, 1)
    app.go.set()
    await taken_once(slack, app, 150)


# -- ends --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["warn", "refresh"])
async def test_an_announced_end_leaves_no_gap(slack: SlackEmulator, modes: Modes, app: App, what: Any) -> None:
    mode = await modes.start()
    for _ in range(5):
        before = len(slack.sockets.history)
        await slack.disturb_sockets(what)
        await slack.journal.wait_for(lambda before=before: len(slack.sockets.history) > before)
        say(slack, 4)
        assert mode.status.connected
        await slack.settle()
    await taken_once(slack, app, 20)
    assert all(delivery.attempts <= 2 for delivery in slack.deliveries)
    await slack.journal.wait_for(lambda: len(slack.sockets.live) == 1)


@pytest.mark.full
async def test_a_lifetime_is_not_outlived(slack: SlackEmulator, modes: Modes) -> None:
    slack.sockets.lifetime, slack.sockets.grace = 2.0, 0.01
    await modes.start()
    await slack.journal.wait_for(lambda: len(slack.sockets.history) == 2)
    assert slack.sockets.history[0].told == []


async def test_a_dropped_connection_is_replaced(slack: SlackEmulator, modes: Modes, app: App) -> None:
    await modes.start()
    await slack.disturb_sockets("drop")
    await slack.journal.wait_for(lambda: len(slack.sockets.history) == 2 and slack.sockets.live)
    say(slack, 3)
    await taken_once(slack, app, 3)


async def test_a_silent_connection_is_replaced(slack: SlackEmulator, modes: Modes, app: App) -> None:
    mode = await modes.start()
    await slack.disturb_sockets("silence")
    silent = slack.sockets.live[0]
    await slack.journal.wait_for(lambda: len(slack.sockets.history) == 2)
    await slack.journal.wait_for(lambda: mode.status.connected)
    silent.drop()
    say(slack, 3)
    await taken_once(slack, app, 3)


@pytest.mark.parametrize("kind", ["before", "half", "sent", "acked"])
async def test_a_connection_that_breaks_around_an_envelope_loses_none(
    slack: SlackEmulator, modes: Modes, app: App, kind: Any
) -> None:
    await modes.start()
    for skip in (3, 9):  # a third could use up the four attempts that Slack makes
        slack.sockets.trouble(kind, skip=skip)
    say(slack, 30)
    await taken_once(slack, app, 30)
    assert slack.sockets.troubles == []


@pytest.mark.parametrize("status", [408, 429, 500])
async def test_an_address_that_is_dead_is_thrown_away(
    slack: SlackEmulator, modes: Modes, app: App, status: int
) -> None:
    slack.fail("before", "/link/", method="WEBSOCKET", status=status, times=3)
    await modes.start()
    entries = slack.journal.select("WEBSOCKET")
    assert [entry.status for entry in entries] == [status, status, status, 101]
    assert len(slack.journal.select("POST", "/api/apps.connections.open")) == 4


async def test_a_dead_address_at_a_refresh_keeps_the_old_one(slack: SlackEmulator, modes: Modes, app: App) -> None:
    slack.sockets.grace = 5.0
    mode = await modes.start()
    slack.fail("before", "/link/", method="WEBSOCKET", status=408, times=3)
    await slack.disturb_sockets("refresh")
    await slack.journal.wait_for(lambda: len(slack.journal.select("WEBSOCKET")) >= 3)
    assert mode.status.connected
    say(slack, 3)
    await slack.journal.wait_for(lambda: len(slack.sockets.history) == 2)
    await taken_once(slack, app, 3)
    assert all(delivery.statuses == [200] for delivery in slack.deliveries)


@pytest.mark.parametrize("trouble", ["drop_before", "drop_reply"])
async def test_an_address_that_cannot_be_had_is_asked_for_again(
    slack: SlackEmulator, modes: Modes, trouble: Any
) -> None:
    slack.fail(trouble, "/api/apps.connections.open", times=2)
    assert (await modes.start()).status.connected


@pytest.mark.full
async def test_slacks_limit_is_kept(slack: SlackEmulator, modes: Modes) -> None:
    slack.fail("before", "/api/apps.connections.open", status=429, headers={"retry-after": "1"})
    started = asyncio.get_running_loop().time()
    await modes.start()
    assert asyncio.get_running_loop().time() - started >= 1.0


@pytest.mark.full
async def test_one_without_a_hello_is_given_up(slack: SlackEmulator, modes: Modes) -> None:
    slack.sockets.greets = False
    starting = asyncio.create_task(modes.start(opening=0.3))
    await slack.journal.wait_for(lambda: slack.sockets.live)
    slack.sockets.greets = True
    assert (await starting).status.connected


@pytest.mark.full
async def test_the_eleventh_waits_for_its_place(slack: SlackEmulator, modes: Modes, app: App) -> None:
    slack.sockets.most = 1
    first = await modes.start()
    starting = asyncio.create_task(modes.start())
    await slack.journal.wait_for(lambda: len(slack.sockets.history) >= 3)
    assert slack.sockets.history[1].told == ["too_many_websockets"]
    await first.stop()
    assert (await starting).status.connected


# -- refusals ----------------------------------------------------------------------------------------------------


BOT_TOKEN = "xoxb-1000000000-2000000000-greenroomemulatortoken"


@pytest.mark.parametrize(("token", "code"), [("xapp-wrong", "invalid_auth"), (BOT_TOKEN, "not_allowed_token_type")])
async def test_a_token_that_cannot_work_ends_the_start(modes: Modes, token: str, code: str) -> None:
    with pytest.raises(Refused) as caught:
        await modes.start(token=token)
    assert (caught.value.code, token in str(caught.value)) == (code, False)


async def test_another_apps_events_are_not_taken(slack: SlackEmulator, modes: Modes, app: App) -> None:
    with pytest.raises(Refused) as caught:
        await modes.start(app_id="A0OTHER")
    assert (caught.value.code, app.taken) == (ANOTHER_APP, [])


async def test_switched_off_and_on_again_it_comes_back(slack: SlackEmulator, modes: Modes, app: App) -> None:
    mode = await modes.start()
    await slack.disturb_sockets("disable")
    await slack.journal.wait_for(lambda: mode.status.refusal == "access_denied")
    assert not mode.status.connected
    slack.configure(socket_mode=True)
    await slack.journal.wait_for(lambda: mode.status.connected)
    assert mode.status.refusal is None


# -- stopping ----------------------------------------------------------------------------------------------------


async def test_stopping_confirms_what_is_being_worked_on(slack: SlackEmulator, modes: Modes, app: App) -> None:
    mode = await modes.start()
    app.go.clear()
    say(slack, 5)
    await slack.journal.wait_for(lambda: len(app.taken) == 5)
    stopping = asyncio.create_task(mode.stop())
    await asyncio.sleep(0.05)
    app.go.set()
    await stopping
    await slack.settle()
    assert [delivery.statuses for delivery in slack.deliveries] == [[200]] * 5
    await slack.journal.wait_for(lambda: not slack.sockets.live)


async def test_stopping_takes_nothing_more(slack: SlackEmulator, modes: Modes, app: App) -> None:
    mode = await modes.start()
    await mode.stop()
    say(slack, 1)
    await slack.journal.wait_for(lambda: slack.deliveries[0].reasons == ["no_connection"] * 2)
    assert app.taken == []


@pytest.mark.full
async def test_stopping_while_an_address_is_asked_for_is_quick(slack: SlackEmulator, modes: Modes) -> None:
    mode = await modes.start()
    slack.fail("delay", "/api/apps.connections.open", seconds=1.5)
    await slack.disturb_sockets("drop")
    await slack.journal.wait_for(lambda: len(slack.journal.select("POST", "/api/apps.connections.open")) == 2)
    async with asyncio.timeout(1.0):
        await mode.stop()


@pytest.mark.full
async def test_nothing_is_left_behind(slack: SlackEmulator, modes: Modes) -> None:
    before = asyncio.all_tasks()
    mode = await modes.start()
    await slack.disturb_sockets("refresh")
    await slack.journal.wait_for(lambda: len(slack.sockets.history) == 2)
    await mode.stop()
    await slack.journal.wait_for(lambda: not slack.sockets.live)
    names = {task.get_name() for task in asyncio.all_tasks() - before}
    assert not {name for name in names if name.startswith(("socket", "envelope"))}


# -- much --------------------------------------------------------------------------------------------------------


async def fifty_refreshes(slack: SlackEmulator, speak: Callable[[], None]) -> None:
    """Fifty rounds, each with a refresh while people speak, most with something worse."""
    for round_ in range(50):
        speak()
        match round_ % 5:
            case 1:
                await slack.disturb_sockets("drop")
            case 2:
                slack.fail("before", "/link/", method="WEBSOCKET", status=408)
            case 3:
                slack.sockets.trouble(("before", "half", "sent", "acked")[round_ // 5 % 4])
            case 4:
                slack.sockets.doubles = not slack.sockets.doubles
        before = len(slack.sockets.history)
        await slack.disturb_sockets("refresh")
        await slack.journal.wait_for(lambda before=before: len(slack.sockets.history) > before)


@pytest.mark.full
async def test_a_thousand_events_over_fifty_refreshes_drops_and_dead_addresses(
    slack: SlackEmulator, modes: Modes, app: App
) -> None:
    slack.sockets.grace = 0.1
    for _ in range(2):
        await modes.start(linger=0.05)
    await fifty_refreshes(slack, lambda: say(slack, 20))
    await taken_once(slack, app, 1000)
    assert len(slack.sockets.history) > 50


class Inbox(App):
    """Commits events as the app does, before it confirms them."""

    def __init__(self, store: Store, slack: SlackEmulator) -> None:
        super().__init__()
        self.store = store
        self._who = BotIdentity(slack.bot_user, "B0GREENROM", slack.workspace.app_id, slack.workspace.team_id)

    async def __call__(self, envelope: Envelope) -> tuple[bool, dict[str, Any] | None]:
        self.taken.append(envelope.payload["event_id"])
        found = classify(envelope.payload, self._who)
        assert isinstance(found, NewEvent)
        await self.store.lanes.accept(found)
        return True, None

    async def rows(self) -> list[str]:
        """The ids of what is in the inbox."""
        async with self.store.database.reading() as connection:
            return list((await connection.scalars(sa.select(schema.inbox.c.id))).all())


@pytest.mark.full
async def test_a_thousand_messages_are_one_row_each_whatever_comes_twice(
    slack: SlackEmulator, client: AsyncWebClient, tmp_path: Path
) -> None:
    store = new_store(sqlite_url(tmp_path), ManualClock())
    await store.start()
    inbox = Inbox(store, slack)
    modes = Modes(slack, client, inbox)
    slack.sockets.grace = 0.1
    for _ in range(2):
        await modes.start(linger=0.05)

    def mention() -> None:
        for _ in range(10):  # two events each: of the mention, and of the message
            slack.say("alice", VIDEOS, f"<@{slack.bot_user}> make a video")

    await fifty_refreshes(slack, mention)
    await taken_once(slack, inbox, 1000)
    rows = await inbox.rows()
    for mode in modes.made:
        await mode.stop()
    await store.stop()

    assert len(rows) == 500
    assert len(inbox.taken) > 1000  # some came twice, or nothing would be shown
    assert set(rows) <= set(inbox.taken)


# -- Slack's own client ------------------------------------------------------------------------------------------


async def test_slacks_own_client_understands_the_emulator(slack: SlackEmulator, client: AsyncWebClient) -> None:
    bolt, heard = AsyncApp(client=client, signing_secret=""), []

    async def message(event: dict[str, Any]) -> None:
        heard.append(event["text"])

    async def command(ack: Any) -> None:
        await ack("One moment")

    bolt.event("message")(message)
    bolt.command("/heygen")(command)
    handler = AsyncSocketModeHandler(bolt, slack.app_token)
    await handler.connect_async()
    try:
        say(slack, 3)
        await slack.journal.wait_for(lambda: len(heard) == 3)
        assert (await slack.command("alice", VIDEOS, "/heygen", "help")).ok
        assert slack.ephemerals("alice")[-1].text == "One moment"
        await slack.disturb_sockets("refresh")
        await slack.journal.wait_for(lambda: len(slack.sockets.history) == 2 and len(slack.sockets.live) == 1)
        say(slack, 1)
        await slack.journal.wait_for(lambda: len(heard) == 4)
        await slack.settle()
    finally:
        await handler.close_async()
    assert {delivery.state for delivery in slack.deliveries} == {"acked"}
