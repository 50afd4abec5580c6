"""Rows of the fault table: positions and designs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from faults.table import (
    FROM_FILE,
    REAL,
    ZOO,
    Fault,
    after,
    ask,
    cli,
    contrast,
    effects,
    model,
    warned,
    went_well,
)

import seqdo as sd
from seqdo.sequences.edit import apply

BOTH_EMBEDS = "GATT at 10 and GATT at 10 overlap"
GAP_TWICE = {"first": "GATT", "second": "CCG", "gaps": [5, 5, 7], "at": 3}


def apply_twice(_: Path) -> Any:
    edit = sd.Edit("GATT", sd.DNA.encode("GATT"), 10)
    return apply(sd.Sequences.from_strings(REAL), [edit, edit])


ROWS = [
    Fault("POS-05", lambda d: sd.interaction(["GATT", "GATT"], at=[10, 10]), (BOTH_EMBEDS,)),
    Fault("POS-05 edits", apply_twice, (BOTH_EMBEDS,)),
    Fault(
        "POS-05 cli",
        lambda d: cli(d, ask(experiment="interaction", patterns=["GATT", "GATT"], at=[10, 10])),
        (BOTH_EMBEDS,),
    ),
    Fault("POS-08", lambda d: after(REAL[:5], np.array([1, 2, 3])), ("3 starts for 5 sequences",)),
    Fault("POS-08 one", lambda d: after(REAL[:5], np.array([1])), ("1 starts for 5 sequences",)),
    Fault("POS-08 floats", lambda d: after(REAL[:2], np.array([1.0, 2.0])), ("start=", "whole number")),
    Fault(
        "POS-09",
        lambda d: effects(model(pad="right"), sd.embed("GATT", at=50), null=[REAL[0], REAL[1][:52]], n=None),
        ("GATT at 50", "length 52", "in 1 of 2 sequences"),
    ),
    Fault(
        "POS-09 cli",
        lambda d: cli(
            d,
            ZOO | FROM_FILE | {"n: 64": "n: 2"} | ask(experiment="embed", pattern="ACGA", at=30),
            x_fa=">a\n" + "ACGA" * 10 + "\n>b\n" + "ACGA" * 8 + "\n",
        ),
        ("ACGA at 30", "length 32", "in 1 of 2 sequences"),
        needs="torch",
    ),
    Fault("DES-03", lambda d: sd.spacing(**GAP_TWICE), ("`gaps` holds 5 twice",)),
    Fault("DES-03 starts", lambda d: sd.positions("GAT", at=[3, 10, 10]), ("`at` holds 10 twice",)),
    Fault("DES-03 cli", lambda d: cli(d, ask(experiment="spacing", **GAP_TWICE)), ("`gaps` holds 5 twice",)),
    Fault(
        "DES-05",
        lambda d: warned(lambda: effects(model(), sd.kmers(["GAT", "gat"], at=20))),
        check=lambda found: (
            "'GAT@20' and 'gat@20' make the same edit" in found[1] and np.ptp(found[0].table["estimate"]) == 0
        ),
    ),
    Fault(
        "DES-05 cli",
        lambda d: cli(d, ask(experiment="kmers", patterns=["GAT", "gat"], at=20)),
        check=lambda done: went_well(done) and done.err.count("make the same edit") == 1,
    ),
    Fault("DES-06 sum", lambda d: contrast({"GATT": 1.0, "none": -0.5}), ("contrast mine", "0.5", "sum to 0")),
    Fault("DES-06 zero", lambda d: contrast({"GATT": 0.0, "none": 0.0}), ("contrast mine", "not all 0")),
    Fault("DES-06 NaN", lambda d: contrast({"GATT": np.nan, "none": -1.0}), ("contrast mine", "not a number")),
    Fault(
        "DES-06 arm",
        lambda d: contrast({"GATT": 1.0, "nome": -1.0}),
        ("contrast mine", "'nome'", "Did you mean 'none'?"),
    ),
    Fault(
        "DES-11",
        lambda d: sd.swap("GATTACA", ["CCGGTTAACC"], at=9),
        check=lambda made: "CCGGTTAACC (10)" in made.question and "CCGGTTAACC@7" in made.arms,
    ),
    Fault(
        "DES-11 cli",
        lambda d: cli(d, ask(experiment="swap", pattern="GATTACA", controls=["CCGGTTAACC"], at=0)),
        ("CCGGTTAACC at -2", "begin before"),
    ),
    Fault(
        "DES-12 wider",
        lambda d: sd.occlude(["GATTACA"], pd.DataFrame({"sequence": [0], "start": [2], "stop": [9]})),
        ("from 2 to 9", "length 7"),
    ),
    Fault(
        "DES-12 zero",
        lambda d: sd.occlude(["GATTACA"], pd.DataFrame({"sequence": [0], "start": [2], "stop": [2]})),
        ("from 2 to 2", "start < stop"),
    ),
    Fault("DES-12 whole", lambda d: sd.occlude(["GATTACA"], "GATTACA"), ("`sites` cover all 7 positions",)),
]
