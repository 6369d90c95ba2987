"""Which column of a list is meant by which placeholder: by rules, always the same ones. A model only proposes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agent.templates import plain

NAME, COMPANY = "name", "company"
FIRST = ("first name", "firstname", "given name", "vorname", "prenom", "prénom", "nombre de pila", "voornaam", "imie")
LAST = ("last name", "lastname", "surname", "family name", "nachname", "nom de famille", "apellido", "apellidos")
WHOLE = (
    *("name", "full name", "fullname", "contact", "contact name", "lead", "lead name", "person", "recipient", "who"),
    *("nom", "nombre", "nome", "naam", "imię", "имя", "姓名", "名前", "氏名", "이름"),
)
COMPANIES = (
    *("company", "company name", "organisation", "organization", "org", "account", "account name", "employer"),
    *("business", "firma", "firmenname", "unternehmen", "entreprise", "société", "societe", "empresa", "azienda"),
    *("bedrijf", "компания", "会社", "会社名", "公司", "회사"),
)
MEANT: Mapping[str, tuple[str, ...]] = {
    NAME: (*WHOLE, *FIRST),
    "first name": (*FIRST, *WHOLE),
    "last name": LAST,
    COMPANY: COMPANIES,
}
KNOWN = frozenset(name for names in MEANT.values() for name in names)


@dataclass(frozen=True, slots=True)
class Unmapped:
    """A placeholder for which there is no column, or a proposed column that the list does not have."""

    placeholder: str
    proposed: str | None = None


def mapped(
    placeholders: Sequence[str], columns: Sequence[str], proposals: Mapping[str, str]
) -> dict[str, int] | Unmapped:
    """The column of each placeholder (plain names). A proposal counts if the list has such a column."""
    by_name = {plain(column): at for at, column in reversed(list(enumerate(columns)))}
    found: dict[str, int] = {}
    for placeholder in placeholders:
        proposed = proposals.get(placeholder)
        if proposed is not None and plain(proposed) not in by_name:
            return Unmapped(placeholder, proposed)
        names = (plain(proposed),) if proposed is not None else (placeholder, *meant_by(placeholder))
        at = next((by_name[name] for name in names if name in by_name), None)
        if at is None:
            return Unmapped(placeholder)
        found[placeholder] = at
    return found


def meant_by(placeholder: str) -> tuple[str, ...]:
    """Other names of what a placeholder means: those of `{firma}` are those of `{company}`."""
    if placeholder in MEANT:
        return MEANT[placeholder]
    return next((names for names in MEANT.values() if placeholder in names), ())


def column_of(what: str, columns: Sequence[str]) -> int | None:
    """The column that holds names or companies, for labels and lists, whatever the script speaks of."""
    found = mapped([what], columns, {})
    return None if isinstance(found, Unmapped) else found[what]
