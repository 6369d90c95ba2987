"""Which websockets there should be, in every order of greetings, announcements, breaks and silence."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.slack.socket.fleet import MOST_LEAVING, Action, Bounds, Close, Fleet, Open, Ping
from bot.slack.socket.frames import Reason

START = 1_000.0
BOUNDS = Bounds()
HOUR = 3_600.0


class Table:
    """A fleet with a clock that is a number; keeps what the fleet said should be done."""

    def __init__(self, bounds: Bounds = BOUNDS) -> None:
        self.now = START
        self.fleet = Fleet(bounds, lambda: 0.5, START)
        self.done: list[Action] = []
        self.open: list[int] = []
        self.greeted: set[int] = set()
        self.answering = True

    def act(self) -> list[Action]:
        """Do what is due, once."""
        actions = self.fleet.actions(self.now)
        for action in actions:
            match action:
                case Open(number):
                    self.open.append(number)
                case Close(number):
                    self.open.remove(number)
                case Ping(number):
                    if self.answering:
                        self.fleet.heard(number, self.now)
        self.done += actions
        return actions

    def run(self, seconds: float) -> list[Action]:
        """Let time pass, acting whenever something is due."""
        end, before = self.now + seconds, len(self.done)
        self.act()
        while (due := self.fleet.due()) is not None and due <= end:
            self.now = max(self.now, due)
            assert self.act() or self.fleet.due() != due, "due, yet nothing to do"
        self.now = end
        return self.done[before:]

    def serve(self, lifetime: float | None = None) -> int:
        """Open one and have it greeted."""
        self.run(0)
        number = self.open[-1]
        self.greet(number, lifetime)
        self.act()
        return number

    def greet(self, number: int, lifetime: float | None = None) -> None:
        self.greeted.add(number)
        self.fleet.greeted(number, lifetime, self.now)

    def told(self, number: int, reason: Reason) -> list[Action]:
        self.fleet.told(number, reason, self.now)
        return self.act()

    def lose(self, number: int) -> list[Action]:
        self.open.remove(number)
        self.fleet.ended(number, self.now)
        return self.act()

    def fail(self, number: int, retry_after: float = 0.0) -> list[Action]:
        self.open.remove(number)
        self.fleet.failed(number, self.now, retry_after)
        return self.act()

    def waited(self) -> float:
        """Seconds until the next one is opened."""
        begun = self.now
        while not any(isinstance(action, Open) for action in self.act()):
            due = self.fleet.due()
            assert due is not None
            self.now = max(self.now, due)
        return self.now - begun


@pytest.fixture
def table() -> Table:
    return Table()


def opens(actions: list[Action]) -> int:
    return sum(isinstance(action, Open) for action in actions)


# -- serving -----------------------------------------------------------------------------------------------------


def test_one_is_opened_and_it_is_enough(table: Table) -> None:
    assert table.act() == [Open(1)]
    assert not table.fleet.connected
    table.serve()
    assert table.fleet.connected
    assert opens(table.run(HOUR)) == 0


def test_it_is_pinged_while_it_serves(table: Table) -> None:
    number = table.serve()
    assert table.run(35) == [Ping(number)] * 3


def test_one_without_a_hello_is_given_up(table: Table) -> None:
    table.act()
    assert Close(1, gently=False) in table.run(BOUNDS.opening)


# -- announced ends ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reason", [Reason.WARNING, Reason.REFRESH, Reason.OTHER])
def test_the_next_one_is_open_before_the_old_one_goes(table: Table, reason: Reason) -> None:
    old = table.serve()
    table.run(HOUR)
    assert table.told(old, reason) == [Open(old + 1)]
    assert old in table.open
    new = table.serve()
    assert Close(old, gently=True) in table.run(BOUNDS.linger)
    assert table.open == [new]


def test_the_old_one_is_kept_while_there_is_no_new_one(table: Table) -> None:
    old = table.serve()
    table.run(HOUR)
    table.told(old, Reason.REFRESH)
    table.fail(old + 1)
    table.run(BOUNDS.linger + BOUNDS.opening)
    assert old in table.open
    assert table.fleet.connected


def test_a_warning_and_a_refresh_are_one_replacement(table: Table) -> None:
    old = table.serve()
    table.run(HOUR)
    table.told(old, Reason.WARNING)
    assert table.told(old, Reason.REFRESH) == []


def test_an_announced_end_is_not_waited_for(table: Table) -> None:
    old = table.serve(lifetime=600.0)
    before = table.run(600.0 - BOUNDS.before_end - 1)
    assert (opens(before), opens(table.run(1))) == (0, 1)
    assert table.serve() == old + 1


def test_a_lifetime_that_is_hardly_any_is_left_to_slack(table: Table) -> None:
    table.serve(lifetime=BOUNDS.before_end)
    assert opens(table.run(HOUR)) == 0


def test_slack_that_refreshes_all_the_time_gets_slower_answers(table: Table) -> None:
    waits = []
    for _ in range(6):
        table.told(table.serve(), Reason.REFRESH)
        waits.append(table.waited())
    assert waits == [0.5, 1, 2, 4, 8, 16]
    assert table.fleet.connected


def test_old_ones_do_not_pile_up() -> None:
    table = Table(dataclasses.replace(BOUNDS, steady=0.0))
    for _ in range(20):
        table.told(table.serve(), Reason.REFRESH)
    assert len(table.open) <= MOST_LEAVING + 2


# -- broken ones -------------------------------------------------------------------------------------------------


def test_one_that_breaks_is_replaced_at_once(table: Table) -> None:
    number = table.serve()
    table.run(BOUNDS.steady)
    assert table.lose(number) == [Open(number + 1)]


def test_one_that_breaks_at_once_is_replaced_later_and_later(table: Table) -> None:
    waits = []
    for _ in range(9):
        table.lose(table.serve())
        waits.append(table.waited())
    assert waits == [0.5, 1, 2, 4, 8, 16, 30, 30, 30]


def test_a_good_one_ends_the_waiting(table: Table) -> None:
    for _ in range(5):
        table.lose(table.serve())
        table.waited()
    number = table.serve()
    table.run(BOUNDS.steady)
    assert table.lose(number) == [Open(number + 1)]
    table.lose(table.serve())
    assert table.waited() == 0.5


def test_a_dead_address_is_not_tried_again(table: Table) -> None:
    table.act()
    table.fail(1)
    table.waited()
    assert table.open == [2]


def test_slack_says_how_long_to_wait(table: Table) -> None:
    table.act()
    table.fail(1, retry_after=42.0)
    assert table.waited() == 42


def test_a_silent_one_is_dead(table: Table) -> None:
    number = table.serve()
    table.run(BOUNDS.steady)
    table.answering = False
    actions = table.run(BOUNDS.silence)
    assert actions[-2:] == [Close(number, gently=False), Open(number + 1)]


def test_a_silent_one_counts_as_lost_and_not_as_replaced(table: Table) -> None:
    table.serve()
    table.answering = False
    table.run(BOUNDS.silence)
    assert not table.fleet.connected


def test_silence_that_is_ours_says_nothing(table: Table) -> None:
    number = table.serve()
    table.answering = False
    table.fleet.held(number)
    assert opens(table.run(HOUR)) == 0
    table.fleet.heard(number, table.now)
    assert opens(table.run(BOUNDS.silence)) == 1


# -- refusals ----------------------------------------------------------------------------------------------------


def test_a_refusal_is_asked_again_about_once_a_minute(table: Table) -> None:
    table.act()
    table.open.remove(1)
    table.fleet.refused(1, "invalid_auth", table.now)
    assert table.fleet.refusal == "invalid_auth"
    assert table.waited() == BOUNDS.refused_wait
    table.serve()
    assert table.fleet.refusal is None


def test_switched_off_every_one_is_let_go(table: Table) -> None:
    old = table.serve()
    table.run(HOUR)
    table.told(old, Reason.WARNING)
    new = table.serve()
    assert set(table.told(new, Reason.DISABLED)) == {Close(old, gently=True), Close(new, gently=True)}
    assert (table.fleet.refusal, table.waited()) == ("link_disabled", BOUNDS.refused_wait)


def test_one_too_many_is_let_go_and_tried_later(table: Table) -> None:
    old = table.serve()
    table.run(HOUR)
    table.told(old, Reason.WARNING)
    actions = table.told(old + 1, Reason.TOO_MANY)
    assert actions == [Close(old + 1, gently=False)]
    assert table.waited() == 0.5
    assert old in table.open


# -- away and stopped --------------------------------------------------------------------------------------------


def test_it_is_known_since_when_nobody_could_reach_us(table: Table) -> None:
    assert table.fleet.away_since == START
    table.run(5)
    number = table.serve()
    assert table.fleet.away_since is None
    table.run(BOUNDS.steady)
    table.lose(number)
    assert table.fleet.away_since == table.now


def test_stopped_it_opens_nothing(table: Table) -> None:
    table.serve()
    table.fleet.stop(table.now)
    assert (table.run(HOUR), table.fleet.due()) == ([], None)


# -- any order ---------------------------------------------------------------------------------------------------

EVENTS = st.one_of(
    st.tuples(st.just("wait"), st.sampled_from([0.0, 0.1, 1.0, 9.0, 26.0, 31.0, 700.0])),
    st.tuples(st.just("greet"), st.sampled_from([None, 5.0, 360.0, HOUR])),
    st.tuples(st.just("tell"), st.sampled_from(list(Reason))),
    st.tuples(st.sampled_from(["lose", "fail", "refuse", "hold", "hush", "speak"]), st.none()),
)


class Storm(Table):
    """What may happen to any link, open or long gone."""

    def happen(self, what: str, with_: object, link: int) -> None:
        number = self.open[link % len(self.open)] if self.open else link
        match what:
            case "wait":
                self.run(float(with_))  # type: ignore[arg-type]
            case "greet":
                self.greet(number, with_)  # type: ignore[arg-type]
            case "tell":
                self.fleet.told(number, Reason(str(with_)), self.now)
            case "lose" | "fail" | "refuse":
                self._remove(what, number)
            case "hold":
                self.fleet.held(number)
            case _:
                self.answering = what == "speak"

    def recover(self) -> None:
        """From now on Slack greets what is opened and answers what is asked; give it three minutes."""
        self.answering = True
        end = self.now + 180.0
        while self.now < end and (due := self.fleet.due()) is not None:
            for number in self.open:
                self.greet(number)
            self.now = max(self.now, due)
            self.act()

    def _remove(self, what: str, number: int) -> None:
        if number in self.open:
            self.open.remove(number)
        match what:
            case "lose":
                self.fleet.ended(number, self.now)
            case "fail":
                self.fleet.failed(number, self.now)
            case _:
                self.fleet.refused(number, "invalid_auth", self.now)


@given(st.lists(st.tuples(EVENTS, st.integers(0, 5)), max_size=60))
def test_in_any_order_there_are_few_and_the_way_back_is_open(events: list[tuple[tuple[str, object], int]]) -> None:
    storm = Storm()
    for (what, with_), link in events:
        storm.happen(what, with_, link)
        storm.act()
        assert len(storm.open) <= MOST_LEAVING + 2
        assert storm.fleet.connected or storm.fleet.due() is not None, "nobody will ever open one again"
    storm.recover()
    assert storm.fleet.connected


@given(st.lists(st.sampled_from([Reason.WARNING, Reason.REFRESH, "wait", "greet", "fail"]), max_size=40))
def test_announced_ends_leave_no_gap(happenings: list[object]) -> None:
    storm = Storm()
    storm.serve()
    for happening in happenings:
        opening = [number for number in storm.open if number not in storm.greeted]
        match happening:
            case "wait":
                storm.run(7.0)
            case "greet" if opening:
                storm.greet(opening[0])
            case "fail" if opening:
                storm.fail(opening[0])
            case Reason():
                for number in set(storm.open) & storm.greeted:
                    storm.fleet.told(number, happening, storm.now)
        storm.act()
        assert storm.fleet.connected
