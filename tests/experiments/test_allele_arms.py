"""Memory of variants: long windows are held once, and everything else is at most twice the one-hot of one batch."""

from __future__ import annotations

import tracemalloc
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pytest

import seqdo as sd
from seqdo.models.adapters.function import FunctionNetwork

LENGTH, NUMBER, BATCH = 32_768, 100, 2
OTHER = {"A": "C", "C": "G", "G": "T", "T": "A"}


@dataclass(frozen=True)
class FewAtATime(FunctionNetwork):
    """A function that is handed two sequences at a time."""

    @property
    def batch(self):
        return BATCH


def few_at_a_time(model):
    """The same model in batches of two."""
    members = tuple(
        replace(
            member,
            network=FewAtATime(
                member.network.name, member.network.layout, member.network.readout, member.network.function
            ),
        )
        for member in model.members
    )
    return replace(model, members=members)


@pytest.fixture
def chromosome(tmp_path, seed):
    """A file with one chromosome, and its letters."""
    text = "".join(np.array(list("ACGT"))[np.random.default_rng(seed).integers(0, 4, 2 * LENGTH)])
    (tmp_path / "g.fa").write_text(">c\n" + "\n".join(text[i : i + 80] for i in range(0, len(text), 80)) + "\n")
    return tmp_path / "g.fa", text


def rows_of(text, kind):
    """Variants of a kind, spread over the middle of the chromosome."""
    for at in np.linspace(LENGTH // 2 + 9, len(text) - LENGTH // 2 - 9, NUMBER).astype(int):
        pair = {
            "substitution": (text[at], OTHER[text[at]]),
            "insertion": (text[at], text[at] + "ACG"),
            "deletion": (text[at : at + 4], text[at]),
        }[kind]
        yield (f"{at}", "c", at + 1, *pair)


@pytest.mark.parametrize("kind", ["substitution", "insertion", "deletion"])
def test_beyond_the_windows_a_run_holds_at_most_two_batches_of_one_hot(chromosome, kind):
    path, text = chromosome
    table = pd.DataFrame(rows_of(text, kind), columns=["id", "chrom", "pos", "ref", "alt"])
    model = few_at_a_time(sd.wrap(lambda x: x[:, 1, ::16].sum(1), alphabet=sd.DNA, length=LENGTH, outputs=["y"]))
    small = sd.variants(table[:2], path, length=LENGTH)
    sd.estimate(sd.run(small, model))  # modules that are imported when they are first needed
    batch, windows = BATCH * 4 * LENGTH * 4, NUMBER * LENGTH
    tracemalloc.start()
    try:
        design = sd.variants(table, path, length=LENGTH)
        kept, peak = tracemalloc.get_traced_memory()
        assert kept < 1.1 * windows + 2**20, "no copy of the windows is kept"
        assert peak < kept + batch
        tracemalloc.reset_peak()
        effects = sd.estimate(sd.run(design, model))
        assert tracemalloc.get_traced_memory()[1] - kept <= 2 * batch
    finally:
        tracemalloc.stop()
    assert len(effects.individual) == NUMBER
