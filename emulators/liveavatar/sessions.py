"""Sessions from their token to their end, and what they cost. No I/O: time comes in, ends go out to `on_end`."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Iterator

from emulators.base import Clock
from emulators.liveavatar.catalogue import AVATARS, SANDBOX_AVATARS
from emulators.liveavatar.errors import CONCURRENCY, Refusal
from emulators.liveavatar.models import FullToken, LiteToken
from emulators.liveavatar.state import CREDITS_PER_MINUTE, Account, Charge, EndReason, Mode, Session, State
from emulators.liveavatar.tokens import sign

MINUTE = 60.0


class Sessions:
    """The rules over `state`: who may start, what it costs by the minute, and when a session ends by itself."""

    def __init__(self, state: State, clock: Clock, chance: random.Random, on_end: Callable[[Session], None]) -> None:
        self.state = state
        self._clock = clock
        self._chance = chance
        self._on_end = on_end
        self.start_failures: list[str] = []

    # -- what the customer asks for ----------------------------------------------------------------------------

    def create(self, account: Account, body: LiteToken | FullToken) -> Session:
        """Issue a token; nothing runs and nothing is paid yet."""
        avatar_id = str(body.avatar_id)
        self._check(account, body, avatar_id)
        session_id = str(uuid.UUID(int=self._chance.getrandbits(128), version=4))
        now = self._clock.now()
        expires = now + self.state.switches.token_seconds
        mode: Mode = "FULL" if isinstance(body, FullToken) else "LITE"
        claims = {"session_id": session_id, "iat": int(now), "exp": int(expires)}
        session = Session(
            id=session_id,
            account=account.name,
            avatar_id=avatar_id,
            mode=mode,
            connector=isinstance(body, LiteToken) and body.connector,
            is_sandbox=body.is_sandbox,
            requested=body.model_dump(mode="json"),
            limit=self._limit(account, body),
            created=now,
            token=sign(claims | {"start_session_data": {"mode": mode}}),
            token_expires=expires,
            secret=f"{self._chance.getrandbits(160):040x}",
            viewer_token=sign(claims | {"sub": "client", "video": {"roomJoin": True, "room": session_id}}),
        )
        self._register(session)
        return session

    def start(self, session: Session) -> None:
        """Let it run; the first minute is taken at once."""
        now = self._clock.now()
        if session.started is not None:
            raise Refusal(400, "Session has already been started")
        account = self.state.accounts[session.account]
        self._check_avatar(session, now)
        self._check_room_for(account)
        if not session.is_sandbox and not self._affordable(session):
            raise Refusal(403, "Not enough credits to start a session")
        session.started = session.kept_alive = session.viewer_gone_since = now
        self._pay_minute(session, now)
        if self.start_failures:
            message = self.start_failures.pop(0)
            self._give_back(session, now, session.credits)
            self._finish(session, now, "SERVER_ERROR")
            raise Refusal(500, message)

    def keep_alive(self, session: Session) -> None:
        """Push the idle timeout back."""
        if not session.open:
            raise Refusal(404, "Active session not found")
        session.kept_alive = self._clock.now()

    def stop(self, session: Session, reason: EndReason) -> None:
        """End an open session now."""
        if not session.open:
            raise Refusal(404, "Active session not found")
        session.stopped = True
        self.end(session, self._clock.now(), reason)

    # -- what happens to it ------------------------------------------------------------------------------------

    def end(self, session: Session, at: float, reason: EndReason) -> None:
        """End it as of `at` and settle; nothing happens to one that is not open."""
        if not session.open:
            return
        if self.state.switches.rounding == "second":
            used = (at - (session.started or at)) / MINUTE * CREDITS_PER_MINUTE[session.mode]
            self._give_back(session, at, 0.0 if session.is_sandbox else session.credits - used)
        self._finish(session, at, reason)

    def viewer_joined(self, session: Session) -> None:
        """Somebody is in the room."""
        session.viewers += 1
        session.viewer_gone_since = None

    def viewer_left(self, session: Session) -> None:
        """Somebody left the room."""
        session.viewers = max(0, session.viewers - 1)
        if session.viewers == 0:
            session.viewer_gone_since = self._clock.now()

    def tick(self) -> None:
        """Let everything happen that is due, in its order and at its own time."""
        now = self._clock.now()
        for session in self.state.sessions.values():
            while session.open:
                at, reason = min(self._deadlines(session), key=lambda deadline: deadline[0])
                if at > now:
                    break
                self._meet(session, at, reason)

    def next_due(self) -> float | None:
        """When `tick` will have something to do again."""
        running = (session for session in self.state.sessions.values() if session.open)
        return min((at for session in running for at, _ in self._deadlines(session)), default=None)

    def _register(self, session: Session) -> None:
        self.state.sessions[session.id] = session
        self.state.by_token[session.token] = session
        self.state.by_viewer_token[session.viewer_token] = session

    # -- rules -------------------------------------------------------------------------------------------------

    def _check(self, account: Account, body: LiteToken | FullToken, avatar_id: str) -> None:
        if avatar_id not in AVATARS or avatar_id in self.state.deleted_avatars:
            raise Refusal(404, "Avatar not found")
        if body.is_sandbox and avatar_id not in SANDBOX_AVATARS:
            raise Refusal(400, "This avatar is not available in sandbox mode")
        if (body.max_session_duration or 0) > account.longest_session:
            raise Refusal(400, f"max_session_duration exceeds the limit of your plan ({account.longest_session})")
        if isinstance(body, FullToken) and body.avatar_persona is not None:
            silent = AVATARS[avatar_id]["default_voice"] is None and body.avatar_persona.voice_id is None
            if silent:
                raise Refusal(400, "This avatar has no default voice: voice_id is required")

    def _check_avatar(self, session: Session, now: float) -> None:
        avatar = AVATARS[session.avatar_id]
        if session.avatar_id in self.state.deleted_avatars:
            raise Refusal(404, "Avatar not found")
        if avatar["status"] != "ACTIVE" or avatar["is_expired"]:
            session.found(now, "avatar_not_usable", f"started with an avatar that is {avatar['status']} or expired")
            raise Refusal(400, "Avatar is not available")

    def _check_room_for(self, account: Account) -> None:
        running = [s for s in self.state.sessions.values() if s.account == account.name and s.open]
        if len(running) >= account.cap:
            raise Refusal(403, "Session concurrency limit reached", code=CONCURRENCY)

    def _limit(self, account: Account, body: LiteToken | FullToken) -> int:
        limit = body.max_session_duration or account.longest_session
        return min(limit, int(self.state.switches.sandbox_seconds)) if body.is_sandbox else limit

    def _deadlines(self, session: Session) -> Iterator[tuple[float, EndReason | None]]:
        """When which end comes if nothing else happens; None stands for the next minute to pay."""
        switches = self.state.switches
        started = session.started or 0.0
        yield started + session.limit, "MAX_DURATION_REACHED"
        yield session.kept_alive + switches.idle_seconds, "IDLE_TIMEOUT"
        if session.viewer_gone_since is not None and switches.viewer_seconds is not None:
            yield session.viewer_gone_since + switches.viewer_seconds, "IDLE_TIMEOUT"
        vanished = session.socket_gone_since is not None and session.viewers == 0
        if vanished and switches.zombie_seconds is not None:
            yield (session.socket_gone_since or 0.0) + switches.zombie_seconds, "ZOMBIE_SESSION_REAP"
        if not session.is_sandbox:
            yield started + session.minutes_paid * MINUTE, None

    def _meet(self, session: Session, at: float, reason: EndReason | None) -> None:
        if reason is not None:
            session.muted = reason == "MAX_DURATION_REACHED" and self.state.switches.mute_at_limit
            self.end(session, at, reason)
        elif self._affordable(session):
            self._pay_minute(session, at)
        else:
            self.end(session, at, "NO_CREDITS")

    # -- money -------------------------------------------------------------------------------------------------

    def _affordable(self, session: Session) -> bool:
        account = self.state.accounts[session.account]
        return self.state.switches.overage or account.credits >= CREDITS_PER_MINUTE[session.mode]

    def _pay_minute(self, session: Session, at: float) -> None:
        session.minutes_paid += 1
        if not session.is_sandbox:
            self._charge(session, at, CREDITS_PER_MINUTE[session.mode])

    def _give_back(self, session: Session, at: float, credits: float) -> None:
        if credits > 0:
            self._charge(session, at, -credits)

    def _charge(self, session: Session, at: float, credits: float) -> None:
        account = self.state.accounts[session.account]
        account.credits = round(account.credits - credits, 6)
        session.credits = round(session.credits + credits, 6)
        self.state.charges.append(Charge(session.id, account.name, round(credits, 6), session.minutes_paid, at))

    def _finish(self, session: Session, at: float, reason: EndReason) -> None:
        session.ended, session.end_reason = at, reason
        self._on_end(session)
