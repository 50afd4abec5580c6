"""How much of a workload fits into a round."""

from __future__ import annotations

import math
from collections.abc import Callable

from benchmarks.contenders.answer import Answer
from benchmarks.workloads import LETTERS, Workload


def grown(
    ask: Callable[[Workload], Answer], work: Workload, seconds: float, backgrounds: int, arms: int = len(LETTERS)
) -> Workload:
    """A cut whose evaluations take between half of ``seconds`` and all of it: grown from a few.

    What is done once for each background may take four times as long, since a cut has few arms to share it. First up
    to so many ``backgrounds`` of the first few ``arms``, then to all arms, then to all backgrounds. Each size is asked
    twice: the first call of a shape may compile or plan something, as it does once in a run of hours.
    """
    n = 1
    while True:
        part = work.cut(arms, n)
        taken = _taken(ask(part))
        if taken < 4 * seconds:
            taken = min(taken, _taken(ask(part)))
        if taken > seconds / 2 or part.size == work.size:
            return part
        factor = 2 ** max(1, min(3, math.floor(math.log2(seconds / max(taken, 1e-9)))))
        arms, n = _larger(part.size, work.size, factor, min(backgrounds, len(work.backgrounds)))


def _taken(answer: Answer) -> float:
    return max(answer.each, answer.shared / 4)


def _larger(size: tuple[int, int], whole: tuple[int, int], factor: int, step: int) -> tuple[int, int]:
    """Arms and backgrounds, one of them ``factor`` times as many."""
    (arms, n), (most_arms, most) = size, whole
    if n < step:
        return arms, min(n * factor, step)
    if arms < most_arms:
        return min(arms * factor, most_arms), n
    return arms, min(n * factor, most)
