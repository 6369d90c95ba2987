"""From the rows of a list to the people for whom videos are made, and what is wrong with the rows that are left out.

Pure. What is told about a row is its number and the names of columns, never what stands in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from agent.columns import COMPANY, NAME, Unmapped, column_of, mapped
from agent.foreign import harmless
from agent.making import SCRIPT_LIMIT
from agent.tables import Row, Table
from agent.templates import VALUE_LIMIT, Template, spoken_value

LABEL_LIMIT = 60
FORMULA = ("=", "@")  # `+` and `-` begin telephone numbers and discounts too: those are only words
QUOTES = "'\"\u2018\u2019\u201c\u201d "


@dataclass(frozen=True, slots=True)
class Lead:
    """One person: the row of the list, what stands in each place of the script, and how to call them."""

    row: int
    values: Mapping[str, str]
    name: str
    company: str = ""

    @property
    def label(self) -> str:
        """“Sarah (Acme)”, made fit for people's eyes."""
        called = f"{self.name} ({self.company})" if self.company else self.name
        return harmless(called, LABEL_LIMIT) or f"row {self.row}"


@dataclass(frozen=True, slots=True)
class Leads:
    """Whom videos can be made for, and a sentence for each row that is left out. `columns` are those that are used."""

    people: tuple[Lead, ...]
    problems: tuple[str, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)


def leads_of(table: Table, template: Template, proposals: Mapping[str, str]) -> Leads | Unmapped:
    """The people of a list, each once; or the placeholder for which the list has no column."""
    columns = mapped(template.names, table.columns, proposals)
    if isinstance(columns, Unmapped):
        return columns
    reader = _Reader(table, template, columns)
    people: list[Lead] = []
    problems: list[str] = []
    for row in table.rows:
        read = reader.lead(row)
        if isinstance(read, Lead):
            people.append(read)
        else:
            problems.append(f"Row {row.number}: {read}.")
    used = {name: table.columns[at] for name, at in columns.items()}
    return Leads(tuple(people), tuple(problems), used)


class _Reader:
    """Reads rows one after the other and remembers those that it has seen."""

    def __init__(self, table: Table, template: Template, columns: Mapping[str, int]) -> None:
        self._template = template
        self._columns = columns
        self._name = columns.get(NAME, column_of(NAME, table.columns))
        self._company = columns.get(COMPANY, column_of(COMPANY, table.columns))
        self._last = column_of("last name", table.columns)
        self._seen: dict[tuple[str, ...], int] = {}

    def lead(self, row: Row) -> Lead | str:
        """The person of a row, or what is wrong with it."""
        if row.broken:
            return row.broken
        values: dict[str, str] = {}
        for name, at in self._columns.items():
            value = spoken_value(row.cells[at])
            if problem := _problem(name, value):
                return problem
            values[name] = value
        if len(self._template.fill(values)) > SCRIPT_LIMIT:
            return f"with it the script is longer than {SCRIPT_LIMIT} characters"
        lead = Lead(row.number, values, self._called(row, values), self._cell(row, self._company))
        return self._once(lead)

    def _once(self, lead: Lead) -> Lead | str:
        """The same words for the same person a second time are a mistake that would be paid for."""
        same = tuple(text.casefold() for text in (lead.name, lead.company, *lead.values.values()))
        first = self._seen.setdefault(same, lead.row)
        return lead if first == lead.row else f"the same as row {first}"

    def _called(self, row: Row, values: Mapping[str, str]) -> str:
        """A person's name for lists: with the last name where that is a column of its own."""
        name = self._cell(row, self._name) or next(iter(values.values()), "")
        last = self._cell(row, self._last) if self._last != self._name else ""
        return f"{name} {last}".strip() if last and last.casefold() not in name.casefold() else name

    def _cell(self, row: Row, at: int | None) -> str:
        return "" if at is None else spoken_value(row.cells[at])[:VALUE_LIMIT]


def _problem(name: str, value: str) -> str | None:
    """What is wrong with a cell that is to be spoken."""
    if not value.strip(QUOTES):
        return f"no {name}"
    if value.startswith(FORMULA):
        return f"the {name} is a formula"
    if not any(map(str.isalnum, value)):
        return f"the {name} is no word"
    return f"the {name} is longer than {VALUE_LIMIT} characters" if len(value) > VALUE_LIMIT else None


def people_of(people: Sequence[tuple[str, str]], template: Template) -> Leads | Unmapped:
    """The people whom somebody has named in a message: (name, company), the company empty where none was said."""
    rows = tuple(Row(number, person) for number, person in enumerate(people, start=1))
    return leads_of(Table((NAME, COMPANY), rows), template, {})
