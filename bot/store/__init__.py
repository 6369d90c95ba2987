"""Everything the product remembers, behind one object; SQLite or PostgreSQL, one code path."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from agent.money import Cap
from agent.ports import Clock, Ids
from bot.sealing import Sealer
from bot.store.admission import Admission
from bot.store.approvals import Approvals
from bot.store.assets import Assets
from bot.store.audit import Audit
from bot.store.batches import Batches
from bot.store.books import Books
from bot.store.bulk import Bulk
from bot.store.cancellations import Cancellations
from bot.store.claims import LEASE_SECONDS, Claims
from bot.store.database import Database
from bot.store.deliveries import Deliveries, doubt_all_interrupted
from bot.store.directory import Directory
from bot.store.endings import Endings
from bot.store.erasure import Erasures
from bot.store.inbox import Lanes
from bot.store.interventions import Interventions
from bot.store.jobs import Jobs
from bot.store.ledger import Ledger
from bot.store.links import Links
from bot.store.live import LiveParts, LiveSessions
from bot.store.memory import Facts, Summed
from bot.store.outbox import Outbox
from bot.store.overview import Overview
from bot.store.programs import Programs
from bot.store.retention import Retention
from bot.store.roles import RoleMembers
from bot.store.schedules import Schedules
from bot.store.talk import Talk
from bot.store.turns import Turns
from bot.store.usual import UsualSpeakers
from bot.store.video_agents import VideoAgents
from bot.store.wallet import Wallet
from bot.store.webhook_events import WebhookEvents

__all__ = ["Store"]

PLACES = 10  # jobs that a pay-as-you-go account may run at once


class Store:
    """The aggregates of one database. A lease lasts `lease_seconds` unless extended.

    Links live `link_seconds`, and so long is kept what is over (`Retention`). `caps` limit spending, `token_caps` that
    of programs (micro-dollars a month by the name of their token); requests that wait for an approval are also shown in
    `ops_channel`. Live sessions need a `sealer`: without one nobody can join them.
    `share_videos`: results are shared in their thread as files, too.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        ids: Ids,
        link_seconds: float,
        *,
        lease_seconds: float = LEASE_SECONDS,
        places: int = PLACES,
        caps: Sequence[Cap] = (),
        token_caps: Mapping[str, int] | None = None,
        ops_channel: str | None = None,
        sealer: Sealer | None = None,
        share_videos: bool = False,
    ) -> None:
        self.database = database
        self.clock = clock
        self.claims = Claims(database, lease_seconds)
        self.outbox = outbox = Outbox(database, self.claims, ids)
        self.ledger = Ledger(database, caps, token_caps)
        self.audit = Audit(database)
        endings = Endings(database, ids, outbox, self.ledger, link_seconds, share_videos=share_videos)
        admission = Admission(database, endings, places)
        self.lanes = Lanes(database, self.claims, ids)
        self.turns = Turns(database, self.claims, outbox)
        self.jobs = Jobs(database, self.claims, ids, outbox, endings, admission, self.ledger, self.audit, ops_channel)
        bulk = Bulk(database, self.ledger, endings, self.audit)
        self.batches = Batches(database, self.claims, ids, outbox, endings, self.ledger, bulk, self.audit, ops_channel)
        self.cancellations = Cancellations(database, bulk, endings, self.audit)
        self.approvals = Approvals(database, self.ledger, self.cancellations, endings, self.audit)
        self.assets = Assets(database, self.claims, ids, outbox)
        self.agents = VideoAgents(database, self.claims, ids, outbox, endings)
        self.schedules = Schedules(database, self.claims, ids, outbox, self.audit)
        self.talk = Talk(database, ids, outbox, self.audit)
        self.schedules = Schedules(database, self.claims, ids, outbox, self.audit)
        self.facts = Facts(database, self.claims)
        self.usual = UsualSpeakers(database)
        self.summed = Summed(database, self.claims)
        self.wallet = Wallet(database)
        self.roles = RoleMembers(database, self.audit)
        self.retention = Retention(database, link_seconds)
        self.erasures = Erasures(database, ids, self.cancellations, endings, outbox, self.audit)
        self.deliveries = Deliveries(database, self.claims, outbox)
        self.links = Links(database, endings, self.audit)
        self.webhook_events = WebhookEvents(database)
        self.directory = Directory(database)
        self.overview = Overview(database)
        self.books = Books(database)
        self.programs = Programs(database)
        self.interventions = Interventions(database, self.claims, outbox, endings)
        self.live = LiveSessions(
            LiveParts(
                database=database,
                claims=self.claims,
                ids=ids,
                outbox=outbox,
                endings=endings,
                ledger=self.ledger,
                audit=self.audit,
                ops_channel=ops_channel,
                sealer=sealer,
            )
        )

    async def start(self) -> None:
        """Open and migrate; where no other process can be alive, take over at once what the last one held."""
        await self.database.start()
        if self.database.single_process:
            async with self.database.transaction("store.recover") as connection:
                await self.claims.release_all(connection)
                await doubt_all_interrupted(self.database, connection)

    async def stop(self) -> None:
        """Close the database. Leases are left to those who hold them."""
        await self.database.stop()
