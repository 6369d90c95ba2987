"""The emulator around the wires: key, headers, models, journal, faults, state."""

from __future__ import annotations

import json

import httpx2
import openai
import pytest
from openai import AsyncOpenAI

from emulators.openai import OpenAIEmulator, Say
from tests.unit.emulators.openai.conftest import Ask
from tests.unit.emulators.openai.toolset import TOOLS

DAY = 86_400


@pytest.mark.parametrize("path", ["/models", "/nowhere"])
async def test_a_wrong_key_is_refused_everywhere(client: AsyncOpenAI, path: str) -> None:
    wrong = client.with_options(api_key="sk-wrong")
    with pytest.raises(openai.AuthenticationError) as caught:
        await wrong.get(path, cast_to=object)
    assert caught.value.code == "invalid_api_key"


async def test_no_key_at_all_is_refused(emulator: OpenAIEmulator, raw: httpx2.AsyncClient) -> None:
    response = await raw.get("/models", headers={"Authorization": ""})
    assert response.status_code == 401


async def test_unknown_addresses_are_not_found(client: AsyncOpenAI) -> None:
    with pytest.raises(openai.NotFoundError, match="Invalid URL"):
        await client.get("/nowhere", cast_to=object)


async def test_answers_carry_request_id_and_rate_headers(client: AsyncOpenAI) -> None:
    response = await client.models.with_raw_response.list()
    assert response.headers["x-request-id"].startswith("req_")
    assert response.headers["openai-processing-ms"].isdigit()
    assert response.headers["x-ratelimit-limit-requests"] == "10000"


async def test_the_remaining_requests_go_down(client: AsyncOpenAI, ask: Ask) -> None:
    await ask()
    response = await client.models.with_raw_response.list()
    assert response.headers["x-ratelimit-remaining-requests"] == "9999"


async def test_models_tell_when_they_end(client: AsyncOpenAI) -> None:
    assert (await client.models.retrieve("gpt-5.1")).shutdown_date == "2027-04-01"
    assert (await client.models.retrieve("gpt-6-luna")).shutdown_date is None


async def test_the_list_holds_the_planner_itself(client: AsyncOpenAI) -> None:
    models = {model.id: model.owned_by async for model in client.models.list()}
    assert models["emulated-planner"] == "emulator"


async def test_a_model_is_gone_after_its_end(emulator: OpenAIEmulator, client: AsyncOpenAI, ask: Ask) -> None:
    emulator.models["short-lived"] = "2100-01-01"
    await ask(model="short-lived")
    emulator.clock.advance(80 * 366 * DAY)
    with pytest.raises(openai.NotFoundError, match="shut down"):
        await ask(model="short-lived")
    assert "short-lived" not in [model.id async for model in client.models.list()]


async def test_an_unknown_model_is_refused(ask: Ask) -> None:
    with pytest.raises(openai.NotFoundError) as caught:
        await ask(model="gpt-imaginary")
    assert caught.value.code == "model_not_found"


async def test_calls_keep_the_request_and_the_chosen_output(emulator: OpenAIEmulator, ask: Ask) -> None:
    await ask("status?", tools=TOOLS)
    [call] = emulator.calls
    assert call.request["input"] == "status?"
    assert [item["name"] for item in call.output] == ["list_jobs"]
    assert not call.scripted


async def test_both_wires_count_as_model_calls(emulator: OpenAIEmulator, ask: Ask, chat: Ask) -> None:
    await ask()
    await chat()
    assert [call.wire for call in emulator.calls] == ["responses", "chat"]


async def test_the_snapshot_is_json_and_says_what_it_is(emulator: OpenAIEmulator, ask: Ask) -> None:
    emulator.script([Say("one"), Say("two")])
    await ask("status?", tools=TOOLS)
    snapshot = json.loads(json.dumps(emulator.snapshot()))
    assert "not an AI" in snapshot["label"]
    assert snapshot["calls"][0] | {"by": "script", "tools_offered": len(TOOLS)} == snapshot["calls"][0]
    assert snapshot["pending_script"] == 1


async def test_reset_forgets_everything(emulator: OpenAIEmulator, ask: Ask) -> None:
    emulator.script([Say("one"), Say("two")])
    emulator.strict_script = emulator.switches.lie_done = True
    await ask()
    emulator.reset()
    assert not emulator.calls
    assert not emulator.pending_script
    assert not emulator.strict_script
    assert not emulator.switches.lie_done


async def test_reset_makes_ids_repeat(emulator: OpenAIEmulator, ask: Ask) -> None:
    first = (await ask()).id
    emulator.reset()
    assert (await ask()).id == first


async def test_the_key_stays_out_of_the_journal(emulator: OpenAIEmulator, ask: Ask) -> None:
    await ask()
    assert "sk-emulated" not in json.dumps([entry.to_json() for entry in emulator.journal.entries])


async def test_faults_are_shaped_like_the_vendors_errors(emulator: OpenAIEmulator, ask: Ask) -> None:
    emulator.fail("before", path="/v1/responses", status=429, headers={"retry-after": "3"})
    with pytest.raises(openai.RateLimitError) as caught:
        await ask()
    assert caught.value.code == "rate_limit_exceeded"
