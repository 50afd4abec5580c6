"""The part of a workload that fits into a round."""

from __future__ import annotations

import math
from collections.abc import Callable

from benchmarks.contenders.contender import Result
from benchmarks.workloads import LETTERS, Workload


def grown(
    evaluate: Callable[[Workload], Result], work: Workload, seconds: float, backgrounds: int, arms: int = len(LETTERS)
) -> Workload:
    """The part of a workload whose evaluations take between half of ``seconds`` and all of it, grown from a few.

    Work for each background may take four times as long, because a part has few arms to share it. The part grows first
    to ``backgrounds`` backgrounds of ``arms`` arms, then to all arms, then to all backgrounds. Each size is evaluated
    twice, because the first call of a shape may compile or plan, which happens once in a long run.
    """
    n = 1
    while True:
        part = work.cut(arms, n)
        taken = _seconds(evaluate(part))
        if taken < 4 * seconds:
            taken = min(taken, _seconds(evaluate(part)))
        if taken > seconds / 2 or part.size == work.size:
            return part
        factor = 2 ** max(1, min(3, math.floor(math.log2(seconds / max(taken, 1e-9)))))
        arms, n = _larger(part.size, work.size, factor, min(backgrounds, len(work.backgrounds)))


def _seconds(result: Result) -> float:
    return max(result.each, result.shared / 4)


def _larger(size: tuple[int, int], whole: tuple[int, int], factor: int, step: int) -> tuple[int, int]:
    """Arms and backgrounds, one of them ``factor`` times as many."""
    (arms, n), (most_arms, most) = size, whole
    if n < step:
        return arms, min(n * factor, step)
    if arms < most_arms:
        return min(arms * factor, most_arms), n
    return arms, min(n * factor, most)
