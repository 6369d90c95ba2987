"""The page about rights is the matrix in the code."""

from __future__ import annotations

from agent.money import PER_MINUTE, PER_PIECE, PER_SECOND, dollars
from agent.rights import MATRIX, Right, Role
from tests.architecture.settings_docs import ROOT


def rows(page: str, first: str) -> list[list[str]]:
    """The cells of the table whose header begins with `first`, without the line below the header."""
    lines = (ROOT / page).read_text().splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith(f"| {first} |"))
    table: list[list[str]] = []
    for line in lines[start:]:
        if not line.startswith("|"):
            break
        table.append([cell.strip() for cell in line.strip("|").split("|")])
    return [table[0], *table[2:]]


def test_the_matrix_is_the_one_in_the_code() -> None:
    header, *body = rows("docs/rights.md", "Right")
    roles = [Role(name) for name in header[1:]]
    shown = {Right(name): {role for role, cell in zip(roles, cells, strict=True) if cell} for name, *cells in body}

    assert set(roles) == set(Role)
    assert shown == MATRIX
    assert {cell for _, *cells in body for cell in cells} == {"yes", ""}


def test_the_prices_are_those_in_the_code() -> None:
    _, *body = rows("docs/money.md", "Name")
    shown = {name.strip("` "): amount for names, amount in body for name in names.split(",")}
    seconds = {name: f"{dollars(price, exact=True)[1:]} a second" for name, price in PER_SECOND.items()}
    pieces = {name: f"{dollars(price, exact=True)[1:]} a piece" for name, price in PER_PIECE.items()}
    minutes = {name: f"{dollars(price, exact=True)[1:]} a minute" for name, price in PER_MINUTE.items()}

    assert {name: amount.replace("0.10 ", "0.1 ") for name, amount in shown.items()} == seconds | pieces | minutes
