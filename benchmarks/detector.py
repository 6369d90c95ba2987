"""What hearing one person costs: the detector with its cheap first look against the neural judge on everything.

Run it with `python -m benchmarks.detector [ROUNDS]`. Both look at the same sound in turn, so the ratios count.
"""

from __future__ import annotations

import random
import sys
import time
from array import array
from collections.abc import Callable

from agent.live.detector import FRAME_BYTES, JUDGED_SAMPLES, Detector, load_judge, to_16_khz
from emulators.openai import sound

ROUNDS = 3
SECONDS = 20
TEXT = "Please make a video about our new product. It should be short, and in Spanish as well. What does it cost?"


def main(rounds: int) -> None:
    """Print milliseconds of work for each second of sound."""
    kinds = {"silence": sound.silence(SECONDS), "noise": noise(300), "loud noise": noise(3000)}
    kinds |= {"speech": speech(pause=0.5), "conversation": speech(pause=12.0)}
    print(f"{'':14}{'detector':>12}{'judge alone':>14}{'ratio':>9}{'judged':>9}")
    for name, pcm in kinds.items():
        seconds = len(pcm) / sound.BYTES_PER_SECOND
        cheap = alone = judged = 0.0
        for _ in range(rounds):
            detector = Detector(load_judge())
            cheap += spent(lambda pcm=pcm, detector=detector: detector.feed(pcm))
            alone += spent(lambda pcm=pcm: judge_all(pcm))
            judged = detector.judged_seconds / seconds
        per_second = 1000 / rounds / seconds
        print(f"{name:14}{cheap * per_second:9.2f} ms{alone * per_second:11.2f} ms{alone / cheap:8.1f}×{judged:8.0%}")


def spent(work: Callable[[], object]) -> float:
    """Seconds of processor time."""
    began = time.process_time()
    work()
    return time.process_time() - began


def judge_all(pcm: bytes) -> None:
    """The neural judge on every chunk."""
    judge = load_judge()
    waiting = array("h")
    for start in range(0, len(pcm) - FRAME_BYTES + 1, FRAME_BYTES):
        waiting += to_16_khz(array("h", pcm[start : start + FRAME_BYTES]))
        if len(waiting) >= JUDGED_SAMPLES:
            judge(waiting[:JUDGED_SAMPLES].tobytes())
            del waiting[:JUDGED_SAMPLES]


def noise(amplitude: float) -> bytes:
    """A steady hiss."""
    generator = random.Random(1)  # noqa: S311 - repeatable on purpose
    return array("h", [round(generator.gauss(0, amplitude)) for _ in range(24_000 * SECONDS)]).tobytes()


def speech(pause: float) -> bytes:
    """Somebody who says the same thing, with pauses of this many seconds."""
    once = sound.speech(TEXT) + sound.silence(pause)
    return once * max(1, round(SECONDS * sound.BYTES_PER_SECOND / len(once)))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)
