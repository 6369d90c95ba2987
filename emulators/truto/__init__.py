"""A stand-in for Truto in front of an emulated HeyGen: tokens, integrated accounts, limits, proxy and custom paths.

Strict where Truto says that it is; what its documentation leaves open are `Switches`. It speaks to HeyGen over HTTP,
with the credentials of the integrated account.

    truto = TrutoEmulator()
    await truto.start()
    truto.connect(heygen.url, "hg-key-1")   # GET /custom/v3/users/me?integrated_account_id=ia-1
"""

from __future__ import annotations

import dataclasses
import itertools
import ssl
from collections.abc import AsyncIterator
from typing import Any

import httpx2
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from emulators.base import Emulator
from emulators.truto.answers import Refusal, enveloped, forwarded, own_error, remote_error
from emulators.truto.keys import IdempotencyKeys
from emulators.truto.limits import Limits
from emulators.truto.state import CRM_ACCOUNT, DEFAULT_ACCOUNT, DEFAULT_TOKEN, Account, Switches, contacts_page
from emulators.truto.tools import DEFINITIONS, Definition, chosen, target

__all__ = ["CRM_ACCOUNT", "DEFAULT_ACCOUNT", "DEFAULT_TOKEN", "Account", "Switches", "TrutoEmulator"]

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
UPLOADS = "/custom/v3/assets"
OWN_QUERY = ("integrated_account_id", "truto_")
PASSED_HEADERS = ("content-type", "content-length", "accept")


class TrutoEmulator(Emulator):
    """Truto on loopback, with one integrated account of HeyGen."""

    name = "truto"

    def __init__(self, *, seed: int = 1) -> None:
        self._client: httpx2.AsyncClient | None = None
        self._request_ids = itertools.count(1)
        super().__init__(seed=seed)
        self._fresh()

    def _fresh(self) -> None:
        self.token = DEFAULT_TOKEN
        self.accounts: dict[str, Account] = {DEFAULT_ACCOUNT: Account(DEFAULT_ACCOUNT)}
        self.switches = Switches()
        self.limits = Limits(self.clock.now)
        self.keys = IdempotencyKeys()
        self.tools: list[Definition] = list(DEFINITIONS)

    def reset(self) -> None:
        """Back to the start, but still connected to the same HeyGen."""
        super().reset()
        before = self.account
        self._fresh()
        self.connect(before.base_url, before.credential)

    def connect(self, base_url: str, credential: str, account_id: str = DEFAULT_ACCOUNT) -> Account:
        """Connect HeyGen, as a person does in Truto's window; reconnecting keeps the account's id."""
        account = self.accounts.setdefault(account_id, Account(account_id))
        account.base_url, account.credential, account.status = base_url, credential, "active"
        return account

    @property
    def account(self) -> Account:
        """The integrated account that there is from the beginning."""
        return self.accounts[DEFAULT_ACCOUNT]

    def error_body(self, status: int) -> Any:
        """An error of Truto's own."""
        return own_error(status, f"Emulated failure with status {status}.")

    async def stop(self) -> None:
        """Close the listener and the connections to HeyGen."""
        await super().stop()
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    @property
    def client(self) -> httpx2.AsyncClient:
        """Towards HeyGen; made at first use."""
        if self._client is None:
            # It only goes to this machine, so it loads no certificates, which would block the loop.
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            self._client = httpx2.AsyncClient(verify=context, trust_env=False, timeout=30.0)
        return self._client

    def streams(self, method: str, path: str) -> bool:
        """A file goes through piece by piece."""
        return (method, path) == ("POST", UPLOADS)

    def routes(self) -> list[BaseRoute]:
        """Truto's interface, as far as it is used."""
        return [
            Route("/ping", self._guarded(self._ping)),
            Route("/integrated-account/{account_id}", self._guarded(self._account)),
            Route("/integrated-account/{account_id}/tools", self._guarded(self._tools)),
            Route("/custom/{path:path}", self._guarded(self._custom), methods=METHODS),
            Route("/unified/crm/contacts", self._guarded(self._contacts)),
            Route("/proxy/{resource}", self._guarded(self._proxy), methods=["GET", "POST"]),
            Route("/proxy/{resource}/{last}", self._guarded(self._proxy), methods=["GET", "POST", "PATCH", "DELETE"]),
            Route("/{rest:path}", self._guarded(self._unknown), methods=METHODS),
        ]

    def _guarded(self, endpoint: Any) -> Any:
        async def guarded(request: Request) -> Response:
            try:
                self._authorise(request)
                answered: Response = await endpoint(request)
            except Refusal as refusal:
                answered = JSONResponse(own_error(refusal.status, refusal.message), refusal.status, refusal.headers)
            answered.headers.setdefault("X-Request-Id", f"tr-{next(self._request_ids):08d}")
            return answered

        return guarded

    def _authorise(self, request: Request) -> None:
        if request.headers.get("authorization") != f"Bearer {self.token}":
            raise Refusal(401, "Unauthorized")

    # -- Truto's own -------------------------------------------------------------------------------------------

    async def _ping(self, _: Request) -> Response:
        return JSONResponse({"ok": True})

    async def _unknown(self, _: Request) -> Response:
        raise Refusal(404, "Not Found")

    async def _account(self, request: Request) -> Response:
        return JSONResponse(self._named(request.path_params["account_id"]).view())

    async def _tools(self, request: Request) -> Response:
        self._named(request.path_params["account_id"])
        found, cursor = chosen(self.tools, request.query_params, self.switches.tools_per_page)
        return JSONResponse({self.switches.tools_key: [one.view() for one in found], "next_cursor": cursor})

    def _named(self, account_id: str | None) -> Account:
        if not account_id:
            raise Refusal(400, "integrated_account_id is required")
        if account_id not in self.accounts:
            raise Refusal(404, "Integrated account not found")
        return self.accounts[account_id]

    # -- a CRM -------------------------------------------------------------------------------------------------

    def connect_crm(self, contacts: list[dict[str, Any]], account_id: str = CRM_ACCOUNT) -> Account:
        """Connect a CRM that holds these contacts, in Truto's unified shape (`state.person` makes one)."""
        account = self.accounts.setdefault(account_id, Account(account_id))
        account.contacts, account.status = contacts, "active"
        return account

    async def _contacts(self, request: Request) -> Response:
        account = self._named(request.query_params.get("integrated_account_id"))
        self.limits.admit(account.id)
        account.refuse(request.method)
        if account.status == "needs_reauth":
            return remote_error(401, {"message": "The token was revoked."})
        if account.contacts is None:
            raise Refusal(400, "The integration of this account has no unified API crm")
        bare = request.query_params.get("truto_ignore_remote_data") == "true"
        found, cursor = contacts_page(account.contacts, request.query_params)
        shown = [one if bare else one | {"remote_data": {"raw": one}} for one in found]
        body = {"result": shown, "next_cursor": cursor, "prev_cursor": None, "result_count": len(shown)}
        return JSONResponse(body, headers=self.switches.rate_headers())

    # -- through to HeyGen -------------------------------------------------------------------------------------

    async def _custom(self, request: Request) -> Response:
        raw = request.headers.get("content-type", "application/json").split(";")[0] != "application/json"
        if raw and request.query_params.get("truto_body_passthrough") != "true":
            raise Refusal(400, "The body has to be JSON")
        query = {name: value for name, value in request.query_params.items() if not name.startswith(OWN_QUERY)}
        asked = _Asked(request.method, "/" + request.path_params["path"], query, None, raw)
        return await self._pass_on(request, asked)

    async def _proxy(self, request: Request) -> Response:
        query = {name: value for name, value in request.query_params.items() if name != "integrated_account_id"}
        body = await request.json() if request.method in ("POST", "PATCH") else None
        params = request.path_params
        found = target(self.tools, request.method, params["resource"], params.get("last"), query, body)
        if found is None:
            raise Refusal(404, "Resource or method not found")
        return await self._pass_on(request, _Asked(*found, raw=False))

    async def _pass_on(self, request: Request, asked: _Asked) -> Response:
        """One request on its way: whose it is, whether there is room, whether it was answered before."""
        account = self._named(request.query_params.get("integrated_account_id"))
        self.limits.admit(account.id)
        account.refuse(request.method)
        key = request.headers.get("idempotency-key") if request.method != "GET" else None
        if key is None or self.switches.keys != "own":
            return await self._ask(request, account, asked, key)
        with self.keys.claim((account.id, request.url.path, key)) as kept:
            if kept.answer is None:
                answered = await self._ask(request, account, asked, key)
                if answered.status_code >= 300:
                    return answered
                kept.answer = answered
            return kept.answer

    async def _ask(self, request: Request, account: Account, asked: _Asked, key: str | None) -> Response:
        if account.status == "needs_reauth":
            return remote_error(401, {"error": {"code": "unauthorized", "message": "The credential was revoked."}})
        headers = {"X-Api-Key": account.credential, "Accept": "application/json"}
        headers |= {"Idempotency-Key": key} if key and self.switches.keys == "passed" else {}
        if asked.raw:
            headers |= {name: request.headers[name] for name in PASSED_HEADERS if name in request.headers}
        else:
            headers["Content-Type"] = "application/json"
        content: bytes | AsyncIterator[bytes] = _bare(request.stream())
        if not asked.raw:
            content = await request.body() if asked.content is None else asked.content
        try:
            answer = await self.client.request(
                asked.method, account.base_url + asked.path, params=asked.query, headers=headers, content=content
            )
        except httpx2.HTTPError as error:
            raise Refusal(502, "The provider could not be reached") from error
        if answer.status_code == 401:
            account.status = "needs_reauth"
        self.journal.wake()
        return self._answered(answer)

    def _answered(self, answer: httpx2.Response) -> Response:
        headers = forwarded(answer.headers) | self.switches.rate_headers()
        if answer.status_code >= 400:
            return remote_error(answer.status_code, _json_or_text(answer), headers)
        if answer.status_code == 204 or not answer.content:
            return Response(status_code=204, headers=headers)
        return JSONResponse(enveloped(answer.json(), self.switches.envelope), answer.status_code, headers)


@dataclasses.dataclass(frozen=True, slots=True)
class _Asked:
    """What is asked of HeyGen. `content` None: the body as it came; `raw`: piece by piece."""

    method: str
    path: str
    query: dict[str, str]
    content: bytes | None
    raw: bool


async def _bare(stream: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    async for chunk in stream:
        if chunk:
            yield chunk


def _json_or_text(answer: httpx2.Response) -> Any:
    try:
        return answer.json()
    except ValueError:
        return answer.text
