"""Ours against stored figures of R, Stata, scipy, statsmodels and astropy (C14): verification/references/README.md."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.append(str(Path(__file__).parents[2]))  # verification/ is beside the package and is not installed

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


def named(found, level):
    """What an interval says, by the names that entries use."""
    low, high = found.bounds(level)
    parts = {"estimate": found.estimate, "se": found.se, "df": found.df, "p": found.p, "low": low, "high": high}
    return {name: float(np.squeeze(part)) for name, part in parts.items()} | {"t": float(found.estimate / found.se)}


def difference(data):
    return data["first"] - data["second"]


def of_pairs(data, make, level=0.95):
    return named(paired(difference(data)), level)


def of_equivalence(data, make, margin):
    """A one-sided p is half of the two-sided one, or the rest, of values that are shifted by the margin."""
    x = difference(data)
    above, below = (paired(x + side * margin) for side in (1, -1))
    sides = [float(one.p / 2 if side * one.estimate > 0 else 1 - one.p / 2) for one, side in ((above, 1), (below, -1))]
    low, high = paired(x).bounds(0.95)
    said = verdicts(low, high, np.array(margin), ABSENT_NEEDS, np.array(True)).item()
    return {"p above": sides[0], "p below": sides[1], "p": max(sides), "equivalent": said in ("absent", "negligible")}


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
    """Slopes are for one SD of the number; of ``unit`` if they are to be for so much of it."""
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
    vars(wave)["periods"] = np.array(periods or [period])  # those that were asked, and not those it would look at
    found = {"coefficients": wave.coefficients(curve[:, None])[:, 0], "power": wave.power(curve).item(0)}
    plain = Wave(places, period)
    vars(plain).update(periods=wave.periods, trend=np.full((len(places), 1), len(places) ** -0.5))
    return found | {"power beside a constant": plain.power(curve)}


def of_bands(data, make, level):
    return {"standard errors": critical(data["rows"], level)}


def of_independent_points(data, make, points, n, level):
    """Cosines of whole waves are independent of one another: their products add up to 0."""
    values = np.cos(2 * np.pi * np.outer(np.arange(1, points + 1), np.arange(n)) / n)
    return {"standard errors": np.quantile(largest(values), level)}


def of_ratios(data, make):
    interaction = Contrast("interaction", {"arm 3": 1.0, "arm 1": -1.0, "arm 2": -1.0, "none": 1.0})
    outcomes = make(data["arms"].T[None, :, :, None], [interaction])
    return estimate(outcomes).scales.iloc[0].to_dict()


def of_numbers(data, make, sd, reach, level, chance, to=None):
    one = np.ones(1)
    return {"n": needed(Spread(sd * one, 0 * one, 1, 0 * one), reach * one, level, chance).item()}


OURS = {
    "paired": of_pairs, "tost": of_equivalence, "adjust": of_families, "hotelling": of_several, "crossed": of_members,
    "regressed": of_regressions, "sets": of_sets, "wave": of_waves, "band": of_bands,
    "largest": of_independent_points, "ratio": of_ratios, "needed": of_numbers,
    "skewness": lambda data, make: {"skew": float(skewness(difference(data))[0])},
}  # fmt: skip


def ours(entry, make, make_effect):
    data = {key: np.asarray(one) for key, one in REFERENCES["data"].get(entry["data"], {}).items() if key != "source"}
    found = OURS[entry["topic"]](data, make_effect if entry["topic"] == "crossed" else make, **entry["given"])
    return np.asarray(found[entry["quantity"]], np.float64)


def slack(entry):
    """1e-10 of a whole float64; half a unit of the last digit that was printed."""
    theirs = np.abs(np.asarray(entry["value"], np.float64))
    if entry["tolerance"]:
        return entry["tolerance"]
    return 1e-10 * theirs if entry["digits"] is None else 0.5 * 10.0 ** -entry["digits"] * (1 + 1e-6)


def agrees(entry, found):
    theirs = np.asarray(entry["value"], np.float64)
    if entry["given"].get("to") == "next whole number":
        return found == np.ceil(theirs)
    return bool((np.abs(found - theirs) <= slack(entry)).all())


@pytest.mark.parametrize("entry", REFERENCES["entries"], ids=NAMES)
def test_ours_is_theirs(entry, make, make_effect):
    found = ours(entry, make, make_effect)
    assert agrees(entry, found), f"ours {found}, theirs {entry['value']}, {entry['source']}"


@pytest.mark.parametrize("entry", REFERENCES["entries"], ids=NAMES)
def test_a_row_fails_where_the_stored_figure_is_another(entry, make, make_effect):
    """By twice what it may be off, up and down; a truth value is turned, a whole number is the next but one."""
    found, value = ours(entry, make, make_effect), entry["value"]
    for side in (-1, 1):
        far = 1.0 if entry["topic"] == "needed" else 2.001 * np.max(slack(entry))
        other = not value if isinstance(value, bool) else (np.asarray(value) + side * far).tolist()
        assert not agrees(entry | {"value": other}, found)


def test_every_question_has_figures_and_every_figure_its_source():
    """Those of C14; seqdo makes no BCa interval, and no exact interval of a share."""
    entries = REFERENCES["entries"]
    assert {entry["topic"] for entry in entries} == set(OURS)
    assert len(set(NAMES)) == len(NAMES)
    printed = [entry for entry in entries if not entry["computed"]]
    assert {entry["topic"] for entry in printed} == set(OURS) - {"sets", "wave", "band", "largest", "ratio", "skewness"}
    assert all("https://" in entry["source"] for entry in printed)
    assert all(math.isfinite(number) for entry in entries for number in np.ravel(entry["value"]))


def test_equivalence_is_asked_on_both_sides_of_its_limit():
    """At 2.5 % on each side, on data whose 95 % interval holds 0 and on data where it does not."""
    for data in ("sleep", "clinic var1"):
        said = {
            entry["given"]["margin"]: entry["value"] for entry in REFERENCES["entries"]
            if entry["data"] == data and entry["quantity"] == "equivalent"
        }  # fmt: skip
        assert list(said.values()) == [False, False, True, True]
        low, high = paired(difference({key: np.array(REFERENCES["data"][data][key]) for key in PAIRS})).bounds(0.95)
        limit = max(abs(low), abs(high))
        assert all((margin > limit) == equivalent for margin, equivalent in said.items())
        assert (low < 0 < high) == (data == "clinic var1")


# The script beside the file


def altered(what, tmp_path):
    references = json.loads(STORED.read_text("utf-8"))
    what(references["data"], {entry["name"]: entry for entry in references["entries"]}, references["entries"])
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
def anew():
    from verification.references import make

    return json.loads(make.written(make.made()))


def test_the_file_is_what_the_script_makes(anew):
    from verification.references import make

    assert list(make.differences(REFERENCES, anew)) == []


@pytest.mark.parametrize("what", CHANGES)
def test_the_check_tells_a_file_that_was_altered(what, anew, tmp_path, monkeypatch, capsys):
    from verification.references import make

    monkeypatch.setattr(make, "made", lambda: anew)
    assert make.main(["--check", "--file", str(altered(what, tmp_path))]) == 1
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_the_check_passes_what_was_written(anew, tmp_path, monkeypatch):
    from verification.references import make

    monkeypatch.setattr(make, "made", lambda: anew)
    file = tmp_path / "again.json"
    assert make.main(["--file", str(file)]) == 0
    assert make.main(["--check", "--file", str(file)]) == 0
    assert json.loads(file.read_text("utf-8")) == anew
