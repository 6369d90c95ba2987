"""The CRM behind Truto (`agent.crm.Crm`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

import structlog

from agent.crm import Crm, NoCrm
from agent.errors import SourceRefused
from agent.sentences import reason_code
from heygen import HeyGenError, Transport, UnexpectedReply
from heygen.truto import Contact, ReconnectNeeded, TrutoRefused, contacts

log = structlog.get_logger(__name__)

MOST_PAGES = 20  # of a hundred contacts each
RECONNECT = "The connection between Truto and the CRM has ended. An admin has to reconnect the CRM in Truto."
REFUSED = "Truto did not let me read the CRM. An admin has to check TRUTO_API_KEY, TRUTO_CRM_ACCOUNT_ID and its rights."
LATER = "The CRM could not be read right now. Please try again later."
LONG = (
    f"The CRM has more than {MOST_PAGES * 100:,} contacts, which are more than I read. Attach those that are meant as "
    "a CSV file."
)
TOO_MANY = (
    "The CRM has more than {most} of them, and at most {most} videos can be made at once. Name one of the CRM's tags, "
    "or attach those that are meant as a CSV file."
)
NOBODY = "The CRM has no contacts of that kind."


class TrutoCrm:
    """The contacts of one CRM."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def contacts(self, *, tag: str | None, most: int) -> Sequence[Contact]:
        """See `agent.crm.Crm.contacts`."""
        wanted = None if tag is None else tag.strip().casefold()
        found: list[Contact] = []
        try:
            async for one in contacts(self._transport, most_pages=MOST_PAGES):
                if wanted is None or wanted in {name.strip().casefold() for name in one.tags}:
                    found.append(one)
                if len(found) > most:
                    raise SourceRefused("too_many_rows", TOO_MANY.format(most=most))
        except HeyGenError as error:
            _refuse(error)
        if not found:
            raise SourceRefused("no_rows", NOBODY)
        return found


def crm_of(transport: Transport | None) -> Crm:
    """The CRM at the end of `transport`, or the one that says that there is none."""
    return NoCrm() if transport is None else TrutoCrm(transport)


def _refuse(error: HeyGenError) -> NoReturn:
    log.warning("crm_unread", code=reason_code(error), error=str(error))
    match error:
        case ReconnectNeeded():
            sentence = RECONNECT
        case TrutoRefused():
            sentence = REFUSED
        case UnexpectedReply() if error.operation == "paginate":
            sentence = LONG
        case _:
            sentence = LATER
    raise SourceRefused("crm", sentence, retryable=error.retryable) from error
