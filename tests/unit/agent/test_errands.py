"""Tasks that outlive whoever has started them: none is lost, an error is said without its words, all can be ended."""

from __future__ import annotations

import asyncio

from structlog.testing import capture_logs

from agent.errands import Errands


async def fail() -> None:
    raise ValueError("what somebody wrote")


async def test_an_error_is_logged_by_its_type_and_place() -> None:
    errands = Errands()
    with capture_logs() as logs:
        await asyncio.gather(errands.run(fail(), "one"), return_exceptions=True)
    (line,) = logs
    assert (line["event"], line["errand"], line["error"]) == ("errand_failed", "one", "ValueError")
    assert line["where"].startswith("test_errands.py:")
    assert "somebody" not in str(line)


async def test_all_are_ended_and_counted() -> None:
    errands = Errands()
    task = errands.run(asyncio.Event().wait(), "forever")
    assert (len(errands), errands.open) == (1, {task})
    await errands.close()
    assert (len(errands), task.cancelled()) == (0, True)
