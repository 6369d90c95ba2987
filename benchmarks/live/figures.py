"""What was measured, as tables for people and as JSON."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.live.rounds import Take

Takes = Sequence[Take | None]
Results = Mapping[str, Mapping[str, Takes]]  # measure → system → takes

MEASURES = {
    "answer": "End of speech → first agent.speak",
    "answer after barge-in": "End of a barge-in → first agent.speak",
    "ask": "Question in the thread → first agent.speak",
    "say": "Line from the thread, word by word → first agent.speak",
    "interrupt": "Start of speech over the avatar → agent.interrupt",
}
PARTS = {
    "turn": "until the recording is sent off (end of turn, first part)",
    "ears": "transcription (fixed)",
    "model asked": "until the model is asked (end of turn, second part)",
    "model": "first word of the model (fixed)",
    "cut": "until the first words are given to the voice",
    "voice": "first sound of the voice (fixed)",
    "gather": "until enough sound for a first agent.speak is there",
}


def table(results: Results, ours: str) -> str:
    """Median and 90th percentile of whole and added time, with ratios to ours: above 1 is slower than ours."""
    lines = []
    for measure, title in MEASURES.items():
        lines += ["", title, f"  {'':10}{'median':>9}{'p90':>9}{'added':>10}{'p90':>9}{'ratio':>8}{'rounds':>9}"]
        base = _added(results[measure].get(ours, []))
        for system, takes in results[measure].items():
            lines.append(f"  {system:10}{_row(takes, base)}")
    return "\n".join(lines)


def parts_table(results: Results, measure: str) -> str:
    """Medians of the parts of a measure."""
    by_system = results[measure]
    lines = [
        "",
        f"{MEASURES[measure]}, medians of its parts in ms",
        f"  {'':58}" + "".join(f"{s:>10}" for s in by_system),
    ]
    for part, title in PARTS.items():
        cells = [_median([take.parts.get(part, 0.0) for take in takes if take]) for takes in by_system.values()]
        lines.append(f"  {title:58}" + "".join(f"{cell:>10}" for cell in cells))
    return "\n".join(lines)


def as_json(results: Results) -> dict[str, Any]:
    """Every take, in milliseconds."""
    return {
        measure: {system: [_json(take) for take in takes] for system, takes in by_system.items()}
        for measure, by_system in results.items()
    }


def _row(takes: Takes, base: Sequence[float]) -> str:
    whole, added = [take.seconds for take in takes if take], _added(takes)
    count = f"{len(added)}/{len(takes)}"
    if not added:
        return f"{'it never came':>45}{count:>9}"
    ratio = f"{statistics.median(added) / statistics.median(base):.2f}" if base else ""
    cells = [_ms(statistics.median(whole)), _ms(p90(whole)), _ms(statistics.median(added)), _ms(p90(added))]
    return f"{cells[0]:>9}{cells[1]:>9}{cells[2]:>10}{cells[3]:>9}{ratio:>8}{count:>9}"


def _added(takes: Takes) -> list[float]:
    return [take.added for take in takes if take]


def p90(values: Sequence[float]) -> float:
    """The 90th percentile."""
    return statistics.quantiles(values, n=10, method="inclusive")[8] if len(values) > 1 else values[0]


def _median(values: Sequence[float]) -> str:
    return _ms(statistics.median(values)) if values else "-"


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f}"


def _json(take: Take | None) -> Any:
    if take is None:
        return None
    parts = {name: round(seconds * 1000, 1) for name, seconds in take.parts.items()}
    return {"ms": round(take.seconds * 1000, 1), "added_ms": round(take.added * 1000, 1), "parts": parts}
