"""When something happens again: recurring local times and the instants they fall on. No I/O.

Rules are RFC 5545's, as text, over local times without a zone; the zone turns each into an instant. What a clock that
is put forward leaves out (02:30 in spring) happens as much later as the clock was put forward; what a clock that is put
back shows twice (02:30 in autumn) happens the first time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dateutil.rrule import rrulestr

COUNTED = 1_000  # occurrences that are counted one by one
EARLIER = timedelta(days=2)  # a local day may be left out as a whole, and its time falls on the next one's


@dataclass(frozen=True, slots=True)
class Recurrence:
    """`rule` is RFC 5545's RRULE, counted from `anchor`, a local time of `zone` (a name of the IANA's)."""

    rule: str
    anchor: datetime
    zone: str

    def next_after(self, after: float) -> float | None:
        """The first instant later than `after` (unix seconds); None when there is none any more."""
        zone = zone_of(self.zone)
        begin = local_time(after, zone) - EARLIER
        for local in rrulestr(self.rule, dtstart=self.anchor).xafter(begin, inc=True):
            if (at := instant(local, zone)) > after:
                return at
        return None

    def missed(self, due: float, now: float) -> int:
        """How many further ones fell between `due` and `now`, at most 1,000."""
        count, at = 0, self.next_after(due)
        while at is not None and at <= now and count < COUNTED:
            count, at = count + 1, self.next_after(at)
        return count


def zone_of(name: str) -> ZoneInfo:
    """The zone of this name; `ValueError` where there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"{name[:40]!r} is no time zone") from error


def is_zone(name: str) -> bool:
    """Whether there is a zone of this name."""
    try:
        zone_of(name)
    except ValueError:
        return False
    return True


def local_time(at: float, zone: ZoneInfo) -> datetime:
    """What the clocks of a zone show at an instant, without the zone."""
    return datetime.fromtimestamp(at, zone).replace(tzinfo=None)


def instant(local: datetime, zone: ZoneInfo) -> float:
    """When the clocks of a zone show `local`, in unix seconds; see above for what they never or twice show."""
    return local.replace(tzinfo=zone, fold=0).astimezone(UTC).timestamp()
