"""A CRM's contacts as a list: columns, rows, and what is left out, by the rules of every list."""

from __future__ import annotations

from typing import Any

import pytest

from agent.columns import Unmapped
from agent.crm import NoCrm, table_of
from agent.errors import SourceRefused
from agent.lead_rows import Leads, leads_of
from agent.tables import MOST_COLUMNS
from agent.templates import Template, read_template
from heygen.fields import Malformed
from heygen.truto import Contact
from heygen.truto.contacts import contact


def template(text: str) -> Template:
    found = read_template(text)
    assert found is not None
    return found


SARAH = Contact("Sarah Lee", "Sarah", "Lee", "Acme", "CEO", "s@acme.example", custom={"Plan": "Gold"})
JOHN = Contact("John Roe", "John", "Roe", "Globex", custom={"Region": "North", "name": "shadow"})


def test_contacts_are_rows_with_their_custom_fields_beside_them() -> None:
    table = table_of([SARAH, JOHN])
    assert table.columns == ("name", "first name", "last name", "company", "title", "email", "Plan", "Region")
    assert [row.cells for row in table.rows] == [
        ("Sarah Lee", "Sarah", "Lee", "Acme", "CEO", "s@acme.example", "Gold", ""),
        ("John Roe", "John", "Roe", "Globex", "", "", "", "North"),
    ]
    assert [row.number for row in table.rows] == [1, 2]


def test_the_words_of_a_script_find_their_columns() -> None:
    """R54: by meaning, and by the name of a field that somebody made in the CRM."""
    found = leads_of(table_of([SARAH]), template("Hi {first name} of {company}, your plan is {plan}"), {})
    assert isinstance(found, Leads)
    [lead] = found.people
    assert (lead.values, lead.label) == (
        {"first name": "Sarah", "company": "Acme", "plan": "Gold"},
        "Sarah Lee (Acme)",
    )


def test_a_contact_that_is_no_use_is_left_out_like_a_row() -> None:
    odd = [SARAH, Contact(""), SARAH, Contact("=cmd()", company="Evil"), Contact("Ana", company="")]
    found = leads_of(table_of(odd), template("Hi {name} at {company}"), {})
    assert isinstance(found, Leads)
    assert len(found.people) == 1
    assert found.problems == (
        "Row 2: no name.",
        "Row 3: the same as row 1.",
        "Row 4: the name is a formula.",
        "Row 5: no company.",
    )


def test_a_field_that_no_contact_has_is_named() -> None:
    assert isinstance(leads_of(table_of([JOHN]), template("Hi {plan}"), {}), Unmapped)


def test_there_are_never_more_columns_than_a_list_may_have() -> None:
    many = [Contact(f"P{at}", custom={f"field {at}": "x"}) for at in range(300)]
    assert len(table_of(many).columns) == MOST_COLUMNS


async def test_where_no_crm_is_connected_that_is_said() -> None:
    with pytest.raises(SourceRefused) as caught:
        await NoCrm().contacts(tag=None, most=1)
    assert "CSV" in caught.value.sentence


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ({"name": "A B"}, Contact("A B")),
        ({"first_name": "A", "last_name": "B"}, Contact("A B", "A", "B")),
        ({"first_name": "A", "name": None}, Contact("A", "A")),
        ({"account": {"name": "Acme"}}, Contact("", company="Acme")),
        ({"account": "Acme", "tags": "x", "custom_fields": [], "email_addresses": {}}, Contact("")),
        ({"tags": [{"name": "x"}, "y", 3, {}]}, Contact("", tags=("x", "y"))),
        ({"email_addresses": [{"email_address": "a@b.example"}]}, Contact("", email="a@b.example")),
        (
            {"custom_fields": {"a": 1, "b": True, "c": None, "d": [], "e": "x", "f": ""}},
            Contact("", custom={"a": "1", "e": "x"}),
        ),
    ],
)
def test_contacts_are_read_leniently(value: Any, found: Contact) -> None:
    assert contact(value) == found


def test_what_is_no_object_is_no_contact() -> None:
    with pytest.raises(Malformed):
        contact("Sarah")


def test_a_contact_keeps_its_words_out_of_logs() -> None:
    assert "Sarah" not in repr(SARAH)
