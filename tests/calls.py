"""Every experiment, called with every kind of argument; and what it means that two designs are equal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

import seqdo as sd
from seqdo.designs.record import to_record

Make = Callable[[Path], sd.Design]

MATRIX = sd.Motif("M'1\"\n", np.array([[1 / 3, 2 / 3, 0, 0], [0, 0, 1, 0], [0.1, 0.2, 0.3, 0.4]]))
SQUARE = sd.Motif("square", np.eye(4)[[1, 2, 0, 3]] * 0.5 + 0.125, sd.RNA, axis=1)  # reads as probabilities either way
PLAIN = sd.Motif.from_string("GATTACA")
IUPAC = sd.Motif.from_string("GRNT.", "named")

LETTERS = ["CCGATTACACCGATTACACC", "CCCCCCCCCCCCCCCCGCCC", "TTGATTACATTTTTTTTTTT"]
NAMED = sd.Sequences.from_strings(LETTERS, names=["a", "b 2", "c"])
CODES = np.array([[0, 1, 2, 3, 0, 1, 2, 3, 0, 0], [2, 2, 0, 3, 3, 0, 1, 0, 0, 0]])
SITES = pd.DataFrame({"name": ["a", "a", "c"], "start": [2, 11, 2], "stop": [9, 18, 9], "score": [1.5, None, 2.0]})
ARMS = pd.DataFrame(
    [("pair", 10, "GATTACA", "+", 2), ("pair", 30, "CCGG", "-", 2), ("first", 10, "GRN", None, None)],
    columns=["arm", "start", "letters", "strand", "dose"],
)
WEIGHTS = pd.DataFrame(
    {"contrast": ["d", "d", "d"], "arm": ["pair", "first", "none"], "weight": ["1/3", "1/3", "-2/3"]}
)
VARIANTS = pd.DataFrame(
    [("v", "a", 3, "A", "T"), ("w", "c", 8, "A", "AG")], columns=["id", "sequence", "position", "ref", "alt"]
)
HAPLOTYPES = pd.DataFrame(
    [("v", "a", 3, "A", "T", "h1"), ("w", "a", 8, "A", "G", "h1"), ("x", "c", 8, "A", "AG", "h2")],
    columns=["id", "sequence", "position", "ref", "alt", "phase"],
)


def fasta(folder: Path, **options: object) -> sd.Sequences:
    """Sequences from a file, too long to be written out."""
    path = folder / "peaks.fa"
    path.write_text("".join(f">{name}\n{text * 40}\n" for name, text in zip("abc", LETTERS, strict=True)))
    return sd.read_fasta(path, **options)


def table(folder: Path, name: str, frame: pd.DataFrame) -> Path:
    """A table as a file."""
    frame.to_csv(folder / name, index=False)
    return folder / name


def genome(folder: Path) -> Path:
    """A FASTA file with its index to be made."""
    (folder / "genome.fa").write_text("".join(f">{name}\n{text}\n" for name, text in zip("abc", LETTERS, strict=True)))
    return folder / "genome.fa"


CALLS: Mapping[str, list[Make]] = {
    "embed": [
        lambda _: sd.embed("GATTACA", 20),
        lambda _: sd.embed(at=np.int64(20), pattern="GAT.ACN", scrambles=3),
        lambda _: sd.embed(PLAIN, np.uint8(20), scrambles=np.int32(2)),
        lambda _: sd.embed(MATRIX, at=3, sample=True, scrambles=2),
        lambda _: sd.embed(MATRIX, at=3),
        lambda _: sd.embed(SQUARE, at=3, sample=True),
        lambda _: sd.embed(IUPAC, at=3, sample=True),
        lambda _: sd.embed("grnt", at=0),
        lambda _: sd.embed("GAT", at=1).with_question('Is "it" \\ there?\nüê\u2028'),
    ],
    "positions": [
        lambda _: sd.positions("GATTACA", at=range(0, 50, 5), scrambles=2),
        lambda _: sd.positions("GATTACA", (start for start in (9, 3, 5))),
        lambda _: sd.positions("UGCAUG", np.arange(0, 12, 3)),
        lambda _: sd.positions("UGCAUG", at=pd.Series([1, 7])),
        lambda _: sd.positions(MATRIX, {3, 1}, sample=True),
        lambda _: sd.positions("GAT", range(0, 50, 5)).restricted([3, 1]),
        lambda _: restricted(sd.positions("GAT", range(0, 50, 5))).with_question("?"),
    ],
    "orientation": [
        lambda _: sd.orientation("GATTACA", at=20, scrambles=1),
        lambda _: sd.orientation("CACGTG", 20),
        lambda _: sd.orientation(MATRIX, at=20, sample=True),
    ],
    "mutants": [
        lambda _: sd.mutants("GAT", at=20),
        lambda _: sd.mutants("GAC", at=20, alphabet="rna", scrambles=1),
        lambda _: sd.mutants(IUPAC, at=20),
    ],
    "kmers": [
        lambda _: sd.kmers(3, at=np.array(20)),
        lambda _: sd.kmers(np.int64(2), at=7, gap=3, strand="both"),
        lambda _: sd.kmers(2, at=7, alphabet="rna", scrambles=1),
        lambda _: sd.kmers(["GATT", "ACG"], at=range(3, 9), strand="both", scrambles=2),
        lambda _: sd.kmers(["GATT", PLAIN, MATRIX], at=iter([9, 3]), scrambles=1),
        lambda _: sd.kmers([PLAIN, sd.Motif.from_string("GATTACA", "twin"), IUPAC], at=2),
        lambda _: sd.kmers(np.array(["GATT", "ACG"]), at=np.array([3, 8])),
    ],
    "copies": [
        lambda _: sd.copies("GATTACA", [2, 14, 27, 38]),
        lambda _: sd.copies(MATRIX, at=iter((0, 10, 20)), sample=True, scrambles=1),
    ],
    "spacing": [
        lambda _: sd.spacing("GATTACA", "CCGGT", range(0, 6), at=10, strand=["++", "+-"], orders=("AB", "BA")),
        lambda _: sd.spacing(MATRIX, "CCGGT", gaps=(gap for gap in (4, 0)), at=0, sample=True, scrambles=1),
        lambda _: sd.spacing("UGCAUG", second="UGCAUG", gaps=[-2, 1], at=3),
    ],
    "interaction": [
        lambda _: sd.interaction(["GATTACA", "CCGGT", "TTA"], at=[10, 30, 40]),
        lambda _: sd.interaction((MATRIX, "CCGGT"), at=np.array([10, 30]), sample=True, scrambles=1),
        lambda _: sd.interaction(["GAT", "GAT", "CC", "CA"], at=range(0, 40, 10)),
    ],
    "flanks": [
        lambda _: sd.flanks("NGN", at=3),
        lambda _: sd.flanks("TGANTCA", at=20, left=1, right=1),
        lambda _: sd.flanks(IUPAC, 4, alphabet="rna"),
    ],
    "swap": [
        lambda _: sd.swap("GATTACA", ["CCGGTTA", "TTTTAAA", MATRIX], at=20),
        lambda _: sd.swap(MATRIX, ["CCGGTTA"], 20, sample=True),
    ],
    "gc_context": [
        lambda _: sd.gc_context("GATTACA", at=20),
        lambda _: sd.gc_context(PLAIN, 20, patch=4, left_at=2, right_at=40, scrambles=1),
    ],
    "gc_scan": [
        lambda _: sd.gc_scan("GATTACA", at=20, patch_at=range(0, 50, 5), patch=4),
        lambda _: sd.gc_scan("GAUUACA", 20, iter([3, 40])),
    ],
    "controls": [
        lambda _: sd.controls("GATTACA", at=9, scrambles=20, positive="CACGTG", flanks=2),
        lambda _: sd.controls("GATTACA", at=9, scrambles=0, kmers=0),
        lambda _: sd.controls(MATRIX, 9, scrambles=2, kmers=2, positive=PLAIN),
    ],
    "mutagenesis": [
        lambda _: sd.mutagenesis(["GATTACA", "GATTTCA"], start=1),
        lambda _: sd.mutagenesis(NAMED, stop=3),
        lambda _: sd.mutagenesis(CODES, start=2, stop=np.int64(4)),
        lambda _: sd.mutagenesis(text for text in ["GAUUACA"]),
        lambda _: sd.mutagenesis(sd.Sequences.from_strings(["GACACA"], sd.RNA)),
        lambda _: sd.mutagenesis(sd.Sequences.from_codes(np.array([[0, 1, 3, 4, 4]]))),
        lambda folder: sd.mutagenesis(fasta(folder), start=1, stop=4),
        lambda folder: sd.mutagenesis(sd.read_sequences(genome(folder), sd.DNA, n="sample", rng=3), stop=2),
        lambda folder: sd.mutagenesis(fasta(folder)[:2], start=1, stop=4),
    ],
    "pairwise_mutagenesis": [
        lambda _: sd.pairwise_mutagenesis(["GATTACA"]),
        lambda _: sd.pairwise_mutagenesis(NAMED, start=3, stop=6),
    ],
    "occlude": [
        lambda _: sd.occlude(LETTERS, "GATTACA", number=2, replicates=2),
        lambda _: sd.occlude(NAMED, SITES, replicates=2, by=["CCGG", MATRIX], window=8),
        lambda _: sd.occlude(NAMED, sd.find_sites(NAMED, "GATTACA"), replicates=1),
        lambda _: sd.occlude(CODES, PLAIN, replicates=1, by=iter(["CCG"])),
        lambda folder: sd.occlude(fasta(folder), "GATTACA", replicates=1),
    ],
    "transplant": [
        lambda _: sd.transplant(NAMED[:1], "GATTACA", flank=1),
        lambda _: sd.transplant(NAMED[np.array([0, 2])], SITES),
    ],
    "variants": [
        lambda _: sd.variants(VARIANTS, NAMED),
        lambda folder: sd.variants(table(folder, "v.csv", VARIANTS), NAMED, indels="drop"),
        lambda folder: sd.variants(str(table(folder, "v.csv", VARIANTS)), sequences=genome(folder), length=8),
        lambda folder: sd.variants(VARIANTS, str(genome(folder)), length=np.int64(8), unknown="drop", symbolic="drop"),
        lambda folder: sd.variants(VARIANTS, str(genome(folder)), length=8, anchor="center", bad="skip"),
    ],
    "haplotypes": [
        lambda _: sd.haplotypes(HAPLOTYPES, NAMED),
        lambda folder: sd.haplotypes(table(folder, "h.csv", HAPLOTYPES), NAMED, group="phase", bad="skip"),
        lambda folder: sd.haplotypes(HAPLOTYPES, str(genome(folder)), length=np.int64(12), anchor="right"),
    ],
    "hairpin": [
        lambda _: sd.hairpin("GCUGG", 18, core=[1, 5]),
        lambda _: sd.hairpin("GCUGG", at=18, stem=7, loop=8, offset=1, accept=0.5, tries=9, temperature=25),
    ],
    "hairpin_series": [
        lambda _: sd.hairpin_series("GCUGG", 18, "stem", range(4, 9), core=(1, 5)),
        lambda _: sd.hairpin_series("GCUGG", at=18, vary="offset", levels=iter([0, 2])),
    ],
    "compensatory": [
        lambda _: sd.compensatory("GCUGG", at=18),
        lambda _: sd.compensatory("GCUGG", 18, broken=2, accept=np.float64(0.5)),
    ],
    "design_from_table": [
        lambda _: sd.design_from_table(ARMS, contrasts={"second adds": {"pair": 1, "first": np.float64(-1)}}),
        lambda _: sd.design_from_table(ARMS, contrasts=WEIGHTS, question="What is it?"),
        lambda folder: sd.design_from_table(table(folder, "arms.csv", ARMS)),
        lambda folder: sd.design_from_table(
            str(table(folder, "arms.csv", ARMS)), contrasts=table(folder, "w.csv", WEIGHTS)
        ),
    ],
}  # fmt: skip
"""Experiment to calls of it. Each is made from a folder that files can be written to."""

EACH = [(name, number) for name, calls in CALLS.items() for number in range(len(calls))]


def restricted(design: sd.Design) -> sd.Design:
    """Two of its contrasts."""
    return design.restricted(design.contrasts[1:3])


def contents(design: sd.Design) -> tuple[object, ...]:
    """All that makes designs equal: arms, contrasts, levels, question, sequences; not the call that made them."""
    own = design.own_sequences
    letters = () if own is None else (own.codes.tolist(), own.lengths.tolist(), own.alphabet, own.names)
    record = to_record(design)
    return {name: value for name, value in record.items() if name != "call"}, design.factors, letters
