"""How many times smaller balance and adjustment make the variance of effects of a trained model.

    OMP_NUM_THREADS=1 python recipes/variance/measure.py

About two minutes of one core. Prints the tables of docs/variance.md. The model is the ResidualBind that ships with
seqdo; ACGUA is the 5-mer with the largest effect on its first member.
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
    parser.add_argument("--backgrounds", type=int, default=8192, help="for each size of set (default: 8192)")
    parser.add_argument("--replicates", type=int, default=8, help="runs of 1008 for each option (default: 8)")
    given = parser.parse_args()
    torch.set_num_threads(1)
    began = time.perf_counter()
    ensemble = sd.zoo.load(MODEL)
    one = replace(ensemble, members=ensemble.members[:1])
    say(f"{MODEL}, {PATTERN} at {MIDDLE} of {LENGTH} letters; scan: {len(SCAN)} places, geometric mean\n")
    for line in sizes(one, given.backgrounds):
        say(line)
    say("")
    for line in options({"one member": one, f"{len(ensemble.members)} members": ensemble}, given.replicates):
        say(line)
    say(f"\n{time.perf_counter() - began:.0f} s")


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def sizes(model: sd.Model, n: int) -> Iterator[str]:
    """Variance over sets of each size, against the same number of independent backgrounds."""
    design = sd.positions(PATTERN, [*SCAN])
    plain = deltas(design, model, sd.backgrounds.uniform(LENGTH), n).var(-1, ddof=1)
    middle = [*SCAN].index(MIDDLE)
    yield f"| balance | set | effect | scan | scan, with t at n = {1024} | SE of a ratio |"
    yield "|---|---|---|---|---|---|"
    for balance, least in (("columns", 4), ("dinucleotides", 16)):
        for size in (4, 8, 16, 32, 64):
            if size >= least:
                found = deltas(design, model, balanced_uniform(LENGTH, balance, size, 1), n)
                over = found.reshape(len(found), -1, size).mean(-1).var(-1, ddof=1) * size
                ratio, scan = plain / over, mean(plain / over)
                wider = (t.ppf(0.975, 1023) / t.ppf(0.975, 1024 // size - 1)) ** 2
                shown = f"{ratio[middle]:.2f} | {scan:.2f} | {scan * wider:.2f} | {100 * (2 * size / n) ** 0.5:.0f} %"
                yield f"| {balance} | {size} | {shown} |"


def deltas(design: sd.Design, model: sd.Model, null: sd.backgrounds.Background, n: int) -> np.ndarray:
    """Effects (places, n) on each background."""
    return contrast_values(sd.run(design, model, null, n=n, rng=1).y, design.contrasts)[:, 0, :, 0]


def options(models: dict[str, sd.Model], replicates: int) -> Iterator[str]:
    """What estimate says of runs of 1008: independent backgrounds or balanced, and adjusted or not."""
    yield "| balance | adjusted for | " + " | ".join(f"{name}: effect | scan" for name in models) + " |"
    yield "|---|---|" + "---|---|" * len(models)
    for balance in (None, "columns", "dinucleotides"):
        null = sd.backgrounds.uniform(LENGTH, balance=balance)
        told: dict[str, list[tuple[float, float]]] = {name: [] for name in ADJUST}
        for model in models.values():
            runs = [
                sd.run(sd.positions(PATTERN, [*SCAN]), model, null, n=N, rng=seed, extra=EXTRA)
                for seed in range(2, 2 + (replicates if len(model.members) == 1 else max(replicates // 3, 2)))
            ]
            for label, adjust in ADJUST.items():
                told[label].append(reached([sd.estimate(one, adjust=adjust) for one in runs]))
        for label, found in told.items():
            if balance is None or label in ("none", "prediction"):
                cells = " | ".join(f"{effect:.2f} | {scan:.2f}" for effect, scan in found)
                yield f"| {balance or 'no'} | {label} | {cells} |"


def reached(effects: list[sd.Effects]) -> tuple[float, float]:
    """Ratio of the effect in the middle, and of the scan."""
    ratio = 1 / np.mean([1 / one.variance_ratio for one in effects], 0)
    return ratio[[*SCAN].index(MIDDLE)], mean(ratio)


def mean(ratios: np.ndarray) -> float:
    return float(np.exp(np.log(ratios).mean()))


if __name__ == "__main__":
    main()
