"""A program calls tools over MCP: what it asks for is submitted, read back, and stands in Slack."""

from __future__ import annotations

from tests.scenario.program_stage import asked, program, root
from tests.scenario.stage import Stage


async def test_a_translation_is_submitted_and_read_back(stage: Stage) -> None:
    robot = await program(stage)

    told = await robot.call("translate_video", asked(stage, "French", "German"))

    assert (told["code"], told["retryable"]) == ("submitted", True)
    handles = [job["handle"] for job in told["jobs"]]
    assert (await robot.call("get_job", {"handle": handles[0]}))["job"]["state"] in ("queued", "running")
    await stage.finish(2)
    done = await robot.call("wait_for_job", {"handles": handles, "seconds": 10}, progress="p1")
    assert (done["code"], done["done"], done["retryable"]) == ("completed", True, False)
    last = robot.notified[-1]["params"]
    assert (last["progressToken"], last["progress"], last["total"]) == ("p1", 2, 2)
    assert (await stage.browse(done["jobs"][0]["video_url"])).status_code == 200
    # A word to the person in the thread, and none about what was only read.
    assert len(stage.replies((await root(stage)).ts)) == 0
    await stage.closing((await root(stage)).ts, "French", "German")
