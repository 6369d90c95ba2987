"""The supervisor: does what the fleet says, reports to it what happened, and stops without losing what was taken."""

from __future__ import annotations

import asyncio
import random as random_numbers
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import assert_never

import structlog
from websockets.asyncio.client import ClientConnection

from agent.ports import Clock
from bot.slack.socket.fleet import Action, Bounds, Close, Fleet, Open, Ping
from bot.slack.socket.frames import Disconnect, Hello
from bot.slack.socket.link import Answering, Bench, Link
from bot.slack.socket.wire import Refused, Unavailable

log = structlog.get_logger(__name__)

IN_FLIGHT = 64
STOP_SECONDS = 8.0
ANOTHER_APP = "app_token_of_another_app"


@dataclass(frozen=True, slots=True)
class SocketStatus:
    """Whether Slack can reach us; `away` is since how many seconds not, `refusal` Slack's word when it will not."""

    connected: bool
    away: float
    refusal: str | None
    opened: int


class SocketMode:
    """Socket Mode, kept up. `opening` opens a websocket; `answer` takes an envelope; `app_id` is whose events we want.

    `clock` must not go back: its times are only compared with each other.
    """

    def __init__(
        self,
        *,
        opening: Callable[[], Awaitable[ClientConnection]],
        answer: Answering,
        app_id: Callable[[], str],
        clock: Clock,
        bounds: Bounds | None = None,
        random: Callable[[], float] = random_numbers.random,
    ) -> None:
        self._opening = opening
        self._answer = answer
        self._app_id = app_id
        self._clock = clock
        self._fleet = Fleet(bounds or Bounds(), random, clock.now())
        self._links: dict[int, Link] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._pings: set[asyncio.Task[None]] = set()
        self._bench = Bench(IN_FLIGHT)
        self._changed = asyncio.Event()
        self._settled = asyncio.Event()  # there is a connection, or a refusal
        self._supervisor: asyncio.Task[None] | None = None

    # -- its life ------------------------------------------------------------------------------------------------

    async def start(self, seconds: float) -> None:
        """Begin, and wait up to `seconds` for the first connection; without one it is tried on. Raises `Refused`."""
        self._supervisor = asyncio.create_task(self._run(), name="socket-mode")
        try:
            async with asyncio.timeout(seconds):
                await self._settled.wait()
        except TimeoutError:
            log.warning("socket_not_open_yet", seconds=seconds)
        if (refusal := self._fleet.refusal) is not None:
            await self.stop()
            raise Refused(refusal)

    async def stop(self) -> None:
        """Take nothing any more, confirm what was committed, close. Bounded by `STOP_SECONDS`."""
        self._fleet.stop(self._clock.now())
        for number, task in self._tasks.items():
            if link := self._links.get(number):
                link.leave()
            else:
                task.cancel()
        tasks = {*self._tasks.values(), *self._pings}
        if tasks:
            await asyncio.wait(tasks, timeout=STOP_SECONDS)
        leftover = [task for task in (*tasks, self._supervisor) if task is not None]
        for task in leftover:
            task.cancel()
        await asyncio.gather(*leftover, return_exceptions=True)
        await self._bench.clear()

    @property
    def status(self) -> SocketStatus:
        """For health."""
        since = self._fleet.away_since
        away = 0.0 if since is None else max(0.0, self._clock.now() - since)
        return SocketStatus(self._fleet.connected, away, self._fleet.refusal, self._fleet.opened)

    # -- supervising ---------------------------------------------------------------------------------------------

    async def _run(self) -> None:
        while True:
            self._changed.clear()
            for action in self._fleet.actions(self._clock.now()):
                self._perform(action)
            await self._until_due(self._fleet.due())

    async def _until_due(self, due: float | None) -> None:
        """Wait for a change, or until `due`."""
        waiting = {asyncio.create_task(self._woken())}
        if due is not None:
            waiting.add(asyncio.create_task(self._asleep(due)))
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)

    async def _woken(self) -> None:
        await self._changed.wait()

    async def _asleep(self, due: float) -> None:
        await self._clock.sleep(max(0.0, due - self._clock.now()))

    def _perform(self, action: Action) -> None:
        match action:
            case Open(number):
                self._tasks[number] = asyncio.create_task(self._live(number), name=f"socket-{number}")
            case Ping(number):
                if link := self._links.get(number):
                    ping = asyncio.create_task(link.ping())
                    self._pings.add(ping)
                    ping.add_done_callback(self._pings.discard)
            case Close(number, gently):
                self._close(number, gently=gently)
            case _:
                assert_never(action)

    def _close(self, number: int, *, gently: bool) -> None:
        log.info("socket_let_go", link=number, gently=gently)
        link, task = self._links.get(number), self._tasks.get(number)
        if gently and link is not None:
            link.leave()
        elif task is not None:
            task.cancel()

    async def _live(self, number: int) -> None:
        """One websocket, from asking for its address to its end."""
        try:
            link = Link(number, await self._opening(), answer=self._answer, bench=self._bench, reports=self)
            self._links[number] = link
            await link.run()
            log.info("socket_over", link=number, code=link.close_code)
        except Refused as error:
            log.warning("socket_refused", link=number, error=error.code)
            self._fleet.refused(number, error.code, self._clock.now())
        except Unavailable as error:
            log.warning("socket_not_opened", link=number, error=error.code, retry_after=error.retry_after)
            self._fleet.failed(number, self._clock.now(), error.retry_after)
        except Exception as error:
            log.exception("socket_failed", link=number, error=type(error).__name__)
        finally:
            self._links.pop(number, None)
            self._tasks.pop(number, None)
            self._fleet.ended(number, self._clock.now())
            self._announce()

    def _announce(self) -> None:
        if self._fleet.connected or self._fleet.refusal is not None:
            self._settled.set()
        self._changed.set()

    # -- what links report ---------------------------------------------------------------------------------------

    def greeted(self, number: int, hello: Hello) -> bool:
        """Slack said hello; False when the token is another app's, whose events we must not take."""
        if hello.app_id and self._app_id() and hello.app_id != self._app_id():
            log.error("socket_of_another_app", link=number)
            self._fleet.refused(number, ANOTHER_APP, self._clock.now())
            self._close(number, gently=False)
            self._announce()
            return False
        log.info("socket_open", link=number, connections=hello.connections, lifetime=hello.lifetime)
        self._fleet.greeted(number, hello.lifetime, self._clock.now())
        self._announce()
        return True

    def heard(self, number: int) -> None:
        """There was a sign of life."""
        self._fleet.heard(number, self._clock.now())

    def held(self, number: int) -> None:
        """Nothing is read for now."""
        self._fleet.held(number)

    def told(self, number: int, disconnect: Disconnect) -> None:
        """Slack announced the end."""
        log.info("socket_told", link=number, reason=str(disconnect.reason))
        self._fleet.told(number, disconnect.reason, self._clock.now())
        self._announce()
