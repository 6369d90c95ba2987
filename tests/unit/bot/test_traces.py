"""Where spans go: nowhere unless somebody wants them, and not without what sends them."""

from __future__ import annotations

import sys
from contextlib import AsyncExitStack

import pytest

from agent.spans import NO_SPANS
from bot.otel import span_id, trace_id
from bot.processes import Part
from bot.settings import Settings, SettingsError
from bot.traces import spans_of, traced_tools
from tests.support.agent_world import Tools


async def test_nobody_keeps_spans_until_somebody_wants_them() -> None:
    async with AsyncExitStack() as stack:
        spans = await spans_of(stack, Settings(_env_file=None), Part.SERVE)
    assert spans is NO_SPANS
    toolbox = Tools().toolbox()
    assert traced_tools(toolbox, spans) is toolbox
    with spans.span("turn", turn="turn_1") as facts, spans.leaf("model"):
        facts.add(state="done")
    spans.past("job", turn="turn_1", began=1.0, ended=2.0)


async def test_without_the_extra_a_start_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("bot.otel", "opentelemetry.sdk"):
        monkeypatch.setitem(sys.modules, name, None)
    settings = Settings(_env_file=None, otel_exporter_otlp_endpoint="http://127.0.0.1:1")
    async with AsyncExitStack() as stack:
        with pytest.raises(SettingsError, match="the extra `traces`"):
            await spans_of(stack, settings, Part.WORKER)


def test_ids_are_the_same_in_every_process_whatever_version_it_is_of() -> None:
    assert (trace_id("turn_1"), span_id("event:turn_1")) == (0x4D08922539D48B31DE009F2575FD1FE1, 0x5B1FF09B8DF00E62)
    assert len({trace_id("turn_1"), trace_id("turn_2"), span_id("event:turn_1"), span_id("tool:turn_1:a")}) == 4
