"""What programs are answered: every answer has `ok`, `code`, `retryable` and `retry_after_s`. Pure functions.

`ok` says that the call was carried out or stands as a row; `retryable` that asking again later tells more or may work.
"""

from __future__ import annotations

from typing import Any, assert_never

from agent.money import dollars
from agent.records import OPEN_JOB_STATES, Job, JobState, Json, Submission, SubmissionState
from agent.tool_calls import ADDED, Deferred, Failed, NeedsApproval, Outcome, TryAgain, Value

LOOK_AGAIN = 5.0  # seconds until a look at a running job may show something new
DECIDED_AGAIN = 15.0  # the same for one that waits for a person
AT_ONCE = 1.0
FINE = "ok"
SUBMITTED = "submitted"
NEEDS_APPROVAL = "needs_approval"
QUEUED = "queued"
RESULT_NOTE = "It stands as a row: get_job or wait_for_job tell its true state, also after a restart."
APPROVAL_NOTE = (
    "Not sent. A person has to press Approve on the card in Slack; nothing else can. Afterwards it goes by itself: "
    "read it with the same handle."
)
BUTTON_NOTE = "Not done. A person has to press the button that was posted in the thread in Slack; nothing else can."


def answer(*, ok: bool, code: str, retryable: bool = False, retry_after: float | None = None, **more: Any) -> Json:
    """The frame of every answer."""
    return {"ok": ok, "code": code, "retryable": retryable, "retry_after_s": retry_after, **more}


def error(code: str, message: str, *, retryable: bool = False, retry_after: float | None = None, **more: Any) -> Json:
    """A call that came to nothing."""
    return answer(ok=False, code=code, retryable=retryable, retry_after=retry_after, message=message, **more)


def of_outcome(outcome: Outcome, call: str) -> Json:
    """What a tool call came to. `call` is the handle of the call itself."""
    match outcome:
        case Value(data) if data.get("done") is False:  # only a button in Slack carries it out
            told: Json = {"done": False, "waits_for": data.get("waits_for"), "note": BUTTON_NOTE}
            return answer(ok=True, code=NEEDS_APPROVAL, call=call, **told)
        case Value(data):
            said: Json = {"summary": data[ADDED]} if ADDED in data else {}
            told = {name: value for name, value in data.items() if name != ADDED}
            return answer(ok=True, code=FINE, call=call, **told, **said)
        case Deferred(_, _, data):
            told = {**data, "note": RESULT_NOTE}
            return answer(ok=True, code=SUBMITTED, retryable=True, retry_after=LOOK_AGAIN, call=call, **told)
        case NeedsApproval(_, _, data):
            told = {**data, "note": APPROVAL_NOTE}
            return answer(ok=True, code=NEEDS_APPROVAL, retryable=True, retry_after=DECIDED_AGAIN, call=call, **told)
        case TryAgain(code, message, hint, options):
            more: Json = {"hint": hint} if hint else {}
            more |= {"options": options[:20]} if options else {}
            return error(code, message, call=call, correctable=True, **more)
        case Failed(code, message, hint, retryable, retry_after):
            more = {"hint": hint} if hint else {}
            return error(code, message, retryable=retryable, retry_after=retry_after, call=call, **more)
        case _:
            assert_never(outcome)


def of_waiting(call: str) -> Json:
    """A call that nobody has got to yet: it stands, and is read by its handle."""
    message = "The call is written down and will be carried out. Read it with get_job and this handle."
    return answer(ok=True, code=QUEUED, retryable=True, retry_after=AT_ONCE, call=call, message=message)


def of_job(job: Job, submission: Submission, link: str | None) -> Json:
    """One job as it truly stands."""
    word = word_for(job, submission)
    told: Json = {
        "handle": job.handle,
        "kind": job.kind.value,
        "name": job.label,
        "title": submission.title,
        "state": word,
        "done": is_over(job),
        "asked_at": job.created_at,
        "finished_at": job.finished_at,
        "duration_s": job.duration,
        "price_at_most": dollars(job.price),
        "video_url": link,
        "reason": job.failure or (submission.error if job.state is JobState.WAITING else None),
    }
    return {name: value for name, value in told.items() if value is not None}


def is_over(job: Job) -> bool:
    """Whether nothing more is to be expected of a job."""
    return job.state not in OPEN_JOB_STATES


def word_for(job: Job, submission: Submission) -> str:
    """The state of a job, with what it waits for."""
    if job.state is JobState.WAITING:
        match submission.state:
            case SubmissionState.WAITING_APPROVAL:
                return NEEDS_APPROVAL
            case SubmissionState.HELD:
                return "waits_for_sample"
            case _:
                return QUEUED
    return "completed" if job.state is JobState.SUCCEEDED else job.state.value


def read_again(words: list[str]) -> tuple[bool, float | None]:
    """Whether looking again at jobs in these states may tell more, and after how many seconds."""
    if any(word in (QUEUED, JobState.RUNNING.value) for word in words):
        return True, LOOK_AGAIN
    waits = any(word in (NEEDS_APPROVAL, "waits_for_sample") for word in words)
    return waits, DECIDED_AGAIN if waits else None
