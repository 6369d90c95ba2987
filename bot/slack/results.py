"""The list of what has become of each video of a batch, as a CSV that every spreadsheet opens without harm."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence

from agent.batches import Batch, Member
from agent.foreign import harmless
from agent.records import Json
from bot.slack.lines import state_words
from bot.slack.live_rendering import Attachment
from bot.slack.ports import LinkFor

HEADER = ("row", "name", "company", "state", "link", "reason")
FORMULA = tuple("=+-@\t\r|%")  # what a spreadsheet may take for the beginning of a formula
CELL_LIMIT = 500
NAME_LIMIT = 60
BOM = "\ufeff"  # Excel takes a file without it for one of the last century


def results(batch: Batch, members: Sequence[Member], earlier: Iterable[Sequence[Member]], link: LinkFor) -> Attachment:
    """The file for a batch. `earlier` are the batches of which it does the failed rows again, the newest first.

    A row that was done again stands there once, as it is now.
    """
    newest: dict[int, Member] = {}
    for each in (members, *earlier):
        for number, one in enumerate(each, start=1):
            newest.setdefault(_row(one, number), one)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(HEADER)
    for number in sorted(newest):
        writer.writerow([harmless_cell(cell) for cell in _cells(number, newest[number], link)])
    name = f"{_slug(batch.title)}-results-{_mark(batch.id)}.csv"
    return Attachment(name, f"Results: {batch.title}"[:100], (BOM + out.getvalue()).encode())


def as_text(file: Attachment) -> str:
    """The same list as a message, for where files cannot be shared."""
    rows = list(csv.reader(io.StringIO(file.content.decode().removeprefix(BOM))))[1:]
    return "\n".join(_told(*row[1:]) for row in rows)


def _told(name: str, company: str, state: str, link: str, reason: str) -> str:
    name, company = harmless(name, NAME_LIMIT), harmless(company, NAME_LIMIT)
    who = f"{name} ({company})" if company else name
    return f"- {who}: {state} {link or harmless(reason, CELL_LIMIT)}".strip()


def harmless_cell(text: str) -> str:
    """A cell as no spreadsheet computes it: on one line, and never the beginning of a formula."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())[:CELL_LIMIT]
    return f"'{line}" if line.startswith(FORMULA) else line


def _cells(number: int, one: Member, link: LinkFor) -> tuple[str, ...]:
    values = _values(one)
    name = str(values.get("name") or one.job.label)
    state = state_words(one.job.state)
    return (str(number), name, str(values.get("company") or ""), state, link(one.job) or "", one.job.failure or "")


def _values(one: Member) -> Json:
    values = one.submission.arguments.get("values")
    return values if isinstance(values, dict) else {}


def _row(one: Member, number: int) -> int:
    row = one.submission.arguments.get("row")
    return row if isinstance(row, int) else number


def _slug(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.casefold()).strip("-")[:40] or "videos"


def _mark(batch_id: str) -> str:
    """What makes the file's name the only one in its thread."""
    return re.sub(r"[^A-Za-z0-9]", "", batch_id)[-8:]
