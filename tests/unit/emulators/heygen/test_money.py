"""Money: three ways of paying, refunds, top-ups and reloads, and sums that are right to the last digit."""

from __future__ import annotations

import random
from typing import Any

import httpx2
import pytest

from emulators.heygen import HeyGenEmulator, Subscription, UsageBased, Wallet
from emulators.heygen.billing import UNITS_PER_CREDIT, UNITS_PER_USD, credits_for, units

THREE = ["German (Germany)", "Japanese (Japan)", "French (France)"]
MINUTE_USD = 2.472  # a minute in one language
MINUTE_CREDITS = credits_for(units(MINUTE_USD))


async def me(api: httpx2.AsyncClient) -> Any:
    return (await api.get("/v3/users/me")).json()["data"]


async def left(api: httpx2.AsyncClient) -> Any:
    return (await me(api))["wallet"]["remaining_balance"]


async def test_the_balance_falls_when_a_request_is_accepted(api, heygen: HeyGenEmulator, translate) -> None:
    await translate(*THREE)

    assert await left(api) == 100 - 7.416
    assert [charge.units for charge in heygen.charges] == [24_720] * 3


async def test_a_failed_job_gives_back_what_it_cost(api, heygen: HeyGenEmulator, translate) -> None:
    await translate(*THREE)
    failed = next(iter(heygen.state.jobs))
    heygen.finish(failed, fail="No speech was found.")
    heygen.finish()

    assert await left(api) == 95.056
    [refund] = heygen.refunds
    assert (refund.job_id, refund.units, refund.amount) == (failed, 24_720, MINUTE_USD)


async def test_what_cannot_be_paid_is_refused_whole(api, heygen: HeyGenEmulator, translate) -> None:
    heygen.account().balance = 7.4159
    refused = await translate(*THREE)
    heygen.top_up(0.0001)
    accepted = await translate(*THREE)

    assert (refused.status_code, refused.json()["error"]["code"]) == (402, "insufficient_credit")
    assert (accepted.status_code, await left(api)) == (200, 0.0)


@pytest.mark.parametrize("seed", range(5))
async def test_every_movement_adds_up_exactly(heygen: HeyGenEmulator, translate, avatar_video, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - repeatable on purpose
    heygen.account().cap = 1000
    heygen.auto_reload(below=99, amount=33.33)
    for _ in range(15):
        await translate(*chance.sample(THREE, chance.randint(1, 3)), start_time=0, end_time=chance.uniform(1, 60))
        await avatar_video(script="x" * chance.randint(1, 900))
        heygen.top_up(chance.randint(1, 99_999) / UNITS_PER_USD)
        heygen.spend_elsewhere(chance.randint(1, 99_999) / UNITS_PER_USD)
        heygen.finish(chance.choice(list(heygen.state.jobs)), fail=chance.choice([None, "x"]))
    charged = sum(charge.units for charge in heygen.charges)
    refunded = sum(refund.units for refund in heygen.refunds)
    adjusted = sum(adjustment.units for adjustment in heygen.adjustments)

    assert refunded > 0
    assert {adjustment.reason for adjustment in heygen.adjustments} == {"top_up", "elsewhere", "auto_reload"}
    assert 100 * UNITS_PER_USD - charged + refunded + adjusted == heygen.account().wallet.balance


async def test_a_low_wallet_is_reloaded(api, heygen: HeyGenEmulator, translate) -> None:
    heygen.auto_reload(below=98, amount=20)
    await translate()
    shown = (await me(api))["wallet"]

    assert shown["auto_reload"] == {"enabled": True, "threshold_usd": 98.0, "amount_usd": 20.0}
    assert shown["remaining_balance"] == 117.528
    assert [(one.reason, one.units) for one in heygen.adjustments] == [("auto_reload", 200_000)]


async def test_a_full_wallet_is_not_reloaded(heygen: HeyGenEmulator, translate) -> None:
    heygen.auto_reload(below=50, amount=20)
    await translate()

    assert heygen.adjustments == []


async def test_money_can_go_without_a_job(api, heygen: HeyGenEmulator) -> None:
    heygen.spend_elsewhere(1.5)

    assert (await left(api), heygen.charges) == (98.5, [])


@pytest.mark.parametrize(
    "billing", [Wallet(10_000), Subscription(120), UsageBased(1000, 250, 5_000_000)], ids=lambda one: type(one).__name__
)
async def test_exactly_one_block_is_filled(api, heygen: HeyGenEmulator, billing) -> None:
    heygen.bill_by(billing)
    data = await me(api)
    blocks = [name for name in ("wallet", "subscription", "usage_based") if data[name] is not None]

    assert blocks == [data["billing_type"]]


async def test_a_subscription_pays_with_its_plan_first(api, heygen: HeyGenEmulator, translate) -> None:
    heygen.bill_by(Subscription(premium=60, add_on=100, plan="pro"))
    await translate(*THREE)
    credits = (await me(api))["subscription"]["credits"]

    assert (credits["premium_credits"]["remaining"], credits["add_on_credits"]["remaining"]) == (
        0,
        160 - 3 * MINUTE_CREDITS,
    )
    assert credits["premium_credits"]["resets_at"].endswith("-01T00:00:00Z")
    heygen.finish(fail="x")
    assert heygen.account().billing == Subscription(premium=60, add_on=100, plan="pro")


async def test_a_subscription_without_credits_is_refused(heygen: HeyGenEmulator, translate) -> None:
    heygen.bill_by(Subscription(premium=MINUTE_CREDITS - 1))

    assert (await translate()).status_code == 402


async def test_usage_beyond_what_is_included_is_money(api, heygen: HeyGenEmulator, translate) -> None:
    heygen.bill_by(UsageBased(included=1000, remaining=20, cap=500 * UNITS_PER_USD))
    await translate()
    shown = (await me(api))["usage_based"]

    assert (shown["remaining_credits"], shown["spending_cap_usd"]) == (0, 500.0)
    assert shown["spending_current_usd"] == (MINUTE_CREDITS - 20) * UNITS_PER_CREDIT / UNITS_PER_USD
    heygen.finish(fail="x")
    assert heygen.account().billing == UsageBased(1000, 20, 500 * UNITS_PER_USD, spent=0)


async def test_usage_ends_at_the_cap(heygen: HeyGenEmulator, translate) -> None:
    heygen.bill_by(UsageBased(included=0, remaining=0, cap=MINUTE_CREDITS * UNITS_PER_CREDIT))

    assert [(await translate()).status_code for _ in range(2)] == [200, 402]


async def test_usage_without_a_cap_goes_on(heygen: HeyGenEmulator, translate) -> None:
    heygen.bill_by(UsageBased(included=0, remaining=0))

    assert (await translate(*THREE)).status_code == 200


@pytest.mark.parametrize("billing", [Wallet(10_000), Subscription(120, 5), UsageBased(1000, 250, 5_000_000)])
async def test_amounts_can_be_hidden(api, heygen: HeyGenEmulator, billing) -> None:
    heygen.bill_by(billing)
    heygen.switches.hide_amounts = True
    data = await me(api)
    text = str(data[data["billing_type"]])

    assert data["billing_type"]
    assert "None" in text
    assert not any(figure in text.replace("T00:00:00", "") for figure in ("1.0", "120", "250", "500.0"))


async def test_only_wallets_can_be_topped_up(heygen: HeyGenEmulator) -> None:
    heygen.bill_by(Subscription(120))
    with pytest.raises(TypeError, match="subscription"):
        heygen.top_up(5)


async def test_tools_elsewhere_can_top_up(api, heygen: HeyGenEmulator) -> None:
    answer = await api.post("/_emulator/top_up", json={"amount": 12.5})
    seen = (await api.get("/_emulator/snapshot")).json()

    assert answer.json() == {"balance": 112.5}
    assert [(one["reason"], one["amount"]) for one in seen["adjustments"]] == [("top_up", 12.5)]
    assert seen["billing"]["greenroom"]["billing_type"] == "wallet"


async def test_starting_over_forgets_every_movement(heygen: HeyGenEmulator, translate) -> None:
    heygen.bill_by(Subscription(1000))
    await translate()
    heygen.finish(fail="x")
    heygen.reset()

    assert (heygen.charges, heygen.refunds, heygen.adjustments, heygen.account().balance) == ([], [], [], 100.0)
