"""Any operation of the catalogue as a request, and its answer as a record. Pure: the transport is somebody else's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from pydantic import ValidationError

from .calls import open_data, open_page, segment
from .catalogue.operation import Answer, Idempotency, Operation
from .catalogue.parameters import Parameters
from .errors import InvalidArguments
from .exchange import FileSource, Reply, Request

A = TypeVar("A", bound=Parameters)
T = TypeVar("T")

PROBLEMS = 10
TOLD = 160  # characters; a list of all that is allowed may be long
_TRUSTED = frozenset({Idempotency.KEY})
_SENT = frozenset({Idempotency.KEY, Idempotency.LOOK_UP, Idempotency.NOTHING})


def checked(operation: Operation[A, T], arguments: A | Mapping[str, Any] | None) -> A:
    """`arguments` as the operation's model; `InvalidArguments` says what is wrong with them and quotes nothing."""
    if isinstance(arguments, operation.parameters):
        return arguments
    try:
        return operation.parameters.model_validate(arguments or {})
    except ValidationError as error:
        raise InvalidArguments(operation.name, _problems(error)) from None  # its own text would quote the values


def request_of(
    operation: Operation[A, T],
    arguments: A | Mapping[str, Any] | None,
    *,
    idempotency_key: str | None = None,
    file: FileSource | None = None,
) -> Request:
    """The request of a call. Only what is set is sent.

    `InvalidArguments` for arguments HeyGen would refuse; `ValueError` for a call without the key that its repetition
    would need, for a missing or unwanted file, and for an id that cannot be part of a path.
    """
    if operation.keyed and idempotency_key is None:
        raise ValueError(f"{operation.name} wants an idempotency key")
    if operation.takes_file is (file is None):
        raise ValueError(f"{operation.name} {'takes' if operation.takes_file else 'does not take'} a file")
    values = checked(operation, arguments).wire()
    path = _path(operation, values)
    reads = operation.method == "GET"
    return Request(
        operation=operation.vendor,
        method=operation.method,
        path=path,
        query={name: _plain(value) for name, value in values.items()} if reads else {},
        json=_body(operation, values, idempotency_key),
        file=file,
        idempotency_key=idempotency_key if operation.idempotency in _SENT else None,
        key_trusted=operation.idempotency in _TRUSTED,
        call_class=operation.call_class,
        retry_in_call=reads,
        harmless_twice=operation.idempotency in (Idempotency.NATURAL, Idempotency.REQUEST_ID),
    )


def result_of(operation: Operation[A, T], request: Request, reply: Reply) -> T:
    """The record in a reply, or a `Page` of records; `UnexpectedReply` where it is not of its documented shape."""
    match operation.answer:
        case Answer.ONE:
            return open_data(request, reply, operation.parse)
        case Answer.PAGE:
            return cast(T, open_page(request, reply, operation.parse))
        case Answer.NOTHING:
            return operation.parse(reply.body)


def plain_of(operation: Operation[A, T], request: Request, reply: Reply) -> Any:
    """The same as JSON, as HeyGen said it: the resource, or `{"items": …, "next_token": …}` for a page of a list."""
    match operation.answer:
        case Answer.ONE:
            return open_data(request, reply, _as_it_is)
        case Answer.PAGE:
            page = open_page(request, reply, _as_it_is)
            return {"items": list(page.items), "next_token": page.next_token}
        case Answer.NOTHING:
            return None


def _as_it_is(value: Any) -> Any:
    return value


def _path(operation: Operation[A, T], values: dict[str, Any]) -> str:
    """The path with its ids in it, which are taken out of `values`."""
    parts = operation.path.split("/")
    return "/".join(segment(values.pop(part[1:-1])) if part.startswith("{") else part for part in parts)


def _body(operation: Operation[A, T], values: dict[str, Any], key: str | None) -> Any:
    if operation.method in ("GET", "DELETE") or operation.bodyless or operation.takes_file:
        return None
    if operation.body_of is not None:
        return values[operation.body_of]
    if operation.idempotency is Idempotency.REQUEST_ID:
        return {"request_id": key} | values
    return values


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _problems(error: ValidationError) -> tuple[tuple[str, str], ...]:
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return tuple((".".join(map(str, one["loc"])) or "arguments", one["msg"][:TOLD]) for one in found[:PROBLEMS])
