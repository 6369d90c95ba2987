"""A process that uploads Slack files with the product's own parts and says what that did to its memory.

One order on standard input (JSON); a line of figures on standard output for each file: bytes resident before it, and
the most that were resident while it went, as Linux counts them.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import ssl
import sys
from pathlib import Path
from typing import Any

import aiohttp
import httpx2
from slack_sdk.web.async_client import AsyncWebClient

from agent import assets
from agent.assets import AssetState, NewAsset, Origin
from agent.uploading import Uploads
from bot.clock import SystemClock
from bot.link_files import LinkFiles
from bot.slack.downloads import SlackFiles, own_origins
from bot.uploads import BroughtFiles
from heygen import Client, HttpStorage, HttpTransport
from tests.support.agent_fakes import FakeAccounts
from tests.support.clock import ManualClock
from tests.support.store_steps import ACCOUNT, PERSON, WORKSPACE, new_store, open_turn, running, sqlite_url
from tests.support.workspaces import held


def resident(name: str) -> int:
    """Bytes of this process by one of Linux's counters."""
    found = re.search(rf"^{name}:\s+(\d+) kB", Path("/proc/self/status").read_text(), re.MULTILINE)
    assert found is not None
    return int(found[1]) * 1024


def forget_peak() -> None:
    """Begin to look for the most anew."""
    Path("/proc/self/clear_refs").write_text("5")


async def upload(order: dict[str, Any]) -> None:
    """Upload the files of an order one after the other."""
    assets.AT_ONCE_BYTES = order["at_once"]
    plain = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    async with aiohttp.ClientSession() as session, httpx2.AsyncClient(verify=plain, timeout=60.0) as http:
        slack = AsyncWebClient(token=order["token"], base_url=order["slack_url"], session=session, retry_handlers=[])
        files = SlackFiles(lambda _: slack, token=held(order["token"]), allowed=own_origins(order["slack_url"]))
        client = Client(HttpTransport(order["heygen_url"], order["key"], http, "greenroom-tests"))
        async with running(new_store(sqlite_url(Path(order["folder"])), ManualClock())) as store:
            uploads = Uploads(
                assets=store.assets,
                accounts=FakeAccounts({ACCOUNT: client}),
                incoming=BroughtFiles(files, LinkFiles()),
                storage=HttpStorage(http),
                clock=SystemClock(),
                rng=random.Random(1),  # noqa: S311 - jitter
            )
            lane, _ = await open_turn(store)
            for file_id in order["files"]:
                keys = {"source_key": file_id, "call_key": file_id, "origin": Origin.SLACK, "place": file_id}
                who = {"workspace_id": WORKSPACE, "account_id": ACCOUNT, "requester": PERSON}
                await store.assets.want(lane, NewAsset(conversation_id=lane.id, **who, **keys))
                [(lease, asset)] = await store.assets.claim_due(1)
                forget_peak()
                before = resident("VmRSS")
                await uploads.go(lease, asset)
                after = await store.assets.asset(asset.id)
                assert after is not None
                arrived = after.state in (AssetState.READY, AssetState.PROCESSING)
                told = {"before": before, "most": resident("VmHWM"), "arrived": arrived}
                sys.stdout.write(json.dumps(told) + "\n")
                if after.state is AssetState.PROCESSING:
                    await store.assets.advance((await claimed(store)), AssetState.READY)


async def claimed(store: Any) -> Any:
    """The lease of the file that HeyGen looks at, whose time has not come yet."""
    store.clock.advance(60)
    [(lease, _)] = await store.assets.claim_due(1)
    return lease


if __name__ == "__main__":
    asyncio.run(upload(json.loads(sys.stdin.readline())))
