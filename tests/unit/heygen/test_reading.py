"""Records read by what their fields say they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, is_dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from heygen import RemoteStatus, records
from heygen.fields import Malformed
from heygen.reading import _plan, hidden, named, read, reader, string, strings

RECORDS = [value for value in vars(records).values() if is_dataclass(value)]


@dataclass(frozen=True, kw_only=True)
class Part:
    word: str


@dataclass(frozen=True, kw_only=True)
class Whole:
    id: str = named("whole_id")
    title: str | None = hidden(default=None)
    count: int | None = None
    share: float | None = None
    price: Decimal | None = None
    done: bool = False
    made: datetime | None = None
    status: RemoteStatus = RemoteStatus.UNKNOWN
    tags: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()
    first: Part | None = None
    links: Mapping[str, str] = hidden(default_factory=dict)
    counts: Mapping[str, int] = hidden(default_factory=dict)
    rest: Mapping[str, Any] = hidden(default_factory=dict)


def test_every_field_is_read_by_its_type() -> None:
    value = {
        "whole_id": "w",
        "title": "Q3",
        "count": 3,
        "share": 0.5,
        "price": 1.10,
        "done": True,
        "made": 0,
        "status": "waiting",
        "tags": ["a", "", 7, "b"],
        "parts": [{"word": "x"}, "y"],
        "first": {"word": "z"},
        "links": {"a": "u", "b": 1},
        "counts": {"a": 1, "b": "x", "c": True},
        "rest": {"a": [1]},
        "unheard_of": 1,
    }

    assert read(Whole, value) == Whole(
        id="w",
        title="Q3",
        count=3,
        share=0.5,
        price=Decimal("1.1"),
        done=True,
        made=datetime(1970, 1, 1, tzinfo=UTC),
        status=RemoteStatus.RUNNING,
        tags=("a", "b"),
        parts=(Part(word="x"),),
        first=Part(word="z"),
        links={"a": "u"},
        counts={"a": 1},
        rest={"a": [1]},
    )


@pytest.mark.parametrize("wrong", [None, [], {}, "x", 1.5, True, float("nan")])
def test_what_is_of_another_type_counts_as_absent(wrong: Any) -> None:
    names = ("title", "count", "tags", "parts", "first", "links", "counts", "rest", "made")
    value = {"whole_id": "w"} | dict.fromkeys(names, wrong)
    found = read(Whole, value)

    assert found.id == "w"
    assert found.tags == ()
    assert found.first is None
    assert found.count is None


@pytest.mark.parametrize("value", [None, [], "x", {}, {"whole_id": ""}, {"whole_id": None}])
def test_a_record_without_what_it_needs_is_malformed(value: Any) -> None:
    with pytest.raises(Malformed):
        reader(Whole)(value)


def test_a_field_of_a_type_nobody_can_read_is_a_mistake_of_ours() -> None:
    @dataclass
    class Odd:
        what: set[int]

    with pytest.raises(TypeError, match="no way"):
        read(Odd, {})


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.__name__)
def test_every_record_can_be_read(record: type[Any]) -> None:
    assert _plan(record)


@pytest.mark.parametrize("data", [None, [], {}, {"ids": []}, {"ids": ["a", None]}, {"ids": ["a", ""]}, {"ids": "a"}])
def test_ids_are_read_all_or_none(data: Any) -> None:
    with pytest.raises(Malformed):
        strings("ids")(data)


@pytest.mark.parametrize("data", [None, {}, {"id": ""}, {"id": ["a"]}])
def test_an_id_is_insisted_on(data: Any) -> None:
    with pytest.raises(Malformed):
        string("id")(data)


def test_no_repr_shows_links_or_what_customers_write() -> None:
    shown = records.AgentMessage(content="Q3 plan", role="user")
    slot = records.UploadSlot(asset_id="a", upload_url="https://s3cret", expires_in_seconds=1, max_bytes=1)

    assert "Q3" not in repr(shown)
    assert "s3cret" not in repr(slot)
