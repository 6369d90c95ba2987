"""HeyGen by way of Truto: the same conversations, with Truto's own ways of failing in between.

The app has no key of HeyGen's here. What was paid for is read at HeyGen, what was asked at Truto.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from emulators.truto import DEFAULT_ACCOUNT, DEFAULT_TOKEN, TrutoEmulator
from tests.scenario.stage import TRANSLATIONS, Stage

CREATE = f"/custom{TRANSLATIONS}"
RECONNECT = "An admin has to reconnect HeyGen in Truto"


@pytest.fixture(scope="module")
async def _truto() -> AsyncIterator[TrutoEmulator]:
    emulator = TrutoEmulator()
    await emulator.start()
    yield emulator
    await emulator.stop()


@pytest.fixture
async def truto(_truto: TrutoEmulator, stage: Stage) -> TrutoEmulator:
    """Truto between the app and HeyGen, whose key only Truto has."""
    _truto.reset()
    _truto.connect(stage.heygen.url, "hg-key-1")
    through = {"truto_account_id": DEFAULT_ACCOUNT, "truto_api_key": DEFAULT_TOKEN, "truto_base_url": _truto.url}
    await stage.restart(heygen_transport="truto", heygen_api_key=None, **through)
    return _truto


def creates(truto: TrutoEmulator) -> int:
    return len(truto.journal.select("POST", CREATE))


def looks(truto: TrutoEmulator) -> int:
    return len(truto.journal.select("GET", CREATE))


async def finished(stage: Stage, root: str) -> None:
    """Both languages are made, paid for once each, and told."""
    await stage.finish(2)
    await stage.closing(root, "French", "German")
    assert sorted(charge.language for charge in stage.charges) == ["French (France)", "German (Germany)"]


async def test_a_translation_goes_through_truto(stage: Stage, truto: TrutoEmulator) -> None:
    """R2, R62, R63, R74: a token and an account of Truto's are enough, and nobody notices which way it went."""
    root = stage.translate("French", "German")
    await finished(stage, root)

    assert (creates(truto), looks(truto)) == (1, 0)
    [asked] = truto.journal.select("POST", CREATE)
    assert asked.query["integrated_account_id"] == DEFAULT_ACCOUNT
    assert len(stage.heygen.journal.select("POST", TRANSLATIONS)) == 1


@pytest.mark.parametrize(
    ("lost", "keys"),
    [
        ("by heygen", "forgotten"),
        pytest.param("by heygen", "own", marks=pytest.mark.full),
        pytest.param("by heygen", "passed", marks=pytest.mark.full),
        pytest.param("by truto", "forgotten", marks=pytest.mark.full),
        pytest.param("by truto", "own", marks=pytest.mark.full),
    ],
)
async def test_an_answer_that_is_lost_is_looked_for_and_nothing_is_paid_twice(
    stage: Stage, truto: TrutoEmulator, lost: str, keys: str
) -> None:
    """R21, R75: nobody retries for us, so we do; whoever lost the key, there is one charge a language."""
    truto.switches.keys = keys  # type: ignore[assignment]
    if lost == "by truto":
        truto.fail("drop_reply", CREATE, method="POST")
    else:
        stage.heygen.fail("drop_reply", TRANSLATIONS, method="POST")
    root = stage.translate("French", "German")
    await finished(stage, root)

    assert (creates(truto), looks(truto)) == (1, 1)


@pytest.mark.full
async def test_a_request_that_never_arrived_is_sent_again(stage: Stage, truto: TrutoEmulator) -> None:
    truto.switches.keys = "forgotten"
    truto.fail("drop_before", CREATE, method="POST")
    root = stage.translate("French", "German")
    await finished(stage, root)

    assert (creates(truto), looks(truto)) == (2, 1)


async def test_a_stop_in_the_middle_of_a_request_pays_once(
    stage: Stage, truto: TrutoEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R72: what was on its way when the process ended is left alone until it has settled, then looked for and found."""
    monkeypatch.setattr("bot.background.DRAIN_SECONDS", 0.05)  # nobody waits for the request to be answered
    truto.switches.keys = "forgotten"
    stage.heygen.hold_submissions()
    root = stage.translate("French", "German")
    await stage.wait(lambda: stage.heygen.journal.select("POST", TRANSLATIONS))
    await stage.restart()
    await stage.probe()
    assert (creates(truto), looks(truto), stage.charges) == (1, 0, [])
    stage.heygen.release_submissions()
    await stage.submitted(2)
    stage.clock.advance(200)
    await finished(stage, root)

    assert (creates(truto), looks(truto)) == (1, 1)


async def test_truto_s_own_limit_is_waited_for_and_named(stage: Stage, truto: TrutoEmulator) -> None:
    """R20, R23, R24: its limit is not HeyGen's, the card says whose it is, and the request goes when there is room."""
    truto.fail("before", CREATE, method="POST", status=429, headers={"Retry-After": "2"})
    root = stage.translate("French", "German")
    await stage.card(root, "Too many requests go through Truto")
    assert stage.charges == []
    await finished(stage, root)

    assert (creates(truto), looks(truto)) == (2, 0)


@pytest.mark.full
async def test_heygen_s_limit_behind_truto_is_heygen_s(stage: Stage, truto: TrutoEmulator) -> None:
    """R20, R22: a 429 that was passed through is told as what it is."""
    stage.heygen.fail("before", TRANSLATIONS, method="POST", status=429, headers={"Retry-After": "20"})
    root = stage.translate("French", "German")
    await stage.card(root, "HeyGen is busy")
    await finished(stage, root)


async def test_an_account_that_has_to_be_reconnected_says_so(stage: Stage, truto: TrutoEmulator) -> None:
    """R73: credentials are Truto's business; people read one sentence about whose turn it is, and then it goes on."""
    truto.account.status = "needs_reauth"
    root = stage.translate("French", "German")
    assert RECONNECT in await stage.reply(root)
    assert stage.charges == []
    truto.connect(stage.heygen.url, "hg-key-1")
    root = stage.translate("French", "German")
    await finished(stage, root)


@pytest.mark.full
async def test_an_account_that_ends_in_between_fails_the_request_with_the_same_words(
    stage: Stage, truto: TrutoEmulator
) -> None:
    refused = {"statusCode": 401, "error": "Unauthorized", "message": "", "truto_is_remote_error": True}
    truto.fail("before", CREATE, method="POST", status=401, body=refused)
    root = stage.translate("French", "German")
    await stage.closing(root, RECONNECT)
    assert stage.charges == []


@pytest.mark.full
async def test_looks_that_are_refused_again_and_again_only_take_longer(stage: Stage, truto: TrutoEmulator) -> None:
    """R71: polling meets Truto's limit, and the job is told all the same."""
    await stage.restart(heygen_webhook_secret=None, public_url=None)
    root = stage.translate("French", "German")
    await stage.submitted(2)
    refused = truto.fail("before", f"{CREATE}/.*", method="GET", status=429, headers={"Retry-After": "0"}, times=3)
    stage.clock.advance(60)
    await stage.wait(lambda: refused.times == 0)
    stage.clock.advance(60)
    await finished(stage, root)
