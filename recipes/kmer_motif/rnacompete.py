"""The motif that a search over all 6-mers gives, beside what single letters and flanks do: docs/studies/kmer_search.md.

    python recipes/kmer_motif/rnacompete.py docs/figures/kmer-motif-rncmpt00002.svg

Prints what the page says and writes its figure: some 100 s of CPU.
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
from seqdo.reporting.figures.logo import information, letters, logo
from seqdo.reporting.figures.style import house_style, new_figure, to_svg

AT, LENGTH = 17, 38
CORE, FREE = 4, 2
"""Letters of the core whose flanks are searched, and free places on either side of it."""


def main(target: Path) -> None:
    logging.basicConfig(format="%(message)s")
    logging.getLogger("seqdo.motifs").setLevel("INFO")  # how many words are counted
    began = time.process_time()
    every = sd.kmers(6, at=AT, alphabet="rna")
    found = {name: searched(name, every, keep=64) for name in ("rncmpt00002", "rncmpt00001")}
    motifs = {name: motif_of(one) for name, one in found.items()}
    motif = motifs["rncmpt00002"]
    best = found["rncmpt00002"].effects.table.nlargest(1, "estimate")["kmer"].iloc[0]
    changes = mutants(best)
    against_mutants(motif, best, changes)
    first, pattern = core(motif)
    flanked = searched("rncmpt00002", sd.flanks(pattern, at=AT, alphabet="rna"), keep=32, contrast="relative").motif()
    against_flanks(motif, flanked, first - FREE)
    write(target, motifs, pattern, flanked, best, changes)
    say(f"all of it: {time.process_time() - began:.0f} s of CPU")


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def searched(name: str, design: sd.Design, **more: object) -> Search:
    model, began = sd.zoo.load(f"residualbind-{name}"), time.process_time()
    null, asked = model.reference.background(LENGTH), {"by": "highest", "screen": 64, "n": 300, "members_screen": 1}
    found = sd.search(design, model, null, rng=0, **asked, **more)
    say(f"{name}: {found!r}, {time.process_time() - began:.0f} s of CPU\n{found.table.head(5).to_string()}")
    return found


def motif_of(found: Search) -> sd.Motif:
    """The motif of a search of 6-mers, and how much it hangs on the number of words."""
    motif, table = found.motif(), found.table
    say(f"{motif.name}: {motif.text}\n{motif.matrix.round(2)}\nbits {information(motif).round(2)}")
    for count in (16, 32, 64):
        bits = information(aligned(table["kmer"][:count].tolist(), table["estimate"][:count]))
        say(f"bits of the first {count} words: {bits.round(2)}, {bits.sum():.1f} in all")
    return motif


def mutants(word: str) -> np.ndarray:
    """What each letter at each place changes, (places, 4), 0 for the word's own: on backgrounds of another seed."""
    model = sd.zoo.load("residualbind-rncmpt00002")
    null = model.reference.background(LENGTH)
    table = sd.estimate(sd.run(sd.mutants(word, at=AT, alphabet="rna"), model, null, n=1000, rng=1)).table
    changes = np.zeros((len(word), 4))
    for row in table[table["contrast"] == "change"].itertuples():
        changes[int(row.place), sd.RNA.letters.index(row.letter)] = row.estimate
    return changes


def against_mutants(motif: sd.Motif, word: str, changes: np.ndarray) -> None:
    """Log ratios of the motif's probabilities, new letter to the word's own, beside the changes."""
    own = sd.RNA.encode(word)
    starts = range(motif.width - len(word) + 1)
    start = max(starts, key=lambda one: motif.matrix[one + np.arange(len(word)), own].sum())
    probabilities = motif.matrix[start : start + len(word)]
    with np.errstate(divide="ignore"):
        ratios = np.log2(probabilities / probabilities[np.arange(len(word)), own][:, None])
    other = np.arange(4) != own[:, None]
    ratios, changes = ratios[other], changes[other]
    seen = np.isfinite(ratios)
    say(f"\n{word} and its mutants: Spearman {spearmanr(ratios, changes)[0]:.2f} of {len(changes)} changes")
    some = ratios[seen], changes[seen]
    say(f"of the {seen.sum()} to letters that the kept words hold: Spearman {spearmanr(*some)[0]:.2f}")
    say(f"and Pearson {pearsonr(*some)[0]:.2f}")
    say(f"changes of the others: {np.sort(changes[~seen]).round(2)}; of all {changes.min():.2f} to {changes.max():.2f}")


def core(motif: sd.Motif) -> tuple[int, str]:
    """Where the four neighbouring places of most information begin, and their letters with free places around."""
    first = int(np.convolve(information(motif), np.ones(CORE), "valid").argmax())
    return first, "." * FREE + motif.consensus().text[first : first + CORE] + "." * FREE


def against_flanks(motif: sd.Motif, flanked: sd.Motif, offset: int) -> None:
    """The free places that both motifs have: likeliest letters, and correlation of probabilities."""
    say(f"{flanked.name}: {flanked.text}\n{flanked.matrix.round(2)}\nbits {information(flanked).round(2)}")
    free = [place for place in range(flanked.width) if not FREE <= place < FREE + CORE]
    both = [place for place in free if 0 <= place + offset < motif.width]
    mine, theirs = flanked.matrix[both], motif.matrix[np.array(both) + offset]
    alike = (mine.argmax(1) == theirs.argmax(1)).sum()
    say(f"free places in both {both}: likeliest letter the same in {alike}")
    say(
        f"Pearson of their {mine.size} probabilities {pearsonr(mine.ravel(), theirs.ravel())[0]:.2f}\n{theirs.round(2)}"
    )


def write(
    target: Path, motifs: dict[str, sd.Motif], pattern: str, flanked: sd.Motif, best: str, changes: np.ndarray
) -> None:
    with house_style():
        drawing = new_figure(7.6, 4.4)
        (one, two), (three, four) = drawing.subplots(2, 2)
        for ax, (name, motif) in zip((one, two), motifs.items(), strict=True):
            logo(motif, ax).set_title(f"{name.upper()}: the best 64 of 4,096 6-mers")
        logo(flanked, three).set_title(f"RNCMPT00002: the best 32 of 256 {pattern}")
        letters(changes - changes.mean(1, keepdims=True), sd.RNA, four).set_title(f"RNCMPT00002: letters of {best}")
        four.set_ylabel("effect − mean")
    alt = "Sequence logos of searched motifs, and the effect of every letter at each place of the best 6-mer"
    target.write_text(to_svg(drawing, "kmer-motif", alt), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
