"""The rows of video agents: a session, and what people tell it. What HeyGen says is kept as marks."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass, field


class AgentMode(enum.StrEnum):
    """How a session works. `GENERATE` makes its video at once and takes no messages; `CHAT` asks back."""

    GENERATE = "generate"
    CHAT = "chat"


class AgentState(enum.StrEnum):
    """Where a session stands, for us.

    `ASKING`: it is the person's turn. `STOPPING`: nobody wants it to go on; HeyGen is told, and says when it has
    stopped. `ENDED`: nobody watches it; one in chat mode that has made its video can be told a change and works again.
    """

    WORKING = "working"
    ASKING = "asking"
    STOPPING = "stopping"
    ENDED = "ended"


class Asks(enum.StrEnum):
    """HeyGen's words for “it is your turn”: a question, or a draft to look at."""

    QUESTION = "waiting_for_input"
    DRAFT = "reviewing"


class AgentEnd(enum.StrEnum):
    """Why a session is not watched any more.

    `STALLED`: it got nowhere for too long, so we stopped it. `UNANSWERED`: nobody answered it. `LOST`: HeyGen does not
    know it any more, or never confirmed that it stopped.
    """

    COMPLETED = "completed"
    FAILED = "failed"
    STOPPED = "stopped"
    STALLED = "stalled"
    UNANSWERED = "unanswered"
    LOST = "lost"


class AnswerState(enum.StrEnum):
    """Where something that a person tells a session stands. `REFUSED`: HeyGen did not take it."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class AgentSession:
    """One session. `job_id` and `submission_id` are those of its latest run: each version of the video is a job.

    `seen` are the marks of the messages that were read, oldest first; `seen_count` how many there were in all. `round`
    counts its questions, `answers` what it was told. `video_ids` are those of its videos, oldest first. `progress` is
    all that tells whether it gets on, and has not changed since `changed_at`. `missing` counts how often in a row
    HeyGen did not know it.
    """

    id: str
    workspace_id: str
    account_id: str
    conversation_id: str
    submission_id: str
    job_id: str
    requester: str
    provider_session_id: str
    mode: AgentMode
    state: AgentState
    created_at: float
    changed_at: float
    asks: Asks | None = None
    round: int = 0
    answers: int = 0
    answered_at: float | None = None
    seen: list[str] = field(default_factory=list)
    seen_count: int = 0
    video_ids: list[str] = field(default_factory=list)
    status_word: str | None = None
    progress: str = ""
    missing: int = 0
    stop_sent_at: float | None = None
    end: AgentEnd | None = None
    ended_at: float | None = None
    due_at: float = 0.0

    @property
    def open(self) -> bool:
        """Whether it is watched."""
        return self.state is not AgentState.ENDED

    @property
    def revisable(self) -> bool:
        """Whether it can be told a change of a video it has made."""
        return self.mode is AgentMode.CHAT and self.end is AgentEnd.COMPLETED


def tools_for(sessions: Sequence[AgentSession]) -> list[str]:
    """The tools that are of use in a conversation with these sessions: nobody should have to search for them."""
    chats = [one for one in sessions if one.mode is AgentMode.CHAT and (one.open or one.revisable)]
    running = any(one.open for one in sessions)
    return [*(["message_video_agent"] if chats else []), *(["stop_video_agent"] if running else [])]


@dataclass(frozen=True, slots=True)
class AgentAnswer:
    """Something a person tells a session. `text` is gone once HeyGen has it."""

    id: str
    session_id: str
    seq: int
    actor: str
    text: str
    message_ts: str | None
    state: AnswerState
    attempts: int = 0
