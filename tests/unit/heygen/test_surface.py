"""The package's public names."""

from __future__ import annotations

import types

import heygen


def test_every_public_name_exists_once() -> None:
    assert len(heygen.__all__) == len(set(heygen.__all__))
    assert all(hasattr(heygen, name) for name in heygen.__all__)


def test_nothing_else_is_public() -> None:
    """Submodules are attributes of their package whether one wants it or not; they do not count."""
    public = {
        name
        for name, value in vars(heygen).items()
        if not name.startswith("_") and not isinstance(value, types.ModuleType)
    }

    assert public == set(heygen.__all__)
