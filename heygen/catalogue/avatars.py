"""Avatars: people (groups) and their looks. Videos are made with looks."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from heygen.reading import reader
from heygen.records import AvatarGroup, AvatarLook, Consent, NewAvatar

from .operation import Answer, Effect, Idempotency, JobRule, Operation, Progress, nothing, per_piece, words
from .parameters import AnyFile, Parameters, Shape, SmallPaged

GroupId = Annotated[str, Field(min_length=1, description="An avatar from list_avatars: a person, not a look.")]
OneLookId = Annotated[str, Field(min_length=1, description="A look from list_looks.")]
Name = Annotated[str, Field(description="What to call it.")]
Ownership = Annotated[Literal["public", "private"], Field(description="HeyGen's own (public), or the account's.")]
Group = Annotated[str, Field(description="An avatar that gets the new look; otherwise a new avatar is made.")]


class PhotoAvatar(Shape):
    """An avatar made from a photo."""

    type: Literal["photo"] = "photo"
    name: Name
    file: Annotated[AnyFile, Field(description="The photo.")]
    avatar_group_id: Group | None = None


class DigitalTwin(Shape):
    """An avatar made from a video of a person, who has to agree to it."""

    type: Literal["digital_twin"] = "digital_twin"
    name: Name
    file: Annotated[AnyFile, Field(description="The video of the person.")]
    avatar_group_id: Group | None = None


class PromptedAvatar(Shape):
    """An avatar made from a description."""

    type: Literal["prompt"] = "prompt"
    name: Name
    prompt: Annotated[str, Field(description="What the person looks like.")]
    avatar_id: str | None = Field(None, description="A look to go out from.")
    reference_images: list[AnyFile] | None = Field(None, description="Pictures to go by.")
    avatar_group_id: Group | None = None


class CreateAvatar(Parameters):
    """What to make it from."""

    avatar: Annotated[
        PhotoAvatar | DigitalTwin | PromptedAvatar,
        Field(discriminator="type", description="By type: a photo, a video (digital_twin), or a description (prompt)."),
    ]


class ListAvatars(SmallPaged):
    """Which avatars."""

    ownership: Ownership | None = None


class ListLooks(SmallPaged):
    """Which looks."""

    group_id: str | None = Field(None, description="Only looks of this avatar.")
    avatar_type: Literal["studio_avatar", "digital_twin", "photo_avatar"] | None = None
    ownership: Ownership | None = None


class OneAvatar(Parameters):
    """Which avatar."""

    group_id: GroupId


class OneLook(Parameters):
    """Which look."""

    look_id: OneLookId


class RenameLook(OneLook):
    """Which look, and its new name."""

    name: str | None = Field(None, description="The new name.")


class AskConsent(OneAvatar):
    """Whose consent, and how it is given."""

    consent_text: str | None = Field(None, description="What the person says in the consent video.")
    consent_video: AnyFile | None = Field(None, description="A video in which the person agrees.")
    reroute_url: str | None = Field(None, description="Where the person's browser goes afterwards.")


CREATE_AVATAR = Operation(
    name="create_avatar",
    vendor="avatarCreate",
    method="POST",
    path="/v3/avatars",
    purpose="Makes a new avatar, or a new look of one, from a photo, a video of a person, or a description.",
    result="The avatar and the look, which is ready some minutes later.",
    parameters=CreateAvatar,
    body_of="avatar",
    parse=reader(NewAvatar),
    effect=Effect.SUBMIT,
    price=per_piece("avatar"),
    idempotency=Idempotency.KEY,
    job=JobRule(
        kind="look",
        id_field="avatar_item.id",
        read="get_look",
        id_argument="look_id",
        words=words("processing", pending_consent=Progress.OURS),
        events=("photo_avatar_generation.success", "photo_avatar_generation.fail"),
    ),
)
LIST_AVATARS = Operation(
    name="list_avatars",
    vendor="avatarList",
    method="GET",
    path="/v3/avatars",
    purpose="Lists avatars, that is people; each has one or more looks, see list_looks.",
    result="A page of avatars with pictures of them.",
    parameters=ListAvatars,
    answer=Answer.PAGE,
    parse=reader(AvatarGroup),
    taints=True,
)
GET_AVATAR = Operation(
    name="get_avatar",
    vendor="avatarGet",
    method="GET",
    path="/v3/avatars/{group_id}",
    purpose="Reads an avatar: its name, picture, consent and whether it is ready.",
    result="The avatar. Its consent is null where none is needed; else only approved can be used.",
    parameters=OneAvatar,
    parse=reader(AvatarGroup),
    taints=True,
)
DELETE_AVATAR = Operation(
    name="delete_avatar",
    vendor="avatarDelete",
    method="DELETE",
    path="/v3/avatars/{group_id}",
    purpose="Deletes an avatar with all its looks for good.",
    result="Nothing.",
    parameters=OneAvatar,
    answer=Answer.NOTHING,
    parse=nothing,
    effect=Effect.DESTRUCTIVE,
)
ASK_AVATAR_CONSENT = Operation(
    name="ask_avatar_consent",
    vendor="avatarConsentCreate",
    method="POST",
    path="/v3/avatars/{group_id}/consent",
    purpose="Begins the consent of the person behind an avatar, without which it cannot be used.",
    result="A page for the person's browser, and the avatar.",
    parameters=AskConsent,
    parse=reader(Consent),
    effect=Effect.CHANGE,
    idempotency=Idempotency.KEY,
)
LIST_LOOKS = Operation(
    name="list_looks",
    vendor="avatarLooksList",
    method="GET",
    path="/v3/avatars/looks",
    purpose="Lists the looks of avatars: outfits and settings, with which videos are made.",
    result="A page of looks with pictures, voices and the engines that can render them.",
    parameters=ListLooks,
    answer=Answer.PAGE,
    parse=reader(AvatarLook),
    taints=True,
)
GET_LOOK = Operation(
    name="get_look",
    vendor="avatarLooksGet",
    method="GET",
    path="/v3/avatars/looks/{look_id}",
    purpose="Reads one look: its picture, its own voice, the engines that can render it, whether it is ready.",
    result="The look.",
    parameters=OneLook,
    parse=reader(AvatarLook),
    taints=True,
)
RENAME_LOOK = Operation(
    name="rename_look",
    vendor="avatarLooksUpdate",
    method="PATCH",
    path="/v3/avatars/looks/{look_id}",
    purpose="Gives a look another name.",
    result="The look.",
    parameters=RenameLook,
    parse=reader(AvatarLook),
    effect=Effect.CHANGE,
    taints=True,
)
DELETE_LOOK = Operation(
    name="delete_look",
    vendor="avatarLooksDelete",
    method="DELETE",
    path="/v3/avatars/looks/{look_id}",
    purpose="Deletes a look for good; with its last look an avatar is deleted too.",
    result="Nothing.",
    parameters=OneLook,
    answer=Answer.NOTHING,
    parse=nothing,
    effect=Effect.DESTRUCTIVE,
)

OPERATIONS = (
    CREATE_AVATAR,
    LIST_AVATARS,
    GET_AVATAR,
    DELETE_AVATAR,
    ASK_AVATAR_CONSENT,
    LIST_LOOKS,
    GET_LOOK,
    RENAME_LOOK,
    DELETE_LOOK,
)
