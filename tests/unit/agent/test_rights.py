"""Who may do what: the matrix, and what somebody is to a request."""

from __future__ import annotations

import itertools

import pytest

from agent.rights import MATRIX, Right, Role, may, roles_towards

ASKED, OTHER = "U-ASKED", "U-OTHER"

# The whole table once more, so that no right changes by accident. R O P A: requester, operator, approver, admin.
TABLE = """
approve             . . P A
decline             R . P A
change              R . . .
cancel              R O . A
retry               R . . .
withdraw links      R O . A
join live           R . . .
decline live        R . P A
ask live            R . . .
end live            R O . A
claim live          . O . A
steer live          . O . A
see own budget      R O P A
see all budgets     . . P A
see library         . O . A
change library      . O . A
manage account      . . . A
drop thread facts   R O . A
change memory       . O . A
change settings     . . . A
choose speakers     . . P A
delete own data     R O P A
delete others' data . . . A
"""
ROWS = [(line[:19].strip(), line[19:].split()) for line in TABLE.strip().splitlines()]


@pytest.mark.parametrize(("right", "letters"), ROWS, ids=[name for name, _ in ROWS])
def test_the_matrix(right: str, letters: list[str]) -> None:
    allowed = [role for role, letter in zip(Role, letters, strict=True) if letter != "."]
    assert MATRIX[Right(right)] == frozenset(allowed)


def test_every_right_is_in_the_table() -> None:
    assert {name for name, _ in ROWS} == {right.value for right in Right} == {right.value for right in MATRIX}


def test_nobody_may_do_anything_without_a_role() -> None:
    assert not any(may(right, ()) for right in Right)


@pytest.mark.parametrize("right", Right)
def test_several_roles_have_the_rights_of_each(right: Right) -> None:
    for one, other in itertools.combinations(Role, 2):
        assert may(right, {one, other}) is (may(right, {one}) or may(right, {other}))


@pytest.mark.parametrize("appointed", [frozenset[Role](), frozenset({Role.OPERATOR}), frozenset({Role.APPROVER})])
def test_who_asked_is_the_requester_besides_what_they_are_appointed_to(appointed: frozenset[Role]) -> None:
    own = roles_towards(ASKED, ASKED, appointed, anybody_approves=False)
    assert own == appointed | {Role.REQUESTER}
    assert roles_towards(ASKED, OTHER, appointed, anybody_approves=False) == appointed


def test_requesters_agree_to_their_own_spending_where_nobody_is_appointed() -> None:
    assert may(Right.APPROVE, roles_towards(ASKED, ASKED, (), anybody_approves=True))
    assert not may(Right.APPROVE, roles_towards(ASKED, OTHER, (), anybody_approves=True))
    assert not may(Right.APPROVE, roles_towards(ASKED, ASKED, (), anybody_approves=False))


def test_an_approver_may_not_cancel_or_change_what_others_asked_for() -> None:
    roles = roles_towards(ASKED, OTHER, {Role.APPROVER}, anybody_approves=False)
    assert not may(Right.CANCEL, roles)
    assert not may(Right.CHANGE, roles)
    assert may(Right.DECLINE, roles)
