"""What people look at runs on the event loop that they have: uvloop, which hides its connections from the guard."""

from __future__ import annotations

from typing import Any

import pytest
import uvloop

from tests.conftest import refuse_outside


class GuardedLoop(uvloop.Loop):
    """uvloop that leads nowhere but to this machine."""

    async def create_connection(self, protocol_factory: Any, host: Any = None, *others: Any, **options: Any) -> Any:
        """As the loop's, for hosts of this machine."""
        refuse_outside(host)
        return await super().create_connection(protocol_factory, host, *others, **options)

    async def getaddrinfo(self, host: Any, *others: Any, **options: Any) -> Any:
        """As the loop's, for hosts of this machine."""
        refuse_outside(host)
        return await super().getaddrinfo(host, *others, **options)


@pytest.fixture(scope="session")
def anyio_backend() -> tuple[str, dict[str, Any]]:
    """The emulators, the app between them and the media of the avatar's room on one loop, as in the playground."""
    return "asyncio", {"loop_factory": GuardedLoop}
