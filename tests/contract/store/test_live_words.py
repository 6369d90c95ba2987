"""The transcript and what of it the thread is told; commands from Slack, once each, and the signs that answer them."""

from __future__ import annotations

import asyncio

import pytest
import sqlalchemy as sa

from agent.live.records import CommandKind, LineState, LiveCommand, LiveEnd, LiveState, Manner, Speaker
from agent.records import DeliveryKind, Lease
from bot.store import Store
from bot.store.counts import counts
from bot.store.live_words import WAITING_LIMIT
from bot.store.schema import live_command
from tests.support.live_rows import (
    OPERATOR,
    REQUESTER,
    ask,
    call,
    closing,
    joined,
    keys,
    line,
    offer,
    running,
    say,
    started,
)
from tests.support.store_steps import everything


async def told(store: Store, lease: Lease, first: int) -> dict[str, object] | None:
    post = await store.deliveries.find(f"live:{lease.id}:lines:{first}")
    return None if post is None else post.body


# -- lines -----------------------------------------------------------------------------------------------------------


async def test_lines_are_numbered_and_read_back_whole(store: Store) -> None:
    lease = await running(store)
    first = await store.live.add_lines(lease, [line("Hello"), line("Hi", Speaker.AVATAR, Manner.OURS)])
    cut = line("I thi", Speaker.AVATAR, Manner.OURS, state=LineState.INTERRUPTED)
    second = await store.live.add_lines(lease, [cut, line("Stop", actor=REQUESTER)])
    assert [one.seq for one in (*first, *second)] == [1, 2, 3, 4]
    assert await store.live.transcript(lease.id) == [*first, *second]
    assert (second[0].state, second[1].actor) == (LineState.INTERRUPTED, REQUESTER)
    assert (await store.live.session(lease.id)).lines == 4


async def test_each_batch_is_one_post(store: Store) -> None:
    lease = await running(store)
    await say(store, lease, "One", "Two")
    await say(store, lease, "Three")
    assert await keys(store, lease.id) == ["live:*", "live:*:lines:1", "live:*:lines:3"]
    assert await told(store, lease, 1) == {"first": 1, "last": 2, "told": [1, 2]}
    post = await store.deliveries.find(f"live:{lease.id}:lines:3")
    assert post is not None
    assert (post.kind, post.subject_id, post.body) == (
        DeliveryKind.LIVE_LINES,
        lease.id,
        {"first": 3, "last": 3, "told": [3]},
    )


async def test_no_lines_are_no_post(store: Store) -> None:
    lease = await running(store)
    before = await everything(store)
    assert await store.live.add_lines(lease, []) == []
    assert await everything(store) == before


async def test_what_the_runtime_notes_is_for_the_file(store: Store) -> None:
    lease = await running(store)
    note = line("U7 took over", Speaker.RUNTIME, Manner.OURS, state=LineState.SILENT)
    await store.live.add_lines(lease, [note])
    assert await told(store, lease, 1) is None
    await store.live.add_lines(lease, [note, line("Hello")])
    assert await told(store, lease, 2) == {"first": 2, "last": 3, "told": [3]}


async def test_what_stands_in_the_thread_already_is_not_repeated_unless_it_was_cut(store: Store) -> None:
    lease = await running(store)
    await ask(store, lease.id, "How much?", key="a", message_ts="5.0")
    say_it = {"kind": CommandKind.SAY, "actor": OPERATOR}
    await ask(store, lease.id, "It is free", key="b", message_ts="6.0", **say_it)
    await ask(store, lease.id, "From a modal", key="c", message_ts=None, **say_it)
    from_thread = {"manner": Manner.THREAD, "speaker": Speaker.TEAMMATE, "actor": OPERATOR}
    await store.live.add_lines(
        lease,
        [
            line("How much?", manner=Manner.THREAD, actor=REQUESTER),
            line("It is free", **from_thread),
            line("It is free", **from_thread, state=LineState.INTERRUPTED),
            line("From a modal", **from_thread),
        ],
    )
    assert await told(store, lease, 1) == {"first": 1, "last": 4, "told": [3, 4]}


async def test_the_last_words_come_in_while_it_closes(store: Store) -> None:
    lease = await closing(store)
    assert [one.seq for one in await say(store, lease, "Bye")] == [1]


# -- commands --------------------------------------------------------------------------------------------------------


async def test_commands_come_in_order_and_whole(store: Store) -> None:
    lease = await running(store)
    assert await ask(store, lease.id, "First", key="a", message_ts="5.0")
    assert await ask(store, lease.id, "Second", key="b", message_ts=None, kind=CommandKind.WHISPER, actor=OPERATOR)
    first, second = await store.live.commands(lease)
    assert (first.seq, first.kind, first.actor, first.text, first.message_ts) == (
        1,
        CommandKind.ASK,
        REQUESTER,
        "First",
        "5.0",
    )
    assert (second.seq, second.kind, second.actor, second.message_ts) == (2, CommandKind.WHISPER, OPERATOR, None)
    assert first.session_id == lease.id


async def test_a_key_is_one_command(store: Store) -> None:
    lease = await running(store)
    assert [await ask(store, lease.id) for _ in range(3)] == [True] * 3
    assert len(await store.live.commands(lease)) == 1
    await store.live.command_done(lease, (await store.live.commands(lease))[0])
    assert await ask(store, lease.id)
    assert await store.live.commands(lease) == []


@pytest.mark.parametrize("begin", [joined, started, running])
async def test_what_runs_takes_commands(store: Store, begin: type) -> None:
    lease: Lease = await begin(store)
    assert await ask(store, lease.id)


@pytest.mark.full
async def test_what_does_not_run_takes_none(store: Store) -> None:
    calling, offered = await call(store, "a"), await offer(store, "b")
    closed = await closing(store, "c")
    for session_id in (calling.id, offered.id, closed.id, "nothing"):
        assert not await ask(store, session_id, key=f"ask-{session_id}")
    await store.live.stopped(closed, credits=None, seconds=1.0)
    assert not await ask(store, closed.id)


async def test_a_command_that_was_taken_stays_taken_when_the_session_ends(store: Store) -> None:
    lease = await running(store)
    await ask(store, lease.id)
    await store.live.closing(lease, LiveEnd.VISITOR)
    assert await ask(store, lease.id)


@pytest.mark.full
async def test_the_queue_has_an_end(store: Store) -> None:
    lease = await running(store)
    for number in range(WAITING_LIMIT):
        assert await ask(store, lease.id, key=f"ask-{number}")
    assert not await ask(store, lease.id, key="one too many")
    assert await ask(store, lease.id, key="ask-0")
    await store.live.command_done(lease, (await store.live.commands(lease))[0])
    assert await ask(store, lease.id, key="one more")


async def test_a_command_is_done_once_and_its_message_gets_a_sign(store: Store) -> None:
    lease = await running(store)
    await ask(store, lease.id)
    (command,) = await store.live.commands(lease)
    await store.live.command_done(lease, command, reaction="eyes")
    before = await everything(store)
    await store.live.command_done(lease, command, reaction="speaker")
    assert await everything(store) == before
    assert await store.live.commands(lease) == []
    post = await store.deliveries.find(f"live:{lease.id}:reaction:1")
    assert post is not None
    assert (post.kind, post.subject_id, post.body) == (
        DeliveryKind.REACTION,
        lease.id,
        {"ts": "5.0", "name": "eyes"},
    )


async def test_without_a_message_or_a_sign_nothing_is_put_there(store: Store) -> None:
    lease = await running(store)
    await ask(store, lease.id, key="a", message_ts=None)
    await ask(store, lease.id, key="b")
    first, second = await store.live.commands(lease)
    await store.live.command_done(lease, first, reaction="eyes")
    await store.live.command_done(lease, second)
    assert await keys(store, lease.id) == ["live:*"]


async def test_a_command_of_another_session_is_not_done(store: Store) -> None:
    lease, other = await running(store, "a"), await running(store, "b")
    await ask(store, other.id)
    (command,) = await store.live.commands(other)
    await store.live.command_done(lease, command)
    assert await store.live.commands(other) == [command]


async def test_what_nobody_got_to_is_over_with_the_session(store: Store) -> None:
    lease = await running(store)
    await ask(store, lease.id)
    await store.live.closing(lease, LiveEnd.VISITOR)
    assert len(await store.live.commands(lease)) == 1
    await store.live.stopped(lease, credits=None, seconds=1.0)
    (row,) = (await everything(store))["live_command"]
    assert row.done_at is not None


@pytest.mark.full
async def test_commands_from_everywhere_at_once_are_each_there_once(store: Store, second: Store) -> None:
    lease = await running(store)

    async def send(number: int) -> bool:
        return await ask((store, second)[number % 2], lease.id, key=f"ask-{number // 2}")

    assert all(await asyncio.gather(*(send(number) for number in range(40))))
    waiting: list[LiveCommand] = await store.live.commands(lease)
    assert [one.seq for one in waiting] == list(range(1, 21))


async def test_what_nobody_got_to_before_the_end_says_so(store: Store) -> None:
    lease = await running(store)
    for key, ts in (("a", "5.0"), ("b", "6.0"), ("c", None)):
        await ask(store, lease.id, key=key, message_ts=ts)
    await store.live.command_done(lease, (await store.live.commands(lease))[0], reaction="eyes")
    await store.live.stopped(lease, credits=None, seconds=1.0)
    posts = [await store.deliveries.find(f"live:{lease.id}:reaction:{number}") for number in (1, 2, 3)]
    assert [post and post.body for post in posts] == [
        {"ts": "5.0", "name": "eyes"},
        {"ts": "6.0", "name": "x"},
        None,
    ]


async def test_what_was_handed_over_is_remembered_beyond_the_end(store: Store) -> None:
    lease = await running(store)
    await ask(store, lease.id, key="a")
    await store.live.stopped(lease, credits=None, seconds=1.0)
    assert await store.live.commanded("a")
    assert not await store.live.commanded("b")


async def test_who_speaks_once_what_waits_is_done(store: Store) -> None:
    lease = await running(store)
    session = await store.live.session(lease.id)
    assert await store.live.foreseen(session) == session
    await ask(store, lease.id, "", key="a", kind=CommandKind.TAKE_OVER, actor=OPERATOR)
    await ask(store, lease.id, key="b")
    taken = await store.live.foreseen(session)
    assert (taken.state, taken.taken_by) == (LiveState.HUMAN_TAKEOVER, OPERATOR)
    await ask(store, lease.id, "", key="c", kind=CommandKind.HAND_BACK, actor=OPERATOR)
    assert (await store.live.foreseen(taken)).taken_by is None
    for command in await store.live.commands(lease):
        await store.live.command_done(lease, command)
    assert await store.live.foreseen(taken) == session  # as the row says, not as it was read before


async def test_a_command_of_a_newer_version_waits_for_it_and_holds_nothing_up(store: Store) -> None:
    lease = await running(store)
    await asked_for_something_new(store, lease)
    commands = await store.live.commands(lease)
    assert [one.seq for one in commands] == [1, 3]
    for one in commands:
        await store.live.command_done(lease, one)
    assert await store.live.commands(lease) == []
    assert (await counts(store.database)).left_to_newer == 1
    await put(store, CommandKind.SAY)  # the version that knows it has the session now
    assert [one.seq for one in await store.live.commands(lease)] == [2]
    assert (await counts(store.database)).left_to_newer == 0


async def test_such_a_command_is_over_with_its_session_and_says_so(store: Store) -> None:
    lease = await running(store)
    await asked_for_something_new(store, lease)
    await store.live.stopped(lease, credits=None, seconds=1.0)
    sign = await store.deliveries.find(f"live:{lease.id}:reaction:2")
    assert sign is not None
    assert sign.body == {"ts": "6.0", "name": "x"}
    assert (await counts(store.database)).left_to_newer == 0


async def asked_for_something_new(store: Store, lease: Lease) -> None:
    """Three commands, the second of a kind that only a newer version knows."""
    for number, key in enumerate(("a", "b", "c"), 5):
        await ask(store, lease.id, key=key, message_ts=f"{number}.0")
    await put(store, "spotlight")


async def put(store: Store, kind: str) -> None:
    """What the second command is."""
    second = sa.update(live_command).where(live_command.c.key == "b")
    async with store.database.transaction("test.newer") as connection:
        await connection.execute(second.values(kind=sa.literal_column(f"'{kind}'")))
