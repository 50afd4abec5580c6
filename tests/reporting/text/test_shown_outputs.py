"""Which of many outputs are shown: those that respond, by derived effects, wherever they stand in the table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from seqdo.designs.design import Design
from seqdo.effects.effects import Effects
from seqdo.effects.estimate import estimate
from seqdo.experiments import embed
from seqdo.outcomes.extras import Scale
from seqdo.outcomes.outcomes import Outcomes
from seqdo.reporting.figures.selection import selected
from seqdo.reporting.page.sections import section
from seqdo.reporting.text.answers import sentences
from seqdo.reporting.text.shown_outputs import left_out, ranking, shown_outputs
from seqdo.sequences.sequences import Sequences

SITE = embed.embed("GATTACA", at=20)
SCAN = embed.positions("GATTACA", [0, 10, 20, 30, 40])


def planted(
    design: Design, gains: Sequence[float] | np.ndarray, *, sds: float | Sequence[float] = 1.0,
    margin: float | None = None, noise: float = 0.01, seed: int = 4,
) -> Effects:  # fmt: skip
    """Effects of a model whose output i adds gains[i] wherever an arm has a site; of a scan, gains[i] has its arms."""
    rng = np.random.default_rng(seed)
    size = np.array([np.atleast_1d(gain) * np.ones(len(design.arms) - 1) for gain in gains]).T
    sites = np.array([len(arm.sites) > 0 for arm in design.arms.values()])
    means = np.zeros((len(design.arms), len(gains)))
    means[sites] = size[: sites.sum()]
    names = [f"track {i}" for i in range(len(gains))]
    y = rng.normal(size=(1, 300, 1, len(gains))) + rng.normal(0, noise, (1, 300, len(means), len(gains))) + means
    coords = {"model": ["m0"], "background": np.arange(300), "arm": list(design.arms), "output": names}
    letters = Sequences.from_codes(rng.integers(0, 4, (300, 60)).astype(np.uint8))
    scales = {
        name: Scale(float(sd), "made data") for name, sd in zip(names, np.broadcast_to(sds, len(names)), strict=True)
    }
    data = xr.DataArray(y, coords, ("model", "background", "arm", "output"))
    return estimate(Outcomes(data, design, letters, scales, None, {}), margin=margin)


def only(count: int, **gains: float) -> np.ndarray:
    """Gains of this many outputs, of which those named as in ``at7`` respond."""
    values = np.zeros(count)
    for name, gain in gains.items():
        values[int(name.removeprefix("at"))] = gain
    return values


@pytest.mark.parametrize("design", [SITE, SCAN], ids=["one effect", "a curve"])
@pytest.mark.parametrize("sign", [1, -1])
def test_of_forty_outputs_the_two_that_respond_are_drawn_first(design, sign, seed):
    effects = planted(design, only(40, at31=2.0 * sign, at7=1.0 * sign), seed=seed)
    shown = shown_outputs(effects)
    assert shown[:2] == ["track 31", "track 7"]  # 20 and 10 times the margin of 0.1
    assert len(shown) == 6
    drawn = list(dict.fromkeys(figure.output for figure in selected(effects)))
    assert drawn == shown
    assert {figure.output for figure in selected(effects) if figure.main} <= set(shown[:3])
    assert "An effect is present in 2 of 40 outputs." in sentences(effects)[0].text
    assert {sentence.output for sentence in sentences(effects)[1:]} == {"track 31"}


def test_more_effects_that_are_present_come_before_a_larger_effect():
    gains = [np.zeros(5)] * 8 + [np.array([9.0, 0, 0, 0, 0]), np.array([1.0, 1, 1, 0, 0]), np.array([1.0, 1, 0, 0, 0])]
    assert ranking(planted(SCAN, gains))[:3] == ["track 9", "track 10", "track 8"]  # 3, 2 and 1 are present


def test_sizes_are_compared_as_multiples_of_each_margin():
    """Outputs in other units: 3 with an SD of 100 is less than 2 with an SD of 1, of 1 present effect each."""
    gains, sds = only(9, at2=30.0, at5=2.0, at8=1.0), [1, 1, 100, 1, 1, 1, 1, 1, 1]
    assert ranking(planted(SITE, gains, sds=sds))[:3] == ["track 5", "track 8", "track 2"]  # 20, 10, 3 margins


def test_without_a_margin_sizes_are_multiples_of_the_spread():
    """A margin of 0 and an SD: 30 / 100 is below 1 / 1. Without any SD, that of all predictions counts."""
    gains, sds = only(9, at2=30.0, at5=2.0, at8=1.0), [1, 1, 100, 1, 1, 1, 1, 1, 1]
    zero = planted(SITE, gains, sds=sds, margin=0.0)
    present = dict(zip(zero.table["output"].astype(str), zero.table["verdict"] == "present", strict=True))
    responding = [name for name in ranking(zero) if name in ("track 2", "track 5", "track 8")]
    assert all(present[name] for name in responding)
    assert responding == ["track 5", "track 8", "track 2"]
    bare = planted(SITE, only(9, at7=3.0, at4=1.0), sds=0.0)
    assert set(bare.table["verdict"]) == {"inconclusive"}
    assert ranking(bare)[:2] == ["track 7", "track 4"]
    assert "0.1 × the SD without a margin" in left_out(bare)


def test_equals_keep_their_order_and_few_outputs_too():
    """The same predictions for all outputs leave the order of the table."""
    effects = planted(SITE, np.ones(12), noise=0.0)
    same = effects.outcomes.y.copy(data=np.repeat(effects.outcomes.y.values[..., :1], 12, axis=-1))
    equal = estimate(Outcomes(same, SITE, effects.outcomes.backgrounds, effects.outcomes.scales, None, {}))
    assert ranking(equal) == [f"track {i}" for i in range(12)]
    few = planted(SITE, only(6, at5=3.0, at4=1.0))
    assert shown_outputs(few) == [f"track {i}" for i in range(6)]
    assert left_out(few) == ""


def test_a_note_has_the_rule_and_the_numbers():
    notes = section(planted(SITE, only(40, at31=2.0)), 1, "embed-1").notes
    assert sum("Figures show 6 of 40 outputs" in note and "effects present" in note for note in notes) == 1


def test_controls_are_drawn_of_the_outputs_that_respond():
    design = embed.embed("GATTACA", at=20, scrambles=20)
    pattern = np.array([1.0] + [0.0] * 20)
    effects = planted(design, [pattern * gain for gain in only(9, at8=2.0, at6=1.0)])
    assert [figure.output for figure in selected(effects) if figure.kind == "controls"] == ["track 8", "track 6"]


def test_the_tests_of_curves_are_of_the_shown_outputs_and_adjusted_over_all(seed):
    """Outputs that were chosen by their effects would otherwise be tested as if they were the only ones."""
    rise = np.array([0.0, 0, 0, 0, 1])
    effects = planted(SCAN, [np.zeros(5)] * 30 + [rise] * 2, noise=0.3, seed=seed)
    tests = [each for each in section(effects, 1, "positions-1").tests if each.test == "flat"]
    assert {each.subject.rpartition(" on ")[2] for each in tests} == set(shown_outputs(effects))
    every = effects.responses
    whole = every[every["test"] == "flat"].set_index("output")["p_adjusted"]
    for each in tests:
        assert each.p == pytest.approx(whole[each.subject.rpartition(" on ")[2]])


def test_a_filtered_table_shows_outputs_that_it_still_has():
    effects = planted(SITE, only(40, at31=2.0, at7=1.0))
    part = replace(effects, table=effects.table[effects.table["output"].astype(str) != "track 31"])
    assert shown_outputs(part)[0] == "track 7"
    assert "track 31" not in shown_outputs(part)
