"""What cancelling came to, and the true words for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agent.hashing import arguments_hash
from agent.money import dollars
from agent.records import Job, Json


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


def remaining(arguments: Json, labels: Sequence[str], agreed: bool) -> Json:
    """The columns of a request of which only the jobs with `labels` are left.

    Less than what was approved needs no new approval, so an approval (`agreed`) moves on to the smaller request.
    """
    less = {**arguments, "languages": [name for name in arguments.get("languages", []) if name in labels]}
    digest = arguments_hash(less)
    return {"arguments": less, "arguments_hash": digest, "approved_hash": digest if agreed else None}


def told(cancelled: Cancelled) -> str:
    """One or two sentences for the person: what was stopped, and what could not be."""
    if not cancelled.anything:
        return "There is nothing left to cancel here: everything has ended already." if cancelled.over else NOTHING
    sentences: list[str] = []
    if cancelled.dropped:
        sentences.append(f"Cancelled before it was sent, nothing is billed: {_names(cancelled.dropped)}.")
    if cancelled.unwanted:
        cost = sum(job.price for job in cancelled.unwanted)
        billed = f" about {dollars(cost)} for it" if cost else " it"
        sentences.append(
            f"HeyGen already has {_names(cancelled.unwanted)} and can't be stopped; it will bill{billed}. "
            "I marked it as no longer wanted and won't call you; if it gets done, the card links to it."
        )
    return " ".join(sentences)


NOTHING = "There is nothing to cancel."


def _names(jobs: Sequence[Job]) -> str:
    names = [f"{job.handle} {job.label}" for job in jobs[:10]]
    more = f" and {len(jobs) - 10} more" if len(jobs) > 10 else ""
    return ", ".join(names) + more
