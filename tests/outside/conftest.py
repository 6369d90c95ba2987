"""Each judge once for the whole run; when a test fails, the end of the judges' logs is in its report."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator
from contextlib import AbstractContextManager, AsyncExitStack
from pathlib import Path

import httpx2
import pytest

from heygen import Client, HttpTransport
from tests.outside.backstage import Backstage
from tests.outside.judges import LOG_SHOWN, Judge, aimock, llmock, prism

LOGS = pytest.StashKey[list[Path]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[LOGS] = []
    config.addinivalue_line("markers", "outside: judged by tools of others; .ci/outside installs them and runs these")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed:
        for log in item.config.stash[LOGS]:
            report.sections.append((f"log of {log.stem}", log.read_text(errors="replace")[-LOG_SHOWN:]))
    return report


def _running(
    name: str, start: Callable[[Path], AbstractContextManager[Judge]]
) -> Callable[[pytest.TempPathFactory, pytest.Config], Iterator[Judge]]:
    def running(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Iterator[Judge]:
        log = tmp_path_factory.mktemp("judges") / f"{name}.log"
        with start(log) as judge:
            pytestconfig.stash[LOGS].append(log)
            yield judge

    return running


prism_judge = pytest.fixture(scope="session", name="prism")(_running("prism", prism))
aimock_judge = pytest.fixture(scope="session", name="aimock")(_running("aimock", aimock))
llmock_judge = pytest.fixture(scope="session", name="llmock")(_running("llmock", llmock))


@pytest.fixture
async def client(prism: Judge) -> AsyncIterator[Callable[..., Awaitable[Client]]]:
    """Opens clients whose requests say which of the schema's answers they prefer."""
    async with AsyncExitStack() as stack:

        async def opened(prefer: str | None = None) -> Client:
            async def say(request: httpx2.Request) -> None:
                request.headers.update({"Prefer": prefer} if prefer else {})

            http = await stack.enter_async_context(httpx2.AsyncClient(event_hooks={"request": [say]}))
            return Client(HttpTransport(prism.url, "hg-key", http, "greenroom-tests"))

        yield opened


@pytest.fixture
async def backstage(tmp_path: Path) -> AsyncIterator[Backstage]:
    """Slack's emulator, a place with videos, and room for the app."""
    async with Backstage(tmp_path) as backstage:
        yield backstage
