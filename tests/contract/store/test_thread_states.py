"""How a thread stands as a whole is read from its rows, on either database."""

from __future__ import annotations

from agent.records import TurnState
from bot.store import Store
from bot.store.thread_states import Said, ThreadState, ThreadStates
from tests.support.store_steps import accept, approve, ask, open_turn


async def test_a_thread_is_worked_on_until_its_turn_is_over(store: Store) -> None:
    lease, turn = await open_turn(store)
    states = ThreadStates(store.database)
    assert await states.of(turn.conversation_id) == ThreadState(True, 0, 0, 0, 0.0)
    await store.turns.finish_turn(lease, turn.id, state=TurnState.DONE, reply="Hello.")
    assert await states.of(turn.conversation_id) == ThreadState(False, 0, 1, 0, 0.0)


async def test_it_waits_for_a_person_until_that_has_decided(store: Store) -> None:
    submission = await ask(store, "French")
    states = ThreadStates(store.database)
    waiting = await states.of(submission.conversation_id)
    assert (waiting.waiting, waiting.requests, waiting.decided_at) == (1, 1, 0.0)
    await approve(store, submission)
    decided = await states.of(submission.conversation_id)
    assert (decided.waiting, decided.requests, decided.decided_at) == (0, 1, store.clock.now())


async def test_its_first_messages_are_known_in_their_order_and_nothing_else(store: Store) -> None:
    names = [f"Ev{number}" for number in range(6)]
    for name in names:
        await accept(store, name, payload={"ts": name, "text": f"words of {name}"})
    conversation_id = await accept(store, "Ev9", kind="message_changed", payload={"ts": "Ev0", "text": "other words"})
    states = ThreadStates(store.database)
    assert await states.openings(conversation_id, 5) == [Said(name, f"words of {name}") for name in names[:5]]
    assert await states.openings("nobody's", 5) == []
