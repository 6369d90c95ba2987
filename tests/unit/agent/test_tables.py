"""Lists as people send them: any encoding, any delimiter, anything broken. No refusal ever quotes a cell."""

from __future__ import annotations

import codecs
import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import SourceRefused
from agent.tables import LARGEST_BYTES, Row, Table, delimiter_of, read_csv, read_lines

PLAIN = "name,company\nSarah,Acme\nZoë,Ünï Ltd\n"
ROWS = [("Sarah", "Acme"), ("Zoë", "Ünï Ltd")]
CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\x00", exclude_categories=["Cs", "Cc"]), max_size=20)


def cells(table: Table) -> list[tuple[str, ...]]:
    return [row.cells for row in table.rows]


def read(text: str | bytes, most_rows: int = 500) -> Table:
    return read_csv(text.encode() if isinstance(text, str) else text, most_rows=most_rows)


def refusal(data: bytes | str, most_rows: int = 500) -> SourceRefused:
    with pytest.raises(SourceRefused) as caught:
        read(data, most_rows)
    assert not caught.value.retryable
    return caught.value


# -- encodings


@pytest.mark.parametrize(
    "data",
    [
        PLAIN.encode(),
        codecs.BOM_UTF8 + PLAIN.encode(),
        PLAIN.encode("utf-16"),
        codecs.BOM_UTF16_BE + PLAIN.encode("utf-16-be"),
        PLAIN.encode("utf-16-le"),
        PLAIN.encode("utf-16-be"),
        PLAIN.encode("utf-32"),
        PLAIN.encode("latin-1"),
        PLAIN.replace("\n", "\r\n").encode(),
        PLAIN.replace("\n", "\r").encode(),
    ],
    ids=range(10),
)
def test_every_usual_encoding_and_line_end_is_read(data: bytes) -> None:
    table = read(data)
    assert table.columns == ("name", "company")
    assert cells(table) == ROWS


def test_what_only_windows_writes_is_read_as_such() -> None:
    assert cells(read("name\n“Anna”–x €5\n".encode("cp1252"))) == [("“Anna”–x €5",)]


# -- delimiters


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(sign: str) -> None:
    text = f"name{sign}company{sign}note\n" + "".join(f"N{n}{sign}C{n}{sign}a, b; c\n" for n in range(5)).replace(
        "a, b; c", "fine"
    )
    assert delimiter_of(text) == sign
    assert read(text).columns == ("name", "company", "note")


def test_commas_in_the_text_of_a_file_with_semicolons_part_nothing() -> None:
    table = read("name;company\nSarah;Acme, Inc.\nJohn;Globex, Ltd., and Sons\n")
    assert cells(table) == [("Sarah", "Acme, Inc."), ("John", "Globex, Ltd., and Sons")]


def test_excels_own_hint_counts_and_is_no_row() -> None:
    table = read("sep=;\r\nname;company\r\nSarah;Acme\r\n")
    assert (table.columns, cells(table)) == (("name", "company"), [("Sarah", "Acme")])


def test_one_column_alone_is_a_list_too() -> None:
    table = read("name\nSarah\nJohn\n")
    assert (table.columns, cells(table)) == (("name",), [("Sarah",), ("John",)])


# -- writing


def test_quoted_cells_may_hold_anything() -> None:
    table = read('name,company\n"Smith, Jo ""JJ""","Two\nlines"\nSarah,Acme\n')
    assert cells(table) == [('Smith, Jo "JJ"', "Two\nlines"), ("Sarah", "Acme")]
    assert [row.number for row in table.rows] == [2, 3]


def test_a_quote_that_is_never_closed_costs_only_its_own_row() -> None:
    table = read('name,company\nSarah,Acme\n"John,Globex\nMike,Initech\n')
    assert [row.broken is None for row in table.rows] == [True, False, True]
    assert table.rows[1].number == 3
    assert table.rows[1].broken == "its quotation marks do not fit together"


def test_rows_have_the_numbers_that_a_spreadsheet_shows() -> None:
    table = read("\nname,company\n\nSarah,Acme\n,\n\nJohn,Globex\n")
    assert [(row.number, row.cells[0]) for row in table.rows] == [(4, "Sarah"), (7, "John")]


def test_a_row_with_too_many_cells_is_broken_and_one_with_too_few_is_filled() -> None:
    table = read("name,company,city\nSarah,Acme\nJohn,Globex,Rome,more\nMike,Initech,Bern,,\n")
    assert table.rows[0].cells == ("Sarah", "Acme", "")
    assert table.rows[1].broken == "it has more cells than there are columns"
    assert table.rows[2] == Row(4, ("Mike", "Initech", "Bern"))


def test_nul_costs_only_its_own_row() -> None:
    table = read("name\nSar\x00ah\nJohn Johnson Johnsonson\nMike\n")
    assert [(row.cells, row.broken) for row in table.rows][:2] == [
        (("Sarah",), "it holds characters that are no text"),
        (("John Johnson Johnsonson",), None),
    ]


def test_columns_have_names_each_once() -> None:
    table = read("Name,,name,Name,\nA,B,C,D\n")
    assert table.columns == ("Name", "column 2", "name (2)", "Name (3)")


# -- what is no list


@pytest.mark.parametrize(
    ("data", "code", "part"),
    [
        (b"", "empty_list", "empty"),
        (b"\n\r\n \t\n", "empty_list", "empty"),
        (b"\x00" * 50, "empty_list", "empty"),
        (b",,,\n,,\n", "empty_list", "empty"),
        (b"name,company\n", "no_rows", "no rows"),
        (b"PK\x03\x04rest of an archive", "not_a_list", "Save it as CSV"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "not_a_list", "Save it as CSV"),
        (b"%PDF-1.7", "not_a_list", "a PDF"),
        (b"\x1f\x8b\x08", "not_a_list", "an archive"),
        (b"<!DOCTYPE html><html>Sign in</html>", "not_a_list", "a web page"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(1, 32)) * 20, "not_a_list", "not a text file"),
        (b'"name,company\n', "broken_header", "first row should name the columns"),
        (b",".join([b"c"] * 101) + b"\nx\n", "too_many_columns", "101 columns; at most 100"),
        (b"a" * (LARGEST_BYTES + 1), "too_large", "larger than 5 MB"),
    ],
)
def test_what_is_no_list_is_refused_with_a_sentence(data: bytes, code: str, part: str) -> None:
    error = refusal(data)
    assert error.code == code
    assert part in error.sentence


def test_fifty_thousand_rows_are_counted_and_refused() -> None:
    error = refusal("name\n" + "".join(f"Lead {n}\n" for n in range(50_000)))
    assert error.code == "too_many_rows"
    assert error.sentence.startswith("The list has 50,000 rows; at most 500 videos can be made at once.")


def test_as_many_rows_as_are_allowed_are_read() -> None:
    assert len(read("name\n" + "".join(f"Lead {n}\n" for n in range(500))).rows) == 500
    assert refusal("name\n" + "x\n" * 3, most_rows=2).code == "too_many_rows"


# -- pasted


@pytest.mark.parametrize("header", ["", "Name\tFirma\n", "name\tcompany\n"])
def test_a_pasted_list_needs_no_names_of_columns(header: str) -> None:
    table = read_lines(header + "Sarah\tAcme\nJohn\tGlobex", most_rows=10)
    assert cells(table) == [("Sarah", "Acme"), ("John", "Globex")]
    assert table.columns[0].casefold() == "name"


def test_further_columns_of_a_pasted_list_have_numbers() -> None:
    assert read_lines("Sarah, Acme, Rome", most_rows=10).columns == ("name", "company", "column 3")


def test_an_empty_pasted_list_is_refused() -> None:
    with pytest.raises(SourceRefused, match="empty_list"):
        read_lines(" \n", most_rows=10)


# -- torture


def attempt(data: bytes) -> Table | SourceRefused:
    """The table, or why there is none."""
    try:
        return read(data)
    except SourceRefused as error:
        return error


@given(st.binary(max_size=3_000))
def test_any_bytes_are_a_table_or_a_sentence(data: bytes) -> None:
    table = attempt(data)
    if isinstance(table, SourceRefused):
        assert table.sentence.endswith(".")
        return
    assert 1 <= len(table.columns) == len({name.casefold() for name in table.columns})
    assert all(row.broken or len(row.cells) == len(table.columns) for row in table.rows)
    assert not any("\x00" in cell for row in table.rows for cell in row.cells)


@given(st.text(alphabet='",;\t\n\r|\x00\ufeffaé=+-@ \u2028', max_size=400))
def test_any_mess_of_signs_is_a_table_or_a_sentence(text: str) -> None:
    for encoding in ("utf-8", "utf-16", "utf-16-le"):
        table = attempt(text.encode(encoding))
        assert isinstance(table, SourceRefused) or all(
            row.broken or len(row.cells) == len(table.columns) for row in table.rows
        )


@given(
    st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=20),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]),
    st.sampled_from(["\n", "\r\n"]),
)
def test_what_a_spreadsheet_writes_is_read_back(
    rows: list[tuple[str, str, str]], sign: str, encoding: str, end: str
) -> None:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=sign, lineterminator=end, quoting=csv.QUOTE_ALL)
    writer.writerow(["name", "company", "note"])
    writer.writerows(rows)
    wanted = [tuple(cell.strip() for cell in row) for row in rows if any(cell.strip() for cell in row)]
    table = attempt(out.getvalue().encode(encoding))
    if isinstance(table, SourceRefused):
        assert (table.code, wanted) == ("no_rows", [])
        return
    assert table.columns == ("name", "company", "note")
    assert [tuple(" ".join(cell.split()) for cell in row) for row in cells(table)] == [
        tuple(" ".join(cell.split()) for cell in row) for row in wanted
    ]


@given(st.binary(min_size=1, max_size=500))
def test_no_refusal_quotes_what_it_refuses(data: bytes) -> None:
    refused = attempt(b"XSECRETX" + data)
    assert isinstance(refused, Table) or "XSECRETX" not in refused.sentence
