"""One running session in this process: who is on its page, how it starts, and what is left behind in which order.

Nothing here decides anything about the conversation; that is `conduct`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, assert_never

import structlog

from agent.errands import Errands
from agent.errors import LeaseLost
from agent.live.actions import Finish
from agent.live.conduct import Conduct, Setting
from agent.live.listener import Listening
from agent.live.parts import LiveParts
from agent.live.performing import Performer
from agent.live.phrases import phrases_in
from agent.live.ports import EndPressed, Hello, Muted, RoomReady, Sound, Typed, Viewer, ViewerInput
from agent.live.recollection import Recollection
from agent.live.records import CommandKind, LiveAccess, LiveCommand, LiveEnd, LiveSession, LiveState
from agent.live.scribe import Scribe
from agent.live.stage import notice
from agent.live.starting import NotStarted, Starter
from agent.live.tenure import Tenure
from agent.records import Json, Lease
from heygen.live import BYTES_PER_SECOND

log = structlog.get_logger(__name__)

EARLY_LIMIT = 16
MUTED_SOUND = bytes(BYTES_PER_SECOND)  # a second of silence
GIVING_SECONDS = 5.0  # for the last lines and the row, when another process is to go on
ENDED, ELSEWHERE, MOVED = 4000, 4001, 4010

Outcome = tuple[LiveEnd, str | None]


class Running:
    """A session that this process has. `session` is its row as last seen.

    The desk gives it viewers (`attach`, `take`, `detach`), has it `look` for commands, and runs `run` in a task.
    `language` is the viewer's. `sweep` stops what the process left running; True when that was something.
    """

    def __init__(
        self,
        parts: LiveParts,
        errands: Errands,
        tenure: Tenure,
        session: LiveSession,
        access: LiveAccess | None,
        *,
        language: str | None,
        sweep: Callable[[], Awaitable[bool]],
    ) -> None:
        self._parts = parts
        self._errands = errands
        self._access = access
        self._sweep = sweep
        self._language = language
        self._phrases = phrases_in(language)
        self._viewer: Viewer | None = None
        self._hears = False
        self._early: list[ViewerInput] = []
        self._seen: set[str] = set()
        self._drain_by: float | None = None
        self._lost = False
        self._moving = False
        self._over: asyncio.Future[Outcome | None] = asyncio.get_running_loop().create_future()
        self._starting: asyncio.Task[LiveAccess | NotStarted | LeaseLost] | None = None
        self._performer: Performer | None = None
        self._listening: Listening | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._scribing: asyncio.Task[None] | None = None
        self._scribe = Scribe(parts.store, tenure, parts.clock)
        self.tenure = tenure
        self.session = session

    # -- the page ----------------------------------------------------------------------------------------------

    @property
    def ending(self) -> bool:
        """Whether it is over, or somebody else's."""
        return self._lost or self._over.done()

    def attach(self, viewer: Viewer, hello: Hello) -> None:
        """A viewer's page is here, in place of another one."""
        before, self._viewer = self._viewer, viewer
        if before is not None:
            self._errands.run(before.close(ELSEWHERE, "opened elsewhere"), "live-close-older")
        self._hears = self._hears or hello.microphone
        if self._performer is None:
            self._show_row(self.session)
        else:
            self._welcome(self._performer)

    def _welcome(self, performer: Performer) -> None:
        """Show the page the way to the picture, and tell the rules that it is here."""
        if self._access is not None:
            self._show({"type": "room", "url": self._access.room_url, "token": self._access.room_token})
        performer.do(performer.conduct.viewer_here(performer.now()))
        if self._hears and self._listening is not None:
            self._listening.open()

    def detach(self, viewer: Viewer) -> None:
        """A viewer's page is gone; nothing to do when another one has taken its place."""
        if self._viewer is not viewer:
            return
        self._viewer = None
        if self._performer is not None and not self.ending:
            self._performer.do(self._performer.conduct.viewer_gone(self._performer.now()))
            self._scribe.write(self._note_absence)

    async def _note_absence(self, lease: Lease) -> None:
        if self._viewer is None:
            await self._parts.store.viewer_left(lease)

    async def take(self, viewer: Viewer, item: ViewerInput) -> None:
        """Something that a person on the page does."""
        if viewer is not self._viewer or self.ending:
            return
        if isinstance(item, Sound | Muted):
            if self._listening is not None:
                # A muted page sends nothing: without this, what was being said would never end.
                sound = item.pcm if isinstance(item, Sound) else MUTED_SOUND if item.muted else b""
                await self._listening.feed(sound)
        elif self._performer is None:
            self._early = [*self._early[-EARLY_LIMIT:], item]
        else:
            self._pressed(item, self._performer)

    def _pressed(self, item: ViewerInput, performer: Performer) -> None:
        now = performer.now()
        match item:
            case Typed(text):
                performer.wrote()
                performer.do(performer.conduct.typed(text, now))
            case RoomReady():
                performer.do(performer.conduct.room_ready(now))
            case EndPressed():
                performer.do(performer.conduct.end_pressed(now))
            case Muted() | Sound():
                pass  # a muted page sends no sound
            case _:
                assert_never(item)

    def _show(self, message: Json) -> None:
        if self._viewer is not None:
            self._viewer.show(message)

    def _show_row(self, session: LiveSession) -> None:
        """How the row stands, while there are no rules yet."""
        self.session = session
        state = {"state": session.state.value, "reason": None, "remaining_seconds": None, "muted": session.muted}
        self._show({"type": "state", **state})

    # -- what Slack and the process want -----------------------------------------------------------------------

    async def look(self) -> int:
        """Do what Slack wants of it; how many commands were new."""
        try:
            commands = await self.tenure.write(self._parts.store.commands)
        except LeaseLost:
            self.lose()
            return 0
        if self._performer is None or self.ending:
            return 0
        fresh = [command for command in commands if command.id not in self._seen]
        for command in fresh:
            self._command(command, self._performer)
        return len(fresh)

    def _command(self, command: LiveCommand, performer: Performer) -> None:
        self._seen.add(command.id)
        if command.kind is CommandKind.ASK:
            performer.wrote()
        performer.do(performer.conduct.command(command, performer.now()))

    def drain(self, by: float) -> None:
        """The process stops: be over by then."""
        self._drain_by = by
        if self._performer is not None and not self.ending:
            self._performer.do(self._performer.conduct.drain(by, self._performer.now()))

    def hand_over(self) -> bool:
        """Let go of it so that another process goes on with it, at once; False when that cannot be now.

        There has to be a page that comes back to the other process, and something that has been started.
        """
        if self._performer is None or self._viewer is None or self.ending:
            return False
        self._moving = True
        self._over.set_result(None)
        return True

    def lose(self) -> None:
        """Somebody else has it: let go."""
        self._lost = True
        if not self._over.done():
            self._over.set_result(None)

    async def _still_ours(self) -> bool:
        try:
            await self.tenure.write(self._parts.store.commands)
        except LeaseLost:
            self.lose()
            return False
        except Exception as error:  # nobody knows, so it goes on
            log.exception("live_unread", session=self.session.id, error=type(error).__name__)
        return True

    # -- its life ----------------------------------------------------------------------------------------------

    async def run(self) -> Outcome | None:
        """Until it is over: why, and by whom; None when there is nothing to stop, since it is no longer ours."""
        try:
            return await self._hold()
        except LeaseLost:
            self.lose()
            return None
        except NotStarted as error:
            self._show(notice("not_started", error.sentence or self._phrases.notice("not_started")))
            return error.end, None
        except Exception as error:
            log.exception("live_failed", session=self.session.id, error=type(error).__name__)
            self._show(notice("trouble", self._phrases.notice("trouble")))
            return (LiveEnd.NOT_STARTED if self._access is None else LiveEnd.ORPHANED), None

    async def _hold(self) -> Outcome | None:
        self._scribing = self._spawn(self._scribe.run(), "scribe")
        access = self._access or await self._start()
        if access is None:
            return None
        await self._begin(access)
        return await self._until_over()

    async def _start(self) -> LiveAccess | None:
        """The ways into it once it is started; None when nobody is there any more: then it is offered again."""
        if self.session.state is not LiveState.JOINED:
            # Whoever was starting it is gone, or it has no way in that can be read.
            raise NotStarted(LiveEnd.NOT_STARTED if self.session.usable_until is None else LiveEnd.ORPHANED)
        if self._viewer is None:
            await self.tenure.write(self._parts.store.viewer_left)
            self.lose()
            return None
        if any(isinstance(item, EndPressed) for item in self._early):
            raise NotStarted(LiveEnd.VISITOR)
        starter = Starter(self._parts, self.tenure, self.session, shown=self._show_row, sweep=self._sweep)
        # Not to be cancelled half-way: whether it runs has to be known before it is stopped.
        self._starting = self._errands.run(_tried(starter), "live-start")
        access = await asyncio.shield(self._starting)
        if isinstance(access, Exception):
            raise access
        return access

    async def _begin(self, access: LiveAccess) -> None:
        parts, session = self._parts, self.session
        past = await parts.store.transcript(session.id) if session.lines else []
        recollection = Recollection(
            session,
            turns=parts.turns,
            jobs=parts.jobs,
            budget=parts.budget,
            clock=parts.clock,
            unconfirmed=self._phrases.unconfirmed,
        )
        await recollection.refresh()
        connection = parts.connect(access.socket_url, self._still_ours)
        if self._access is not None:
            connection.silence()  # whoever had it may have died in the middle of a sentence
        self._access = access
        setting = Setting(
            requester=session.requester,
            ends_at=session.usable_until or parts.clock.now() + session.max_seconds,
            phrases=self._phrases,
            hears=parts.ears is not None,
            speaks=parts.voice is not None,
            taken_by=session.taken_by,
            muted=session.muted,
            past=past,
            bounds=parts.bounds,
        )
        performer = Performer(
            parts,
            self.tenure,
            Conduct(setting, parts.ids.new, parts.clock.now()),
            connection,
            self._scribe,
            recollection,
            show=self._show,
            finish=self._finish,
        )
        if parts.ears is not None:
            person = parts.brain.person(session)
            self._listening = Listening(parts.ears, performer, parts.clock, language=self._language, person=person)
        self._performer = performer
        self._spawn(performer.converse(), "avatar")
        self._spawn(performer.keep_time(), "clock")
        self._spawn(recollection.run(), "recollection")
        self._catch_up(performer)

    def _catch_up(self, performer: Performer) -> None:
        """Tell the rules what has happened while there were none."""
        if self._viewer is not None:
            self._welcome(performer)
        for item in self._early:
            self._pressed(item, performer)
        if self._drain_by is not None:
            self.drain(self._drain_by)

    async def _until_over(self) -> Outcome | None:
        waiting: set[asyncio.Future[Any]] = {self._over, *self._tasks}
        while not self._over.done():
            done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        return self._over.result()

    def _finish(self, finish: Finish) -> None:
        if not self._over.done():
            self._over.set_result((finish.end, finish.ended_by))

    def _spawn(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        task = asyncio.create_task(work, name=f"live-{name}")
        self._tasks.append(task)
        return task

    # -- what is left behind -----------------------------------------------------------------------------------

    async def started(self) -> None:
        """Wait until a start that is under way has come to something."""
        if self._starting is not None:
            await asyncio.wait({self._starting})

    async def write_all(self) -> None:
        """Write all that was said and is not written yet."""
        await self._scribe.flush()

    async def end_writing(self) -> None:
        """Nothing is written any more."""
        await _gone([self._scribing] if self._scribing is not None else [])

    async def clear_away(self) -> None:
        """End everything but the writing: model, voice, ears, the avatar's websocket, the page. Within seconds."""
        if self._performer is not None:
            await self._performer.close()
        if self._listening is not None:
            await self._listening.close()
        await _gone([task for task in self._tasks if task is not self._scribing])
        if self._moving:
            await self._give_away()
        if self._lost:
            await self.end_writing()
        if self._viewer is not None:
            await self._viewer.close(*await self._farewell())

    async def _give_away(self) -> None:
        """Write what was said and let others have the row. Where that fails, the lease just runs out."""
        try:
            async with asyncio.timeout(GIVING_SECONDS):
                await self.write_all()
                await self.end_writing()
                await self.tenure.write(self._parts.store.hand_over)
        except LeaseLost:
            log.info("live_lost", session=self.session.id)
        except Exception as error:
            log.exception("live_not_handed_over", session=self.session.id, error=type(error).__name__)
        else:
            log.info("live_handed_over", session=self.session.id)

    async def _farewell(self) -> tuple[int, str]:
        """The code and the word that close the page."""
        if self._moving:
            return MOVED, "the session moves"
        if not self._lost:
            return ENDED, "the session has ended"
        try:
            session = await self._parts.store.session(self.session.id)
        except Exception as error:
            log.exception("live_unread", session=self.session.id, error=type(error).__name__)
            return MOVED, "try again"
        over = session.state in (LiveState.CLOSING, LiveState.ENDED)
        return (ENDED, "the session has ended") if over else (ELSEWHERE, "opened elsewhere")


async def _tried(starter: Starter) -> LiveAccess | NotStarted | LeaseLost:
    """What a start comes to, as a value: nobody may be waiting for it any more."""
    try:
        return await starter.start()
    except (NotStarted, LeaseLost) as error:
        return error


async def _gone(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks)
