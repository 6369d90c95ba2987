"""From rows to people: which column is meant, which rows are left out and why, and that no value is ever obeyed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.columns import Unmapped, mapped
from agent.lead_rows import LABEL_LIMIT, Lead, Leads, leads_of, people_of
from agent.tables import Row, Table
from agent.templates import Template, plain, read_template, spoken_value

SCRIPT = "Hi {name}, how is {company}?"


def template(text: str = SCRIPT) -> Template:
    found = read_template(text)
    assert found is not None
    return found


def table(*rows: tuple[str, ...], columns: tuple[str, ...] = ("Name", "Company")) -> Table:
    return Table(columns, tuple(Row(number, row) for number, row in enumerate(rows, start=2)))


def leads(*rows: tuple[str, ...], script: str = SCRIPT, columns: tuple[str, ...] = ("Name", "Company")) -> Leads:
    found = leads_of(table(*rows, columns=columns), template(script), {})
    assert isinstance(found, Leads)
    return found


def problems(*rows: tuple[str, ...], **other: str) -> tuple[str, ...]:
    return leads(*rows, **other).problems  # type: ignore[arg-type]  # only the script is given


# -- templates


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Hi {name}", ("name",)),
        ("Hi {{ Name }} of {COMPANY}, {name}!", ("name", "company")),
        ("{First_Name} {first name}", ("first name",)),
        ("Nothing", ()),
    ],
)
def test_placeholders_are_read_however_they_are_written(text: str, names: tuple[str, ...]) -> None:
    assert template(text).names == names


@pytest.mark.parametrize("text", ["Hi {name", "Hi name}", "Hi {}", "Hi {{name}", "{!}", "{a{b}}}"])
def test_braces_that_do_not_fit_are_no_template(text: str) -> None:
    assert read_template(text) is None


def test_what_is_filled_in_is_never_read_again() -> None:
    filled = template("Hi {name} of {company}").fill({"name": "{company}", "company": "{0.__class__}"})
    assert filled == "Hi {company} of {0.__class__}"


@given(st.text(max_size=60))
def test_a_value_is_one_line_without_braces(text: str) -> None:
    value = spoken_value(text)
    assert value.isprintable()
    assert not set("{}\n\r\t\x00") & set(value)


# -- columns


@pytest.mark.parametrize(
    ("columns", "at"),
    [
        (("Name", "Company"), (0, 1)),
        (("Firma", "Vorname"), (1, 0)),
        (("Company Name", "Full name"), (1, 0)),
        (("Entreprise", "Prénom", "Nom de famille"), (1, 0)),
        (("会社名", "氏名"), (1, 0)),
        (("First Name", "Last Name", "Organisation"), (0, 2)),
        (("Email", "First name", "Name", "Account"), (2, 3)),
    ],
)
def test_the_usual_names_of_columns_are_known(columns: tuple[str, ...], at: tuple[int, int]) -> None:
    assert mapped(("name", "company"), columns, {}) == {"name": at[0], "company": at[1]}


def test_any_column_is_a_placeholder() -> None:
    assert mapped(("favourite colour",), ("Name", "Favourite_Colour"), {}) == {"favourite colour": 1}


def test_a_proposal_counts_only_if_there_is_such_a_column() -> None:
    assert mapped(("name",), ("Who?", "Name"), {"name": "who"}) == {"name": 0}
    assert mapped(("name",), ("Who?", "Name"), {"name": "Somebody"}) == Unmapped("name", "Somebody")
    assert mapped(("city",), ("Name",), {}) == Unmapped("city")


# -- rows


def test_good_rows_become_people() -> None:
    found = leads((" Sarah ", "Acme"), ("Zoë", "Ünï, Ltd"))
    assert found.people == (
        Lead(2, {"name": "Sarah", "company": "Acme"}, "Sarah", "Acme"),
        Lead(3, {"name": "Zoë", "company": "Ünï, Ltd"}, "Zoë", "Ünï, Ltd"),
    )
    assert [one.label for one in found.people] == ["Sarah (Acme)", "Zoë (Ünï, Ltd)"]
    assert found.columns == {"name": "Name", "company": "Company"}
    assert found.problems == ()


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (("", "Acme"), "Row 3: no name."),
        (('""', "Acme"), "Row 3: no name."),
        (("Ana", " "), "Row 3: no company."),
        (("=HYPERLINK(1)", "Acme"), "Row 3: the name is a formula."),
        (("@SUM(A1)", "Acme"), "Row 3: the name is a formula."),
        (("Ana", "=1+1"), "Row 3: the company is a formula."),
        (("---", "Acme"), "Row 3: the name is no word."),
        (("A" * 201, "Acme"), "Row 3: the name is longer than 200 characters."),
        (("sarah", "ACME"), "Row 3: the same as row 2."),
    ],
)
def test_a_row_that_cannot_be_used_is_told_by_its_number(row: tuple[str, str], told: str) -> None:
    found = leads(("Sarah", "Acme"), row, ("Mike", "Initech"))
    assert found.problems == (told,)
    assert [one.name for one in found.people] == ["Sarah", "Mike"]


def test_what_is_wrong_with_the_writing_of_a_row_is_told_too() -> None:
    broken = Table(("Name", "Company"), (Row(2, ("x",), "its quotation marks do not fit together"),))
    found = leads_of(broken, template(), {})
    assert isinstance(found, Leads)
    assert found.problems == ("Row 2: its quotation marks do not fit together.",)


def test_a_column_that_nothing_is_made_of_may_hold_anything() -> None:
    found = leads(("Sarah", "=1+1"), script="Hi {name}")
    assert [one.name for one in found.people] == ["Sarah"]


def test_numbers_with_signs_are_words_like_others() -> None:
    found = leads(("Sarah", "-10 %"), script="{name}, you get {discount}", columns=("Name", "Discount"))
    assert found.people[0].values["discount"] == "-10 %"


def test_two_of_one_name_at_different_companies_are_two_people() -> None:
    assert len(leads(("Sarah", "Acme"), ("Sarah", "Globex")).people) == 2


def test_a_script_that_gets_too_long_is_told() -> None:
    long = "a" * 4_900 + " {name} {company}"
    assert problems(("b" * 150, "c" * 150), script=long) == (
        "Row 2: with it the script is longer than 5000 characters.",
    )


def test_last_names_belong_to_the_label_and_not_to_the_greeting() -> None:
    found = leads(("Sarah", "Conner"), script="Hi {name}", columns=("First name", "Last name"))
    assert (found.people[0].values["name"], found.people[0].label) == ("Sarah", "Sarah Conner")


def test_people_who_are_named_need_no_list() -> None:
    found = people_of([("Sarah", "Acme"), ("John", "")], template())
    assert isinstance(found, Leads)
    assert [one.label for one in found.people] == ["Sarah (Acme)"]
    assert found.problems == ("Row 2: no company.",)
    assert people_of([("Sarah", "")], template("Hi {city}")) == Unmapped("city")


@given(st.lists(st.tuples(st.text(max_size=80), st.text(max_size=80)), min_size=1, max_size=8))
def test_every_row_is_either_a_person_or_a_problem_that_quotes_nothing(rows: list[tuple[str, str]]) -> None:
    found = leads(*rows)
    assert len(found.people) + len(found.problems) == len(rows)
    secret = leads(("XSECRETX=", ""), ("=XSECRETX", "a"), *rows)
    assert "XSECRETX" not in " ".join(secret.problems)
    for one in found.people:
        assert 0 < len(one.label) <= LABEL_LIMIT
        assert "<" not in one.label


@given(st.text(max_size=30))
def test_a_plain_name_is_plain_already(name: str) -> None:
    assert plain(plain(name)) == plain(name)
