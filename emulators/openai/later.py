"""What is not to be done now: a time at the beginning or the end of a request, and what is to be done then."""

from __future__ import annotations

import re

_NUMBER = r"(?:an?|half an|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|noon|midnight|\d+)"
_CLOCK = rf"at {_NUMBER}(?::\d\d)?(?: ?[ap]m)?"
_DAYS = r"(?:mon|tues|wednes|thurs|fri|satur|sun)days?"
_DAY = rf"(?:(?:on )?(?:next )?{_DAYS}|today|tomorrow|on \d{{4}}-\d\d-\d\d)"
_EVERY = rf"every (?:other )?(?:day|weekday|week on {_DAYS}|month on the \w+|{_DAYS}(?: and {_DAYS})?)"
_TIME = rf"(?:in {_NUMBER} (?:minute|hour|day|week)s?|(?:{_EVERY}|{_DAY})(?: {_CLOCK})?|{_CLOCK})"
_CLEAR = rf"(?:in {_NUMBER} (?:minute|hour|day|week)s?|(?:{_EVERY}|{_DAY}) {_CLOCK})"  # at the end it takes more
_FIRST = re.compile(rf"^\W*(?:please\s+)?(?P<when>{_TIME})\s*[,:]?\s+(?P<what>.+)$", re.IGNORECASE | re.DOTALL)
_LAST = re.compile(rf"^\W*(?:please\s+)?(?P<what>.+?)[\s,]+(?P<when>{_CLEAR})\s*[.!]?\s*$", re.IGNORECASE | re.DOTALL)
_SCHEDULES = re.compile(r"\bschedules?\b|\bscheduled\b", re.IGNORECASE)
_CANCEL = re.compile(r"\b(?:cancel|stop|delete|drop)\b.*?\b(?P<handle>S\d+)\b", re.IGNORECASE | re.DOTALL)


def put_off(text: str) -> tuple[str, str] | None:
    """When and what, for “every Monday at nine, translate …” and “translate … tomorrow at 9:00”."""
    match = _FIRST.match(text) or _LAST.match(text)
    return None if match is None else (match["when"].strip(), match["what"].strip())


def cancelled(text: str) -> str | None:
    """The schedule that is to be cancelled."""
    match = _CANCEL.search(text)
    return match["handle"].upper() if match else None


def asks_for_list(words: str) -> bool:
    """Whether somebody would like to know what is scheduled."""
    return _SCHEDULES.search(words) is not None
