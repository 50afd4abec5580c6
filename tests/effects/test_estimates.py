"""Estimates: the numbers behind the rows of a table, filtered or not; names, factors, margins and units in it."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from seqdo.designs.design import Contrast
from seqdo.effects.columns import has_level
from seqdo.effects.estimate import estimate
from seqdo.errors import InputError


def normal(seed, *shape):
    return np.random.default_rng(seed).standard_normal(shape)


@pytest.mark.parametrize("members", [1, 3])
def test_the_values_of_a_row_are_those_its_estimate_is_the_mean_of(make, seed, members):
    contrasts = [Contrast("effect", {f"arm {i}": 1.0, "none": -1.0}, {"position": 9 - i}) for i in (1, 2, 3)]
    y = normal(seed, members, 40, 4, 2)
    effects = estimate(make(y, contrasts))
    for row, line in effects.table.iterrows():
        arm, output = 9 - line["position"], int(line["output"][1])
        values = effects.values(row)
        assert values.shape == (members, 40)
        np.testing.assert_allclose(values, y[:, :, arm, output] - y[:, :, 0, output], rtol=1e-12)
        assert line["estimate"] == pytest.approx(values.mean())
        assert (line["n"], line["members"]) == (40, members)


@pytest.mark.parametrize("row", [-1, 1])
def test_a_row_that_the_table_lacks_is_refused(make_effect, row):
    with pytest.raises(InputError, match="rows 0 to 0"):
        estimate(make_effect(np.arange(30.0))).values(row)


def test_effects_print_as_a_line_and_say_where_the_rows_are(make_effect, seed):
    effects = estimate(make_effect(normal(seed, 1, 400) + 5))
    assert repr(effects).endswith(": 1 present; the rows are in .table>")


def test_single_effects_follow_the_table_as_it_is_now(make, seed):
    effects = estimate(make(normal(seed, 2, 20, 3, 2)))
    few = replace(effects, table=effects.table.iloc[[3, 0]])
    assert few.row_places == [effects.places[3], effects.places[0]]
    for each in (effects, few):
        for row, values in zip(each.table.index, each.single(), strict=True):
            np.testing.assert_array_equal(values, effects.values(row))


def test_names_of_contrasts_and_outputs_are_those_of_the_table_in_its_order(make, seed):
    contrasts = [Contrast(name, {"arm 1": 1.0, "none": -1.0}) for name in ("second", "first")]
    effects = estimate(make(normal(seed, 1, 20, 2, 2), contrasts))
    assert (effects.contrast_names, effects.output_names) == (["second", "first"], ["y0", "y1"])
    few = replace(effects, table=effects.table[effects.table["output"] == "y1"].iloc[::-1])
    assert (few.contrast_names, few.output_names) == (["first", "second"], ["y1"])
    none = replace(effects, table=effects.table.iloc[:0])
    assert (none.contrast_names, none.output_names) == ([], [])


def test_factors_of_rows_are_those_that_one_of_the_rows_has_a_level_of(make, seed):
    levels = [{"gap": 3}, {"gap": 4, "side": "left"}, {"position": 7}]
    contrasts = [Contrast("effect", {"arm 1": 1.0, "none": -1.0}, each) for each in levels]
    effects = estimate(make(normal(seed, 1, 20, 2, 1), contrasts))
    table = effects.table
    assert effects.factors_of(table) == list(effects.outcomes.design.factors) == ["gap", "side", "position"]
    assert effects.factors_of(table[table["gap"] == 3]) == ["gap"]
    assert effects.factors_of(table[table["gap"] == 4]) == ["gap", "side"]
    assert effects.factors_of(table[table["position"] == 7]) == ["position"]
    assert effects.factors_of(table[["estimate", "gap"]]) == ["gap"]


def test_a_gap_in_a_column_is_no_level():
    assert [has_level(cell) for cell in (None, math.nan, np.nan, 0, 0.0, "", "+")] == [False] * 3 + [True] * 4


def test_margin_and_unit_of_an_output_are_its_own_or_say_that_there_is_none(make, seed):
    effects = estimate(make(normal(seed, 1, 20, 2, 2), units={"y1": "log2 counts"}), margin={"y0": 0.25})
    assert (effects.margin_of("y0"), effects.margin_of("y1")) == (0.25, pytest.approx(0.1))
    assert (effects.unit_of("y0"), effects.unit_of("y1")) == ("", "log2 counts")
    assert (math.isnan(effects.margin_of("no output")), effects.unit_of("no output")) == (True, "")
    constant = estimate(make(normal(seed, 1, 20, 2, 1), sd=None))
    assert math.isnan(constant.margin_of("y0"))
