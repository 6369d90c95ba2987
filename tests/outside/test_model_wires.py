"""The core of the wires' contract against two servers of others, llmock and aimock; neither looks at pairs, we do."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from tests.outside.judges import Judge
from tests.support import wire_suite as suite
from tests.support.wire_suite import Line, WireCore

pytestmark = [pytest.mark.outside, pytest.mark.timeout(120)]

Json = dict[str, Any]

LOOK = {"name": "look", "arguments": {"word": "one"}}
LISTEN = {"name": "listen", "arguments": {"word": "two"}}
BEHAVIORS: dict[str, list[Json]] = {
    suite.TEXT: [{"type": "reply", "text": suite.ANSWER}],
    suite.ONE: [{"type": "reply", "tool_calls": [LOOK]}],
    suite.PARALLEL: [{"type": "reply", "tool_calls": [LOOK, LISTEN]}],
    suite.AFTER: [{"type": "reply", "text": suite.LOOKED}],
    suite.BUSY: [{"type": "fail", "status": 429, "retry_after": 3}],
    suite.BROKEN: [{"type": "fail", "status": 500}],
    suite.CUT: [{"type": "stream_fault", "kind": "truncate", "after_chunks": 2}],
}


class LLMock:
    """Says what its script says."""

    key, model = "judged", "gpt-judged"

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self.base_url = f"{judge.url}/v1"

    async def prepare(self, case: str) -> None:
        """See `Double.prepare`."""
        async with httpx2.AsyncClient(base_url=self._judge.url) as http:
            await http.post("/_llmock/reset")
            body = {"behaviors": BEHAVIORS[case]}
            (await http.post("/_llmock/scenario", json=body)).raise_for_status()


class AIMock:
    """Says what `fixtures/wires.json` foresees for the words of the question."""

    key, model = "judged", "gpt-judged"

    def __init__(self, judge: Judge) -> None:
        self.base_url = f"{judge.url}/v1"

    async def prepare(self, case: str) -> None:
        """Nothing: the question is enough."""


DOUBLES = {"llmock": LLMock, "aimock": AIMock}


@pytest.fixture(params=DOUBLES)
def double(request: pytest.FixtureRequest) -> LLMock | AIMock:
    return DOUBLES[request.param](request.getfixturevalue(request.param))


@pytest.fixture(params=suite.WIRES)
async def line(request: pytest.FixtureRequest, double: LLMock | AIMock) -> AsyncIterator[Line]:
    async with suite.opened(request.param, double) as line:
        yield line


class TestCore(WireCore):
    """Both wires, both servers."""
