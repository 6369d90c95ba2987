"""Channel under any order of commands, frames, time and breaks: the rules that always hold."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from heygen.live import SessionState, Spoken

from .conftest import Desk, pcm, seconds_in

NAMES = st.sampled_from(
    [
        "session.state_updated",
        "agent.state_updated",
        "agent.idle_started",
        "agent.speak_started",
        "agent.speak_ended",
        "agent.speak_interrupted",
        "agent.audio_buffer_cleared",
        "agent.audio_buffer_appended",
        "error",
        "other",
    ]
)
STATES = st.sampled_from(["connecting", "connected", "talking", "idle", "listening", "odd"])


class ChannelRules(RuleBasedStateMachine):
    """The model: which utterances there are, which are over, and what has left for each."""

    def __init__(self) -> None:
        super().__init__()
        self.desk = Desk()
        self.known: list[str] = []
        self.over: set[str] = set()
        self.read = 0

    # What may happen

    @precondition(lambda self: self.desk.channel.has_room)
    @rule()
    def begin(self) -> None:
        self.known.append(self.desk.channel.begin(self.desk.now))

    @precondition(lambda self: self.known)
    @rule(which=st.integers(-3, -1), seconds=st.floats(0, 3), odd=st.booleans())
    def add(self, which: int, seconds: float, odd: bool) -> None:
        utterance = self.known[max(which, -len(self.known))]
        wanted = self.desk.channel.is_open(utterance)
        assert self.desk.channel.add(utterance, pcm(seconds) + b"\x01" * odd, self.desk.now) is wanted
        assert not (wanted and utterance in self.over)

    @precondition(lambda self: self.known)
    @rule(which=st.integers(-3, -1))
    def complete(self, which: int) -> None:
        self.desk.channel.complete(self.known[max(which, -len(self.known))])

    @rule()
    def interrupt(self) -> None:
        self.desk.channel.interrupt(self.desk.now)
        self.over.update(self.known)

    @rule(listening=st.booleans())
    def listen(self, listening: bool) -> None:
        self.desk.channel.listen(listening)

    @rule(seconds=st.floats(0.01, 4))
    def wait(self, seconds: float) -> None:
        self.desk.run(seconds)

    @rule(name=NAMES, state=STATES, which=st.integers(0, 9), field=st.sampled_from(["event_id", "source_event_id"]))
    def hear(self, name: str, state: str, which: int, field: str) -> None:
        about = {field: self.known[-which]} if 0 < which <= len(self.known) else {}
        self.desk.hear(name, state=state, **about)

    @rule(frame=st.binary(max_size=40))
    def noise(self, frame: bytes) -> None:
        self.desk.channel.receive(frame, self.desk.now)

    @rule()
    def reconnect(self) -> None:
        self.desk.channel.lost(self.desk.now)
        self.desk.connect()

    # What always holds

    @invariant()
    def nothing_of_what_is_over_leaves(self) -> None:
        before = len(self.desk.sent)
        self.desk.happened += self.desk.channel.take_happenings()
        self.over.update(one.utterance_id for one in self.desk.endings)
        ended = set(self.over)
        self.desk.pump()
        speech = [frame for frame in self.desk.sent[before:] if frame["type"].startswith("agent.speak")]
        assert ended.isdisjoint(frame["event_id"] for frame in speech)

    @invariant()
    def each_utterance_ends_at_most_once(self) -> None:
        assert all(count == 1 for count in Counter(one.utterance_id for one in self.desk.endings).values())
        assert {one.utterance_id for one in self.desk.endings} <= set(self.known)

    @invariant()
    def sound_leaves_in_order_and_never_after_its_end(self) -> None:
        fresh = self.desk.sent[self.read :]
        self.read = len(self.desk.sent)
        for frame in fresh:
            if frame["type"] == "agent.speak_end":
                assert self.order(frame) >= self.last, "an older utterance came back"
                assert frame["event_id"] not in self.closed
                self.closed.add(frame["event_id"])
            elif frame["type"] == "agent.speak":
                assert self.order(frame) >= self.last, "an older utterance came back"
                assert frame["event_id"] not in self.closed
                assert 0 < seconds_in([frame]) <= 1.0
                self.last = self.order(frame)

    def order(self, frame: dict[str, Any]) -> int:
        return self.known.index(frame["event_id"])

    @invariant()
    def heard_is_never_more_than_sent(self) -> None:
        assert all(0.0 <= one.heard_seconds <= one.sent_seconds for one in self.desk.endings)

    @invariant()
    def there_is_always_a_next_moment(self) -> None:
        due = self.desk.channel.next_due(self.desk.now)
        assert (due is None) is (self.desk.channel.state is not SessionState.CONNECTED)
        assert due is None or due > self.desk.now, "a shell would spin"

    def teardown(self) -> None:
        """Left alone, everything that was begun comes to an end."""
        if self.known:
            self.desk.channel.connected(self.desk.now)
            self.desk.channel.complete(self.known[-1])
            self.desk.run(200.0)
            ended = {one.utterance_id for one in self.desk.happened if isinstance(one, Spoken)}
            assert ended == set(self.known), json.dumps(self.desk.sent[-3:])

    last = -1

    @property
    def closed(self) -> set[str]:
        return self.__dict__.setdefault("_closed", set())


ChannelRules.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestChannelRules = ChannelRules.TestCase
