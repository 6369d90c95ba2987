"""The async shell around `Channel`: one session's websocket, opened, kept, reopened within bounds, closed in bounds.

    async with LiveConnection(url, clock=clock, new_id=new_id) as live:
        async with live.speech() as speech:
            async for pcm in voice:
                if not await speech.say(pcm):
                    break
        async for happening in live:
            ...

Leaving the block closes the websocket. It does not stop the session: that is REST's, and costs money until done.
"""

from __future__ import annotations

import asyncio
import random as random_numbers
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Literal, Self

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from ..fields import safe_word
from .audio import CHUNK_BYTES
from .channel import Channel, Happening
from .ending import Ended, EndReason
from .errors import SessionUnavailable
from .events import SessionState
from .socket import Refused, Unreachable, check_url, open_socket
from .waiting import Clock, first_of, within

HAPPENING_LIMIT = 1_000
_NORMAL_CLOSURE = 1000
_POLICY_VIOLATION = 1008
_PRIVATE_CODES = 4000


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How long things may take, in seconds, and how often a lost websocket is reopened in a row.

    `reopened` is for the word "connected" on a reopened websocket. Nothing is documented about resuming one, and
    others just go on with it, so past this time so do we. `steady` is how long one has to hold for the count to
    begin anew. `pulse` is between pings, `pulse_lost` for the answer: the media server holds answers back under load.
    """

    open: float = 10.0
    ready: float = 10.0
    reopened: float = 2.0
    send: float = 10.0
    close: float = 3.0
    pulse: float = 30.0
    pulse_lost: float = 60.0
    steady: float = 30.0
    first_wait: float = 0.5
    longest_wait: float = 4.0
    reopens: int = 2


@dataclass(frozen=True, slots=True)
class _Lost:
    """A websocket that broke and may be reopened."""

    code: int | None = None
    word: str | None = None


class Speech:
    """One utterance on its way."""

    def __init__(self, live: LiveConnection, utterance_id: str) -> None:
        self._live = live
        self.id = utterance_id

    async def say(self, pcm: bytes) -> bool:
        """Add sound, waiting while too much is ahead; False once nobody would hear it, also when it is interrupted."""
        return await self._live.say(self.id, pcm)


class LiveConnection:
    """A session's websocket. One task owns it; commands may come from any, happenings go to one reader.

    `new_id` gives ids nobody has seen. `random` gives numbers from 0 to 1. `proxy` is an address, True for the
    system's, None for none. `may_reopen` is asked before a lost websocket is opened again: somebody else may have
    taken the session over, and LiveAvatar speaks with the newest websocket only. Raises `ValueError` for an address
    that is no websocket's; it is shown nowhere.
    """

    def __init__(
        self,
        url: str,
        *,
        clock: Clock,
        new_id: Callable[[], str],
        bounds: Bounds | None = None,
        random: Callable[[], float] = random_numbers.random,
        proxy: str | Literal[True] | None = True,
        may_reopen: Callable[[], Awaitable[bool]] | None = None,
    ) -> None:
        check_url(url)
        self._url = url
        self._clock = clock
        self._bounds = bounds or Bounds()
        self._random = random
        self._proxy = proxy
        self._may_reopen = may_reopen
        self._channel = Channel(new_id)
        self._happenings: deque[Happening] = deque()
        self._changed = asyncio.Event()
        self._wake = asyncio.Event()
        self._closing = asyncio.Event()
        self._ready = asyncio.Event()
        self._task: asyncio.Task[Ended] | None = None
        self._socket: ClientConnection | None = None
        self._reopenings = 0

    def __repr__(self) -> str:
        return f"<LiveConnection {self._channel.state.value}>"

    # Its life

    async def __aenter__(self) -> Self:
        """Open it and wait for the word that commands are accepted; `SessionUnavailable` when that does not come."""
        self._task = asyncio.create_task(self._live(), name="live-connection")
        self._task.add_done_callback(lambda _: self._changed.set())
        try:
            await self._until(lambda: self._ready.is_set())
        except BaseException:
            await self._finish()
            raise
        if self.ended is not None:
            raise SessionUnavailable(self.ended)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._finish()
        if error is None and self._task is not None and not self._task.cancelled():
            self._task.result()

    async def close(self) -> Ended:
        """Close the websocket, within 3 s; why it ended, which may have been something else before."""
        self._closing.set()
        return await self.wait_ended()

    async def wait_ended(self) -> Ended:
        """Why it ended, once it has."""
        if self._task is None:
            raise RuntimeError("the connection has not been entered")
        return await asyncio.shield(self._task)

    @property
    def ended(self) -> Ended | None:
        """Why it ended; None while it lives."""
        finished = self._task is not None and self._task.done() and not self._task.cancelled()
        return self._task.result() if self._task is not None and finished else None

    async def _finish(self) -> None:
        """Close and wait, also when that is cancelled: then without a farewell."""
        task = self._task
        if task is None:
            return
        self._closing.set()
        try:
            await asyncio.wait({task})
        finally:
            if not task.done():
                task.cancel()
                await asyncio.wait({task})

    # Commands

    @property
    def state(self) -> SessionState:
        """CONNECTING until commands are accepted and while it is reopened, OVER at the end."""
        return self._channel.state

    @property
    def speaking(self) -> bool:
        """Whether the avatar is heard, as far as its events tell."""
        return self._channel.speaking

    @asynccontextmanager
    async def speech(self) -> AsyncIterator[Speech]:
        """An utterance behind those that wait. Leaving the block completes it, whatever happened inside."""
        await self._until(lambda: self._channel.has_room)
        utterance_id = self._channel.begin(self._clock.now())
        self._after()
        try:
            yield Speech(self, utterance_id)
        finally:
            self._channel.complete(utterance_id)
            self._after()

    async def say(self, utterance_id: str, pcm: bytes) -> bool:
        """Add sound to an utterance, as `Speech.say`."""
        for offset in range(0, len(pcm), CHUNK_BYTES):
            await self._until(lambda: self._channel.has_room or not self._channel.is_open(utterance_id))
            if not self._channel.add(utterance_id, pcm[offset : offset + CHUNK_BYTES], self._clock.now()):
                return False
            self._after()
        return self._channel.is_open(utterance_id)

    def interrupt(self) -> None:
        """Silence the avatar at once: nothing of what waits or comes late for these utterances is sent any more."""
        self._channel.interrupt(self._clock.now())
        self._after()

    def silence(self) -> None:
        """As `interrupt`, also where nothing of ours was sent: who had the session before may have left some.

        May be called before the connection is entered.
        """
        self._channel.silence(self._clock.now())
        self._after()

    def listen(self, listening: bool) -> bool:
        """Have the avatar look as if it listened, or no longer; False, and nothing done, while it has to speak."""
        accepted = self._channel.listen(listening)
        self._after()
        return accepted

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Happening:
        """What happens, in order, until the end."""
        await self._until(lambda: bool(self._happenings))
        if not self._happenings:
            raise StopAsyncIteration
        happening = self._happenings.popleft()
        self._changed.set()
        return happening

    async def _until(self, met: Callable[[], bool]) -> None:
        """Wait until `met()`, or the end."""
        while not met() and self._task is not None and not self._task.done():
            self._changed.clear()
            await self._changed.wait()

    def _after(self) -> None:
        """Pass on what happened and let everybody look again."""
        self._happenings.extend(self._channel.take_happenings())
        if self._channel.state is SessionState.CONNECTED:
            self._ready.set()
        self._changed.set()
        self._wake.set()

    # The task

    async def _live(self) -> Ended:
        try:
            return await first_of(self._keep_open(), self._asked_to_close())
        finally:
            self._channel.shut(self._clock.now(), said=False)
            self._after()

    async def _asked_to_close(self) -> Ended:
        await self._closing.wait()
        return Ended(reason=EndReason.CLOSED)

    async def _keep_open(self) -> Ended:
        while True:
            opened_at = self._clock.now()
            result = await self._one_socket()
            now = self._clock.now()
            if isinstance(result, Ended):
                return result
            self._channel.lost(now)
            self._after()
            if now - opened_at >= self._bounds.steady:
                self._reopenings = 0
            if self._reopenings >= self._bounds.reopens:
                return Ended(reason=EndReason.LOST, code=result.code, word=result.word)
            self._reopenings += 1
            await self._clock.sleep(self._back_off())
            if self._may_reopen is not None and not await self._may_reopen():
                return Ended(reason=EndReason.NOT_OURS)

    def _back_off(self) -> float:
        wait = min(self._bounds.first_wait * 2.0 ** (self._reopenings - 1), self._bounds.longest_wait)
        return wait * (0.75 + 0.5 * self._random())

    async def _one_socket(self) -> Ended | _Lost:
        try:
            return await self._converse(await within(self._clock, self._bounds.open, self._open()))
        except Refused as refusal:
            return Ended(reason=EndReason.REFUSED, code=refusal.status)
        except (Unreachable, TimeoutError):
            return _Lost(word="unreachable")
        finally:
            await self._hang_up()

    async def _open(self) -> ClientConnection:
        """Also kept in `self`: what a task returns as it is cancelled gets lost, and with it an open websocket."""
        self._socket = await open_socket(self._url, proxy=self._proxy)
        return self._socket

    async def _converse(self, socket: ClientConnection) -> Ended | _Lost:
        try:
            return await first_of(self._read(socket), self._write(socket), self._pulse(socket), self._gate())
        except TimeoutError:
            return _Lost(word="stalled")
        except ConnectionClosed:
            return _farewell(socket)

    async def _hang_up(self) -> None:
        socket, self._socket = self._socket, None
        if socket is None:
            return
        try:
            await within(self._clock, self._bounds.close, socket.close())
        except TimeoutError:
            pass
        finally:
            socket.transport.abort()

    async def _read(self, socket: ClientConnection) -> Ended | _Lost:
        while True:
            self._channel.receive(await socket.recv(decode=False), self._clock.now())
            self._after()
            if self._channel.state is SessionState.OVER:
                return Ended(reason=EndReason.ENDED_THERE, word=self._channel.over_word)
            await self._until(lambda: len(self._happenings) < HAPPENING_LIMIT)

    async def _write(self, socket: ClientConnection) -> Ended | _Lost:
        while True:
            self._wake.clear()
            now = self._clock.now()
            frame = self._channel.next_frame(now)
            self._happenings.extend(self._channel.take_happenings())
            self._changed.set()
            if frame is None:
                await self._until_due(self._channel.next_due(now))
            else:
                await within(self._clock, self._bounds.send, socket.send(frame))

    async def _until_due(self, due: float | None) -> None:
        if due is None:
            await self._woken()
            return
        await first_of(self._woken(), self._clock.sleep(due - self._clock.now()))

    async def _woken(self) -> None:
        await self._wake.wait()

    async def _pulse(self, socket: ClientConnection) -> Ended | _Lost:
        while True:
            await self._clock.sleep(self._bounds.pulse)
            answer = await within(self._clock, self._bounds.send, socket.ping())
            await within(self._clock, self._bounds.pulse_lost, answer)

    async def _gate(self) -> Ended | _Lost:
        """See to it that commands are accepted in time."""
        again = self._ready.is_set()
        await self._clock.sleep(self._bounds.reopened if again else self._bounds.ready)
        if self._channel.state is SessionState.CONNECTING:
            if not again:
                return Ended(reason=EndReason.NOT_READY)
            self._channel.connected(self._clock.now())
            self._after()
        never: asyncio.Future[Ended] = asyncio.get_running_loop().create_future()
        return await never


def _farewell(socket: ClientConnection) -> Ended | _Lost:
    """Whether the close frame means the end of the session, or may be a mishap of the connection alone."""
    code, word = socket.close_code, safe_word(socket.close_reason)
    if code is not None and (code in (_NORMAL_CLOSURE, _POLICY_VIOLATION) or code >= _PRIVATE_CODES):
        return Ended(reason=EndReason.ENDED_THERE, code=code, word=word)
    return _Lost(code, word)
