"""What a look at a session means. Pure: time comes in, what is to be written down comes out.

HeyGen's messages have no ids and its answers hold the newest forty. So a message is known by a mark of its content, and
what is new by where the marks of this look overlap with those of all looks before.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from agent.records import OPEN_JOB_STATES, Job, JobState
from agent.video_agents.records import AgentEnd, AgentMode, AgentSession, AgentState, Asks
from heygen.records import AgentMessage
from heygen.records import AgentSession as Remote

KEPT_MARKS = 120  # three times what one answer of HeyGen's can hold
USER = "user"
OVER = frozenset({"completed", "failed"})
ASKED_AGAIN = 60.0  # seconds after an answer from which on a session that still asks has not understood it
MISSES = 2


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds without any change after which a session counts as dead in each state, and between looks.

    `answer` is how long a question waits for a person, `stopping` how long a stop may take, `settling` how long a
    session that says it is done may go without a video.
    """

    thinking: float = 900.0
    generating: float = 3_600.0
    answer: float = 8 * 3_600.0
    stopping: float = 300.0
    settling: float = 180.0
    steps: tuple[tuple[float, float], ...] = ((180.0, 3.0), (900.0, 10.0))
    last: float = 30.0

    def wait(self, still: float) -> float:
        """Seconds until the next look at a session that has not changed for `still` seconds."""
        return next((seconds for below, seconds in self.steps if still < below), self.last)


PATIENCE = Patience()


@dataclass(frozen=True, slots=True)
class Said:
    """A new message of the agent's: its words, or the ids of what it shows."""

    text: str
    resource_ids: tuple[str, ...] = ()
    error: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """What a look came to. `said` is to be posted once; `asks` is what is asked now, `round` that question's number.

    `touch`: the job should be looked at now. `end`: the session is over. `stop`: it has to be stopped, for this reason.
    `job`: the job cannot come to an end by itself and ends like this, with `why` for the person.
    """

    state: AgentState
    asks: Asks | None
    round: int
    status_word: str | None
    progress: str
    changed_at: float
    seen: list[str]
    seen_count: int
    video_ids: list[str]
    due_at: float
    missing: int = 0
    said: tuple[Said, ...] = ()
    touch: bool = False
    stop: AgentEnd | None = None
    end: AgentEnd | None = None
    job: JobState | None = None
    why: str | None = None


NO_VIDEO = "The video agent said that it was done without having made a video."
GONE = "HeyGen does not know this session any more."
NEVER_STOPPED = "It got nowhere, and HeyGen never confirmed that it stopped."


def mark_of(message: AgentMessage) -> str:
    """A message told by its content: who, what kind, when, which words, which resources."""
    at = message.created_at.isoformat() if message.created_at else ""
    parts = (message.role, message.type, at, message.content, *message.resource_ids)
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "replace")).hexdigest()[:20]


def unseen(known: Sequence[str], window: Sequence[str]) -> list[int]:
    """Which places of `window` (marks, oldest first) are new after `known` (all marks so far, oldest first).

    The longest end of what is known that is the beginning of the window is where it goes on. Without any (a message was
    changed, or too many came at once) those are new that occur more often than they are known.
    """
    for length in range(min(len(known), len(window)), 0, -1):
        if list(known[-length:]) == list(window[:length]):
            return list(range(length, len(window)))
    left, found = Counter(known), []
    for place, mark in enumerate(window):
        if left[mark]:
            left[mark] -= 1
        else:
            found.append(place)
    return found


def arrived(session: AgentSession, remote: Remote, text: str) -> bool:
    """Whether the session was told `text` since it was last looked at."""
    messages = list(reversed(remote.messages))
    new = unseen(session.seen, [mark_of(message) for message in messages])
    return any(messages[place].role == USER and messages[place].content.strip() == text.strip() for place in new)


def told(session: AgentSession, messages: Sequence[AgentMessage]) -> tuple[Said, ...]:
    """What of new messages (oldest first) people should read. One-shot sessions are silent about their work."""
    chat = session.mode is AgentMode.CHAT
    shown = [one for one in messages if one.role != USER and (chat or one.type == "error")]
    said = [Said(one.content.strip(), tuple(one.resource_ids), one.type == "error") for one in shown]
    return tuple(one for one in said if one.text or one.resource_ids)


def advance(session: AgentSession, job: Job, remote: Remote, now: float, patience: Patience = PATIENCE) -> Step:
    """What a look means. `job` is that of the session's latest run."""
    messages = list(reversed(remote.messages))
    marks = [mark_of(message) for message in messages]
    new = unseen(session.seen, marks)
    fresh = [messages[place] for place in new]
    word = remote.status_word.casefold()
    video_ids = [*session.video_ids]
    if remote.video_id is not None and remote.video_id not in video_ids:
        video_ids.append(remote.video_id)
    count = session.seen_count + len(new)
    progress = f"{word}|{remote.progress}|{count}|{len(video_ids)}"
    changed_at = session.changed_at if progress == session.progress else now
    asks, number = _asking(session, word, told(session, fresh), now)
    state = session.state
    if state is not AgentState.STOPPING:
        state = AgentState.ASKING if asks else AgentState.WORKING
    step = Step(
        state=state,
        asks=asks if state is AgentState.ASKING else None,
        round=number,
        status_word=remote.status_word or None,
        progress=progress,
        changed_at=changed_at,
        seen=[*session.seen, *(marks[place] for place in new)][-KEPT_MARKS:],
        seen_count=count,
        video_ids=video_ids,
        due_at=now + patience.wait(now - changed_at),
        said=told(session, fresh),
        touch=progress != session.progress,
    )
    return _judged(session, step, job, word, now, patience)


def _asking(session: AgentSession, word: str, said: Sequence[Said], now: float) -> tuple[Asks | None, int]:
    """Whether it is the person's turn, and the number of the question.

    A question that was answered may be shown a moment longer: it counts as a new one only with new words, as another
    kind of question, or when the answer has led to nothing.
    """
    if session.mode is not AgentMode.CHAT or word not in tuple(Asks):
        return None, session.round
    if session.state is AgentState.ASKING:
        return Asks(word), session.round + (bool(said) or Asks(word) is not session.asks)
    before = (session.status_word or "").casefold()
    unmoved = now - (session.answered_at or 0.0) > ASKED_AGAIN
    if said or session.round == 0 or word != before or unmoved:
        return Asks(word), session.round + 1
    return None, session.round


def _judged(session: AgentSession, step: Step, job: Job, word: str, now: float, patience: Patience) -> Step:
    """`step` with the end of what is over, or dead."""
    if ended(job):
        return _with(step, state=AgentState.ENDED, asks=None, end=session.end or end_of(job), touch=False)
    if word == "completed" and not _has_new_video(job, step) and now - step.changed_at > patience.settling:
        return _with(step, job=JobState.FAILED, why=NO_VIDEO, state=AgentState.ENDED, end=AgentEnd.FAILED)
    if word in OVER:
        return step
    return _bounded(session, step, word, now, patience)


def _bounded(session: AgentSession, step: Step, word: str, now: float, patience: Patience) -> Step:
    """A state that lasts too long is left: by a stop, or, where that leads to nothing, by giving up."""
    still = now - step.changed_at
    match step.state:
        case AgentState.STOPPING:
            if now - (session.stop_sent_at or now) > patience.stopping:
                end = session.end or AgentEnd.STALLED
                return _with(step, job=JobState.UNKNOWN, why=NEVER_STOPPED, state=AgentState.ENDED, end=end)
        case AgentState.ASKING:
            if still > patience.answer:
                return _with(step, stop=AgentEnd.UNANSWERED)
        case _:
            if still > (patience.generating if word == "generating" else patience.thinking):
                return _with(step, stop=AgentEnd.STALLED)
    return step


def missed(session: AgentSession, job: Job, now: float, patience: Patience = PATIENCE) -> Step:
    """HeyGen does not know the session. Once may be a lag; a video that has begun goes on without its session."""
    missing = session.missing + 1
    step = Step(
        state=session.state,
        asks=session.asks,
        round=session.round,
        status_word=session.status_word,
        progress=session.progress,
        changed_at=session.changed_at,
        seen=session.seen,
        seen_count=session.seen_count,
        video_ids=session.video_ids,
        due_at=now + patience.last,
        missing=missing,
        touch=bool(session.video_ids),
    )
    if ended(job):
        return _with(step, state=AgentState.ENDED, asks=None, end=session.end or end_of(job), touch=False)
    if missing < MISSES or _has_new_video(job, step):
        return step
    return _with(step, job=JobState.UNKNOWN, why=GONE, state=AgentState.ENDED, asks=None, end=AgentEnd.LOST)


def ended(job: Job) -> bool:
    """Whether a run is over, with its money."""
    if job.state is JobState.UNWANTED:
        return job.finished_at is not None
    return job.state not in OPEN_JOB_STATES


def end_of(job: Job) -> AgentEnd:
    """Why a session is over, told by the job of its latest run."""
    match job.state:
        case JobState.SUCCEEDED:
            return AgentEnd.COMPLETED
        case JobState.UNWANTED | JobState.CANCELLED:
            return AgentEnd.STOPPED
        case JobState.UNKNOWN:
            return AgentEnd.LOST
        case _:
            return AgentEnd.FAILED


def run_of(provider_id: str) -> tuple[str, int]:
    """The session of a run, and how many videos the session had made before it. See `run_id`."""
    session_id, _, rest = provider_id.partition("/")
    number = rest.partition("/")[0]
    return session_id, int(number) if number.isdigit() else 0


def run_id(session_id: str, videos: int, submission_id: str) -> str:
    """What a run that makes another version is called, since HeyGen gives it no id that could be read."""
    return f"{session_id}/{videos}/{submission_id}"


def _has_new_video(job: Job, step: Step) -> bool:
    return len(step.video_ids) > run_of(job.provider_id or "")[1]


def _with(step: Step, **changes: Any) -> Step:
    return dataclasses.replace(step, **changes)
