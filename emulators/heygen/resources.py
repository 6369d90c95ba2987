"""What an account has besides jobs, as tests and the playground set it up and look at it."""

from __future__ import annotations

from typing import Any

from emulators.base import Journal
from emulators.heygen.accounts import DEFAULT_KEY, Accounts
from emulators.heygen.agents import Agents, Message, Session, Twist
from emulators.heygen.assets import Asset, Assets
from emulators.heygen.batches import Batches
from emulators.heygen.files import film_output, output, picture_or_sound
from emulators.heygen.means import AccountMeans
from emulators.heygen.people import People
from emulators.heygen.state import Account, Switches
from emulators.heygen.templates import Scene, Template


class Resources(Accounts):
    """Files, avatars, voices, templates, batches and sessions with agents. Mixed into `HeyGenEmulator`."""

    assets: Assets
    people: People
    templates: dict[str, Template]
    agents: Agents
    batches: Batches
    journal: Journal

    @property
    def switches(self) -> Switches:
        """The behaviour that can be changed; `reset` restores it."""
        return self.state.switches

    def means(self, account: Account) -> AccountMeans:
        """What an account may make things with."""
        return AccountMeans(account.name, self.assets, self.people)

    # -- files -------------------------------------------------------------------------------------------------

    def seed_asset(self, asset_id: str, seconds: float, api_key: str = DEFAULT_KEY) -> Asset:
        """Make an uploaded video of this length known."""
        return self.assets.seed(self.account(api_key).name, asset_id, seconds)

    def stored(self, api_key: str = DEFAULT_KEY) -> list[Asset]:
        """The account's files that were taken for good, in the order of their making."""
        name = self.account(api_key).name
        return [asset for asset in self.assets.all.values() if asset.account == name and asset.usable]

    def content_of(self, asset_id: str) -> bytes:
        """The bytes of a file; `KeyError` for an unknown one."""
        asset = self.assets.all[asset_id]
        return asset.content.read() if asset.content else b""

    def find_file(self, name: str) -> tuple[bytes, str] | None:
        """Bytes and media type of what a link points at: a job's, an uploaded one, or a preview."""
        stem, _, extension = name.rpartition(".")
        if (asset := self.assets.all.get(stem)) is not None:
            return self.content_of(asset.id), asset.mime_type
        job = self.state.jobs.get(stem) or self.state.jobs.get(stem.rpartition("-")[0])
        if job is not None:
            film = film_output(job, extension) if self.switches.films else None
            return film or output(job, extension, self.switches.output_size)
        return picture_or_sound(name)

    # -- avatars and templates ---------------------------------------------------------------------------------

    def approve_consent(self, group_id: str) -> None:
        """Let the person behind an avatar agree, as they would in their browser."""
        self.people.groups[group_id].consent = "approved"
        for look in self.people.looks_of(self.people.groups[group_id]):
            if look.status == "pending_consent":
                look.status = "completed"
        self.journal.wake()

    def add_template(
        self,
        name: str,
        script: str,
        variables: dict[str, dict[str, Any]],
        *,
        aspect_ratio: str = "16:9",
        api_key: str = DEFAULT_KEY,
    ) -> Template:
        """Add a template of one scene whose `script` names text variables as `{{name}}`; returns it."""
        seq = self.state.next_seq()
        scene = Scene("scene-1", script, tuple(variables))
        account = self.account(api_key).name
        made = Template(seq, f"template-{seq}", account, name, (scene,), variables, aspect_ratio, self.clock.now())
        self.templates[made.id] = made
        return made

    # -- video agents ------------------------------------------------------------------------------------------

    def twist_next_agent(self, twist: Twist) -> None:
        """What goes wrong with the next session: `silence` (it dies without a word) or `hang` (it thinks for ever)."""
        self.agents.twists.append(twist)

    def lose_session(self, session_id: str) -> None:
        """From now on reading a session answers 404, although it goes on."""
        self.agents.all[session_id].lost = True

    def agent_says(self, session_id: str, *texts: str) -> None:
        """Let a session say things by itself, all within the same second."""
        session = self.agents.all[session_id]
        session.messages += [Message("model", text, self.clock.now()) for text in texts]
        self.journal.wake()

    def sessions(self, api_key: str = DEFAULT_KEY) -> list[Session]:
        """The account's sessions in the order of their making."""
        account = self.account(api_key)
        return [session for session in self.agents.all.values() if session.account is account]
