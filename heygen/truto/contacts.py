"""The contacts behind a CRM that is connected in Truto, in the one shape Truto gives those of every CRM."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from heygen.calls import paginate
from heygen.errors import UnexpectedReply
from heygen.exchange import Reply, Request, Transport
from heygen.fields import Malformed, block, mapping, sequence, text
from heygen.models import Page

CONTACTS = "trutoCrmContacts"
PATH = "/unified/crm/contacts"
PER_PAGE = 100
CUSTOM_FIELDS = 40


@dataclass(frozen=True, slots=True)
class Contact:
    """A person in a CRM. Everything in it was written by others; what is not known is empty."""

    name: str = field(repr=False)
    first_name: str = field(default="", repr=False)
    last_name: str = field(default="", repr=False)
    company: str = field(default="", repr=False)
    title: str = field(default="", repr=False)
    email: str = field(default="", repr=False)
    tags: tuple[str, ...] = field(default=(), repr=False)
    custom: Mapping[str, str] = field(default_factory=dict, repr=False)


def contacts(transport: Transport, *, most_pages: int) -> AsyncIterator[Contact]:
    """Every contact, page after page of a hundred. `UnexpectedReply` when there are more than `most_pages` pages.

    `transport` is a `TrutoWire` of the CRM's integrated account that reads with `read_plain`.
    """

    async def page(cursor: str | None) -> Page[Contact]:
        query = {"limit": str(PER_PAGE), "truto_ignore_remote_data": "true"}
        query |= {} if cursor is None else {"next_cursor": cursor}
        request = Request(operation=CONTACTS, method="GET", path=PATH, query=query, retry_in_call=True)
        return _page(await transport.send(request))

    return paginate(page, max_pages=most_pages)


def contact(value: Any) -> Contact:
    """One contact; `Malformed` for what is no object. Single fields may have any shape."""
    source = mapping(value, "contact")
    first, last = text(source, "first_name") or "", text(source, "last_name") or ""
    return Contact(
        name=text(source, "name") or f"{first} {last}".strip(),
        first_name=first,
        last_name=last,
        company=text(block(source, "account"), "name") or "",
        title=text(source, "title") or "",
        email=_email(source.get("email_addresses")),
        tags=tuple(_names(source.get("tags"))),
        custom=_scalars(block(source, "custom_fields")),
    )


def _page(reply: Reply) -> Page[Contact]:
    try:
        body = mapping(reply.body, "reply")
        items = tuple(contact(item) for item in sequence(body.get("result"), "result"))
    except Malformed as error:
        raise UnexpectedReply(operation=CONTACTS, reason=str(error), status=reply.status) from error
    return Page(items, text(body, "next_cursor"))


def _email(value: Any) -> str:
    found = value if isinstance(value, list) else []
    first = next((one for one in found if isinstance(one, dict)), {})
    return text(first, "email_address") or text(first, "email") or ""


def _names(value: Any) -> list[str]:
    found = value if isinstance(value, list) else []
    named = [one.get("name") if isinstance(one, dict) else one for one in found]
    return [one for one in named if isinstance(one, str) and one]


def _scalars(fields: Mapping[str, Any]) -> dict[str, str]:
    """Custom fields that can be words in a script."""
    plain = {
        name: str(value)
        for name, value in fields.items()
        if isinstance(value, str | int | float) and not isinstance(value, bool) and value != ""
    }
    return dict(list(plain.items())[:CUSTOM_FIELDS])
