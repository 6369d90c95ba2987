"""What every emulator has from its base."""

from __future__ import annotations

import pytest

from emulators.base import Fault


def test_a_fault_that_does_not_exist_is_not_armed() -> None:
    with pytest.raises(ValueError, match="drop"):
        Fault("drop")  # type: ignore[arg-type]
