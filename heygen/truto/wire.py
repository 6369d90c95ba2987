"""One integrated account of Truto's over HTTP: our token, its limit, and what its answers mean."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace

import httpx2

from heygen.errors import UnexpectedReply
from heygen.exchange import CallClass, Reply, Request
from heygen.fields import safe_word
from heygen.replies import ReadReply
from heygen.transport import HttpTransport

from .errors import TrutoBusy
from .pace import Pace
from .replies import read_plain

DEFAULT_BASE = "https://api.truto.one"
ACCOUNT = "integrated_account_id"
ON_BEHALF = ("/custom/", "/proxy/", "/unified/")


@dataclass(frozen=True, slots=True, kw_only=True)
class TrutoAccess:
    """Where Truto is, and for which integrated account of whose environment we speak."""

    token: str = field(repr=False)
    integrated_account_id: str
    base_url: str = DEFAULT_BASE


class TrutoWire:
    """Sends requests to Truto for one integrated account, in turn. The `http` client stays the caller's to close.

    Raises `ValueError` for an address, token or account that cannot be sent; the text never shows the token.
    """

    def __init__(
        self,
        access: TrutoAccess,
        http: httpx2.AsyncClient,
        user_agent: str,
        *,
        pace: Pace,
        sleep: Callable[[float], Awaitable[object]],
        monotonic: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
        budgets: Mapping[CallClass, float] | None = None,
        read: ReadReply = read_plain,
    ) -> None:
        if not safe_word(access.integrated_account_id):
            raise ValueError("the integrated account id must be one word")
        self.access = access
        self._http = HttpTransport(access.base_url, access.token, http, user_agent, now=now, budgets=budgets, read=read)
        self._pace = pace
        self._sleep = sleep
        self._monotonic = monotonic

    async def send(self, request: Request) -> Reply:
        """The reply to `request`, made with our token. `TrutoBusy` when its turn would be too far away.

        Paths that want to be told the account are told ours: nothing in the request can name another one.
        """
        await self._turn(request)
        try:
            reply = await self._http.send(replace(self._addressed(request), bearer=self.access.token))
        except TrutoBusy as error:
            self._pace.hold(self._monotonic(), error.retry_after or 0.0)
            raise
        self._pace.heed(self._monotonic(), reply.headers)
        return reply

    def _addressed(self, request: Request) -> Request:
        if not request.path.startswith(ON_BEHALF):
            return request
        return replace(request, query={**request.query, ACCOUNT: self.access.integrated_account_id})

    async def account_status(self) -> str:
        """Truto's word for how the connection to HeyGen is: `active`, `needs_reauth` and others.

        The wire has to read with `read_plain`.
        """
        path = f"/integrated-account/{self.access.integrated_account_id}"
        reply = await self.send(Request(operation="trutoAccount", method="GET", path=path, retry_in_call=True))
        body = reply.body.get("result", reply.body) if isinstance(reply.body, dict) else None
        word = safe_word(body.get("status")) if isinstance(body, dict) else None
        if word is None:
            raise UnexpectedReply(operation="trutoAccount", reason="status is missing", status=reply.status)
        return word

    async def _turn(self, request: Request) -> None:
        wait, taken = self._pace.turn(self._monotonic())
        if not taken:
            raise TrutoBusy(
                operation=request.operation, status=429, code="truto_paced", retryable=True, retry_after=wait
            )
        if wait > 0:
            await self._sleep(wait)
