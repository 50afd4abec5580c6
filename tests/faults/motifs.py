"""Rows of the fault table: motifs, their files and their scrambles."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from faults.table import (
    Fault,
    ask,
    cli,
    effects,
    model,
    warned,
    went_well,
    written,
)

import seqdo as sd
from seqdo.motifs.scramble import scrambles

MEME = "MEME version 4\nMOTIF m\nletter-probability matrix: alength= 4 w= 1\n {}\n"
MOTIF = {"pattern: GATTACA": "pattern: {motif: m, file: m.meme}"}
BIG = np.array([[8, 0, 0, 0], [0, 8, 0, 0], [0, 0, 0, 8], [0, 0, 8, 0]])


def never_the_motif(_: Path) -> bool:
    """A thousand draws: none agrees with the motif or its reverse complement in more than 84 % of letters."""
    motif = sd.Motif.from_string("GATTACA")
    same = np.array([list(motif.text), list(motif.reverse_complement().text)])
    texts = np.array([list(one.text) for seed in range(20) for one in scrambles(motif, 50, rng=seed)])
    return len(texts) == 1000 and (texts[:, None] == same).mean(2).max() <= 0.84


ROWS = [
    *[
        Fault(
            f"MOT-08 {bad}",
            lambda d, bad=bad: sd.Motif("m", np.array([[0, 1, 0, 0], [0.5, 0.2, bad, 0.3]])),
            ("motif m", f"{bad} for G at position 1"),
        )
        for bad in (-0.1, np.nan, np.inf)
    ],
    *[
        Fault(
            f"MOT-08 counts {bad}",
            lambda d, bad=bad: sd.Motif.from_counts("m", np.array([[0, bad, 0, 9.0]] * 3)),
            ("motif m", f"{bad} for C at position 0"),
        )
        for bad in (-1.0, np.nan, np.inf)
    ],
    Fault(
        "MOT-08 cli",
        lambda d: cli(d, MOTIF, m_meme=MEME.format("0.5 -0.1 0.3 0.3")),
        ("m.meme, line 2", "-0.1 for C at position 0"),
    ),
    Fault("MOT-09", lambda d: sd.Motif("m", np.array([[1.2, -3, -2, 0.1]] * 5)), ("log-odds", "Motif.from_pwm")),
    Fault(
        "MOT-09 counts", lambda d: sd.Motif.from_counts("m", np.array([[1.2, -3, -2, 0.1]] * 5)), ("Motif.from_pwm",)
    ),
    Fault("MOT-10 either", lambda d: sd.Motif("m", np.eye(4)[[0, 2, 3, 1]]), ("4 x 4", "axis=1")),
    Fault("MOT-10 counts", lambda d: sd.Motif.from_counts("m", BIG + np.eye(4)[[1, 2, 3, 0]]), ("4 x 4", "axis=0")),
    Fault("MOT-10 transposed", lambda d: sd.Motif("m", np.eye(4)[[0, 2, 3, 1, 1]].T), ("(4, 5)", "matrix.T")),
    Fault(
        "MOT-13",
        lambda d: warned(
            lambda: sd.read_motifs(written(d / "m.meme", MEME.format("1 0 0 0") + MEME.format("0 1 0 0")[15:]))
        ),
        check=lambda found: (
            [(one.name, one.text) for one in found[0]] == [("m", "A"), ("m.2", "C")] and "named m" in found[1]
        ),
    ),
    Fault(
        "MOT-13 cli",
        lambda d: cli(d, MOTIF, m_meme=MEME.format("1 0 0 0") + MEME.format("0 1 0 0")[15:]),
        check=lambda done: went_well(done, "more than one motif is named m"),
    ),
    Fault("MOT-15", never_the_motif, check=bool),
    Fault("MOT-15 none", lambda d: sd.embed("AAAA", at=3, scrambles=2), ("AAAA", "no order", "swap(")),
    Fault(
        "MOT-16",
        lambda d: effects(model(), sd.orientation("CACGTG", at=20)).table.set_index("contrast").loc["asymmetry"],
        check=lambda a: (a["estimate"], a["p"], a["verdict"]) == (0, 1, "absent") and "palindrome" in a["flag"],
    ),
    Fault(
        "MOT-16 cli",
        lambda d: cli(d, ask(experiment="orientation", pattern="CACGTG", at=20)),
        check=lambda done: went_well(done, "(palindrome:"),
    ),
]
