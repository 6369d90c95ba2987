"""“Make intro videos for the leads in our CRM”: the contacts behind Truto go the way of any list that is attached."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from emulators.truto import CRM_ACCOUNT, DEFAULT_TOKEN, TrutoEmulator
from emulators.truto.state import person
from tests.scenario.stage import Stage

WISH = "Make intro videos for the leads in our CRM"
FOUR = [
    person(1, "Sarah", "Lee", "Acme", "Webinar"),
    person(2, "John", "Roe", "Globex"),
    person(3, "Mike", "Poe", "Initech", "webinar", "VIP"),
    person(4, "", "", "Hooli"),
]


@pytest.fixture(scope="module")
async def _truto() -> AsyncIterator[TrutoEmulator]:
    emulator = TrutoEmulator()
    await emulator.start()
    yield emulator
    await emulator.stop()


@pytest.fixture
async def truto(_truto: TrutoEmulator, stage: Stage) -> TrutoEmulator:
    """A CRM behind Truto. HeyGen is reached directly."""
    _truto.reset()
    _truto.connect_crm(FOUR)
    await stage.restart(truto_crm_account_id=CRM_ACCOUNT, truto_api_token=DEFAULT_TOKEN, truto_base_url=_truto.url)
    return _truto


async def test_leads_of_the_crm_are_looked_at_sampled_and_made(stage: Stage, truto: TrutoEmulator) -> None:
    """R54: names and companies from the CRM, one person's click, a sample, and one video each."""
    root = stage.ask(f"{WISH} saying “Hi {{name}}, hello {{company}}”")
    card = await stage.card(root, "3 videos from the CRM", "One row left out", "Row 4: no name.")
    assert stage.charges == []
    assert "Approved" in await stage.press(card, "approve_batch")
    await stage.finish(1)
    sample = await stage.closing(root, "Is it good?")
    await stage.press(sample, "make_rest")
    await stage.finish(3)
    await stage.closing(root, "all 3 are ready", number=2)
    assert [video["script"] for video in stage.videos()] == [
        "Hi Sarah Lee, hello Acme",
        "Hi John Roe, hello Globex",
        "Hi Mike Poe, hello Initech",
    ]
    rows = await stage.wait(lambda: stage.results(root))
    assert [row["company"] for row in rows] == ["Acme", "Globex", "Initech"]


async def test_a_tag_chooses_among_them(stage: Stage, truto: TrutoEmulator) -> None:
    root = stage.ask(f"{WISH} tagged webinar")
    card = await stage.card(root, "2 videos from the CRM")
    text = card.rendered_text()
    assert "Sarah" in text
    assert "John" not in text


async def test_more_than_fit_are_refused_before_anything_is_paid(stage: Stage, truto: TrutoEmulator) -> None:
    truto.connect_crm([person(at, f"Lead{at}", "Roe", "Acme") for at in range(700)])
    root = stage.ask(WISH)
    assert "more than 500" in await stage.reply(root)
    assert stage.cards(root) == []
    reads = truto.journal.select("GET", "/unified/crm/contacts")
    assert len(reads) == 6  # what is too much is not read to its end


async def test_a_crm_that_has_to_be_reconnected_says_so(stage: Stage, truto: TrutoEmulator) -> None:
    """R73: whose connection it is, and who has to do what."""
    truto.accounts[CRM_ACCOUNT].status = "needs_reauth"
    root = stage.ask(WISH)
    assert "has to reconnect the CRM in Truto" in await stage.reply(root)
    assert stage.charges == []


async def test_without_a_crm_a_list_is_asked_for(stage: Stage) -> None:
    root = stage.ask(WISH)
    assert "Attach the people as a CSV file" in await stage.reply(root)
    assert stage.charges == []
