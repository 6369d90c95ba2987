"""The package's public names."""

from __future__ import annotations

import types

import heygen.live


def test_every_public_name_exists_once() -> None:
    assert len(heygen.live.__all__) == len(set(heygen.live.__all__))
    assert all(hasattr(heygen.live, name) for name in heygen.live.__all__)


def test_nothing_else_is_public() -> None:
    public = {
        name
        for name, value in vars(heygen.live).items()
        if not name.startswith("_") and not isinstance(value, types.ModuleType)
    }

    assert public == set(heygen.live.__all__)
