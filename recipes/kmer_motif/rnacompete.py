"""The motif of a search over all 6-mers, compared with mutants and with searched flanks: docs/studies/kmer_search.md.

    python recipes/kmer_motif/rnacompete.py docs/figures/kmer-motif-rncmpt00002.svg

The script prints the numbers of that page and writes its figure, in about 100 s of CPU.
"""

from __future__ import annotations

import logging
import sys
import time
from pathlib import Path

import numpy as np
from scipy.stats import pearsonr, spearmanr

import seqdo as sd
from seqdo.execution.search import Search
from seqdo.motifs.alignment import aligned
from seqdo.reporting.figures.kinds.logo import information, letters, logo
from seqdo.reporting.figures.style import house_style, new_figure, to_svg

AT, LENGTH = 17, 38
CORE, FREE = 4, 2
"""Length of the core whose flanks are searched, and number of free positions on either side."""


def main(target: Path) -> None:
    logging.basicConfig(format="%(message)s")
    logging.getLogger("seqdo.motifs").setLevel("INFO")  # number of 6-mers in a motif
    start = time.process_time()
    every = sd.kmers(6, at=AT, alphabet="rna")
    searches = {name: search(name, every, keep=64) for name in ("rncmpt00002", "rncmpt00001")}
    motifs = {name: motif_of(kmers) for name, kmers in searches.items()}
    motif = motifs["rncmpt00002"]
    best = searches["rncmpt00002"].effects.table.nlargest(1, "estimate")["kmer"].iloc[0]
    changes = mutants(best)
    against_mutants(motif, best, changes)
    first, pattern = core(motif)
    flanked = search("rncmpt00002", sd.flanks(pattern, at=AT, alphabet="rna"), keep=32, contrast="relative").motif()
    against_flanks(motif, flanked, first - FREE)
    write(target, motifs, pattern, flanked, best, changes)
    say(f"total: {time.process_time() - start:.0f} s of CPU")


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def search(name: str, design: sd.Design, **options: object) -> Search:
    model, start = sd.zoo.load(f"residualbind-{name}"), time.process_time()
    null, settings = model.reference.background(LENGTH), {"by": "highest", "screen": 64, "n": 300, "members_screen": 1}
    result = sd.search(design, model, null, rng=0, **settings, **options)
    say(f"{name}: {result!r}, {time.process_time() - start:.0f} s of CPU\n{result.table.head(5).to_string()}")
    return result


def motif_of(kmers: Search) -> sd.Motif:
    """The motif of a search over 6-mers; prints how its information depends on the number of 6-mers."""
    motif, table = kmers.motif(), kmers.table
    say(f"{motif.name}: {motif.text}\n{motif.matrix.round(2)}\nbits {information(motif).round(2)}")
    for count in (16, 32, 64):
        bits = information(aligned(table["kmer"][:count].tolist(), table["estimate"][:count]))
        say(f"bits with the best {count} 6-mers: {bits.round(2)}, {bits.sum():.1f} in total")
    return motif


def mutants(kmer: str) -> np.ndarray:
    """Change of the effect by each letter at each position, (positions, 4), on backgrounds of another seed.

    The letters of the k-mer itself have change 0.
    """
    model = sd.zoo.load("residualbind-rncmpt00002")
    null = model.reference.background(LENGTH)
    table = sd.estimate(sd.run(sd.mutants(kmer, at=AT, alphabet="rna"), model, null, n=1000, rng=1)).table
    changes = np.zeros((len(kmer), 4))
    for row in table[table["contrast"] == "change"].itertuples():
        changes[int(row.place), sd.RNA.letters.index(row.letter)] = row.estimate
    return changes


def against_mutants(motif: sd.Motif, kmer: str, changes: np.ndarray) -> None:
    """Correlate the motif's log ratios, new letter to the k-mer's own letter, with the changes by mutation."""
    own = sd.RNA.encode(kmer)
    starts = range(motif.width - len(kmer) + 1)
    start = max(starts, key=lambda offset: motif.matrix[offset + np.arange(len(kmer)), own].sum())
    probabilities = motif.matrix[start : start + len(kmer)]
    with np.errstate(divide="ignore"):
        ratios = np.log2(probabilities / probabilities[np.arange(len(kmer)), own][:, None])
    other = np.arange(4) != own[:, None]
    ratios, changes = ratios[other], changes[other]
    in_motif = np.isfinite(ratios)
    say(f"\n{kmer} and its mutants: Spearman {spearmanr(ratios, changes)[0]:.2f} over {len(changes)} changes")
    finite = ratios[in_motif], changes[in_motif]
    say(f"over {in_motif.sum()} changes to letters that occur in the kept 6-mers: Spearman {spearmanr(*finite)[0]:.2f}")
    say(f"and Pearson {pearsonr(*finite)[0]:.2f}")
    others = np.sort(changes[~in_motif]).round(2)
    say(f"changes to other letters: {others}; all changes {changes.min():.2f} to {changes.max():.2f}")


def core(motif: sd.Motif) -> tuple[int, str]:
    """Start of the four neighboring positions with the most information, and the pattern with free positions around."""
    first = int(np.convolve(information(motif), np.ones(CORE), "valid").argmax())
    return first, "." * FREE + motif.consensus().text[first : first + CORE] + "." * FREE


def against_flanks(motif: sd.Motif, flanked: sd.Motif, offset: int) -> None:
    """Compare two motifs at their common free positions: likeliest letters, and correlation of probabilities."""
    say(f"{flanked.name}: {flanked.text}\n{flanked.matrix.round(2)}\nbits {information(flanked).round(2)}")
    free = [place for place in range(flanked.width) if not FREE <= place < FREE + CORE]
    both = [place for place in free if 0 <= place + offset < motif.width]
    by_flanks, by_kmers = flanked.matrix[both], motif.matrix[np.array(both) + offset]
    same = (by_flanks.argmax(1) == by_kmers.argmax(1)).sum()
    say(f"common free positions {both}: the likeliest letter is the same at {same}")
    r = pearsonr(by_flanks.ravel(), by_kmers.ravel())[0]
    say(f"Pearson of their {by_flanks.size} probabilities {r:.2f}\n{by_kmers.round(2)}")


def write(
    target: Path, motifs: dict[str, sd.Motif], pattern: str, flanked: sd.Motif, best: str, changes: np.ndarray
) -> None:
    with house_style():
        drawing = new_figure(7.6, 4.4)
        (top_left, top_right), (bottom_left, bottom_right) = drawing.subplots(2, 2)
        for ax, (name, motif) in zip((top_left, top_right), motifs.items(), strict=True):
            logo(motif, ax).set_title(f"{name.upper()}: the best 64 of 4,096 6-mers")
        logo(flanked, bottom_left).set_title(f"RNCMPT00002: the best 32 of 256 {pattern}")
        letters(changes - changes.mean(1, keepdims=True), sd.RNA, bottom_right).set_title(
            f"RNCMPT00002: letters of {best}"
        )
        bottom_right.set_ylabel("effect − mean")
    alt = "Sequence logos of searched motifs, and the effect of every letter at each position of the best 6-mer"
    target.write_text(to_svg(drawing, "kmer-motif", alt), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
