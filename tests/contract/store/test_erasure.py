"""A person's data, and a workspace's, are gone afterwards: proven by everything there is to read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import sqlalchemy as sa

from agent.conversation import model_input, open_calls
from agent.records import DeliveryState, Interruption, JobState, SubmissionState
from bot.store import Store
from bot.store.erasure import Erasure
from bot.store.overview import Filter, Kind
from bot.store.pseudonyms import text_columns
from bot.store.schema import metadata
from tests.support.batch_steps import EACH
from tests.support.store_steps import WORKSPACE, update
from tests.support.two_people import ALICE, BOB, LONGER, WORDS, Life, dump, files_of, link_of, said, two_people

# Text columns in which neither words nor ids of people can stand: ids of ours, Slack's ids of places and moments,
# closed sets. Whoever adds a text column puts it here, or has `two_people` fill it.
BARE = {
    "account": {"id", "workspace_id", "backend", "webhook_path_token"},
    "agent_answer": {"id", "key", "workspace_id", "conversation_id", "session_id", "message_ts"},
    "agent_session": {
        *("id", "workspace_id", "account_id", "conversation_id", "submission_id", "job_id", "provider_session_id"),
        *("seen", "video_ids", "status_word", "progress", "owner"),
    },
    "asset": {
        *("id", "workspace_id", "account_id", "conversation_id", "source_key", "call_key", "provider_id"),
        *("content_type", "checksum", "error_code", "owner"),
    },
    "audit": {"workspace_id", "deed", "details"},
    "batch": {
        *("id", "key", "workspace_id", "account_id", "conversation_id", "turn_id", "arguments_hash", "basis"),
        *("sample_id", "approved_hash", "error_code", "retry_of"),
    },
    "channel_policy": {"workspace_id", "channel_id"},
    "conversation": {"id", "workspace_id", "channel_id", "channel_type", "thread_ts"},
    "credential": {"account_id", "workspace_id", "kind", "mark", "sealed"},
    "delivery": {"id", "workspace_id", "conversation_id", "key", "subject_id", "ts", "error", "owner"},
    "digest": {"conversation_id", "workspace_id"},
    "erasure": {"id", "workspace_id", "pseudonym"},
    "fact": {"workspace_id", "conversation_id", "call_key"},
    "feedback": {"id", "workspace_id", "conversation_id", "turn_id"},
    "inbox": {"id", "dedup_key", "workspace_id", "conversation_id", "kind", "ts"},
    "installation": {
        *("id", "workspace_id", "enterprise_id", "team_id", "name", "app_id", "bot_user_id", "bot_id", "scopes"),
        *("sealed_token", "sealed_refresh"),
    },
    "item": {"conversation_id", "workspace_id", "turn_id"},
    "job": {
        *("id", "workspace_id", "account_id", "submission_id", "conversation_id", "handle"),
        *("provider_id", "status_word", "link_id", "owner", "batch_id"),
    },
    "lane": {"id", "workspace_id", "owner"},
    "ledger": {"workspace_id", "account_id", "submission_id", "job_id", "channel_id", "via"},
    "link": {"id", "workspace_id", "account_id", "job_id"},
    "live_account": {"account_id", "workspace_id", "avatar_id", "mark", "sealed"},
    "live_command": {"id", "key", "workspace_id", "conversation_id", "session_id", "message_ts"},
    "live_line": {"session_id", "workspace_id", "conversation_id"},
    "live_pass": {"id", "workspace_id", "conversation_id", "session_id"},
    "live_session": {
        *("id", "key", "workspace_id", "account_id", "conversation_id", "handle", "provider_session_id"),
        *("credits", "access", "owner"),
    },
    "migration": {"name"},
    "model_call": {"workspace_id", "turn_id", "model", "response_id", "request_id"},
    "oauth_state": {"hash"},
    "outcome": {"workspace_id", "turn_id", "call_id", "name"},
    "program": {"conversation_id", "workspace_id", "name"},
    "role_member": {"workspace_id", "role"},
    "schedule": {"id", "key", "workspace_id", "conversation_id", "turn_id", "words", "zone", "rule", "anchor"},
    "source": {"conversation_id", "handle", "workspace_id", "kind", "value_hash"},
    "submission": {
        *("id", "key", "workspace_id", "account_id", "conversation_id", "turn_id", "call_id", "arguments_hash"),
        *("provider_ids", "error_code", "retry_of", "quote_basis", "approved_hash", "owner", "batch_id"),
    },
    "talk_setting": {"workspace_id", "channels"},
    "thread": {"workspace_id", "channel_id", "thread_ts", "conversation_id"},
    "thread_talk": {"conversation_id", "workspace_id"},
    "turn": {"id", "workspace_id", "conversation_id", "inbox_id", "origin", "message_ts", "reply_ts", "error"},
    "wallet_reading": {"workspace_id", "account_id"},
    "webhook_cursor": {"account_id", "workspace_id", "token"},
    "webhook_event": {"workspace_id", "account_id", "event_id", "type", "payload"},
    "usual_speaker": {"workspace_id", "account_id", "avatar_id", "avatar", "voice_id", "voice"},
    "workspace": {"workspace_id", "name", "enterprise_id"},
}
TRACE = re.compile(rf"{ALICE}(?!X)|{WORDS[ALICE]}", re.IGNORECASE)


async def forget_alice(store: Store) -> Erasure:
    store.erasures.patience = 0.1
    asked = await store.erasures.forget_person(WORKSPACE, ALICE, actor="operator:root")
    await store.erasures.carry_out(asked)
    return asked


async def columns_with_a_trace(store: Store) -> dict[str, set[str]]:
    """The columns in which something of Alice's stands."""
    found: dict[str, set[str]] = {}
    async with store.database.reading() as connection:
        for table in metadata.sorted_tables:
            rows = (await connection.execute(sa.select(table))).mappings().all()
            found[table.name] = {
                column.name for column in text_columns(table) if any(TRACE.search(str(r[column.name])) for r in rows)
            }
    return found


async def test_the_proof_looks_at_every_text_column(store: Store) -> None:
    await two_people(store)
    await store.erasures.forget_person(WORKSPACE, ALICE)
    await store.erasures.forget_person(WORKSPACE, BOB, actor=ALICE)
    every = {table.name: {column.name for column in text_columns(table)} for table in metadata.sorted_tables}
    filled = await columns_with_a_trace(store)
    assert {name: columns - filled[name] for name, columns in every.items()} == BARE


def test_every_table_says_whose_it_is_but_where_nobody_is_known_yet() -> None:
    nobodys = {table.name for table in metadata.sorted_tables if "workspace_id" not in table.c}
    assert nobodys == {"migration", "oauth_state"}


async def test_nothing_of_a_forgotten_person_is_left(store: Store) -> None:
    await two_people(store)
    asked = await forget_alice(store)
    left = {name: [row for row in rows if TRACE.search(row)] for name, rows in (await dump(store)).items()}
    assert {name: rows for name, rows in left.items() if rows} == {}
    assert asked.pseudonym in str((await dump(store))["ledger"])


async def test_the_other_persons_data_is_untouched(store: Store) -> None:
    await two_people(store)
    before = await dump(store)
    asked = await forget_alice(store)
    after = await dump(store)
    for name, rows in before.items():
        bobs = [re.sub(rf"{ALICE}(?!X)", asked.pseudonym, row) for row in rows if BOB in row or WORDS[BOB] in row]
        assert [row for row in bobs if row not in after[name]] == []
    assert LONGER in str(after["inbox"])


@pytest.mark.full
async def test_what_left_is_still_settled_and_what_did_not_is_cancelled(store: Store) -> None:
    alices, _ = await two_people(store)
    await forget_alice(store)
    states = {fate: (await store.jobs.submission(one)).state for fate, one in alices.items()}
    assert states == {
        "ended": SubmissionState.SENT,
        "running": SubmissionState.SENT,
        "waiting": SubmissionState.CANCELLED,
        "intended": SubmissionState.CANCELLED,
        "sending": SubmissionState.SENDING,
    }
    jobs = await store.jobs.jobs_of(alices["running"])
    assert {job.state for job in jobs} == {JobState.UNWANTED}


async def test_a_forgotten_batch_is_dropped_and_shows_nobody(store: Store) -> None:
    await two_people(store)
    (asked,) = [one for one, _ in await store.batches.open_batches(WORKSPACE, ALICE, 10)]
    await forget_alice(store)
    gone = await store.batches.batch(asked.id)
    members = await store.batches.members(asked.id)
    assert (gone.title, gone.arguments, gone.requester.startswith("deleted-")) == ("deleted", {}, True)
    assert [one.submission.state for one in members] == [SubmissionState.SENT, SubmissionState.CANCELLED]
    assert {(one.job.label, one.submission.title) for one in members} == {("deleted", "deleted")}
    assert all(not one.submission.arguments for one in members)
    await store.batches.run_due()  # nothing waits for a word of theirs any more
    assert await store.batches.open_batches(WORKSPACE, gone.requester, 10) == []


@pytest.mark.full
async def test_a_disowned_job_is_charged_under_the_pseudonym(store: Store) -> None:
    alices, _ = await two_people(store)
    asked = await forget_alice(store)
    first, second = await store.jobs.jobs_of(alices["running"])
    await store.jobs.touch(first.account_id, [first.provider_id or "", f"p-{alices['running']}-1"])
    due = {job.id: lease for lease, job in await store.jobs.claim_due_jobs(50)}
    await store.jobs.record_update(due[first.id], update(JobState.SUCCEEDED, duration=20.0))
    attached = update(JobState.SUCCEEDED, duration=20.0)
    await store.jobs.attach(due[second.id], provider_id=f"p-{alices['running']}-1", update=attached)
    charges = [row for row in (await dump(store))["ledger"] if '"charge"' in row and alices["running"] in row]
    assert [asked.pseudonym in row for row in charges] == [True, True]
    assert not any(TRACE.search(row) for rows in (await dump(store)).values() for row in rows)


@pytest.mark.full
async def test_the_ledger_no_longer_names_a_direct_conversation(store: Store) -> None:
    life = Life(store)
    lease, turn = await life.turn(ALICE, said(ALICE, "asks"))
    await store.jobs.intend(lease, life.request(ALICE, lease, turn, "German"))
    async with store.database.transaction("test.direct") as connection:
        await connection.execute(sa.update(metadata.tables["ledger"]).values(channel_id="D0ALICE"))
    await forget_alice(store)
    assert "D0ALICE" not in str((await dump(store))["ledger"])


@pytest.mark.full
async def test_nothing_more_is_posted_for_a_forgotten_person(store: Store) -> None:
    alices, bobs = await two_people(store)
    await forget_alice(store)
    unposted = [row for row in await store.overview.list(Kind.DELIVERY, Filter(limit=500)) if row["ts"] is None]
    waiting = {row["subject_id"] for row in unposted if row["state"] == DeliveryState.PENDING}
    assert waiting.isdisjoint(alices.values())
    assert not waiting.isdisjoint(bobs.values())


@pytest.mark.full
async def test_the_conversation_goes_on_for_the_others(store: Store) -> None:
    await two_people(store)
    await forget_alice(store)
    life = Life(store)
    await life.write(BOB, said(BOB, "goes on"))
    found = await store.lanes.find(WORKSPACE, "C1", "1.0")
    assert found is not None
    (lease,) = [one for one in await store.lanes.claim(100) if one.id == found.id]
    row = await store.lanes.next_row(lease)
    assert row is not None
    assert row.payload["user"] == BOB
    items = await store.turns.items(found.id)
    assert open_calls(item.body for item in items) == []
    assert said(BOB, "asks") in str(model_input(items, "facts"))
    assert await store.turns.resolve_source(found.id, "V2") == link_of(BOB)


@pytest.mark.full
async def test_a_quotation_in_somebody_elses_turn_is_taken_out(store: Store) -> None:
    life = Life(store)
    lease, turn = await life.turn(ALICE, said(ALICE, "asks for a plan"))
    await life.answer(lease, turn, "Done.")
    lease, turn = await life.turn(BOB, said(BOB, "asks what was said"))
    await life.answer(lease, turn, f"She wrote: {said(ALICE, 'asks for a plan')}. {said(BOB, 'asks what was said')}.")
    await forget_alice(store)
    replies = [row for row in (await dump(store))["delivery"] if WORDS[BOB] in row]
    assert len(replies) == 1
    assert "She wrote: deleted." in replies[0]


@pytest.mark.full
async def test_what_both_have_said_stays_the_others(store: Store) -> None:
    life = Life(store)
    for person in (ALICE, BOB):
        lease, turn = await life.turn(person, "the very same words")
        await life.answer(lease, turn, "Done.")
    await forget_alice(store)
    assert str(await dump(store)).count("the very same words") == 3  # event, its file's name, item: Bob's


@pytest.mark.full
async def test_whoever_is_at_work_for_the_person_loses_the_lane(store: Store) -> None:
    life = Life(store)
    lease, turn = await life.turn(ALICE, said(ALICE, "asks"))
    await forget_alice(store)
    with pytest.raises(Exception, match="no longer held"):
        await life.answer(lease, turn, "too late")


@pytest.mark.full
async def test_a_turn_of_somebody_who_asked_to_be_forgotten_is_stopped(store: Store) -> None:
    life = Life(store)
    _, alices = await life.turn(ALICE, said(ALICE, "asks"))
    _, bobs = await life.turn(BOB, said(BOB, "asks"), "2.0")
    await store.erasures.forget_person(WORKSPACE, ALICE)
    assert await store.turns.interruption(alices.id) is Interruption.STOPPED
    assert await store.turns.interruption(bobs.id) is None


@pytest.mark.full
async def test_an_edit_of_a_forgotten_message_leads_to_nothing(store: Store) -> None:
    life = Life(store)
    lease, turn = await life.turn(ALICE, said(ALICE, "asks"))
    await forget_alice(store)
    assert await store.cancellations.turns_of_message(lease.id, turn.message_ts or "") == []


@pytest.mark.full
async def test_the_deletion_is_one_line_in_the_audit_log(store: Store) -> None:
    await two_people(store)
    asked = await forget_alice(store)
    await store.erasures.carry_out(asked)
    lines = [line for line in await store.audit.recent(WORKSPACE) if line.deed == "data deleted"]
    assert [(line.actor, line.subject_id) for line in lines] == [("operator:root", asked.pseudonym)]


@pytest.mark.full
async def test_a_person_who_asks_for_it_is_the_actor_under_the_pseudonym(store: Store) -> None:
    asked = await store.erasures.forget_person(WORKSPACE, ALICE)
    assert asked.actor == asked.pseudonym
    assert await store.erasures.forget_person(WORKSPACE, ALICE) == asked


STEPS = ("erasure.conversation", "erasure.roles", "erasure.rename", "erasure.direct", "erasure.finish")


class KilledError(BaseException):
    """The process is gone."""


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("committed", [False, True])
@pytest.mark.full
async def test_a_deletion_that_was_interrupted_is_completed(
    store: Store, monkeypatch: pytest.MonkeyPatch, step: str, committed: bool
) -> None:
    await two_people(store)
    asked = await store.erasures.forget_person(WORKSPACE, ALICE, actor="operator:root")
    with monkeypatch.context() as patched:
        kill_at(patched, store, step, committed=committed)
        with pytest.raises(KilledError):
            await store.erasures.carry_out(asked)
    await store.erasures.run_due()
    assert not any(TRACE.search(row) for rows in (await dump(store)).values() for row in rows)
    pseudonyms = set(re.findall(r"deleted-[0-9a-f]{8}", str(await dump(store))))
    assert pseudonyms == {asked.pseudonym}


def kill_at(patched: pytest.MonkeyPatch, store: Store, step: str, *, committed: bool) -> None:
    """The process dies in the first transaction of that name, before or after its commit."""
    original = store.database.transaction

    class Dying:
        def __init__(self, name: str, **options: bool) -> None:
            self._name, self._inner = name, original(name, **options)

        async def __aenter__(self) -> object:
            return await self._inner.__aenter__()

        async def __aexit__(self, *raised: object) -> bool | None:
            if self._name == step and not committed:
                await self._inner.__aexit__(KilledError, KilledError(), None)
            result = await self._inner.__aexit__(*raised)  # type: ignore[arg-type]  # as given
            if self._name == step:
                raise KilledError
            return result

    patched.setattr(store.database, "transaction", Dying)


async def test_the_files_of_sqlite_hold_nothing_either(sqlite_store: Store, tmp_path: Path) -> None:
    await two_people(sqlite_store)
    before = files_of(tmp_path)
    await forget_alice(sqlite_store)
    after = files_of(tmp_path)
    for trace in (ALICE.encode() + b'"', WORDS[ALICE].encode(), WORDS[ALICE].lower().encode()):
        assert trace in before
        assert trace not in after
    assert WORDS[BOB].encode() in after


async def test_nothing_of_a_forgotten_workspace_is_left_but_one_line(store: Store) -> None:
    await two_people(store)
    asked = await store.erasures.forget_workspace(WORKSPACE, actor="operator:root")
    await store.erasures.carry_out(asked)
    left = {name: rows for name, rows in (await dump(store)).items() if rows and name != "migration"}
    assert list(left) == ["audit"]
    (line,) = await store.audit.recent()
    assert (line.actor, line.subject_id, line.workspace_id) == ("operator:root", WORKSPACE, WORKSPACE)


@pytest.mark.full
async def test_what_heygen_works_on_is_counted_before_a_workspace_goes(store: Store) -> None:
    assert (await store.erasures.unfinished(WORKSPACE)).jobs == 0
    await two_people(store)
    unfinished = await store.erasures.unfinished(WORKSPACE)
    # of each: two jobs that run, one being sent, and a live session of ten minutes at most; and the sample of a batch
    at_most = 6_000_000 + 2 * 1_200_000 + EACH.high
    assert (unfinished.jobs, unfinished.sessions, unfinished.amount) == (7, 2, at_most)
