"""Contacts of a CRM as a list like any other: the same columns, rules and approvals as for one that is attached."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from agent.columns import COMPANY, NAME
from agent.errors import SourceRefused
from agent.tables import MOST_COLUMNS, Row, Table
from heygen.truto import Contact

FIXED = (NAME, "first name", "last name", COMPANY, "title", "email")
EVERYBODY = "all"


class Crm(Protocol):
    """The workspace's CRM."""

    async def contacts(self, *, tag: str | None, most: int) -> Sequence[Contact]:
        """Its contacts, or those with a tag (in any case), at most `most`; `SourceRefused` with a sentence."""
        ...


class NoCrm:
    """`Crm` where none is connected."""

    async def contacts(self, *, tag: str | None, most: int) -> Sequence[Contact]:
        """Always refused."""
        raise SourceRefused("no_crm", "No CRM is connected here. Attach the people as a CSV file instead.")


def table_of(found: Sequence[Contact]) -> Table:
    """The contacts as rows, numbered from 1 in the CRM's order. Custom fields are columns of their own."""
    taken = {name.casefold() for name in FIXED}
    custom: dict[str, None] = {}
    for one in found:
        custom |= {name: None for name in one.custom if name.casefold() not in taken}
    more = list(custom)[: MOST_COLUMNS - len(FIXED)]
    rows = (
        Row(number, (*_fixed(one), *(one.custom.get(name, "") for name in more)))
        for number, one in enumerate(found, start=1)
    )
    return Table((*FIXED, *more), tuple(rows))


def _fixed(one: Contact) -> tuple[str, ...]:
    return (one.name, one.first_name, one.last_name, one.company, one.title, one.email)
