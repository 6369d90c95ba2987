"""When something is to be done, from words: “every Monday at nine”, “in two hours”, “tomorrow at 9:00”. No I/O.

English only, and no more than what is below: a model puts other languages and other words into these. What is not
understood is said, never guessed. Times are of 24 hours unless “am” or “pm” stands with them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta

HOW = (
    "I understand: “in two hours”, “tomorrow at 9:00”, “on Friday at noon”, “on 2027-01-15 at 14:30”, “every day at "
    "nine”, “every weekday at 8:30”, “every Monday and Thursday at 9”, “every two weeks on Monday at 9”, “every month "
    "on the 1st at 9”."
)
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
CODES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
LONGEST = timedelta(days=366)
LAST = -1  # the last day of a month
MONTH_ENDS = 28  # from here on not every month has the day

_NUMBERS = {
    **{"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8},
    **{"nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "fifteen": 15, "twenty": 20, "thirty": 30},
}
_UNITS = {"minute": 1, "hour": 60, "day": 1_440, "week": 10_080}
_NUMBER = rf"(?:\d{{1,4}}|{'|'.join(sorted(_NUMBERS, key=len, reverse=True))})"
_DAY = r"(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?s?"
_IN = re.compile(rf"in (?:(half an hour)|(?:about )?({_NUMBER}) (minute|hour|day|week)s?)")
_CLOCK = re.compile(
    rf"(?:\bat )?\b(?:(noon|midday|midnight)|(\d{{1,2}})[:.h](\d{{2}})(?: ?([ap])\.?m\b\.?)?"
    rf"|(\d{{1,2}}) ?([ap])\.?m\b\.?)|\bat ({_NUMBER})(?: o'clock)?(?![\w:.-])"
)
_DATE = re.compile(r"(?:on )?(\d{4})-(\d{2})-(\d{2})")
_EVERY = re.compile(rf"(?:every|each)(?: (other|second|{_NUMBER}))? (days?|weekdays?|working days?|weeks?|months?)\b")
_ADVERBS = {"daily": "every day", "weekly": "every week", "monthly": "every month"}
_NAMED = re.compile(rf"(?:on )?(?:the )?(?:next )?({_DAY}(?:(?:,? and |, ?| & ){_DAY})*)")
_MONTHLY = re.compile(r"on the (?:(last)(?: day)?|(\d{1,2})(?:st|nd|rd|th)?)(?: day)?(?: of (?:each|every|the) month)?")
_TOO_OFTEN = re.compile(r"(?:every|each)(?: \w+)? (?:minute|hour|second)s?\b|\bhourly\b")


@dataclass(frozen=True, slots=True)
class Once:
    """At one local time, or, with `delay`, so many seconds from now."""

    local: datetime | None = None
    delay: float | None = None


@dataclass(frozen=True, slots=True)
class Every:
    """Again and again: an RFC 5545 rule, how it reads, and how often at most that is in a month."""

    rule: str
    words: str
    monthly: int


@dataclass(frozen=True, slots=True)
class Unclear:
    """What is wrong with the words, for the person."""

    sentence: str


def when(words: str, now: datetime) -> Once | Every | Unclear:
    """What `words` mean at the local time `now`."""
    text = _plain(words)
    if _TOO_OFTEN.search(text):
        return Unclear("Once a day is the most often.")
    if match := _IN.fullmatch(text):
        return _later(match)
    clock = _CLOCK.search(text)
    if clock is None:
        return Unclear(f"At what time? {HOW}" if _says_a_day(text) else HOW)
    at = _time(clock)
    if at is None:
        return Unclear("There is no such time of the day.")
    rest = " ".join((text[: clock.start()] + " " + text[clock.end() :]).split())
    return _again(rest, at) or _on(rest, at, now) or Unclear(HOW)


def _plain(words: str) -> str:
    text = " ".join(words.casefold().replace("’", "'").split()).strip(" .,;:!?")
    for adverb, long in _ADVERBS.items():
        text = re.sub(rf"\b{adverb}\b", long, text)
    return text


def _says_a_day(text: str) -> bool:
    return bool(re.search(rf"\b(?:every|each|today|tomorrow|{_DAY}|\d{{4}}-\d{{2}}-\d{{2}})\b", text))


def _count(word: str) -> int:
    return int(word) if word.isdigit() else _NUMBERS[word]


def _later(match: re.Match[str]) -> Once | Unclear:
    minutes = 30 if match[1] else _count(match[2]) * _UNITS[match[3]]
    if not 0 < minutes <= LONGEST / timedelta(minutes=1):
        return Unclear("That is too soon or more than a year away.")
    return Once(delay=minutes * 60.0)


def _time(match: re.Match[str]) -> time | None:
    named, hour, minute, half, short, short_half, spoken = match.groups()
    if named:
        return time(0 if named == "midnight" else 12)
    half = half or short_half
    hours, minutes = _count(hour or short or spoken), int(minute or 0)
    if half:
        if not 1 <= hours <= 12:
            return None
        hours = hours % 12 + (12 if half == "p" else 0)
    return time(hours, minutes) if hours < 24 and minutes < 60 else None


def _again(text: str, at: time) -> Every | Unclear | None:
    """A rule, if the words say that it happens more than once."""
    shown, clock = f"{at:%H:%M}", f"BYHOUR={at.hour};BYMINUTE={at.minute};BYSECOND=0"
    if match := re.fullmatch(rf"(?:every|each) ({_DAY}(?:(?:,? and |, ?| & ){_DAY})*)", text):
        return _weekly(_days(match[1]), 1, shown, clock)
    match = _EVERY.match(text)
    if match is None:
        return None
    interval = 2 if match[1] in ("other", "second") else _count(match[1] or "1")
    unit, rest = match[2].rstrip("s"), text[match.end() :].strip(" ,")
    if not 1 <= interval <= 12 or (interval > 1 and unit.endswith("day") and unit != "day"):
        return Unclear(HOW)
    if unit == "week" and (named := _NAMED.fullmatch(rest)):
        return _weekly(_days(named[1]), interval, shown, clock)
    if unit == "month" and (named := _MONTHLY.fullmatch(rest)):
        return _by_month(LAST if named[1] else int(named[2]), interval, shown, clock)
    if rest or unit in ("week", "month"):
        return Unclear(f"On which day? {HOW}" if not rest else HOW)
    if unit == "day":
        often = "every day" if interval == 1 else f"every {interval} days"
        rule = f"FREQ=DAILY;INTERVAL={interval};{clock}"
        return Every(rule, f"{often} at {shown}", -(-31 // interval))
    return Every(f"FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;{clock}", f"every weekday at {shown}", 23)


def _days(words: str) -> list[int]:
    found = {index for name in re.findall(_DAY, words) for index, day in enumerate(DAYS) if day.startswith(name[:3])}
    return sorted(found)


def _weekly(days: list[int], interval: int, shown: str, clock: str) -> Every:
    names = [DAYS[day].capitalize() for day in days]
    listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    often = f"every {listed}" if interval == 1 else f"every {interval} weeks on {listed}"
    rule = f"FREQ=WEEKLY;INTERVAL={interval};BYDAY={','.join(CODES[day] for day in days)};{clock}"
    return Every(rule, f"{often} at {shown}", -(-5 // interval) * len(days))


def _by_month(day: int, interval: int, shown: str, clock: str) -> Every | Unclear:
    """A day that a month does not have is its last one."""
    if day != LAST and not 1 <= day <= 31:
        return Unclear("No month has that day.")
    often = "every month" if interval == 1 else f"every {interval} months"
    which = "last day" if day == LAST else _ordinal(day)
    days = str(day)
    if day > MONTH_ENDS:
        days = ",".join(map(str, range(MONTH_ENDS, day + 1))) + ";BYSETPOS=-1"
    rule = f"FREQ=MONTHLY;INTERVAL={interval};BYMONTHDAY={days};{clock}"
    return Every(rule, f"{often} on the {which} at {shown}", 1)


def _ordinal(day: int) -> str:
    ending = "th" if 10 < day < 14 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return f"{day}{ending}"


def _on(text: str, at: time, now: datetime) -> Once | Unclear | None:
    """One local time: a date, a day of the week, today or tomorrow, or the next time the clock shows it."""
    today = datetime.combine(now.date(), at)
    if text in ("", "today"):
        if today > now:
            return Once(today)
        return Once(today + timedelta(days=1)) if not text else Unclear("That time of today has passed.")
    if text == "tomorrow":
        return Once(today + timedelta(days=1))
    if match := _NAMED.fullmatch(text):
        return _on_weekday(_days(match[1]), today, now)
    if match := _DATE.fullmatch(text):
        return _dated(match, at, now)
    return None


def _on_weekday(days: list[int], today: datetime, now: datetime) -> Once | Unclear:
    if len(days) > 1:
        return Unclear("One day, or “every” before several.")
    ahead = (days[0] - today.weekday()) % 7
    local = today + timedelta(days=ahead)
    return Once(local if local > now else local + timedelta(days=7))


def _dated(match: re.Match[str], at: time, now: datetime) -> Once | Unclear:
    try:
        local = datetime(int(match[1]), int(match[2]), int(match[3]), at.hour, at.minute)
    except ValueError:
        return Unclear("There is no such date.")
    if not now < local <= now + LONGEST:
        return Unclear("That has passed or is more than a year away.")
    return Once(local)
