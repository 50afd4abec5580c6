"""Maps as they are drawn: which color covers which cell, what is written where, and what pages say."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path

import seqdo as sd
from seqdo.errors import InputError
from seqdo.reporting.figures.figure import figures
from seqdo.reporting.figures.kinds.maps import map_figure
from seqdo.reporting.figures.selection import MOST_SEQUENCES
from seqdo.reporting.figures.style import to_svg
from seqdo.reporting.text.answers import answer

MARGIN = 0.25
TEXTS = ["GAUUACAUGCAC", "CCUUAUUACCCA", "ACACACACACAC", "GGGGUUAACCCC"]
PROBES = sd.Sequences.from_strings(TEXTS, sd.RNA, ["first", "second", "third", "fourth"])
SITES = sd.planted.additive({"UUA": 2.0, "AC": -0.5}, 12, alphabet=sd.RNA)
PAIRED = sd.planted.periodic("UU", "AC", 12, period=3, alphabet=sd.RNA)


def effects_of(experiment, model=SITES, given=PROBES, **more):
    return sd.estimate(sd.run(experiment(given, **more), model, rng=0), margin=MARGIN)


def color_at(ax, column, row):
    """The color of the map's patch that covers a cell; None where it is left white."""
    found = [
        patch.get_facecolor()
        for patch in ax.patches
        if str(patch.get_gid()).startswith("step")
        for polygon in patch.get_path().to_polygons(closed_only=True)
        if Path(polygon).contains_point((column, row))
    ]
    assert len(found) <= 1
    return found[0] if found else None


def warm(color):
    return color[0] > color[2]


def check(ax, column, row, value):
    color = color_at(ax, column, row)
    if not np.isfinite(value) or abs(value) <= MARGIN:
        assert color is None
    else:
        assert warm(color) == (value > 0)


def test_each_cell_has_the_color_of_its_value_and_white_is_within_the_margin():
    effects = effects_of(sd.mutagenesis)
    below, _ = map_figure(effects, "second").child_axes
    grid = effects.maps.sel(sequence="second").squeeze().transpose("letter", "position").values
    assert (np.abs(grid) > MARGIN).any()
    assert (grid > MARGIN).any()
    for row, column in np.ndindex(grid.shape):
        check(below, column, row, grid[row, column])
    assert [text.get_text() for text in below.texts] == list(TEXTS[1])
    assert [text.get_position() for text in below.texts] == [(i, "ACGU".index(x)) for i, x in enumerate(TEXTS[1])]
    assert [label.get_text() for label in below.get_yticklabels()] == list("ACGU")


def test_larger_values_are_darker():
    effects = effects_of(sd.mutagenesis)
    below, _ = map_figure(effects, 0).child_axes
    grid = effects.maps.isel(sequence=0).squeeze().transpose("letter", "position").values
    dark, light = (
        np.unravel_index(grid.argmin(), grid.shape),
        np.argwhere((grid < -MARGIN) & (grid > grid.min() / 2))[0],
    )
    assert sum(color_at(below, *dark[::-1])[:3]) < sum(color_at(below, *light[::-1])[:3])


def test_letters_stand_as_high_as_what_is_lost_without_them():
    effects = effects_of(sd.mutagenesis)
    _, above = map_figure(effects, "first").child_axes
    lost = -effects.maps.sel(sequence="first").squeeze().sum("letter").values / 3
    found = {}
    for patch in above.patches:
        assert isinstance(patch, PathPatch)
        box = patch.get_path().get_extents()
        found[round((box.x0 + box.x1) / 2)] = box.y1 if box.y1 > 1e-9 else box.y0
    assert found == pytest.approx({place: value for place, value in enumerate(lost) if value}, abs=1e-9)


def test_positions_of_a_part_are_those_of_the_sequence():
    below, _ = map_figure(effects_of(sd.mutagenesis, start=3, stop=9), 0).child_axes
    assert [label.get_text() for label in below.get_xticklabels()] == [str(place) for place in range(3, 9)]
    assert [text.get_text() for text in below.texts] == list(TEXTS[0][3:9])


def test_pairs_are_a_triangle_of_differences_in_differences():
    effects = effects_of(sd.pairwise_mutagenesis, PAIRED)
    ax = map_figure(effects, 1)
    grid = effects.maps.isel(sequence=1).squeeze().values
    assert (np.abs(grid[np.triu_indices(12, 1)]) > MARGIN).any()
    for one, two in np.ndindex(grid.shape):
        check(ax, one, two, grid[one, two] if two > one else np.nan)
    assert [text.get_text() for text in ax.texts] == list(TEXTS[1])
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("position", "other position")


def test_nothing_beyond_the_margin_is_a_white_map():
    ax = map_figure(effects_of(sd.pairwise_mutagenesis, SITES, given=PROBES[:1], stop=3), 0)
    assert not [patch for patch in ax.patches if str(patch.get_gid()).startswith("step")]


def test_a_long_sequence_is_drawn_without_letters_and_in_a_small_file(seed):
    codes = np.random.default_rng(seed).integers(0, 4, (1, 64))
    weights = np.random.default_rng(seed).normal(size=(64, 4))
    model = sd.wrap(lambda codes: weights[np.arange(64), codes].sum(1) ** 2, alphabet=sd.DNA, length=64, layout="codes")
    given = sd.Sequences.from_codes(codes, sd.DNA)
    for experiment, most in ((sd.mutagenesis, 50_000), (sd.pairwise_mutagenesis, 300_000)):
        ax = map_figure(sd.estimate(sd.run(experiment(given), model, rng=0), margin=0.01))
        assert not ax.texts
        text = to_svg(ax.figure, "map")
        assert len(text) < most
        assert "<image" not in text


def test_it_draws_on_axes_that_are_given():
    mine = Figure(figsize=(4, 3)).add_subplot()
    assert map_figure(effects_of(sd.mutagenesis), ax=mine) is mine


@pytest.mark.parametrize(
    ("sequence", "output", "message"),
    [(4, None, "there are 4"), (-1, None, "numbered from 0"), ("fifth", None, "'first'"), (0, "z", "output='z'")],
)
def test_a_sequence_or_output_that_is_not_there_is_refused(sequence, output, message):
    with pytest.raises(InputError, match=message):
        map_figure(effects_of(sd.mutagenesis, stop=3), sequence, output)


def test_effects_of_another_experiment_have_no_map():
    with pytest.raises(InputError, match="`outcomes` of embed: maps need substitutions"):
        map_figure(sd.estimate(sd.run(sd.embed("GA", at=2), SITES, TEXTS, rng=0), margin=1))


def test_a_report_shows_the_mean_and_some_sequences_and_of_one_sequence_its_map_alone(tmp_path):
    shown = [(figure.kind, figure.item) for figure, _ in figures(effects_of(sd.mutagenesis, stop=5))]
    assert shown == [("curve", 0), *(("sequence map", row) for row in range(MOST_SEQUENCES))]
    alone = effects_of(sd.pairwise_mutagenesis, given=["GAUUACAUGCAC"], stop=5)
    assert [(figure.kind, figure.item) for figure, _ in figures(alone)] == [("sequence map", 0)]
    page = sd.report([effects_of(sd.mutagenesis, stop=5), alone], tmp_path / "page.html").read_text("utf-8")
    assert "second: substitution on y, mean over members. It describes this sequence alone." in page


def test_the_answer_about_several_sequences_counts_positions_and_names_the_largest():
    one = sd.Sequences.from_strings(["UUACCC", "UUACCG", "UUAGGG", "UUAAAA"] * 10, sd.RNA)
    model = sd.planted.additive({"UUA": 2.0}, 6, alphabet=sd.RNA)
    said = answer(effects_of(sd.mutagenesis, model, one))
    # each letter of UUA is worth 2 in each of the 40 sequences; nothing else in any is worth anything
    assert "is present at 3 of 6 positions" in said
    assert "The largest change is at position 0: −2" in said
    pairs = answer(effects_of(sd.pairwise_mutagenesis, model, one))
    # losing both letters of UUA costs 2, each alone 2 as well: −2 + 2 + 2 = +2
    assert "is present at 3 of 15 pairs" in pairs
    assert "The largest interaction is at positions 0 and " in pairs


def test_the_answer_about_one_sequence_names_its_largest_entry_and_claims_no_interval():
    given = sd.Sequences.from_strings(["GAUUACAUGCAC"], sd.RNA)
    said = answer(effects_of(sd.mutagenesis, sd.planted.additive({"UUAC": 3.0, "GG": 1.0}, 12, alphabet=sd.RNA), given))
    assert "is A at position 2: −3.00" in said
    assert "has no interval" in said
    pairs = answer(effects_of(sd.pairwise_mutagenesis, PAIRED, given))
    assert "has no interval" in pairs
