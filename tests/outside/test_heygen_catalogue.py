"""Every operation of our catalogue against HeyGen's own schema, served by Prism."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

import heygen as ours
from heygen import OPERATIONS, Client, Operation
from tests.outside.judges import DOCUMENT, Judge, need
from tests.support.heygen_requests import FULL, MINIMAL, file
from tests.support.heygen_schema import MISSING, named_examples, operations

pytestmark = [pytest.mark.outside, pytest.mark.timeout(90)]

Open = Callable[..., Awaitable[Client]]

# Each operation with its least, and with everything it takes.
ASKED = {name: [MINIMAL[name], *FULL.get(name, [])] for name in OPERATIONS}
EVERYTHING = [
    pytest.param(OPERATIONS[name], arguments, id=f"{name} {at}")
    for name, several in ASKED.items()
    for at, arguments in enumerate(several)
]
A_TOKEN = "cursor"


async def _ask(client: Client, operation: Operation[Any, Any], arguments: dict[str, Any]) -> Any:
    sent = file() if operation.takes_file else None
    return await client.call(operation, arguments, idempotency_key="gr-0123456789abcdef", file=sent)


def test_every_operation_of_the_vendor_is_judged() -> None:
    need(DOCUMENT, MISSING)
    assert {OPERATIONS[name].vendor for name in ASKED} == set(operations())
    assert len(ASKED) == 85


@pytest.mark.parametrize(("operation", "arguments"), EVERYTHING)
async def test_an_operation_is_accepted_and_its_answer_read(
    client: Open, prism: Judge, operation: Operation[Any, Any], arguments: dict[str, Any]
) -> None:
    before = len(prism.told())
    least = arguments is MINIMAL[operation.name]
    paged = {"token": A_TOKEN} if not least and "token" in operation.parameters.model_fields else {}

    answered = await _ask(await client(), operation, arguments | paged)

    assert (answered is None) == (operation.answer == "nothing")
    assert "Violation" not in prism.told()[before:]


def _examples() -> list[Any]:
    """Every named example of every operation; none where the file is missing, which other tests tell."""
    described = operations() if DOCUMENT.exists() else {}
    vendors = {operation.vendor: operation for operation in OPERATIONS.values()}
    return [
        pytest.param(vendors[vendor], example, id=f"{vendor} {example}")
        for vendor, found in described.items()
        for example in sorted(named_examples(found))
    ]


@pytest.mark.parametrize(("operation", "example"), _examples())
async def test_a_named_example_is_a_record_of_ours(client: Open, operation: Operation[Any, Any], example: str) -> None:
    """Whatever state the vendor shows, it can be read, and its word for it is one we know."""
    preferring = await client(f"example={example}")
    answered = await _ask(preferring, operation, MINIMAL[operation.name])
    words = [found.job for found in OPERATIONS.values() if found.job and found.job.read == operation.name]

    assert answered is not None
    assert not words or words[0].progress(answered.status_word) != "unknown"


@pytest.mark.parametrize("name", OPERATIONS)
async def test_a_refusal_names_the_vendors_operation(client: Open, name: str) -> None:
    operation = OPERATIONS[name]
    with pytest.raises(ours.RateLimited) as caught:
        await _ask(await client("code=429"), operation, MINIMAL[name])

    assert (caught.value.operation, caught.value.retry_after, caught.value.retryable) == (operation.vendor, 2.0, True)


@pytest.mark.parametrize("name", OPERATIONS)
async def test_a_failure_may_be_repeated_only_where_that_is_promised(client: Open, name: str) -> None:
    operation = OPERATIONS[name]
    with pytest.raises(ours.ServerError) as caught:
        await _ask(await client("code=503"), operation, MINIMAL[name])

    promised = operation.idempotency not in ("look_up", "nothing")
    assert (caught.value.retryable, caught.value.outcome_unknown) == (promised, operation.method != "GET")
