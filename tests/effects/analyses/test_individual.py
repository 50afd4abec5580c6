"""Individual effects: the contrasts of each background, and what members make of their spread."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

import seqdo as sd
from seqdo.effects.analyses import individual as module
from seqdo.effects.analyses.individual import individual
from seqdo.effects.statistics.contrast import contrast_values
from seqdo.errors import InputError

NAMED = sd.Sequences.from_strings(["ACGT", "CCCC", "GATG"], sd.DNA, ["a", "b", "c"])


def model(members, outputs=1):
    def one(member):
        weights = np.random.default_rng(member).normal(size=(4, 4, outputs))
        return lambda codes: weights[np.arange(4), codes].sum(1) ** 2

    names = [f"y{i}" for i in range(outputs)]
    return sd.wrap([one(i) for i in range(members)], alphabet=sd.DNA, length=4, layout="codes", outputs=names)


def effects_of(members, outputs=1, given=NAMED, level=0.95):
    return sd.estimate(sd.run(sd.mutagenesis(given), model(members, outputs), rng=0), margin=0.1, level=level)


@pytest.mark.parametrize("level", [0.95, 0.8])
def test_each_row_is_the_contrast_on_that_background_with_students_t_over_members(level):
    effects = effects_of(5, outputs=2, level=level)
    table = individual(effects)
    assert len(table) == 4 * 2 * 3
    values = contrast_values(effects.outcomes.y, effects.outcomes.design.contrasts)
    for position, output, row in np.ndindex(4, 2, 3):
        mine = values[position, :, row, output]
        (found,) = table[
            (table["position"] == position) & (table["output"] == f"y{output}") & (table["background"] == "abc"[row])
        ].itertuples()
        low, high = stats.t.interval(level, 4, mine.mean(), stats.sem(mine))
        assert (found.estimate, found.se) == pytest.approx((mine.mean(), stats.sem(mine)))
        assert (found.low, found.high) == pytest.approx((low, high))
        assert (found.contrast, found.members, found.flag) == ("substitution", 5, "")


@pytest.mark.parametrize(("members", "flag"), [(1, "one model"), (2, "two models")])
def test_fewer_than_three_members_give_no_interval_and_say_so(members, flag):
    table = effects_of(members).individual
    assert set(table["flag"]) == {flag}
    assert table[["se", "low", "high"]].isna().all(axis=None)
    assert table["estimate"].notna().all()


def test_the_mean_over_backgrounds_is_the_table_of_effects():
    effects = effects_of(3)
    means = effects.individual.groupby("position")["estimate"].mean()
    assert means.tolist() == pytest.approx(effects.table["estimate"].tolist())


def test_rows_that_were_taken_out_of_the_table_are_left_out_and_sequences_without_names_are_numbered():
    effects = effects_of(3, given=["ACGT", "TTTT"])
    whole = effects.individual
    object.__setattr__(effects, "table", effects.table[effects.table["position"] == 2])
    part = effects.individual
    assert part["background"].tolist() == [0, 1]
    expected = whole[whole["position"] == 2]
    assert part["estimate"].tolist() == expected["estimate"].tolist()


def test_contrasts_without_a_factor_have_a_gap_there():
    effects = effects_of(3, given=["ACGT"])
    table = effects.individual
    assert table.loc[table["contrast"] == "substitution", "letter"].isna().all()
    changes = table[table["contrast"] == "change"]
    assert len(changes) == 12
    found = effects.maps.mean("model").squeeze()
    for row in changes.itertuples():
        assert row.estimate == pytest.approx(found.sel(position=row.position, letter=row.letter).item())


def test_stored_and_loaded_it_is_the_same(tmp_path):
    effects = effects_of(3)
    effects.outcomes.save(tmp_path / "kept.nc")
    again = sd.estimate(sd.Outcomes.load(tmp_path / "kept.nc"), margin=0.1)
    assert again.individual.equals(effects.individual)


def test_a_table_too_large_is_refused_with_its_size(monkeypatch):
    monkeypatch.setattr(module, "MOST_ROWS", 11)
    with pytest.raises(InputError, match="`effects` has 4 rows on 3 backgrounds, which makes 12 rows"):
        individual(effects_of(1))
