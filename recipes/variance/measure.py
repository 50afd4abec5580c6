"""The factor by which balanced backgrounds and adjustment reduce the variance of effects of a trained model.

    OMP_NUM_THREADS=1 python recipes/variance/measure.py

The script prints the tables of docs/variance.md, in about two minutes on one core. The model is the ResidualBind that
ships with seqdo. ACGUA is the 5-mer with the largest effect on its first member.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import torch
from scipy.stats import t

import seqdo as sd
from seqdo.backgrounds.uniform import balanced_uniform
from seqdo.effects.statistics.contrast import contrast_values

MODEL, PATTERN, LENGTH, MIDDLE = "residualbind-rncmpt00002", "ACGUA", 38, 17
SCAN = range(1, LENGTH - len(PATTERN) + 1, 8)
N, EXTRA = 1008, 2000
ADJUST = {"none": (), "prediction": ("prediction",), "GC": ("gc",), "letters": ("letters",)}
ADJUST["all three"] = ("prediction", "gc", "letters")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--backgrounds", type=int, default=8192, help="backgrounds for each set size (default: 8192)")
    parser.add_argument(
        "--replicates", type=int, default=8, help="runs of 1008 backgrounds for each option (default: 8)"
    )
    options = parser.parse_args()
    torch.set_num_threads(1)
    start = time.perf_counter()
    ensemble = sd.zoo.load(MODEL)
    member = replace(ensemble, members=ensemble.members[:1])
    say(f"{MODEL}, {PATTERN} at {MIDDLE} of {LENGTH} nt; scan: {len(SCAN)} positions, geometric mean\n")
    for line in set_sizes(member, options.backgrounds):
        say(line)
    say("")
    for line in adjustments({"one member": member, f"{len(ensemble.members)} members": ensemble}, options.replicates):
        say(line)
    say(f"\n{time.perf_counter() - start:.0f} s")


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def set_sizes(model: sd.Model, n: int) -> Iterator[str]:
    """Variance of independent backgrounds, relative to the variance over balanced sets of each size."""
    design = sd.positions(PATTERN, [*SCAN])
    plain = effects(design, model, sd.backgrounds.uniform(LENGTH), n).var(-1, ddof=1)
    middle = [*SCAN].index(MIDDLE)
    yield f"| balance | set | effect | scan | scan, with t at n = {1024} | SE of a ratio |"
    yield "|---|---|---|---|---|---|"
    for balance, least in (("columns", 4), ("dinucleotides", 16)):
        for size in (4, 8, 16, 32, 64):
            if size >= least:
                in_sets = effects(design, model, balanced_uniform(LENGTH, balance, size, 1), n)
                over = in_sets.reshape(len(in_sets), -1, size).mean(-1).var(-1, ddof=1) * size
                ratio, scan = plain / over, mean(plain / over)
                wider = (t.ppf(0.975, 1023) / t.ppf(0.975, 1024 // size - 1)) ** 2
                shown = f"{ratio[middle]:.2f} | {scan:.2f} | {scan * wider:.2f} | {100 * (2 * size / n) ** 0.5:.0f} %"
                yield f"| {balance} | {size} | {shown} |"


def effects(design: sd.Design, model: sd.Model, null: sd.backgrounds.Background, n: int) -> np.ndarray:
    """Effects (positions, n) on each background."""
    return contrast_values(sd.run(design, model, null, n=n, rng=1).y, design.contrasts)[:, 0, :, 0]


def adjustments(models: dict[str, sd.Model], replicates: int) -> Iterator[str]:
    """Variance ratios that ``estimate`` reports for runs of 1008: independent or balanced, adjusted or not."""
    yield "| balance | adjusted for | " + " | ".join(f"{name}: effect | scan" for name in models) + " |"
    yield "|---|---|" + "---|---|" * len(models)
    for balance in (None, "columns", "dinucleotides"):
        null = sd.backgrounds.uniform(LENGTH, balance=balance)
        ratios: dict[str, list[tuple[float, float]]] = {name: [] for name in ADJUST}
        for model in models.values():
            runs = [
                sd.run(sd.positions(PATTERN, [*SCAN]), model, null, n=N, rng=seed, extra=EXTRA)
                for seed in range(2, 2 + (replicates if len(model.members) == 1 else max(replicates // 3, 2)))
            ]
            for label, adjust in ADJUST.items():
                ratios[label].append(variance_ratios([sd.estimate(outcomes, adjust=adjust) for outcomes in runs]))
        for label, by_model in ratios.items():
            if balance is None or label in ("none", "prediction"):
                cells = " | ".join(f"{effect:.2f} | {scan:.2f}" for effect, scan in by_model)
                yield f"| {balance or 'no'} | {label} | {cells} |"


def variance_ratios(runs: list[sd.Effects]) -> tuple[float, float]:
    """Variance ratio of the effect in the middle, and of the scan."""
    ratio = 1 / np.mean([1 / run.variance_ratio for run in runs], 0)
    return ratio[[*SCAN].index(MIDDLE)], mean(ratio)


def mean(ratios: np.ndarray) -> float:
    return float(np.exp(np.log(ratios).mean()))


if __name__ == "__main__":
    main()
