"""Greenroom, Pipecat and LiveKit Agents take turns on the same fakes; see the README one folder up.

Run it with `python -m benchmarks.live [--rounds N] [--only NAME …] [--json FILE]`.
"""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import json
import os
import platform
import statistics
import sys
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.live import figures
from benchmarks.live.fakes import Fakes
from benchmarks.live.fixed import Delays
from benchmarks.live.rounds import Contender, Stage, Take, reply
from emulators.openai import sound

ROOT = Path(__file__).parents[2]
OURS = "greenroom"
PYTHONS = {
    OURS: Path(sys.executable),
    "pipecat": ROOT / ".tools/benchmarks/pipecat/bin/python",
    "livekit": ROOT / ".tools/benchmarks/livekit/bin/python",
}
MODEL = "gpt-5.4-mini"
AVATAR = "dd73ea75-1218-4ef3-92ce-606d5f7fbc0a"
ROUNDS = 20
NOD_EVERY = 4  # rounds

Collected = dict[str, dict[str, list[Take | None]]]


async def main(rounds: int, names: Sequence[str]) -> dict[str, Any]:
    """Measure and print; the same for machines."""
    fakes = Fakes(Delays(), reply)
    await fakes.start()
    with tempfile.TemporaryDirectory() as folder:
        stage = Stage(fakes, Path(folder))
        contenders = [contender for name in names if (contender := await start(name, fakes))]
        try:
            print_settings(contenders, fakes.openai.delays)
            results = await measured(stage, contenders, rounds)
        finally:
            for contender in contenders:
                await contender.stop()
            await fakes.stop()
    print_results(results, contenders)
    return report(results, contenders, fakes.openai.delays)


async def start(name: str, fakes: Fakes) -> Contender | None:
    """The system, or None (and a line that says so) where it is not installed."""
    if not PYTHONS[name].exists():
        print(f"{name}: not installed, run benchmarks/live/setup", file=sys.stderr)
        return None
    openai = {"openai_url": fakes.openai.base_url, "openai_key": fakes.openai.api_key, "model": MODEL}
    avatar = {"avatar_url": fakes.avatar.url, "avatar_key": fakes.avatar.account().api_key, "avatar_id": AVATAR}
    contender = Contender(name, PYTHONS[name], openai | avatar)
    await contender.start()
    return contender


async def measured(stage: Stage, contenders: Sequence[Contender], rounds: int) -> Collected:
    """All takes; the systems take turns, each begins a round as often as the others."""
    results: Collected = defaultdict(lambda: {contender.name: [] for contender in contenders})
    for contender in contenders:
        await stage.warm_up(contender)
    for number in range(rounds):
        first = number % len(contenders)
        for contender in (*contenders[first:], *contenders[:first]):
            for measure, taken in (await stage.try_play(contender)).items():
                results[measure][contender.name].append(taken)
            if number % NOD_EVERY == 0:
                contender.nods.append(await stage.nod(contender))
            print(f"round {number + 1} of {rounds}: {contender.name}", file=sys.stderr)
    return results


def print_settings(contenders: Sequence[Contender], delays: Delays) -> None:
    """What a reader has to know about each system."""
    for contender in contenders:
        print(contender.name)
        for name, value in contender.described.items():
            print(f"  {name:14}{value}")
    fixed = ", ".join(f"{name} {value}" for name, value in dataclasses.asdict(delays).items())
    print(f"providers (seconds): {fixed}")
    print(f"the person's voice is {'eSpeak NG' if sound.has_espeak() else 'a babble of vowels'}; load {load()}")


def print_results(results: Collected, contenders: Sequence[Contender]) -> None:
    """The tables."""
    print(figures.table(results, OURS))
    print(figures.parts_table(results, "answer"))
    print('\nA "yeah" to what the avatar says silences it; and of one processor, while a session goes on (median)')
    for contender in contenders:
        silenced = f"{sum(contender.nods)} of {len(contender.nods)}"
        busy = f"{statistics.median(contender.busy):.1%}" if contender.busy else "-"
        print(f"  {contender.name:10}{silenced:>9}{busy:>9}")
    print(
        "\nMilliseconds. Added: without what the fixed providers took. Ratio: of medians of added time, to ours; below"
    )
    print(f"1 is faster than ours. Load at the end {load()}.")


def report(results: Collected, contenders: Sequence[Contender], delays: Delays) -> dict[str, Any]:
    """The same for machines."""
    return {
        "python": platform.python_version(),
        "processors": os.cpu_count(),
        "load": load(),
        "delays": dataclasses.asdict(delays),
        "systems": {contender.name: contender.described for contender in contenders},
        "busy": {contender.name: contender.busy for contender in contenders},
        "nods": {contender.name: contender.nods for contender in contenders},
        "takes": figures.as_json(results),
    }


def load() -> str:
    """How busy the machine is: with more than a few tenths, others than us are at work."""
    return " ".join(f"{value:.2f}" for value in os.getloadavg())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.live", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--only", nargs="+", choices=list(PYTHONS), default=list(PYTHONS))
    parser.add_argument("--json", type=Path, help="where every take is written")
    chosen = parser.parse_args()
    measured_here = asyncio.run(main(chosen.rounds, chosen.only))
    if chosen.json:
        chosen.json.write_text(json.dumps(measured_here, indent=1) + "\n")
