"""What operations take: the base of their models, and the shapes that many of them share.

One flat model holds what goes into the path, the query and the body; None is what was not given and is never sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

NEVER_OFFERED = "x-never-offered"


class Shape(BaseModel):
    """An object HeyGen understands; what it does not know is refused here, since it refuses it too."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, protected_namespaces=())


class Parameters(Shape):
    """The arguments of one operation. `hidden` names those that are set by programs and never by a language model."""

    hidden: ClassVar[frozenset[str]] = frozenset()

    @model_validator(mode="before")
    @classmethod
    def _refuse_hidden(cls, value: Any) -> Any:
        if cls.hidden and (found := cls.hidden & _names(value)):
            raise ValueError(f"{', '.join(sorted(found))}: not to be given here")
        return value

    @classmethod
    def model_json_schema(cls, *args: Any, **options: Any) -> dict[str, Any]:
        """The schema without `oneOf`, which strict tools refuse: tagged variants exclude each other anyway.

        Where names are hidden, they and files inside the request are left out of it at every depth.
        """
        schema: dict[str, Any] = _plain_unions(super().model_json_schema(*args, **options))
        return _offered(schema, cls.hidden) if cls.hidden else schema

    def wire(self) -> dict[str, Any]:
        """What is set, by the vendor's names."""
        return self.model_dump(mode="json", exclude_none=True)


class Nothing(Parameters):
    """No arguments."""


def _names(value: Any) -> set[str]:
    """Every name in a nested value."""
    if isinstance(value, Mapping):
        return set(value).union(*map(_names, value.values()))
    if isinstance(value, list | tuple):
        return set().union(*map(_names, value))
    return set()


def _plain_unions(node: Any) -> Any:
    if isinstance(node, list):
        return [_plain_unions(child) for child in node]
    if not isinstance(node, dict):
        return node
    plain = {key: _plain_unions(value) for key, value in node.items() if key not in ("oneOf", "discriminator")}
    return plain | ({"anyOf": _plain_unions(node["oneOf"])} if "oneOf" in node else {})


def _offered(schema: dict[str, Any], hidden: frozenset[str]) -> dict[str, Any]:
    definitions = schema.get("$defs", {})
    gone = {f"#/$defs/{name}" for name, shape in definitions.items() if shape.get(NEVER_OFFERED)}
    kept: dict[str, Any] = _without(schema, hidden, gone)
    left = {name: shape for name, shape in kept.pop("$defs", {}).items() if f"#/$defs/{name}" not in gone}
    return kept | ({"$defs": left} if left else {})


def _without(node: Any, hidden: frozenset[str], gone: set[str]) -> Any:
    if isinstance(node, list):
        return [_without(child, hidden, gone) for child in node if not _points(child, gone)]
    if not isinstance(node, dict):
        return node
    left = {key: _without(value, hidden, gone) for key, value in node.items()}
    if isinstance(node.get("properties"), dict):
        left["properties"] = {name: part for name, part in left["properties"].items() if name not in hidden}
        left["required"] = [name for name in node.get("required", []) if name not in hidden]
    return left


def _points(node: Any, gone: set[str]) -> bool:
    return isinstance(node, dict) and node.get("$ref") in gone


# Files


class FileUrl(Shape):
    """A file HeyGen downloads."""

    type: Literal["url"] = "url"
    url: Annotated[
        str,
        Field(min_length=1, description="A public http(s) address without login whose ending fits the file."),
    ]


class FileId(Shape):
    """A file that was uploaded before."""

    type: Literal["asset_id"] = "asset_id"
    asset_id: Annotated[str, Field(min_length=1, description="The id an upload answered.")]


class FileData(Shape):
    """A small file inside the request."""

    model_config = ConfigDict(json_schema_extra={NEVER_OFFERED: True})

    type: Literal["base64"] = "base64"
    media_type: Annotated[str, Field(min_length=1, description="The file's media type, such as image/png.")]
    data: Annotated[str, Field(min_length=1, description="The file's bytes in base64.")]


StoredFile = Annotated[FileUrl | FileId, Field(discriminator="type")]
AnyFile = Annotated[FileUrl | FileId | FileData, Field(discriminator="type")]


# Lists

Token = Annotated[str, Field(min_length=1, description="Where the page before said that it goes on.")]
PageSize = Annotated[int, Field(ge=1, le=100, description="How many at most, 1 to 100.")]
SmallPageSize = Annotated[int, Field(ge=1, le=50, description="How many at most, 1 to 50.")]


class Paged(Parameters):
    """A list that comes in pages."""

    limit: PageSize | None = None
    token: Token | None = None


class SmallPaged(Parameters):
    """A list that comes in pages of at most 50."""

    limit: SmallPageSize | None = None
    token: Token | None = None


# What jobs are told

Title = Annotated[str, Field(description="Its name in HeyGen's own lists.")]
Folder = Annotated[str, Field(description="The HeyGen folder it is put into.")]
CallbackUrl = Annotated[str, Field(description="Where HeyGen posts how it ended. The post is not signed.")]
CallbackId = Annotated[str, Field(description="Our own mark, which comes back with the callback.")]
CALLBACK = frozenset({"callback_url", "callback_id"})

BatchIds = Annotated[list[Annotated[str, Field(pattern="^[^,]+$")]], Field(min_length=1, max_length=100)]


def joined(ids: list[str] | None) -> str | None:
    """Ids as the vendor takes them in a query."""
    return None if ids is None else ",".join(ids)
