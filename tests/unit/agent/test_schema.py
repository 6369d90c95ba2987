"""Tool schemas are strict, whatever the arguments' model looks like, or refused when they cannot be."""

from __future__ import annotations

import enum
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, Field, create_model

from agent.reading import LanguageArguments, NoArguments
from agent.retrying import RetryArguments
from agent.schema import strict_schema
from agent.translation import TranslateArguments
from emulators.openai.schema import check_strict


class Color(enum.StrEnum):
    RED = "red"
    BLUE = "blue"


class Tree(BaseModel):
    name: str
    children: list[Tree] = []


class Odd(BaseModel):
    """Names that are also keywords of JSON schema."""

    properties: str
    oneOf: int


LEAVES: list[Any] = [
    str,
    int,
    float,
    bool,
    str | None,
    Color,
    Literal["a", "b"],
    list[str],
    list[int] | None,
    str | int,
    Color | None,
    Tree,
]
NAMES = st.sampled_from(["alpha", "beta", "gamma", "properties", "items", "type", "required"])


def build(fields: dict[str, tuple[Any, bool]]) -> type[BaseModel]:
    """A model with these fields; the flag says whether a field has a default."""
    definitions: dict[str, Any] = {
        name: (kind, Field(default=None, description="d")) if optional else (kind, ...)
        for name, (kind, optional) in fields.items()
    }
    return create_model("Arguments", **definitions)


def nested(children: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    models = st.dictionaries(NAMES, st.tuples(children, st.booleans()), max_size=4).map(build)
    return st.one_of(models, models.map(lambda model: list[model]), models.map(lambda model: model | None))  # type: ignore[valid-type]  # built at run time


KINDS = st.recursive(st.sampled_from(LEAVES), nested, max_leaves=6)
MODELS = st.dictionaries(NAMES, st.tuples(KINDS, st.booleans()), max_size=5).map(build)


@settings(max_examples=60)
@given(MODELS)
def test_a_provider_accepts_the_schema_of_any_model(model: type[BaseModel]) -> None:
    check_strict("tool", strict_schema(model), "parameters")


@pytest.mark.parametrize("model", [NoArguments, LanguageArguments, RetryArguments, TranslateArguments, Odd])
def test_a_provider_accepts_our_own(model: type[BaseModel]) -> None:
    check_strict("tool", strict_schema(model), "parameters")


def test_optional_fields_are_required_and_may_be_null() -> None:
    schema = strict_schema(TranslateArguments)
    assert schema["required"] == ["source", "languages", "proofread", "title"]
    assert {"type": "null"} in schema["properties"]["title"]["anyOf"]
    assert "default" not in schema["properties"]["title"]


def test_properties_named_like_keywords_are_kept() -> None:
    assert list(strict_schema(Odd)["properties"]) == ["properties", "oneOf"]


class Map(BaseModel):
    headers: dict[str, str]


class Cat(BaseModel):
    kind: Literal["cat"]


class Dog(BaseModel):
    kind: Literal["dog"]


class Pet(BaseModel):
    pet: Cat | Dog = Field(discriminator="kind")


@pytest.mark.parametrize("model", [Map, Pet, Tree])
def test_what_cannot_be_strict_is_refused(model: type[BaseModel]) -> None:
    with pytest.raises(ValueError, match="not strict"):
        strict_schema(model)
