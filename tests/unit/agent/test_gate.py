"""Who may submit next."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agent.gate import Waiting, admitted, line, place_words


def wants(name: str, person: str = "alice", size: int = 1, since: float = 0.0) -> Waiting:
    return Waiting(name, person, size, since)


def ids(waiting: list[Waiting]) -> list[str]:
    return [one.id for one in waiting]


def test_one_persons_requests_go_in_order_of_arrival() -> None:
    assert ids(line([wants("b", since=2.0), wants("a", since=1.0)], {})) == ["a", "b"]


def test_people_take_turns() -> None:
    many = [wants(f"a{n}", since=float(n)) for n in range(3)]
    assert ids(line([*many, wants("b0", "bob", since=9.0)], {})) == ["a0", "b0", "a1", "a2"]


def test_who_has_less_under_way_comes_first() -> None:
    assert ids(line([wants("a", since=1.0), wants("b", "bob", since=2.0)], {"alice": 3})) == ["b", "a"]


def test_what_fits_is_admitted_from_the_front() -> None:
    ordered = [wants("a", size=3), wants("b", size=3), wants("c", size=1)]
    assert admitted(ordered, {"bob": 3}, 10) == 3
    assert admitted(ordered, {"bob": 5}, 10) == 1


def test_the_first_in_line_is_not_overtaken_by_a_smaller_one() -> None:
    assert admitted([wants("large", size=8), wants("small")], {"bob": 5}, 10) == 0


def test_one_larger_than_all_places_goes_alone() -> None:
    ordered = [wants("huge", size=20), wants("small")]
    assert admitted(ordered, {}, 10) == 1
    assert admitted(ordered, {"bob": 1}, 10) == 0


def test_the_place_is_said_in_words() -> None:
    assert "number 3" in place_words(3)


PEOPLE = st.sampled_from(["alice", "bob", "carol"])
REQUESTS = st.lists(st.tuples(PEOPLE, st.integers(1, 10), st.floats(0, 100)), max_size=30)
FLIGHTS = st.dictionaries(PEOPLE, st.integers(0, 10), max_size=3)


@given(REQUESTS, FLIGHTS)
def test_nobody_is_lost_or_doubled_in_the_line(requests: list[tuple[str, int, float]], flights: dict[str, int]) -> None:
    waiting = [Waiting(str(n), *request) for n, request in enumerate(requests)]
    assert sorted(ids(line(waiting, flights)), key=int) == ids(waiting)


@given(REQUESTS, FLIGHTS, st.integers(1, 20))
def test_the_places_are_never_exceeded_by_more_than_one_lone_request(
    requests: list[tuple[str, int, float]], flights: dict[str, int], places: int
) -> None:
    ordered = line([Waiting(str(n), *request) for n, request in enumerate(requests)], flights)
    count = admitted(ordered, flights, places)
    used = sum(flights.values()) + sum(one.size for one in ordered[:count])
    assert count == 0 or used <= places or (count == 1 and not sum(flights.values()))


@given(REQUESTS, st.integers(1, 20))
def test_somebody_always_goes_when_nothing_is_under_way(requests: list[tuple[str, int, float]], places: int) -> None:
    ordered = line([Waiting(str(n), *request) for n, request in enumerate(requests)], {})
    assert admitted(ordered, {}, places) > 0 or not ordered
