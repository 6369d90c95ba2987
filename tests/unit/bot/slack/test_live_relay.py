"""What becomes of messages in a thread while a live session runs there."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.live.records import CommandKind, LiveState
from agent.records import InboxRow
from agent.rights import Role
from bot.slack.live_modals import LONGEST_WORDS
from bot.slack.live_relay import IGNORED, TOO_LONG, TOO_MUCH, LiveRelay, Passed, passed
from bot.store import Store
from bot.store.live_words import WAITING_LIMIT
from tests.support import live_rows
from tests.support.live_rows import OPERATOR, REQUESTER
from tests.unit.bot.slack.live_rows import live_session
from tests.unit.bot.slack.memory import MemoryRoles, Wakes

ASK, SAY, WHISPER = CommandKind.ASK, CommandKind.SAY, CommandKind.WHISPER
ASKS, STEERS, BOTH = frozenset({Role.REQUESTER}), frozenset({Role.OPERATOR}), frozenset({Role.REQUESTER, Role.OPERATOR})
LIVE = live_session(LiveState.LIVE)
TAKEN = live_session(LiveState.HUMAN_TAKEOVER, taken_by=OPERATOR)


@pytest.mark.parametrize(
    ("roles", "text", "kind", "words"),
    [
        (ASKS, " What does it cost? ", ASK, "What does it cost?"),
        (ASKS, "say: hello", ASK, "say: hello"),
        (STEERS, "He has a refund open.", WHISPER, "He has a refund open."),
        (STEERS, "say: Hello, Bob here.", SAY, "Hello, Bob here."),
        (STEERS, " SAY :\nHello,\nBob here. ", SAY, "Hello,\nBob here."),
        (STEERS, "Whisper: be brief", WHISPER, "be brief"),
        (STEERS, "I say: no", WHISPER, "I say: no"),
        (BOTH, "What does it cost?", ASK, "What does it cost?"),
        (BOTH, "say: hello", SAY, "hello"),
    ],
)
def test_whose_words_become_what(roles: frozenset[Role], text: str, kind: CommandKind, words: str) -> None:
    assert passed(LIVE, roles, text, "U1") == Passed(kind, words)


def test_who_has_taken_over_is_spoken() -> None:
    assert passed(TAKEN, STEERS, "Hello.", OPERATOR) == Passed(SAY, "Hello.")
    assert passed(TAKEN, STEERS, "whisper: note this", OPERATOR) == Passed(WHISPER, "note this")
    assert passed(TAKEN, ASKS, "Who is this?", "U1") == Passed(ASK, "Who is this?")


def test_another_operator_is_not_spoken_by_accident() -> None:
    assert passed(TAKEN, STEERS, "He sounds angry.", "U9") == Passed(WHISPER, "He sounds angry.")


@given(st.sampled_from([(), (Role.APPROVER,)]), st.text())
def test_others_are_not_passed_on(roles: tuple[Role, ...], text: str) -> None:
    assert passed(LIVE, frozenset(roles), text, "U5") == IGNORED


@given(st.sampled_from([ASKS, STEERS, BOTH]), st.sampled_from([LIVE, TAKEN]), st.text() | st.just("say:" + "a" * 3_000))
def test_what_is_passed_on_is_never_empty_nor_too_long(roles: frozenset[Role], session: Any, text: str) -> None:
    found = passed(session, roles, text, OPERATOR)
    assert (found.kind is None) is not (0 < len(found.text) <= LONGEST_WORDS)


@pytest.mark.parametrize("prefix", ["say", "whisper"])
def test_a_prefix_without_words_is_refused(prefix: str) -> None:
    assert f"no words after `{prefix}:`" in str(passed(LIVE, STEERS, f"{prefix}:  ", "U1").refusal)


def test_nothing_without_a_prefix_is_nothing() -> None:
    assert passed(LIVE, STEERS, "  ", "U1") == IGNORED


# -- over the store


class Line:
    """A thread in which a session runs; Olga, `OPERATOR`, operates."""

    def __init__(self, store: Store, wakes: Wakes) -> None:
        self.store, self.wakes = store, wakes
        self.relay = LiveRelay(
            live=store.live,
            notices=store.deliveries,
            roles=MemoryRoles(**{OPERATOR: {Role.OPERATOR}}),
            kick=wakes,
        )

    async def open(self) -> None:
        self.lease = await live_rows.running(self.store)
        self.place = (await self.store.live.session(self.lease.id)).conversation_id

    def row(self, text: str, user: str = REQUESTER, name: str = "Ev2", **payload: Any) -> InboxRow:
        body = {"user": user, "text": text, "ts": f"ts-{name}", "files": [], "mentioned": False}
        return InboxRow(2, name, self.place, "T1", "message", body | payload)

    async def commands(self) -> list[tuple[CommandKind, str, str, str | None]]:
        return [(one.kind, one.actor, one.text, one.message_ts) for one in await self.store.live.commands(self.lease)]

    async def said(self, key: str) -> Any:
        found = await self.store.deliveries.find(key)
        return found and found.body


@pytest.fixture
async def line(store: Store, wakes: Wakes) -> Line:
    line = Line(store, wakes)
    await line.open()
    return line


async def test_messages_reach_the_session_in_their_order(line: Line) -> None:
    rows = [line.row("Hello?"), line.row("be kind", OPERATOR, "Ev3"), line.row("say: Hi.", OPERATOR, "Ev4")]
    assert [await line.relay.take(row) for row in rows] == [True, True, True]
    assert await line.commands() == [
        (ASK, REQUESTER, "Hello?", "ts-Ev2"),
        (WHISPER, OPERATOR, "be kind", "ts-Ev3"),
        (SAY, OPERATOR, "Hi.", "ts-Ev4"),
    ]
    assert line.wakes.count == 3


async def press(line: Line, kind: CommandKind, key: str, user: str = OPERATOR) -> None:
    whose = {"actor": user, "text": "", "message_ts": None, "key": key}
    await line.store.live.command(line.lease.id, kind, **whose)


async def test_what_is_written_right_after_a_press_is_meant_for_after_it(line: Line) -> None:
    await press(line, CommandKind.TAKE_OVER, "k1")
    await line.relay.take(line.row("Bob here.", OPERATOR, "Ev3"))
    await line.relay.take(line.row("He sounds angry.", "U9", "Ev4"))
    await press(line, CommandKind.HAND_BACK, "k2")
    await line.relay.take(line.row("phew", OPERATOR, "Ev5"))
    kinds = [(kind, text) for kind, _, text, _ in await line.commands() if text]
    assert kinds == [(SAY, "Bob here."), (WHISPER, "phew")]


async def test_a_press_that_is_done_counts_as_what_came_of_it(line: Line) -> None:
    await press(line, CommandKind.TAKE_OVER, "k1")
    (waiting,) = await line.store.live.commands(line.lease)
    await line.store.live.command_done(line.lease, waiting)  # it was not granted, say
    await line.relay.take(line.row("Bob here.", OPERATOR, "Ev3"))
    assert [kind for kind, *_ in await line.commands()] == [WHISPER]


async def test_a_message_that_is_handled_twice_is_passed_on_once(line: Line) -> None:
    for _ in range(2):
        assert await line.relay.take(line.row("Hello?"))
    assert len(await line.commands()) == 1


async def test_what_was_passed_on_before_an_interruption_is_not_answered_again(line: Line) -> None:
    assert await line.relay.take(line.row("Hello?"))
    await line.store.live.stopped(line.lease, credits=None, seconds=1.0)
    assert await line.relay.take(line.row("Hello?"))
    assert not await line.relay.take(line.row("Hello again?", name="Ev3"))


async def test_a_message_that_mentions_the_bot_is_for_the_bot(line: Line) -> None:
    assert not await line.relay.take(line.row("Hello?", mentioned=True))
    assert await line.commands() == []


async def test_where_nothing_runs_a_message_is_for_the_bot(line: Line) -> None:
    line.place = (await live_rows.offer(line.store, "Ev9")).conversation_id
    assert not await line.relay.take(line.row("Hello?"))
    assert line.wakes.count == 0


async def test_others_messages_go_nowhere(line: Line) -> None:
    assert await line.relay.take(line.row("I think so too", "UCAROL", files=[{"name": "cat.png"}]))
    assert await line.commands() == []
    assert await line.said("not-passed:Ev2") is None


async def test_files_are_named_as_not_passed_on(line: Line) -> None:
    files = [{"name": "talk`<!here>.mp4"}, {"name": ""}, *[{"name": f"{number}.png"} for number in range(5)]]
    assert await line.relay.take(line.row("Look at this", files=files))
    assert [text for _, _, text, _ in await line.commands()] == ["Look at this"]
    told = (await line.said("not-passed:Ev2"))["text"]
    assert "`talk!here.mp4`, `a file`, `0.png`, `1.png`, `2.png` and 2 more" in told


async def test_a_message_of_files_alone_asks_nothing(line: Line) -> None:
    assert await line.relay.take(line.row("", files=[{"name": "cat.png"}]))
    assert await line.commands() == []
    assert "`cat.png`" in (await line.said("not-passed:Ev2"))["text"]


async def test_what_is_too_long_is_marked_and_told(line: Line) -> None:
    assert await line.relay.take(line.row("a" * (LONGEST_WORDS + 1)))
    assert await line.said("refused:Ev2") == {"ts": "ts-Ev2", "name": "x"}
    assert await line.said("refused-why:Ev2") == {"text": TOO_LONG}
    assert await line.commands() == []


async def test_when_too_much_waits_that_is_told(line: Line) -> None:
    for number in range(WAITING_LIMIT):
        await live_rows.ask(line.store, line.lease.id, key=f"k{number}")
    assert await line.relay.take(line.row("one more"))
    assert await line.said("refused-why:Ev2") == {"text": TOO_MUCH}


async def test_when_the_session_has_just_ended_the_message_is_for_the_bot(line: Line) -> None:
    class Ending:
        """Ends as soon as something is passed on."""

        live = line.store.live
        lease = line.lease

        async def open_session(self, conversation_id: str) -> Any:
            return await self.live.open_session(conversation_id)

        async def foreseen(self, session: Any) -> Any:
            return session

        async def commanded(self, key: str) -> bool:
            return False

        async def command(self, session_id: str, kind: CommandKind, **whose: Any) -> bool:
            await self.live.stopped(self.lease, credits=None, seconds=1.0)
            return await self.live.command(session_id, kind, **whose)

    relay = LiveRelay(live=Ending(), notices=line.store.deliveries, roles=MemoryRoles(), kick=line.wakes)
    assert not await relay.take(line.row("Hello?"))
    assert await line.said("refused:Ev2") is None
