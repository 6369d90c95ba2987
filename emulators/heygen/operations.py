"""How a route is answered: credentials, idempotency, the body's shape, then the handler; refusals in between."""

from __future__ import annotations

import base64
import dataclasses
import itertools
import json
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal, NoReturn, Protocol, TypeVar

from pydantic import TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from emulators.heygen.errors import Refusal, invalid
from emulators.heygen.idempotency import check_key
from emulators.heygen.state import Account

if TYPE_CHECKING:
    from emulators.heygen import HeyGenEmulator

Method = Literal["GET", "POST", "PATCH", "DELETE"]
PAGE_LIMIT = 100
DEFAULT_LIMIT = 10


@dataclasses.dataclass(frozen=True, slots=True)
class Call:
    """An authenticated request whose body has the right shape."""

    account: Account
    path: dict[str, str]
    query: dict[str, str]
    body: Any
    key: str | None


Handler = Callable[[Call], Awaitable[dict[str, Any]]]


@dataclasses.dataclass(frozen=True, slots=True)
class Operation:
    """One route of the API. `keyed`: it takes an Idempotency-Key; `query`: the parameters it reads."""

    method: Method
    path: str
    handler: Handler
    body: TypeAdapter[Any] | None = None
    body_required: bool = True
    keyed: bool = False
    query: frozenset[str] = frozenset()


class Numbered(Protocol):
    """Something listed in order of its making."""

    @property
    def seq(self) -> int:
        """Its place in that order."""
        ...


Item = TypeVar("Item", bound=Numbered)


class Gate:
    """Turns operations into routes of one emulator."""

    def __init__(self, emulator: HeyGenEmulator) -> None:
        self._emulator = emulator
        self._request_ids = itertools.count(1)

    def route(self, operation: Operation) -> Route:
        """The Starlette route of an operation."""

        async def endpoint(request: Request) -> Response:
            return await self._answer(request, operation)

        return Route(operation.path, endpoint, methods=[operation.method])

    def request_id(self) -> str:
        """A new value for X-Request-Id."""
        return f"req-{next(self._request_ids):08d}"

    def respond(self, status: int, body: Any, headers: dict[str, str] | None = None) -> Response:
        """A JSON answer with its request id."""
        return JSONResponse(body, status, (headers or {}) | {"X-Request-Id": self.request_id()})

    async def _answer(self, request: Request, operation: Operation) -> Response:
        self._emulator.tick()
        try:
            body = await self._perform(request, operation)
        except Refusal as refusal:
            return self.respond(refusal.status, refusal.body, refusal.headers)
        self._emulator.journal.wake()
        return self.respond(200, body)

    async def _perform(self, request: Request, operation: Operation) -> dict[str, Any]:
        account = self._account(request)
        key = check_key(request.headers.get("idempotency-key")) if operation.keyed else None
        if key is None:
            return await self._handle(request, operation, account, None)
        keys = self._emulator.keys
        scope = (account.name, operation.method, operation.path, *request.path_params.values(), key)
        if (remembered := keys.replay(scope)) is not None:
            return remembered
        with keys.claim(scope) as remember:
            body = await self._handle(request, operation, account, key)
            remember(body)
        return body

    async def _handle(
        self, request: Request, operation: Operation, account: Account, key: str | None
    ) -> dict[str, Any]:
        body = await _parse(request, operation) if operation.body else None
        call = Call(account, dict(request.path_params), dict(request.query_params), body, key)
        return await operation.handler(call)

    def _account(self, request: Request) -> Account:
        key = request.headers.get("x-api-key")
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        for account in self._emulator.state.accounts.values():
            if key is not None and key == account.api_key:
                return account
            if key is None and scheme.lower() == "bearer" and token == account.bearer:
                return account
        raise Refusal(401, "unauthorized", "The credential is missing or invalid.")


async def _parse(request: Request, operation: Operation) -> Any:
    """The request's body in the operation's model, or 400 with the first thing wrong."""
    raw = await request.body()
    if not raw and not operation.body_required:
        raw = b"{}"
    try:
        content = json.loads(raw)
    except ValueError:
        raise Refusal(400, "invalid_parameter", "The body is not valid JSON.") from None
    if operation.body is None:
        return None
    try:
        return operation.body.validate_python(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise invalid(_field(first["loc"], content), first["msg"]) from None


def _field(location: Sequence[int | str], content: Any) -> str:
    """The top-level field an error is in; the name of a union's branch, which comes first, is not one."""
    names = [part for part in location if isinstance(part, str)]
    if isinstance(content, dict) and len(names) > 1 and names[0] == content.get("type"):
        names = names[1:]
    return names[0] if names else "type" if isinstance(content, dict) else "body"


def page(items: Sequence[Item], query: dict[str, str], view: Callable[[Item], dict[str, Any]]) -> dict[str, Any]:
    """One page of `items` (oldest first), newest first, in the list envelope."""
    limit, before = _limit(query.get("limit")), _cursor(query.get("token"))
    rest = [item for item in reversed(items) if before is None or item.seq < before]
    shown = rest[:limit]
    more = len(rest) > limit
    token = base64.urlsafe_b64encode(f"before:{shown[-1].seq}".encode()).decode() if more else None
    return {"data": [view(item) for item in shown], "has_more": more, "next_token": token}


def _limit(text: str | None) -> int:
    if text is None:
        return DEFAULT_LIMIT
    if not text.isdecimal() or not 1 <= int(text) <= PAGE_LIMIT:
        raise invalid("limit", f"limit must be between 1 and {PAGE_LIMIT}.")
    return int(text)


def _cursor(token: str | None) -> int | None:
    if token is None:
        return None
    try:
        name, _, seq = base64.urlsafe_b64decode(token.encode()).decode().partition(":")
        return int(seq) if name == "before" else _bad_cursor()
    except ValueError:
        return _bad_cursor()


def _bad_cursor() -> NoReturn:
    raise invalid("token", "The token is not valid.")
