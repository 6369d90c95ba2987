"""What one person has said and asked for in one conversation, and taking it out in one transaction.

The conversation goes on for the others: whole turns go, so that a call and its output stay or go together.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from agent.conversation import message_text
from agent.records import DeliveryKind, DeliveryState, JobState, Source
from agent.schedules import ScheduleState
from agent.video_agents.records import AnswerState
from agent.work import ANSWERED, PIECES
from bot.store.audit import RUNTIME
from bot.store.cancellations import Cancellations
from bot.store.claims import RELEASED
from bot.store.database import Database
from bot.store.endings import Endings
from bot.store.live_memory import handle_in
from bot.store.outbox import UNFINISHED, Outbox
from bot.store.person_live import LivePart, sessions_of
from bot.store.pseudonyms import holds
from bot.store.schema import (
    agent_answer,
    asset,
    batch,
    delivery,
    digest,
    feedback,
    inbox,
    item,
    job,
    lane,
    link,
    live_command,
    live_line,
    live_session,
    model_call,
    outcome,
    schedule,
    source,
    submission,
    turn,
)
from bot.store.turns import FINAL
from bot.store.wording import GONE, Substitute, reworded, texts

SHORTEST_QUOTATION = 8  # characters; shorter texts are everybody's words
SAID = (Source.USER, Source.COMMAND)
# Rendered from rows, without a word then.
CARDS = (DeliveryKind.CARD, DeliveryKind.BATCH_CARD, DeliveryKind.LIVE_CARD, DeliveryKind.SCHEDULE)
HANDLE = re.compile(r"\b[VF]\d+\b")


@dataclass(frozen=True, slots=True)
class Person:
    """Who is forgotten, and what stands in the place of the id."""

    workspace_id: str
    user_id: str
    pseudonym: str


@dataclass(frozen=True, slots=True)
class Taken:
    """How many jobs were `dropped` before they left, and how many HeyGen has (`unwanted`), which are still billed."""

    dropped: int = 0
    unwanted: int = 0

    def __add__(self, other: Taken) -> Taken:
        return Taken(self.dropped + other.dropped, self.unwanted + other.unwanted)


class PersonalData:
    """Finds and takes out what belongs to a person."""

    def __init__(self, database: Database, cancellations: Cancellations, endings: Endings, outbox: Outbox) -> None:
        self._database = database
        self._cancellations = cancellations
        self._endings = endings
        self._outbox = outbox

    async def conversations(self, who: Person) -> list[str]:
        """The conversations in which something of theirs is left."""
        found: set[str] = set()
        async with self._database.reading() as connection:
            for table, theirs in (
                (turn, turn.c.requester == who.user_id),
                (submission, submission.c.requester == who.user_id),
                (batch, batch.c.requester == who.user_id),
                (asset, asset.c.requester == who.user_id),
                (schedule, schedule.c.requester == who.user_id),
                (agent_answer, sa.and_(agent_answer.c.actor == who.user_id, agent_answer.c.text != "")),
                (inbox, holds(inbox.c.payload, who.user_id)),
                (delivery, holds(delivery.c.body, who.user_id)),
                (live_session, sessions_of(who.user_id)),
                (live_line, live_line.c.actor == who.user_id),
                (live_command, live_command.c.actor == who.user_id),
            ):
                select = sa.select(table.c.conversation_id).distinct()
                found |= set(await connection.scalars(select.where(table.c.workspace_id == who.workspace_id, theirs)))
        return sorted(found)

    async def at_work(self, who: Person) -> bool:
        """Whether somebody is at work on a turn of theirs right now: it ends by itself, see `Turns.interruption`."""
        theirs = sa.and_(turn.c.workspace_id == who.workspace_id, turn.c.requester == who.user_id)
        select = sa.select(turn.c.id).join(lane, lane.c.id == turn.c.conversation_id)
        async with self._database.reading() as connection:
            held = lane.c.lease_until > await self._database.now(connection)
            busy = select.where(theirs, turn.c.state.not_in(FINAL), lane.c.owner.is_not(None), held)
            return await connection.scalar(busy.limit(1)) is not None

    async def take_out(self, who: Person, conversation_id: str) -> Taken:
        """Cancel, disown and erase what is theirs in a conversation; doing it twice changes nothing."""
        async with self._database.transaction("erasure.conversation") as connection:
            held = sa.select(lane).where(lane.c.id == conversation_id)
            await connection.execute(self._database.locked(held))
            live = LivePart(self._database, connection, self._outbox, who.user_id, who.pseudonym)
            part = _Part(self._database, connection, who, conversation_id, live, self._outbox)
            await part.find()
            await part.fence()
            taken = await self._drop(connection, part)
            await part.erase()
            for subject_id in (*part.submissions, *part.batches):
                await self._endings.show_subject(connection, subject_id)
            return taken

    async def _drop(self, connection: AsyncConnection, part: _Part) -> Taken:
        """End what has not left and disown what has. All is locked first, in the order in which everybody does."""
        await connection.execute(self._database.locked(part.files()))
        for batch_id in part.batches:
            await connection.execute(self._database.locked(sa.select(batch.c.id).where(batch.c.id == batch_id)))
        rows = [await self._cancellations.locked(connection, one) for one in part.submissions]
        jobs = sa.select(job.c.id).where(job.c.submission_id.in_(part.submissions)).order_by(job.c.id)
        await connection.execute(self._database.locked(jobs))
        taken = Taken()
        for row in rows:
            result = await self._cancellations.drop(connection, row, actor=RUNTIME)
            taken += Taken(len(result.dropped), len(result.unwanted))
        return taken


class _Part:
    """A person's part of a conversation, whose lane the transaction holds."""

    def __init__(
        self,
        database: Database,
        connection: AsyncConnection,
        who: Person,
        conversation_id: str,
        live: LivePart,
        outbox: Outbox,
    ) -> None:
        self._database = database
        self._connection = connection
        self._outbox = outbox
        self._who = who
        self._id = conversation_id
        self._live = live
        self._turns: list[str] = []
        self._rows: list[sa.RowMapping] = []
        self.submissions: list[str] = []
        self.batches: list[str] = []

    async def find(self) -> None:
        """What is theirs: live sessions, turns, events, requests."""
        user = self._who.user_id
        await self._live.find(self._id)
        self._turns = await self._scalars(sa.select(turn.c.id).where(turn.c.requester == user, self._here(turn)))
        theirs = sa.or_(submission.c.requester == user, submission.c.turn_id.in_(self._turns))
        mine = sa.select(submission.c.id).where(theirs, self._here(submission)).order_by(submission.c.id)
        self.submissions = await self._scalars(mine)
        batches = sa.or_(batch.c.requester == user, batch.c.turn_id.in_(self._turns))
        self.batches = await self._scalars(sa.select(batch.c.id).where(batches, self._here(batch)).order_by(batch.c.id))
        told = await self._mappings(sa.select(inbox).where(self._here(inbox), holds(inbox.c.payload, user)))
        own = [row for row in told if row["payload"].get("user") == user]
        stamps = [row["ts"] for row in own if row["ts"] is not None]
        begun = sa.select(turn.c.inbox_id).where(turn.c.id.in_(self._turns))
        others = sa.or_(inbox.c.ts.in_(stamps), inbox.c.id.in_(begun))  # deletions of their messages, and the like
        known = {row["id"] for row in own}
        more = await self._mappings(sa.select(inbox).where(self._here(inbox), others))
        self._rows = own + [row for row in more if row["id"] not in known]

    def files(self) -> sa.Select[Any]:
        """The files they have had uploaded."""
        mine = sa.and_(self._here(asset), asset.c.requester == self._who.user_id)
        return sa.select(asset.c.id).where(mine).order_by(asset.c.id)

    async def fence(self) -> None:
        """Whoever works on something of theirs right now loses the lane; the others' events are worked on at once."""
        unfinished = sa.select(turn.c.id).where(turn.c.id.in_(self._turns), turn.c.state.not_in(FINAL))
        waiting = any(row["done_at"] is None for row in self._rows)
        if waiting or await self._scalars(unfinished):
            now = await self._database.now(self._connection)
            update = sa.update(lane).where(lane.c.id == self._id)
            await self._execute(update.values(epoch=lane.c.epoch + 1, ready_at=now, **RELEASED))
            self._database.announce(self._connection, "lanes")

    async def erase(self) -> None:
        """Take out their words and everything that was made of them."""
        quotations, links = await self._own_words(), await self._own_links()
        await self._posts()
        await self._log()
        await self._events()
        await self._requests()
        await self._schedules()
        await self._live.erase()
        gone = await self._sources(links)
        await self._files(gone)
        await self._execute(
            sa.update(agent_answer)
            .where(self._here(agent_answer), agent_answer.c.actor == self._who.user_id)
            .values(text="", state=AnswerState.REFUSED)
        )
        await self._quotations({*quotations, *gone})

    # -- what they said ------------------------------------------------------------------------------------------

    async def _own_words(self) -> set[str]:
        """Texts of theirs that may have been quoted: what they wrote, and the names of what they asked for."""
        of_turns = sa.select(item.c.body).where(item.c.turn_id.in_(self._turns), item.c.source.in_(SAID))
        titles = sa.select(submission.c.title).where(submission.c.id.in_(self.submissions))
        names = sa.select(job.c.label).where(job.c.submission_id.in_(self.submissions), job.c.batch_id.is_not(None))
        bodies = [*await self._scalars(of_turns), *(row["payload"] for row in self._rows)]
        called = [*await self._scalars(titles), *await self._scalars(names)]
        return {*called, *texts(bodies), *await self._live.words()}

    async def _own_links(self) -> dict[str, str]:
        """Handles and values of the sources that their part of the conversation speaks of."""
        spoken = _joined([*await self._spoken(theirs=True), *(row["payload"] for row in self._rows)])
        handles = set(HANDLE.findall(spoken))
        known = await self._mappings(sa.select(source.c.handle, source.c.value).where(self._here(source)))
        return {row["handle"]: row["value"] for row in known if row["handle"] in handles or row["value"] in spoken}

    async def _spoken(self, *, theirs: bool) -> list[Any]:
        """What was said and asked for in the conversation, by them or by the others."""
        of_turns, of_requests = item.c.turn_id.in_(self._turns), submission.c.id.in_(self.submissions)
        said = sa.select(item.c.body).where(self._here(item), item.c.source.in_(SAID) | of_turns)
        said = said.where(of_turns if theirs else sa.or_(item.c.turn_id.is_(None), sa.not_(of_turns)))
        asked = sa.select(submission.c.arguments).where(self._here(submission))
        asked = asked.where(of_requests if theirs else sa.not_(of_requests))
        return [*await self._scalars(said), *await self._scalars(asked)]

    # -- taking it out -------------------------------------------------------------------------------------------

    async def _log(self) -> None:
        await self._execute(sa.delete(digest).where(self._here(digest)))  # it may repeat what they said
        for table in (outcome, model_call, item, feedback):
            await self._execute(sa.delete(table).where(table.c.turn_id.in_(self._turns)))
        handles = await self._scalars(sa.select(job.c.handle).where(job.c.submission_id.in_(self.submissions)))
        lines = sa.select(item.c.seq, item.c.body).where(self._here(item), item.c.source == Source.RUNTIME)
        handles += self._live.handles
        about = [row["seq"] for row in await self._mappings(lines) if _names(row["body"], handles)]
        await self._execute(sa.delete(item).where(self._here(item), item.c.seq.in_(about)))
        await self._execute(sa.delete(turn).where(turn.c.id.in_(self._turns)))

    async def _events(self) -> None:
        """The rows stay without content, so that what Slack delivers again is known."""
        now = await self._database.now(self._connection)
        done = sa.func.coalesce(inbox.c.done_at, now)
        theirs = inbox.c.id.in_([row["id"] for row in self._rows])
        await self._execute(sa.update(inbox).where(theirs).values(payload={}, done_at=done))

    async def _posts(self) -> None:
        """What was posted loses its text, what was not is not posted any more."""
        select = sa.select(delivery).where(self._here(delivery)).order_by(delivery.c.id)
        for row in await self._mappings(self._database.locked(select)):
            if not await self._concerns(row):
                continue
            values: dict[str, Any] = {"body": {}, "error": None}
            card = row["kind"] in CARDS and row["ts"] is not None
            if row["state"] in UNFINISHED and not card:
                fenced = {"epoch": row["epoch"] + 1, **RELEASED}
                values |= {"state": DeliveryState.DEAD, "error": GONE, **fenced}
            await self._execute(sa.update(delivery).where(delivery.c.id == row["id"]).values(**values))

    async def _concerns(self, row: sa.RowMapping) -> bool:
        events = {event["id"] for event in self._rows}
        subjects = {*self._turns, *self.submissions, *self.batches, *self._live.sessions}
        if row["kind"] is DeliveryKind.NOTICE and row["subject_id"]:
            parent = sa.select(job.c.submission_id).where(job.c.id == row["subject_id"])
            if await self._connection.scalar(parent) in subjects:
                return True
        about_event = row["key"].startswith("notice:") and row["key"].split(":", 2)[-1] in events
        return row["subject_id"] in subjects or about_event or row["body"].get("user") == self._who.user_id

    async def _requests(self) -> None:
        """Rows without words, so that money is still settled. What is yet to be recognised keeps its language."""
        theirs, of_theirs = submission.c.id.in_(self.submissions), job.c.submission_id.in_(self.submissions)
        bare: dict[str, Any] = {"title": GONE, "arguments": {}, "error": None}
        hashes = {"arguments_hash": GONE, "approved_hash": None}
        requester = self._who.pseudonym
        await self._execute(sa.update(submission).where(theirs).values(**bare, **hashes, requester=requester))
        whole = {**bare, **hashes, "requester": requester}
        await self._execute(sa.update(batch).where(batch.c.id.in_(self.batches)).values(**whole))
        await self._execute(sa.update(job).where(of_theirs).values(failure=None, requester=requester))
        nameless = sa.and_(job.c.provider_id.is_(None), job.c.finished_at.is_(None), job.c.state == JobState.UNWANTED)
        nameless = sa.and_(nameless, job.c.kind.in_(list(PIECES)))  # by which it will be recognised
        await self._execute(sa.update(job).where(of_theirs, sa.not_(nameless)).values(label=GONE))
        over = sa.select(job.c.submission_id).where(of_theirs, job.c.finished_at.is_not(None))
        told = sa.and_(theirs, submission.c.kind.in_(list(ANSWERED)), submission.c.id.in_(over))
        await self._execute(sa.update(submission).where(told).values(provider_ids=[]))  # addresses of what they said
        now = await self._database.now(self._connection)
        theirs = link.c.job_id.in_(sa.select(job.c.id).where(of_theirs))
        await self._execute(sa.update(link).where(theirs, link.c.revoked_at.is_(None)).values(revoked_at=now))

    async def _schedules(self) -> None:
        """What they have put off is not done any more, and says nothing of theirs."""
        theirs = sa.and_(self._here(schedule), schedule.c.requester == self._who.user_id)
        ids = await self._scalars(sa.select(schedule.c.id).where(theirs))
        over = {"state": ScheduleState.CANCELLED, "next_at": None, "per_run": None, "per_month": None}
        gone = sa.update(schedule).where(schedule.c.id.in_(ids))
        await self._execute(gone.values(text="", requester=self._who.pseudonym, **over))
        for one_id in ids:
            await self._outbox.change(self._connection, f"card:{one_id}")

    async def _sources(self, links: dict[str, str]) -> list[str]:
        """Delete the sources that only they spoke of; returns what those stood for."""
        rest = await self._said_by_others()
        mentioned = set(HANDLE.findall(rest))
        gone = [handle for handle, value in links.items() if handle not in mentioned and value not in rest]
        await self._execute(sa.delete(source).where(self._here(source), source.c.handle.in_(gone)))
        return [links[handle] for handle in gone]

    async def _files(self, gone: Collection[str]) -> None:
        """What they had uploaded, and what only they spoke of. Whoever is at it finds no row any more and stops."""
        theirs = sa.or_(asset.c.requester == self._who.user_id, asset.c.place.in_(gone))
        delete = sa.delete(asset).where(self._here(asset), theirs).returning(asset.c.provider_id)
        uploads = list(await self._connection.scalars(delete))
        named = sa.and_(source.c.kind == "A", source.c.value.in_([one for one in uploads if one]))
        await self._execute(sa.delete(source).where(self._here(source), named))

    async def _quotations(self, texts: Collection[str]) -> None:
        """Take out what others' turns quote word for word, unless the others have said the same."""
        said = await self._said_by_others()
        foreign = {text for text in texts if len(text) >= SHORTEST_QUOTATION and text not in said}
        if not foreign:
            return
        pattern = re.compile("|".join(re.escape(text) for text in sorted(foreign, key=len, reverse=True)))
        of_turns = sa.select(turn.c.id).where(self._here(turn))
        places = (
            (item, self._here(item)),
            (outcome, outcome.c.turn_id.in_(of_turns)),
            (delivery, self._here(delivery)),
        )
        for table, where in places:
            await self._substitute(table, where, lambda text: pattern.sub(GONE, text))
        await self._live.reword(lambda text: pattern.sub(GONE, text))

    async def _said_by_others(self) -> str:
        events = await self._scalars(sa.select(inbox.c.payload).where(self._here(inbox)))
        return _joined([*await self._spoken(theirs=False), *events, *await self._live.said_by_others()])

    async def _substitute(self, table: sa.Table, where: sa.ColumnElement[bool], substitute: Substitute) -> None:
        key = list(table.primary_key)
        for row in await self._mappings(sa.select(*key, table.c.body).where(where)):
            if (body := reworded(row["body"], substitute)) != row["body"]:
                same = [column == row[column.name] for column in key]
                await self._execute(sa.update(table).where(*same).values(body=body))

    # -- the database --------------------------------------------------------------------------------------------

    def _here(self, table: sa.Table) -> sa.ColumnElement[bool]:
        return table.c.conversation_id == self._id

    async def _execute(self, statement: Any) -> None:
        await self._connection.execute(statement)

    async def _scalars(self, select: sa.Select[Any]) -> list[Any]:
        return list(await self._connection.scalars(select))

    async def _mappings(self, select: sa.Select[Any]) -> Sequence[sa.RowMapping]:
        return list((await self._connection.execute(select)).mappings())


def _joined(values: Iterable[Any]) -> str:
    return "\n".join(sorted(texts(values)))


def _names(body: Any, handles: Collection[str]) -> bool:
    """Whether a line of the runtime is about one of these jobs or live sessions."""
    text = message_text(body)
    if (session := handle_in(text)) is not None:
        return session in handles
    return not set(re.findall(r"\bJ\d+\b", text)).isdisjoint(handles)
