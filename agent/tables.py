"""Reads a list that a person sent: CSV of any make, or lines pasted into a message. Pure, and afraid of its input.

Whatever the bytes are, the answer is a table or one sentence about what is wrong; no cell is ever quoted in one, for
others have written the cells. What is wrong with single rows is for whoever knows what they are for (`agent/rows.py`).
"""

from __future__ import annotations

import codecs
import csv
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from agent.columns import KNOWN
from agent.errors import SourceRefused
from agent.templates import plain

LARGEST_BYTES = 5_000_000
MOST_COLUMNS = 100
LONGEST_CELL = 20_000
COUNTED = 200_000  # rows that are counted for the sentence that says there are too many
DELIMITERS = ",;\t|"
SNIFFED = 30  # records that the delimiter is judged by
BINARY: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", "a spreadsheet or archive, not a CSV. Save it as CSV and send that"),
    (b"\xd0\xcf\x11\xe0", "an old spreadsheet, not a CSV. Save it as CSV and send that"),
    (b"%PDF", "a PDF, not a CSV"),
    (b"\x1f\x8b", "an archive, not a CSV"),
)
MARKS: tuple[tuple[bytes, str], ...] = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_PAGE = re.compile(r"\s*<(?:!doctype|html|\?xml)", re.IGNORECASE)
_HINT = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)  # Excel's own way to name the delimiter
_LINE_ENDS = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Row:
    """One row. `number` is what a spreadsheet shows beside it, from 1; `broken` says what is wrong with its writing."""

    number: int
    cells: tuple[str, ...]
    broken: str | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """Columns with names, each once, and the rows that hold anything."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]


def read_csv(data: bytes, *, most_rows: int) -> Table:
    """The table in a file. `SourceRefused` with a sentence for the person who sent it."""
    text = decoded(data)
    records = list(_records(text, delimiter_of(text)))
    filled = [row for row in records if row.broken or any(cell.strip() for cell in row.cells)]
    if not filled:
        raise _refused("empty_list", "The list is empty.")
    header, *rows = filled
    if header.broken:
        raise _refused("broken_header", f"The first row should name the columns, but {header.broken}.")
    return _table(header.cells, rows, most_rows)


def read_lines(text: str, *, most_rows: int) -> Table:
    """The table in lines that somebody pasted, whose first one need not name the columns (then name, company, …)."""
    records = list(_records(text, delimiter_of(text)))
    filled = [row for row in records if row.broken or any(cell.strip() for cell in row.cells)]
    if not filled:
        raise _refused("empty_list", "The list is empty.")
    if filled[0].broken is None and names_columns(filled[0].cells):
        return _table(filled[0].cells, filled[1:], most_rows)
    width = max(len(row.cells) for row in filled)
    names = [("name", "company")[at] if at < 2 else f"column {at + 1}" for at in range(width)]
    return _table(names, filled, most_rows)


def names_columns(cells: Iterable[str]) -> bool:
    """Whether a first row names columns, rather than being a row like the others."""
    return any(plain(cell) in KNOWN for cell in cells)


def decoded(data: bytes) -> str:
    """The text of a file, in whatever encoding; `SourceRefused` for what is no text."""
    if len(data) > LARGEST_BYTES:
        raise _refused("too_large", f"The list is larger than {LARGEST_BYTES // 1_000_000} MB.")
    if not data.strip(b"\x00 \t\r\n"):
        raise _refused("empty_list", "The file is empty.")
    for beginning, what in BINARY:
        if data.startswith(beginning):
            raise _refused("not_a_list", f"This is {what}.")
    text = _text(data)
    if _PAGE.match(text):
        raise _refused("not_a_list", "This is a web page, not a CSV.")
    odd = sum(unicodedata.category(c) == "Cc" and c not in "\t\r\n\x00" for c in text[:4_000])
    if odd > len(text[:4_000]) / 20:
        raise _refused("not_a_list", "This is not a text file.")
    return text.removeprefix("\ufeff")


def _text(data: bytes) -> str:
    for mark, encoding in MARKS:
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    if (wide := _unmarked_wide(data)) is not None:
        return data.decode(wide, "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")  # what spreadsheets on Windows write


def _unmarked_wide(data: bytes) -> str | None:
    """UTF-16 without a mark: every other byte of western text is zero."""
    sample = data[:2_000]
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if odd > len(sample) // 5 and even < odd // 4:
        return "utf-16-le"
    return "utf-16-be" if even > len(sample) // 5 and odd < even // 4 else None


def delimiter_of(text: str) -> str:
    """What parts the cells: the sign by which the first records all fall into the same number of more than one."""
    if hint := _HINT.match(text):
        return hint[1]
    best, score = ",", (0.0, 0)
    for sign in DELIMITERS:
        widths = [len(row.cells) for row in _some_records(text, sign)]
        usual, count = Counter(widths).most_common(1)[0] if widths else (1, 0)
        if usual > 1 and (found := (count / len(widths), usual)) > score:
            best, score = sign, found
    return best


def _some_records(text: str, delimiter: str) -> list[Row]:
    found: list[Row] = []
    for row in _records(text[:100_000], delimiter):
        found += [row] if any(cell.strip() for cell in row.cells) else []
        if len(found) >= SNIFFED:
            break
    return found


def _records(text: str, delimiter: str) -> Iterable[Row]:
    """Every record with its number. Where the quotes of the whole do not fit together, line by line."""
    if hint := _HINT.match(text):
        text = text[hint.end() :]
    lines = _LINE_ENDS.split(text)
    try:
        whole = _parsed(lines, delimiter)
    except csv.Error:
        return _line_by_line(lines, delimiter)
    return whole


def _parsed(lines: Sequence[str], delimiter: str) -> list[Row]:
    rows: list[Row] = []
    ended = (line + "\n" for line in lines)
    reader = csv.reader(ended, delimiter=delimiter, strict=True, skipinitialspace=True)
    for number, cells in enumerate(reader, start=1):
        if number > COUNTED:
            break
        rows.append(_row(number, cells))
    return rows


def _line_by_line(lines: Sequence[str], delimiter: str) -> list[Row]:
    """A quote that is never closed would swallow the rest: only its own line is lost."""
    rows: list[Row] = []
    for number, line in enumerate(lines[:COUNTED], start=1):
        try:
            cells = next(csv.reader([line], delimiter=delimiter, strict=True, skipinitialspace=True), [])
        except csv.Error:
            rows.append(Row(number, (line.replace('"', ""),), "its quotation marks do not fit together"))
        else:
            rows.append(_row(number, cells))
    return rows


def _row(number: int, cells: Sequence[str]) -> Row:
    clean = tuple(cell.replace("\x00", "").strip() for cell in cells)
    if any("\x00" in cell for cell in cells):
        return Row(number, clean, "it holds characters that are no text")
    if any(len(cell) > LONGEST_CELL for cell in cells):
        return Row(number, (), "it has a cell that is far too long")
    return Row(number, clean)


def _table(header: Sequence[str], rows: Sequence[Row], most_rows: int) -> Table:
    names = list(header)
    while names and not names[-1].strip():
        names.pop()
    if len(names) > MOST_COLUMNS:
        raise _refused("too_many_columns", f"The list has {len(names)} columns; at most {MOST_COLUMNS} can be read.")
    if len(rows) > most_rows:
        counted = f"{len(rows):,}" if len(rows) < COUNTED else f"more than {COUNTED:,}"
        told = f"The list has {counted} rows; at most {most_rows} videos can be made at once. Split it, or shorten it."
        raise _refused("too_many_rows", told)
    if not rows:
        raise _refused("no_rows", "The list has names of columns, but no rows.")
    columns = _named(names)
    return Table(columns, tuple(_fitted(row, len(columns)) for row in rows))


def _named(header: Sequence[str]) -> tuple[str, ...]:
    """Each column under a name of its own, also where the list has none for it or one twice."""
    names: list[str] = []
    for at, name in enumerate(header, start=1):
        wanted = " ".join("".join(c if c.isprintable() else " " for c in name).split()) or f"column {at}"
        number, unique = 2, wanted
        while unique.casefold() in {known.casefold() for known in names}:
            unique, number = f"{wanted} ({number})", number + 1
        names.append(unique)
    return tuple(names)


def _fitted(row: Row, width: int) -> Row:
    """The row with as many cells as there are columns."""
    if row.broken:
        return row
    if any(cell for cell in row.cells[width:]):
        return Row(row.number, row.cells[:width], "it has more cells than there are columns")
    return Row(row.number, (*row.cells[:width], *[""] * (width - len(row.cells))))


def _refused(code: str, sentence: str) -> SourceRefused:
    return SourceRefused(code, sentence)
