"""Effects of 6-mers and of known motifs that a library of random yeast promoters measured, beside those of a model.

    OMP_NUM_THREADS=1 python recipes/measured/yeast.py --data DATA --out docs/figures

DATA has ``Random_defined.csv.gz``: promoters with 80 random letters between constant flanks. Prints the tables of
docs/measured.md and writes its figures. The model is promoter-yeast.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

import seqdo as sd
from seqdo.experiments.site import Slot
from seqdo.motifs.kmers import kmers
from seqdo.reporting.drawing.measured import measured_figure
from seqdo.reporting.drawing.style import to_svg
from seqdo.sequences.stream import root, stream

VARIABLE = slice(17, 97)
"""The random letters of the 110: those before and behind are the same in all promoters."""

KNOWN = {"Rsc3": "CGCGC", "Reb1": "TTACCCG", "Rap1": "TGTATGGG", "Abf1": "RTCRYNNNNNACG", "Cbf1": "CACGTG"}

WORDS, SHOWN, N = 120, 12, 200
"""Words that are asked of the model, rows of a table, and backgrounds."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    began = time.perf_counter()
    promoters, library, y = read(given.data / "Random_defined.csv.gz")
    say(f"{len(library):,} promoters, expression {y.mean():.2f}, SD {y.std(ddof=1):.2f}")
    motifs = [sd.Motif.from_string(letters, f"{name} {letters}") for name, letters in KNOWN.items()]
    say("\nKnown motifs, on either strand:")
    say(lines(sd.measured(library, y, motifs).table))
    say("the same, adjusted for GC and each other:")
    say(lines(sd.measured(library, y, motifs, adjust=("gc", "patterns")).table))

    words, first = both_strands(kmers(6)), stream(root(1), "halves").permutation(len(y)) < len(y) // 2
    chosen = sd.measured(library[np.flatnonzero(first)], y[first], words).table
    others = library[np.flatnonzero(~first)]
    top = chosen.sort_values("estimate", key=abs, ascending=False)["pattern"].head(SHOWN).tolist()
    steady = sd.measured(library[np.flatnonzero(first)], y[first], words, adjust="gc").table
    found, left = (int((table["p_adjusted"] <= 0.05).sum()) for table in (chosen, steady))
    say(f"\n{len(words):,} 6-mers: {found} found in one half of the library ({left} when adjusted for GC); the {SHOWN} "
        "largest of these, in the other half:")  # fmt: skip
    again = sd.measured(others, y[~first], top).table
    say(lines(again))
    some = stream(root(1), "words").permutation(np.array([word for word in words if word not in top]))
    beside(given, motifs, [*top, *some[: WORDS - len(top)].tolist()], promoters, library, y)
    say(f"{time.perf_counter() - began:.0f} s")


def read(path: Path) -> tuple[sd.Sequences, sd.Sequences, np.ndarray]:
    """Whole promoters, their random part, and their expression."""
    table = pd.read_csv(path, usecols=["seq110", "Measured Expression"])
    flanks = table["seq110"].str[: VARIABLE.start] + table["seq110"].str[VARIABLE.stop :]
    if flanks.nunique() != 1:
        raise SystemExit(f"{path.name}: flanks that are not the same in all promoters")
    random = table["seq110"].str[VARIABLE]
    whole, part = (sd.Sequences.from_strings(texts, sd.DNA) for texts in (table["seq110"], random))
    return whole, part, table["Measured Expression"].to_numpy(float)


def both_strands(words: list[str]) -> list[str]:
    """One of each pair that is the same on the other strand."""
    other = {word: sd.Motif.from_string(word).reverse_complement().text for word in words}
    return [word for word in words if word <= other[word]]


def beside(
    given: argparse.Namespace, motifs: list[sd.Motif], words: list[str], promoters: sd.Sequences,
    library: sd.Sequences, y: np.ndarray,
) -> None:  # fmt: skip
    """The model's effects of the same patterns, at a place and on a strand drawn as in the library."""
    model = sd.zoo.load("promoter-yeast")
    predictions = model.predict(promoters)[:, :, 0].astype(float).mean(0)
    target = (y - y.mean()) / y.std()
    say(f"\n{model.name}: r {np.corrcoef(y, predictions)[0, 1]:.3f} on all promoters, those it was trained on included")
    known = [*motifs, *(sd.Motif.from_string(word) for word in words)]
    design = anywhere({motif.name: motif for motif in known})
    effects = sd.estimate(sd.run(design, model, model.reference.background(110), n=N, rng=2))
    both = sd.beside(sd.measured(library, target, known, predictions=predictions), effects)
    parts = [f"{name} {row['estimate']:.3f} ({row['low']:.3f} to {row['high']:.3f})"
             for name, row in both.summary.iterrows()]  # fmt: skip
    say(f"{len(known)} patterns: n {both.line.n}, {', '.join(parts)}, at most {both.ceiling:.3f}, scatter "
        f"{both.scatter:.3f}, {int(both.table['parts'].sum())} part")  # fmt: skip
    names = ["pattern", "effect", "measured", "measured_low", "measured_high", "predicted", "missed", "errors", "parts"]
    say(both.table[names].head(len(motifs) + SHOWN).round(3).to_string(index=False))
    alt = "Yeast promoters: measured effect against the model's, with the line through them"
    given.out.mkdir(parents=True, exist_ok=True)
    svg = to_svg(measured_figure(both).figure, "measured-yeast", alt)
    (given.out / "measured-yeast.svg").write_text(svg, encoding="utf-8")


def anywhere(motifs: Mapping[str, sd.Motif]) -> sd.Design:
    """Each motif on either strand, at a place in the random part that is drawn for each background."""
    arms, contrasts = {"none": sd.Arm()}, []
    for name, motif in motifs.items():
        slot = Slot(tuple(range(VARIABLE.start, VARIABLE.stop - motif.width + 1)), 0)
        for strand in "+" if motif.palindromic else "+-":
            arms[f"{name} {strand}"] = sd.Arm((sd.Site(motif, slot, strand=strand),))
            levels = {"kmer": name, "orientation": strand}
            contrasts.append(sd.Contrast("effect", {f"{name} {strand}": 1.0, "none": -1.0}, levels))
    return sd.Design("kmers", "What do patterns do, wherever they are?", arms, tuple(contrasts))


def lines(table: pd.DataFrame) -> str:
    names = ["pattern", "estimate", "low", "high", "p_adjusted", "n_with", "flag"]
    return table[names].round({"estimate": 2, "low": 2, "high": 2, "p_adjusted": 4}).to_string(index=False)


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
