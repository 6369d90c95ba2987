"""What a flood came to, as one line for people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tests.soak.serving import Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What was counted. `ack_seconds` holds an entry per attempt, `unconfirmed` counts those that Slack repeats."""

    events: int
    seconds: float
    questions: int
    repeated: int
    ack_seconds: Sequence[float]
    unconfirmed: int
    answered_meanwhile: int
    drain_seconds: float
    refused: int
    flooded: Usage
    drained: Usage

    def line(self) -> str:
        """All of it."""
        p50, p95, p99 = (percentile(self.ack_seconds, share) * 1000 for share in (0.50, 0.95, 0.99))
        busy = 100 * self.flooded.cpu_seconds / self.seconds
        return (
            f"flood: {self.events} events in {self.seconds:.1f} s ({self.events / self.seconds:.0f}/s), "
            f"{self.questions} questions, {self.repeated} repeated; {len(self.ack_seconds)} acks (echoes included): "
            f"p50 {p50:.0f} ms, p95 {p95:.0f} ms, p99 {p99:.0f} ms, max {max(self.ack_seconds) * 1000:.0f} ms, "
            f"{self.unconfirmed} failed or not in time; answered meanwhile {self.answered_meanwhile}, "
            f"the rest {self.drain_seconds:.1f} s later, {self.refused} calls refused by Slack's limits; "
            f"app: {self.flooded.cpu_seconds:.1f} s processor in the flood "
            f"({busy:.0f} % of a core), {self.drained.cpu_seconds:.1f} s in all, "
            f"{self.drained.peak_megabytes:.0f} MB at most"
        )


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of `values` does not exceed."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]
