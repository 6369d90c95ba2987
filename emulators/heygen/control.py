"""The control plane's part of this emulator, and what the playground's journal page shows of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from emulators.heygen.agents import Session
from emulators.heygen.assets import Asset
from emulators.heygen.billing import Wallet, billing_view, dollars
from emulators.heygen.state import Adjustment, Charge, Job, Refund

if TYPE_CHECKING:
    from emulators.heygen import HeyGenEmulator


def control_routes(emulator: HeyGenEmulator) -> list[BaseRoute]:
    """Routes for tools in other processes."""

    async def advance(request: Request) -> Response:
        emulator.advance(float((await request.json())["seconds"]))
        return JSONResponse({"now": emulator.clock.now()})

    async def finish(request: Request) -> Response:
        asked = await request.json()
        job_id = asked.get("job_id", "all")
        if job_id != "all" and job_id not in {**emulator.state.jobs, **emulator.agents.all}:
            return JSONResponse({"error": "unknown job"}, 404)
        return JSONResponse({"finished": emulator.finish(job_id, fail=asked.get("fail"))})

    async def expire_urls(_: Request) -> Response:
        emulator.expire_urls()
        return JSONResponse({"ok": True})

    async def top_up(request: Request) -> Response:
        emulator.top_up(float((await request.json())["amount"]))
        return JSONResponse({"balance": emulator.account().balance})

    async def look(_: Request) -> Response:
        return JSONResponse(emulator.snapshot())

    return [
        Route("/_emulator/advance", advance, methods=["POST"]),
        Route("/_emulator/finish", finish, methods=["POST"]),
        Route("/_emulator/expire_urls", expire_urls, methods=["POST"]),
        Route("/_emulator/top_up", top_up, methods=["POST"]),
        Route("/_emulator/snapshot", look),
    ]


def snapshot(emulator: HeyGenEmulator) -> dict[str, Any]:
    """Everything visible, JSON-safe; times are unix seconds on the emulator's clock."""
    remaining = emulator.clock.now() - emulator.work.now()
    accounts, now = emulator.state.accounts.values(), emulator.clock.now()
    return {
        "clock": emulator.clock.now(),
        "speed": emulator.work.speed,
        "wallets": {account.name: account.balance for account in accounts if isinstance(account.billing, Wallet)},
        "billing": {account.name: billing_view(account.billing, now, hidden=False) for account in accounts},
        "jobs": [_job(job, remaining) for job in emulator.state.jobs.values()],
        "sessions": [_session(session) for session in emulator.agents.all.values()],
        "assets": [_asset(asset) for asset in emulator.assets.all.values()],
        "charges": [_charge(charge) for charge in emulator.charges],
        "refunds": [_moved(refund) | {"job_id": refund.job_id} for refund in emulator.refunds],
        "adjustments": [_moved(one) | {"reason": one.reason} for one in emulator.adjustments],
        "deliveries": [record.to_json() for record in emulator.webhook_deliveries],
        "waiting_deliveries": len(emulator.waiting_webhooks),
    }


def _job(job: Job, offset: float) -> dict[str, Any]:
    """`offset` turns work time into clock time."""
    return {
        "id": job.id,
        "account": job.account,
        "kind": job.kind,
        "language": job.language,
        "state": job.state.value,
        "created": job.created,
        "due": job.due + offset,
        "completed": job.completed,
    }


def _session(session: Session) -> dict[str, Any]:
    return {
        "id": session.id,
        "account": session.account.name,
        "mode": session.request.mode,
        "state": session.phase,
        "created": session.created,
        "videos": list(session.videos),
        "messages": len(session.messages),
    }


def _asset(asset: Asset) -> dict[str, Any]:
    shown = ("id", "account", "mime_type", "size", "status", "seconds")
    return {name: getattr(asset, name) for name in shown}


def _moved(movement: Refund | Adjustment) -> dict[str, Any]:
    return {"account": movement.account, "amount": dollars(movement.units), "at": movement.at}


def _charge(charge: Charge) -> dict[str, Any]:
    return {
        "job_id": charge.job_id,
        "account": charge.account,
        "kind": charge.kind,
        "language": charge.language,
        "amount": charge.amount,
        "idempotency_key": charge.idempotency_key,
        "at": charge.at,
        "refunded": charge.refunded,
    }
