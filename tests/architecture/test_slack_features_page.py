"""Each thing that people expect of an agent in Slack names scenarios that there are."""

from __future__ import annotations

import re

from tests.architecture.settings_docs import ROOT

ROWS = re.compile(r"^\| S(\d+) \| [^|]+ \| [^|]+ \| ([^|]+) \|$", re.MULTILINE)
PROOF = re.compile(r"`(scenario/\w+\.py)::(test_\w+)`")
LAST = 33


def rows() -> list[tuple[int, list[tuple[str, str]]]]:
    page = (ROOT / "docs/slack-features.md").read_text()
    return [(int(number), PROOF.findall(proof)) for number, proof in ROWS.findall(page)]


def test_every_feature_has_its_row_and_a_scenario() -> None:
    assert [number for number, proofs in rows() if proofs] == list(range(1, LAST + 1))


def test_what_is_named_as_proof_is_a_test() -> None:
    missing = []
    for number, proofs in rows():
        for file, name in proofs:
            path = ROOT / "tests" / file
            if not path.is_file() or f"def {name}(" not in path.read_text():
                missing.append(f"S{number}: {file}::{name}")
    assert missing == []
