"""HeyGen's own paths through Truto: the same requests, answers and errors as on the direct way."""

from __future__ import annotations

from dataclasses import replace

from heygen.errors import HeyGenError
from heygen.exchange import Reply, Request

from .wire import TrutoWire

CUSTOM = "/custom"  # what follows it is passed on to the vendor with the account's credentials
SETTLE_SECONDS = 60.0


class TrutoTransport:
    """Carries a request to HeyGen by way of Truto. `wire` has to read with `read_heygen`.

    Our idempotency keys are sent along, but nothing promises that HeyGen sees them. So no write counts as repeatable
    because of its key, and one whose outcome is unknown asks for a minute's wait: an earlier look might miss what is
    still on its way.
    """

    def __init__(self, wire: TrutoWire) -> None:
        self._wire = wire

    async def send(self, request: Request) -> Reply:
        """Send `request` once. `ValueError` for one with a credential of its own, which Truto would replace."""
        try:
            return await self._wire.send(_custom(request))
        except HeyGenError as error:
            if error.outcome_unknown:
                error.retry_after = max(error.retry_after or 0.0, SETTLE_SECONDS)
            raise


def _custom(request: Request) -> Request:
    if request.bearer is not None:
        raise ValueError(f"{request.operation} brings a credential of its own and cannot go through Truto")
    query = dict(request.query)
    if request.file is not None:
        query["truto_body_passthrough"] = "true"
    return replace(request, path=CUSTOM + request.path, query=query, key_trusted=False)
