"""What cancelling came to, and the true words for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agent.hashing import arguments_hash
from agent.money import dollars
from agent.records import Job, JobKind, JobState, Json
from agent.work import STOPPABLE, only


@dataclass(frozen=True, slots=True)
class Cancelled:
    """`dropped` never left and cost nothing, `unwanted` are at HeyGen and billed all the same, `over` had ended."""

    dropped: tuple[Job, ...] = ()
    unwanted: tuple[Job, ...] = ()
    over: tuple[Job, ...] = ()

    def __add__(self, other: Cancelled) -> Cancelled:
        return Cancelled(self.dropped + other.dropped, self.unwanted + other.unwanted, self.over + other.over)

    @property
    def anything(self) -> bool:
        """Whether something has changed."""
        return bool(self.dropped or self.unwanted)


def remaining(kind: JobKind, arguments: Json, labels: Sequence[str], agreed: bool) -> Json:
    """The columns of a request of which only the jobs with `labels` are left.

    Less than what was approved needs no new approval, so an approval (`agreed`) moves on to the smaller request.
    """
    less = only(kind, arguments, labels)
    digest = arguments_hash(less)
    return {"arguments": less, "arguments_hash": digest, "approved_hash": digest if agreed else None}


def told(cancelled: Cancelled) -> str:
    """One or two sentences for the person: what was stopped, and what could not be."""
    if not cancelled.anything:
        return _nothing_left(cancelled.over)
    sentences: list[str] = []
    if cancelled.dropped:
        sentences.append(f"Cancelled before it was sent, nothing is billed: {_names(cancelled.dropped)}.")
    if stopped := [job for job in cancelled.unwanted if job.kind in STOPPABLE]:
        sentences.append(f"I'm having HeyGen stop {_names(stopped)}. What it costs is said here once it has stopped.")
    if unwanted := [job for job in cancelled.unwanted if job.kind not in STOPPABLE]:
        it, gets = ("it", "it gets") if len(unwanted) == 1 else ("them", "they get")
        cost = sum(job.price for job in unwanted)
        billed = f" about {dollars(cost)} for {it}" if cost else f" {it}"
        sentences.append(
            f"HeyGen already has {_names(unwanted)} and can't be stopped; it will bill{billed}. "
            f"I marked {it} as no longer wanted and won't call you; if {gets} done, the card links to {it}."
        )
    return " ".join(sentences)


def _nothing_left(over: Sequence[Job]) -> str:
    """Why there is nothing to cancel. A job that we stopped caring for or lost sight of may still be made."""
    if not over:
        return NOTHING
    sentences: list[str] = []
    if dropped := [job for job in over if job.state is JobState.CANCELLED]:
        sentences.append(f"Cancelled before, nothing is billed: {_names(dropped)}.")
    going = [job for job in over if job.state is JobState.UNWANTED and job.finished_at is None]
    if stopping := [job for job in going if job.kind in STOPPABLE]:
        sentences.append(f"HeyGen is being told to stop: {_names(stopping)}.")
    if going := [job for job in going if job.kind not in STOPPABLE]:
        sentences.append(f"Marked as no longer wanted before; HeyGen cannot be stopped and bills: {_names(going)}.")
    if lost := [job for job in over if job.state is JobState.UNKNOWN]:
        sentences.append(f"Nobody can tell what became of {_names(lost)}; HeyGen may bill for it.")
    return " ".join(sentences) or "There is nothing left to cancel here: everything has ended already."


NOTHING = "There is nothing to cancel."


def _names(jobs: Sequence[Job]) -> str:
    names = [f"{job.handle} {job.label}" for job in jobs[:10]]
    more = f" and {len(jobs) - 10} more" if len(jobs) > 10 else ""
    return ", ".join(names) + more
