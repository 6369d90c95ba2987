"""What every test gets: the asyncio backend and a closed network; and where long runs put their figures."""

from __future__ import annotations

import gc
import inspect
import ipaddress
import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import postgres
from tests.support.compiled import share_compiled

LOOPBACK_NAMES = {"localhost", ""}
COLLECT_AFTER = 5_000  # objects
ROOT = Path(__file__).parents[1]
LONG_SCENARIOS = {line for line in Path(__file__).with_name("long.txt").read_text().split() if "/scenario/" in line}


class _PatientTracing:
    """`sys` as `threading` sees it. Python 3.11 refuses to trace a thread while another one's tracing begins, and the
    thread is lost: whoever waits for it waits for ever."""

    def __getattr__(self, name: str) -> Any:
        return getattr(sys, name)

    def settrace(self, function: Any) -> None:
        """As `sys.settrace`, tried again for a second."""
        for _ in range(1000):
            try:
                return sys.settrace(function)
            except RuntimeError:
                time.sleep(0.001)
        sys.settrace(function)


threading._sys = _PatientTracing()  # type: ignore[attr-defined]


def pytest_addoption(parser: pytest.Parser) -> None:
    """What can be asked of the suite."""
    own = os.environ.get("GREENROOM_TEST_POSTGRES")  # noqa: TID251 - the tests', not the product's
    parser.addoption("--postgres-url", default=own, help="a PostgreSQL to test on; its user may create databases")
    parser.addoption("--chaos-seed", type=int, default=None, help="repeat the random runs that printed this seed")


@pytest.fixture
def figure(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Says a figure of a run: printed at the end of the session, whichever process the test ran in."""
    return lambda text: request.node.user_properties.append(("figure", text))


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Iterator[None]:
    """Name the long scenarios before tests are chosen by their markers; order what was chosen and shuffled."""
    for item in items:
        if str(item.path.relative_to(ROOT)) in LONG_SCENARIOS:
            item.add_marker("long")
    yield
    items[:] = _longest_first(items, int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")))  # noqa: TID251
    helpless = [item.nodeid for item in items if _cannot_begin(item)]
    if helpless:
        raise pytest.UsageError(f"these need a loop for their fixtures and have none; make them async: {helpless}")


def _longest_first(items: list[pytest.Item], workers: int) -> list[pytest.Item]:
    """The longest tests first, so that no core waits for the other at the end.

    Each of `workers` is given as large a piece of the whole to begin with, so each piece begins with its share.
    """
    longest = sorted((item for item in items if item.get_closest_marker("chaos")), key=_bound, reverse=True)
    others = [item for item in items if not item.get_closest_marker("chaos")]
    ordered, size = [], len(items) // workers
    for number in range(workers):
        share = longest[number::workers]
        rest = len(others) if number == workers - 1 else max(0, size - len(share))
        ordered += share + others[:rest]
        others = others[rest:]
    return ordered


def _bound(item: pytest.Item) -> float:
    marker = item.get_closest_marker("timeout")
    return float(marker.args[0]) if marker is not None else 0.0


def _cannot_begin(item: pytest.Item) -> bool:
    """A test without a loop, with a fixture that needs one: it works only after another test has begun the fixture."""
    needs = getattr(item, "_fixtureinfo", None)
    if needs is None or "anyio_backend" in needs.names_closure or _runs_in_a_loop(getattr(item, "function", None)):
        return False
    return any(_runs_in_a_loop(found[-1].func) for found in needs.name2fixturedefs.values())


def _runs_in_a_loop(function: object) -> bool:
    return inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function)


def pytest_collection_finish() -> None:
    """What is there before the first test is there until the last: the collector need not look at it each time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER, 20, 20)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print what the runs said of themselves."""
    reports = [report for kind in ("passed", "failed") for report in terminalreporter.stats.get(kind, [])]
    for report in reports:
        for name, text in getattr(report, "user_properties", []):
            if name == "figure" and report.when == "call":
                terminalreporter.write_line(f"figure: {text}")


@pytest.fixture(scope="session")
def postgres_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """A PostgreSQL server: the given one, or one from the wheel. Where neither works, tests are skipped, in CI not."""
    if given := request.config.getoption("--postgres-url"):
        yield str(given)
        return
    try:
        with postgres.server() as server:
            yield server.url
    except postgres.PostgresUnavailable as error:
        no_postgres(error)


def no_postgres(error: postgres.PostgresUnavailable) -> None:
    """Fail in CI, skip elsewhere."""
    if os.environ.get("CI") == "true":  # noqa: TID251 - the tests', not the product's
        pytest.fail(str(error))
    pytest.skip(str(error))


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Everything runs on asyncio: aiohttp, under the Slack SDK, knows nothing else."""
    return "asyncio"


def _is_loopback(host: Any) -> bool:
    if not isinstance(host, str) or host in LOOPBACK_NAMES:
        return True
    try:
        return ipaddress.ip_address(host.split("%")[0]).is_loopback
    except ValueError:
        return False


class OutsideConnectionError(BaseException):
    """A test tried to leave this machine. Not an `Exception`, so that no retry loop can swallow it."""


def refuse_outside(host: Any) -> None:
    """`OutsideConnectionError` for a host that is not this machine."""
    if not _is_loopback(host):
        raise OutsideConnectionError(f"a connection to {host!r}")


def _guarded(name: str) -> None:
    """Have `socket.socket.NAME` refuse what leads outside.

    An audit hook would see C's connections, too, but is called for every `id()`, of which SQLAlchemy has many.
    """
    original = getattr(socket.socket, name)

    def guarded(self: socket.socket, address: Any) -> Any:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            refuse_outside(address[0])
        return original(self, address)

    setattr(socket.socket, name, guarded)


_resolve = socket.getaddrinfo


def _resolve_here(host: Any, *others: Any, **options: Any) -> Any:
    if isinstance(host, str):
        host.encode("idna")  # what is no name at all is refused for that, as ever
    refuse_outside(host)
    return _resolve(host, *others, **options)


_guarded("connect")
_guarded("connect_ex")
socket.getaddrinfo = _resolve_here
share_compiled()
