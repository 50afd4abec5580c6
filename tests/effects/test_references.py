"""seqdo compared with stored figures of R, Stata, scipy, statsmodels and astropy (C14).

See verification/references/README.md.
"""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.append(str(Path(__file__).parents[2]))  # verification/ is next to the package and is not installed

from seqdo.designs.design import Contrast
from seqdo.effects.analyses.power import Spread, needed, power
from seqdo.effects.curves.harmonic import Wave
from seqdo.effects.estimate import estimate
from seqdo.effects.heterogeneity.heterogeneity import regressed, slope_of
from seqdo.effects.statistics.band import adjusted, critical, largest
from seqdo.effects.statistics.clusters import Clusters
from seqdo.effects.statistics.hotelling import hotelling
from seqdo.effects.statistics.interval import crossed, paired, skewness
from seqdo.effects.statistics.verdicts import ABSENT_NEEDS, adjust, verdicts

STORED = Path(__file__).parents[2] / "verification" / "references" / "references.json"
REFERENCES = json.loads(STORED.read_text("utf-8"))
NAMES = [entry["name"] for entry in REFERENCES["entries"]]
PAIRS = ("first", "second")


def named(interval, level):
    """Figures of an interval, by the names in the entries."""
    low, high = interval.bounds(level)
    parts = {
        "estimate": interval.estimate,
        "se": interval.se,
        "df": interval.df,
        "p": interval.p,
        "low": low,
        "high": high,
    }
    return {name: float(np.squeeze(part)) for name, part in parts.items()} | {
        "t": float(interval.estimate / interval.se)
    }


def difference(data):
    return data["first"] - data["second"]


def of_pairs(data, make, level=0.95):
    return named(paired(difference(data)), level)


def of_equivalence(data, make, margin):
    """A one-sided p is half of the two-sided p, or 1 minus half of it, of values that are shifted by the margin."""
    x = difference(data)
    above, below = (paired(x + side * margin) for side in (1, -1))
    tests = ((above, 1), (below, -1))
    sides = [float(test.p / 2 if side * test.estimate > 0 else 1 - test.p / 2) for test, side in tests]
    low, high = paired(x).bounds(0.95)
    verdict = verdicts(low, high, np.array(margin), ABSENT_NEEDS, np.array(True)).item()
    return {
        "p above": sides[0],
        "p below": sides[1],
        "p": max(sides),
        "equivalent": verdict in ("absent", "negligible"),
    }


def of_families(data, make, method):
    p = data["p"]
    family = adjusted(p, np.empty((len(p), 50))) if method == "bonferroni" else adjust(p, np.zeros(len(p)), method)
    return {"p": family, "p in ascending order": np.sort(family)}


def of_several(data, make):
    rows = data["rows"] - data["null"][:, None]
    (k, n), (f, p) = rows.shape, hotelling(rows)
    return {"F": f, "p": p, "T2": f * k * (n - 1) / (n - k)}


def of_members(data, make):
    row = power(estimate(make(data["rows"])), half_width=1.0).iloc[0]
    return named(crossed(data["rows"]), 0.95) | {"sd of members": row["sd_members"], "sd of backgrounds": row["sd"]}


def of_regressions(data, make, unit=None):
    """Slopes for one SD of the moderator, or for ``unit`` of it."""
    effect, number = data["effect"], data["number"]
    per = 1.0 if unit is None else unit / number.std(ddof=1)
    slope, se, r2 = regressed(effect, number)
    row = slope_of(effect[None], number)
    ends = {end: row[end] * per for end in ("slope", "low", "high")}
    return ends | {"se": se * per, "r2": r2, "p": row["p"], "t": slope / se}


def of_sets(data, make):
    rows = data["rows"].T
    clusters = Clusters(rows.shape[1], len(rows), "columns", len(rows))
    return named(paired(clusters.means(rows.ravel())), 0.95)


def of_waves(data, make, period=10.5, periods=None):
    places, curve = data["places"], np.log10(data["curve"])
    wave = Wave(places, period)
    vars(wave)["periods"] = np.array(periods or [period])  # the periods of the entry, instead of the periodogram's own
    figures = {"coefficients": wave.coefficients(curve[:, None])[:, 0], "power": wave.power(curve).item(0)}
    plain = Wave(places, period)
    vars(plain).update(periods=wave.periods, trend=np.full((len(places), 1), len(places) ** -0.5))
    return figures | {"power with a constant": plain.power(curve)}


def of_bands(data, make, level):
    return {"standard errors": critical(data["rows"], level)}


def of_independent_points(data, make, points, n, level):
    """Cosines of whole waves are uncorrelated: their products add up to 0."""
    values = np.cos(2 * np.pi * np.outer(np.arange(1, points + 1), np.arange(n)) / n)
    return {"standard errors": np.quantile(largest(values), level)}


def of_ratios(data, make):
    interaction = Contrast("interaction", {"arm 3": 1.0, "arm 1": -1.0, "arm 2": -1.0, "none": 1.0})
    outcomes = make(data["arms"].T[None, :, :, None], [interaction])
    return estimate(outcomes).scales.iloc[0].to_dict()


def of_numbers(data, make, sd, reach, level, chance, to=None):
    unit = np.ones(1)
    return {"n": needed(Spread(sd * unit, 0 * unit, 1, 0 * unit), reach * unit, level, chance).item()}


ANALYSES = {
    "paired": of_pairs, "tost": of_equivalence, "adjust": of_families, "hotelling": of_several, "crossed": of_members,
    "regressed": of_regressions, "sets": of_sets, "wave": of_waves, "band": of_bands,
    "largest": of_independent_points, "ratio": of_ratios, "needed": of_numbers,
    "skewness": lambda data, make: {"skew": float(skewness(difference(data))[0])},
}  # fmt: skip


def of_seqdo(entry, make, make_effect):
    data = {
        key: np.asarray(numbers)
        for key, numbers in REFERENCES["data"].get(entry["data"], {}).items()
        if key != "source"
    }
    figures = ANALYSES[entry["topic"]](data, make_effect if entry["topic"] == "crossed" else make, **entry["settings"])
    return np.asarray(figures[entry["quantity"]], np.float64)


def slack(entry):
    """1e-10 of a float64, or half a unit of the last printed digit."""
    reference = np.abs(np.asarray(entry["value"], np.float64))
    if entry["tolerance"]:
        return entry["tolerance"]
    return 1e-10 * reference if entry["digits"] is None else 0.5 * 10.0 ** -entry["digits"] * (1 + 1e-6)


def agrees(entry, figure):
    reference = np.asarray(entry["value"], np.float64)
    if entry["settings"].get("to") == "next whole number":
        return figure == np.ceil(reference)
    return bool((np.abs(figure - reference) <= slack(entry)).all())


@pytest.mark.parametrize("entry", REFERENCES["entries"], ids=NAMES)
def test_a_figure_agrees_with_the_reference(entry, make, make_effect):
    figure = of_seqdo(entry, make, make_effect)
    assert agrees(entry, figure), f"seqdo {figure}, reference {entry['value']}, {entry['source']}"


@pytest.mark.parametrize("entry", REFERENCES["entries"], ids=NAMES)
def test_a_changed_reference_does_not_agree(entry, make, make_effect):
    """The reference is changed by twice its tolerance in both directions; a truth value is inverted."""
    figure, value = of_seqdo(entry, make, make_effect), entry["value"]
    for side in (-1, 1):
        far = 1.0 if entry["topic"] == "needed" else 2.001 * np.max(slack(entry))
        other = not value if isinstance(value, bool) else (np.asarray(value) + side * far).tolist()
        assert not agrees(entry | {"value": other}, figure)


def test_every_analysis_has_figures_and_every_figure_has_a_source():
    """All analyses of C14, without BCa intervals and exact intervals of a share, which seqdo does not compute."""
    entries = REFERENCES["entries"]
    assert {entry["topic"] for entry in entries} == set(ANALYSES)
    assert len(set(NAMES)) == len(NAMES)
    printed = [entry for entry in entries if not entry["computed"]]
    assert {entry["topic"] for entry in printed} == set(ANALYSES) - {
        "sets",
        "wave",
        "band",
        "largest",
        "ratio",
        "skewness",
    }
    assert all("https://" in entry["source"] for entry in printed)
    assert all(math.isfinite(number) for entry in entries for number in np.ravel(entry["value"]))


def test_equivalence_is_tested_on_both_sides_of_its_limit():
    """At 2.5 % on each side, for data whose 95 % interval covers 0 and for data whose interval does not."""
    for data in ("sleep", "clinic var1"):
        verdicts_by_margin = {
            entry["settings"]["margin"]: entry["value"] for entry in REFERENCES["entries"]
            if entry["data"] == data and entry["quantity"] == "equivalent"
        }  # fmt: skip
        assert list(verdicts_by_margin.values()) == [False, False, True, True]
        low, high = paired(difference({key: np.array(REFERENCES["data"][data][key]) for key in PAIRS})).bounds(0.95)
        limit = max(abs(low), abs(high))
        assert all((margin > limit) == equivalent for margin, equivalent in verdicts_by_margin.items())
        assert (low < 0 < high) == (data == "clinic var1")


# The script that writes the file


def altered(change, tmp_path):
    references = json.loads(STORED.read_text("utf-8"))
    change(references["data"], {entry["name"]: entry for entry in references["entries"]}, references["entries"])
    file = tmp_path / "references.json"
    file.write_text(json.dumps(references), "utf-8")
    return file


def a_computed_figure(data, named, entries):
    named["paired sleep se (scipy)"]["value"] *= 1 + 1e-9


def a_figure_of_a_list(data, named, entries):
    named["adjust fifteen p-values p method=by (statsmodels)"]["value"][3] *= 1 + 1e-9


def a_printed_figure(data, named, entries):
    named["paired sleep p (R t.test)"]["value"] = 0.002834


def digits(data, named, entries):
    named["paired sleep p (R t.test)"]["digits"] = 5


def a_truth(data, named, entries):
    named["tost sleep equivalent margin=2.46 (statsmodels)"]["value"] = False


def a_tolerance(data, named, entries):
    named["largest standard errors points=8 n=512 level=0.95 (statsmodels)"]["tolerance"] *= 2


def a_number_of_the_data(data, named, entries):
    data["sleep"]["first"][0] = 0.8


def an_entry_less(data, named, entries):
    entries.pop()


CHANGES = [
    a_computed_figure, a_figure_of_a_list, a_printed_figure, digits, a_truth, a_tolerance, a_number_of_the_data,
    an_entry_less,
]  # fmt: skip


@pytest.fixture(scope="module")
def current():
    from verification.references import make

    return json.loads(make.to_json(make.references()))


def test_the_file_agrees_with_the_script(current):
    from verification.references import make

    assert list(make.differences(REFERENCES, current)) == []


@pytest.mark.parametrize("change", CHANGES)
def test_the_check_reports_a_file_that_was_altered(change, current, tmp_path, monkeypatch, capsys):
    from verification.references import make

    monkeypatch.setattr(make, "references", lambda: current)
    assert make.main(["--check", "--file", str(altered(change, tmp_path))]) == 1
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_the_check_accepts_a_file_that_the_script_wrote(current, tmp_path, monkeypatch):
    from verification.references import make

    monkeypatch.setattr(make, "references", lambda: current)
    file = tmp_path / "again.json"
    assert make.main(["--file", str(file)]) == 0
    assert make.main(["--check", "--file", str(file)]) == 0
    assert json.loads(file.read_text("utf-8")) == current
