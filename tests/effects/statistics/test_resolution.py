"""Rounding of predictions: what a contrast can resolve, against the spacing of floats."""

import numpy as np
import pytest
import xarray as xr

import seqdo as sd
from seqdo.designs.design import Contrast
from seqdo.effects.statistics.contrast import contrast_values, resolution
from seqdo.effects.statistics.interval import guard, interval

EFFECT = Contrast("effect", {"edited": 1.0, "none": -1.0})


def outcomes(none, edited):
    """Predictions (backgrounds,) of two arms."""
    y = np.stack([none, edited], axis=1)[None, :, :, None]
    return xr.DataArray(y, dims=("model", "background", "arm", "output"), coords={"arm": ["none", "edited"]})


@pytest.mark.parametrize("size", [1e-3, 1.0, 100.0, 1e8])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_resolution_is_four_units_in_the_last_place_of_the_terms(size, dtype):
    none = np.full(5, 0.7 * size).astype(dtype)
    edited = np.array([0.1, 0.2, -1.1, 0.3, 0.9]) * size
    found = resolution(outcomes(none, edited.astype(dtype)), [EFFECT, Contrast("twice", {"edited": 2.0})])
    digits = 23 if dtype == np.float32 else 52
    assert found[:, 0] == pytest.approx([4 * 2.0**-digits * (0.7 + 1.1) * size, 4 * 2.0**-digits * 2.2 * size])


def test_float32_numbers_stay_so_when_a_readout_returns_them_as_float64():
    single = np.random.default_rng(0).normal(size=(2, 9)).astype(np.float32)
    narrow, wide = (resolution(outcomes(*single.astype(dtype)), [EFFECT]) for dtype in (np.float32, np.float64))
    assert narrow == pytest.approx(wide)
    assert resolution(outcomes(*(single.astype(np.float64) / 3)), [EFFECT]) < 1e-6 * narrow


@pytest.mark.parametrize("effect", [0.0, 1.1, -0.3])
@pytest.mark.parametrize("common", [1.0, 30.0, 3000.0])
def test_a_constant_effect_under_a_large_common_part_is_constant(effect, common, seed):
    """Adding in float32 rounds each arm by half a unit in the last place, and the contrast by one in all."""
    rng = np.random.default_rng(seed)
    none = (common * (0.2 + 1.8 * rng.random(300))).astype(np.float32)
    y = outcomes(none, none + np.float32(effect))
    values = contrast_values(y, [EFFECT])[0, :, :, 0]
    assert values.std() > 0 or effect == 0
    found, judged = interval(values, 2.0, resolution=resolution(y, [EFFECT])[0, 0])
    assert judged.constant
    assert not judged.safe
    assert found.se == 0
    assert found.half_width(0.95) == pytest.approx(3 / 300 * 2.0)  # the share rule, since a rare response may be unseen
    assert found.estimate == pytest.approx(effect, abs=4 * common * 2.0**-22)


def test_an_estimate_within_rounding_is_0_and_one_beyond_it_is_not():
    values = np.random.default_rng(1).normal(size=(2, 1, 400)) * 1e-7 + np.array([1e-7, 1e-3])[:, None, None]
    found, judged = interval(values, 1.0, resolution=1e-6)
    assert judged.constant.all()
    assert found.estimate.tolist() == [0.0, pytest.approx(1e-3, rel=1e-3)]
    assert found.p.tolist() == [1.0, pytest.approx(np.nan, nan_ok=True)]


def test_one_response_among_rounded_zeros_is_a_rare_response_and_no_constant():
    values = np.random.default_rng(2).normal(size=(1, 300)) * 1e-7
    values[0, 7] = 1e-4
    assert guard(values, 1e-6).flag.tolist() == ["rare response"]
    assert guard(values).flag.tolist() == ["skew"]  # most values differ by more than 1e-6 of the response


def test_no_interval_is_narrower_than_the_rounding_and_its_flag_says_so():
    """100,000,000 + 0.00000001: float32 can't tell effects below 32 apart there."""
    rng = np.random.default_rng(3)
    values = rng.normal(size=(1, 1, 4000)) * 40 + 5
    limit = 4 * 2.0**-23 * 2e8
    found, judged = interval(values, 1.0, resolution=limit / 3)
    assert judged.flag.tolist() == ["rounding"]
    assert found.half_width(np.array([0.5, 0.95, 0.99])).tolist() == [limit / 3] * 3
    plain, plainly = interval(values, 1.0, resolution=1e-9)
    assert plainly.flag.tolist() == [""]
    assert plain.half_width(0.95)[0] == pytest.approx(40 * 1.96 / 4000**0.5, rel=0.05)


def test_the_whole_way_a_large_output_gets_the_flag_and_a_wide_interval():
    pattern = sd.DNA.encode("GATTACA")

    def predict(codes):
        return (1e8 + 16 * (codes[:, :10] == 0).sum(1) + 1e-8 * (codes[:, 20:27] == pattern).all(1)).astype(np.float32)

    model = sd.wrap(predict, alphabet=sd.DNA, length=40, layout="codes")
    outcomes = sd.run(sd.embed("GATTACA", at=20), model, sd.backgrounds.uniform(40), n=300, rng=0)
    row = sd.estimate(outcomes, margin=1e-9).table.iloc[0]
    assert row["verdict"] == "inconclusive"
    assert row["high"] > 1e-8 > row["low"]
    assert "constant" in row["flag"]
