"""A request is one trace, from the event in Slack to its last post, whichever process did what."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from pydantic import SecretStr

from tests.scenario.stage import Stage


class Collector:
    """Takes spans over OTLP and HTTP, as collectors do. `tokens` are what it was shown."""

    def __init__(self) -> None:
        self.spans: list[Any] = []
        self.parts: set[str] = set()
        self.tokens: set[str | None] = set()
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                collector.take(self.path, self.headers["x-token"], self.rfile.read(int(self.headers["content-length"])))
                self.send_response(200)
                self.send_header("content-type", "application/x-protobuf")
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                """Says nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def take(self, path: str, token: str | None, body: bytes) -> None:
        """Keep what was sent."""
        assert path == "/v1/traces"
        self.tokens.add(token)
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            named = {each.key: each.value.string_value for each in resource.resource.attributes}
            assert named["service.name"] == "greenroom"
            self.parts.add(named["greenroom.part"])
            self.spans += [span for scope in resource.scope_spans for span in scope.spans]

    def close(self) -> None:
        """Be gone."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def collector() -> Iterator[Collector]:
    collector = Collector()
    yield collector
    collector.close()


def facts(span: Any) -> dict[str, Any]:
    """What stands in a span."""
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in span.attributes}


@pytest.mark.timeout(60)  # the app starts three times
async def test_a_request_is_one_trace_over_two_processes(stage: Stage, collector: Collector) -> None:
    where = {"otel_exporter_otlp_endpoint": collector.url, "otel_exporter_otlp_headers": SecretStr("X-Token=s%203")}
    await stage.restart(**where)
    root = stage.ask(f"Translate {stage.video}?token=s3cr3t into French")
    await stage.reply(root)
    await stage.card(root, "French")
    await stage.restart()  # another process sees the job end and posts it
    await stage.finish()
    await stage.closing(root, "ready.")
    await stage.stop()

    (whole,) = {span.trace_id for span in collector.spans if span.name == "submission"}
    spans = [span for span in collector.spans if span.trace_id == whole]
    by_id = {span.span_id: span for span in spans}
    above = [(span.name, by_id[span.parent_span_id].name if span.parent_span_id else None) for span in spans]
    assert set(above) == {
        ("event", None),
        ("turn", "event"),
        ("model", "turn"),
        ("tool", "turn"),
        ("submission", "tool"),
        ("job", "submission"),
        ("delivery", "event"),
        ("delivery", "tool"),
    }
    assert above.count(("model", "turn")) == 2
    tool, job = (next(span for span in spans if span.name == name) for name in ("tool", "job"))
    assert facts(tool).items() >= {"greenroom.tool": "translate_video", "greenroom.outcome": "deferred"}.items()
    assert facts(job)["greenroom.state"] == "succeeded"
    assert job.start_time_unix_nano < job.end_time_unix_nano
    assert {facts(span)["greenroom.kind"] for span in spans if span.name == "delivery"} == {"reply", "card", "closing"}
    assert (collector.parts, collector.tokens) == ({"serve"}, {"s 3"})
    assert_harmless(collector.spans, stage)


def assert_harmless(spans: list[Any], stage: Stage) -> None:
    """Nothing that people wrote, nobody's id, nothing that opens anything."""
    text = " ".join(map(str, spans))
    private = ("Translate", "French", "://", "s3cr3t", stage.user(), stage.slack.workspace.team_id, "launch")
    assert [one for one in private if one in text] == []
