"""Shuffles are uniform over all sequences with the same k-let counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np
from scipy.stats import chisquare, combine_pvalues

from seqdo.backgrounds.shuffle import shuffle
from seqdo.sequences.alphabet import DNA
from seqdo.sequences.sequences import Sequences
from verification.protocol import Cell, Draws

SEQUENCES = (
    ("ACCCACGATGATG", 2), ("ACGTTGCAACGGT", 2), ("TTGACATTGCAT", 2), ("ACGACGTTACGTACGA", 3), ("AACAGATAACAGATAA", 3),
    ("AACCGGTA", 1), ("ACGTACGTTGCATGCAAC", 2),
)  # fmt: skip
REPEATS = 10


def uniform(draws: Draws) -> Iterator[Cell]:
    """All valid shuffles occur equally often: ten chi-square tests of 100,000 draws, combined by Fisher's method."""
    for place, (text, k) in enumerate(SEQUENCES):
        rng, number = draws.rng(place), draws.replicates(100_000)
        valid, block = _valid(text, k), Sequences.from_codes(np.tile(DNA.encode(text), (number, 1)), DNA)
        missed, tests = set(valid), []
        for _ in range(REPEATS):
            drawn = Counter(map(bytes, shuffle(block, k, rng).codes))
            missed -= set(drawn)
            if set(drawn) - valid:
                raise AssertionError(f"a draw for {text} is no valid shuffle")
            tests.append(float(chisquare([drawn[sequence] for sequence in valid]).pvalue) if len(valid) > 1 else 1.0)
        yield Cell(
            f"{text}, k={k}: share of {len(valid)} shuffles that did not occur",
            len(missed) / len(valid),
            0.0,
            "at most",
            len(valid),
        )
        p = float(combine_pvalues(np.clip(tests, 1e-300, 1 - 1e-12)).pvalue)
        yield Cell(f"{text}, k={k}: p-value of equal frequencies", p, 0.001, "p", REPEATS * number)


def _valid(text: str, k: int) -> set[bytes]:
    """Every sequence with the same k-lets and the same first letters, built letter by letter."""
    count = Counter(text[i : i + k] for i in range(len(text) - k + 1))
    prefixes = {text[: k - 1]: count} if k > 1 else {"": count}
    for _ in range(len(text) - k + 1):
        grown: dict[str, Counter[str]] = {}
        for start, left in prefixes.items():
            for letter in "ACGT":
                klet = (start + letter)[-k:]
                if left[klet]:
                    grown[start + letter] = left - Counter([klet])
        prefixes = grown
    return {bytes(DNA.encode(sequence)) for sequence in prefixes}
