"""A turn whose model fails on purpose still ends answered, and llmock finds nothing wrong with how we took it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from emulators.openai.validate import Rules, check_responses
from tests.outside.backstage import Backstage
from tests.outside.judges import Judge

pytestmark = [pytest.mark.outside, pytest.mark.timeout(120)]

Json = dict[str, Any]

ANSWER = "There is nothing in this thread yet, so tell me what to make."
CALLS = {"type": "reply", "tool_calls": [{"name": "list_jobs", "arguments": {}}]}
TWICE = {**CALLS, "times": 2}  # the broken attempt takes one of them
ANSWERS = {"type": "reply", "text": ANSWER, "times": None}
SPARED = {"type": "stream_fault", "kind": "truncate", "after_chunks": 10_000}  # takes a request's turn, never strikes


def cut(kind: str, after: int) -> Json:
    """A stream that breaks after some chunks; text begins with the fifth."""
    return {"type": "stream_fault", "kind": kind, "after_chunks": after}


# What goes wrong → the script, and how many faults strike. A turn without faults takes two calls.
FAULTS: dict[str, tuple[list[Json], int]] = {
    "asked to wait": ([{"type": "fail", "status": 429, "retry_after": 3}, CALLS], 1),
    "asked to wait twice": ([{"type": "fail", "status": 429, "retry_after": 2, "times": 2}, CALLS], 2),
    "overloaded": ([{"type": "fail", "status": 503, "times": 2}, CALLS], 2),
    "broken inside": ([{"type": "fail", "status": 500}, CALLS], 1),
    "ended within a tool call": ([cut("truncate", 4), TWICE], 1),
    "ended within the answer": ([SPARED, cut("truncate", 8), CALLS], 1),
    "dropped before anything": ([cut("disconnect", 0), TWICE], 1),
    "dropped within the answer": ([SPARED, cut("disconnect", 8), CALLS], 1),
    "garbled within a tool call": ([cut("malformed", 4), TWICE], 1),
    "garbled within the answer": ([SPARED, cut("malformed", 8), CALLS], 1),
    "slow to begin": ([{"type": "slow_first_token", "seconds": 2}, CALLS], 0),
    "everything": (
        [{"type": "fail", "status": 429, "retry_after": 1}, cut("truncate", 4), SPARED, cut("malformed", 8), TWICE],
        3,
    ),
}


@pytest.fixture
async def control(llmock: Judge) -> AsyncIterator[httpx2.AsyncClient]:
    """llmock's control interface, with everything before forgotten."""
    async with httpx2.AsyncClient(base_url=llmock.url) as http:
        await http.post("/_llmock/reset")
        yield http


async def script(control: httpx2.AsyncClient, behaviors: list[Json]) -> None:
    """Say what the next requests meet."""
    (await control.post("/_llmock/scenario", json={"behaviors": behaviors})).raise_for_status()


async def read(control: httpx2.AsyncClient, what: str) -> Json:
    """One of llmock's records."""
    found: Json = (await control.get(f"/_llmock/{what}")).json()
    return found


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_turn_ends_answered_and_the_verdict_is_passed(
    backstage: Backstage, llmock: Judge, prism: Judge, control: httpx2.AsyncClient, fault: str
) -> None:
    behaviors, faults = FAULTS[fault]
    await script(control, [*behaviors, ANSWERS])
    await backstage.open(model=llmock.url, heygen=prism.url)

    root = backstage.ask("What is going on here?")
    await backstage.told(root, ANSWER)

    assert [m.text for m in backstage.by_app(root)] == [ANSWER]
    verdict = await read(control, "verdict")
    assert (verdict["passed"], verdict["errors"], verdict["faults_injected"]) == (True, 0, faults), verdict
    await every_request_is_one_that_openai_takes(control, 2 + faults)


async def every_request_is_one_that_openai_takes(control: httpx2.AsyncClient, count: int) -> None:
    """llmock takes anything, so the bodies it kept are held against the rules (pairs, ids, `store`, strict schemas)."""
    bodies = [request["body"] for request in (await read(control, "requests"))["requests"]]

    assert len(bodies) == count
    for body in bodies:
        check_responses(body, Rules(store_must_be_false=True))
        assert body["store"] is False


async def test_the_judge_fails_a_client_that_takes_half_an_answer(control: httpx2.AsyncClient) -> None:
    """A judge that passes everybody would make the test above worthless."""
    await script(control, [cut("truncate", 6), ANSWERS])

    await control.post("/v1/responses", json={"model": "m", "input": "Hello", "stream": True})

    verdict = await read(control, "verdict")
    assert [finding["code"] for finding in verdict["findings"]] == ["truncated_stream_accepted"]
    assert verdict["passed"] is False


async def test_the_judge_fails_a_client_that_does_not_wait(control: httpx2.AsyncClient) -> None:
    await script(control, [{"type": "fail", "status": 429, "retry_after": 30}, ANSWERS])

    for _ in range(2):
        await control.post("/v1/responses", json={"model": "m", "input": "Hello"})

    assert (await read(control, "verdict"))["passed"] is False
