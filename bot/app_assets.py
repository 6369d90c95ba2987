"""The part of the composition root that builds uploads: where files come from, how they get to HeyGen, the tool."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

import httpx2

from agent.adding import Adding
from agent.ports import Accounts, Clock
from agent.spending import Spending
from agent.uploading import Uploads
from bot.app_installs import Installs
from bot.link_files import SECONDS, LinkFiles
from bot.settings import Settings
from bot.slack.downloads import DEADLINE, SlackFiles, own_origins
from bot.store import Store
from bot.uploads import BroughtFiles, UploadWorker
from heygen import HttpStorage


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetNeeds:
    """What uploads are built of."""

    settings: Settings
    store: Store
    accounts: Accounts
    installs: Installs
    http: httpx2.AsyncClient
    clock: Clock
    kick: Callable[[], None]


def slack_files(settings: Settings, installs: Installs, *, seconds: float = DEADLINE) -> SlackFiles:
    """What fetches files that people have attached, each with its workspace's token."""
    allowed = own_origins(settings.slack_api_url)
    return SlackFiles(installs.clients, token=installs.workspaces.token, allowed=allowed, seconds=seconds)


def upload_worker(needs: AssetNeeds, *, kick: Callable[[], None]) -> UploadWorker:
    """What takes files to HeyGen in the background; `kick` is called when it can take more."""
    settings = needs.settings
    slack = slack_files(settings, needs.installs, seconds=SECONDS)
    uploads = Uploads(
        assets=needs.store.assets,
        accounts=needs.accounts,
        incoming=BroughtFiles(slack, LinkFiles(settings.fetch_allowed_hosts)),
        storage=HttpStorage(needs.http),
        clock=needs.clock,
        rng=random.Random(),  # noqa: S311 - jitter
    )
    return UploadWorker(assets=needs.store.assets, uploads=uploads, work=needs.store.assets.work, kick=kick)


def adding(needs: AssetNeeds, spending: Spending) -> Adding:
    """The tool `add_asset`, and what other tools have files uploaded by."""
    return Adding(
        turns=needs.store.turns,
        assets=needs.store.assets,
        accounts=needs.accounts,
        spending=spending,
        clock=needs.clock,
        kick=needs.kick,
    )
