"""Spans for OpenTelemetry, sent over OTLP and HTTP by a thread of its own. Needs the extra `traces`."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar

from opentelemetry import context, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.trace import NonRecordingSpan, Span, SpanContext, SpanKind, Status, StatusCode, TraceFlags

from agent.spans import Fact, Facts

PREFIX = "greenroom."
SEND_SECONDS = 10.0
CLOSE_MILLISECONDS = 5_000
NANO = 1_000_000_000

_given: ContextVar[tuple[int | None, int | None]] = ContextVar("span_ids", default=(None, None))


def trace_id(turn_id: str) -> int:
    """The trace of a turn, in every process."""
    return int.from_bytes(hashlib.sha256(f"trace|{turn_id}".encode()).digest()[:16], "big")


def span_id(name: str) -> int:
    """The span of this name, in every process."""
    return int.from_bytes(hashlib.sha256(f"span|{name}".encode()).digest()[:8], "big")


class _Ids(RandomIdGenerator):
    """Ids that were worked out for the span that is about to begin, else random ones."""

    def generate_trace_id(self) -> int:
        """A trace's id."""
        return _given.get()[0] or super().generate_trace_id()

    def generate_span_id(self) -> int:
        """A span's id."""
        return _given.get()[1] or super().generate_span_id()

    def is_trace_id_random(self) -> bool:
        """Hashes are as good as random for whoever takes samples of traces."""
        return True


class _Open:
    """A span that is open (`agent.spans.Facts`)."""

    def __init__(self, span: Span) -> None:
        self._span = span

    def add(self, **facts: Fact) -> None:
        """See `Facts.add`."""
        self._span.set_attributes(_named(facts))


class OpenTelemetry:
    """`agent.spans.Spans`. `endpoint` is a collector's address without `/v1/traces`; what it does not take is lost."""

    on = True

    def __init__(self, endpoint: str, headers: Mapping[str, str], *, part: str, version: str) -> None:
        resource = Resource.create({"service.name": "greenroom", "service.version": version, "greenroom.part": part})
        self._provider = TracerProvider(resource=resource, id_generator=_Ids(), shutdown_on_exit=False)
        exporter = OTLPSpanExporter(f"{endpoint}/v1/traces", headers=dict(headers), timeout=SEND_SECONDS)
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("greenroom")

    def close(self) -> None:
        """Send what there is, for some seconds, and stop."""
        self._provider.force_flush(CLOSE_MILLISECONDS)
        self._provider.shutdown()

    def span(
        self, name: str, /, *, turn: str | None = None, key: str | None = None, under: str | None = None, **facts: Fact
    ) -> AbstractContextManager[Facts]:
        """See `Spans.span`."""
        return _current(self._begun(name, turn, key, under, facts))

    def leaf(self, name: str, /, **facts: Fact) -> AbstractContextManager[Facts]:
        """See `Spans.leaf`."""
        return _around(self._begun(name, None, None, None, facts))

    def past(
        self,
        name: str,
        /,
        *,
        turn: str,
        began: float,
        ended: float,
        key: str | None = None,
        under: str | None = None,
        **facts: Fact,
    ) -> None:
        """See `Spans.past`."""
        span = self._begun(name, turn, key, under, facts, began)
        span.end(int(ended * NANO))

    def _begun(
        self,
        name: str,
        turn: str | None,
        key: str | None,
        under: str | None,
        facts: Mapping[str, Fact],
        began: float | None = None,
    ) -> Span:
        own = None if key is None else span_id(f"{name}:{key}")
        ids = _given.set((None if turn is None else trace_id(turn), own))
        try:
            return self._tracer.start_span(
                name,
                context=_parent(turn, under),
                kind=SpanKind.SERVER if name == "event" else SpanKind.INTERNAL,
                attributes=_named({**facts, **({"turn": turn} if turn else {})}),
                start_time=None if began is None else int(began * NANO),
            )
        finally:
            _given.reset(ids)


@contextmanager
def _around(span: Span) -> Iterator[Facts]:
    try:
        yield _Open(span)
    except BaseException as error:
        # Its type alone: a message may hold what people wrote.
        span.set_status(Status(StatusCode.ERROR, type(error).__name__))
        raise
    finally:
        span.end()


@contextmanager
def _current(span: Span) -> Iterator[Facts]:
    """The same, and what begins in this task meanwhile hangs under it."""
    token = context.attach(trace.set_span_in_context(span))
    try:
        with _around(span) as facts:
            yield facts
    finally:
        context.detach(token)


def _parent(turn: str | None, under: str | None) -> context.Context:
    """What a span hangs under: what is named, else what is open here if it is of the same trace, else nothing."""
    if turn is not None and under is not None:
        named = SpanContext(trace_id(turn), span_id(under), is_remote=True, trace_flags=TraceFlags(TraceFlags.SAMPLED))
        return trace.set_span_in_context(NonRecordingSpan(named), context.Context())
    open_here = trace.get_current_span().get_span_context()
    if turn is None or open_here.trace_id == trace_id(turn):
        return context.get_current()
    return context.Context()


def _named(facts: Mapping[str, Fact]) -> dict[str, Fact]:
    return {f"{PREFIX}{name}": value for name, value in facts.items()}
