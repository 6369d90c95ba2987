"""The leads: three who are named in a sentence, and a list that is attached, from the first word to the last video."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

import httpx2

from emulators.base import Entry
from emulators.heygen import Charge
from emulators.slack import Message
from emulators.staging import PATIENCE, REQUESTER, Report, Stage, by_app, narrated

APPROVER = "bob"
THREE = "Make a personal intro video for Sarah at Acme, John at Globex and Mike at Initech"
LISTED = "Make a personal intro video for everybody in this list"
GOOD = 12
ROWS = [f"Lead {number},Company {number}" for number in range(1, GOOD + 1)]
BAD = [",Nobody", "=HYPERLINK(1),Evil", ROWS[0]]  # no name, a formula, a row that stands there already


async def leads(stage: Stage) -> Report:
    """Three people in a sentence go at once; a CSV is approved by Bob, sampled, agreed to by Alice, and made."""
    report = Report()
    await _named(stage, report)
    await _listed(stage, report)
    return report


async def _named(stage: Stage, report: Report) -> None:
    before = _Counts.of(stage)
    root = stage.slack.say(REQUESTER, "videos", f"<@{stage.slack.bot_user}> {THREE}")
    async with narrated(stage, root):
        closing = await _said(stage, root, "all 3 are ready")
    report.expect("three people who are named get a video each, without a click", closing is not None)
    if closing is None:
        return
    _check_money(stage, report, before, 3)
    scripts = [str(entry.body["script"]) for entry in _paid(stage)[before.paid :]]
    named = [any(name in script for script in scripts) for name in ("Sarah", "John", "Mike")]
    report.expect("each is greeted by name", all(named))
    report.expect("two model calls", len(stage.openai.calls) - before.model_calls == 2)
    await _check_list(stage, report, root, 3)


async def _listed(stage: Stage, report: Report) -> None:
    slack, before = stage.slack, _Counts.of(stage)
    data = "\r\n".join(["Name;Firma", *(row.replace(",", ";") for row in [*ROWS, *BAD])]).encode("utf-16")
    text = f"<@{slack.bot_user}> {LISTED}"
    root = slack.say(REQUESTER, "videos", text, files=[("leads.csv", data)])
    async with narrated(stage, root):
        card = await _said(stage, root, "waiting for an approval", "3 rows left out", action="approve_batch")
        report.expect("the card shows what is asked for, and the rows that are left out", card is not None)
        if card is None:
            return
        await slack.click(REQUESTER, card.channel, card.ts, "approve_batch")
        await slack.settle()
        report.expect("nothing is paid before Bob agrees", len(_charges(stage)) == before.charges)
        stage.tell("bob presses Approve")
        await slack.click(APPROVER, card.channel, card.ts, "approve_batch")
        sample = await _said(stage, root, "Is it good?", action="make_rest")
        report.expect("one is made as a sample and shown", sample is not None)
        if sample is None:
            return
        report.expect("the sample alone is paid for", len(_charges(stage)) - before.charges == 1)
        stage.tell("alice presses Looks good, make the rest")
        await slack.click(REQUESTER, sample.channel, sample.ts, "make_rest")
        closing = await _said(stage, root, f"all {GOOD} are ready")
    report.expect("all are made", closing is not None)
    if closing is not None:
        _check_money(stage, report, before, GOOD)
        await _check_list(stage, report, root, GOOD)


def _check_money(stage: Stage, report: Report, before: _Counts, count: int) -> None:
    new = _charges(stage)[before.charges :]
    report.expect(f"{count} charges, each once", len(new) == count and not any(charge.refunded for charge in new))
    report.expect("each under a key of its own", len({charge.idempotency_key for charge in new}) == count)


async def _check_list(stage: Stage, report: Report, root: str, count: int) -> None:
    """The file with the results, which people open in a spreadsheet."""
    try:
        rows: list[dict[str, str]] = await stage.slack.journal.wait_for(lambda: _results(stage, root), PATIENCE)
    except TimeoutError:
        report.expect("a list of the results as a file", False)
        return
    ready = [row for row in rows if row["state"] == "ready" and row["name"] and row["company"]]
    report.expect("a list of the results as a file, a row for each", len(rows) == len(ready) == count)
    stage.heygen.expire_urls()
    report.expect("its links work", all([await _plays(row["link"]) for row in ready[:3]]))


def _results(stage: Stage, root: str) -> list[dict[str, str]]:
    files = [file for message in by_app(stage, root) for file in message.files]
    return list(csv.DictReader(io.StringIO(files[-1].data.decode("utf-8-sig")))) if files else []


async def _said(stage: Stage, root: str, *words: str, action: str = "") -> Message | None:
    """The newest message of the app's that shows all of these words and offers this button, once there is one."""

    def found() -> Message | None:
        shown = [m for m in by_app(stage, root) if all(word in m.rendered_text() for word in words)]
        return next((m for m in reversed(shown) if action in str(m.blocks)), None)

    try:
        message: Message = await stage.slack.journal.wait_for(found, PATIENCE)
    except TimeoutError:
        return None
    await stage.slack.settle()
    return message


@dataclass(frozen=True, slots=True)
class _Counts:
    """How much had happened before."""

    paid: int
    charges: int
    model_calls: int

    @classmethod
    def of(cls, stage: Stage) -> _Counts:
        return cls(len(_paid(stage)), len(_charges(stage)), len(stage.openai.calls))


def _paid(stage: Stage) -> list[Entry]:
    return [entry for entry in stage.heygen.journal.select("POST", "/v3/videos") if entry.status == 200]


def _charges(stage: Stage) -> list[Charge]:
    return list(stage.heygen.charges)


async def _plays(link: str) -> bool:
    """Whether a person who clicks gets a video."""
    async with httpx2.AsyncClient(follow_redirects=True, timeout=10.0) as browser:
        answer = await browser.get(link)
    return answer.status_code == 200 and answer.headers["content-type"].startswith("video/")
