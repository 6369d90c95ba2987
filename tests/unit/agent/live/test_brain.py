"""One live turn: what the model is told, what comes out to be said, and what its tools may do."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Sequence
from typing import Any

import pytest

from agent.conversation import message_text, user_message
from agent.errors import ModelError
from agent.live.brain import MODEL_CALLS, Brain, Scene
from agent.live.phrases import ENGLISH
from agent.live.records import LineState, Speaker
from agent.live.transcript import Remark
from agent.model import Completed, ModelEvent, ModelRequest, TextDelta
from agent.money import Period, Scope
from agent.reading import Reading
from agent.records import Item, Job, JobKind, JobState, Json, Lease, ModelCall, Source
from agent.toolbox import Effect, Toolbox, ToolSpec
from emulators.openai.pairing import check_pairs
from heygen import ConnectionFailed
from tests.support.agent_fakes import FakeBudget, FakeLinks, FakeUsed, ScriptedModel
from tests.support.agent_world import Tools, Word, called, said
from tests.support.clock import ManualClock
from tests.support.live_store import FakeHumanCalls, live_session

SESSION = live_session()
LEASE = Lease("live_1", "here", 1)
GERMAN = Job("job_1", "W1", "a", "s", "C1", "J1", JobKind.TRANSLATION, "German (Germany)", JobState.RUNNING, 0.0)


class Ears:
    """A `brain.Listener` that notes everything in order."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, Any]] = []
        self.said = asyncio.Event()

    def fragment(self, text: str) -> None:
        self.said.set()
        self.heard.append(("fragment", text))

    def tools(self, running: bool) -> None:
        self.heard.append(("tools", running))

    def mark(self, name: str) -> None:
        if ("mark", name) not in self.heard:
            self.heard.append(("mark", name))

    @property
    def fragments(self) -> list[str]:
        return [value for kind, value in self.heard if kind == "fragment"]


class World:
    """A brain over a scripted model and tools that count."""

    def __init__(self, *steps: Sequence[ModelEvent | Exception]) -> None:
        self.clock = ManualClock()
        self.model: Any = ScriptedModel(*steps)
        self.tools = Tools()
        self.humans = FakeHumanCalls()
        self.ears = Ears()
        self.extra: list[ToolSpec] = []

    def brain(self) -> Brain:
        return Brain(
            model=self.model,
            toolbox=Toolbox([*self.tools.specs(), *self.extra]),
            humans=self.humans,
            links=FakeLinks(),
            clock=self.clock,
            secret=b"secret",
            unconfirmed=ENGLISH.unconfirmed,
        )

    async def answer(self, *remarks: Remark, **scene: Any) -> bool:
        told = Scene(session=SESSION, lease=LEASE, remarks=remarks, **({"items": (), "jobs": ()} | scene))
        goodbye = await self.brain().answer(told, 1, self.ears)
        if isinstance(self.model, ScriptedModel):
            self.model.finish()
        return goodbye

    @property
    def requests(self) -> list[ModelRequest]:
        return self.model.requests  # type: ignore[no-any-return]

    def outputs(self, request: int = -1) -> list[Json]:
        bodies = [one for one in self.requests[request].input if one.get("type") == "function_call_output"]
        return [json.loads(body["output"]) for body in bodies]


def step(*deltas: str, calls: Sequence[Json] = (), commentary: str = "") -> list[ModelEvent | Exception]:
    items = [said("".join(deltas))] if deltas else []
    spoken = [TextDelta(commentary, final=False)] if commentary else []
    return [
        *spoken,
        *[TextDelta(delta, final=True) for delta in deltas],
        Completed((*items, *calls), ModelCall("m", "r", "q", 1, 1, 0)),
    ]


def visitor(text: str) -> Remark:
    return Remark(Speaker.VISITOR, text)


# -- what is said ---------------------------------------------------------------------------------------------------


async def test_an_answer_comes_out_sentence_by_sentence() -> None:
    world = World(step("I can translate your vid", "eo. Which language do ", "you want? "))
    assert await world.answer(visitor("Hi")) is False
    assert world.ears.fragments == ["I can translate your video.", "Which language do you want?"]
    assert [name for kind, name in world.ears.heard if kind == "mark"] == ["first_token", "first_fragment"]


async def test_nothing_is_said_of_what_was_only_thought() -> None:
    world = World(step("I can do that.", commentary="Let me think about it. The user wants a thing."))
    await world.answer(visitor("Hi"))
    assert world.ears.fragments == ["I can do that."]


async def test_what_may_not_be_shown_may_not_be_said_either() -> None:
    lie = "Your German video is finished and ready to watch. "
    world = World(step(lie, "Do you want another language?"))
    await world.answer(visitor("Is it done?"), jobs=[GERMAN])
    assert world.ears.fragments == ["Do you want another language?", *_sentences(ENGLISH.unconfirmed)]


async def test_links_and_marks_are_not_read_out() -> None:
    world = World(step("You can use **bold** and see https://evil.example/x for that. "))
    await world.answer(visitor("How?"))
    assert world.ears.fragments == ["You can use bold and see [link removed] for that."]


async def test_short_first_words_are_said_when_the_model_pauses() -> None:
    world = World()
    going_on = asyncio.Event()

    class Pausing:
        async def respond(self, request: ModelRequest) -> AsyncGenerator[ModelEvent, None]:
            yield TextDelta("Sure! ", final=True)
            await going_on.wait()
            for event in step("That is possible, of course."):
                assert not isinstance(event, Exception)
                yield event

    world.model = Pausing()
    answering = asyncio.create_task(world.answer(visitor("Can you?")))
    while not world.ears.fragments:
        await asyncio.sleep(0.005)
        world.clock.advance(0.05)
    assert world.ears.fragments == ["Sure!"]
    going_on.set()
    await answering
    assert world.ears.fragments == ["Sure!", "That is possible, of course."]


def _sentences(text: str) -> list[str]:
    first, second = text.split(". ")
    return [f"{first}.", second]


# -- what the model is told -----------------------------------------------------------------------------------------


async def test_it_is_told_the_thread_then_the_session_then_the_facts() -> None:
    thread = [
        Item(1, "turn_1", Source.USER, user_message("Please translate my video into German.")),
        Item(2, "turn_1", Source.MODEL, said("It is submitted.")),
    ]
    world = World(step("It is being made."))
    await world.answer(
        Remark(Speaker.AVATAR, "Hello, I am an AI."),
        visitor("Is it"),
        Remark(Speaker.AVATAR, "It is", LineState.INTERRUPTED),
        Remark(Speaker.TEAMMATE, "Hi, this is Ann."),
        Remark(Speaker.TEAMMATE, "She is a journalist.", whisper=True),
        visitor("Is it done?"),
        items=thread,
        jobs=[GERMAN],
        budget=[FakeUsed(Scope.PERSON, Period.DAY, cap=5_000_000)],
    )
    (request,) = world.requests
    told = [(one["role"], message_text(one) or one["content"]) for one in request.input]
    roles = [role for role, _ in told]
    assert roles == [
        *("user", "assistant", "developer"),  # the thread, and that the session begins
        *("assistant", "user", "assistant", "developer", "developer", "developer", "user"),
        "developer",
    ]
    assert told[5][1] == "It is"
    assert "interrupted" in told[6][1]
    assert told[7][1] == "A teammate said through you: Hi, this is Ann."
    assert "She is a journalist." in told[8][1]
    facts = told[-1][1]
    assert '"state": "running"' in facts
    assert '"left": "$5.00"' in facts


async def test_only_so_much_of_a_long_session_is_told() -> None:
    world = World(step("Yes."))
    await world.answer(*[visitor(f"{number} " + "word " * 400) for number in range(40)])
    (request,) = world.requests
    users = [message_text(one) for one in request.input if one["role"] == "user"]
    assert users[-1].startswith("39 ")
    assert 2 <= len(users) <= 5


async def test_the_person_is_a_hash_and_the_same_as_in_the_thread() -> None:
    world = World(step("Yes."))
    await world.answer(visitor("Hi"))
    assert SESSION.requester not in world.requests[0].person
    assert world.brain().person(SESSION) == world.requests[0].person
    assert len(world.requests[0].cache_key) <= 64


# -- tools ----------------------------------------------------------------------------------------------------------


async def test_only_tools_that_read_are_offered_and_two_of_the_sessions_own() -> None:
    world = World(step("Yes."))
    await world.answer(visitor("Hi"))
    names = [tool["name"] for tool in world.requests[0].tools]
    assert "spend" not in names
    assert {"work", "read", "ask_for_human", "end_live_avatar"} <= set(names)
    assert len(names) == len(set(names))


async def test_a_tool_of_the_same_name_in_the_thread_is_not_the_sessions() -> None:
    world = World(step(calls=[called("c1", "ask_for_human", reason="wants a person")]), step("Asked."))
    world.extra = [ToolSpec("ask_for_human", "Another.", Word, Effect.READ, world.tools.work)]
    await world.answer(visitor("Get me a person"))
    assert world.humans.calls == [("live_1", "wants a person")]
    assert not world.tools.runs


async def test_a_tool_is_run_and_its_answer_told() -> None:
    world = World(step("Let me look. ", calls=[called("c1")]), step("It costs three dollars."))
    await world.answer(visitor("Look it up"))
    assert world.ears.heard == [
        ("mark", "first_token"),
        ("mark", "first_fragment"),
        ("fragment", "Let me look."),
        ("tools", True),
        ("tools", False),
        ("fragment", "It costs three dollars."),
    ]
    assert world.outputs() == [{"ok": True, "word": "c1"}]
    check_pairs(list(world.requests[1].input))


async def test_spending_is_refused_whatever_the_model_calls() -> None:
    world = World(step(calls=[called("c1", "spend")]), step("I cannot do that here."))
    await world.answer(visitor("Make a video"))
    assert not world.tools.runs
    assert world.outputs()[0]["error"]["code"] == "not_allowed"


async def test_several_calls_run_together_and_each_gets_its_own_answer() -> None:
    calls = [called("c1"), called("c2", "fail"), called("c3", "nonsense"), called("c4", "work", wrong=1)]
    world = World(step(calls=calls), step("Done with it."))
    await world.answer(visitor("Do it"))
    assert [output["ok"] for output in world.outputs()] == [True, False, False, False]
    check_pairs(list(world.requests[1].input))


async def test_the_last_call_of_a_turn_is_made_without_tools_and_carries_none_out() -> None:
    world = World(*[step(calls=[called(f"c{number}")]) for number in range(MODEL_CALLS)])
    await world.answer(visitor("Look it up"))
    assert [request.use_tools for request in world.requests] == [True, True, False]
    assert sum(world.tools.runs.values()) == MODEL_CALLS - 1
    assert world.ears.fragments == []


async def test_a_teammate_is_called_once_and_never_promised() -> None:
    world = World(
        step(calls=[called("c1", "ask_for_human", reason="wants a person"), called("c2", "ask_for_human", reason="x")]),
        step("I have asked a teammate."),
    )
    await world.answer(visitor("Get me a person"))
    first, second = world.outputs()
    assert (first["nobody_has_answered_yet"], second["say"] != first["say"]) == (True, True)
    assert world.humans.calls[0] == ("live_1", "wants a person")


async def test_goodbye_ends_the_session_after_the_words() -> None:
    world = World(step(calls=[called("c1", "end_live_avatar")]), step("Goodbye, and thank you!"))
    world.model.steps[0][-1].items[0]["arguments"] = "{}"
    assert await world.answer(visitor("Bye")) is True
    assert world.ears.fragments == ["Goodbye, and thank you!"]


async def test_what_only_the_runtime_may_say_is_said_after_the_models_words() -> None:
    budget = FakeBudget(FakeUsed(Scope.PERSON, Period.DAY, charged=2_000_000))

    class NoAccounts:
        async def account_id(self, workspace_id: str) -> str:
            return "a"

        async def client(self, account_id: str) -> Any:
            return NoBalance()

    class NoBalance:
        async def get_balance(self) -> Any:

            raise ConnectionFailed(operation="x", sent=False, outcome_unknown=False, retryable=True)

    reading = Reading(jobs=None, accounts=NoAccounts(), budget=budget, clock=ManualClock())  # type: ignore[arg-type]
    world = World(step(calls=[called("c1", "get_budget", **{})]), step("I have looked it up for you."))
    world.model.steps[0][-1].items[0]["arguments"] = "{}"
    world.extra = reading.tools()
    await world.answer(visitor("What is left?"))
    assert world.ears.fragments[0] == "I have looked it up for you."
    assert "You, today: $2.00 spent." in world.ears.fragments


# -- when it goes wrong ---------------------------------------------------------------------------------------------


HALF = TextDelta("Half an ans", final=True)
SENTENCE = TextDelta("This was said already. And th", final=True)
SERVER = ModelError("server", retryable=True)


@pytest.mark.parametrize(
    ("steps", "code"),
    [
        ([[SERVER], [SERVER]], "server"),
        ([[HALF], [HALF]], "stream_incomplete"),
        ([[HALF, SERVER], [HALF, SERVER]], "server"),
        ([[SENTENCE, SERVER]], "server"),
        ([[ModelError("rate_limited", retryable=True, retry_after=30.0)]], "rate_limited"),
        ([[ModelError("unauthorized", retryable=False)]], "unauthorized"),
    ],
)
async def test_a_model_that_fails_raises(steps: Any, code: str) -> None:
    world = World(*steps)
    with pytest.raises(ModelError) as caught:
        await world.answer(visitor("Hi"))
    assert caught.value.code == code
    world.model.finish()


@pytest.mark.parametrize("failing", [[SERVER], [HALF], [HALF, SERVER]])
async def test_a_failure_before_the_first_word_is_not_noticed(failing: Any) -> None:
    world = World(failing, step("I can translate your video."))
    await world.answer(visitor("Can you?"))
    assert world.ears.fragments == ["I can translate your video."]


async def test_a_cancelled_turn_leaves_nothing_running() -> None:
    closed = asyncio.Event()

    class Endless:
        async def respond(self, request: ModelRequest) -> AsyncGenerator[ModelEvent, None]:
            try:
                yield TextDelta("This is the first sentence. ", final=True)
                await asyncio.Event().wait()
            finally:
                closed.set()

    world = World()
    world.model = Endless()
    answering = asyncio.create_task(world.answer(visitor("Hi")))
    await world.ears.said.wait()
    answering.cancel()
    with pytest.raises(asyncio.CancelledError):
        await answering
    assert closed.is_set()
