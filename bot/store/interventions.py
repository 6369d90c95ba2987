"""What an operator may do to a turn or a delivery: have it tried again, or give it up. One transaction each.

Every method returns the sentence that says what was done, or raises `Impossible` with the one that says why not;
`KeyError` for an id nobody has. Whoever is serving notices by itself: by its notifications, or by looking around.
"""

from __future__ import annotations

from typing import assert_never

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from agent.conversation import INTERRUPTED, developer_message, open_calls
from agent.records import DeliveryKind, DeliveryState, Source, SubmissionState, TurnState
from bot.store.claims import RELEASED, Claims
from bot.store.database import Database
from bot.store.endings import Endings
from bot.store.inbox import finish_row
from bot.store.log import append_items
from bot.store.outbox import NewDelivery, Outbox
from bot.store.overview import Kind
from bot.store.request_interventions import GIVEN_UP, Impossible, RequestInterventions, in_use
from bot.store.rows import first, one
from bot.store.schema import delivery, inbox, item, lane, outcome, submission, turn
from bot.store.turns import reply_key

__all__ = ["Impossible", "Interventions"]

STOPPED = "An operator stopped this request. Please ask again if you still need it. (reference {turn})"
AGAIN = "[runtime] An operator has the request of {requester} that failed before tried again: answer it now."

UNFINISHED = (TurnState.QUEUED, TurnState.RUNNING, TurnState.WAITING_APPROVAL)
SETTLED = (DeliveryState.POSTED, DeliveryState.DEAD)


class Interventions:
    """Everything an operator may change, by the kind of row."""

    def __init__(self, database: Database, claims: Claims, outbox: Outbox, endings: Endings) -> None:
        self._turns = TurnInterventions(database, outbox)
        self._deliveries = DeliveryInterventions(database)
        self._requests = RequestInterventions(database, claims, endings)

    async def retry(self, kind: Kind, row_id: str) -> str:
        """Have a row tried again, or sooner."""
        match kind:
            case Kind.TURN:
                return await self._turns.retry(row_id)
            case Kind.SUBMISSION:
                return await self._requests.retry_submission(row_id)
            case Kind.JOB:
                return await self._requests.retry_job(row_id)
            case Kind.DELIVERY:
                return await self._deliveries.retry(row_id)
            case _:
                assert_never(kind)

    async def give_up(self, kind: Kind, row_id: str) -> str:
        """Have nobody work on a row any more."""
        match kind:
            case Kind.TURN:
                return await self._turns.give_up(row_id)
            case Kind.SUBMISSION:
                return await self._requests.give_up_submission(row_id)
            case Kind.JOB:
                return await self._requests.give_up_job(row_id)
            case Kind.DELIVERY:
                return await self._deliveries.give_up(row_id)
            case _:
                assert_never(kind)


class TurnInterventions:
    """Turns. Their lane's row is held throughout, so that no worker takes a step meanwhile."""

    def __init__(self, database: Database, outbox: Outbox) -> None:
        self._database = database
        self._outbox = outbox

    async def retry(self, turn_id: str) -> str:
        """A failed turn is queued again, a parked one becomes due now."""
        async with self._database.transaction("operator.turn_retry") as connection:
            row, held = await self._hold(connection, turn_id)
            if row["state"] is TurnState.FAILED:
                return await self._begin_again(connection, row)
            if row["state"] not in UNFINISHED:
                raise Impossible(f"Turn {turn_id} is {row['state']}: there is nothing to try again.")
            now = await self._database.now(connection)
            if in_use(held, now):
                raise Impossible(f"Turn {turn_id} is being worked on right now.")
            if max(row["not_before"], held["ready_at"] or 0.0) <= now:
                raise Impossible(f"Turn {turn_id} is due already: whoever serves takes it by itself.")
            await _update_turn(connection, turn_id, not_before=0.0)
            await self._wake(connection, row)
            return f"Turn {turn_id} was waiting and is due now."

    async def give_up(self, turn_id: str) -> str:
        """End an unfinished turn as failed, taking it from its worker, and queue a word to the person."""
        async with self._database.transaction("operator.turn_give_up") as connection:
            row, _ = await self._hold(connection, turn_id)
            if row["state"] not in UNFINISHED:
                raise Impossible(f"Turn {turn_id} is {row['state']} already.")
            await self._close_calls(connection, row)
            now = await self._database.now(connection)
            await _update_turn(connection, turn_id, state=TurnState.FAILED, error=GIVEN_UP, finished_at=now)
            await finish_row(connection, row["conversation_id"], row["inbox_id"], now)
            await self._outbox.add(connection, self._word(row))
            await connection.execute(
                sa.update(lane).where(lane.c.id == row["conversation_id"]).values(epoch=lane.c.epoch + 1, **RELEASED)
            )
            await self._wake(connection, row)
            return f"Turn {turn_id} has failed as given up; the requester is told. Requests it has made go on."

    async def _hold(self, connection: AsyncConnection, turn_id: str) -> tuple[sa.RowMapping, sa.RowMapping]:
        """The turn and its lane, both kept from others."""
        where = sa.select(turn.c.conversation_id).where(turn.c.id == turn_id).scalar_subquery()
        held = await one(connection, self._database.locked(sa.select(lane).where(lane.c.id == where)), turn_id)
        row = await one(connection, self._database.locked(sa.select(turn).where(turn.c.id == turn_id)), turn_id)
        return row, held

    async def _begin_again(self, connection: AsyncConnection, row: sa.RowMapping) -> str:
        """Its row in the inbox is open again and its bounds count anew; the log stays and says so."""
        await _refuse_second_start(connection, row)
        await _set_reply_aside(connection, row["id"])
        line = developer_message(AGAIN.format(requester=row["requester"]))
        entry = [(Source.RUNTIME, line)]
        await append_items(self._database, connection, row["conversation_id"], entry, turn_id=row["id"])
        fresh = {"created_at": await self._database.now(connection), "model_calls": 0, "tokens": 0, "attempts": 0}
        ended = {"finished_at": None, "error": None, "reply_ts": None, "not_before": 0.0}
        await _update_turn(connection, row["id"], state=TurnState.QUEUED, **fresh, **ended)
        await connection.execute(sa.update(inbox).where(inbox.c.id == row["inbox_id"]).values(done_at=None))
        await self._wake(connection, row)
        return f"Turn {row['id']} is queued again in conversation {row['conversation_id']}."

    async def _close_calls(self, connection: AsyncConnection, row: sa.RowMapping) -> None:
        """Give every open call an output, so that the log stays whole."""
        select = sa.select(item.c.body).where(
            item.c.conversation_id == row["conversation_id"], item.c.turn_id == row["id"]
        )
        bodies = list(await connection.scalars(select.order_by(item.c.seq)))
        outputs = [
            (Source.TOOL, {"type": "function_call_output", "call_id": call["call_id"], "output": INTERRUPTED})
            for call in open_calls(bodies)
        ]
        await append_items(self._database, connection, row["conversation_id"], outputs, turn_id=row["id"])

    def _word(self, row: sa.RowMapping) -> NewDelivery:
        return NewDelivery(
            conversation_id=row["conversation_id"],
            kind=DeliveryKind.REPLY,
            key=reply_key(row["id"]),
            subject_id=row["id"],
            body={"text": STOPPED.format(turn=row["id"])},
            ts=row["reply_ts"],
        )

    async def _wake(self, connection: AsyncConnection, row: sa.RowMapping) -> None:
        now = await self._database.now(connection)
        await connection.execute(sa.update(lane).where(lane.c.id == row["conversation_id"]).values(ready_at=now))
        self._database.announce(connection, "lanes")


async def _update_turn(connection: AsyncConnection, turn_id: str, **values: object) -> None:
    await connection.execute(sa.update(turn).where(turn.c.id == turn_id).values(**values))


async def _refuse_second_start(connection: AsyncConnection, row: sa.RowMapping) -> None:
    """`Impossible` where going on from the log would say nothing, mix two turns up, or could pay twice."""
    if row["origin"] != "message":
        raise Impossible(f"Turn {row['id']} was a command or a button: only the person can give it again.")
    if await connection.scalar(sa.select(inbox.c.seq).where(inbox.c.id == row["inbox_id"])) is None:
        raise Impossible(f"Turn {row['id']} is so old that its message is no longer kept: the person can ask again.")
    other = sa.select(turn.c.id).where(
        turn.c.conversation_id == row["conversation_id"], turn.c.state.in_(UNFINISHED), turn.c.id != row["id"]
    )
    if (busy := await connection.scalar(other.limit(1))) is not None:
        raise Impossible(f"Turn {busy} of the same conversation is not finished: wait for it, or give it up first.")
    answered = sa.exists().where(outcome.c.turn_id == submission.c.turn_id, outcome.c.call_id == submission.c.call_id)
    loose = sa.select(submission.c.id).where(
        submission.c.turn_id == row["id"], submission.c.state != SubmissionState.REFUSED, sa.not_(answered)
    )
    if (paid := await connection.scalar(loose.limit(1))) is not None:
        raise Impossible(f"Submission {paid} of this turn goes its own way: trying the turn again could pay twice.")


async def _set_reply_aside(connection: AsyncConnection, turn_id: str) -> None:
    """What was said about the failure stays; its key becomes free for the new reply."""
    key = reply_key(turn_id)
    row = await first(connection, sa.select(delivery).where(delivery.c.key == key))
    if row is None:
        return
    if row["state"] not in SETTLED:
        raise Impossible(f"Delivery {row['id']}, which tells of the failure, is {row['state']}: settle that first.")
    before = sa.select(sa.func.count()).select_from(delivery)
    earlier = await connection.scalar(before.where(delivery.c.subject_id == turn_id, delivery.c.key != key)) or 0
    aside = sa.update(delivery).where(delivery.c.id == row["id"]).values(key=f"{key}:failed-{earlier + 1}")
    await connection.execute(aside)


class DeliveryInterventions:
    """Deliveries."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def retry(self, delivery_id: str) -> str:
        """A dead delivery is pending again, one that waits becomes due now."""
        async with self._database.transaction("operator.delivery_retry") as connection:
            row = await self._hold(connection, delivery_id)
            match row["state"]:
                case DeliveryState.DEAD:
                    return await self._revive(connection, row)
                case DeliveryState.PENDING | DeliveryState.UNKNOWN:
                    if row["not_before"] <= await self._database.now(connection):
                        raise Impossible(f"Delivery {delivery_id} is due already: whoever serves takes it by itself.")
                    await self._update(connection, delivery_id, not_before=0.0)
                    return f"Delivery {delivery_id} was waiting and is due now."
                case _:
                    raise Impossible(f"Delivery {delivery_id} is {row['state']}: there is nothing to try again.")

    async def give_up(self, delivery_id: str) -> str:
        """An unfinished delivery is dead: later posts of its conversation pass it."""
        async with self._database.transaction("operator.delivery_give_up") as connection:
            row = await self._hold(connection, delivery_id)
            if row["state"] in SETTLED:
                raise Impossible(f"Delivery {delivery_id} is {row['state']} already.")
            await self._update(connection, delivery_id, state=DeliveryState.DEAD, error=GIVEN_UP, **RELEASED)
            stays = "what is visible of it stays as it is" if row["ts"] else "nobody is told what was in it"
            return f"Delivery {delivery_id} was {row['state']} and is dead now; {stays}."

    async def _revive(self, connection: AsyncConnection, row: sa.RowMapping) -> str:
        """One that was sent before may be there after all, so it is looked for before it is posted."""
        doubtful = row["ts"] is None and row["sent_version"] > 0
        state = DeliveryState.UNKNOWN if doubtful else DeliveryState.PENDING
        # Not from zero: whether the requester was told directly is looked up only after a first attempt.
        fresh = {"attempts": min(row["attempts"], 1), "not_before": 0.0, "error": None}
        await self._update(connection, row["id"], state=state, **fresh)
        how = "it is looked for in the thread and posted if it is not there" if doubtful else "it is posted next"
        return f"Delivery {row['id']} was dead and is {state} again: {how}."

    async def _hold(self, connection: AsyncConnection, delivery_id: str) -> sa.RowMapping:
        select = sa.select(delivery).where(delivery.c.id == delivery_id)
        row = await one(connection, self._database.locked(select), delivery_id)
        if in_use(row, await self._database.now(connection)):
            raise Impossible(f"Delivery {delivery_id} is being posted right now: look again in a moment.")
        return row

    async def _update(self, connection: AsyncConnection, delivery_id: str, **values: object) -> None:
        await connection.execute(sa.update(delivery).where(delivery.c.id == delivery_id).values(**values))
        self._database.announce(connection, "deliveries", "files")
