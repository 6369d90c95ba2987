"""Everything the page shows, as one JSON object."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

from emulators.base import Emulator, Entry, Fault, Journal
from emulators.console.parties import Parties
from emulators.console.slack_view import slack_view
from emulators.console.trouble import armed_troubles

Json = dict[str, Any]

TAIL = 200
CALLS_SHOWN = 40
ROWS_SHOWN = 200
SESSIONS_SHOWN = 20
SESSION_FIELDS = ("id", "created", "started", "ended", "end_reason", "billed_seconds", "credits", "viewers")


def state_view(parties: Parties, after: Mapping[str, int]) -> Json:
    """The present state; journals only from beyond the sequence numbers in `after`, by party."""
    emulators = parties.by_name()
    return {
        "slack": slack_view(parties.slack, parties.roles),
        "heygen": heygen_view(parties),
        "openai": openai_view(parties),
        "liveavatar": liveavatar_view(parties),
        "parties": parties.shown(),
        "faults": [fault for name, emulator in emulators.items() for fault in armed(name, emulator)],
        "troubles": armed_troubles(parties),
        "journals": {name: tail(emulator.journal, after.get(name, 0)) for name, emulator in emulators.items()},
    }


def read_after(text: str) -> dict[str, int]:
    """`slack:12,heygen:3` as numbers by party; what does not read like that is left out."""
    pairs = (part.partition(":") for part in text.split(","))
    return {name: int(number) for name, _, number in pairs if number.isdecimal()}


def heygen_view(parties: Parties) -> Json:
    """The emulator's own snapshot, its long lists shortened to the newest rows."""
    found = parties.heygen.snapshot()
    newest = {name: found[name][-ROWS_SHOWN:] for name in ("jobs", "charges", "deliveries")}
    spent = sum(charge["amount"] for charge in found["charges"] if not charge["refunded"])
    return {**found, **newest, "totals": _totals(found), "spent": round(spent, 2), "url": parties.heygen.url}


def _totals(found: Json) -> Json:
    """How much there has been of everything, the rows that are not shown included."""
    jobs, charges = found["jobs"], found["charges"]
    return {
        "jobs": len(jobs),
        "completed": sum(job["state"] == "completed" for job in jobs),
        "failed": sum(job["state"] == "failed" for job in jobs),
        "charges": len(charges),
        "refunded": sum(charge["refunded"] for charge in charges),
        "keys": len({charge["idempotency_key"] for charge in charges}),
        "deliveries": len(found["deliveries"]),
    }


def openai_view(parties: Parties) -> Json:
    """The newest model calls, in order, and whether the model is made to misbehave."""
    calls = parties.openai.calls
    newest = itertools.islice(calls, max(0, len(calls) - CALLS_SHOWN), None)
    switches = parties.openai.switches
    on = {"gullible": switches.gullible, "liar": switches.liar is not None}
    return {"total": len(calls), "calls": [call.to_json() for call in newest], "switches": on}


def liveavatar_view(parties: Parties) -> Json | None:
    """Credits, the newest live sessions with what they cost and what was said in them; None without LiveAvatar."""
    if parties.liveavatar is None:
        return None
    found = parties.liveavatar.snapshot()
    used = sum(charge["credits"] for charge in found["charges"])
    sessions = [_session(session) for session in found["sessions"][-SESSIONS_SHOWN:]]
    return {"clock": found["clock"], "credits": found["credits"], "used": used, "sessions": sessions}


def _session(session: Json) -> Json:
    """A session without its single utterances and interruptions, which are counted."""
    shown = {name: session[name] for name in SESSION_FIELDS}
    spoken = [one for one in session["utterances"] if one["started"] is not None]
    counts = {"utterances": len(spoken), "interruptions": len(session["interruptions"])}
    return {**shown, **counts, "findings": [finding["detail"] for finding in session["findings"]]}


def tail(journal: Journal, after: int) -> Json:
    """At most 200 entries beyond `after`; `oldest` tells the page what a reset has thrown away."""
    entries = journal.entries
    newest = list(itertools.islice(reversed(entries), TAIL))
    shown = [line(entry) for entry in reversed(newest) if entry.seq > after]
    return {"oldest": entries[0].seq if entries else None, "entries": shown}


def line(entry: Entry) -> Json:
    """One request as the journal panel lists it; bodies and headers stay where they are."""
    return {
        "seq": entry.seq,
        "at": entry.at,
        "method": entry.method,
        "path": entry.path,
        "status": entry.status,
        "fault": entry.fault,
    }


def armed(party: str, emulator: Emulator) -> list[Json]:
    """Faults that are still to come."""
    return [_fault(party, fault) for fault in emulator.faults if fault.times > 0]


def _fault(party: str, fault: Fault) -> Json:
    return {
        "party": party,
        "kind": fault.kind,
        "path": fault.path,
        "method": fault.method,
        "status": fault.status,
        "times": fault.times,
    }
