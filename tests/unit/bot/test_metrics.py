"""What is counted where, under which names, and who may read it."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import AsyncGenerator

import httpx2
import pytest
from starlette.applications import Starlette

from agent.errors import ModelError
from agent.model import Completed, ModelEvent, ModelRequest
from agent.records import ModelCall
from bot.loops import Loop
from bot.metrics import MeteredModel, MeteredTransport, Metrics
from bot.store.counts import Counts
from bot.web.metrics_page import MetricsPage
from heygen import APIError
from heygen.exchange import Reply, Request
from tests.architecture.settings_docs import ROOT

NONE = Counts({}, {}, {}, {}, {}, 0, 0, 0)
ASKED = ModelRequest(instructions="", input=[], tools=[], use_tools=False, cache_key="", person="")


class OneAnswer:
    """A model that answers, or fails with `error`."""

    def __init__(self, error: ModelError | None = None) -> None:
        self.error = error

    async def respond(self, request: ModelRequest) -> AsyncGenerator[ModelEvent, None]:
        if self.error is not None:
            raise self.error
        call = ModelCall("m", "r", "q", input_tokens=70, output_tokens=8, cached_tokens=0)
        yield Completed((), call)


class Answers:
    """A way to HeyGen that gives this."""

    def __init__(self, error: APIError | None = None) -> None:
        self.error = error

    async def send(self, request: Request) -> Reply:
        if self.error is not None:
            raise self.error
        return None  # type: ignore[return-value]


def value(metrics: Metrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(name, labels)


async def test_calls_of_the_model_are_counted_by_their_end_and_tokens_by_their_direction() -> None:
    metrics = Metrics()
    async for _ in MeteredModel(OneAnswer(), metrics).respond(ASKED):
        pass
    with pytest.raises(ModelError):
        async for _ in MeteredModel(OneAnswer(ModelError("quota", retryable=False)), metrics).respond(ASKED):
            pass
    assert value(metrics, "greenroom_model_calls_total", outcome="ok") == 1
    assert value(metrics, "greenroom_model_calls_total", outcome="quota") == 1
    assert value(metrics, "greenroom_model_tokens_total", direction="input") == 70
    assert value(metrics, "greenroom_model_tokens_total", direction="output") == 8


async def test_requests_to_heygen_are_counted_by_status() -> None:
    metrics = Metrics()
    refused = APIError(operation="x", status=429, code="rate_limited")
    await MeteredTransport(Answers(), metrics).send(None)  # type: ignore[arg-type]
    with pytest.raises(APIError):
        await MeteredTransport(Answers(refused), metrics).send(None)  # type: ignore[arg-type]
    assert value(metrics, "greenroom_heygen_requests_total", status="ok") == 1
    assert value(metrics, "greenroom_heygen_requests_total", status="429") == 1


async def test_rounds_are_timed_and_those_that_fail_are_counted() -> None:
    metrics = Metrics()

    async def fails() -> int:
        raise OSError

    for round_ in (fails, nothing):
        loop = Loop("jobs", round_, 1.0)
        loop.watch = metrics.round
        await loop._one()
    assert value(metrics, "greenroom_loop_round_seconds_count", loop="jobs") == 2
    assert value(metrics, "greenroom_loop_failures_total", loop="jobs") == 1


async def nothing() -> int:
    return 0


async def read(token: str | None, given: str | None) -> httpx2.Response:
    async def counted() -> Counts:
        return dataclasses.replace(NONE, deliveries={"dead": 2}, drift=1_500_000)

    page = MetricsPage(Metrics(), token=token, counts=counted, live_sessions=lambda: 3)
    transport = httpx2.ASGITransport(Starlette(routes=page.routes()))
    async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as http:
        return await http.get("/metrics", headers={"Authorization": given} if given else {})


async def test_the_page_is_for_whoever_has_the_token() -> None:
    answer = await read("s3cret", "Bearer s3cret")
    assert answer.status_code == 200
    lines = set(answer.text.splitlines())
    assert {'greenroom_deliveries{state="dead"} 2.0', "greenroom_wallet_drift_dollars 1.5"} <= lines
    assert "greenroom_live_sessions 3.0" in lines


@pytest.mark.parametrize(
    ("token", "given", "status"),
    [("s3cret", None, 401), ("s3cret", "Bearer wrong", 401), ("s3cret", "s3cret", 401), (None, "Bearer None", 404)],
)
async def test_and_for_nobody_else(token: str | None, given: str | None, status: int) -> None:
    answer = await read(token, given)
    assert (answer.status_code, "greenroom_" in answer.text) == (status, False)


@pytest.mark.parametrize("file", ["alerts.yml", "grafana.json"])
def test_every_metric_that_alerts_and_dashboard_name_exists(file: str) -> None:
    text = (ROOT / "docs/ops" / file).read_text()
    named = set(re.findall(r"\bgreenroom_\w+", text))
    assert named
    assert named - Metrics().names() == set()


def test_the_dashboard_shows_every_metric_once_at_least() -> None:
    dashboard = json.loads((ROOT / "docs/ops/grafana.json").read_text())
    shown = " ".join(target["expr"] for panel in dashboard["panels"] for target in panel["targets"])
    missing = {name for name in Metrics().names() if name not in shown}
    assert missing == {"greenroom_loop_round_seconds_sum", "greenroom_loop_round_seconds_count"}
