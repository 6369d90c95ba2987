"""The concurrency gate: who may submit next while the provider's account has only so many places.

Fair between people, not between requests: whoever has the least under way comes first, so one person's two hundred
videos do not keep another's single one waiting. Within one person it is first come, first served. The first in line
is never overtaken by a smaller one behind, or a large request would wait for ever.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

QUEUED = "queued"
"""The code of a submission that waits for a place."""
NO_PLACE = "HeyGen has no free place"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A submission that wants to be sent: `size` jobs, waiting `since` (unix seconds), maybe one of a batch."""

    id: str
    requester: str
    size: int
    since: float
    of_batch: bool = False


def line(waiting: Sequence[Waiting], in_flight: Mapping[str, int]) -> list[Waiting]:
    """`waiting` in the order of their turns; `in_flight` is how many jobs each person has at the provider."""
    queues: dict[str, deque[Waiting]] = defaultdict(deque)
    for one in sorted(waiting, key=lambda one: (one.since, one.id)):
        queues[one.requester].append(one)
    load = {person: in_flight.get(person, 0) for person in queues}
    ordered: list[Waiting] = []
    while queues:
        person = min(queues, key=lambda person: (load[person], queues[person][0].since, person))
        one = queues[person].popleft()
        ordered.append(one)
        load[person] += one.size
        if not queues[person]:
            del queues[person]
    return ordered


def admitted(ordered: Sequence[Waiting], in_flight: Mapping[str, int], places: int) -> int:
    """How many of `ordered`, from its front, may be sent now.

    One that is larger than all places together goes when nothing else is under way: the provider decides then.
    """
    used = sum(in_flight.values())
    for count, one in enumerate(ordered):
        if used and used + one.size > places:
            return count
        used += one.size
    return len(ordered)


def place_words(place: int) -> str:
    """What the card says about a place in the line, counted from 1."""
    return f"{NO_PLACE}; this is number {place} in the line"
