"""Rows of the fault table: estimates, margins, verdicts and ensembles."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
from faults.table import (
    NULL,
    READS,
    Fault,
    adenines,
    cli,
    effects,
    lab,
    model,
    net,
    notes,
    row,
    warned,
    went_well,
)

import seqdo as sd
from seqdo.effects.statistics.interval import interval
from seqdo.effects.statistics.verdicts import verdicts

TWELVE = sd.embed("GGGGGGGGGGGG", at=5)


ROUNDED = np.where(np.arange(30) % 2, -0.03, np.nextafter(-0.03, 0))
"""Thirty times −0.03, but for the last bit."""


def twice(_: Path) -> Any:
    first = net()
    return model([first, copy.deepcopy(first)])


def constant(value: float) -> sd.Model:
    """The effect of the pattern GGGGGGGGGGGG at 5 is this, on every background."""
    return model(lambda x: value * x[:, 2, 5:17].all(1), outputs=["y"])


def rare(share: int, size: float = 1.0) -> sd.Model:
    """An effect in one of 4^share backgrounds: those that begin with so many A."""
    return model(lambda x: size * (x[:, 2, 5:17].all(1) & x[:, 0, :share].all(1)), outputs=["y"])


def simulated(deltas: np.ndarray, margin: float, n: int) -> np.ndarray:
    """Verdicts on (replicates, n) contrasts."""
    found, guarded = interval(deltas[:, None], 1.0)
    low, high = found.bounds(0.95)
    return verdicts(low, high, np.full(len(deltas), margin), n, guarded.safe)


def rare_never_absent(_: Path) -> bool:
    """STA-04's and STA-07's populations: 1 in 20 at the margin, n = 20; a 10-SD response in 2 %, n = 100."""
    rng = np.random.default_rng(0)
    gated = np.where(rng.random((2000, 20)) < 0.05, 20.0, 0.0)
    spikes = rng.normal(size=(2000, 100)) + 10 * (rng.random((2000, 100)) < 0.02)
    return not any((simulated(*one) == "absent").any() for one in ((gated, 1.0, 20), (spikes, 0.5, 100)))


def quiet_on_ties(_: Path) -> bool:
    found, said = warned(lambda: effects(rare(2), made=TWELVE, n=200))
    return not said and found.table["flag"].str.contains("rare response").all() and found.table["p"].notna().all()


def scales_apart(_: Path) -> bool:
    both = effects(model([adenines, lambda x: 100 * x[:, 1].sum(1)]))
    alike = effects(model([adenines, lambda x: x[:, 1].sum(1)]))
    return notes(both, "Members differ in scale", "lambda 1") and not notes(alike, "scale")


def dropped(_: Path) -> Any:
    outcomes = sd.run(sd.embed("GATTACA", at=20), model(), NULL, n=10, rng=0)
    outcomes.y.loc[{"background": 3, "arm": "GATTACA@20"}] = np.nan
    return sd.estimate(outcomes)


def looked_log_is_kept(_: Path) -> bool:
    """STA-20: the looks are recorded, and the interval is wider than one look's would be."""
    outcomes = sd.run(TWELVE, rare(1), NULL, n=1000, rng=0, until=sd.half_width(0.15))
    looks = outcomes.provenance["until"]["looks"]
    found = sd.estimate(outcomes, margin=0.1).table.loc[0]
    return [n for n, _ in looks] == list(range(100, found["n"] + 1, 100)) and found["high"] - found["low"] > 4 * found[
        "se"
    ]


def multiplied(_: Path) -> bool:
    """STA-22: effects that multiply do not add, and a log would remove it."""
    product = model(lambda x: np.exp(1.0 * x[:, 2, 5:9].all(1) + x[:, 2, 15:19].all(1) + 0.1 * x[:, 0].sum(1)))
    pair = effects(product, made=sd.interaction(["GGGG", "GGGG"], at=[5, 15]), n=300)
    row = pair.table["contrast"] == "interaction"
    return (pair.table["verdict"][row] == "present").all() and (
        pair.scales["interaction"][row] == "removable by log"
    ).all()


def grey_where_any_word_does(folder: Path) -> bool:
    """STA-23: scrambles' own p are far from uniform, and the motif no farther: the page shows its verdict grey."""

    def any_word(x: np.ndarray) -> np.ndarray:
        of_word = 7 * (x[:, :, 20:27] * np.arange(28).reshape(4, 7) ** 2).sum((1, 2))
        return np.sin(of_word) + 0.3 * x[:, 1, :12].mean(1) * np.cos(of_word)

    found = effects(model(any_word, outputs=["y"]), made=sd.controls("GATTACA", at=20, scrambles=40, kmers=0), n=50)
    text = sd.report(found, folder / "report.html").read_text(encoding="utf-8")
    row = found.calibration.loc[0]
    return row["ks_p"] <= 0.001 and not row["calibrated"] and 'class="v present doubted"' in text


ROWS = [
    Fault(
        "STA-01",
        lambda d: row(constant(0.0), made=TWELVE, n=400, margin=1.0),
        check=lambda a: (
            a["estimate"] == 0 and a["p"] == 1 and "constant" in a["flag"] and a["verdict"] == "inconclusive"
        ),
    ),
    Fault(
        "STA-01 cli",
        lambda d: lab(d, f"return sd.wrap(lambda x: np.ones(len(x)), {READS})"),
        check=lambda done: went_well(done, "inconclusive"),
    ),
    Fault(
        "STA-02",
        lambda d: effects(constant(5.0), made=TWELVE, n=400, margin=1.0),
        check=lambda e: (
            e.table.loc[0, "estimate"] == 5 and np.isnan(e.table.loc[0, "p"]) and notes(e, "identical in all n = 400")
        ),
    ),
    Fault(
        "STA-03",
        lambda d: row(rare(3), made=TWELVE, n=640, margin=0.5),
        check=lambda a: "rare response" in a["flag"] and a["verdict"] != "absent",
    ),
    Fault(
        "STA-03 only zeros",
        lambda d: row(rare(6), made=TWELVE, n=30, margin=0.5),
        check=lambda a: "constant" in a["flag"] and a["verdict"] == "inconclusive",
    ),
    Fault("STA-04 STA-07", rare_never_absent, check=bool),
    Fault(
        "STA-06",
        lambda d: interval(ROUNDED[None, None], 1.0),
        check=lambda found: (
            found[1].flag[0] == "constant" and np.isnan(found[0].p[0]) and found[0].half_width(0.95)[0] > 0.05
        ),
    ),
    Fault(
        "STA-07 note",
        lambda d: effects(model(), n=100),
        check=lambda e: notes(e, "fewer than 3/n = 0.03 of backgrounds is not excluded"),
    ),
    Fault("STA-09", quiet_on_ties, check=bool),
    Fault(
        "STA-12 0", lambda d: effects(model(), margin=0.0), check=lambda e: notes(e, "only be present or inconclusive")
    ),
    Fault("STA-12 negative", lambda d: effects(model(), margin=-1.0), ("margin=-1", "0 or a positive number")),
    Fault(
        "STA-12 missing",
        lambda d: effects(model()),
        check=lambda e: notes(e, "Margin of output: 0.1 × the SD of", f"{e.margins['output'].value:.4g}"),
    ),
    *[
        Fault(f"STA-12 cli {bad}", lambda d, bad=bad: cli(d, {"seed: 0": f"margin: {bad}"}), ("line 4, margin",))
        for bad in ("-1", ".inf", ".nan", "true", "big")
    ],
    Fault("STA-12 cli 1e-3", lambda d: cli(d, {"seed: 0": "margin: 1e-3"}), check=went_well),
    Fault("STA-13", lambda d: effects(model(), margin=(1, -1)), ("margin=(1, -1)", "half the width")),
    Fault("STA-13 cli", lambda d: cli(d, {"seed: 0": "margin: [1, -1]"}), ("line 4, margin", "[1, -1]")),
    Fault(
        "STA-15",
        lambda d: effects(model()),
        check=lambda e: notes(e, "Conditional on this one model") and "one model" in e.table.loc[0, "flag"],
    ),
    Fault("STA-17 net", twice, ("`Sequential 0` and `Sequential 1`", "sha256"), needs="torch"),
    Fault(
        "STA-17",
        lambda d: model([adenines, lambda x: adenines(x)]),
        ("`adenines 0` and `lambda 1`", "the same predictions"),
    ),
    Fault(
        "STA-17 cli",
        lambda d: lab(d, f"f = lambda x: x[:, 0].sum(1)\n    return sd.wrap([f, f], {READS})"),
        ("`lambda 0` and `lambda 1`",),
    ),
    Fault("STA-18", lambda d: model([adenines, lambda x: x[:, :2].sum(2)]), ("`adenines 0` has 1", "`lambda 1` has 2")),
    Fault("STA-18 scales", scales_apart, check=bool),
    Fault("STA-20", looked_log_is_kept, check=bool),
    Fault("STA-22", multiplied, check=bool),
    Fault("STA-23", grey_where_any_word_does, check=bool),
    Fault("STA-24", dropped, ("arm GATTACA@20 on background 3", "every arm needs")),
    Fault("STA-24 n", lambda d: effects(model(), n=70).table["n"], check=lambda n: (n == 70).all()),
]
