"""Approvals: a request that waits for somebody's word, and what becomes of it. A waiting one is a row, nothing else.

A decision, the money set aside for it and the request's way to the sender are one transaction.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

import sqlalchemy as sa

from agent.records import Submission, SubmissionState
from bot.store.audit import RUNTIME, Audit, Deed
from bot.store.cancellations import Cancellations
from bot.store.database import Database
from bot.store.endings import Endings
from bot.store.ledger import Ledger, spender_of
from bot.store.schema import submission
from bot.store.submissions import submission_record

EXPIRED_AT_ONCE = 50


class Verdict(enum.StrEnum):
    """What a click came to."""

    DONE = "done"
    DECIDED = "decided"
    CHANGED = "changed"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Decision:
    """What a click came to, and the request as it is now."""

    verdict: Verdict
    submission: Submission


class Approvals:
    """Decides requests. The caller has checked that `actor` may."""

    def __init__(
        self, database: Database, ledger: Ledger, cancellations: Cancellations, endings: Endings, audit: Audit
    ) -> None:
        self._database = database
        self._ledger = ledger
        self._cancellations = cancellations
        self._endings = endings
        self._audit = audit

    async def approve(
        self, submission_id: str, *, arguments_hash: str, actor: str, quoted: int | None = None
    ) -> Decision:
        """Let the request go, if it still is the one that `actor` saw; `OverCap` when a cap has no room.

        `quoted` is the most that it was to cost then: it may not have become dearer. `KeyError` when there is no such
        request.
        """
        async with self._database.transaction("submission.approve", urgent=True) as connection:
            row = await self._cancellations.locked(connection, submission_id)
            now = await self._database.now(connection)
            if (verdict := _verdict(row, arguments_hash, quoted, now)) is not Verdict.DONE:
                return Decision(verdict, submission_record(row))
            whose = (row["workspace_id"], row["conversation_id"], row["requester"])
            spender = await spender_of(connection, *whose)
            await self._ledger.ensure_room(connection, spender, row["quote_high"])
            await self._ledger.hold(connection, submission_id)
            agreed = {"state": SubmissionState.INTENDED, "approved_hash": arguments_hash, "not_before": 0.0}
            decided = {"decided_by": actor, "decided_at": now, "expires_at": None}
            update = sa.update(submission).where(submission.c.id == submission_id)
            written = await connection.execute(update.values(**agreed, **decided).returning(*submission.c))
            approved = submission_record(written.mappings().one())
            proof: dict[str, str | int] = {"amount": row["quote_high"], "arguments_hash": arguments_hash}
            await self._audit.add(connection, row["workspace_id"], actor, Deed.APPROVED, submission_id, **proof)
            await self._endings.note(connection, row["conversation_id"], "[runtime] the waiting request was approved")
            await self._endings.show(connection, submission_id)
            self._database.announce(connection, "submissions")
            return Decision(Verdict.DONE, approved)

    async def decline(
        self, submission_id: str, *, actor: str, deed: Deed = Deed.DECLINED, cause: str | None = None
    ) -> Decision:
        """End the request without sending it; `KeyError` when there is none.

        `cause` names what led to it: whoever was interrupted after a decision finds it to be their own.
        """
        async with self._database.transaction("submission.decline", urgent=True) as connection:
            row = await self._cancellations.locked(connection, submission_id)
            if row["state"] is not SubmissionState.WAITING_APPROVAL:
                ours = cause is not None and cause in await self._audit.causes(connection, submission_id, deed)
                return Decision(Verdict.DONE if ours else Verdict.DECIDED, submission_record(row))
            await self._cancellations.drop(connection, row, actor=actor, deed=deed, cause=cause)
            now = await self._database.now(connection)
            update = sa.update(submission).where(submission.c.id == submission_id)
            written = await connection.execute(update.values(decided_by=actor, decided_at=now).returning(*submission.c))
            return Decision(Verdict.DONE, submission_record(written.mappings().one()))

    async def expire_due(self) -> int:
        """End what nobody has decided in time; returns how many those were."""
        async with self._database.reading() as connection:
            now = await self._database.now(connection)
            waiting = submission.c.state == SubmissionState.WAITING_APPROVAL
            select = sa.select(submission.c.id).where(waiting, submission.c.expires_at <= now)
            due = list(await connection.scalars(select.order_by(submission.c.expires_at).limit(EXPIRED_AT_ONCE)))
        return sum([await self._expire(submission_id) for submission_id in due])

    async def _expire(self, submission_id: str) -> bool:
        async with self._database.transaction("submission.expire") as connection:
            row = await self._cancellations.locked(connection, submission_id)
            late = row["expires_at"] is not None and row["expires_at"] <= await self._database.now(connection)
            if row["state"] is not SubmissionState.WAITING_APPROVAL or not late:
                return False
            await self._cancellations.drop(connection, row, actor=RUNTIME, deed=Deed.EXPIRED)
            return True


def _verdict(row: sa.RowMapping, arguments_hash: str, quoted: int | None, now: float) -> Verdict:
    if row["state"] is not SubmissionState.WAITING_APPROVAL:
        return Verdict.DECIDED
    if row["arguments_hash"] != arguments_hash or (quoted is not None and row["quote_high"] > quoted):
        return Verdict.CHANGED
    if row["expires_at"] is not None and row["expires_at"] <= now:
        return Verdict.EXPIRED
    return Verdict.DONE
