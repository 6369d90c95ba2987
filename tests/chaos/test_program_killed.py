"""`python -m bot mcp` as a program starts it: killed between submit and read, spoken to badly, and stopped."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.server import bound
from bot.slack.manifest import manifest
from emulators.heygen import HeyGenEmulator
from emulators.openai import OpenAIEmulator
from emulators.slack import SlackEmulator
from tests.support.mcp import OverStdio, calling, request
from tests.support.mcp_process import environment, started

pytestmark = [pytest.mark.chaos, pytest.mark.full, pytest.mark.timeout(240)]
Emulators = tuple[SlackEmulator, OpenAIEmulator, HeyGenEmulator]


@pytest.fixture
async def emulators() -> AsyncIterator[Emulators]:
    found = SlackEmulator(), OpenAIEmulator(), HeyGenEmulator(speed="step")
    for emulator in found:
        await emulator.start()
    found[0].install(manifest(url="https://green.example"))
    yield found
    for emulator in found:
        await emulator.stop()


def free_port() -> int:
    listener = bound("127.0.0.1", 0)
    port: int = listener.getsockname()[1]
    listener.close()
    return port


async def test_a_handle_survives_kill_minus_nine(emulators: Emulators, tmp_path: Path) -> None:
    slack, _, heygen = emulators
    settings = environment(*emulators, tmp_path, free_port())
    client = await started(settings, tmp_path)
    slack.configure(f"{settings['PUBLIC_URL']}/slack/events")
    told = await client.call(
        "translate_video", {"source": f"{heygen.url}/sources/launch.mp4", "languages": ["French"]}, once="order-1"
    )
    await client.kill()

    client = await started(settings, tmp_path)
    handle = told["jobs"][0]["handle"]
    assert (await client.call("get_job", {"handle": handle}))["code"] in ("queued", "running")
    heygen.finish()
    done = await client.call("wait_for_job", {"handles": [handle], "seconds": 50})
    assert (done["code"], done["jobs"][0]["handle"]) == ("completed", handle)
    assert (await client.call("get_job", {"handle": told["call"]}))["jobs"] == told["jobs"]
    again = await client.call("translate_video", {"source": "other", "languages": ["German"]}, once="order-1")
    assert again["call"] == told["call"]  # a program that was killed, too, repeats its request under its key
    assert len(heygen.charges) == 1
    assert await client.stop() == 0


async def test_strange_lines_are_answered_and_a_cancelled_wait_ends(emulators: Emulators, tmp_path: Path) -> None:
    heygen = emulators[2]
    client = await started(environment(*emulators, tmp_path, free_port()), tmp_path)
    for line, code in (
        (b"{nonsense", -32700),
        ([request("ping")], -32600),
        ({"jsonrpc": "2.0", "method": 5, "id": 900}, -32600),
        (b'{"jsonrpc": "' + b"x" * (1024 * 1024) + b'"}', -32600),
    ):
        client.send(line)
        number = 900 if isinstance(line, dict) else None
        assert (await client.answer(number))["error"]["code"] == code
    assert (await client.ask("no/such/method"))["error"]["code"] == -32601

    source = f"{heygen.url}/sources/launch.mp4"
    handle = (await client.call("translate_video", {"source": source, "languages": ["French"]}))["jobs"][0]["handle"]
    waiting = calling("wait_for_job", {"handles": [handle], "seconds": 50}, progress="p")
    client.send(request("tools/call", waiting, 901))
    await until_told(client, "notifications/progress")
    client.send({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 901}})
    heygen.finish()
    assert (await client.call("wait_for_job", {"handles": [handle], "seconds": 50}))["code"] == "completed"
    assert not [one for one in client.notified if "result" in one]  # the cancelled one is not answered any more

    client.process.terminate()  # its input is still open
    async with asyncio.timeout(40.0):
        assert await client.process.wait() == 0


async def until_told(client: OverStdio, method: str) -> None:
    """Read until there is such a notification; asking for nothing brings them along."""
    async with asyncio.timeout(40.0):
        while not [one for one in client.notified if one.get("method") == method]:
            await client.ask("ping")
