"""Margins: given, or a tenth of the output's spread, and what is no margin."""

from __future__ import annotations

import numpy as np
import pytest

from seqdo.effects.statistics.margin import margins
from seqdo.errors import InputError
from seqdo.outcomes.extras import Scale

UNITS = {"dev": "log2", "hk": "log2"}
SCALES = {"dev": Scale(2.0, "pilot backgrounds"), "hk": Scale(0.0, "pilot backgrounds")}


def test_the_default_is_a_tenth_of_the_sd_and_the_rule_has_its_number_and_source_STA_12():
    found = margins(None, SCALES, UNITS)["dev"]
    assert found.value == pytest.approx(0.2)
    assert all(part in found.rule for part in ("0.1", "SD of pilot backgrounds", "0.2 log2"))


def test_an_sd_of_0_and_an_unknown_sd_give_no_margin_and_say_so_STA_12():
    assert margins(None, SCALES, UNITS)["hk"].value is None
    assert not margins(None, SCALES, UNITS)["dev"].declared
    assert "is 0" in margins(None, SCALES, UNITS)["hk"].rule
    for scales in ({}, {"dev": Scale(float("nan"), "pilot")}):
        assert margins(None, scales, UNITS)["dev"].value is None
        assert "is unknown" in margins(None, scales, UNITS)["dev"].rule


@pytest.mark.parametrize("given", [0.3, np.float32(0.5), 1, np.int64(2), 0])
def test_one_number_is_for_all_outputs(given):
    found = margins(given, SCALES, UNITS)
    assert [one.value for one in found.values()] == [float(given)] * 2
    assert "declared" in found["hk"].rule
    assert found["hk"].declared


def test_a_mapping_is_by_output_and_the_others_keep_the_default():
    found = margins({"hk": 0.7}, SCALES, UNITS)
    assert found["hk"].value == 0.7
    assert found["dev"].value == pytest.approx(0.2)
    assert list(found) == ["dev", "hk"]


@pytest.mark.parametrize(
    "given", [-0.1, float("nan"), float("inf"), "0.1", True, (1, -1), [-1, 1], 1j, {"dev": -1}, {"dev": None}]
)
def test_what_is_no_margin_is_refused_STA_12_STA_13(given):
    with pytest.raises(InputError, match="margin"):
        margins(given, SCALES, UNITS)


def test_an_output_that_there_is_not_is_refused_with_the_choices():
    with pytest.raises(InputError, match=r"'devv'.*dev, hk.*Did you mean 'dev'"):
        margins({"devv": 0.1}, SCALES, UNITS)
