"""What Prometheus can read of a process: what it did is counted here, what waits is read from the tables when asked.

Names and labels are few on purpose: the alerts in `docs/ops` are made of them. No label holds an id, a name or
anything else of customers.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from agent.errors import ModelError
from agent.model import Completed, Model, ModelEvent, ModelRequest
from bot.store.counts import Counts
from heygen import APIError, HeyGenError, Transport
from heygen.exchange import Reply, Request

ROUND_SECONDS = (0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 30.0)
MICRO = 1_000_000


class Metrics:
    """The metrics of one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        own = self.registry
        self._turns = Gauge("greenroom_turns", "Turns by state.", ["state"], registry=own)
        self._jobs = Gauge("greenroom_jobs", "Jobs at HeyGen by state.", ["state"], registry=own)
        self._submissions = Gauge("greenroom_submissions", "Paid requests by state.", ["state"], registry=own)
        self._deliveries = Gauge("greenroom_deliveries", "Posts in Slack by state.", ["state"], registry=own)
        self._oldest = Gauge(
            "greenroom_oldest_waiting_seconds",
            "For how long the oldest row that is due has waited.",
            ["loop"],
            registry=own,
        )
        self._drift = Gauge(
            "greenroom_wallet_drift_dollars",
            "What the wallet lost or gained and no job explains, so far.",
            registry=own,
        )
        self._orphans = Gauge(
            "greenroom_live_orphans", "Live sessions that cost money and have no living owner.", registry=own
        )
        self._left = Gauge(
            "greenroom_conversations_left_to_newer",
            "Conversations with work that only a newer version reads.",
            registry=own,
        )
        self._sessions = Gauge("greenroom_live_sessions", "Live sessions of this process.", registry=own)
        self._model_calls = Counter(
            "greenroom_model_calls", "Calls of the language model by how they ended.", ["outcome"], registry=own
        )
        self._tokens = Counter("greenroom_model_tokens", "Tokens of the language model.", ["direction"], registry=own)
        self._heygen = Counter(
            "greenroom_heygen_requests", "Requests to HeyGen by status (or how they failed).", ["status"], registry=own
        )
        self._rounds = Histogram(
            "greenroom_loop_round_seconds",
            "How long a loop's rounds take.",
            ["loop"],
            buckets=ROUND_SECONDS,
            registry=own,
        )
        self._failures = Counter("greenroom_loop_failures", "Rounds that failed.", ["loop"], registry=own)

    # -- what happens ------------------------------------------------------------------------------------------

    def round(self, loop: str, seconds: float, *, failed: bool) -> None:
        """A loop's round is over."""
        self._rounds.labels(loop).observe(seconds)
        if failed:
            self._failures.labels(loop).inc()

    def answered(self, outcome: str, input_tokens: int = 0, output_tokens: int = 0) -> None:
        """A call of the model is over: `ok`, or the code of its error."""
        self._model_calls.labels(outcome).inc()
        self._tokens.labels("input").inc(input_tokens)
        self._tokens.labels("output").inc(output_tokens)

    def requested(self, status: str) -> None:
        """A request to HeyGen is over."""
        self._heygen.labels(status).inc()

    # -- what is -----------------------------------------------------------------------------------------------

    def page(self, counts: Counts, live_sessions: int) -> bytes:
        """Everything, in Prometheus's text format."""
        _set(self._turns, counts.turns)
        _set(self._jobs, counts.jobs)
        _set(self._submissions, counts.submissions)
        _set(self._deliveries, counts.deliveries)
        _set(self._oldest, counts.oldest)
        self._drift.set(counts.drift / MICRO)
        self._orphans.set(counts.orphans)
        self._left.set(counts.left_to_newer)
        self._sessions.set(live_sessions)
        return generate_latest(self.registry)

    def names(self) -> set[str]:
        """The names under which Prometheus knows the metrics."""
        return {sample for metric in self.registry.collect() for sample in _names(metric.name, metric.type)}


def _set(gauge: Gauge, values: Mapping[str, float]) -> None:
    for label, value in values.items():
        gauge.labels(label).set(value)


def _status(error: HeyGenError) -> str:
    """HTTP's status, or that there was no answer that has one."""
    return str(error.status) if isinstance(error, APIError) else "none"


def _names(name: str, kind: str) -> Iterable[str]:
    match kind:
        case "counter":
            return [f"{name}_total"]
        case "histogram":
            return [f"{name}_bucket", f"{name}_sum", f"{name}_count"]
        case _:
            return [name]


class MeteredModel:
    """A model whose calls are counted."""

    def __init__(self, model: Model, metrics: Metrics) -> None:
        self._model = model
        self._metrics = metrics

    async def respond(self, request: ModelRequest) -> AsyncGenerator[ModelEvent, None]:
        """See `agent.model.Model.respond`."""
        events = self._model.respond(request)
        try:
            async for event in events:
                if isinstance(event, Completed):
                    self._metrics.answered("ok", event.call.input_tokens, event.call.output_tokens)
                yield event
        except ModelError as error:
            self._metrics.answered(error.code)
            raise
        finally:
            await events.aclose()


class MeteredTransport:
    """A way to HeyGen whose requests are counted, each attempt by itself."""

    def __init__(self, transport: Transport, metrics: Metrics) -> None:
        self._transport = transport
        self._metrics = metrics

    async def send(self, request: Request) -> Reply:
        """See `heygen.Transport.send`."""
        try:
            reply = await self._transport.send(request)
        except HeyGenError as error:
            self._metrics.requested(_status(error))
            raise
        self._metrics.requested("ok")
        return reply
