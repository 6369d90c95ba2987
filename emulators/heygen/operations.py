"""How a route is answered: credentials, idempotency, the body's shape, then the handler; refusals in between."""

from __future__ import annotations

import base64
import dataclasses
import itertools
import json
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
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

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]


@dataclasses.dataclass(frozen=True, slots=True)
class Call:
    """An authenticated request whose body has the right shape. An upload's body is still to be read from `request`."""

    operation: Operation
    account: Account
    path: dict[str, str]
    query: dict[str, str]
    body: Any
    key: str | None
    request: Request


Handler = Callable[[Call], Awaitable[dict[str, Any]]]


@dataclasses.dataclass(frozen=True, slots=True)
class Operation:
    """One route of the API.

    `keyed`: it takes an Idempotency-Key. `query`: the parameters it reads, `needed` those it insists on, `words` the
    closed sets among them. A list has `usual` items on a page and `most` if asked. `status` is that of success,
    `upload` says that the body is a form with a file.
    """

    method: Method
    path: str
    handler: Handler
    body: TypeAdapter[Any] | None = None
    body_required: bool = True
    keyed: bool = False
    query: frozenset[str] = frozenset()
    needed: frozenset[str] = frozenset()
    words: Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)
    usual: int = 10
    most: int = 100
    status: int = 200
    upload: bool = False


class Numbered(Protocol):
    """Something listed in order of its making."""

    @property
    def seq(self) -> int:
        """Its place in that order."""
        ...


Item = TypeVar("Item", bound=Numbered)


def fixed_first(operations: Iterable[Operation]) -> list[Operation]:
    """Operations in an order in which a fixed path is tried before one with an id in its place."""
    return sorted(operations, key=lambda operation: [part.startswith("{") for part in operation.path.split("/")])


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
        return self.respond(operation.status, body)

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
        query = dict(request.query_params)
        _check_query(operation, query)
        return await operation.handler(Call(operation, account, dict(request.path_params), query, body, key, request))

    def _account(self, request: Request) -> Account:
        key = request.headers.get("x-api-key")
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        for account in self._emulator.state.accounts.values():
            if key is not None and key == account.api_key:
                return account
            if key is None and scheme.lower() == "bearer" and token == account.bearer:
                return account
        raise Refusal(401, "unauthorized", "The credential is missing or invalid.")


def _check_query(operation: Operation, query: Mapping[str, str]) -> None:
    """400 for a parameter that is missing or outside of its closed set."""
    for name in sorted(operation.needed):
        if not query.get(name):
            raise invalid(name, f"{name} is required.")
    for name, words in operation.words.items():
        if name in query and query[name] not in words:
            raise invalid(name, f"{name} must be one of {', '.join(words)}.")


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


def page(items: Sequence[Item], call: Call, view: Callable[[Item], dict[str, Any]]) -> dict[str, Any]:
    """One page of `items` (oldest first), newest first, in the list envelope."""
    limit, before = page_limit(call), _cursor(call.query.get("token"))
    rest = [item for item in reversed(items) if before is None or item.seq < before]
    shown = rest[:limit]
    more = len(rest) > limit
    token = base64.urlsafe_b64encode(f"before:{shown[-1].seq}".encode()).decode() if more else None
    return {"data": [view(item) for item in shown], "has_more": more, "next_token": token}


def page_limit(call: Call) -> int:
    """How many items the request wants on a page."""
    text, most = call.query.get("limit"), call.operation.most
    if text is None:
        return call.operation.usual
    if not text.isdecimal() or not 1 <= int(text) <= most:
        raise invalid("limit", f"limit must be between 1 and {most}.")
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
