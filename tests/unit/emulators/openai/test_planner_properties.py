"""Whatever people write and whatever is offered: the planner answers, and its calls fit the schema."""

from __future__ import annotations

from typing import Any

import jsonschema
from hypothesis import given, settings
from hypothesis import strategies as st

from emulators.openai.arguments import Slots, fill
from emulators.openai.planner import plan
from emulators.openai.schema import check_tools
from emulators.openai.script import Call, Content, Say
from tests.unit.emulators.openai.toolset import TOOLS, call, closed, nullable, output, tool, user

Json = dict[str, Any]
# A loaded machine must not fail what is right.
usual = settings(deadline=None, max_examples=60)

VOCABULARY = """
translate dub make create cancel video videos into to from and French German ja fr 翻訳 日本語 übersetze V1 F2 J3
https://a.example/x.mp4 for Ana at Acme Bo at Bolt, about saying status budget languages human lipsync . ?
"""
MEANINGS = """
source video_url languages target_language source_language title script prompt text job jobs rows people
reason query csv count flag name company audio options
"""
WORDS = st.sampled_from([*VOCABULARY.split(), "\n"])
MESSAGES = st.one_of(st.text(), st.lists(WORDS, max_size=12).map(" ".join))
NAMES = st.sampled_from(MEANINGS.split())
LEAVES: st.SearchStrategy[Json] = st.sampled_from(
    [
        {"type": "string"},
        {"type": "string", "enum": ["French", "German (Austria)", "V1"]},
        {"type": "string", "pattern": "^[A-Z][0-9]+$"},
        {"type": "integer", "minimum": 1, "maximum": 9},
        {"type": "number", "exclusiveMinimum": 0},
        {"type": "boolean"},
        {"const": "fixed"},
        {"type": ["string", "null"]},
    ]
)


def deeper(inner: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    arrays = st.builds(
        lambda items, least: {"type": "array", "items": items, "minItems": least}, inner, st.integers(0, 2)
    )
    return st.one_of(
        arrays, inner.map(nullable), st.dictionaries(NAMES, inner, max_size=3).map(lambda one: closed(**one))
    )


SCHEMAS: st.SearchStrategy[Json] = st.recursive(LEAVES, deeper, max_leaves=6)
ARGUMENTS = st.dictionaries(NAMES, SCHEMAS, max_size=5)
TOOL_NAMES = st.sampled_from([entry["name"] for entry in TOOLS])
TOOLSETS = st.dictionaries(TOOL_NAMES, ARGUMENTS, max_size=6).map(
    lambda found: [tool(name, **properties) for name, properties in found.items()]
)


def assert_fits(contents: list[Content], tools: list[Json]) -> None:
    schemas = {entry["name"]: entry["parameters"] for entry in tools}
    assert contents
    for content in contents:
        if isinstance(content, Call):
            jsonschema.validate(content.arguments, schemas[content.name])
        else:
            assert isinstance(content, Say)
            assert content.text


@usual
@given(MESSAGES)
def test_any_message_is_answered_with_fitting_calls(text: str) -> None:
    assert_fits(plan("", [user(text)], TOOLS), TOOLS)


@usual
@given(MESSAGES, TOOLSETS)
def test_calls_fit_whatever_schema_is_offered(text: str, tools: list[Json]) -> None:
    check_tools(tools)
    assert_fits(plan("", [user(text)], tools), tools)


@usual
@given(TOOLSETS.filter(bool), MESSAGES)
def test_a_required_call_fits_too(tools: list[Json], text: str) -> None:
    assert_fits(plan("", [user(text)], tools, "required"), tools)


@usual
@given(MESSAGES, st.one_of(st.text(), st.recursive(st.none() | st.booleans() | st.text(), st.lists).map(repr)))
def test_any_tool_output_leads_to_a_sentence(text: str, answer: str) -> None:
    contents = plan("", [user(text), call(), output(answer)], TOOLS)
    assert_fits(contents, TOOLS)


@usual
@given(MESSAGES)
def test_the_same_input_gives_the_same_answer(text: str) -> None:
    assert plan("", [user(text)], TOOLS) == plan("", [user(text)], TOOLS)


@usual
@given(st.lists(st.text(), max_size=4), st.lists(st.text(), max_size=4), ARGUMENTS)
def test_filled_arguments_fit_or_are_none(sources: list[str], languages: list[str], properties: Json) -> None:
    schema = closed(**properties)
    arguments = fill(schema, Slots(sources=sources, languages=languages, request="please"))
    if arguments is not None:
        jsonschema.validate(arguments, schema)
