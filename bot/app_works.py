"""Composing the kinds of paid work and the tools that ask for them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from agent.backgrounds import Backgrounds
from agent.checking import Checking
from agent.clipping import Cutting
from agent.clips import Clipper
from agent.filling import Filling
from agent.from_template import FromTemplate
from agent.lipsync import LipSync
from agent.lipsyncing import LipSyncing
from agent.making import Making
from agent.material import Material, Sources
from agent.money import Prices
from agent.ordering import Ordering
from agent.poller import Poller
from agent.ports import Accounts, JobStore, SoundProbe, SourceProbe, TurnStore
from agent.premade import Templates
from agent.presenters import Presenters
from agent.proofread import Finishing
from agent.proofreading import FromProofread, Proofreading
from agent.separating import Separating
from agent.speaking import Speaking
from agent.speech import Speech
from agent.spending import Spending
from agent.toolbox import ToolSpec
from agent.translating import Translating
from agent.translation import ReadyFiles
from agent.work import Works
from bot.fetch import MEGABYTE
from bot.link_files import LinkFiles
from bot.result_looks import ResultLooks, can_look
from bot.settings import Settings
from bot.slack.job_files import JobFiles, Requests

LOOKS = 200  # jobs in one round
FETCH_SECONDS = 240.0  # a large video, streamed; see `bot.slack.slack_calls`


class Probe(SourceProbe, SoundProbe, Protocol):
    """Looks at whatever people give a link to."""


def all_works(*, probe: Probe, jobs: JobStore, accounts: Accounts, prices: Prices) -> Works:
    """Every kind of work of this installation."""
    works = Works()
    material = Material(probe=probe, sounds=probe, jobs=jobs, accounts=accounts, works=works)
    works.add(
        Translating(probe=probe, prices=prices, material=material),
        Making(prices=prices, material=material),
        LipSyncing(material=material, prices=prices),
        Filling(prices=prices),
        Proofreading(material=material, prices=prices),
        FromProofread(material=material, jobs=jobs, prices=prices),
        Separating(material=material, prices=prices),
        Speaking(jobs=jobs, prices=prices),
        Cutting(material=material, prices=prices),
    )
    return works


@dataclass(frozen=True, slots=True)
class WorkTools:
    """What the tools of the kinds here need, and those tools."""

    turns: TurnStore
    jobs: JobStore
    accounts: Accounts
    presenters: Presenters
    ordering: Ordering
    spending: Spending
    files: ReadyFiles
    templates: Templates

    def tools(self) -> list[ToolSpec]:
        """The tool specifications."""
        sources = Sources(turns=self.turns, jobs=self.jobs, spending=self.spending, files=self.files)
        lipsync = LipSync(
            accounts=self.accounts,
            sources=sources,
            presenters=self.presenters,
            ordering=self.ordering,
            spending=self.spending,
        )
        template = FromTemplate(
            accounts=self.accounts,
            templates=self.templates,
            sources=sources,
            ordering=self.ordering,
            spending=self.spending,
        )
        finishing = Finishing(jobs=self.jobs, sources=sources, ordering=self.ordering, spending=self.spending)
        backgrounds = Backgrounds(accounts=self.accounts, sources=sources, ordering=self.ordering)
        speech = Speech(
            accounts=self.accounts, presenters=self.presenters, ordering=self.ordering, spending=self.spending
        )
        clips = Clipper(accounts=self.accounts, sources=sources, ordering=self.ordering, spending=self.spending)
        tools = (lipsync, template, finishing, backgrounds, speech, clips)
        return [spec for one in tools for spec in one.tools()]


async def poll_round(poller: Poller, kick: Callable[[], None]) -> int:
    """One round of looks. The other loops are woken only where something has changed.

    Unless a round was full, the next one comes when its time has: of ten thousand jobs some are always due, and looking
    at a few of them without a pause would be all that is done.
    """
    before = poller.changes
    looked = await poller.run_due(LOOKS)
    if poller.changes != before:
        kick()
    return looked if looked >= LOOKS else 0


def checking(settings: Settings, jobs: JobStore, works: Works) -> Checking:
    """The look at results before they are posted; into the files themselves only where that was asked for."""
    looks = settings.check_results and can_look()
    return Checking(jobs=jobs, works=works, looks=ResultLooks(settings.fetch_allowed_hosts) if looks else None)


def job_files(settings: Settings, jobs: Requests, accounts: Accounts, works: Works) -> JobFiles:
    """What fetches results that are shared as files."""
    files = LinkFiles(settings.fetch_allowed_hosts, seconds=FETCH_SECONDS)
    largest = settings.slack_upload_max_mb * MEGABYTE
    return JobFiles(jobs=jobs, accounts=accounts, works=works, files=files, largest_video=largest)
