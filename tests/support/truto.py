"""Ways to the emulated HeyGen: directly, and through the emulated Truto in each of the shapes of its answers."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx2

from emulators.heygen.accounts import DEFAULT_KEY
from emulators.truto import DEFAULT_ACCOUNT, DEFAULT_TOKEN, TrutoEmulator
from heygen import Client, HttpTransport
from heygen.truto import (
    MarkingTransport,
    Pace,
    TrutoAccess,
    TrutoTransport,
    TrutoWire,
    read_heygen,
    read_plain,
)

WAYS = ("direct", "result", "verbatim", "stripped")
AGENT = "greenroom-tests"


def wire(truto: TrutoEmulator, http: httpx2.AsyncClient, *, heygens: bool = True, **options: Any) -> TrutoWire:
    """A wire to the emulated Truto that keeps to no limit of its own unless it is given a pace."""
    access = TrutoAccess(token=DEFAULT_TOKEN, integrated_account_id=DEFAULT_ACCOUNT, base_url=truto.url)
    usual: dict[str, Any] = {"pace": Pace(most=10_000), "sleep": asyncio.sleep}
    read = read_heygen if heygens else read_plain
    return TrutoWire(access, http, AGENT, read=read, **(usual | options))


def client_by(way: str, heygen_url: str, truto: TrutoEmulator, http: httpx2.AsyncClient) -> Client:
    """A client whose requests go one of `WAYS`."""
    if way == "direct":
        return Client(HttpTransport(heygen_url, DEFAULT_KEY, http, AGENT))
    truto.connect(heygen_url, DEFAULT_KEY)
    truto.limits.per_account = truto.limits.per_token = 10_000
    truto.switches.envelope = way  # type: ignore[assignment]
    through = TrutoTransport(wire(truto, http))
    return Client(MarkingTransport(through), again=MarkingTransport(through, look_first=True))
