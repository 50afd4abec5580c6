"""Figures: the kind fits the factors, the margin is on each, and nothing depends on the user's machine."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from seqdo.designs.design import Design
from seqdo.effects.effects import Effects
from seqdo.errors import InputError
from seqdo.experiments import arrange, embed
from seqdo.experiments import sequence_context as context
from seqdo.reporting.figures.figure import figure, figures, save_figures
from seqdo.reporting.figures.panels import short
from seqdo.reporting.figures.style import to_svg

Make = Callable[..., Effects]

DESIGNS = [
    embed.embed("GATTACA", at=20),
    embed.embed("GATTACA", at=20, scrambles=2),
    embed.positions("GATTACA", range(0, 50, 10), scrambles=2),
    embed.orientation("GATTACA", at=20),
    embed.kmers(2, at=20),
    arrange.copies("GATTACA", [2, 14, 26]),
    arrange.spacing("GATTACA", "CCGGT", range(0, 6), at=10, strand=["++", "+-"]),
    arrange.interaction(["GATTACA", "CCGGT", "TTA"], at=[10, 30, 40]),
    context.flanks("GATTACA", at=20, left=1),
    context.swap("GATTACA", ["CCGGTTA", "TTTTAAA"], at=20),
    context.gc_context("GATTACA", at=20),
]


def names(design: Design) -> str:
    return design.experiment


def bands(ax: object) -> list[tuple[float, float]]:
    """From where to where the gray patches of an Axes reach, across or along."""
    found = []
    for patch in ax.patches:  # type: ignore[attr-defined]
        if isinstance(patch, Rectangle) and patch.get_label().startswith("margin"):
            x, y, width, height = *patch.get_xy(), patch.get_width(), patch.get_height()
            found.append((x, x + width) if (y, height) == (0, 1) else (y, y + height))
    return found


@pytest.mark.parametrize("design", DESIGNS, ids=names)
def test_every_figure_has_the_margin_as_a_band_and_labels_on_its_axes(design: Design, make: Make) -> None:
    for drawn, ax in figures(make(design, units={"y": "log2"})):
        assert bands(ax) == [(-0.1, 0.1)]
        assert f"on {drawn.output} (log2)" in ax.get_xlabel() + ax.get_ylabel()


def test_a_map_is_gray_within_the_margin_and_nowhere_else(make: Make) -> None:
    (_, ax) = figures(make(embed.mutants("GAT", at=20), lambda arm: 0.05 if "A" in arm.label else 1.0))[0]
    image = ax.images[0]
    inside, outside = image.cmap(image.norm([0.09, -0.09])), image.cmap(image.norm([0.2, -0.2]))
    assert np.ptp(inside[:, :3], axis=1).max() < 0.05 < np.ptp(outside[:, :3], axis=1).min()
    assert [text.get_text() for text in ax.texts] == [
        "G",
        "A",
        "T",
    ]  # the pattern's own letters, where no change can be


@pytest.mark.parametrize(
    ("design", "kinds"),
    [
        (embed.embed("GATTACA", at=20), ["histogram"]),
        (embed.positions("GATTACA", range(0, 50, 10)), ["curve"]),
        (embed.mutants("GAT", at=20), ["map"]),
        (embed.kmers(2, at=20), ["intervals"]),
        (arrange.interaction(["GATTACA", "CCGGT"], at=[10, 30]), ["intervals", "histogram"]),
        (arrange.spacing("GATTACA", "CCGGT", range(0, 6), at=10, strand=["++", "+-"]), ["curve", "curve"]),
    ],
    ids=lambda value: value.experiment if isinstance(value, Design) else "",
)
def test_the_factors_say_which_figure_it_is(design: Design, kinds: list[str], make: Make) -> None:
    def kind(ax: object) -> str:
        if ax.images:  # type: ignore[attr-defined]
            return "map"
        if ax.get_ylabel() == "backgrounds":  # type: ignore[attr-defined]
            return "histogram"
        return "curve" if len(ax.collections) and ax.get_ylabel() else "intervals"  # type: ignore[attr-defined]

    assert [kind(ax) for _, ax in figures(make(design))] == kinds


def test_of_many_categories_the_thirty_largest_are_shown_and_it_says_so(make: Make) -> None:
    effects = make(embed.kmers(3, at=20), lambda arm: float(sum(map(ord, arm.label))) / 100)
    ax = figure(effects)
    shown = [label.get_text() for label in ax.get_yticklabels()]
    largest = effects.table.loc[effects.table["estimate"].abs().nlargest(30).index]
    assert ax.get_title(loc="left") == "the 30 largest of 64 effects"
    assert shown == largest.sort_values("estimate", ascending=False)["kmer"].tolist()


def test_the_specific_contrast_is_a_second_line(make: Make) -> None:
    ax = figure(make(embed.positions("GATTACA", range(0, 50, 10), scrambles=2)))
    assert [line.get_label() for line in ax.lines[1:]] == ["effect", "specific (minus scrambles)"]


def runs(ax: object) -> list[list[float]]:
    """Levels of each line of a curve, and of each of its bands, which have to be the same."""
    lines = [np.asarray(line.get_xdata()).tolist() for line in ax.lines if line.get_linestyle() in ("-", "--")]  # type: ignore[attr-defined]
    bands = [path.vertices[:, 0] for patches in ax.collections for path in patches.get_paths()]  # type: ignore[attr-defined]
    assert [line[0] for line in lines[1:] for _ in "ab"] == [min(band) for band in bands if len(band) > 2]
    return lines[1:]  # the first is that of 0


@pytest.mark.parametrize(
    ("starts", "expected"),
    [
        (range(0, 50, 10), [[0, 10, 20, 30, 40]]),
        ([0, 5, 10, 15, 30, 35, 40], [[0, 5, 10, 15], [30, 35, 40]]),  # 20 and 25 are left out
        ([0, 1, 2, 4, 5, 6, 7, 9, 10, 11], [[0, 1, 2], [4, 5, 6, 7], [9, 10, 11]]),
        ([0, 5, 10, 20], [[0, 5, 10], [20]]),
        ([1, 2, 4, 8, 16, 32], [[1, 2, 4, 8, 16, 32]]),  # no steps are even
        ([0, 10, 30], [[0, 10, 30]]),  # too few to say which step is the usual one
        ([0, 10, 20, 35], [[0, 10, 20, 35]]),  # no level of that scan is missing
        ([3], [[3]]),
    ],
)
def test_a_line_and_its_bands_break_where_a_level_of_even_steps_was_left_out(starts, expected, make: Make) -> None:
    ax = figure(make(embed.positions("GATTACA", starts)))
    assert runs(ax) == expected
    assert [text.get_text() for text in ax.figure.legends[0].texts].count("effect") == 1


def test_a_gc_scan_breaks_at_the_motif_s_own_place_in_each_of_its_lines(make: Make) -> None:
    """Patches of 6 from 0, 6, ... beside a motif of 7 at 20: those at 18 and 24 would cover it."""
    drawn = figures(make(context.gc_scan("GATTACA", at=20, patch_at=[0, 6, 12, 30, 36, 42])))
    for _, ax in drawn:
        assert runs(ax) in ([[0, 6, 12], [30, 36, 42]], [[0, 6, 12], [30, 36, 42]] * 2)
    assert drawn


def test_it_draws_on_axes_that_are_given_and_returns_them(make: Make) -> None:
    ax = Figure().add_subplot()
    assert figure(make(DESIGNS[2]), ax=ax) is ax
    assert ax.lines


def test_an_unknown_contrast_or_output_is_refused_by_name(make: Make) -> None:
    effects = make(DESIGNS[0])
    with pytest.raises(InputError, match=r"contrast='efect'.*'effect'"):
        figure(effects, contrast="efect")
    with pytest.raises(InputError, match=r"output='z'.*'y'"):
        figure(effects, output="z")


def test_without_rows_the_figure_says_no_data(make: Make) -> None:
    """REP-05."""
    effects = make(DESIGNS[0])
    ax = figure(replace(effects, table=effects.table.iloc[:0]))
    assert "no data" in ax.texts[0].get_text()


def test_rows_without_numbers_are_said_not_drawn(make: Make) -> None:
    effects = make(DESIGNS[2])
    lost = effects.table.assign(**dict.fromkeys(("estimate", "low", "high", "low_adjusted", "high_adjusted"), np.nan))
    ax = figure(replace(effects, table=lost))
    assert "could not be estimated" in ax.texts[0].get_text()


def test_a_constant_contrast_is_drawn_as_one_line(make: Make) -> None:
    """STA-02."""
    (_, ax) = figures(make(DESIGNS[0], lambda arm: 5.0 * len(arm.sites), noise=0.0))[0]
    assert "mean 5.00" in [text.get_text() for text in ax.texts]
    assert ax.get_xlim()[0] < 0 < 5 < ax.get_xlim()[1]


def test_settings_of_matplotlib_are_as_before_and_do_not_reach_the_figure(make: Make) -> None:
    """G6."""
    effects = make(DESIGNS[2])
    plain = to_svg(figure(effects).figure, "a")  # type: ignore[arg-type]
    with mpl.rc_context({"font.size": 30, "text.usetex": False, "axes.facecolor": "red", "lines.linewidth": 9}):
        before = dict(mpl.rcParams)
        assert to_svg(figure(effects).figure, "a") == plain  # type: ignore[arg-type]
        assert dict(mpl.rcParams) == before


def test_no_display_and_any_backend_will_do(tmp_path: Path) -> None:
    """REP-10: a fresh process without DISPLAY, with MPLBACKEND set and no fonts of its own."""
    code = """
import sys, warnings
warnings.simplefilter("error")
from matplotlib.figure import Figure
from seqdo.reporting.figures.style import house_style, new_figure, to_svg
with house_style():
    ax = new_figure().add_subplot(); ax.set_title("GATTACA")
assert "GATTACA" in to_svg(ax.figure, "a") and "matplotlib.pyplot" not in sys.modules and "tkinter" not in sys.modules
"""
    kept = {key: value for key, value in os.environ.items() if key != "DISPLAY"}
    settings = {"MPLBACKEND": "TkAgg", "MPLCONFIGDIR": str(tmp_path), "FONTCONFIG_FILE": os.devnull}
    subprocess.run([sys.executable, "-c", code], check=True, env=kept | settings)


def test_svg_has_no_styles_no_addresses_and_ids_of_its_own(make: Make) -> None:
    """REP-07, REP-08: two figures can stand in a page that forbids inline styles."""
    effects = make(DESIGNS[6])
    (_, one), (_, other) = figures(effects)
    a, b = to_svg(one.figure, "a", "words"), to_svg(other.figure, "b")  # type: ignore[arg-type]
    assert not re.search(r"style|<metadata|(href|src)=[\"']?http", a)
    ids = [set(re.findall(r'\bid="([^"]+)"', svg)) for svg in (a, b)]
    assert ids[0]
    assert ids[1]
    assert not ids[0] & ids[1]
    for svg, own in zip((a, b), ids, strict=True):
        assert set(re.findall(r'(?:url\(#|href="#)([^)"]+)', svg)) <= own
    assert "<title>words</title>" in a
    assert to_svg(figures(effects)[0][1].figure, "a", "words") == a  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "$x$", "日本\x07"])
def test_names_are_text_in_svg_whatever_they_hold(name: str, make: Make) -> None:
    """REP-01: no markup, no mathematics, no control characters."""
    svg = to_svg(figure(make(DESIGNS[2], outputs=(name,))).figure, "a", name)  # type: ignore[arg-type]
    assert "<script" not in svg
    assert "<img" not in svg
    assert "\x07" not in svg
    if name == "$x$":
        assert "effect on $x$" in svg


def test_long_names_are_cut_in_the_middle() -> None:
    assert short("A" * 20 + "B" * 20, 11) == "AAAAA…BBBBB"
    assert short("GATTACA") == "GATTACA"


def test_two_thousand_levels_and_a_large_map_are_drawn_in_seconds(make: Make) -> None:
    """REP-11: a 2,000-level curve, and 500 x 500 cells; labels are thinned."""
    from seqdo.reporting.figures import panels

    began = time.perf_counter()
    table = make(embed.positions("GAT", range(0, 50, 10))).table
    many = table.iloc[[0] * 2000].assign(position=np.arange(2000.0))
    ax = Figure().add_subplot()
    panels.curve(ax, [("effect", many)], "position")
    ax.figure.draw_without_rendering()
    cells = table.iloc[[0] * 250_000].assign(a=np.repeat(np.arange(500), 500), b=np.tile(np.arange(500), 500))
    ax = Figure().add_subplot()
    panels.heat_map(ax, cells, "a", "b", list(range(500)), 0.1)
    ax.figure.draw_without_rendering()
    assert time.perf_counter() - began < 10
    assert len(ax.get_xticks()) <= panels.MOST_LETTERS


def test_all_figures_are_written_whole_under_safe_names(make: Make, tmp_path: Path) -> None:
    """REP-01: a design's name never becomes a path."""
    odd = replace(DESIGNS[0], experiment="../../<b>")
    written = save_figures([make(odd), make(DESIGNS[2])], tmp_path / "figures")
    assert [path.name for path in written] == ["overview.svg", "b-1-1.svg", "positions-2-1.svg"]
    assert sorted(tmp_path.rglob("*")) == sorted([tmp_path / "figures", *written])
