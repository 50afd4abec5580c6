"""Rows of the fault table: sequences and their files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from faults.table import (
    FASTA,
    FROM_FILE,
    UNIFORM,
    ZOO,
    Fault,
    ask,
    cli,
    fasta,
    lab,
    went_well,
)

import seqdo as sd


def filled_with_any_letter(folder: Path) -> bool:
    """400 N: each letter 100 times ± 9 (SD), the same by the same seed."""
    text = ">a\n" + "N" * 400 + "\n"
    first, again, other = (fasta(folder, text, n="sample", rng=seed).codes[0] for seed in (0, 0, 1))
    shares = np.bincount(first, minlength=4)
    return (first == again).all() and (first != other).any() and shares.min() > 60 and len(shares) == 4


def read_as_rna(folder: Path) -> bool:
    """A file of RNA with T is read as asked, and the record says so."""
    spec = {UNIFORM: "{kind: natural, sequences: x.fa, t_as_u: true}"}
    body = "return sd.planted.additive({'ACG': 1.0}, length=60, alphabet=sd.RNA)"
    done = lab(folder, body, spec | ask(experiment="embed", pattern="ACG", at=2), x_fa=FASTA)
    return went_well(done) and "t_as_u: true" in (folder / "out" / "study.yaml").read_text(encoding="utf-8")


ROWS = [
    Fault(
        "SEQ-03 T in RNA",
        lambda d: fasta(d, ">a\nACGTACGT\n", alphabet=sd.RNA),
        ("x.fa", "record 'a' has a T at position 3", "alphabet=sd.DNA", "t_as_u=True"),
    ),
    Fault(
        "SEQ-03 cli",
        lambda d: cli(d, ZOO | FROM_FILE, x_fa=">a\nACGTACGT\n"),
        ("'a' has a T at position 3",),
        needs="torch",
    ),
    Fault("SEQ-03 declared", read_as_rna, check=bool),
    Fault("SEQ-04 default", lambda d: fasta(d, ">a\nACGNNNNT\n"), ("'a' 4 (50.00%)", 'n="drop"', 'n="sample"')),
    Fault("SEQ-04 strings", lambda d: sd.Sequences.from_strings(["ACGNNNNT"]), ("'N' at position 3", "4 such letters")),
    Fault("SEQ-04 policy", lambda d: fasta(d, ">a\nAN\n", n="A"), ("n='A'", "drop")),
    Fault("SEQ-04 sample", filled_with_any_letter, check=bool),
    Fault("SEQ-04 cli", lambda d: cli(d, FROM_FILE, x_fa=">a\nACGNNNNT\n"), ("x.fa", "'a' 4 (50.00%)", "n: drop")),
    Fault(
        "SEQ-04 cli, drop",
        lambda d: cli(d, {UNIFORM: "{kind: natural, sequences: x.fa, n: drop}"}, x_fa=FASTA + ">n\n" + "N" * 60),
        check=lambda done: went_well(done, "1 of 81 sequences have an N and were left out"),
    ),
    Fault("SEQ-08", lambda d: fasta(d, ">a\n>b\nACGT\n"), ("x.fa", "record 'a' is empty (length 0)")),
    Fault("SEQ-08 cli", lambda d: cli(d, FROM_FILE, x_fa=">a\n>b\nACGT\n"), ("record 'a' is empty (length 0)",)),
    Fault("SEQ-16", lambda d: fasta(d, ">a x\nACGT\n>a y\nTTTT\n"), ("records 1 and 2", "'a'")),
    Fault("SEQ-16 names", lambda d: sd.Sequences.from_strings(["A", "C"], names=["a", "a"]), ("'a'", "unique")),
    Fault("SEQ-16 cli", lambda d: cli(d, FROM_FILE, x_fa=">a x\nACGT\n>a y\nTTTT\n"), ("records 1 and 2", "'a'")),
]
