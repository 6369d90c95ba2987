"""Tools that the HeyGen account's gateway defines at run time: those of Truto, as far as they only read.

What they would change or pay for has no price, no key and no way to look for it afterwards: our own tools do that work
by way of the same account, and these are refused with a word about it. Their answers show what others have made, so
they are for operators and admins.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Protocol

import structlog
from mcp_types import Tool, ToolAnnotations

from agent import sentences
from agent.ports import Roles
from agent.records import Json
from agent.rights import Right, may, roles_towards
from bot.mcp import answers
from bot.mcp.tokens import Token
from heygen import HeyGenError, InvalidArguments
from heygen.truto import TrutoTools

log = structlog.get_logger(__name__)

ANSWER_LIMIT = 50_000  # characters of JSON
SECRET = re.compile(r"secret|password|api_?key|authorization|(?<!next_)token$", re.IGNORECASE)
WRITES = (
    "{name} changes something or costs money at HeyGen without a price, an approval and a record of ours. "
    "translate_video, create_video, lipsync_video and the tools of find_tools do it by way of the same account."
)
NOT_YOURS = "Only operators and admins see what the whole HeyGen account holds."
TOO_MUCH = "The answer is too long. Ask for fewer: most lists take `limit`."


class ExtraTools(Protocol):
    """Tools beside ours."""

    async def tools(self, token: Token) -> list[Tool]:
        """Those that this token may call."""
        ...

    async def knows(self, token: Token, name: str) -> bool:
        """Whether there is one of this name, whoever may call it."""
        ...

    async def call(self, token: Token, name: str, arguments: Json) -> Json:
        """What it answers."""
        ...


class NoExtraTools:
    """Where HeyGen is reached directly."""

    async def tools(self, token: Token) -> list[Tool]:
        """None."""
        return []

    async def knows(self, token: Token, name: str) -> bool:
        """Never."""
        return False

    async def call(self, token: Token, name: str, arguments: Json) -> Json:
        """Nothing to call."""
        return answers.error("unknown_tool", "There is no such tool.")


class TrutoPassThrough:
    """Truto's own tools of the account."""

    def __init__(self, tools: TrutoTools, roles: Roles) -> None:
        self._tools = tools
        self._roles = roles

    async def tools(self, token: Token) -> list[Tool]:
        """Those that read; none while Truto does not tell them, since our own do not depend on it."""
        if not self._may(token):
            return []
        try:
            listed = (await self._tools.listed()).tools.values()
        except HeyGenError as error:
            log.warning("truto_tools_unread", error=str(error))
            return []
        hints = ToolAnnotations(read_only_hint=True, open_world_hint=True)
        return [
            Tool(name=one.name, description=one.description or one.name, input_schema=one.schema, annotations=hints)
            for one in listed
            if one.reads
        ]

    async def knows(self, token: Token, name: str) -> bool:
        """Whether Truto has it."""
        try:
            return name in (await self._tools.listed()).tools
        except HeyGenError as error:
            log.warning("truto_tools_unread", error=str(error))
            return False

    async def call(self, token: Token, name: str, arguments: Json) -> Json:
        """Carry out a read, or say why not."""
        if not self._may(token):
            return answers.error("not_allowed", NOT_YOURS)
        try:
            if not (await self._tools.listed()).tools[name].reads:
                return answers.error("not_offered", WRITES.format(name=name[:64]))
            told = _without_secrets(await self._tools.call(name, arguments))
        except InvalidArguments as error:
            place, what = error.problems[0]
            return answers.error("invalid_arguments", f"{place}: {what}", correctable=True)
        except HeyGenError as error:
            log.warning("truto_tool_failed", tool=name, error=str(error))
            code, sentence = sentences.reason_code(error), sentences.for_heygen(error)
            return answers.error(code, sentence, retryable=error.retryable, retry_after=error.retry_after)
        if len(json.dumps(told, ensure_ascii=False)) > ANSWER_LIMIT:
            return answers.error("too_large", TOO_MUCH, correctable=True)
        return answers.answer(ok=True, code=answers.FINE, answer=told)

    def _may(self, token: Token) -> bool:
        appointed = self._roles.appointed(token.workspace_id, token.person)
        return may(Right.SEE_LIBRARY, roles_towards(token.person, token.person, appointed, anybody_approves=False))


def _without_secrets(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_secrets(one) for key, one in value.items() if not SECRET.search(str(key))}
    return [_without_secrets(one) for one in value] if isinstance(value, list) else value
