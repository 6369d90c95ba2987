"""What tests that kill have in common."""

from __future__ import annotations

import pytest


@pytest.fixture
def server_url(database: str, request: pytest.FixtureRequest) -> str | None:
    """The PostgreSQL server of a test on that `database`; None on SQLite."""
    return str(request.getfixturevalue("postgres_url")) if database == "postgres" else None
