"""Rows of the fault table: backgrounds and seeds."""

from __future__ import annotations

import json
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from faults.table import (
    NULL,
    REAL,
    UNIFORM,
    Fault,
    L,
    cli,
    drawn,
    effects,
    model,
    notes,
    on_page,
    row,
    warned,
    went_well,
)

import seqdo as sd

SHUFFLED = {UNIFORM: "{kind: shuffled, sequences: x.fa, k: 2}"}
LIMITED = {UNIFORM: "{kind: shuffled, sequences: x.fa, k: 2, fixed_limit: 0.2}"}
RNA_MODEL = sd.planted.additive({"GCUGG": 1.0}, 41, alphabet=sd.RNA)
ONE_SHUFFLE = ">a\n" + "AC" * 30 + "\n>b\n" + REAL[0] + "\n"


def all_shuffles_equally_often(_: Path) -> bool:
    """Chi-square of 27 counts of 2,700: fails in one seed of a thousand."""
    from scipy.stats import chisquare

    counts = Counter(drawn(sd.backgrounds.shuffled(["ACCCACGATGATG"], k=2), 2700))
    return len(counts) == 27 and chisquare(list(counts.values())).pvalue > 1e-3


def pairs_kept_inside(_: Path) -> bool:
    """Sequences of two lengths: pairs of letters are counted on the letters alone, and nothing moves into padding."""
    real = ["ACCCACGATGATG", "GATTACAGATTACACCA"]
    shuffles = drawn(sd.backgrounds.shuffled(real, k=2), 200)
    pairs = [Counter(pairwise(text)) for text in (*shuffles, *real)]
    return all(pairs[i] == pairs[200 + i % 2] for i in range(200))


def conditioned(folder: Path) -> bool:
    """Scores of an assay are said to be scores, the model's own to be the outcome, on another scale as well."""
    given = model()
    own = given.predict(sd.Sequences.from_strings(REAL))[0, :, 0]
    assay = np.random.default_rng(0).normal(size=80)
    said = {}
    for name, scores in {"assay": assay, "own": own, "log": np.log(own)}.items():
        null = sd.backgrounds.natural(REAL, scores=scores, quantile=(0.1, 0.9))
        said[name] = effects(given, null=null, n=40)
    whole = effects(given, null=sd.backgrounds.natural(REAL, scores=own), n=40)
    return (
        notes(said["assay"], "Conditional on scores", "quantiles 0.1 to 0.9")
        and not notes(said["assay"], "Conditioned on outcome")
        and all(notes(said[name], "Conditioned on outcome", "quantiles 0.1 to 0.9") for name in ("own", "log"))
        and on_page(said["own"], folder, "Conditioned on outcome")
        and not notes(whole, "quantiles")
    )


def seed_drawn_and_recorded(folder: Path) -> bool:
    first = cli(folder, {"seed: 0": "seed: null"})
    text = (folder / "out" / "study.yaml").read_text(encoding="utf-8")
    seed = next(line.split()[1] for line in text.splitlines() if line.startswith("seed:"))
    provenance = json.loads((folder / "out" / "provenance.json").read_text(encoding="utf-8"))
    return went_well(first) and int(seed) > 0 and provenance[0]["seed"]["entropy"] == seed


def seeds_apart(_: Path) -> bool:
    first, again, other = (set(NULL.sample(100, rng=seed).to_strings()) for seed in (0, 0, 1))
    return first == again and not first & other


def impure(n: int, rng: np.random.Generator) -> Any:
    return np.random.randint(4, size=(n, L))  # noqa: NPY002 - the fault itself


def custom(answer: Any) -> Any:
    return sd.backgrounds.custom(answer, L).sample(5, rng=0)


ROWS = [
    Fault(
        "BKG-02",
        lambda d: row(model(), n=1),
        check=lambda a: a["verdict"] == "inconclusive" and "n=1" in a["flag"] and np.isnan(a["p"]),
    ),
    Fault(
        "BKG-02 cli",
        lambda d: cli(d, {"n: 64": "n: 1"}),
        check=lambda done: went_well(done, "not available", "inconclusive"),
    ),
    *[
        Fault(
            f"BKG-06 {text}",
            lambda d, text=text, k=k: warned(lambda: drawn(sd.backgrounds.shuffled([text], k=k), 5)),
            check=lambda found, text=text: (
                set(found[0]) == {text} and "1 of 1 sequences have only 1 valid shuffle" in found[1]
            ),
        )
        for text, k in (("AAAAAAAA", 2), ("ACACACAC", 2), ("AACAGATAACAGATAA", 3))
    ],
    Fault(
        "BKG-06 limit",
        lambda d: sd.backgrounds.shuffled(["ACAC", "ACCAGA"], k=2, fixed_limit=0.2),
        ("1 of 2 sequences", "0.2"),
    ),
    Fault(
        "BKG-06 cli",
        lambda d: cli(d, SHUFFLED, x_fa=ONE_SHUFFLE),
        check=lambda done: went_well(done, "1 of 2 sequences have only 1 valid shuffle"),
    ),
    Fault("BKG-06 cli, limit", lambda d: cli(d, LIMITED, x_fa=ONE_SHUFFLE), ("1 of 2 sequences", "0.2")),
    Fault("BKG-07", all_shuffles_equally_often, check=bool),
    Fault("BKG-09", pairs_kept_inside, check=bool),
    Fault("BKG-09 N", lambda d: sd.backgrounds.shuffled(["ACGNNT"], k=2), ("'N' at position 3", 'n="drop"')),
    Fault(
        "BKG-11 callable",
        lambda d: effects(model(), null=impure),
        ("`background` is the function impure", "custom(impure, length="),
    ),
    Fault("BKG-11 number", lambda d: custom(lambda n, rng: rng.integers(4, size=(n - 1, L))), ("255 sequences", "256")),
    Fault("BKG-11 length", lambda d: custom(lambda n, rng: rng.integers(4, size=(n, L - 1))), ("59", "of length 60")),
    Fault("BKG-11 floats", lambda d: custom(lambda n, rng: rng.random((n, L))), ("float64", "codes (256, 60)")),
    Fault(
        "BKG-11 one-hot",
        lambda d: custom(lambda n, rng: np.eye(4, dtype=int)[rng.integers(4, size=(n, L))]),
        ("(256, 60, 4)", "argmax"),
    ),
    Fault(
        "BKG-11 fixed",
        lambda d: custom(lambda n, rng: np.zeros((n, L), int)),
        ("the same sequences for two different rng",),
    ),
    Fault("BKG-12", lambda d: custom(impure), ("different sequences for the same rng", "rng.integers")),
    Fault("BKG-13 order", lambda d: sd.backgrounds.markov(["ACG"], order=3), ("order=3", "order=2")),
    Fault(
        "BKG-13 unseen",
        lambda d: drawn(sd.backgrounds.markov(["ACGTA"], order=3)),
        check=lambda found: {text[:3] for text in found} == {"ACG"} and {text[3:] for text in found} == {"TA"},
    ),
    Fault(
        "BKG-13 back-off",
        lambda d: drawn(sd.backgrounds.markov(["AC", "AC", "CA"], order=1)),
        check=lambda found: set(found) == {"AC", "CA"},
    ),
    Fault(
        "BKG-13 cli",
        lambda d: cli(d, {UNIFORM: "{kind: markov, sequences: x.fa, order: 4}"}, x_fa=">a\nACG\n"),
        ("order: 4",),
    ),
    Fault("BKG-14", conditioned, check=bool),
    Fault(
        "BKG-15",
        lambda d: sd.run(sd.hairpin("GCUGG", at=18, accept=1, tries=5), RNA_MODEL, sd.backgrounds.uniform(41), n=5),
        ("tries=5 orders of background 0 do not fold so", "P(in a hairpin loop) of 1 or more", "accept=0.5"),
        needs="RNA",
    ),
    Fault("BKG-17 0 is a seed", seeds_apart, check=bool),
    Fault("BKG-17 null", seed_drawn_and_recorded, check=bool),
    *[
        Fault(
            f"BKG-17 {seed!r}",
            lambda d, seed=seed: sd.run(sd.embed("GAT", at=3), model(), NULL, n=5, rng=seed),
            (f"rng={seed!r}", "rng=0"),
        )
        for seed in (-1, 2**70, "abc")
    ],
    *[
        Fault(
            f"BKG-17 cli {seed}", lambda d, seed=seed: cli(d, {"seed: 0": f"seed: {seed}"}), ("line 4, seed", str(seed))
        )
        for seed in (-1, 2**70, "abc")
    ],
    Fault("BKG-18", seeds_apart, check=bool),
]
