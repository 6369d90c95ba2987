"""A workspace full of people: most of what they do is not for the app, and the app is told all of it."""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from emulators.slack import Delivery, SlackEmulator, events
from emulators.slack.delivery import RECORD_LIMIT

CHANNELS = 100
ADDRESSED = 0.1  # of all events: messages to the app, each told twice, as app_mention and as message
FOLLOW_UPS = 0.3  # of the messages to the app: written into a thread in which it takes part, half without a mention
REPEATED = 0.01  # of all events: delivered again although they were acknowledged
TICK_SECONDS = 0.01
QUESTIONS = ("what is running?", "hello", "what can you do?", "thanks!")
EMBARGO = 200  # of the newest deliveries none is repeated, since they may still be on their way


@dataclass(slots=True)
class Thread:
    """A thread with the app: the numbers of the questions in it, in order, and the newest one's deliveries."""

    channel: str
    root: str
    numbers: list[int]
    newest: list[Delivery] = field(default_factory=list)

    @property
    def heard(self) -> bool:
        """Whether the app has confirmed the newest question: only then is the next one surely behind it."""
        return all(delivery.state == "acked" for delivery in self.newest)


class Crowd:
    """Makes events at a rate. Questions carry a number each (`Q17`), so that every answer can be told apart."""

    def __init__(self, slack: SlackEmulator, *, seed: int = 1) -> None:
        self.slack = slack
        self.threads: list[Thread] = []
        self.made: Counter[str] = Counter()
        self.repeated = 0
        self._random = random.Random(seed)  # noqa: S311 - repeatable on purpose
        self._numbers = itertools.count(1)
        self._chatter: list[tuple[str, str]] = []
        members = ("alice", "bob", "carol", slack.bot_user)
        self._channels = [slack.add_channel(f"team-{number}", members) for number in range(CHANNELS)]
        self._noises: list[Callable[[str], None]] = [
            self._chat,
            self._chat,
            self._edit,
            self._react,
            self._other_bot,
            self._reply_elsewhere,
            self._somebody_else,
            self._topic,
        ]

    @property
    def asked(self) -> int:
        """How many questions there were."""
        return sum(len(thread.numbers) for thread in self.threads)

    async def flood(self, *, rate: float, seconds: float) -> tuple[int, float]:
        """Make `rate` events a second; returns how many it made and the seconds it took."""
        started = time.monotonic()
        made = 0
        while (elapsed := time.monotonic() - started) < seconds or made < rate * seconds:
            while made < rate * min(elapsed, seconds):
                made += self._act(made)
            await asyncio.sleep(TICK_SECONDS)
        return made, time.monotonic() - started

    def _act(self, made: int) -> int:
        """One thing that somebody does; returns how many events that made."""
        before = len(self.slack.deliveries)
        assert before < RECORD_LIMIT, "from here on the emulator would forget events"
        if self.asked < ADDRESSED * made:
            self._ask()
        elif self._random.random() < REPEATED and before > EMBARGO:
            self._repeat(before)
            return 1
        else:
            self._random.choice(self._noises)(self._random.choice(self._channels))
        return len(self.slack.deliveries) - before

    def _repeat(self, known: int) -> None:
        delivery = self.slack.deliveries[self._random.randrange(known - EMBARGO)]
        if delivery.state == "acked":
            self.repeated += 1
            self.slack.redeliver(delivery.event_id)

    # -- to the app --------------------------------------------------------------------------------------------

    def _ask(self) -> None:
        number = next(self._numbers)
        words = f"Q{number}: {self._random.choice(QUESTIONS)}"
        thread = self._thread_for_more() if self._random.random() < FOLLOW_UPS else None
        before = len(self.slack.deliveries)
        if thread is None:
            channel = self._random.choice(self._channels)
            thread = Thread(channel, self._say(channel, self._mentioning(words)), [])
            self.threads.append(thread)
        else:
            mention = self._random.random() < 0.5
            self._say(thread.channel, self._mentioning(words) if mention else words, thread.root)
        thread.numbers.append(number)
        thread.newest = [self.slack.deliveries[index] for index in range(before, len(self.slack.deliveries))]
        self.made["question"] += len(thread.newest)

    def _thread_for_more(self) -> Thread | None:
        thread = self._random.choice(self.threads) if self.threads else None
        return thread if thread is not None and thread.heard else None

    def _mentioning(self, words: str) -> str:
        return f"<@{self.slack.bot_user}> {words}"

    # -- not to the app ----------------------------------------------------------------------------------------

    def _say(self, channel: str, text: str, thread_ts: str | None = None) -> str:
        return self.slack.say(self._random.choice(("alice", "bob", "carol")), channel, text, thread_ts)

    def _chat(self, channel: str) -> None:
        self._chatter.append((channel, self._say(channel, "Has anybody seen the numbers of last week?")))

    def _edit(self, channel: str) -> None:
        channel, ts = self._earlier(channel)
        author = self.slack.workspace.channels[channel].messages[ts].user
        self.slack.edit(author, channel, ts, f"Has anybody seen the numbers of week {self._random.randrange(52)}?")

    def _react(self, channel: str) -> None:
        self.slack.react("bob", *self._earlier(channel), "eyes")

    def _reply_elsewhere(self, channel: str) -> None:
        channel, ts = self._earlier(channel)
        self._say(channel, "They are in the sheet.", ts)

    def _somebody_else(self, channel: str) -> None:
        self._say(channel, f"<@{self.slack.workspace.person('carol').id}> can you have a look?")

    def _other_bot(self, channel: str) -> None:
        ts = self.slack.workspace.next_ts()
        message = {"subtype": "bot_message", "bot_id": "B0OTHERBOT", "text": "Deployed", "ts": ts}
        events.publish_message(self.slack.workspace, self.slack.workspace.channels[channel], message)

    def _topic(self, channel: str) -> None:
        ts, user = self.slack.workspace.next_ts(), self.slack.workspace.person("alice").id
        message = {"subtype": "channel_topic", "user": user, "text": "set the topic", "topic": "launch", "ts": ts}
        events.publish_message(self.slack.workspace, self.slack.workspace.channels[channel], message)

    def _earlier(self, channel: str) -> tuple[str, str]:
        """Something said before, anywhere."""
        if not self._chatter:
            self._chat(channel)
        return self._random.choice(self._chatter[-EMBARGO:])
