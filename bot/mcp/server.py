"""The MCP server: what programs ask, handed to calls, jobs and resources. It holds no state of any of them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import structlog
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    CallToolRequestParams,
    CallToolResult,
    ListResourcesResult,
    ListResourceTemplatesResult,
    ListToolsResult,
    PaginatedRequestParams,
    ReadResourceRequestParams,
    ReadResourceResult,
    TextContent,
    TextResourceContents,
)
from pydantic import BaseModel, ValidationError

from agent.catalogue.finding import FIND
from agent.records import Json
from agent.toolbox import ARGUMENTS_LIMIT, Toolbox
from bot.mcp import answers
from bot.mcp.calls import Calls
from bot.mcp.extra import ExtraTools
from bot.mcp.jobs import Jobs, Progress
from bot.mcp.resources import TEMPLATES, Resources
from bot.mcp.tokens import Token
from bot.mcp.tools import CALL, GET, LIST, OWN, WAIT, tools, with_schemas
from bot.slack.outcomes import SLACK_ERRORS, judge

log = structlog.get_logger(__name__)

Context = ServerRequestContext[Any, Any]
WhoseCall = Callable[[Context], Token]

NAME = "greenroom"
ONCE = "greenroom/idempotency-key"  # in a request's `_meta`: the same key is the same call
LONGEST_ONCE = 200
AT_ONCE = 16  # requests of one token that are answered at the same time
INSTRUCTIONS = (
    "Greenroom makes, translates and lip-syncs videos with HeyGen. What takes long is submitted: the answer has a "
    "handle (J1) at once, and get_job or wait_for_job tell the true state. Every answer has ok, code, retryable and "
    "retry_after_s. code needs_approval: a person has to press Approve in Slack, at waits_at; go on with the same "
    "handle afterwards and never submit again for it."
)
TOO_LARGE = f"The arguments are longer than {ARGUMENTS_LIMIT} characters."
SLACK_AWAY = "Slack cannot be reached at the moment, so nothing was done."
CALL_NOW = "Call these with call_tool."


@dataclass(frozen=True, slots=True)
class Parts:
    """What the server hands requests to."""

    toolbox: Toolbox
    calls: Calls
    jobs: Jobs
    resources: Resources
    extra: ExtraTools


class Desk:
    """Answers the requests of programs; `whose` tells which token a request came by."""

    def __init__(self, parts: Parts, whose: WhoseCall) -> None:
        self._parts = parts
        self._whose = whose
        self._under_way: Counter[str] = Counter()

    def server(self, version: str) -> Server[Any]:
        """The server over these answers."""
        return Server(
            NAME,
            version=version,
            title="Greenroom",
            instructions=INSTRUCTIONS,
            on_list_tools=self.list_tools,
            on_call_tool=self.call_tool,
            on_list_resources=self.list_resources,
            on_list_resource_templates=self.list_templates,
            on_read_resource=self.read_resource,
        )

    async def list_tools(self, context: Context, _: PaginatedRequestParams | None) -> ListToolsResult:
        """See `bot.mcp.tools`."""
        token = self._whose(context)
        return ListToolsResult(tools=[*tools(self._parts.toolbox), *await self._parts.extra.tools(token)])

    async def list_resources(self, context: Context, _: PaginatedRequestParams | None) -> ListResourcesResult:
        """See `Resources.listed`."""
        return ListResourcesResult(resources=await self._parts.resources.listed(self._whose(context)))

    async def list_templates(self, context: Context, _: PaginatedRequestParams | None) -> ListResourceTemplatesResult:
        """The three kinds of resources."""
        self._whose(context)
        return ListResourceTemplatesResult(resource_templates=TEMPLATES)

    async def read_resource(self, context: Context, params: ReadResourceRequestParams) -> ReadResourceResult:
        """See `Resources.read`; a JSON-RPC error for what there is not."""
        uri = str(params.uri)
        found = await self._parts.resources.read(self._whose(context), uri)
        if found is None:
            raise MCPError(code=INVALID_PARAMS, message="There is no such resource.", data={"uri": uri[:200]})
        kind, text = found
        return ReadResourceResult(contents=[TextResourceContents(uri=uri, mime_type=kind, text=text)])

    async def call_tool(self, context: Context, params: CallToolRequestParams) -> CallToolResult:
        """Carry a call out, or say why not; a JSON-RPC error for a tool that there is not."""
        token = self._whose(context)
        with self._counted(token) as free:
            if not free:
                busy = "Too many requests of this program are being answered. Ask again in a moment."
                return _result(answers.error("busy", busy, retryable=True, retry_after=answers.AT_ONCE))
            arguments = params.arguments or {}
            if len(json.dumps(arguments)) > ARGUMENTS_LIMIT:
                return _result(answers.error("too_large", TOO_LARGE))
            try:
                return _result(await self._called(context, token, params.name, arguments))
            except ValidationError as error:
                return _result(answers.error("invalid_arguments", _first(error), correctable=True))
            except SLACK_ERRORS as error:
                failure = judge(error)
                log.warning("program_without_slack", program=token.name, code=failure.code)
                return _result(answers.error("slack_unavailable", SLACK_AWAY, retryable=True, retry_after=5.0))

    async def _called(self, context: Context, token: Token, name: str, arguments: Json) -> Json:
        jobs = self._parts.jobs
        if name in OWN:
            given = OWN[name][0].model_validate(arguments)
            match name:
                case _ if name == GET:
                    return await jobs.get(token, _field(given, "handle"))
                case _ if name == LIST:
                    return await jobs.newest(token)
                case _ if name == WAIT:
                    seconds = float(_field(given, "seconds"))
                    return await jobs.wait(token, _field(given, "handles"), seconds, _progress(context))
                case _ if name == CALL:
                    return await self._outside(context, token, _field(given, "name"), _field(given, "arguments"))
        return await self._outside(context, token, name, arguments)

    async def _outside(self, context: Context, token: Token, name: str, arguments: Json) -> Json:
        """A tool of the chat, or one that the account's own gateway defines."""
        if name in OWN:
            return answers.error("not_nested", f"{name} is called by itself.")
        if self._parts.toolbox.spec(name) is None and await self._parts.extra.knows(token, name):
            return await self._parts.extra.call(token, name, arguments)
        told = await self._parts.calls.call(token, name, arguments, once=_once(context))
        if told["code"] == "unknown_tool":
            raise MCPError(code=INVALID_PARAMS, message=f"Unknown tool: {name[:64]}")
        if name == FIND and told["ok"]:
            found = with_schemas(told.get("found", []), self._parts.toolbox)
            told |= {"found": found, "note": CALL_NOW if found else told.get("note", "")}
        return told

    @contextmanager
    def _counted(self, token: Token) -> Iterator[bool]:
        free = self._under_way[token.name] < AT_ONCE
        self._under_way[token.name] += 1
        try:
            yield free
        finally:
            self._under_way[token.name] -= 1


def _result(told: Json) -> CallToolResult:
    """Structured, and the same as text: some agents pass only text on to their model."""
    text = json.dumps(told, ensure_ascii=False)
    return CallToolResult(
        content=[TextContent(type="text", text=text)], structured_content=told, is_error=not told["ok"]
    )


def _field(given: BaseModel, name: str) -> Any:
    return getattr(given, name)


def _once(context: Context) -> str | None:
    """The key that makes a repeated request the same call; `MCPError` for one that is no key."""
    meta: Mapping[str, Any] = context.meta or {}
    once = meta.get(ONCE)
    if once is not None and not (isinstance(once, str) and 0 < len(once) <= LONGEST_ONCE):
        raise MCPError(code=INVALID_PARAMS, message=f"_meta {ONCE} has to be text of at most {LONGEST_ONCE} characters")
    return once


def _progress(context: Context) -> Progress:
    async def tell(done: float, total: float, message: str) -> None:
        await context.session.report_progress(done, total, message)

    return tell


def _first(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"]) or "arguments"
    return f"{place}: {first['msg']}"
