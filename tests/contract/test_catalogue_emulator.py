"""The catalogue against our emulator: every operation, with the least and with everything, is accepted and read.

Directly and through the emulated Truto, in each shape of its answers: no operation is built twice (R2, R74).
"""

from __future__ import annotations

import ssl
import types
from collections.abc import AsyncIterator, Iterator
from typing import Annotated, Any, Union, get_args, get_origin

import httpx2
import pytest
from pydantic import BaseModel

from emulators.heygen import HeyGenEmulator
from emulators.truto import TrutoEmulator
from heygen import OPERATIONS, Client, Operation
from tests.support.heygen_requests import FULL, MINIMAL, file, seed
from tests.support.truto import WAYS, client_by

pytestmark = pytest.mark.full

# Loopback needs no certificates; loading them would be most of a test's time.
NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

LEAST = [pytest.param(OPERATIONS[name], arguments, id=name) for name, arguments in MINIMAL.items()]
MOST = [
    pytest.param(OPERATIONS[name], arguments, id=f"{name} {at}")
    for name, several in FULL.items()
    for at, arguments in enumerate(several)
]
# No request can have these: a token comes from a page before.
NEVER_TRIED = {"token"}


@pytest.fixture(scope="module")
async def running() -> AsyncIterator[HeyGenEmulator]:
    emulator = HeyGenEmulator(speed="step", balance=1_000, cap=100)
    await emulator.start()
    yield emulator
    await emulator.stop()


@pytest.fixture(scope="module")
async def truto() -> AsyncIterator[TrutoEmulator]:
    emulator = TrutoEmulator()
    await emulator.start()
    yield emulator
    await emulator.stop()


@pytest.fixture(params=WAYS)
async def client(
    running: HeyGenEmulator, truto: TrutoEmulator, request: pytest.FixtureRequest
) -> AsyncIterator[Client]:
    running.reset()
    truto.reset()
    seed(running)
    async with httpx2.AsyncClient(verify=NO_CERTIFICATES) as http:
        yield client_by(request.param, running.url, truto, http)


def test_every_operation_is_asked_for() -> None:
    assert set(MINIMAL) == set(OPERATIONS)
    more = {
        name for name, one in OPERATIONS.items() if one.body_of or {*one.parameters.model_fields} - {*MINIMAL[name]}
    }
    assert set(FULL) == more


def test_everything_an_operation_takes_is_asked_for() -> None:
    """Every field of every shape that occurs in the parameters is set in some request of its operation."""
    missing = []
    for name, several in FULL.items():
        parameters = OPERATIONS[name].parameters
        given = {used for one in several for used in _used(parameters.model_validate(one))}
        missing += [f"{name}: {shape.__name__}.{field}" for shape, field in sorted(_all(parameters) - given, key=str)]

    assert [one for one in missing if one.rpartition(".")[2] not in NEVER_TRIED] == []


def _used(model: BaseModel) -> Iterator[tuple[type[BaseModel], str]]:
    """The fields that are set in a model and in all that is in it."""
    for field in type(model).model_fields:
        value = getattr(model, field)
        if value is not None:
            yield type(model), field
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, BaseModel):
                yield from _used(part)


def _all(shape: type[BaseModel]) -> set[tuple[type[BaseModel], str]]:
    """The fields of a shape and of every shape in it. A file may be given in each of its ways anywhere."""
    found: set[tuple[type[BaseModel], str]] = set()
    for name, field in shape.model_fields.items():
        found.add((shape, name))
        for inner in _shapes(field.annotation):
            if not inner.__name__.startswith("File"):
                found |= _all(inner)
    return found


def _shapes(annotation: Any) -> Iterator[type[BaseModel]]:
    if get_origin(annotation) is Annotated:
        yield from _shapes(get_args(annotation)[0])
    elif get_origin(annotation) in (Union, types.UnionType, list):
        for part in get_args(annotation):
            yield from _shapes(part)
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation


async def ask(client: Client, operation: Operation[Any, Any], arguments: dict[str, Any]) -> Any:
    sent = file() if operation.takes_file else None
    return await client.call(operation, arguments, idempotency_key="gr-0123456789abcdef", file=sent)


@pytest.mark.parametrize(("operation", "arguments"), LEAST)
async def test_the_least_is_accepted(client: Client, operation: Operation[Any, Any], arguments: Any) -> None:
    answered = await ask(client, operation, arguments)

    assert (answered is None) == (operation.answer == "nothing")


@pytest.mark.parametrize(("operation", "arguments"), MOST)
async def test_everything_is_accepted(
    client: Client, running: HeyGenEmulator, operation: Operation[Any, Any], arguments: Any
) -> None:
    if operation.name == "complete_upload":  # its checksum can only be that of a file that is there
        running.assets.all["asset_1"].status = "processing"

    await ask(client, operation, arguments)


@pytest.mark.parametrize("name", [name for name, operation in OPERATIONS.items() if operation.job])
async def test_the_job_that_was_begun_can_be_read(client: Client, name: str) -> None:
    """As the rule in the catalogue says: where its id is, who reads it, and that its first word means running."""
    rule = OPERATIONS[name].job
    assert rule is not None
    answer = await client.call_plain(OPERATIONS[name], MINIMAL[name], idempotency_key="gr-1")
    [job_id, *_] = rule.ids(answer)
    asked = {rule.id_argument: [job_id] if rule.id_argument.endswith("_ids") else job_id}
    found = await client.call_plain(OPERATIONS[rule.read], asked)

    word = found["items"][0]["status"] if "items" in found and "status" not in found else found["status"]
    assert rule.progress(word) in ("running", "succeeded", "ours")
