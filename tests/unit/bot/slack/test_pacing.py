"""How fast we may talk to Slack."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.slack.pacing import PLACES_REMEMBERED, Pacer
from tests.support.clock import ManualClock


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def pacer(clock: ManualClock) -> Pacer:
    return Pacer(clock)


def test_a_channel_takes_one_message_a_second(pacer: Pacer) -> None:
    assert [pacer.wait("chat.postMessage", "C1") for _ in range(3)] == [0.0, 1.0, 2.0]


def test_channels_do_not_wait_for_each_other(pacer: Pacer) -> None:
    assert [pacer.wait("chat.postMessage", channel) for channel in ("C1", "C2")] == [0.0, 0.0]


def test_a_waited_second_is_not_waited_twice(pacer: Pacer, clock: ManualClock) -> None:
    pacer.wait("chat.postMessage", "C1")
    clock.advance(1)
    assert pacer.wait("chat.postMessage", "C1") == 0.0


def test_one_message_is_edited_once_a_second_and_another_at_once(pacer: Pacer) -> None:
    assert [pacer.wait("chat.update", place) for place in ("C1/1", "C1/1", "C1/2")] == [0.0, 1.0, 0.0]


@pytest.mark.parametrize(("method", "per_minute"), [("chat.startStream", 20), ("chat.appendStream", 100)])
def test_a_method_keeps_to_its_tier(pacer: Pacer, method: str, per_minute: int) -> None:
    waits = [pacer.wait(method, f"C{number}") for number in range(per_minute * 2)]
    assert waits[0] == 0.0
    assert sum(wait < 60 for wait in waits) <= per_minute * 1.5 + 1


def test_an_unknown_method_is_paced_too(pacer: Pacer) -> None:
    assert max(pacer.wait("users.info", "") for _ in range(60)) > 0


def test_an_impatient_caller_reserves_nothing(pacer: Pacer) -> None:
    pacer.wait("chat.postMessage", "C1")
    assert [pacer.wait("chat.postMessage", "C1", patience=0.5) for _ in range(3)] == [1.0, 1.0, 1.0]


def test_a_429_holds_its_method_everywhere(pacer: Pacer, clock: ManualClock) -> None:
    pacer.blocked("chat.postMessage", 30)
    assert pacer.wait("chat.postMessage", "C9") == 30
    assert pacer.wait("chat.update", "C9/1") == 0
    clock.advance(30)
    assert pacer.wait("chat.postMessage", "C8") == 0


def test_a_shorter_429_does_not_shorten_a_longer_one(pacer: Pacer) -> None:
    pacer.blocked("chat.update", 30)
    pacer.blocked("chat.update", 1)
    assert pacer.wait("chat.update", "C1/1") == 30


def test_quiet_channels_are_forgotten(pacer: Pacer, clock: ManualClock) -> None:
    for number in range(PLACES_REMEMBERED * 2):
        pacer.wait("chat.postMessage", f"C{number}")
        clock.advance(2)
    assert pacer.remembered <= PLACES_REMEMBERED


def test_memory_is_bounded_when_every_channel_is_busy(pacer: Pacer) -> None:
    for number in range(PLACES_REMEMBERED + 10):
        pacer.wait("chat.postMessage", f"C{number}")
        pacer.blocked(f"method.{number}", 60)
    assert pacer.remembered <= PLACES_REMEMBERED + 256


@given(st.lists(st.tuples(st.sampled_from(["C1", "C2"]), st.floats(0, 3)), max_size=40))
def test_a_channel_never_gets_two_messages_within_a_second(steps: list[tuple[str, float]]) -> None:
    clock = ManualClock()
    pacer = Pacer(clock)
    sent: dict[str, list[float]] = {"C1": [], "C2": []}
    for channel, pause in steps:
        sent[channel].append(clock.now() + pacer.wait("chat.postMessage", channel))
        clock.advance(pause)
    for times in sent.values():
        assert all(later - earlier > 0.999 for earlier, later in itertools.pairwise(times))
