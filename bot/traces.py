"""Spans around events, the model and tools; all spans go to OpenTelemetry with the extra `traces`, else nowhere."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from typing import Any

from agent.errors import ModelError
from agent.model import Completed, Model, ModelEvent, ModelRequest
from agent.ports import Clock
from agent.spans import NO_SPANS, Spans
from agent.tool_calls import Outcome, to_checkpoint
from agent.toolbox import CallContext, Toolbox, ToolFunction, ToolSpec
from bot.processes import Part, version
from bot.settings import Settings, SettingsError
from bot.slack.ports import Lanes
from bot.store.inbox import Accepted, Duplicate, NewEvent, NotOurs
from bot.store.turns import turn_id_of

NEEDS = "OTEL_EXPORTER_OTLP_ENDPOINT needs the packages of the extra `traces`: see docs/operations.md, or leave it out."


async def spans_of(stack: AsyncExitStack, settings: Settings, part: Part) -> Spans:
    """Where the settings say that spans go; `SettingsError` where what sends them is not installed.

    What has not been sent is sent when the stack is closed.
    """
    if settings.otel_exporter_otlp_endpoint is None:
        return NO_SPANS
    try:
        from bot.otel import OpenTelemetry
    except ModuleNotFoundError as error:
        raise SettingsError(NEEDS) from error
    headers = settings.otel_headers()
    kept = OpenTelemetry(settings.otel_exporter_otlp_endpoint, headers, part=part, version=version())
    stack.push_async_callback(asyncio.to_thread, kept.close)
    return kept


class TracedLanes:
    """Lanes whose new events are spans, by which the turns that they bring about are found."""

    def __init__(self, lanes: Lanes, spans: Spans, clock: Clock) -> None:
        self._lanes = lanes
        self._spans = spans
        self._clock = clock

    async def accept(self, event: NewEvent) -> Accepted | Duplicate | NotOurs:
        """See `Lanes.accept`. What is told again, or is none of our business, is no span."""
        began = self._clock.now()
        accepted = await self._lanes.accept(event)
        if isinstance(accepted, Accepted):
            turn_id = turn_id_of(event.id)
            ended = self._clock.now()
            self._spans.past("event", turn=turn_id, key=turn_id, began=began, ended=ended, kind=event.kind)
        return accepted


class TracedModel:
    """A model whose calls are spans."""

    def __init__(self, model: Model, spans: Spans) -> None:
        self._model = model
        self._spans = spans

    async def respond(self, request: ModelRequest) -> AsyncGenerator[ModelEvent, None]:
        """See `agent.model.Model.respond`."""
        events = self._model.respond(request)
        with self._spans.leaf("model", tools=len(request.tools), items=len(request.input)) as facts:
            try:
                async for event in events:
                    if isinstance(event, Completed):
                        call = event.call
                        facts.add(model=call.model, input_tokens=call.input_tokens, output_tokens=call.output_tokens)
                    yield event
            except ModelError as error:
                facts.add(code=error.code)
                raise
            finally:
                await events.aclose()


def traced_tools(toolbox: Toolbox, spans: Spans) -> Toolbox:
    """Tools whose calls are spans."""

    def run_of(spec: ToolSpec) -> ToolFunction:
        async def run(context: CallContext, arguments: Any) -> Outcome:
            turn_id = context.turn.id
            key = f"{turn_id}:{context.call_id}"
            with spans.span("tool", turn=turn_id, key=key, tool=spec.name, effect=spec.effect.value) as facts:
                outcome = await spec.run(context, arguments)
                said = to_checkpoint(outcome)
                facts.add(**{name: str(said[name]) for name in ("outcome", "code") if name in said})
                return outcome

        return run

    return toolbox.carried_out_by(run_of) if spans.on else toolbox
