"""A reader who is slow gets the newest sound and every word; a page gets as much as it is allowed, and a burst."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.live.ports import EndPressed, Sound, Typed, ViewerInput
from bot.web.viewer_queue import Allowance, InputQueue


def taken(queue: InputQueue) -> list[ViewerInput]:
    return [queue.take() for _ in range(len(queue))]


def test_the_oldest_sound_goes_and_words_stay_where_they_were() -> None:
    queue = InputQueue(sound_bytes=4, inputs=8)
    for item in (Sound(b"aa"), Typed("one"), Sound(b"bb"), EndPressed(), Sound(b"cc")):
        assert queue.put(item)

    assert taken(queue) == [Typed("one"), Sound(b"bb"), EndPressed(), Sound(b"cc")]
    assert queue.dropped == 1


def test_words_that_nobody_reads_are_refused_at_the_limit_and_let_in_again_after_it() -> None:
    queue = InputQueue(inputs=2)
    assert [queue.put(Typed(word)) for word in "abc"] == [True, True, False]

    assert queue.take() == Typed("a")
    assert queue.put(Typed("d"))
    assert taken(queue) == [Typed("b"), Typed("d")]


@given(st.lists(st.integers(1, 9).map(lambda size: Sound(bytes(size))) | st.just(EndPressed()), max_size=40))
def test_it_never_holds_more_sound_than_it_may(items: list[ViewerInput]) -> None:
    queue = InputQueue(sound_bytes=12, inputs=100)
    for item in items:
        queue.put(item)

    left = taken(queue)
    assert sum(len(item.pcm) for item in left if isinstance(item, Sound)) <= 12
    assert left.count(EndPressed()) == items.count(EndPressed())


def test_an_empty_queue_says_so() -> None:
    with pytest.raises(IndexError):
        InputQueue().take()


def test_a_rate_is_allowed_for_ever_and_a_burst_once() -> None:
    allowance = Allowance(rate=10, burst=5)
    assert all(allowance.spend(1, now=100 + second / 10) for second in range(1_000))
    assert [allowance.spend(1, now=201.0) for _ in range(6)] == [True] * 5 + [False]
    assert allowance.spend(1, now=201.2)


def test_what_was_not_used_is_saved_up_to_the_burst_only() -> None:
    allowance = Allowance(rate=10, burst=5)
    allowance.spend(1, now=0.0)
    assert [allowance.spend(1, now=9_999.0) for _ in range(6)] == [True] * 5 + [False]
