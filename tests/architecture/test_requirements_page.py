"""Each requirement names a test that there is, or says why there is none."""

from __future__ import annotations

import re

from tests.architecture.settings_docs import ROOT

ROWS = re.compile(r"^\| R(\d+) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
PROOF = re.compile(r"`([\w/]+\.py)::(test_\w+)`")
LAST = 80


def rows() -> list[tuple[int, str]]:
    page = (ROOT / "docs/requirements.md").read_text()
    return [(int(number), proof) for number, _, proof in ROWS.findall(page)]


def test_every_requirement_has_its_row() -> None:
    assert [number for number, _ in rows()] == list(range(1, LAST + 1))


def test_what_is_named_as_proof_is_a_test() -> None:
    missing = []
    for number, proof in rows():
        for file, name in PROOF.findall(proof):
            path = ROOT / "tests" / file
            if not path.is_file() or f"def {name}(" not in path.read_text():
                missing.append(f"R{number}: {file}::{name}")
    assert missing == []


def test_what_has_no_proof_has_a_reason() -> None:
    silent = [number for number, proof in rows() if not PROOF.search(proof) and len(proof.split()) < 6]
    assert silent == []
