"""Each of HeyGen's operations has one way to be reached, and none that spends is open."""

from __future__ import annotations

import pytest

from agent.catalogue.gates import (
    CALLABLE,
    COMPOSITES,
    HANDSHAKES,
    OWN,
    SECRETS,
    WORK,
    Gate,
    callable_operations,
    composites_of,
    gate_of,
    right_for,
)
from agent.rights import Right
from agent.schema import strict_schema
from emulators.openai.schema import check_strict
from heygen import OPERATIONS
from heygen.catalogue import Effect

EVERY = sorted(OPERATIONS)


@pytest.mark.parametrize("name", EVERY)
def test_every_operation_has_a_strict_schema(name: str) -> None:
    """R4: what the real service refuses of a strict schema is refused here as well."""
    check_strict(name, strict_schema(OPERATIONS[name].offered), "parameters")


@pytest.mark.parametrize("name", EVERY)
def test_nothing_that_spends_or_steers_can_be_called(name: str) -> None:
    operation = OPERATIONS[name]
    if not operation.price.free or operation.effect in (Effect.SUBMIT, Effect.LIVE):
        assert gate_of(operation) is Gate.COMPOSITE


@pytest.mark.parametrize("name", EVERY)
def test_what_removes_for_good_needs_a_click_and_a_right(name: str) -> None:
    operation = OPERATIONS[name]
    if operation.effect is Effect.DESTRUCTIVE:
        assert gate_of(operation) in (Gate.CLICK, Gate.SECRET)
        assert right_for(operation) in (Right.CHANGE_LIBRARY, Right.MANAGE_ACCOUNT)


def test_a_raw_handshake_is_never_offered() -> None:
    """R19: the steps of an upload are inside one tool."""
    uploads = {name for name in EVERY if "upload" in name}
    assert uploads <= HANDSHAKES
    assert {composites_of(OPERATIONS[name]) for name in uploads} == {("add_asset",)}
    assert not HANDSHAKES & {operation.name for operation in callable_operations()}


def test_the_tables_name_operations_that_exist() -> None:
    assert {*COMPOSITES, *HANDSHAKES, *SECRETS, *WORK, *OWN} <= set(EVERY)


def test_secrets_are_not_told() -> None:
    assert {gate_of(OPERATIONS[name]) for name in SECRETS} == {Gate.SECRET}
    assert Gate.SECRET not in CALLABLE


def test_what_may_be_called_is_all_that_is_left() -> None:
    names = [operation.name for operation in callable_operations()]
    assert names == sorted(names)
    assert {"list_brand_kits", "list_brand_glossaries", "search_sounds", "get_template", "rename_look"} <= set(names)
    assert 30 < len(names) < 60
