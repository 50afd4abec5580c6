"""Logos: what is drawn is as high as the numbers say, stacked in their order, and small."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.colors import to_hex
from strategies import motifs

from seqdo.errors import InputError
from seqdo.motifs.motif import Motif
from seqdo.reporting.figures.kinds.logo import LETTER_COLORS, OUTLINES, ROOM, SMALLEST, _glyph, letters, logo
from seqdo.reporting.figures.style import new_figure, to_svg
from seqdo.sequences.alphabet import DNA, RNA


def drawn(ax):
    """{(place, code): (low, high)} of the patches of an Axes, by where they lie and their color."""
    found = {}
    for patch in ax.patches:
        box = patch.get_path().get_extents()
        assert box.width == pytest.approx(ROOM)
        place = round((box.x0 + box.x1) / 2)
        assert (box.x0 + box.x1) / 2 == pytest.approx(place, abs=1e-9)
        found[place, LETTER_COLORS.index(to_hex(patch.get_facecolor()))] = box.y0, box.y1
    assert len(found) == len(ax.patches)
    return found


def stacks(found, place):
    """Letters of a place from the lowest to the highest: codes, lows, highs."""
    return sorted((low, high, code) for (where, code), (low, high) in found.items() if where == place)


@settings(max_examples=30)  # Axes are slow to make
@given(motifs(min_width=1, max_width=5))
def test_letters_are_as_high_as_their_share_of_the_information(motif):
    """Information as the divergence from even letters: the sum of p log2(4 p)."""
    ax = logo(motif, new_figure().add_subplot())
    found = drawn(ax)
    p = motif.matrix
    bits = np.array([sum(q * np.log2(4 * q) for q in row if q > 0) for row in p])
    heights = p * bits[:, None]
    for (place, code), (low, high) in found.items():
        assert high - low == pytest.approx(heights[place, code], abs=1e-9)
    missing = set(np.ndindex(p.shape)) - set(found)
    assert all(heights[one] <= SMALLEST * heights.sum(1).max() * (1 + 1e-9) for one in missing)
    for place in range(len(p)):
        if stack := stacks(found, place):
            assert stack[-1][1] == pytest.approx(bits[place])
            assert all(one[1] == pytest.approx(two[0]) for one, two in pairwise(stack))
            shares = [p[place, code] for *_, code in stack]
            assert shares == sorted(shares)
    assert ax.get_ylim() == (0, 2)


def test_probabilities_fill_each_place():
    found = drawn(logo(Motif("two", np.array([[0.1, 0.2, 0.3, 0.4], [0, 0, 0.5, 0.5]])), kind="probability"))
    assert [code for *_, code in stacks(found, 0)] == [0, 1, 2, 3]
    assert [high for _, high, _ in stacks(found, 0)] == pytest.approx([0.1, 0.3, 0.6, 1.0])
    assert stacks(found, 1) == [(0.0, 0.5, 2), (0.5, 1.0, 3)]


def test_a_place_that_keeps_the_background_is_empty():
    assert {place for place, _ in drawn(logo(Motif.from_string("GAN.C")))} == {0, 1, 4}
    assert not drawn(logo(Motif.from_string("NN")))


@settings(max_examples=30)
@given(st.lists(st.lists(st.integers(-20, 20), min_size=4, max_size=4), min_size=1, max_size=4))
def test_signed_heights_stack_up_and_down_from_zero_the_largest_outside(rows):
    heights = np.array(rows) / 10
    ax = letters(heights, DNA, new_figure().add_subplot())
    found = drawn(ax)
    assert set(found) == {(int(place), int(code)) for place, code in np.argwhere(heights)}
    for place, column in enumerate(heights):
        stack = stacks(found, place)
        ends = [low for low, *_ in stack[:1]], [high for _, high, _ in stack[-1:]]
        assert min(ends[0] + [0.0]) == pytest.approx(column[column < 0].sum(), abs=1e-9)
        assert max(ends[1] + [0.0]) == pytest.approx(column[column > 0].sum(), abs=1e-9)
        for low, high, code in stack:
            assert high - low == pytest.approx(abs(column[code]))
            assert (low + high) / 2 * column[code] > 0
        up = [column[code] for *_, code in stack if column[code] > 0]
        down = [column[code] for *_, code in stack if column[code] < 0]
        assert up == sorted(up)
        assert down == sorted(down)  # from the lowest: the largest below
    low, high = ax.get_ylim()
    assert all(low <= one[0] and one[1] <= high for one in found.values())
    assert low < high


@pytest.mark.parametrize("letter", OUTLINES)
def test_an_outline_fills_the_unit_square(letter):
    """So that a patch is as high as it is told to be."""
    box = _glyph(letter).get_extents()
    assert (box.x0, box.y0, box.y1) == pytest.approx((0, 0, 1), abs=1e-9)
    assert box.x1 == pytest.approx(1, abs=1e-9)


def test_u_is_drawn_in_rna_and_t_in_dna():
    points = [len(logo(Motif.from_string(text)).patches[-1].get_path().vertices) for text in ("GAT", "GAU")]
    assert points == [len(_glyph("T").vertices), len(_glyph("U").vertices)]
    assert points[0] != points[1]
    assert len(letters(np.eye(4), RNA).patches[-1].get_path().vertices) == points[1]


def test_a_long_logo_is_a_small_file_the_same_each_time():
    """41 places, RNAcompete's longest probe, with every letter in most of them."""
    matrix = np.random.default_rng(0).dirichlet([1.0] * 4, 41)
    drawings = [to_svg(logo(Motif("long", matrix, RNA)).figure, "long", "a logo") for _ in range(2)]
    assert len(drawings[0].encode()) < 60_000
    assert drawings[0] == drawings[1]
    assert drawings[0].count("<text") < 20  # the letters are paths


def test_axes_that_are_given_are_drawn_on_and_returned():
    ax = new_figure().add_subplot()
    assert logo(Motif.from_string("GATTACA"), ax) is ax
    assert [round(tick) for tick in ax.get_xticks()] == list(range(7))


@pytest.mark.parametrize("heights", [np.zeros((3, 5)), np.zeros((0, 4)), np.zeros(4), np.full((2, 4), np.nan)])
def test_heights_that_can_not_be_drawn_are_refused(heights):
    with pytest.raises(InputError, match=r"`heights` has the shape .* \(places, 4\) are needed"):
        letters(heights, DNA)


def test_an_unknown_kind_is_refused():
    with pytest.raises(InputError, match="kind='bits'"):
        logo(Motif.from_string("GAT"), kind="bits")
