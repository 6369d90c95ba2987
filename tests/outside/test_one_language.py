"""A translation into one language with the model's side played by aimock and HeyGen by Prism.

aimock keeps requests in the shape of another API, without `store`; `test_model_faults` looks at that.
"""

from __future__ import annotations

import re
from typing import Any

import httpx2
import pytest

from emulators.slack import Message
from tests.outside.backstage import Backstage
from tests.outside.judges import Judge

pytestmark = [pytest.mark.outside, pytest.mark.timeout(120)]

Entry = dict[str, Any]


@pytest.fixture
async def root(backstage: Backstage, aimock: Judge, prism: Judge) -> str:
    """The thread of a translation that has been asked for."""
    async with httpx2.AsyncClient(base_url=aimock.url) as http:
        (await http.post("/__aimock/reset/journal")).raise_for_status()
    await backstage.open(model=aimock.url, heygen=prism.url)
    return backstage.ask(f"Translate {backstage.video} into Spanish")


async def closing(backstage: Backstage, root: str) -> Message:
    """The message that calls the requester back."""
    called = re.compile(r"<@U\w+> ")
    return await backstage.wait(
        lambda: next((m for m in backstage.by_app(root) if called.match(m.text) and m.links()), None)
    )


async def journal(aimock: Judge) -> list[Entry]:
    """The model calls that aimock saw."""
    async with httpx2.AsyncClient(base_url=aimock.url) as http:
        entries = (await http.get("/__aimock/journal")).json()
    return [entry for entry in entries if entry["path"] == "/v1/responses"]


async def test_the_thread_has_a_card_an_answer_and_a_closing(backstage: Backstage, root: str) -> None:
    await closing(backstage, root)

    await backstage.told(root, "The Spanish version is being made.")
    card = await backstage.told(root, "Spanish (Spain)")
    assert "asked by <@" in card.rendered_text()


async def test_the_link_of_the_closing_leads_to_the_video(backstage: Backstage, root: str) -> None:
    [link] = (await closing(backstage, root)).links()

    async with httpx2.AsyncClient() as browser:
        answer = await browser.get(link)

    assert (answer.status_code, answer.headers["location"]) == (302, "https://files.example.com/tr_mock_1.mp4")


async def test_the_model_is_asked_twice_and_hears_what_its_call_gave(
    backstage: Backstage, root: str, aimock: Judge
) -> None:
    await closing(backstage, root)
    await backstage.told(root, "The Spanish version is being made.")

    first, second = await journal(aimock)

    assert [first["response"]["status"], second["response"]["status"]] == [200, 200]
    assert _outputs(first) == []
    assert _outputs(second) == ["call_translate_1"] == _calls(second)


async def test_heygen_objects_to_nothing(backstage: Backstage, root: str, prism: Judge) -> None:
    before = len(prism.told())

    await closing(backstage, root)

    told = prism.told()[before:]
    assert "Violation" not in told
    assert "post /v3/video-translations" in told


def _outputs(entry: Entry) -> list[str]:
    return [m["tool_call_id"] for m in entry["body"]["messages"] if m["role"] == "tool"]


def _calls(entry: Entry) -> list[str]:
    return [call["id"] for m in entry["body"]["messages"] for call in m.get("tool_calls") or []]
