"""A database in which two people have done everything that leaves words, and what there is to read in it.

Every word of Alice's holds `ZANZIBAR`, every word of Bob's `QUOKKA`; their ids are `ALICE` and `BOB`.
"""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from agent.assets import AssetState, NewAsset, Origin
from agent.batches import Batch
from agent.compaction import Digest
from agent.conversation import function_call, user_message
from agent.live.ports import NewLine
from agent.live.records import CommandKind, LiveAccess, LiveEnd, LiveState, Manner, NewLiveSession, Speaker
from agent.money import Reason
from agent.presenters import Usual
from agent.records import (
    DeliveryKind,
    JobState,
    JobUpdate,
    Json,
    Lease,
    ModelCall,
    NewSubmission,
    Source,
    Submission,
    TurnRecord,
    TurnState,
)
from agent.rights import Role
from agent.schedules import NewSchedule, Timing
from bot.store import Store
from bot.store.inbox import Accepted
from bot.store.outbox import NewDelivery
from bot.store.schema import metadata
from bot.talk import Policy, TalkSetting
from tests.support.agent_sessions import with_answer
from tests.support.batch_steps import new_batch
from tests.support.store_steps import ACCOUNT, WORKSPACE, event, new_submission, update

ALICE, BOB = "U0ALICE01", "U0BOB0002"
LONGER = f"{ALICE}X"  # somebody else, whose id begins alike
WORDS = {ALICE: "ZANZIBAR", BOB: "QUOKKA"}
SHARED = "1.0"


def said(person: str, what: str) -> str:
    """A text of `person`'s."""
    return f"{WORDS[person]} {what}"


def link_of(person: str, what: str = "film") -> str:
    """A link that only `person` gave."""
    return f"https://video.example/{WORDS[person].lower()}/{what}.mp4?token=1"


class Life:
    """What people do, in the words of the store."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._count = 0

    def name(self, what: str) -> str:
        """A name nobody else has."""
        self._count += 1
        return f"{what}-{self._count}"

    async def write(self, person: str, text: str, thread_ts: str = SHARED, **more: Any) -> str:
        """Somebody writes a message; returns the conversation."""
        name = self.name("Ev")
        file = {"id": f"F{name}", "name": f"{text}.mp4", "mimetype": "video/mp4", "size": 1, "url": link_of(person)}
        payload: Json = {"ts": f"ts-{name}", "user": person, "text": text, "files": [file], **more}
        accepted = await self.store.lanes.accept(event(name, thread_ts=thread_ts, payload=payload))
        assert isinstance(accepted, Accepted)
        return accepted.conversation_id

    async def turn(self, person: str, text: str, thread_ts: str = SHARED) -> tuple[Lease, TurnRecord]:
        """Somebody asks for something and the model has called a tool."""
        conversation_id = await self.write(person, text, thread_ts)
        store = self.store
        claimed = {one.id: one for one in await store.lanes.claim(100)}
        lease = claimed.pop(conversation_id)
        for other in claimed.values():
            await store.lanes.release(other)
        while (row := await store.lanes.next_row(lease)) and row.payload.get("text") != text:
            await store.lanes.finish_row(lease, row)
        assert row is not None
        handle = await store.turns.name_source(lease.id, "V", link_of(person))
        items = [(Source.USER, user_message(f"{text} {handle}"))]
        turn = await store.turns.begin_turn(lease, row, origin="message", requester=person, items=items)
        call = function_call(self.name("call"), "translate_video", {"source": handle, "title": said(person, "argued")})
        used = ModelCall("model", "response", None, 1, 1, 0)
        await store.turns.record_model_call(lease, turn.id, [call], used)
        result = {"kind": "value", "data": {"text": said(person, "came out")}}
        await store.turns.record_outcome(
            lease, turn.id, call_id=call["call_id"], name="translate_video", outcome=result
        )
        output = {"type": "function_call_output", "call_id": call["call_id"], "output": json.dumps(result)}
        await store.turns.append_outputs(lease, turn.id, [output])
        return lease, turn

    async def answer(self, lease: Lease, turn: TurnRecord, text: str, *, posted: bool = True) -> None:
        """The model answers, and the answer is posted."""
        delivery_id = await self.store.turns.finish_turn(lease, turn.id, state=TurnState.DONE, reply=text)
        await self.store.lanes.release(lease)
        if posted and (held := await self.store.deliveries.held(delivery_id or "")):
            await self.store.deliveries.mark_sending(held[0])
            await self.store.deliveries.mark_posted(held[0], self.name("ts"), 1)

    def request(self, person: str, lease: Lease, turn: TurnRecord, *labels: str, **other: Any) -> NewSubmission:
        """A paid request of somebody's."""
        plain = new_submission(lease, *labels, key=self.name("key"), turn_id=turn.id, requester=person, **other)
        arguments = {"video_url": link_of(person), "languages": list(labels), "title": said(person, "title")}
        return dataclasses.replace(plain, title=said(person, "title"), arguments=arguments)

    async def sent(self, new: NewSubmission, lease: Lease) -> Submission:
        """It has left and HeyGen has taken it."""
        submission = await self.store.jobs.intend(lease, new)
        claimed = await self.store.jobs.claim_submission(submission.id)
        assert claimed is not None
        await self.store.jobs.mark_sending(claimed[0])
        await self.store.jobs.record_sent(claimed[0], [f"p-{submission.id}-{n}" for n, _ in enumerate(new.labels)])
        return submission

    async def attach(self, submission: Submission, *updates: JobUpdate | None) -> None:
        """HeyGen's ids are recognised for the jobs of a submission, except where there is None."""
        due = {job.id: lease for lease, job in await self.store.jobs.claim_due_jobs(50)}
        jobs = await self.store.jobs.jobs_of(submission.id)
        for number, (job, read) in enumerate(zip(jobs, updates, strict=True)):
            if read is not None:
                provider_id = f"p-{submission.id}-{number}"
                await self.store.jobs.attach(due[job.id], provider_id=provider_id, update=read)
        for lease in due.values():  # the rest is looked at another time
            async with self.store.database.transaction("test.release") as connection:
                table = metadata.tables["job"]
                await connection.execute(
                    sa.update(table).where(table.c.id == lease.id).values(owner=None, lease_until=0)
                )


async def lived(store: Store, person: str, *, other: str) -> dict[str, str]:
    """`person` does everything in a thread that `other` is in as well; returns ids of requests by their fate."""
    life = Life(store)
    life._count = 1000 if person == ALICE else 5000
    fates: dict[str, str] = {}
    lease, turn = await life.turn(person, said(person, "asks"))
    ended = await life.sent(life.request(person, lease, turn, said(person, "L1"), said(person, "L2")), lease)
    failure = said(person, "went wrong")
    await life.attach(ended, update(JobState.SUCCEEDED, duration=20.0), update(JobState.FAILED, failure=failure))
    fates["ended"] = ended.id
    running = await life.sent(life.request(person, lease, turn, said(person, "L3"), "Irish"), lease)
    await life.attach(running, update(JobState.RUNNING, due_at=9e9), None)
    fates["running"] = running.id
    waiting = life.request(person, lease, turn, "German", needs=Reason.TOO_DEAR, expires_at=store.clock.now() + 999)
    fates["waiting"] = (await store.jobs.intend(lease, waiting)).id
    fates["intended"] = (await store.jobs.intend(lease, life.request(person, lease, turn, "French"))).id
    sending = await store.jobs.intend(lease, life.request(person, lease, turn, "Hindi"))
    claimed = await store.jobs.claim_submission(sending.id)
    assert claimed is not None
    await store.jobs.mark_sending(claimed[0])
    again = {"code": "timeout", "sentence": said(person, "nobody knows")}
    await store.jobs.postpone(claimed[0], not_before=9e9, doubtful=True, **again)
    fates["sending"] = sending.id
    await uploaded(store, person, lease)
    await put_off(store, person, lease, turn)
    await with_answer(store, (await store.jobs.jobs_of(running.id))[0], person, said(person, "told an agent"))
    await life.answer(lease, turn, said(person, "is answered"))
    await small_things(life, person, lease.id, other)
    return fates


async def put_off(store: Store, person: str, lane: Lease, turn: TurnRecord) -> None:
    """`person` had something done every day."""
    daily = "FREQ=DAILY;INTERVAL=1;BYHOUR=9;BYMINUTE=0;BYSECOND=0"
    due = Timing(zone="UTC", words="every day at 09:00", next_at=9e9, rule=daily, anchor="2026-11-27T00:00:00")
    whose = {"workspace_id": WORKSPACE, "conversation_id": lane.id, "turn_id": turn.id, "requester": person}
    new = NewSchedule(key=f"later-{turn.id}", text=said(person, "wants it daily"), timing=due, **whose)
    made = await store.schedules.make(lane, new)
    assert made is not None
    await store.schedules.cancel(made.id, actor=person)


async def uploaded(store: Store, person: str, lane: Lease) -> None:
    """`person` has given two files: one is at HeyGen, the other never got there."""
    for what in ("sent", "lost"):
        place = link_of(person, what)
        who = {"workspace_id": WORKSPACE, "account_id": ACCOUNT, "conversation_id": lane.id, "requester": person}
        keys = {"source_key": f"{lane.id}-{WORDS[person][:3]}-{what}", "call_key": what}
        await store.assets.want(lane, NewAsset(**who, origin=Origin.LINK, place=place, **keys))
        [(lease, file)] = await store.assets.claim_due(1)
        await store.assets.advance(lease, AssetState.SENDING, name=said(person, f"{what}.mp4"))
        if what == "sent":
            await store.assets.advance(lease, AssetState.READY, provider_id=f"asset-{file.id}")
            await store.turns.name_source(lane.id, "A", f"asset-{file.id}")
        else:
            await store.assets.advance(lease, AssetState.FAILED, error=said(person, "is no film"))


async def batch_lived(store: Store, person: str, *, name: str, **other: Any) -> Batch:
    """`person` asks for a video each for two people; what may be sent is."""
    life = Life(store)
    life._count = 50_000 + 100 * sum(map(ord, name))
    lease, turn = await life.turn(person, said(person, f"lists {name}"), f"8.{name}")
    names = (said(person, "Sarah"), said(person, "John"))
    new = new_batch(lease.id, *names, key=life.name("batch"), requester=person, turn_id=turn.id, **other)
    template = {"template": said(person, "greets {name}"), "avatar": "Ava"}
    asked = await store.batches.intend_batch(
        lease, dataclasses.replace(new, title=said(person, "intros"), arguments=template)
    )
    await life.answer(lease, turn, said(person, "is answered"))
    if asked.sample_id and (claimed := await store.jobs.claim_submission(asked.sample_id)):
        await store.jobs.mark_sending(claimed[0])
        await store.jobs.record_sent(claimed[0], [f"v-{asked.id}"])
    return asked


async def small_things(life: Life, person: str, conversation_id: str, other: str) -> None:
    """Clicks, edits, notices, a mention, a command whose thread is not there yet, roles, an approval."""
    store = life.store
    named = life.name("Ev")
    click = {"name": "refresh", "submission_id": "none", "user": person, "ts": f"ts-{named}"}
    await store.lanes.accept(event(named, thread_ts=SHARED, kind="action", payload=click))
    notice = NewDelivery(
        conversation_id,
        DeliveryKind.REPLY,
        f"notice:stopped:{named}",
        body={"text": said(person, f"<@{person}> stops")},
    )
    await store.deliveries.enqueue(notice)
    command = {"name": "translate_video", "arguments": {"source": link_of(person, "commanded")}, "user": person}
    typed = event(life.name("Ev"), thread_ts=None, kind="command", payload={**command, "text": said(person, "types")})
    accepted = await store.lanes.accept(typed)
    assert isinstance(accepted, Accepted)
    root = {"text": said(person, f"<@{person}> asked"), "user": person}
    key = f"root:{accepted.conversation_id}"
    await store.deliveries.enqueue(NewDelivery(accepted.conversation_id, DeliveryKind.ROOT, key, body=root))
    await life.write(other, said(other, f"mentions <@{person}> and <@{LONGER}>"))


def new_live(person: str, conversation_id: str, **other: Any) -> NewLiveSession:
    """A live session that `person` asks for."""
    given: dict[str, Any] = {"call_seconds": None, "max_seconds": 600, "reason": said(person, "would like to talk")}
    return NewLiveSession(
        key=f"live-{conversation_id}-{person == ALICE}",
        workspace_id=WORKSPACE,
        account_id=f"{WORKSPACE}-liveavatar",
        conversation_id=conversation_id,
        requester=person,
        price_per_minute=120_000,
        offer_seconds=900.0,
        **(given | other),
    )


async def live_lived(store: Store, person: str) -> dict[str, str]:
    """`person` has held live sessions; returns their ids by their fate. Only `person` and the avatar have spoken."""
    life = Life(store)
    life._count = 20_000 if person == ALICE else 30_000
    fates: dict[str, str] = {}
    own = "5" if person == ALICE else "6"
    for fate, thread_ts in (("ended", SHARED), ("running", f"{own}.1"), ("offered", f"{own}.2")):
        conversation_id = await life.write(person, said(person, f"wants a face, {fate}"), thread_ts)
        session = await store.live.open(new_live(person, conversation_id))
        fates[fate] = session.id
        await store.live.new_pass(session.id, person)
    for fate in ("ended", "running"):
        await _talked(life, person, fates[fate])
    joined = await store.live.join(fates["ended"], person)
    assert joined is not None
    await store.live.closing(joined[0], LiveEnd.VISITOR, ended_by=person)
    await store.live.stopped(joined[0], credits=None, seconds=61.0)
    await store.live.summarised(fates["ended"], said(person, "talked about a plan [1]"))
    return fates


async def _talked(life: Life, person: str, session_id: str) -> None:
    store = life.store
    joined = await store.live.join(session_id, person)
    assert joined is not None
    lease = joined[0]
    await store.live.starting(lease, f"p-{session_id}")
    secret = f"wss://room.example/{WORDS[person]}"
    await store.live.live(lease, LiveAccess(secret, secret, secret), usable_seconds=600.0)
    spoken = [
        NewLine(at=1.0, speaker=Speaker.VISITOR, manner=Manner.VOICE, text=said(person, "speaks"), actor=person),
        NewLine(at=2.0, speaker=Speaker.AVATAR, manner=Manner.OURS, text=f"You said {said(person, 'speaks')}."),
    ]
    await store.live.add_lines(lease, spoken)
    asked = {"actor": person, "text": said(person, "asks the avatar"), "message_ts": life.name("ts")}
    await store.live.command(session_id, CommandKind.ASK, key=life.name("ask"), **asked)


async def two_people(store: Store) -> tuple[dict[str, str], dict[str, str]]:
    """Alice and Bob have been busy; returns the ids of the requests of each, by their fate."""
    alices = await lived(store, ALICE, other=BOB)
    bobs = await lived(store, BOB, other=BOB)
    await store.roles.replace(WORKSPACE, {Role.APPROVER: [ALICE, BOB]})
    life = Life(store)
    life._count = 9000
    lease, turn = await life.turn(BOB, said(BOB, "asks again"), "2.0")
    new = life.request(BOB, lease, turn, "Thai", needs=Reason.TOO_DEAR, expires_at=store.clock.now() + 999)
    asked = await store.jobs.intend(lease, new)
    await store.approvals.approve(asked.id, arguments_hash=asked.arguments_hash, actor=ALICE)
    await batch_lived(store, ALICE, name="1")
    for name, decide in (("2", store.batches.approve), ("3", store.batches.decline)):
        waiting = await batch_lived(store, BOB, name=name, needs=Reason.TOO_DEAR)
        same = {"arguments_hash": waiting.arguments_hash} if name == "2" else {}
        await decide(waiting.id, actor=ALICE, **same)
    await live_lived(store, ALICE)
    bobs_sessions = await live_lived(store, BOB)
    await alice_steers(store, bobs_sessions["running"])
    await talked(store, turn)
    await remembered(store)
    await store.webhook_events.record(ACCOUNT, "we1", "video.done", {"provider_id": "p1"})
    await store.wallet.record(ACCOUNT, 90_000_000, since=await store.wallet.mark(ACCOUNT))
    return alices, bobs


async def remembered(store: Store) -> None:
    """Both keep something, and the thread in which both have spoken is summed up."""
    life = Life(store)
    life._count = 50_000
    lease, turn = await life.turn(BOB, said(BOB, "keeps something"))
    for person in (ALICE, BOB):
        theirs = dataclasses.replace(turn, requester=person)
        for everywhere in (True, False):
            key = f"kept-{person[-2:]}-{everywhere}"
            assert await store.facts.add(lease, theirs, said(person, "keeps"), key=key, everywhere=everywhere)
    assert await store.summed.begin(lease, 1)
    summary = Digest(1, said(ALICE, "wants something"))
    await store.summed.finish(lease, turn.id, summary, ModelCall("m", "r", None, 1, 1, 0))
    await life.answer(lease, turn, said(BOB, "is answered"))  # so that the conversation can go on


async def talked(store: Store, turn: TurnRecord) -> None:
    """Alice and Bob say what they think of an answer to Bob, who is waiting for Alice to answer him."""
    await store.talk.rate(turn.id, ALICE, good=False, words=said(ALICE, "found it wrong"))
    await store.talk.rate(turn.id, BOB, good=True)
    await store.talk.await_answer(WORKSPACE, turn.conversation_id, ALICE)
    await store.talk.change(WORKSPACE, ALICE, TalkSetting(people=(ALICE, BOB)), "C1", Policy.MENTIONS)
    for person in (ALICE, BOB):
        await store.usual.choose(WORKSPACE, person, ACCOUNT, Usual(avatar_id="look-1", avatar="Ava"))


async def alice_steers(store: Store, session_id: str) -> None:
    """Alice takes over what Bob has running, and decides about others of his."""
    joined = await store.live.join(session_id, BOB)
    assert joined is not None
    await store.live.set_mode(joined[0], LiveState.HUMAN_TAKEOVER, taken_by=ALICE, muted=False)
    life = Life(store)
    life._count = 40_000
    claimed = await store.live.open(new_live(BOB, await life.write(BOB, said(BOB, "calls"), "7.1")))
    await store.live.claim(claimed.id, ALICE)
    dear = new_live(BOB, await life.write(BOB, said(BOB, "calls again"), "7.2"), needs_approval=True)
    await store.live.approve((await store.live.open(dear)).id, ALICE)


async def dump(store: Store) -> dict[str, list[str]]:
    """Every row of every table as text."""
    async with store.database.reading() as connection:
        return {
            table.name: [
                json.dumps(dict(row), default=str, ensure_ascii=False)
                for row in (await connection.execute(sa.select(table))).mappings()
            ]
            for table in metadata.sorted_tables
        }


def files_of(folder: Path) -> bytes:
    """Everything that SQLite keeps in `folder`."""
    return b"".join(file.read_bytes() for file in sorted(folder.glob("greenroom.db*")))
