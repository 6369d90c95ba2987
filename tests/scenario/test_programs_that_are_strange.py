"""A stranger's program: what the protocol allows is answered, and what it does not is refused in its words."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.scenario.program_stage import program
from tests.scenario.stage import Stage
from tests.support.mcp import HELLO, OverHttp, request, secret_of


@pytest.mark.full
async def test_everything_a_stranger_may_send_has_a_clean_answer(stage: Stage) -> None:
    """One app for all of it: each of these is a request of its own, and none leaves anything behind."""
    robot = await program(stage)

    hello = (await robot.ask("initialize", HELLO))["result"]
    assert hello["protocolVersion"] == HELLO["protocolVersion"]
    assert {"tools", "resources"} <= hello["capabilities"].keys()
    old = await robot.ask("initialize", HELLO | {"protocolVersion": "1999-01-01"})
    assert old["result"]["protocolVersion"] >= "2025-11-25"  # what we speak instead, as the handshake wants it

    tools = (await robot.ask("tools/list"))["result"]["tools"]
    assert {"translate_video", "get_job", "wait_for_job", "find_tools", "call_tool"} <= {one["name"] for one in tools}
    assert all(one["inputSchema"]["type"] == "object" and one["description"] for one in tools)
    templates = (await robot.ask("resources/templates/list"))["result"]["resourceTemplates"]
    assert {one["name"] for one in templates} == {"job", "video", "transcript"}
    assert (await robot.ask("ping"))["result"] == {}

    for wrong, code in WRONG_CALLS:
        told = await robot.call(*wrong)
        assert (told["ok"], told["code"]) == (False, code), wrong
    for method, params, number in WRONG_REQUESTS:
        assert (await robot.ask(method, params))["error"]["code"] == number, method

    for body, status in BODIES:
        assert (await robot.post(body)).status_code == status, str(body)[:80]
    unknown = await robot.post(request("tools/list"), **{"MCP-Protocol-Version": "1999-01-01"})
    assert (unknown.status_code, "error" in unknown.json()) == (400, True)
    assert (await robot.post(request("tools/list"), Origin="https://evil.example")).status_code == 403

    assert stage.heygen.journal.select("POST") == []
    assert stage._app_roots("videos") == []  # and nobody in Slack was bothered


async def test_without_the_right_token_nothing_is_reached(stage: Stage) -> None:
    await program(stage)

    for secret in (None, "wrong", secret_of()[:-1], secret_of() + "x"):
        stranger = OverHttp(stage.public_url)
        refused = await stranger.post(request("tools/list"), **({} if secret is None else _bearer(secret)))
        assert refused.status_code == 401
        assert refused.headers["www-authenticate"].startswith("Bearer")
        assert "greenroom" not in refused.text.casefold()
    assert (
        await OverHttp(stage.public_url).post(request("x"), Authorization=f"Basic {secret_of()}")
    ).status_code == 401


def _bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


WRONG_CALLS = [
    (("translate_video", {}), "invalid_arguments"),
    (("translate_video", {"source": 5, "languages": "French"}), "invalid_arguments"),
    (("translate_video", {"source": "x", "languages": ["French"], "surprise": 1}), "invalid_arguments"),
    (("translate_video", {"source": "x" * 60_000, "languages": ["French"]}), "too_large"),
    (("get_job", {}), "invalid_arguments"),
    (("get_job", {"handle": "J99"}), "unknown_handle"),
    (("get_job", {"handle": "mcp-000000000000000000000000"}), "unknown_handle"),
    (("wait_for_job", {"handles": [], "seconds": 1}), "invalid_arguments"),
    (("wait_for_job", {"handles": ["J1"], "seconds": 3_600}), "invalid_arguments"),
    (("call_tool", {"name": "call_tool", "arguments": {}}), "not_nested"),
    (("call_tool", {"name": "create_webhook_endpoint", "arguments": {}}), "not_offered"),
    (("start_live_avatar", {}), "not_allowed"),
]
WRONG_REQUESTS: list[tuple[str, Any, int]] = [
    ("tools/call", {"name": "no_such_tool", "arguments": {}}, -32602),
    ("tools/call", {"arguments": {}}, -32602),
    ("tools/call", {"name": "get_job", "arguments": "J1"}, -32602),
    ("tools/call", {"name": "list_languages", "_meta": {"greenroom/idempotency-key": 7}}, -32602),
    ("resources/read", {"uri": "greenroom://jobs/J1"}, -32602),
    ("resources/read", {"uri": "file:///etc/passwd"}, -32602),
    ("no/such/method", {}, -32601),
]
BODIES: list[tuple[Any, int]] = [
    (b"{nonsense", 400),
    ([request("ping", number=1), request("ping", number=2)], 400),
    (b"x" * (1024 * 1024 + 1), 413),
    (json.dumps({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 5}}).encode(), 202),
]
