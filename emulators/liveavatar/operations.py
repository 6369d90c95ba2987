"""How a REST call is answered: rate limit, credentials, the body's shape, then the handler; refusals in between."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from emulators.liveavatar.errors import Refusal, Unprocessable
from emulators.liveavatar.state import Account, Session

if TYPE_CHECKING:
    from emulators.liveavatar import LiveAvatarEmulator

Method = Literal["GET", "POST", "DELETE"]
Access = Literal["key", "token", "either", "none"]
Model = TypeVar("Model", bound=BaseModel)


@dataclasses.dataclass(frozen=True, slots=True)
class Call:
    """A request whose credential is known: `name` is method and path of its operation.

    `session` is set when the credential was a session token.
    """

    name: str
    account: Account | None
    session: Session | None
    path: dict[str, str]
    query: dict[str, str]
    body: dict[str, Any]
    url: str

    @property
    def customer(self) -> Account:
        """Who calls, where a key or a token is needed."""
        if self.account is None:
            raise Refusal(401, "Invalid credentials")
        return self.account


@dataclasses.dataclass(frozen=True, slots=True)
class Operation:
    """One route. `access`: which credential it takes. The handler gives what goes into `data`."""

    method: Method
    path: str
    access: Access
    handler: Callable[[Call], Any]
    status: int = 200


class Gate:
    """Turns operations into routes of one emulator."""

    def __init__(self, emulator: LiveAvatarEmulator) -> None:
        self._emulator = emulator
        self._windows: dict[tuple[str, str, str], tuple[int, int]] = {}

    def route(self, operation: Operation) -> Route:
        """The Starlette route of an operation."""

        async def endpoint(request: Request) -> Response:
            return await self._answer(request, operation)

        return Route(operation.path, endpoint, methods=[operation.method])

    def forget(self) -> None:
        """Begin all rate limits anew."""
        self._windows.clear()

    def refuse(self, refusal: Refusal) -> Response:
        """A refusal's answer, in the shape that is switched on."""
        return respond(refusal.body(self._emulator.switches.error_shape), refusal.status, refusal.headers)

    async def _answer(self, request: Request, operation: Operation) -> Response:
        self._emulator.tick()
        try:
            self._limit_rate(request, operation)
            account, session = self._credential(request, operation.access)
            call = Call(
                f"{operation.method} {operation.path}",
                account,
                session,
                dict(request.path_params),
                dict(request.query_params),
                await _body(request),
                str(request.url.replace(query="")),
            )
            data = operation.handler(call)
        except Refusal as refusal:
            return self.refuse(refusal)
        finally:
            self._emulator.kick()
        envelope = {"code": self._emulator.switches.success_code, "data": data, "message": "Success"}
        return respond(envelope, operation.status, {})

    def _credential(self, request: Request, access: Access) -> tuple[Account | None, Session | None]:
        if access == "none":
            return None, None
        key, token = request.headers.get("x-api-key"), request.headers.get("authorization", "")
        if access in ("key", "either") and key is not None:
            by_key = {account.api_key: account for account in self._emulator.state.accounts.values()}
            if key in by_key:
                return by_key[key], None
            raise Refusal(401, "Invalid API key")
        if access in ("token", "either") and token.lower().startswith("bearer "):
            session = self._session(token[7:].strip())
            return self._emulator.state.accounts[session.account], session
        raise Refusal(401, "Missing or invalid credentials")

    def _session(self, token: str) -> Session:
        session = self._emulator.state.by_token.get(token)
        if session is None:
            raise Refusal(401, "Invalid session token")
        if session.started is None and self._emulator.clock.now() >= session.token_expires:
            raise Refusal(401, "Session token has expired")
        return session

    def _limit_rate(self, request: Request, operation: Operation) -> None:
        """Fixed windows of a second for each credential and endpoint, whatever is in the path."""
        limit = self._emulator.switches.requests_per_second
        if limit is None:
            return
        credential = request.headers.get("x-api-key") or request.headers.get("authorization") or ""
        where = (credential, operation.method, operation.path)
        now = self._emulator.clock.now()
        window, count = self._windows.get(where, (0, 0))
        count = count + 1 if window == int(now) else 1
        self._windows[where] = (int(now), count)
        if count > limit:
            raise Refusal(429, "Too many requests", retry_after=math.ceil(int(now) + 1 - now))


def respond(body: Any, status: int, headers: dict[str, str]) -> Response:
    """JSON, or plain text for a string."""
    if isinstance(body, str):
        return PlainTextResponse(body, status, headers)
    return JSONResponse(body, status, headers)


def checked(model: type[Model], value: Any, place: str) -> Model:
    """`value` as `model`; `Unprocessable` with what is wrong and where (`place` is `body` or `query`)."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        problems = [
            {"loc": _place(place, problem["loc"]), "msg": problem["msg"], "type": problem["type"]}
            for problem in error.errors(include_url=False, include_context=False, include_input=False)
        ]
        raise Unprocessable(problems) from error


def _place(place: str, where: tuple[int | str, ...]) -> list[int | str]:
    return [*where] if where and where[0] == place else [place, *where]


async def _body(request: Request) -> dict[str, Any]:
    raw = await request.body()
    if not raw:
        return {}
    try:
        body = json.loads(raw)
    except ValueError as error:
        problem = {"loc": ["body", 0], "msg": "JSON decode error", "type": "json_invalid"}
        raise Unprocessable([problem]) from error
    if not isinstance(body, dict):
        problem = {"loc": ["body"], "msg": "Input should be a valid dictionary", "type": "dict_type"}
        raise Unprocessable([problem])
    return body
