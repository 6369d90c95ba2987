"""A program where HeyGen is reached by way of Truto: our tools as ever, and of Truto's own those that only read."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from emulators.truto import DEFAULT_ACCOUNT, DEFAULT_TOKEN, TrutoEmulator
from tests.scenario.program_stage import asked, program
from tests.scenario.stage import Stage


@pytest.fixture
async def truto(stage: Stage) -> AsyncIterator[TrutoEmulator]:
    emulator = TrutoEmulator()
    await emulator.start()
    emulator.connect(stage.heygen.url, "hg-key-1")
    yield emulator
    await emulator.stop()


async def test_what_truto_defines_comes_along_as_far_as_it_only_reads(stage: Stage, truto: TrutoEmulator) -> None:
    through = {"truto_account_id": DEFAULT_ACCOUNT, "truto_api_key": DEFAULT_TOKEN, "truto_base_url": truto.url}
    operators = frozenset({stage.user("alice")})
    robot = await program(stage, heygen_transport="truto", heygen_api_key=None, operators=operators, **through)
    told = await robot.call("translate_video", asked(stage, "French"))
    assert told["code"] == "submitted"

    names = {tool["name"] for tool in (await robot.ask("tools/list"))["result"]["tools"]}
    read, write = "get_single_hey_gen_video_translation_by_id", "create_a_hey_gen_video_translate"
    assert (read in names, write in names, "translate_video" in names) == (True, False, True)
    job = stage.job("French (France)")
    answer = await robot.call(read, {"id": job.id})
    assert (answer["code"], job.id in str(answer["answer"])) == ("ok", True)
    assert (await robot.call(read, {"surprise": 1}))["code"] == "invalid_arguments"
    assert (await robot.call("call_tool", {"name": write, "arguments": {"video_url": "x"}}))["code"] == "not_offered"
    assert len(stage.charges) == 1

    await stage.restart(operators=frozenset())
    names = {tool["name"] for tool in (await robot.ask("tools/list"))["result"]["tools"]}
    assert read not in names
    assert (await robot.call(read, {"id": job.id}))["code"] == "not_allowed"
