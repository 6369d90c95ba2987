"""The client of the HeyGen account, by the way that the settings name: directly or by way of Truto."""

from __future__ import annotations

import asyncio
import random
from functools import partial

import httpx2

from bot.metrics import MeteredTransport, Metrics
from bot.settings import Settings, SettingsError
from bot.store.credentials import Credential, Kind
from heygen import CallClass, Client, HttpTransport, RetryingTransport, RetryPolicy, Transport
from heygen.replies import ReadReply
from heygen.truto import (
    SETTLE_SECONDS,
    MarkingTransport,
    Pace,
    TrutoAccess,
    TrutoTools,
    TrutoTransport,
    TrutoWire,
    read_heygen,
    read_plain,
)

# An attempt may go on for as long as a write may take; a look at what it made is to be believed a minute after that.
SETTLES_AFTER = CallClass.WRITE.value + SETTLE_SECONDS
RANDOM = random.Random()  # noqa: S311 - jitter


def heygen_client(
    settings: Settings, http: httpx2.AsyncClient, user_agent: str, metrics: Metrics | None = None
) -> Client:
    """The client; `SettingsError` when its way lacks a setting. Each attempt of a request is counted in `metrics`."""
    metered = partial(MeteredTransport, metrics=metrics or Metrics())
    if settings.heygen_transport == "direct":
        direct = HttpTransport(settings.heygen_base_url, settings.secret("heygen_api_key"), http, user_agent)
        return Client(_retrying(metered(direct)))
    wire = _wire(settings, http, user_agent, _account(settings), read=read_heygen)
    through = _retrying(metered(TrutoTransport(wire)))
    again = MarkingTransport(through, look_first=True)
    return Client(MarkingTransport(through), again=again, settles_after=SETTLES_AFTER)


def connected_client(
    found: Credential, settings: Settings, http: httpx2.AsyncClient, user_agent: str, *, once: bool = False
) -> Client:
    """A client of an account that a workspace has connected; `once`: which repeats nothing, for somebody who waits."""
    retrying = _plain if once else _retrying
    if found.kind is Kind.KEY:
        return Client(retrying(HttpTransport(settings.heygen_base_url, found.secret, http, user_agent)))
    through = retrying(TrutoTransport(_wire(settings, http, user_agent, found.secret, read=read_heygen)))
    again = MarkingTransport(through, look_first=True)
    return Client(MarkingTransport(through), again=again, settles_after=SETTLES_AFTER)


def crm_transport(settings: Settings, http: httpx2.AsyncClient, user_agent: str) -> Transport | None:
    """The way to the CRM behind Truto, whichever way HeyGen is reached; None where none is connected."""
    if settings.truto_crm_account_id is None:
        return None
    return _retrying(_wire(settings, http, user_agent, settings.truto_crm_account_id))


def truto_tools(settings: Settings, http: httpx2.AsyncClient, user_agent: str) -> TrutoTools:
    """Truto's own tools of the account."""
    wire = _wire(settings, http, user_agent, _account(settings))
    return TrutoTools(_retrying(wire), wire.access.integrated_account_id)


async def truto_status(settings: Settings, http: httpx2.AsyncClient, user_agent: str, account_id: str | None) -> str:
    """Truto's word for how a connection is, HeyGen's where no account is named; `active` is the good one."""
    return await _wire(settings, http, user_agent, account_id or _account(settings)).account_status()


def _account(settings: Settings) -> str:
    if settings.truto_account_id is None:
        raise SettingsError("TRUTO_ACCOUNT_ID is missing: it says which HeyGen account at Truto is ours.")
    return settings.truto_account_id


def _wire(
    settings: Settings, http: httpx2.AsyncClient, user_agent: str, account_id: str, *, read: ReadReply = read_plain
) -> TrutoWire:
    token = settings.truto_token()
    access = TrutoAccess(token=token, integrated_account_id=account_id, base_url=settings.truto_base_url)
    return TrutoWire(access, http, user_agent, pace=Pace(), sleep=asyncio.sleep, read=read)


def _plain(transport: Transport) -> Transport:
    return transport


def _retrying(transport: Transport) -> Transport:
    return RetryingTransport(transport, RetryPolicy(), asyncio.sleep, RANDOM.random)
