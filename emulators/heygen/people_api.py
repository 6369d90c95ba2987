"""Routes of avatars and their looks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from emulators.heygen import people_models as models
from emulators.heygen import rules
from emulators.heygen.billing import units
from emulators.heygen.errors import invalid
from emulators.heygen.operations import Call, Operation, page
from emulators.heygen.people import OFFICIAL, Group, Look, group_view, look_view, owned
from emulators.heygen.people_models import CreateAvatar, DigitalTwin, PromptedAvatar
from emulators.heygen.prices import AVATAR
from emulators.heygen.state import Job, JobState

if TYPE_CHECKING:
    from emulators.heygen import HeyGenEmulator

AVATARS = "/v3/avatars"
GROUP = AVATARS + "/{group_id}"
LOOK = AVATARS + "/looks/{look_id}"
CURSOR = frozenset({"limit", "token"})
OWNERSHIP = ("public", "private")
LOOK_KINDS = ("studio_avatar", "digital_twin", "photo_avatar")


class PeopleApi:
    """Handlers over one emulator's avatars."""

    def __init__(self, emulator: HeyGenEmulator) -> None:
        self._emulator = emulator

    def operations(self) -> list[Operation]:
        """The routes."""
        return [
            Operation("POST", AVATARS, self.create, models.AVATAR, keyed=True),
            Operation(
                "GET",
                AVATARS,
                self.groups,
                query=CURSOR | {"ownership"},
                words={"ownership": OWNERSHIP},
                usual=20,
                most=50,
            ),
            Operation("GET", GROUP, self.group),
            Operation("DELETE", GROUP, self.delete_group),
            Operation("POST", f"{GROUP}/consent", self.consent, models.CONSENT, body_required=False, keyed=True),
            Operation(
                "GET",
                f"{AVATARS}/looks",
                self.looks,
                query=CURSOR | {"group_id", "avatar_type", "ownership"},
                words={"ownership": OWNERSHIP, "avatar_type": LOOK_KINDS},
                usual=20,
                most=50,
            ),
            Operation("GET", LOOK, self.look),
            Operation("PATCH", LOOK, self.rename_look, models.RENAME_LOOK, body_required=False),
            Operation("DELETE", LOOK, self.delete_look),
        ]

    async def create(self, call: Call) -> dict[str, Any]:
        """Begin an avatar, or another look of one."""
        body: CreateAvatar = call.body
        self._check(call, body)
        await self._emulator.pass_gate()
        job = self._emulator.jobs.submit(call.account, "look", {}, seconds=0.0, price=units(AVATAR), key=call.key)
        group = self._group_for(call, body, job)
        look = Look(
            seq=job.seq,
            id=f"look-{job.id[:16]}",
            account=call.account.name,
            group_id=group.id,
            name=body.name,
            kind="digital_twin" if isinstance(body, DigitalTwin) else "photo_avatar",
            engines=("avatar_iv",) if not isinstance(body, DigitalTwin) else ("avatar_iii", "avatar_iv", "avatar_v"),
            status="processing",
        )
        self._emulator.people.looks[look.id] = look
        job.fields |= {"look_id": look.id, "group_id": group.id}
        return {"data": {"avatar_group": self._group_view(group), "avatar_item": self._look_view(look)}}

    async def groups(self, call: Call) -> dict[str, Any]:
        """The avatars the account can see."""
        found = [group for group in self._emulator.people.groups.values() if _visible(call, group)]
        return page(sorted(found, key=lambda group: group.seq), call, self._group_view)

    async def group(self, call: Call) -> dict[str, Any]:
        """One avatar."""
        return {"data": self._group_view(self._group(call))}

    async def delete_group(self, call: Call) -> dict[str, Any]:
        """Remove an avatar with its looks."""
        group = self._group(call)
        owned(call.account.name, group, "The avatar")
        self._remove(group)
        return {"data": {"id": group.id}}

    async def consent(self, call: Call) -> dict[str, Any]:
        """Begin a consent; a video in which the person agrees is enough by itself."""
        group, body = self._group(call), call.body
        owned(call.account.name, group, "The avatar")
        if body is not None and body.consent_video is not None:
            rules.check_asset("consent_video", body.consent_video, self._emulator.means(call.account))
            self._emulator.approve_consent(group.id)
        url = f"{self._emulator.url}/consent/{group.id}"
        return {"data": {"avatar_group": self._group_view(group), "url": None if group.consent == "approved" else url}}

    async def looks(self, call: Call) -> dict[str, Any]:
        """The looks the account can see."""
        group, kind = call.query.get("group_id"), call.query.get("avatar_type")
        found = [
            look
            for look in self._emulator.people.looks.values()
            if _visible(call, look) and group in (None, look.group_id) and kind in (None, look.kind)
        ]
        return page(sorted(found, key=lambda look: look.seq), call, self._look_view)

    async def look(self, call: Call) -> dict[str, Any]:
        """One look."""
        return {"data": self._look_view(self._look(call))}

    async def rename_look(self, call: Call) -> dict[str, Any]:
        """Give a look another name."""
        look = self._look(call)
        owned(call.account.name, look, "The look")
        look.name = call.body.name or look.name
        return {"data": self._look_view(look)}

    async def delete_look(self, call: Call) -> dict[str, Any]:
        """Remove a look, and with its last look the avatar."""
        look, people = self._look(call), self._emulator.people
        owned(call.account.name, look, "The look")
        del people.looks[look.id]
        group = people.groups.get(look.group_id)
        if group is not None and not people.looks_of(group):
            self._remove(group)
        return {"data": {"id": look.id}}

    def _group(self, call: Call) -> Group:
        return self._emulator.people.group(call.account.name, call.path["group_id"])

    def _look(self, call: Call) -> Look:
        return self._emulator.people.look(call.account.name, call.path["look_id"])

    def _group_view(self, group: Group) -> dict[str, Any]:
        return group_view(group, self._emulator.people, self._emulator.links)

    def _look_view(self, look: Look) -> dict[str, Any]:
        return look_view(look, self._emulator.links)

    def _remove(self, group: Group) -> None:
        people = self._emulator.people
        for look in people.looks_of(group):
            del people.looks[look.id]
        del people.groups[group.id]

    def _check(self, call: Call, body: CreateAvatar) -> None:
        """Refuse files, looks and avatars that are not there."""
        means, people = self._emulator.means(call.account), self._emulator.people
        if not body.name.strip():
            raise invalid("name", "name is required.")
        files = (body.reference_images or []) if isinstance(body, PromptedAvatar) else [body.file]
        for file in files:
            rules.check_asset("file", file, means)
        if isinstance(body, PromptedAvatar) and body.avatar_id is not None:
            means.look(body.avatar_id)
        if body.avatar_group_id is not None:
            owned(call.account.name, people.group(call.account.name, body.avatar_group_id), "The avatar")

    def _group_for(self, call: Call, body: CreateAvatar, job: Job) -> Group:
        people = self._emulator.people
        if body.avatar_group_id is not None:
            return people.groups[body.avatar_group_id]
        group = Group(
            seq=job.seq,
            id=f"avatar-{job.id[:16]}",
            account=call.account.name,
            name=body.name,
            consent="pending" if isinstance(body, DigitalTwin) else None,
            created=job.created,
        )
        people.groups[group.id] = group
        return group


def look_ended(emulator: HeyGenEmulator, job: Job) -> None:
    """A look has been made, waits for the person's consent, or failed."""
    look = emulator.people.looks.get(job.fields.get("look_id", ""))
    if look is None:
        return
    group = emulator.people.groups[look.group_id]
    if job.state is JobState.FAILED:
        look.status = "failed"
        look.error = {"code": job.fate.code, "message": job.fate.message} if job.fate else None
    else:
        look.status = "completed" if group.consent in (None, "approved") else "pending_consent"


def _visible(call: Call, resource: Group | Look) -> bool:
    """Whether the account can see it, and asked for it."""
    mine = resource.account == call.account.name
    wanted = {"private": mine, "public": resource.account == OFFICIAL}
    return wanted.get(call.query.get("ownership", ""), mine or resource.account == OFFICIAL)
