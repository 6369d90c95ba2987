"""Trouble that is no fault of a request: jobs that fail, webhooks that are lost or repeated, avatars that go away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from emulators.console.parties import Parties
from emulators.console.requests import BadRequestError
from emulators.liveavatar import DEFAULT_CAP, LiveAvatarEmulator

REPEATED = 5
WEBHOOKS = 3  # as many as a translation into three languages sends
REPEATS = 50

Json = dict[str, Any]


def job_fails(parties: Parties) -> None:
    """The next job that HeyGen accepts fails, and is paid back."""
    parties.heygen.fail_next(message="The speech could not be separated from the music.")


def webhooks_lost(parties: Parties) -> None:
    """The next webhooks never arrive."""
    parties.heygen.drop_webhooks(WEBHOOKS)


def webhooks_repeated(parties: Parties) -> None:
    """Each of the next webhooks arrives five times."""
    parties.heygen.duplicate_webhooks(REPEATS, copies=REPEATED)


def live_busy(parties: Parties) -> None:
    """All of LiveAvatar's places are taken."""
    _live(parties).account().cap = 0


def live_lost(parties: Parties) -> None:
    """The connection of the session that runs breaks; the session goes on."""
    _running(parties).drop_websocket()


def live_ends(parties: Parties) -> None:
    """LiveAvatar ends the session that runs."""
    _running(parties).end_session()


TROUBLES: dict[str, Callable[[Parties], None]] = {
    "job_fails": job_fails,
    "webhooks_lost": webhooks_lost,
    "webhooks_repeated": webhooks_repeated,
    "live_busy": live_busy,
    "live_lost": live_lost,
    "live_ends": live_ends,
}


def armed_troubles(parties: Parties) -> list[Json]:
    """What of this is still to come, in the words of the list of faults."""
    planned = len(parties.heygen.state.planned_failures)
    lost, repeated = parties.heygen.webhooks_to_drop, parties.heygen.webhooks_to_duplicate
    busy = parties.liveavatar is not None and parties.liveavatar.account().cap == 0
    rows = [
        ("heygen", "job fails", planned),
        ("heygen", "webhook lost", lost),
        ("heygen", "webhook sent five times", repeated),
        ("liveavatar", "no free place", int(busy)),
    ]
    return [{"party": party, "kind": kind, "times": times} for party, kind, times in rows if times]


def calm(parties: Parties) -> None:
    """End all of it."""
    parties.heygen.state.planned_failures.clear()
    parties.heygen.drop_webhooks(0)
    parties.heygen.duplicate_webhooks(0)
    if parties.liveavatar is not None:
        parties.liveavatar.account().cap = DEFAULT_CAP


def _live(parties: Parties) -> LiveAvatarEmulator:
    if parties.liveavatar is None:
        raise BadRequestError("There is no LiveAvatar here.")
    return parties.liveavatar


def _running(parties: Parties) -> LiveAvatarEmulator:
    live = _live(parties)
    if not any(session.open for session in live.state.sessions.values()):
        raise BadRequestError("No live session runs at the moment.")
    return live
