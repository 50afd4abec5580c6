"""Effects of 6-mers that RNAcompete measured on held-out probes, beside those of the ResidualBind of the zoo.

    OMP_NUM_THREADS=1 python recipes/measured/rnacompete.py RNCMPT00002 --data DATA --out docs/figures

DATA has ``RNCMPT00002.test.txt.gz``. Prints the tables of docs/measured.md and writes its figures. The model never saw
these probes; its 6-mers are chosen without them.
"""

from __future__ import annotations

import argparse
import gzip
import re
import sys
import time
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import torch

import seqdo as sd
from seqdo.experiments.site import Slot
from seqdo.motifs.kmers import kmers
from seqdo.reporting.drawing.measured import measured_figure
from seqdo.reporting.drawing.style import to_svg
from seqdo.sequences.stream import root, stream

K, LENGTH, STARTS = 6, 38, range(3, 33)
"""Letters of a word; of a background, as most probes have them; starts, behind the AGA or AGG of all probes."""

INSIDE = (STARTS[0], STARTS[-1] + 1)
"""The same starts, as the one bin of positions in which effects are measured."""

BEST, OTHERS = 60, 60
SCREEN, N = 64, 500
"""Backgrounds of the screen that chooses, and fresh ones that report."""

EDGES = range(0, 33, 3)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("experiment")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    torch.set_num_threads(1)
    began = time.perf_counter()
    model = sd.zoo.load(f"residualbind-{given.experiment.lower()}")
    card = sd.zoo.CATALOGUE[model.name].card
    probes, y = held_out(given.data / f"{given.experiment}.test.txt.gz", card)
    predictions = model.predict(probes)[:, :, 0].astype(float).mean(0)
    say(f"{given.experiment}: {len(probes):,} held-out probes, r {np.corrcoef(y, predictions)[0, 1]:.4f}")
    best, others = chosen(model)
    figures = {}

    words = [*best, *others]
    effects = asked(anywhere(words), model, seed=2)
    for places, adjust in ((INSIDE, ()), (INSIDE, ("gc", "length", "patterns")), (None, ())):
        found = sd.measured(probes, y, words, positions=places, adjust=adjust, predictions=predictions)
        both = sd.beside(found, effects)
        where = "anywhere" if places is None else f"at {STARTS[0]} to {STARTS[-1]}"
        report(f"{len(words)} 6-mers {where}, adjusted for {', '.join(adjust) or 'nothing'}", both)
        said(both)
        figures.setdefault("kmers", both)
    for name, some in (("best by the screen", best), ("others", others)):
        report(f"{len(some)} {name}", sd.beside(sd.measured(probes, y, some, positions=INSIDE), effects))

    series = [best[0], *mutants(best[0])]
    found = sd.measured(probes, y, series, positions=INSIDE, predictions=predictions)
    figures["mutants"] = sd.beside(found, asked(anywhere(series), model, seed=3))
    report(f"{best[0]} and its {len(series) - 1} mutants", figures["mutants"])
    say(lines(figures["mutants"].table.sort_values("effect", ascending=False)))

    scan = asked(sd.positions(best[0], range(33)), model, seed=4)
    found = sd.measured(probes, y, best[0], positions=EDGES, predictions=predictions)
    figures["positions"] = sd.beside(found, scan)
    report(f"{best[0]} by position", figures["positions"])
    say(lines(figures["positions"].table))
    write(given.out, given.experiment, figures)
    say(f"{time.perf_counter() - began:.0f} s")


def held_out(path: Path, card: str) -> tuple[sd.Sequences, np.ndarray]:
    """Probes and their intensities on the scale of the model's target, by the constants of its card."""
    low, mean, spread = (float(re.search(rf"\b{name} (-?[\d.]+\d)", card)[1]) for name in ("min", "mean", "SD"))
    with gzip.open(path, "rt") as rows:
        pairs = [row.split() for row in rows]
    pairs = [pair for pair in pairs if not np.isnan(float(pair[0]))]
    intensity = np.array([float(pair[0]) for pair in pairs])
    y = (np.log(np.maximum(intensity, low) - low + 1) - mean) / spread
    return sd.Sequences.from_strings([pair[1] for pair in pairs], sd.RNA), y


def anywhere(words: Iterable[str]) -> sd.Design:
    """Each word at a place drawn for each background, the same for all words: as a library holds them."""
    slot = Slot(tuple(STARTS), 0)
    arms = {word: sd.Arm((sd.Site(sd.Motif.from_string(word), slot),)) for word in words}
    contrasts = tuple(sd.Contrast("effect", {word: 1.0, "none": -1.0}, {"kmer": word}) for word in arms)
    return sd.Design("kmers", "What do words do, wherever they are?", {"none": sd.Arm(), **arms}, contrasts)


def asked(design: sd.Design, model: sd.Model, seed: int, n: int = N) -> sd.Effects:
    return sd.estimate(sd.run(design, model, model.reference.background(LENGTH), n=n, rng=seed))


def chosen(model: sd.Model) -> tuple[list[str], list[str]]:
    """The words with the largest effect in a screen of all, and as many others by chance; no probe has a say."""
    table = asked(anywhere(kmers(K, sd.RNA)), model, seed=1, n=SCREEN).table.sort_values("estimate", ascending=False)
    words = table["kmer"].tolist()
    rest = stream(root(1), "other words").permutation(np.array(words[BEST:]))
    return words[:BEST], rest[:OTHERS].tolist()


def mutants(word: str) -> list[str]:
    return [word[:i] + new + word[i + 1 :] for i in range(len(word)) for new in "ACGU" if new != word[i]]


def report(title: str, both: sd.Beside) -> None:
    parts = [f"{name} {row['estimate']:.3f} ({row['low']:.3f} to {row['high']:.3f})" for name, row in rows(both)]
    say(f"\n{title}: n {both.line.n}, {', '.join(parts)}, at most {both.ceiling:.3f}, scatter {both.scatter:.3f}, "
        f"{int(both.table['parts'].sum())} part")  # fmt: skip


def rows(both: sd.Beside):
    return both.summary.loc[["slope", "intercept", "spearman", "pearson"]].iterrows()


def said(both: sd.Beside) -> None:
    """Those that part the most; and how many of all the model is wrong about, on the probes themselves."""
    table = both.table
    worst = table[table["parts"]].sort_values("errors", key=abs, ascending=False)
    say(lines(worst.head(12)))
    missed = table["missed_p_adjusted"] <= 0.05
    say(f"of {int(table['parts'].sum())} that part, the model misses {int((missed & table['parts']).sum())} on the "
        f"probes themselves; of the others {int((missed & ~table['parts']).sum())}")  # fmt: skip
    for name in ("effect", "measured"):
        r, slope = np.corrcoef(table[name], table["predicted"])[0, 1], np.polyfit(table["predicted"], table[name], 1)[0]
        say(f"{name} against the same contrast of predictions on the probes: r {r:.3f}, slope {slope:.3f}")


def lines(table) -> str:
    kept = ("pattern", "position", "effect", "measured", "measured_low", "measured_high", "predicted", "missed",
            "n_with", "errors", "parts", "flag")  # fmt: skip
    return table[[name for name in kept if name in table]].round(3).to_string(index=False)


def write(out: Path, experiment: str, figures: dict[str, sd.Beside]) -> None:
    out.mkdir(parents=True, exist_ok=True)
    for name, both in figures.items():
        key = f"measured-{experiment.lower()}-{name}"
        alt = f"{experiment}, {name}: measured effect against the model's, with the line through them"
        (out / f"{key}.svg").write_text(to_svg(measured_figure(both).figure, key, alt), encoding="utf-8")


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
