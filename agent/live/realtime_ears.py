"""Hearing through a realtime transcription session: the server gets only speech, and our detector ends the turns."""

from __future__ import annotations

import asyncio
import base64
import contextlib
from collections import deque
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any

from openai import AsyncOpenAI
from openai.resources.realtime.realtime import AsyncRealtimeConnection

from agent.live.detector import Detector, DetectorOptions, SpeechSound, load_judge
from agent.live.ears import Final, Heard, Partial, SpeechEnded, SpeechPaused, SpeechResumed, SpeechStarted
from agent.live.errors import EarsError
from agent.live.listening import Outlet
from agent.live.realtime import PCM, closed, guarded, of_event, opened

PENDING_LIMIT = 4  # utterances: more would be answered too late to matter
SEND_SECONDS = 10.0
ANSWER_SECONDS = 20.0
APPEND_BYTES = 24_000  # half a second
NO_END = 3600.0
TRANSCRIPTION = "conversation.item.input_audio_transcription."


@dataclass(slots=True, eq=False)
class _Utterance:
    """An utterance until its text is handed on. `sent` and `committed` are about the present connection."""

    number: int
    sound: bytearray = field(default_factory=bytearray)
    ended: bool = False
    sent: int = 0
    committed: bool = False
    item_id: str | None = None
    text: str = ""
    outcome: str | EarsError | None = None
    due: float = float("inf")


def _event_id(one: _Utterance) -> str:
    return f"utterance-{one.number}"


class RealtimeEarsMaker:
    """Opens ears over a realtime transcription session."""

    def __init__(self, client: AsyncOpenAI, model: str, options: DetectorOptions | None = None) -> None:
        self._client = client
        self._model = model
        self._options = options

    async def open(self, *, language: str | None, person: str) -> RealtimeEars:
        """See `EarsMaker.open`; the session is configured when it returns. Nothing about the person is sent."""
        judge = await asyncio.to_thread(load_judge)
        ears = RealtimeEars(self._client, self._model, Detector(judge, self._options), language=language)
        await ears.start()
        return ears


class Waiting:
    """Utterances that are sent or waited for, oldest first. No I/O.

    `lost` counts utterances that were dropped because too many waited.
    """

    def __init__(self) -> None:
        self._utterances: deque[_Utterance] = deque()
        self._unnamed: deque[_Utterance] = deque()  # committed, also dropped ones: the server names them in this order
        self._number = 0
        self.lost = 0

    def begin(self) -> None:
        """A new utterance; the oldest one is dropped when too many wait."""
        if len(self._utterances) == PENDING_LIMIT:
            self._utterances.popleft()
            self.lost += 1
        self._number += 1
        self._utterances.append(_Utterance(self._number))

    def add(self, pcm: bytes) -> None:
        """More sound of the newest utterance."""
        self._utterances[-1].sound += pcm

    def end(self) -> None:
        """The newest utterance is whole."""
        self._utterances[-1].ended = True

    def to_send(self) -> _Utterance | None:
        """The first utterance that has something to be sent."""
        for one in self._utterances:
            if one.committed or one.outcome is not None:
                continue
            return one if one.sent < len(one.sound) or one.ended else None
        return None

    def again(self) -> None:
        """A new connection: what has no text yet is to be sent from its beginning."""
        self._unnamed.clear()
        for one in self._utterances:
            one.sent, one.committed, one.item_id, one.text = 0, False, None, ""
            one.due = float("inf")

    def commit(self, one: _Utterance, due: float) -> None:
        """All of it goes to the server now; an answer is expected by `due`."""
        one.committed, one.due = True, due
        self._unnamed.append(one)

    def committed(self, item_id: str) -> None:
        """The server took the next committed utterance as this item."""
        if self._unnamed:
            self._unnamed.popleft().item_id = item_id

    def of(self, item_id: str) -> _Utterance | None:
        """The utterance of this item, unless it was dropped."""
        return next((one for one in self._utterances if one.item_id == item_id), None)

    def late(self, now: float) -> None:
        """Give up on what should have been answered by now."""
        for one in self._utterances:
            if one.outcome is None and one.due <= now:
                one.outcome = EarsError("timeout", retryable=True)

    def fail(self, event_id: str | None, error: EarsError) -> None:
        """The server complained about one of our events; about the oldest utterance where it names none."""
        open_ones = [one for one in self._utterances if one.outcome is None]
        named = [one for one in open_ones if _event_id(one) == event_id]
        self._unnamed = deque(one for one in self._unnamed if one not in named)
        for one in (named or open_ones)[:1]:
            one.outcome = error

    def settled(self) -> list[tuple[int, str | EarsError]]:
        """Outcomes that can be handed on: those before which nothing is still waited for."""
        found = []
        while self._utterances and self._utterances[0].ended and self._utterances[0].outcome is not None:
            one = self._utterances.popleft()
            if one.outcome is not None:
                found.append((one.number, one.outcome))
        return found


class RealtimeEars:
    """One person's ears. A lost connection is opened again once; text that comes later earns another try."""

    def __init__(self, client: AsyncOpenAI, model: str, detector: Detector, *, language: str | None) -> None:
        self._client = client
        self._model = model
        self._language = language
        self._detector = detector
        self._outlet = Outlet()
        self._waiting = Waiting()
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._tries = 1

    @property
    def lost_utterances(self) -> int:
        """How many were dropped because transcription was too slow."""
        return self._waiting.lost

    async def start(self) -> None:
        """Open the session; `EarsError` when that fails."""
        connection = await self._open()
        self._task = asyncio.create_task(self._run(connection), name="ears-realtime")

    async def feed(self, pcm: bytes) -> None:
        """See `Ears.feed`."""
        if self._task is None or self._task.done():
            return
        for found in self._detector.feed(pcm):
            match found:
                case SpeechStarted():
                    self._waiting.begin()
                    self._outlet.put(found)
                case SpeechSound(sound):
                    self._waiting.add(sound)
                case SpeechPaused() | SpeechResumed():
                    self._outlet.put(found)
                case SpeechEnded():
                    self._waiting.end()
                    self._outlet.put(found)
            self._changed.set()

    def heard(self) -> AsyncGenerator[Heard, None]:
        """See `Ears.heard`."""
        return self._outlet.read()

    async def close(self) -> None:
        """See `Ears.close`."""
        self._outlet.close()
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _open(self) -> AsyncRealtimeConnection:
        manager = self._client.realtime.connect(extra_query={"intent": "transcription"})
        connection = await opened(manager, EarsError)
        try:
            await guarded(lambda: self._configure(connection), EarsError, SEND_SECONDS)
        except BaseException:
            await closed(connection)
            raise
        return connection

    async def _configure(self, connection: AsyncRealtimeConnection) -> None:
        transcription: dict[str, Any] = {"model": self._model}
        if self._language:
            transcription["language"] = self._language
        sound = {"format": PCM, "transcription": transcription, "turn_detection": None}
        session: Any = {"type": "transcription", "audio": {"input": sound}}
        await connection.session.update(session=session)
        while True:
            event = await connection.recv()
            if event.type == "session.updated":
                return
            if event.type == "error":
                raise of_event(event.error, EarsError)

    async def _run(self, connection: AsyncRealtimeConnection) -> None:
        while True:
            try:
                await self._talk(connection)
            except EarsError as error:
                if not (fresh := await self._reopened(error)):
                    return
                connection = fresh

    async def _reopened(self, error: EarsError) -> AsyncRealtimeConnection | None:
        """Another connection after a failure, or None when the ears are at their end."""
        if self._tries and error.retryable:
            self._tries -= 1
            self._waiting.again()
            try:
                return await self._open()
            except EarsError as second:
                error = second
        final = EarsError(error.code, retryable=False, retry_after=error.retry_after, status=error.status)
        self._outlet.put(final)
        return None

    async def _talk(self, connection: AsyncRealtimeConnection) -> None:
        """Send and receive until the connection fails."""
        sender = asyncio.create_task(self._send_all(connection), name="ears-realtime-sender")
        try:
            while True:
                event = await guarded(connection.recv, EarsError, NO_END)
                self._take(event)
                self._hand_on()
        finally:
            sender.cancel()
            with contextlib.suppress(asyncio.CancelledError, EarsError):
                await sender
            await closed(connection)

    async def _send_all(self, connection: AsyncRealtimeConnection) -> None:
        try:
            while True:
                self._changed.clear()
                while (one := self._waiting.to_send()) is not None:
                    await guarded(lambda one=one: self._send(connection, one), EarsError, SEND_SECONDS)  # type: ignore[misc]
                self._waiting.late(asyncio.get_running_loop().time())
                self._hand_on()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(1.0):  # an answer may be late
                        await self._changed.wait()
        except EarsError:
            # The reader learns of the end by its own wait.
            await closed(connection)
            raise

    async def _send(self, connection: AsyncRealtimeConnection, one: _Utterance) -> None:
        if one.sent == 0:
            # A dropped utterance may have left sound behind.
            await connection.input_audio_buffer.clear()
        portion = bytes(one.sound[one.sent : one.sent + APPEND_BYTES])
        if portion:
            one.sent += len(portion)
            await connection.input_audio_buffer.append(
                audio=base64.b64encode(portion).decode(), event_id=_event_id(one)
            )
        if one.ended and one.sent == len(one.sound):
            self._waiting.commit(one, asyncio.get_running_loop().time() + ANSWER_SECONDS)
            await connection.input_audio_buffer.commit(event_id=_event_id(one))

    def _take(self, event: Any) -> None:
        match event.type:
            case "input_audio_buffer.committed":
                self._waiting.committed(event.item_id)
            case "error":
                self._waiting.fail(event.error.event_id, of_event(event.error, EarsError))
            case kind if kind.startswith(TRANSCRIPTION):
                if (one := self._waiting.of(event.item_id)) is not None:
                    self._transcribed(one, event)
            case _:
                pass

    def _transcribed(self, one: _Utterance, event: Any) -> None:
        match event.type.removeprefix(TRANSCRIPTION):
            case "delta":
                one.text += event.delta or ""
                if one.text.strip():
                    self._outlet.put(Partial(one.text.strip(), one.number))
            case "completed":
                one.outcome = str(event.transcript).strip()
                self._tries = 1
            case "failed":
                one.outcome = of_event(event.error, EarsError)
            case _:
                pass

    def _hand_on(self) -> None:
        for number, outcome in self._waiting.settled():
            if isinstance(outcome, EarsError):
                self._outlet.put(outcome)
            elif outcome:
                self._outlet.put(Final(outcome, number))
