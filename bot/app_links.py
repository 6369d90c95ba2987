"""The part of the composition root that builds the links to results, and what is pressed about them."""

from __future__ import annotations

from agent.ports import Accounts, Clock
from agent.work import Works
from bot.app_needs import Needs
from bot.link_files import LinkFiles
from bot.settings import Settings
from bot.slack.asked import Bench
from bot.slack.link_buttons import LinkButtons
from bot.store import Store
from bot.web.links import Links


def links_of(settings: Settings, store: Store, accounts: Accounts, works: Works, clock: Clock) -> Links:
    """What makes the links and answers them."""
    return Links(
        public_url=settings.public_url,
        secret=settings.secret("secret_key"),
        store=store,
        accounts=accounts,
        works=works,
        clock=clock,
        files=LinkFiles(settings.fetch_allowed_hosts),
    )


def link_buttons(needs: Needs) -> LinkButtons:
    """What is pressed about links."""
    bench = Bench(needs.roles, needs.roles.approvers)
    return LinkButtons(requests=needs.store.jobs, links=needs.store.links, bench=bench, kick=needs.kick)
